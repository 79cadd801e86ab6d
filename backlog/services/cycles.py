"""Cycles: periods of planned work with a first and a last day."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Cycle
from backlog.services import changes, words
from core import text
from core.errors import Conflict, Invalid


@transaction.atomic
def plan_cycle(
    *,
    actor: Actor,
    product: Product,
    name: str,
    starts_on: date,
    ends_on: date,
    capacity: float | None = None,
    now: datetime | None = None,
) -> Cycle:
    """Make a cycle, or give the one with this name its days. ``capacity`` in points, None: as it is, or the policy's.

    Raises Invalid, Conflict (accepted or closed), NotAllowed.
    """
    right = rights.require(actor, "cycle.plan", product)
    name = text.one_line(name)[:80]
    if not name:
        raise Invalid("A cycle needs a name.", fields={"name": ["Enter a name."]})
    if ends_on < starts_on:
        raise Invalid(
            "The cycle ends before it starts.",
            fields={"ends_on": ["Choose the first day or a later one."]},
        )
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    cycle = words.named(Cycle, product=product, names=[name])[name]
    if cycle.closed_at is not None:
        raise Conflict(f"{cycle} is closed. Plan the next one instead.", code="closed")
    new: dict[str, object] = {"starts_on": starts_on, "ends_on": ends_on}
    if capacity is not None:
        new["capacity"] = capacity
    changed = {each: (getattr(cycle, each), value) for each, value in new.items()}
    changed = {each: pair for each, pair in changed.items() if pair[0] != pair[1]}
    if not changed:
        return cycle
    if cycle.accepted_at is not None:
        raise Conflict(
            f"There is a cycle called {cycle} already, and it is accepted.", code="taken"
        )
    for each, (_, value) in changed.items():
        setattr(cycle, each, value)
    cycle.version += 1
    cycle.save(update_fields=[*changed, "version"])
    entry = changes.Entry(
        "cycle.planned", cycle, fields={"cycle": (None, cycle), **changed}, right=right
    )
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return cycle
