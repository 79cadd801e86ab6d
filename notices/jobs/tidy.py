"""Notices that were read long ago are removed; the change log keeps what they told of."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from notices.models import Notice

KEPT = timedelta(days=90)
BATCH = 1000


def remove_old(now: datetime | None = None) -> int:
    """Remove what was read 90 days ago or earlier; returns how many. Unread ones stay. Idempotent."""
    old = Notice.objects.filter(read_at__lte=(now or timezone.now()) - KEPT).order_by("read_at")
    removed = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        removed += Notice.objects.filter(pk__in=ids).delete()[0]
    return removed
