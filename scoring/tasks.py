"""Celery names of scoring's background work."""

from __future__ import annotations

from celery import shared_task

from backlog.vocabulary import QueueKind
from scoring.jobs import invitations, publications, rescore, robustness


@shared_task(name="scoring.sweep")
def sweep() -> None:
    """Every minute, and when many inputs changed: rescore what is marked stale."""
    publications.apply_publications()
    rescore.mark_expired()
    rescore.rescore_stale()
    invitations.send_waiting()


@shared_task(name="scoring.invite")
def invite(*, session_id: int) -> None:
    """After a session was planned, changed or cancelled: tell those who are invited."""
    invitations.send_waiting()


@shared_task(name="scoring.apply")
def apply() -> None:
    """After a rubric was published: score every open item with it."""
    publications.apply_publications()


@shared_task(name="scoring.hourly")
def hourly() -> None:
    """Hotfixes: their urgency moves within the day. Small products: how far their new order can be trusted."""
    publications.apply_publications()
    rescore.rescore_open(kinds=[QueueKind.HOTFIX])
    robustness.draw_moved()


@shared_task(name="scoring.nightly")
def nightly() -> None:
    """Everything that is open: evidence and ratings have aged by a day."""
    publications.apply_publications()
    rescore.rescore_open()
    rescore.thin_snapshots()
    robustness.draw_all()


@shared_task(name="scoring.robustness")
def draw_ranges(*, product_id: int, seed: int) -> None:
    """When somebody asks for a product too large to be drawn in the request."""
    robustness.draw(product_id=product_id, seed=seed)
