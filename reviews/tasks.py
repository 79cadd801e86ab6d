"""Celery names of the background work of reviews."""

from __future__ import annotations

from celery import shared_task

from reviews.jobs import opening, reminders


@shared_task(name="reviews.sweep")
def sweep() -> None:
    """Every minute: open stages whose conditions hold, and remind whoever's verdict is due."""
    opening.open_waiting()
    reminders.send_due()
