"""Evidence coming in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog import events
from backlog.models import Item, ItemLink, Segment
from backlog.services import changes, summaries, words
from backlog.vocabulary import LinkKind
from core import text
from core.errors import Invalid
from core.inserting import insert
from scoring.models import Signal

LIMIT = 1000


@dataclass(frozen=True)
class Draft:
    """A signal before it is stored. ``external_id`` makes it idempotent within its source.

    With ``item`` it counts for that item; with ``segment`` alone (a name, made where it is missing) for every item that
    names the segment; with neither it waits among the unattached ones.
    """

    kind: str
    magnitude: float
    occurred_at: datetime
    source: str
    external_id: str = ""
    note: str = ""
    item: Item | None = None
    segment: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a bulk: how many were new, and how many were known already."""

    added: int
    known: int
    stored: tuple[Signal, ...] = ()


@transaction.atomic
def add_signals(
    *, actor: Actor, product: Product, drafts: Sequence[Draft], now: datetime | None = None
) -> Outcome:
    """Store signals and rescore their items; a signal that is known by source and external id is left as it is.

    Raises Invalid naming each row that cannot be used (nothing is stored then), NotAllowed.
    """
    right = rights.require(actor, "signal.add", product)
    now = now or timezone.now()
    if len(drafts) > LIMIT:
        raise Invalid(f"At most {LIMIT} signals at once. Send them in several requests.")
    _check(drafts, now)
    # two who send the same signal meet here, and the second finds it
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    known = _known(product, drafts)
    segments = words.named(Segment, product=product, names={draft.segment for draft in drafts})
    seen = set(known)
    rows: list[Signal] = []
    for draft in drafts:
        key = (draft.source, draft.external_id)
        if draft.external_id and key in seen:
            continue
        seen.add(key)
        rows.append(
            Signal(
                product=product,
                item=draft.item,
                segment=segments.get(draft.segment),
                kind=draft.kind,
                magnitude=draft.magnitude,
                occurred_at=draft.occurred_at,
                source=draft.source,
                external_id=draft.external_id,
                note=draft.note,
                recorded_by=actor.user,
                recorded_at=now,
            )
        )
    stored = insert(rows)
    changes.record(
        actor=actor,
        product=product,
        entries=[
            changes.Entry(
                "signal.added",
                signal,
                signal.item,
                {signal.kind: (None, signal.magnitude)},
                reason=signal.note,
                right=right,
            )
            for signal in stored
        ],
        now=now,
    )
    announce(product, stored, now)
    return Outcome(len(stored), len(drafts) - len(stored), tuple(stored))


def announce(product: Product, rows: Iterable[Signal], now: datetime) -> None:
    """Have every item scored anew for which these signals count."""
    touched = sorted(items_of(rows))
    if touched:
        summaries.mark_stale(touched, now)
        events.publish("item.inputs_changed", product_id=product.pk, item_ids=touched, now=now)


def items_of(rows: Iterable[Signal]) -> set[int]:
    """The items for which these signals count: their own item, else those that name their segment. One query."""
    rows = list(rows)
    items = {row.item_id for row in rows if row.item_id}
    segments = {row.segment_id for row in rows if row.segment_id and not row.item_id}
    if segments:
        naming = Item.segments.through.objects.filter(segment_id__in=segments)
        items |= set(naming.values_list("item_id", flat=True))
    return items


def _known(product: Product, drafts: Sequence[Draft]) -> set[tuple[str, str]]:
    ids = sorted({draft.external_id for draft in drafts if draft.external_id})
    found: set[tuple[str, str]] = set()
    for start in range(0, len(ids), 500):
        found.update(
            Signal.objects.filter(
                product=product, external_id__in=ids[start : start + 500]
            ).values_list("source", "external_id")
        )
    return found


def _check(drafts: Sequence[Draft], now: datetime) -> None:
    problems: dict[str, list[str]] = {}
    for row, draft in enumerate(drafts):
        wrong = []
        if not text.one_line(draft.kind) or len(draft.kind) > 40:
            wrong.append("kind: a name of 1 to 40 characters is needed.")
        if not math.isfinite(draft.magnitude) or not 0 <= draft.magnitude <= 1e12:
            wrong.append("magnitude: a number of 0 or more is needed.")
        if not draft.source or len(draft.source) > 40:
            wrong.append("source: say where it comes from, in at most 40 characters.")
        if draft.occurred_at > now + timedelta(days=1):
            wrong.append("occurred_at: this lies in the future.")
        if len(draft.segment) > 80:
            wrong.append("segment: a name has at most 80 characters.")
        if draft.occurred_at.year < 1970:
            wrong.append("occurred_at: this lies before 1970.")
        if wrong:
            problems[str(row)] = wrong
    if problems:
        raise Invalid("Some signals cannot be used. Nothing was stored.", fields=problems)


def move_with_merge(*, source_id: int, target_id: int, now: datetime | None = None) -> None:
    """Listens to ``item.merged``: the evidence of a duplicate counts for the item that stays.

    ``merged_from`` names the item that it was recorded for, through any chain of merges.
    """
    held = Signal.objects.filter(item_id=source_id)
    moved = held.filter(merged_from=None).update(item_id=target_id, merged_from_id=source_id)
    moved += held.update(item_id=target_id)
    if moved:
        _rescore([source_id, target_id], now)


def move_back(*, source_id: int, target_id: int, now: datetime | None = None) -> None:
    """Listens to ``item.unmerged``: the item's own evidence returns, and that of what was merged into it before."""
    own = Signal.objects.filter(merged_from_id=source_id)
    brought = Signal.objects.filter(merged_from__in=_merged_into(source_id)).exclude(
        item_id=source_id
    )
    holders = {*own.values_list("item_id", flat=True), *brought.values_list("item_id", flat=True)}
    moved = own.update(item_id=source_id, merged_from=None) + brought.update(item_id=source_id)
    if moved:
        _rescore([source_id, target_id, *(pk for pk in holders if pk)], now)


def _merged_into(item_id: int) -> set[int]:
    """Items whose chain of duplicate links leads to this one. One query a level."""
    found: set[int] = set()
    level = {item_id}
    while level:
        links = ItemLink.objects.filter(target_id__in=level, kind=LinkKind.DUPLICATES)
        level = set(links.values_list("source_id", flat=True)) - found
        found |= level
    return found


def _rescore(item_ids: Sequence[int], now: datetime | None) -> None:
    product_id = Item.objects.values_list("product_id", flat=True).get(pk=item_ids[0])
    ids = sorted(set(item_ids))
    summaries.mark_stale(ids, now)
    events.publish("item.inputs_changed", product_id=product_id, item_ids=ids, now=now)
