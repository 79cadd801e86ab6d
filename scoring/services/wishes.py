"""Judgement and changes of plans, as they can be asked for by those who may not."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog import access
from backlog.askable import Askable, Asked, Payload, taken
from backlog.models import Cycle, Item
from backlog.services import editing
from backlog.vocabulary import QueueKind
from core.errors import Invalid, NotFound
from scoring.ledger import many
from scoring.plans import cycle_for
from scoring.services import acceptance, adjustments, plans


def _read(actor: Actor, product: Product, payload: Payload) -> Asked:
    item, points = _item(actor, product, payload), _points(payload)
    (claim,) = taken(payload, "claim")
    adjustments.checked(item, points, claim, _end(payload), timezone.now())
    sign = "+" if points > 0 else "−"
    return Asked(
        "adjustment.make",
        f"adjust {item.key} by {sign}{abs(points):g} points: {claim}"[:300],
        item,
    )


def _carry_out(actor: Actor, product: Product, payload: Payload, reason: str) -> None:
    (claim,) = taken(payload, "claim")
    adjustments.adjust(
        actor=actor,
        item=_item(actor, product, payload),
        points=_points(payload),
        claim=claim,
        evidence=str(payload.get("evidence") or ""),
        expires_at=_end(payload),
    )


def _end(payload: Payload) -> datetime:
    (until,) = taken(payload, "expires_at")
    try:
        expires_at = parse_datetime(until)
    except ValueError:
        expires_at = None
    if expires_at is None or expires_at.tzinfo is None:
        raise not_understood("expires_at")
    return expires_at


def _item(actor: Actor, product: Product, payload: Payload) -> Item:
    (key,) = taken(payload, "item")
    access.item_of(actor, product, key)
    return access.item_for(actor, key)


def _points(payload: Payload) -> float:
    points = payload.get("points")
    if isinstance(points, bool) or not isinstance(points, int | float):
        raise Invalid(
            "This request cannot be understood.", fields={"payload": ["points: a number"]}
        )
    return float(points)


def _scope(actor: Actor, product: Product, payload: Payload) -> Asked:
    cycle, moves = _moves(actor, product, payload)
    right = payload.get("right")
    if right not in ("cycle.plan", "cycle.grow"):
        raise not_understood("right")
    words = {
        "added": "take {} into {}",
        "removed": "take {} out of {}",
        "re-estimated": "re-estimate {} in {}",
    }
    what = words[moves[0][1]].format(", ".join(item.key for item, _, _ in moves), cycle)
    return Asked(right, what[:300], moves[0][0])


def _change_scope(actor: Actor, product: Product, payload: Payload, reason: str) -> None:
    rights.require(actor, "item.edit", product)
    cycle, moves = _moves(actor, product, payload)
    edits = []
    for item, what, points in moves:
        if what == "re-estimated":
            edits.append(
                editing.Edit(item.pk, {"effort": points}, reason=reason, right="item.edit")
            )
        else:
            target = cycle if what == "added" else None
            edits.append(plans.to_cycle(item, target, reason, "cycle.plan"))
    editing.apply(actor=actor, product=product, edits=edits)


def _moves(
    actor: Actor, product: Product, payload: Payload
) -> tuple[Cycle, list[tuple[Item, str, float]]]:
    rows = payload.get("moves")
    if not isinstance(rows, list) or not 0 < len(rows) <= 50:
        raise not_understood("moves")
    found = []
    for row in rows:
        if not isinstance(row, dict) or row.get("what") not in ("added", "removed", "re-estimated"):
            raise not_understood("moves")
        found.append((_item(actor, product, row), str(row["what"]), _points(row)))
    if len({what for _, what, _ in found}) != 1:
        raise not_understood("moves")
    return _cycle(product, payload), found


def _floor(actor: Actor, product: Product, payload: Payload) -> Asked:
    (queue,) = taken(payload, "queue")
    if queue not in QueueKind.values:
        raise not_understood("queue")
    return Asked(
        "floor.break",
        f"let other work take {many(_points(payload))} of the floor of {QueueKind(queue).label} in"
        f" {_cycle(product, payload)}",
    )


def _break_floor(actor: Actor, product: Product, payload: Payload, reason: str) -> None:
    (queue,) = taken(payload, "queue")
    acceptance.allow_floor(
        actor=actor,
        cycle=_cycle(product, payload),
        queue=queue,
        points=_points(payload),
        reason=reason,
    )


def _cycle(product: Product, payload: Payload) -> Cycle:
    pk = payload.get("cycle")
    if isinstance(pk, bool) or not isinstance(pk, int):
        raise not_understood("cycle")
    try:
        return cycle_for(product, pk)
    except NotFound as error:
        raise not_understood("cycle") from error


def not_understood(field: str) -> Invalid:
    """A payload that somebody wrote by hand, or that has grown old."""
    return Invalid(
        "This request cannot be understood.", fields={"payload": [f"{field} is missing or wrong."]}
    )


ADJUST = Askable(_read, _carry_out)
SCOPE = Askable(_scope, _change_scope)
FLOOR = Askable(_floor, _break_floor)
