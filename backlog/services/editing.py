"""How an item changes: one write path for pages, API, bulk edits, imports and undo.

Callers check rights and rules, then hand over :class:`Edit`s. Rows are locked (PostgreSQL) or the whole database is
(SQLite, IMMEDIATE), the version is compared, only what differs is written, one row of the log per item says what.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Product
from backlog import events
from backlog.models import Item
from backlog.services import changes, summaries, words
from core.errors import NotFound, Stale
from core.updating import update

MANY = ("labels", "segments", "cycles")
COLUMNS = (
    "title",
    "description",
    "kind",
    "queue",
    "state",
    "state_reason",
    "parked_until",
    "horizon",
    "owner",
    "reporter",
    "effort",
    "due_at",
    "severity",
    "program",
    "channel",
    "cycle",
    "created_at",
    "accepted_at",
    "started_at",
    "finished_at",
)
#: A change of one of these changes what a priority is made from, or the population that is ranked.
SCORED_FROM = frozenset({"queue", "effort", "due_at", "severity", "state", "segments"})
#: A change of one of these may touch a cycle's plan.
PLANNED_FROM = frozenset({"cycle", "effort", "queue"})
#: These are kept in step with others and need no line of their own in a history.
QUIET = frozenset({"accepted_at", "started_at", "finished_at"})


@dataclass
class Edit:
    """New values for one item. ``version``: refuse when the item was changed since; None: whatever it is now."""

    item_id: int
    values: Mapping[str, Any]
    version: int | None = None
    verb: str = "item.edited"
    reason: str = ""
    right: str = ""
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def load_for_update(
    product: Product, item_ids: Sequence[int], many: Sequence[str] = MANY
) -> dict[int, Item]:
    """The items, locked where the database can, with what an edit compares. Call inside a transaction.

    ``many``: those of ``MANY`` that will be compared.
    """
    rows = (
        Item.objects.select_for_update(of=("self",))
        .filter(product=product, pk__in=item_ids)
        .select_related("queue", "owner", "reporter", "program", "channel", "cycle")
        .prefetch_related(*many)
        .order_by("pk")
    )
    items = {item.pk: item for item in rows}
    for item in items.values():
        item.product = product
    return items


@transaction.atomic
def apply(
    *,
    actor: Actor,
    product: Product,
    edits: Sequence[Edit],
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
    undoes: uuid.UUID | None = None,
    keep_updated_at: bool = False,
) -> list[Item]:
    """Carry out ``edits`` all together or not at all; returns the items in the order given.

    Raises Stale (with what changed since) or NotFound. An edit that changes nothing writes nothing. ``updated_at``
    moves to ``now`` unless ``keep_updated_at`` (an import writes the source's).
    """
    now = now or timezone.now()
    if any({"cycle", "effort"} & edit.values.keys() for edit in edits):
        # a plan may be accepted at this moment; its lock is the product's row, taken before those of items
        Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    words.keep(value for edit in edits for value in edit.values.values())
    compared = [name for name in MANY if any(name in edit.values for edit in edits)]
    items = load_for_update(product, [edit.item_id for edit in edits], compared)
    entries: list[changes.Entry] = []
    touched: list[Item] = []
    rescore: list[int] = []
    planned: list[events.PlanningChange] = []
    columns: set[str] = set()
    many: dict[str, dict[int, tuple[list[Any], list[Any]]]] = {name: {} for name in MANY}
    for edit in edits:
        item = items.get(edit.item_id)
        if item is None:
            raise NotFound
        if edit.version is not None and edit.version != item.version:
            raise stale(item, edit.version, edit.values)
        pending = {name: rows[item.pk][1] for name, rows in many.items() if item.pk in rows}
        before_after = differences(item, edit.values, pending)
        if not before_after and not edit.fields:
            continue
        for name, (_, new) in before_after.items():
            if name not in MANY:
                setattr(item, name, new)
                columns.add(name)
        item.version += 1
        if not keep_updated_at:
            item.updated_at = now
        touched.append(item)
        if SCORED_FROM & before_after.keys():
            rescore.append(item.pk)
        if PLANNED_FROM & before_after.keys():
            planned.append(events.PlanningChange(item, before_after, edit.reason))
        entries.append(
            changes.Entry(
                verb=edit.verb,
                subject=item,
                item=item,
                fields={**before_after, **edit.fields},
                reason=edit.reason,
                right=edit.right,
            )
        )
        for name in MANY:
            if name in before_after:
                first, _ = many[name].get(item.pk, before_after[name])
                many[name][item.pk] = (first, before_after[name][1])
    if touched:
        for name, rows in many.items():
            if rows:
                _write_words(name, rows)
                for pk in rows:  # what was read before is not so any more
                    items[pk]._prefetched_objects_cache.pop(name, None)  # type: ignore[attr-defined]
        written = [*columns, "version", "updated_at"]
        if len(touched) == 1:
            touched[0].save(update_fields=written)
        else:
            update(touched, written)
        summaries.follow(touched, stale=rescore, now=now)
        changes.record(
            actor=actor, product=product, entries=entries, now=now, batch=batch, undoes=undoes
        )
    if planned:
        events.publish(
            "item.planning_changed", actor=actor, product=product, changed=planned, now=now
        )
    if rescore:
        events.publish("item.inputs_changed", product_id=product.pk, item_ids=rescore, now=now)
    return [items[edit.item_id] for edit in edits]


def differences(
    item: Item, values: Mapping[str, Any], pending: Mapping[str, list[Any]] | None = None
) -> dict[str, tuple[Any, Any]]:
    """What of ``values`` is not so yet: field -> (before, after). Reads no row when ``MANY`` is prefetched.

    ``pending``: rows of ``MANY`` that the item is about to have.
    """
    found: dict[str, tuple[Any, Any]] = {}
    for name, new in values.items():
        if name in MANY:
            old = list(pending[name] if pending and name in pending else getattr(item, name).all())
            if {row.pk for row in old} != {row.pk for row in new}:
                found[name] = (old, list(new))
        elif getattr(item, name) != new:
            found[name] = (getattr(item, name), new)
    return found


def _write_words(name: str, rows: Mapping[int, tuple[list[Any], list[Any]]]) -> None:
    """Give items their new labels, segments or cycles: item id -> (before, after). Statements grow with words only."""
    through = getattr(Item, name).through
    column = f"{name.removesuffix('s')}_id"
    lost: dict[int, list[int]] = {}
    gained: list[Any] = []
    for item_id, (before, after) in rows.items():
        was, now = {row.pk for row in before}, {row.pk for row in after}
        for pk in was - now:
            lost.setdefault(pk, []).append(item_id)
        gained += [through(item_id=item_id, **{column: pk}) for pk in sorted(now - was)]
    for pk, item_ids in lost.items():
        through.objects.filter(**{column: pk}, item_id__in=item_ids).delete()
    through.objects.bulk_create(gained, batch_size=1000, ignore_conflicts=True)


def stale(item: Item, version: int, wanted: Mapping[str, Any]) -> Stale:
    """The refusal that a second editor gets: what changed meanwhile, beside what they wanted."""
    meanwhile = changes.since_version(item, version)
    names = ", ".join(sorted(name.replace("_", " ") for name in meanwhile if name not in QUIET))
    return Stale(
        f"{item.key} was changed by somebody else while you had it open"
        + (f" ({names})" if names else "")
        + ". Nothing of yours was saved yet: look at what changed, then save again.",
        extra={
            "version": item.version,
            "changed": {
                name: {"was": before, "is": after, "yours": changes.plain(wanted.get(name))}
                for name, (before, after) in meanwhile.items()
            },
        },
    )
