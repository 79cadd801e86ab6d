"""Celery names of the background work of assets."""

from __future__ import annotations

from celery import shared_task

from assets.jobs import leftovers, previews, unfinished


@shared_task(name="assets.look")
def look(*, version_id: int) -> None:
    """Make the previews and parts of one version."""
    previews.look(version_id)


@shared_task(name="assets.sweep")
def sweep() -> None:
    """Every minute: versions that nobody looks into."""
    previews.sweep()


@shared_task(name="assets.hourly")
def hourly() -> None:
    """Every hour: remove what killed uploads left behind, and give up those that nobody goes on with."""
    unfinished.give_up_unfinished()
    leftovers.remove_leftovers()
