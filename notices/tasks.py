"""Celery names of the background work of notices."""

from __future__ import annotations

from celery import shared_task

from notices.jobs import following, mailing, tidy


@shared_task(name="notices.follow")
def follow(*, product_id: int) -> None:
    """Make notices of what happened in a product, and mail what is wanted by mail."""
    if following.follow(product_id):
        mailing.send_due()


@shared_task(name="notices.sweep")
def sweep() -> None:
    """Every minute: what a lost message left undone, and the mails."""
    following.follow_all()
    mailing.send_due()


@shared_task(name="notices.nightly")
def nightly() -> None:
    """Remove what was read long ago."""
    tidy.remove_old()
