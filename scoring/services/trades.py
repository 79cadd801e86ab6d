"""X for Y: one act that puts an item into a cycle and takes another out, with what it costs on both sides (R37)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from backlog.models import Cycle, Decision, Item, PlannedItem
from backlog.selectors import rank_of
from backlog.services import changes, decisions, editing
from core import text
from core.errors import Conflict, Invalid
from scoring import portfolio
from scoring.current import rubric_in_force
from scoring.ledger import points as words
from scoring.plans import PLANNABLE, Reading, points_of, read
from scoring.portfolio import Candidate
from scoring.rubrics import QUEUES
from scoring.services import scope
from scoring.services.plans import lock, to_cycle


def costs(cycle: Cycle, comes: Item, goes: Item) -> dict[str, Any]:
    """What a trade would cost on both sides, and what it does to the queues. Writes nothing.

    Raises Conflict when it cannot be: ``goes`` is not in the plan, ``comes`` is, or cannot be planned.
    """
    return _costs(read(cycle), comes, goes)


def _costs(reading: Reading, comes: Item, goes: Item) -> dict[str, Any]:
    cycle = reading.cycle
    rows = {row.item.pk: row for row in reading.rows}
    if goes.pk not in rows:
        raise Conflict(f"{goes.key} is not in {cycle}.", code="not_planned")
    if comes.pk in rows:
        raise Conflict(f"{comes.key} is in {cycle} already.", code="planned_already")
    if comes.queue is None or comes.state not in PLANNABLE:
        raise Conflict(
            f"{comes.key} is not accepted work, so it cannot be planned.", code="not_plannable"
        )
    _, rubric = rubric_in_force(cycle.product_id)
    points, assumed = points_of(comes.effort, comes.queue.kind, rubric)
    gone = rows[goes.pk]
    after = [row.candidate for row in reading.rows if row.item.pk != goes.pk]
    after.append(Candidate(comes.key, comes.queue.kind, points, comes.summary.band == "act_now"))
    waiting = {
        name: [each for each in reading.inputs.ranked.get(name, ()) if each.key != comes.key]
        for name in QUEUES
    }
    found = portfolio.account(
        reading.capacity,
        reading.inputs.terms,
        reading.inputs.borrowing_order,
        after,
        waiting,
        [each.key for each in reading.inputs.kept],
    )
    before = reading.account
    return {
        "comes": _side(comes, points, assumed),
        "goes": _side(goes, gone.row.points, gone.row.points_assumed),
        "points": points - gone.row.points,
        "planned": {"before": before.planned, "after": found.planned},
        "capacity": reading.capacity,
        "queues": [
            {
                "queue": old.queue,
                "promised": old.promised,
                "floor": old.floor,
                "planned_before": old.planned,
                "planned_after": new.planned,
                "broken_before": old.broken,
                "broken_after": new.broken,
            }
            for old, new in zip(before.queues, found.queues, strict=True)
        ],
    }


def _side(item: Item, points: float, assumed: bool) -> dict[str, Any]:
    return {
        "item": item.key,
        "title": item.title,
        "queue": item.queue.kind if item.queue else None,
        "points": points,
        "assumed": assumed,
        "priority": item.summary.priority,
        "rank": rank_of(item),
    }


@transaction.atomic
def swap(
    *,
    actor: Actor,
    cycle: Cycle,
    comes: Item,
    goes: Item,
    reason: str,
    now: datetime | None = None,
) -> Decision:
    """Carry a trade out and keep it as a decision. In an accepted cycle the rule of ``scope`` sees both sides at once.

    Raises Conflict, Invalid (no reason), NotAllowed.
    """
    cycle, right = lock(actor, cycle)
    now = now or timezone.now()
    if not reason.strip():
        raise Invalid(
            "Say why one is worth the other.", fields={"reason": ["It is recorded as a decision."]}
        )
    facts = _costs(read(cycle), comes, goes)
    said = text.one_line(reason)[:500]
    if cycle.accepted_at is not None:
        edits = [
            to_cycle(goes, None, said, right),
            to_cycle(comes, cycle, said, right),
        ]
        editing.apply(actor=actor, product=cycle.product, edits=edits, now=now)
    else:
        _exchange(actor, cycle, comes, goes, said, right, now)
    lost, won = facts["goes"], facts["comes"]
    return decisions.record(
        actor=actor,
        product=cycle.product,
        kind=Decision.Kind.TRADE,
        title=f"{comes.key} for {goes.key} in {cycle}",
        rationale=reason,
        right=right,
        options=[
            {"title": f"{won['item']} {comes.title}"[:200], "note": _note(won), "chosen": True},
            {"title": f"{lost['item']} {goes.title}"[:200], "note": _note(lost), "chosen": False},
        ],
        facts=facts,
        items=[comes, goes],
        cycle=cycle,
        now=now,
    )


def _exchange(
    actor: Actor, cycle: Cycle, comes: Item, goes: Item, reason: str, right: str, now: datetime
) -> None:
    live = PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True)
    inside = set(live.values_list("item_id", flat=True)) - {goes.pk} | {comes.pk}
    scope.refuse_blocked(cycle, [comes], inside)
    scope.refuse_needed(cycle, {goes.pk}, inside)
    assert comes.queue is not None
    _, rubric = rubric_in_force(cycle.product_id)
    points, assumed = points_of(comes.effort, comes.queue.kind, rubric)
    old = live.get(item=goes)
    PlannedItem.objects.filter(pk=old.pk).update(
        removed_at=now, removed_by=actor.user, removal_reason=reason
    )
    PlannedItem.objects.filter(cycle=cycle, item=comes, removed_at__isnull=False).delete()
    PlannedItem.objects.create(
        product_id=cycle.product_id,
        cycle=cycle,
        item=comes,
        position=old.position,
        points=points,
        points_assumed=assumed,
        queue_kind=comes.queue.kind,
        source=PlannedItem.Source.HAND,
        why=reason[:300],
        added_by=actor.user,
        added_at=now,
    )
    entries = [
        changes.Entry("cycle.item_removed", cycle, goes, {"cycle": (cycle, None)}, reason, right),
        changes.Entry("cycle.item_added", cycle, comes, {"cycle": (None, cycle)}, reason, right),
    ]
    changes.record(actor=actor, product=cycle.product, entries=entries, now=now)


def _note(side: dict[str, Any]) -> str:
    priority = "not scored" if side["priority"] is None else f"priority {side['priority']:.1f}"
    return f"{words(side['points'])} points, {priority}"
