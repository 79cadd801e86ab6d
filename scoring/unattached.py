"""Signals that belong to no item yet, in groups: read, grouped by the pure engine, remembered until they change."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils import timezone

from accounts.models import Product
from backlog import search
from core.errors import NotFound
from scoring import grouping
from scoring.models import Signal, SignalDismissal

#: A dismissed group comes back when it has grown by half, and by three signals at least.
_GROWN, _LEAST = 0.5, 3
#: Groups are worked out anew after this long even if nothing changed: "the last 30 days" moves.
_KEPT_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Found:
    """A group with its signals' ids, oldest first; the first one names it in addresses.

    ``members``: the signals themselves, likewise. ``dismissal``: somebody wanted no item for it, and it has not grown
    since.
    """

    group: grouping.Group
    ids: tuple[int, ...]
    title: str
    dismissal: SignalDismissal | None
    members: tuple[grouping.Loose, ...]

    @property
    def pk(self) -> int:
        return self.ids[0]

    @property
    def size(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Unattached:
    """``groups``: two signals or more, largest first. ``dismissed``: likewise. ``single``: ids of all others, newest
    first. ``left_out``: older signals beyond the most that are grouped."""

    groups: list[Found]
    dismissed: list[Found]
    single: list[int]
    left_out: int


def unattached(product: Product, now: datetime | None = None) -> Unattached:
    """A product's unattached signals. Two queries, three where some were dismissed; the newest 10,000 are grouped."""
    now = now or timezone.now()
    waiting = Signal.objects.filter(product=product, item=None, withdrawn_at=None)
    rows = list(
        waiting.order_by("-occurred_at", "-pk").values_list(
            "pk",
            "kind",
            "segment__name",
            "note",
            "magnitude",
            "occurred_at",
            "apart",
            "dismissal_id",
        )[: grouping.MOST + 1]
    )
    left_out = 0
    if len(rows) > grouping.MOST:
        left_out = waiting.count() - grouping.MOST
        rows = rows[: grouping.MOST]
    rows.reverse()
    loose = [
        grouping.Loose(pk, kind, segment or "", note, magnitude, occurred_at)
        for pk, kind, segment, note, magnitude, occurred_at, apart, _ in rows
        if not apart
    ]
    dismissed_by = {row[0]: row[7] for row in rows if row[7] is not None}
    single = [row[0] for row in rows if row[6]]
    groups: list[Found] = []
    dismissed: list[Found] = []
    known = SignalDismissal.objects.in_bulk(set(dismissed_by.values())) if dismissed_by else {}
    for group in _grouped(product, loose, now):
        members = tuple(loose[place] for place in group.members)
        ids = tuple(each.pk for each in members)
        dismissal = _dismissal(ids, dismissed_by, known)
        if len(ids) == 1 and dismissal is None:
            single.append(ids[0])
            continue
        title = loose[group.example].note or group.label
        (groups if dismissal is None else dismissed).append(
            Found(group, ids, title, dismissal, members)
        )
    when = {row[0]: (row[5], row[0]) for row in rows}
    single.sort(key=lambda pk: when[pk], reverse=True)
    return Unattached(groups, dismissed, single, left_out)


def _grouped(
    product: Product, loose: Sequence[grouping.Loose], now: datetime
) -> list[grouping.Group]:
    """Remembered under what the groups are made of, so that it is never out of date, and under the day."""
    digest = hashlib.sha256(repr((now.date(), loose)).encode()).hexdigest()
    name = f"scoring.groups.{product.pk}.{digest}"
    found: list[grouping.Group] | None = cache.get(name)
    if found is None:
        found = grouping.groups(loose, now)
        cache.set(name, found, _KEPT_SECONDS)
    return found


def _dismissal(
    ids: Sequence[int], dismissed_by: dict[int, int], known: dict[int, SignalDismissal]
) -> SignalDismissal | None:
    """The newest dismissal of a group, unless more has come since than it may grow by."""
    of_these = Counter(dismissed_by[pk] for pk in ids if pk in dismissed_by)
    if not of_these:
        return None
    old = sum(of_these.values())
    if len(ids) - old >= max(_LEAST, _GROWN * old):
        return None
    return known.get(max(of_these))


def group_of(product: Product, pk: int) -> Found:
    """The group that the signal ``pk`` is in. Raises NotFound."""
    everything = unattached(product)
    for found in (*everything.groups, *everything.dismissed):
        if pk in found.ids:
            return found
    raise NotFound


def similar_items(product: Product, found: Found, limit: int = 5) -> list[search.Similar]:
    """Items that say much the same as a group. Two queries."""
    return search.similar_to_words(product, found.title, found.group.label, limit=limit)


def proposed_queue(found: Found) -> str:
    """Incidents and tickets are about what is broken; everything else about what could be better."""
    trouble = sum(found.group.sums.get(kind, 0.0) > 0 for kind in ("incident", "support_ticket"))
    return "stability" if trouble else "enhancement"
