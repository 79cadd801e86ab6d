"""Removing what has served its time: ended sessions, old counts, remembered answers, answered requests."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import AttemptCount, RememberedAnswer, ResetRequest, Session
from accounts.sessions import IDLE

#: Longer than every window and every promise of the rows that it removes.
KEPT = timedelta(days=2)


def remove_old(now: datetime | None = None) -> int:
    """Delete rows nothing asks for any more; returns how many."""
    now = now or timezone.now()
    old = now - KEPT
    rows = (
        Session.objects.filter(Q(expire_date__lt=now) | Q(last_seen_at__lt=now - IDLE)),
        AttemptCount.objects.filter(window_started_at__lt=old),
        RememberedAnswer.objects.filter(created_at__lt=old),
        ResetRequest.objects.filter(asked_at__lt=old),
    )
    return sum(each.delete()[0] for each in rows)
