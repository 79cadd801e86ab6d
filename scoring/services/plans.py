"""The plan of a cycle before it is accepted: proposed, then changed by hand. Every change by hand is recorded.

Who writes a plan holds the product's row (``lock``): acceptance, closing and edits of ``cycle`` and ``effort`` take
the same lock first, so that nothing slips in behind a check. A move within the plan locks the cycle's row only and
writes one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from accounts.rights import Wish
from backlog.models import Cycle, Item, PlannedItem
from backlog.services import changes, editing
from backlog.vocabulary import State
from core import text
from core.errors import Conflict, Invalid, NotFound, Stale
from scoring import portfolio
from scoring.current import rubric_in_force
from scoring.ledger import points as words
from scoring.plans import PLANNABLE, Reading, open_blockers, points_of, read
from scoring.portfolio import Chosen, Proposal
from scoring.services import scope
from scoring.services.scope import GAP

STEPS = {
    "urgent": "To act on now: charged to the hotfix share first.",
    "share": "The best ranked of its queue that fits its share.",
    "left_over": "What was left went to the largest debt.",
}


def lock(
    actor: Actor, cycle: Cycle, right: str = "cycle.plan", wish: Wish | None = None
) -> tuple[Cycle, str]:
    """The cycle as it is now, with the product's lock held, and the right. Raises Conflict when it is closed."""
    given = rights.require(actor, right, cycle.product, wish)
    Product.objects.select_for_update(no_key=True).get(pk=cycle.product_id)
    fresh = Cycle.objects.select_for_update(no_key=True).filter(pk=cycle.pk).first()
    if fresh is None:
        raise NotFound
    fresh.product = cycle.product
    if fresh.closed_at is not None:
        raise Conflict(
            f"{fresh} is closed: its plan and its ledger stay as they are.", code="closed"
        )
    return fresh, given


def lock_unaccepted(actor: Actor, cycle: Cycle) -> tuple[Cycle, str]:
    """As :func:`lock`. Raises Conflict when the plan is accepted."""
    fresh, right = lock(actor, cycle)
    if fresh.accepted_at is not None:
        raise Conflict(
            f"{fresh} is accepted. Its scope changes item by item, each with its reason.",
            code="accepted",
        )
    return fresh, right


@transaction.atomic
def propose(*, actor: Actor, cycle: Cycle, now: datetime | None = None) -> tuple[Reading, Proposal]:
    """Write the proposal: rows that it made before give way, what people put in stays, what they took out stays out.

    Returns what it was made from and what came out. Raises Conflict (accepted, closed), NotAllowed.
    """
    cycle, right = lock_unaccepted(actor, cycle)
    now = now or timezone.now()
    PlannedItem.objects.filter(
        cycle=cycle, removed_at__isnull=True, source=PlannedItem.Source.PROPOSAL
    ).delete()
    _drop_what_is_over(cycle)
    before = read(cycle, afresh=True)
    found = portfolio.propose(before.inputs)
    rows = []
    for place, (chosen, charge) in enumerate(
        zip(found.chosen, found.account.charged, strict=True), 1
    ):
        if chosen.step == "kept":
            continue
        listed = before.items[chosen.item.key]
        rows.append(
            PlannedItem(
                product_id=cycle.product_id,
                cycle=cycle,
                item_id=listed.pk,
                position=place * GAP,
                points=listed.points,
                points_assumed=listed.assumed,
                queue_kind=listed.queue,
                charged_to=dict(charge),
                source=PlannedItem.Source.PROPOSAL,
                why=_why(chosen),
                added_by=actor.user,
                added_at=now,
            )
        )
    _renumber_kept(before, len(rows))
    PlannedItem.objects.bulk_create(rows, batch_size=500)
    entry = changes.Entry(
        "cycle.proposed",
        cycle,
        fields={
            "cycle": (None, cycle),
            "items": (None, len(rows)),
            "points": (None, found.account.planned),
        },
        right=right,
    )
    changes.record(actor=actor, product=cycle.product, entries=[entry], now=now)
    return before, found


def _why(chosen: Chosen) -> str:
    said = STEPS[chosen.step]
    if chosen.repays > portfolio.EPS:
        said = f"{said} Repays {words(chosen.repays)} points."
    return said


def _drop_what_is_over(cycle: Cycle) -> None:
    """Rows of items that were finished, parked or declined since they were put in."""
    rows = PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True)
    rows.exclude(item__state__in=PLANNABLE).delete()


def _renumber_kept(reading: Reading, count: int) -> None:
    """Kept rows stand first, in the order in which people put them."""
    for place, row in enumerate(reading.rows, 1):
        wanted = place * GAP
        if row.row.position != wanted:
            PlannedItem.objects.filter(pk=row.row.pk).update(position=wanted)


@transaction.atomic
def add_item(
    *,
    actor: Actor,
    cycle: Cycle,
    item: Item,
    reason: str = "",
    with_blockers: bool = False,
    now: datetime | None = None,
) -> list[Item]:
    """Put an item into the plan; ``with_blockers``: first what blocks it, in order. Returns what was added.

    An accepted cycle's scope changes through the item's own cycle, by the rule of ``scope``. Raises Conflict (in it
    already, blocked, not plannable), Invalid, NotAllowed.
    """
    cycle, right = lock(actor, cycle)
    now = now or timezone.now()
    reason = text.one_line(reason)[:300]
    inside = set(_live(cycle).values_list("item_id", flat=True))
    if item.pk in inside:
        raise Conflict(f"{item.key} is in {cycle} already.", code="planned_already")
    wanted = _with_blockers(cycle, item, inside) if with_blockers else [item]
    for each in wanted:
        _refuse_unplannable(each, cycle)
    if cycle.accepted_at is not None:
        edits = [to_cycle(each, cycle, reason, right) for each in wanted]
        editing.apply(actor=actor, product=cycle.product, edits=edits, now=now)
        return wanted
    _refuse_elsewhere(cycle, wanted)
    scope.refuse_blocked(cycle, [item], inside | {each.pk for each in wanted})
    _, rubric = rubric_in_force(cycle.product_id)
    rows = []
    for each in wanted:
        assert each.queue is not None
        points, assumed = points_of(each.effort, each.queue.kind, rubric)
        rows.append(
            PlannedItem(
                product_id=cycle.product_id,
                cycle=cycle,
                item=each,
                points=points,
                points_assumed=assumed,
                queue_kind=each.queue.kind,
                source=PlannedItem.Source.HAND,
                why=reason,
            )
        )
    PlannedItem.objects.filter(cycle=cycle, item__in=wanted, removed_at__isnull=False).delete()
    scope.add_rows(rows, actor, now)
    _log(actor, cycle, "cycle.item_added", wanted, reason, right, now, added=True)
    return wanted


def _with_blockers(cycle: Cycle, item: Item, inside: set[int]) -> list[Item]:
    """What must come in with ``item``, the blockers first. Links never run in a circle."""
    blockers = open_blockers(cycle.product)
    order: list[Item] = []
    seen: set[int] = set(inside)

    def visit(each: Item) -> None:
        if each.pk in seen:
            return
        seen.add(each.pk)
        for blocker in blockers.get(each.pk, ()):
            visit(blocker)
        order.append(each)

    visit(item)
    return order


def _refuse_unplannable(item: Item, cycle: Cycle) -> None:
    if item.queue is None or item.state not in PLANNABLE:
        state = State(item.state).label.lower()
        raise Conflict(
            f"{item.key} is {'in triage' if item.state == State.TRIAGE else state}. Only accepted work can be planned.",
            code="not_plannable",
            extra={"item": item.key},
        )


def _refuse_elsewhere(cycle: Cycle, items: Sequence[Item]) -> None:
    rows = PlannedItem.objects.filter(
        item__in=items,
        removed_at__isnull=True,
        cycle__closed_at__isnull=True,
        cycle__accepted_at__isnull=False,
    ).exclude(cycle=cycle)
    for row in rows.select_related("cycle", "item"):
        row.item.product = cycle.product
        raise Conflict(
            f"{row.item.key} is in {row.cycle}, which is running: it is carried over when that closes.",
            code="elsewhere",
        )


def to_cycle(item: Item, cycle: Cycle | None, reason: str, right: str) -> editing.Edit:
    values: dict[str, Any] = {"cycle": cycle}
    if cycle is not None:
        values["cycles"] = [*item.cycles.all(), cycle]
    return editing.Edit(item.pk, values, reason=reason, right=right)


@transaction.atomic
def remove_item(
    *, actor: Actor, cycle: Cycle, item: Item, reason: str, now: datetime | None = None
) -> None:
    """Take an item out of the plan, with a reason. Raises NotFound (not in it), Conflict (something waits for it)."""
    cycle, right = lock(actor, cycle)
    now = now or timezone.now()
    reason = text.one_line(reason)[:500]
    row = _live(cycle).filter(item=item).first()
    if row is None:
        raise NotFound
    if not reason:
        raise Invalid(
            "Say why the item leaves the plan.", fields={"reason": ["A reason is recorded."]}
        )
    staying = set(_live(cycle).values_list("item_id", flat=True)) - {item.pk}
    scope.refuse_needed(cycle, {item.pk}, staying)
    if cycle.accepted_at is not None and item.cycle_id == cycle.pk:
        edit = to_cycle(item, None, reason, right)
        editing.apply(actor=actor, product=cycle.product, edits=[edit], now=now)
        return
    PlannedItem.objects.filter(pk=row.pk).update(
        removed_at=now, removed_by=actor.user, removal_reason=reason
    )
    _log(actor, cycle, "cycle.item_removed", [item], reason, right, now, added=False)
    if item.cycle_id == cycle.pk:
        edit = to_cycle(item, None, reason, right)
        editing.apply(actor=actor, product=cycle.product, edits=[edit], now=now)


def _log(
    actor: Actor,
    cycle: Cycle,
    verb: str,
    items: Sequence[Item],
    reason: str,
    right: str,
    now: datetime,
    *,
    added: bool,
) -> None:
    pair = (None, cycle) if added else (cycle, None)
    entries = [
        changes.Entry(verb, cycle, item, {"cycle": pair}, reason=reason, right=right)
        for item in items
    ]
    changes.record(actor=actor, product=cycle.product, entries=entries, now=now)


@transaction.atomic
def move_item(
    *,
    actor: Actor,
    cycle: Cycle,
    item: Item,
    after: Item | None = None,
    before: Item | None = None,
    place: int | None = None,
    now: datetime | None = None,
) -> PlannedItem:
    """Put a row behind ``after``, before ``before``, or to ``place`` (1 is the top). One row is written.

    Two moves at once commute: the second sees where the first put its row. Raises NotFound (a row that somebody took
    out meanwhile), Conflict (closed), Invalid.
    """
    right = rights.require(actor, "cycle.plan", cycle.product)
    held = Cycle.objects.select_for_update(no_key=True).filter(pk=cycle.pk).first()
    if held is None:
        raise NotFound
    if held.closed_at is not None:
        raise Conflict(f"{held} is closed: its plan stays as it is.", code="closed")
    row: PlannedItem | None = _live(cycle).filter(item=item).first()
    if row is None:
        raise Conflict(f"{item.key} is not in {cycle} any more. Load the page again.", code="gone")
    others = _live(cycle).exclude(pk=row.pk).order_by("position", "pk")
    if after is not None or before is not None:
        target = others.filter(item=after or before).first()
        if target is None:
            other = after or before
            key = other.key if other else ""
            raise Conflict(f"{key} is not in {cycle} any more. Load the page again.", code="gone")
        position = _beside(others, target, behind=after is not None)
    else:
        position = _at_place(others, place)
    if position is None:
        _spread(cycle)
        return move_item(
            actor=actor, cycle=cycle, item=item, after=after, before=before, place=place, now=now
        )
    old = row.position
    row.position = position
    row.save(update_fields=["position"])
    entry = changes.Entry(
        "cycle.reordered",
        cycle,
        item,
        {"cycle": (cycle, cycle), "position": (old, position)},
        right=right,
    )
    changes.record(actor=actor, product=cycle.product, entries=[entry], now=now)
    return row


def _beside(others: Any, target: PlannedItem, *, behind: bool) -> float | None:
    """A position next to ``target``; None when the gap is used up."""
    if behind:
        rest = others.filter(position__gte=target.position).exclude(pk=target.pk)
        rest = rest.exclude(position=target.position, pk__lt=target.pk)
        neighbour = rest.order_by("position", "pk").first()
        low, high = target.position, neighbour.position if neighbour else target.position + 2 * GAP
    else:
        rest = others.filter(position__lte=target.position).exclude(pk=target.pk)
        rest = rest.exclude(position=target.position, pk__gt=target.pk)
        neighbour = rest.order_by("-position", "-pk").first()
        low, high = neighbour.position if neighbour else target.position - 2 * GAP, target.position
    middle = (low + high) / 2
    return middle if low < middle < high else None


def _at_place(others: Any, place: int | None) -> float | None:
    if place is None or place < 1:
        raise Invalid("Say where to: a place from 1 on.", fields={"place": ["1 is the top."]})
    if place == 1:
        first = others.first()
        return float(first.position) - GAP if first else GAP
    ahead = others[place - 2 : place]
    around = list(ahead)
    if not around:
        last = others.order_by("-position", "-pk").first()
        return float(last.position) + GAP if last else GAP
    if len(around) == 1:
        return float(around[0].position) + GAP
    low, high = around[0].position, around[1].position
    middle = (low + high) / 2
    return middle if low < middle < high else None


def _spread(cycle: Cycle) -> None:
    """Give all rows whole gaps again; needed after about fifty moves into the same gap."""
    for place, pk in enumerate(
        _live(cycle).order_by("position", "pk").values_list("pk", flat=True), 1
    ):
        PlannedItem.objects.filter(pk=pk).update(position=place * GAP)


def _live(cycle: Cycle) -> Any:
    return PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True)


@transaction.atomic
def edit_cycle(
    *,
    actor: Actor,
    cycle: Cycle,
    version: int,
    name: str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    capacity: float | None = None,
    policy_capacity: bool = False,
    reason: str = "",
    now: datetime | None = None,
) -> Cycle:
    """Change a cycle's name, days or capacity; what is None stays. ``policy_capacity``: back to the policy's number.

    After acceptance only the name and the last day can change. Raises Invalid, Stale, Conflict, NotAllowed.
    """
    cycle, right = lock(actor, cycle)
    if version != cycle.version:
        raise Stale(f"{cycle} was changed meanwhile. Nothing of yours was saved; look at it again.")
    new: dict[str, Any] = {}
    if name is not None:
        new["name"] = _name(cycle, name)
    if starts_on is not None:
        new["starts_on"] = starts_on
    if ends_on is not None:
        new["ends_on"] = ends_on
    if policy_capacity:
        new["capacity"] = None
    elif capacity is not None:
        if not 0 <= capacity <= 100_000:
            raise Invalid(
                "Some fields need a correction. Nothing was saved.",
                fields={"capacity": ["A number of points between 0 and 100,000."]},
            )
        new["capacity"] = float(capacity)
    first, last = new.get("starts_on", cycle.starts_on), new.get("ends_on", cycle.ends_on)
    if first and last and last < first:
        raise Invalid(
            "The cycle ends before it starts.",
            fields={"ends_on": ["Choose the first day or a later one."]},
        )
    changed = {
        each: (getattr(cycle, each), value)
        for each, value in new.items()
        if getattr(cycle, each) != value
    }
    if cycle.accepted_at is not None and changed.keys() & {"starts_on", "capacity"}:
        raise Conflict(
            f"{cycle} is accepted: its first day and its capacity are what was agreed to. Change its scope instead.",
            code="accepted",
        )
    if not changed:
        return cycle
    for each, (_, value) in changed.items():
        setattr(cycle, each, value)
    cycle.version += 1
    cycle.save(update_fields=[*changed, "version"])
    entry = changes.Entry(
        "cycle.edited",
        cycle,
        fields=changed,
        reason=text.one_line(reason)[:500],
        right=right,
    )
    changes.record(actor=actor, product=cycle.product, entries=[entry], now=now)
    return cycle


def _name(cycle: Cycle, name: str) -> str:
    name = text.one_line(name)[:80]
    if not name:
        raise Invalid("A cycle needs a name.", fields={"name": ["Enter a name."]})
    taken = Cycle.objects.filter(product=cycle.product_id, name=name).exclude(pk=cycle.pk)
    if taken.exists():
        raise Conflict(
            f"There is a cycle called {name} already.",
            code="taken",
            fields={"name": ["Choose another."]},
        )
    return name
