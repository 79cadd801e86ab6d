"""Deliveries of webhooks that need not be kept any longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.models import Hook, HookDelivery

#: The newest of an address that stay, and for how long the others do: who sends again, does so within days.
NEWEST, KEPT = 200, timedelta(days=3)


def tidy(now: datetime) -> int:
    """Remove deliveries that are older than ``KEPT`` and not among the ``NEWEST`` of their address; how many."""
    removed = 0
    for hook in Hook.objects.all():
        newest = HookDelivery.objects.filter(hook=hook).order_by("-received_at", "-pk")
        last = newest.values_list("received_at", flat=True)[NEWEST - 1 : NEWEST].first()
        if last is not None:
            old = HookDelivery.objects.filter(hook=hook, received_at__lt=min(last, now - KEPT))
            removed += old.delete()[0]
    return removed
