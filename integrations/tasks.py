"""Celery names of the background work of imports and webhooks."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from integrations.jobs import hooks, imports


@shared_task(name="integrations.work")
def work(*, run_id: str) -> None:
    """Go on with one import."""
    imports.work(run_id)


@shared_task(name="integrations.sweep")
def sweep() -> None:
    """Every minute: imports that nobody is working on, and deliveries that need not be kept."""
    imports.sweep()
    hooks.tidy(timezone.now())
