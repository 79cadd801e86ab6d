"""Parked items come back to triage on their day."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts.actors import Actor
from backlog.models import Item
from backlog.services import editing
from backlog.vocabulary import State
from core.errors import Stale


def unpark_due(now: datetime | None = None) -> int:
    """Bring back what is parked until today or earlier, at most a thousand; returns how many. Idempotent.

    One that somebody changes at this very moment is left to the next run.
    """
    now = now or timezone.now()
    due = Item.objects.filter(state=State.PARKED, parked_until__lte=now.date()).select_related(
        "product"
    )
    count = 0
    for item in due.order_by("pk")[:1000]:
        edit = editing.Edit(
            item.pk,
            {"state": State.TRIAGE, "parked_until": None, "state_reason": ""},
            version=item.version,
            verb="item.unparked",
            reason="The day it was parked until has come.",
        )
        try:
            editing.apply(actor=Actor.system(), product=item.product, edits=[edit], now=now)
        except Stale:
            continue
        count += 1
    return count
