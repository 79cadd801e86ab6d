"""Increments of an item: planning, editing, ordering. Every act on a plan locks its item's row first,
and the log says what it put out of step (R23, ``backlog.coherence``).

What a gate or a checkpoint holds is not let out by an edit. An increment that waits for a direction waits for it after
every move, untick and cut, and one of production that waits for its brief stays production; else whoever does it needs
the right by which the gate is passed as well (``increment.validate``, ``gate.pass``), and the log names that right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import User
from backlog import coherence, positions
from backlog import increment_reading as reading
from backlog.models import Increment, IncrementCriterion, IncrementKind, Item, SuccessCriterion
from backlog.services import changes
from backlog.vocabulary import CLOSED_STATES, IncrementState
from core import text
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from core.updating import update

MOST = 200
PURPOSE_LIMIT = 5000
EDITABLE = ("title", "purpose", "kind", "owner", "starts_on", "due_on", "is_checkpoint", "needs")
#: A change of one of these may put a plan out of step.
_TIMED = frozenset({"starts_on", "due_on", "is_checkpoint", "needs"})


@dataclass
class Draft:
    """A new increment. ``needs``: increments of the same item; ``criteria``: statement and how it is verified."""

    kind: IncrementKind
    title: str
    purpose: str = ""
    owner: User | None = None
    starts_on: date | None = None
    due_on: date | None = None
    is_checkpoint: bool = False
    needs: Sequence[Increment] = ()
    criteria: Sequence[tuple[str, str]] = ()
    covers: Sequence[SuccessCriterion | None] = field(default_factory=list)


@transaction.atomic
def add_increment(
    *,
    actor: Actor,
    item: Item,
    draft: Draft,
    alone: bool = True,
    now: datetime | None = None,
) -> Increment:
    """Plan an increment behind the others; its number is the item's next one. Raises Invalid, Conflict, NotAllowed.

    ``alone`` False: one of a whole plan that is made at once, which is not held against each of its parts.
    """
    right = rights.require(actor, "increment.edit", item.product)
    now = now or timezone.now()
    item = locked_item(item)
    if item.state in CLOSED_STATES:
        raise Conflict(
            f"{item.key} is {item.get_state_display().lower()}. Nothing was added: reopen it first.",
            code="item_closed",
        )
    if draft.kind.product_id != item.product_id or draft.kind.retired_at is not None:
        raise Invalid("Choose a kind that is in use.", fields={"kind": ["Choose another kind."]})
    values = _cleaned(
        {
            "title": draft.title,
            "purpose": draft.purpose,
            "starts_on": draft.starts_on,
            "due_on": draft.due_on,
        }
    )
    before = coherence.misfits(actor, item) if alone else []
    ends = Increment.objects.filter(item=item).aggregate(number=Max("number"), at=Max("position"))
    if (ends["number"] or 0) >= MOST:
        raise Conflict(f"An item has at most {MOST} increments.", code="too_many_increments")
    increment = Increment.objects.create(
        product=item.product,
        item=item,
        number=(ends["number"] or 0) + 1,
        kind=draft.kind,
        position=positions.between(ends["at"], None) or 0.0,
        owner=draft.owner,
        is_checkpoint=draft.is_checkpoint,
        created_by=actor.user,
        created_at=now,
        updated_at=now,
        **values,
    )
    if draft.needs:
        increment.needs.set(_needs(increment, draft.needs))
    covers = [*draft.covers, *[None] * len(draft.criteria)]
    for place, (statement, verification) in enumerate(draft.criteria):
        statement = text.one_line(statement)[:500]
        if statement:
            IncrementCriterion.objects.create(
                increment=increment,
                position=place,
                text=statement,
                verification=text.one_line(verification)[:500],
                covers=covers[place],
            )
    fields: dict[str, tuple[Any, Any]] = {
        "increment": (None, increment),
        "increment_kind": (None, draft.kind),
    }
    if alone:
        after = coherence.misfits(actor, item)
        own = ("checkpoint", (increment.pk,))  # what follows it is planned next
        fields |= misfit_fields(before, [each for each in after if (each.code, each.at) != own])
    log(actor, increment, "increment.added", fields, right, now)
    return increment


@transaction.atomic
def edit_increment(
    *,
    actor: Actor,
    increment: Increment,
    values: Mapping[str, Any],
    version: int | None = None,
    now: datetime | None = None,
) -> Increment:
    """Write fields of ``EDITABLE``. Raises Stale when it changed since ``version``, Invalid, Conflict, NotAllowed.

    A kind is chosen until it starts; from production to another only once the gate is open (R11), and a checkpoint is
    unticked once nothing waits for it (R17), unless the actor may pass that gate.
    """
    right = rights.require(actor, "increment.edit", increment.product)
    unknown = sorted(values.keys() - set(EDITABLE))
    if unknown:
        raise Invalid("There is no such field.", fields={name: ["Not known."] for name in unknown})
    wanted = dict(values)
    needs = wanted.pop("needs", None)
    increment = locked(increment)
    if version is not None and version != increment.version:
        raise Stale(
            f"{increment.key} was changed by somebody else while you had it open. Nothing of yours was saved yet: look"
            " at it, then save again.",
            extra={"version": increment.version},
        )
    merged = {
        name: wanted.get(name, getattr(increment, name))
        for name in ("title", "purpose", "starts_on", "due_on")
    }
    cleaned = {name: value for name, value in _cleaned(merged).items() if name in wanted}
    wanted |= cleaned
    kind = wanted.get("kind")
    why = ""
    if kind is not None and kind != increment.kind:
        if kind.product_id != increment.product_id or kind.retired_at is not None:
            raise Invalid(
                "Choose a kind that is in use.", fields={"kind": ["Choose another kind."]}
            )
        if increment.state != IncrementState.PLANNED:
            raise Conflict(
                "It has begun as what it is, so its kind stays. Cut it and plan another one.",
                code="begun",
            )
        right, why = _out_of_production(actor, increment, kind, right)
    if wanted.get("is_checkpoint") is False and increment.is_checkpoint:
        plan = reading.plan(increment.item)
        before = reading.waits(plan)
        next(each for each in plan if each.pk == increment.pk).is_checkpoint = False
        right, freed = let_past(actor, increment, before, reading.waits(plan), right)
        why = " ".join(filter(None, [why, freed]))
    moves = bool(_TIMED & values.keys())
    out_of_step = coherence.misfits(actor, increment.item) if moves else []
    fields: dict[str, tuple[Any, Any]] = {
        ("increment_kind" if name == "kind" else name): (getattr(increment, name), value)
        for name, value in wanted.items()
        if getattr(increment, name) != value
    }
    if needs is not None:
        found = _needs(increment, needs)
        old = list(increment.needs.order_by("number"))
        if {each.pk for each in old} != {each.pk for each in found}:
            fields["needs"] = (old, found)
            increment.needs.set(found)
    if not fields:
        return increment
    for name, value in wanted.items():
        setattr(increment, name, value)
    save(increment, list(wanted), now)
    if moves:
        fields |= misfit_fields(out_of_step, coherence.misfits(actor, increment.item))
    log(actor, increment, "increment.edited", fields, right, now, why)
    return increment


@transaction.atomic
def move_increment(
    *,
    actor: Actor,
    increment: Increment,
    before: Increment | None,
    now: datetime | None = None,
) -> Increment:
    """Put an increment ahead of ``before``, or at the end. One row is written (unless doubles have run out).

    Raises Invalid, and NotAllowed where something would no longer wait for a direction (see ``let_past``).
    """
    right = rights.require(actor, "increment.edit", increment.product)
    increment = locked(increment)
    plan = reading.plan(increment.item)
    others = [each for each in plan if each.pk != increment.pk]
    place = next((at for at, each in enumerate(others) if before and each.pk == before.pk), None)
    if before is not None and place is None:
        raise Invalid("Choose an increment of this item.", fields={"before": ["Not of this item."]})
    place = len(others) if place is None else place
    after = [*others[:place], increment, *others[place:]]
    right, why = let_past(actor, increment, reading.waits(plan), reading.waits(after), right)
    position = positions.between(
        others[place - 1].position if place else None,
        others[place].position if place < len(others) else None,
    )
    if position is None:
        for each, fresh in zip(after, positions.spread(len(after)), strict=True):
            each.position = fresh
        update(after, ["position"])
    else:
        increment.position = position
        increment.save(update_fields=["position"])
    fields = {"increment": (None, increment), "position": (None, place + 1)} | misfit_fields(
        coherence.misfits(actor, increment.item, plan),
        coherence.misfits(actor, increment.item, after),
    )
    log(actor, increment, "increment.moved", fields, right, now, why)
    return increment


def let_past(
    actor: Actor,
    increment: Increment,
    before: reading.Waits,
    after: reading.Waits,
    right: str,
) -> tuple[str, str]:
    """The right by which a plan changes so, and what the log says of it: ``right``, where everything that waited for a
    direction still does; else ``increment.validate``. Raises NotAllowed for whoever lacks it.
    """
    freed = [pair for ids, pair in before.items() if ids not in after]
    if not freed:
        return right, ""
    checkpoint, piece = freed[0]
    product = increment.product
    if not rights.allowed(actor, "increment.validate", product):
        raise NotAllowed(
            f"{piece.number} “{piece.title}” waits until the direction of {checkpoint.number} “{checkpoint.title}” is"
            " validated, and would not wait any more. Nothing was changed: have the direction validated first, or have"
            f" this done by somebody who may. {rights.refusal(actor, 'increment.validate', product)}",
            extra=rights.refused(actor, "increment.validate", product),
        )
    named = ", ".join(str(number) for number in sorted({piece.number for _one, piece in freed}))
    at = ", ".join(str(number) for number in sorted({one.number for one, _piece in freed}))
    return "increment.validate", f"Without the direction of {at}, which {named} waited for."[:500]


def _out_of_production(
    actor: Actor, increment: Increment, kind: IncrementKind, right: str
) -> tuple[str, str]:
    """The right by which an increment becomes of this kind, and what the log says of it. Raises NotAllowed."""
    if kind.production or not increment.kind.production or increment.gate_decision_id is not None:
        return right, ""
    unsigned = reading.gate_missing(increment.item)
    if not unsigned:
        return right, ""
    if not rights.allowed(actor, "gate.pass", increment.product):
        raise NotAllowed(
            f"{increment.key} is production and waits: {unsigned}. As {kind.name.lower()} it would not. Nothing was"
            " changed: have the brief signed off first, or cut it and plan another one."
            f" {rights.refusal(actor, 'gate.pass', increment.product)}",
            extra=rights.refused(actor, "gate.pass", increment.product),
        )
    return "gate.pass", f"It was production and waited: {unsigned}."[:500]


def locked_item(item: Item) -> Item:
    """The item's row, held until the transaction ends: numbers and orders of its plan are made under it."""
    found = (
        Item.objects.select_for_update(of=("self",), no_key=True)
        .select_related("product")
        .filter(pk=item.pk)
        .first()
    )
    if found is None:
        raise NotFound
    found.product = item.product
    return found


def misfit_fields(
    before: Sequence[coherence.Misfit], after: Sequence[coherence.Misfit]
) -> dict[str, tuple[Any, Any]]:
    """What the log says of what an act put out of step; nothing where it did not."""
    found = coherence.fresh(before, after)
    return {"breaks": (None, [each.text for each in found])} if found else {}


def locked(increment: Increment) -> Increment:
    """An increment as it stands now, with its item's row held."""
    item = locked_item(increment.item)
    found = (
        Increment.objects.select_related("kind", "owner", "gate_decision")
        .prefetch_related("needs")
        .filter(pk=increment.pk)
        .first()
    )
    if found is None:
        raise NotFound
    found.item = item
    found.product = item.product
    return found


def save(increment: Increment, columns: Sequence[str], now: datetime | None) -> None:
    """Write columns of a locked increment and count its version on."""
    increment.version += 1
    increment.updated_at = now or timezone.now()
    increment.save(update_fields=[*columns, "version", "updated_at"])


def log(
    actor: Actor,
    increment: Increment,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    right: str,
    now: datetime | None,
    reason: str = "",
) -> None:
    """One line of the log, in the history of the increment's item too."""
    entry = changes.Entry(verb, increment, increment.item, fields, reason=reason, right=right)
    changes.record(actor=actor, product=increment.product, entries=[entry], now=now)


def _needs(increment: Increment, wanted: Sequence[Increment]) -> list[Increment]:
    """Raises Invalid for one of another item, itself, or one that needs this one, directly or through others."""
    wanted = list({each.pk: each for each in wanted}.values())
    if any(each.item_id != increment.item_id or each.pk == increment.pk for each in wanted):
        raise Invalid(
            "Choose other increments of this item.",
            fields={"needs": ["Choose others of this item."]},
        )
    through = Increment.needs.through.objects.filter(from_increment__item=increment.item_id)
    onward: dict[int, set[int]] = {}
    for source, target in through.values_list("from_increment_id", "to_increment_id"):
        onward.setdefault(source, set()).add(target)
    reached, edge = set(), [each.pk for each in wanted]
    while edge:
        pk = edge.pop()
        if pk == increment.pk:
            raise Invalid(
                "These would wait for each other for ever.",
                fields={"needs": ["One of them needs this one already."]},
            )
        if pk not in reached:
            reached.add(pk)
            edge += onward.get(pk, ())
    return wanted


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    problems: dict[str, list[str]] = {}
    found["title"] = text.one_line(found["title"])
    if not found["title"] or len(found["title"]) > 200:
        problems["title"] = ["Use 1 to 200 characters."]
    found["purpose"] = text.tidy(found["purpose"]).strip()
    if len(found["purpose"]) > PURPOSE_LIMIT:
        problems["purpose"] = [f"Use at most {PURPOSE_LIMIT:,} characters."]
    starts, due = found.get("starts_on"), found.get("due_on")
    if starts and due and due < starts:
        problems["due_on"] = ["It would be due before it starts."]
    if problems:
        raise Invalid("The increment was not saved.", fields=problems)
    return found
