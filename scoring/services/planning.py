"""How a product plans: capacity and length of cycles, who lends first, floors, how far a scope may grow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import PlanningPolicy
from backlog.services import changes
from backlog.vocabulary import QueueKind
from core import text
from core.errors import Invalid, Stale
from scoring.plans import BORROWING_ORDER, policy_of


@transaction.atomic
def set_policy(
    *,
    actor: Actor,
    product: Product,
    version: int,
    capacity: float | None = None,
    cycle_days: int | None = None,
    borrowing_order: Sequence[str] | None = None,
    scope_growth_percent: float | None = None,
    floors: Mapping[str, float | None] | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> PlanningPolicy:
    """Change what is given; the rest stays. ``floors``: queue -> part of the capacity, None for half the share.

    Accepted cycles keep the capacity that they were accepted with. Raises Invalid, Stale, NotAllowed.
    """
    right = rights.require(actor, "planning.edit", product)
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    policy = policy_of(product)
    if version != policy.version:
        raise Stale(
            "The planning policy was changed meanwhile. Nothing of yours was saved; look at it again."
        )
    new = {
        "capacity": capacity,
        "cycle_days": cycle_days,
        "borrowing_order": None if borrowing_order is None else list(borrowing_order),
        "scope_growth_percent": scope_growth_percent,
    }
    new = {name: value for name, value in new.items() if value is not None}
    _check(new)
    changed: dict[str, tuple[object, object]] = {
        name: (getattr(policy, name), value)
        for name, value in new.items()
        if getattr(policy, name) != value
    }
    changed |= _set_floors(product, floors or {})
    if not changed:
        return policy
    for name, value in new.items():
        setattr(policy, name, value)
    policy.version += 1
    policy.save()
    entry = changes.Entry(
        "planning.changed",
        product,
        fields=changed,
        reason=text.one_line(reason)[:500],
        right=right,
    )
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return policy


def _check(new: Mapping[str, object]) -> None:
    problems: dict[str, list[str]] = {}

    def number(name: str, least: float, most: float, words: str) -> None:
        value = new.get(name)
        if name in new and not (
            isinstance(value, int | float) and math.isfinite(value) and least <= value <= most
        ):
            problems[name] = [words]

    number("capacity", 0, 100_000, "A number of points between 0 and 100,000.")
    number("cycle_days", 1, 366, "A number of days between 1 and 366.")
    number("scope_growth_percent", 0, 1000, "A percentage between 0 and 1000.")
    order = new.get("borrowing_order")
    if isinstance(order, list) and sorted(order) != sorted(BORROWING_ORDER):
        names = ", ".join(BORROWING_ORDER)
        problems["borrowing_order"] = [f"Name each of these once: {names}."]
    if problems:
        raise Invalid("Some fields need a correction. Nothing was saved.", fields=problems)


def _set_floors(
    product: Product, floors: Mapping[str, float | None]
) -> dict[str, tuple[object, object]]:
    changed: dict[str, tuple[object, object]] = {}
    queues = {queue.kind: queue for queue in product.queues.all()}
    for kind, floor in floors.items():
        queue = queues.get(kind)
        if queue is None:
            raise Invalid("There is no such queue.", fields={"floors": [f"Unknown: {kind[:40]}"]})
        if floor is not None and not (math.isfinite(floor) and 0 <= floor <= queue.share + 1e-9):
            share = f"{queue.share * 100:g}%"
            name = QueueKind(kind).label
            raise Invalid(
                f"A floor lies between 0 and the share; {name} is promised {share}.",
                fields={f"floor_{kind}": [f"At most {share}, the queue’s share."]},
            )
        if floor is not None:
            floor = min(floor, queue.share)
        if queue.floor != floor:
            changed[f"floor_{kind}"] = (queue.floor, floor)
            queue.floor = floor
            queue.save(update_fields=["floor"])
    return changed
