"""Cycles and items with known points for the tests of planning, made by services."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from backlog.models import Cycle, Item, PlannedItem
from backlog.services import cycles, items, links, states
from backlog.vocabulary import LinkKind
from scoring import plans
from scoring.services import acceptance
from scoring.services import plans as plan_services
from tests.backlog.making import accepted, again, rate
from tests.cast import Cast


def cycle(cast: Cast, name: str = "Cycle 1", *, weeks: int = 0, **more: Any) -> Cycle:
    """Two weeks from now plus ``weeks``, of the policy's 40 points."""
    first = timezone.localdate() + timedelta(weeks=weeks)
    made = cycles.plan_cycle(
        actor=cast.actor("owner"),
        product=cast.a,
        name=name,
        starts_on=first,
        ends_on=first + timedelta(days=13),
        **more,
    )
    return plans.cycle_for(cast.a, made.pk)


def work(
    cast: Cast,
    kind: str = "enhancement",
    effort: float | None = 5,
    title: str = "Work",
    **draft: Any,
) -> Item:
    """An accepted and scored item."""
    item = accepted(cast, kind, title, effort=effort, **draft)
    rate(cast, item)
    return again(item)


def blocks(cast: Cast, source: Item, target: Item) -> None:
    links.link_items(actor=cast.actor("owner"), source=source, target=target, kind=LinkKind.BLOCKS)


def add(cast: Cast, to: Cycle, item: Item, by: str = "owner", **more: Any) -> list[Item]:
    return plan_services.add_item(actor=cast.actor(by), cycle=to, item=item, **more)


def running(
    cast: Cast, *points: float, name: str = "Cycle 1", **more: Any
) -> tuple[Cycle, list[Item]]:
    """An accepted cycle of enhancements with these points each."""
    made = cycle(cast, name, **more)
    found = [work(cast, effort=each, title=f"Work {each:g}") for each in points]
    for item in found:
        add(cast, made, item)
    acceptance.accept(actor=cast.actor("owner"), cycle=made)
    return plans.cycle_for(cast.a, made.pk), [again(item) for item in found]


def set_cycle(
    cast: Cast, item: Item, to: Cycle | None, by: str = "owner", reason: str = "So."
) -> Item:
    """By the item's own page."""
    return items.edit_item(
        actor=cast.actor(by), item=again(item), values={"cycle": to}, version=None, reason=reason
    )


def finish(cast: Cast, item: Item) -> Item:
    return states.set_state(actor=cast.actor("owner"), item=again(item), state="done")


def keys(of: Cycle) -> list[str]:
    """Items of the plan in order."""
    return [key for key, _title in plans.keys_in(of)]


def row(of: Cycle, item: Item) -> PlannedItem:
    return PlannedItem.objects.get(cycle=of, item=item, removed_at__isnull=True)
