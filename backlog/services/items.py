"""Making and editing items."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor, Via
from accounts.models import Product, User
from backlog import events
from backlog.models import Channel, Cycle, Item, Label, Program, Queue, Segment, SuccessCriterion
from backlog.services import changes, editing, summaries, words
from backlog.vocabulary import Horizon, Kind, Severity, State
from core import text
from core.errors import Invalid
from core.inserting import insert

EDITABLE = frozenset(
    {
        "title",
        "description",
        "kind",
        "horizon",
        "owner",
        "effort",
        "due_at",
        "severity",
        "program",
        "channel",
        "cycle",
        "labels",
        "segments",
    }
)


@dataclass
class Draft:
    """A new item, before it has a number. Dates other than ``created_at`` are for imports."""

    title: str
    description: str = ""
    kind: str = Kind.TASK
    queue: Queue | None = None
    state: str = State.TRIAGE
    state_reason: str = ""
    parked_until: date | None = None
    horizon: str = ""
    owner: User | None = None
    reporter: User | None = None
    effort: float | None = None
    due_at: datetime | None = None
    severity: int | None = None
    program: Program | None = None
    channel: Channel | None = None
    cycle: Cycle | None = None
    cycles: Sequence[Cycle] = ()
    labels: Sequence[Label] = ()
    segments: Sequence[Segment] = ()
    criteria: Sequence[tuple[str, str]] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    accepted_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def create_item(
    *, actor: Actor, product: Product, draft: Draft, reason: str = "", now: datetime | None = None
) -> Item:
    """Add one item; it arrives in triage unless the draft says otherwise. Raises Invalid, NotAllowed."""
    right = rights.require(actor, "item.create", product)
    if draft.queue is not None or draft.state != State.TRIAGE:
        rights.require(actor, "item.triage", product)
    return create_items(
        actor=actor, product=product, drafts=[draft], right=right, reason=reason, now=now
    )[0]


@transaction.atomic
def create_items(
    *,
    actor: Actor,
    product: Product,
    drafts: Sequence[Draft],
    right: str,
    reason: str = "",
    verb: str = "item.created",
    batch: uuid.UUID | None = None,
    now: datetime | None = None,
) -> list[Item]:
    """Add many items whose right was checked; set-based: queries do not grow with rows beyond batches of 1,000.

    Raises Invalid for the first draft that breaks a rule (nothing is written then).
    """
    if not drafts:
        return []
    now = now or timezone.now()
    words.keep(
        value
        for each in drafts
        for value in (each.labels, each.segments, each.program, each.channel, each.cycle)
    )
    first = _take_numbers(product, len(drafts))
    items = [
        Item(product=product, number=first + offset, **_columns(draft, actor, now))
        for offset, draft in enumerate(drafts)
    ]
    insert(items)
    _bulk_relations(items, drafts)
    summaries.create_for(items, now)
    changes.record(
        actor=actor,
        product=product,
        entries=[
            changes.Entry(
                verb=verb,
                subject=item,
                item=item,
                fields=_first_values(item, draft),
                reason=reason,
                right=right,
            )
            for item, draft in zip(items, drafts, strict=True)
        ],
        now=now,
        batch=batch,
    )
    if any(item.cycle_id for item in items):
        events.publish(
            "item.planning_changed",
            actor=actor,
            product=product,
            changed=[
                events.PlanningChange(item, {"cycle": (None, item.cycle)}, reason)
                for item in items
                if item.cycle_id
            ],
            now=now,
        )
    queued = [item.pk for item in items if item.queue_id]
    if queued:
        events.publish("item.inputs_changed", product_id=product.pk, item_ids=queued, now=now)
    return items


def edit_item(
    *,
    actor: Actor,
    item: Item,
    values: Mapping[str, Any],
    version: int | None,
    reason: str = "",
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
) -> Item:
    """Change fields of an item (``EDITABLE``; state and queue have verbs of their own). Raises Stale, Invalid."""
    right = rights.require(actor, "item.edit", item.product)
    unknown = values.keys() - EDITABLE
    if unknown:
        raise Invalid(
            "Some fields cannot be edited.",
            fields={name: ["This is not an editable field."] for name in sorted(unknown)},
        )
    values = clean(values)
    if values.get("cycle"):
        values["cycles"] = [*item.cycles.all(), values["cycle"]]  # every cycle it has been in
    edit = editing.Edit(item.pk, values, version=version, reason=reason, right=right)
    return editing.apply(actor=actor, product=item.product, edits=[edit], now=now, batch=batch)[0]


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they may stand in the database; raises Invalid naming each field that cannot."""
    cleaned = dict(values)
    problems: dict[str, list[str]] = {}
    for name, rule in _RULES.items():
        if name in cleaned:
            try:
                cleaned[name] = rule(cleaned[name])
            except Invalid as error:
                problems[name] = next(iter(error.fields.values()), [error.detail])
    if problems:
        raise Invalid("Some fields need a correction. Nothing was saved.", fields=problems)
    return cleaned


def _choice(choices: Any, *, optional: bool) -> Any:
    def rule(value: Any) -> Any:
        if optional and value in (None, ""):
            return "" if choices is Horizon else None
        if value not in choices.values:
            raise Invalid(f"Choose one of: {', '.join(str(each) for each in choices.values)}.")
        return choices(value).value

    return rule


def _effort(value: float | None) -> float | None:
    if value is None:
        return None
    if not math.isfinite(value) or not 0 <= value <= 100_000:
        raise Invalid("Effort is a number of points between 0 and 100,000, or empty when unknown.")
    return float(value)


def _instant(value: datetime | None) -> datetime | None:
    """Within centuries that every zone and both databases can say."""
    if value is not None and not 1970 <= value.year < 2300:
        raise Invalid("The instant lies out of reach. Choose one between 1970 and 2299.")
    return value


_RULES = {
    "title": text.title,
    "due_at": _instant,
    "description": text.body,
    "kind": _choice(Kind, optional=False),
    "horizon": _choice(Horizon, optional=True),
    "severity": _choice(Severity, optional=True),
    "effort": _effort,
}


def _columns(draft: Draft, actor: Actor, now: datetime) -> dict[str, Any]:
    values = {
        name: getattr(draft, name)
        for name in (
            *(
                "title",
                "description",
                "kind",
                "queue",
                "state",
                "state_reason",
                "parked_until",
                "horizon",
            ),
            *("owner", "effort", "due_at", "severity", "program", "channel", "cycle"),
            *("accepted_at", "started_at", "finished_at"),
        )
    }
    values = clean(values)
    if values["queue"] is None and draft.state not in (State.TRIAGE, State.PARKED, State.DECLINED):
        raise Invalid(
            "An item past triage needs a queue.",
            fields={"queue": ["Choose one of the four queues."]},
        )
    # Whoever brings a file in did not report what stands in it.
    values["reporter"] = draft.reporter or (None if actor.channel == Via.IMPORT else actor.user)
    values["created_at"] = draft.created_at or now
    values["updated_at"] = draft.updated_at or now
    if draft.state not in (State.TRIAGE, State.PARKED, State.DECLINED) and not draft.accepted_at:
        values["accepted_at"] = values["created_at"]
    return values


def _take_numbers(product: Product, count: int) -> int:
    """The first of ``count`` numbers, without gaps between commits; the product's row is the lock."""
    Product.objects.filter(pk=product.pk).update(items_numbered=F("items_numbered") + count)
    last = Product.objects.values_list("items_numbered", flat=True).get(pk=product.pk)
    return int(last) - count + 1


def _bulk_relations(items: Sequence[Item], drafts: Sequence[Draft]) -> None:
    for name, column in (
        ("labels", "label_id"),
        ("segments", "segment_id"),
        ("cycles", "cycle_id"),
    ):
        through = getattr(Item, name).through
        rows = [
            through(item_id=item.pk, **{column: word.pk})
            for item, draft in zip(items, drafts, strict=True)
            for word in {word.pk: word for word in _words(draft, name)}.values()
        ]
        if rows:
            insert(rows)
    criteria = [
        SuccessCriterion(
            item=item, position=position, text=text.one_line(what)[:500], verification=how[:500]
        )
        for item, draft in zip(items, drafts, strict=True)
        for position, (what, how) in enumerate(draft.criteria)
    ]
    if criteria:
        insert(criteria)


def _words(draft: Draft, name: str) -> Iterable[Any]:
    rows = list(getattr(draft, name))
    if name == "cycles" and draft.cycle is not None:
        rows.append(draft.cycle)
    return rows


def _first_values(item: Item, draft: Draft) -> dict[str, tuple[Any, Any]]:
    """The log of a creation names what was set, not what was left empty."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in editing.COLUMNS:
        if name in ("description", "created_at", "reporter") or name in editing.QUIET:
            continue
        value = getattr(item, name)
        if value not in (None, ""):
            found[name] = (None, value)
    for name in editing.MANY:
        rows = list(_words(draft, name))
        if rows:
            found[name] = ([], rows)
    return found
