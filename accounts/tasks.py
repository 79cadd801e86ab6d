"""Celery names; the work stands in ``accounts.jobs``."""

from __future__ import annotations

from celery import shared_task

from accounts.jobs import resets, tidy


@shared_task(name="accounts.send_resets")
def send_resets() -> None:
    """Woken by a request, and each minute in case that was lost."""
    resets.send_waiting()


@shared_task(name="accounts.nightly")
def nightly() -> None:
    tidy.remove_old()
