"""Celery names of the background work of imports."""

from __future__ import annotations

from celery import shared_task

from integrations.jobs import imports


@shared_task(name="integrations.work")
def work(*, run_id: str) -> None:
    """Go on with one import."""
    imports.work(run_id)


@shared_task(name="integrations.sweep")
def sweep() -> None:
    """Every minute: imports that nobody is working on."""
    imports.sweep()
