"""Celery names of the background work of reviews."""

from __future__ import annotations

from celery import shared_task

from reviews.jobs import opening, reminders, stills


@shared_task(name="reviews.stills")
def make_stills(*, film_id: int) -> None:
    """The frames that the notes on a film (a version's id) point at."""
    stills.make(film_id)


@shared_task(name="reviews.sweep")
def sweep() -> None:
    """Every minute: open stages whose conditions hold, remind whoever's verdict is due, make stills left undone."""
    opening.open_waiting()
    reminders.send_due()
    stills.sweep()
