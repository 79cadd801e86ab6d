"""Celery names of the backlog's background work."""

from __future__ import annotations

from celery import shared_task

from backlog.jobs import parking, seals


@shared_task(name="backlog.seal_changes")
def seal_changes() -> None:
    """Every minute: seal new changes, and bring back what was parked until today."""
    parking.unpark_due()
    seals.seal_all()
