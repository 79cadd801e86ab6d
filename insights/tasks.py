"""Celery names of insights' background work."""

from __future__ import annotations

from celery import shared_task

from insights.jobs import digests


@shared_task(name="insights.sweep")
def sweep() -> None:
    """Every minute: send the digests that are due."""
    digests.sweep()
