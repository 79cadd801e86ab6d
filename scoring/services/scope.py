"""The scope of accepted cycles: the one rule for every door by which an item enters, leaves or changes its size.

The item page, bulk edits, the API, imports, undo and the cycle's own page all write ``cycle`` and ``effort`` through
``backlog.services.editing``, which announces it here, inside its transaction (``item.planning_changed``). What is
refused here is written nowhere.

- Into an accepted cycle, or out of it: right ``cycle.plan``, a reason, nothing that is blocked, nothing that something
  in the cycle waits for.
- Growth beyond the policy's percentage of the baseline, by items or by estimates: right ``cycle.grow``, and a decision.
- Into a cycle that is planned and not accepted: free; the plan gets a row by hand.
- Into a closed one: imports of history only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor, Via
from accounts.models import Product
from backlog.events import PlanningChange
from backlog.models import Cycle, Decision, Item, PlannedItem
from backlog.services import changes, decisions
from backlog.vocabulary import State
from core import text
from core.errors import Conflict, Invalid, NotAllowed
from scoring.current import rubric_in_force
from scoring.ledger import points as words
from scoring.plans import open_blockers, points_of, policy_of
from scoring.portfolio import EPS
from scoring.rubrics import Rubric

GAP = 1024.0


@dataclass(frozen=True)
class Move:
    """A change of an accepted cycle's scope: ``what`` is added, removed or re-estimated; points before and after."""

    what: str
    item: Item
    before: float
    after: float
    reason: str
    row: PlannedItem | None = None

    @property
    def growth(self) -> float:
        return self.after - self.before


def follow(
    *, actor: Actor, product: Product, changed: Sequence[PlanningChange], now: datetime
) -> None:
    """Bring plans in step with items whose cycle, effort or queue changed. Raises where the rule refuses.

    Four queries where a plan is touched, one where none is.
    """
    rows = {
        (row.cycle_id, row.item_id): row
        for row in PlannedItem.objects.filter(
            item__in=[each.item.pk for each in changed],
            removed_at__isnull=True,
            cycle__closed_at__isnull=True,
        ).select_related("cycle")
    }
    cycles = {row.cycle_id: row.cycle for row in rows.values()}
    joined = {after.pk for each in changed if (after := each.fields.get("cycle", (None, None))[1])}
    if not rows and not joined:
        return
    # as they are now, with the lock held: who edits may have read theirs before somebody accepted it
    cycles |= Cycle.objects.in_bulk(joined - cycles.keys())
    _, rubric = rubric_in_force(product.pk)
    moves: dict[int, list[Move]] = {}
    fresh: list[PlannedItem] = []
    stale: list[PlannedItem] = []
    for change in changed:
        before, after = change.fields.get("cycle", (None, None))
        item = change.item
        if before is not None and before.pk in cycles and (before.pk, item.pk) in rows:
            row = rows.pop((before.pk, item.pk))
            if row.cycle.accepted_at:
                move = Move("removed", item, row.points, 0.0, change.reason, row)
                moves.setdefault(before.pk, []).append(move)
            else:
                stale.append(row)
        if after is not None:
            target = cycles[after.pk]
            _join(actor, item, target, rows, rubric, moves, fresh, change.reason)
    for change in changed:
        if {"effort", "queue"} & change.fields.keys():
            _resize(change, rows.values(), rubric, moves)
    for pk, of_cycle in moves.items():
        cycle = cycles[pk]
        cycle.product = product
        _carry_out(actor, cycle, of_cycle, now)
    if stale:
        PlannedItem.objects.filter(pk__in=[row.pk for row in stale]).delete()
    add_rows(fresh, actor, now)


def _join(
    actor: Actor,
    item: Item,
    cycle: Cycle,
    rows: dict[tuple[int, int], PlannedItem],
    rubric: Rubric,
    moves: dict[int, list[Move]],
    fresh: list[PlannedItem],
    reason: str,
) -> None:
    if cycle.closed_at is not None:
        if actor.channel != Via.IMPORT and not actor.is_system:
            raise Conflict(
                f"{cycle} is closed, and its ledger with it. Choose the running cycle or the next one.",
                code="closed",
            )
        return
    if (cycle.pk, item.pk) in rows or item.queue is None or item.state not in _OPEN:
        return  # in the plan already, or no work that could be planned
    points, assumed = points_of(item.effort, item.queue.kind, rubric)
    row = PlannedItem(
        product_id=item.product_id,
        cycle=cycle,
        item=item,
        points=points,
        points_assumed=assumed,
        queue_kind=item.queue.kind,
        source=PlannedItem.Source.HAND,
        position=0.0,
    )
    if cycle.accepted_at is None:
        fresh.append(row)
        return
    moves.setdefault(cycle.pk, []).append(Move("added", item, 0.0, points, reason, row))


_OPEN = frozenset({State.ACCEPTED, State.IN_PROGRESS, State.IN_REVIEW})


def _resize(
    change: PlanningChange,
    rows: Iterable[PlannedItem],
    rubric: Rubric,
    moves: dict[int, list[Move]],
) -> None:
    item = change.item
    if item.queue is None:
        return
    points, assumed = points_of(item.effort, item.queue.kind, rubric)
    for row in rows:
        if row.item_id != item.pk:
            continue
        if row.cycle.accepted_at and abs(points - row.points) > EPS and "effort" in change.fields:
            move = Move("re-estimated", item, row.points, points, change.reason, row)
            moves.setdefault(row.cycle_id, []).append(move)
        elif not row.cycle.accepted_at:
            row.points = points
        row.points_assumed, row.queue_kind = assumed, item.queue.kind
        row.save(update_fields=["points", "points_assumed", "queue_kind"])


# --- The rule ------------------------------------------------------------------------------------


def _carry_out(actor: Actor, cycle: Cycle, moves: Sequence[Move], now: datetime) -> None:
    """Check the rule for all moves of one act together, then write rows, log and, where it takes one, the decision."""
    product = cycle.product
    right = "item.edit"
    if any(move.what != "re-estimated" for move in moves):
        right = rights.require(actor, "cycle.plan", product, _wish(cycle, moves, "cycle.plan"))
        _need_reason(actor, cycle, moves)
        _need_open_way(cycle, moves)
    grown = growth_after(cycle, moves)
    limit = growth_limit(cycle)
    beyond = grown > limit + EPS and sum(move.growth for move in moves) > EPS
    if beyond:
        right = _may_grow(actor, cycle, moves, grown, limit)
    _write(actor, cycle, moves, right, now)
    if beyond:
        _record_growth(actor, cycle, moves, grown, limit, now)


def _wish(cycle: Cycle, moves: Sequence[Move], right: str) -> rights.Wish | None:
    """These moves as they can be asked of whoever holds ``right`` (``services.wishes.SCOPE``); trades are not."""
    if len({each.what for each in moves}) != 1:
        return None
    rows = [{"item": each.item.key, "what": each.what, "points": each.after} for each in moves[:50]]
    return rights.Wish("cycle.scope", {"right": right, "cycle": cycle.pk, "moves": rows})


def scope_points(cycle: Cycle) -> float:
    """What an accepted cycle holds now. One query."""
    points = PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True)
    return sum(points.values_list("points", flat=True))


def growth_after(cycle: Cycle, moves: Sequence[Move]) -> float:
    """Points beyond the baseline once ``moves`` are made; negative where it shrank."""
    now = scope_points(cycle) + sum(move.growth for move in moves)
    return now - (cycle.baseline_points or 0.0)


def growth_limit(cycle: Cycle) -> float:
    """Points by which an accepted cycle may grow without an approval. One query."""
    percent = policy_of(cycle.product).scope_growth_percent
    return (cycle.baseline_points or 0.0) * percent / 100


def _need_reason(actor: Actor, cycle: Cycle, moves: Sequence[Move]) -> None:
    if actor.is_system or actor.channel == Via.IMPORT:
        return
    if not all(move.reason.strip() for move in moves if move.what != "re-estimated"):
        raise Invalid(
            f"{cycle} is accepted. Say why its scope changes.",
            fields={"reason": ["A change of an accepted cycle is recorded with its reason."]},
        )


def _need_open_way(cycle: Cycle, moves: Sequence[Move]) -> None:
    """Nothing blocked comes in, nothing that is waited for goes out."""
    inside = set(
        PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True).values_list(
            "item_id", flat=True
        )
    )
    gone = {move.item.pk for move in moves if move.what == "removed"}
    come = {move.item.pk for move in moves if move.what == "added"}
    refuse_blocked(cycle, [move.item for move in moves if move.what == "added"], inside | come)
    refuse_needed(cycle, gone, (inside | come) - gone)


def refuse_blocked(cycle: Cycle, items: Sequence[Item], inside: set[int]) -> None:
    """Raise Conflict (``blocked``) naming what blocks one of ``items`` and is neither done nor ``inside``."""
    blockers = open_blockers(cycle.product, [item.pk for item in items])
    for item in items:
        missing = [each for each in blockers.get(item.pk, ()) if each.pk not in inside]
        if missing:
            keys = [each.key for each in missing]
            named = keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}"
            be = "is" if len(keys) == 1 else "are"
            raise Conflict(
                f"{item.key} is blocked by {named}, which {be} neither done nor in {cycle}. Add {named} first.",
                code="blocked",
                extra={"item": item.key, "blockers": keys},
            )


def refuse_needed(cycle: Cycle, gone: set[int], staying: set[int]) -> None:
    """Raise Conflict (``blocks``) when something that stays waits for what goes and is not done."""
    if not gone:
        return
    for pk, blockers in open_blockers(cycle.product, staying).items():
        for blocker in blockers:
            if blocker.pk in gone:
                waits = Item.objects.get(pk=pk)
                waits.product = cycle.product
                raise Conflict(
                    f"{waits.key} is in {cycle} and waits for {blocker.key}. Take {waits.key} out first.",
                    code="blocks",
                    extra={"item": blocker.key, "waits": waits.key},
                )


def _may_grow(actor: Actor, cycle: Cycle, moves: Sequence[Move], grown: float, limit: float) -> str:
    product = cycle.product
    if rights.allowed(actor, "cycle.grow", product):
        if not actor.is_system and not all(move.reason.strip() for move in moves):
            raise Invalid(
                f"{cycle} would grow beyond its limit. Say why: it is recorded as a decision.",
                fields={"reason": ["Growth beyond the limit is a decision and needs its reason."]},
            )
        return "cycle.grow"
    baseline = cycle.baseline_points or 0.0
    percent = f"{100 * grown / baseline:.0f}% of its baseline" if baseline else "from nothing"
    names = rights.who_can("cycle.grow", product)
    ask = f", or ask {' or '.join(names)}, who may let it grow" if names else ""
    raise NotAllowed(
        f"{cycle} would stand {words(grown)} points above the {words(baseline)} that were accepted ({percent});"
        f" {words(limit)} are free. Take something out in exchange{ask}.",
        code="scope_limit",
        extra=rights.refused(actor, "cycle.grow", product, _wish(cycle, moves, "cycle.grow"))
        | {"growth": grown, "limit": limit, "baseline": baseline},
    )


def _write(actor: Actor, cycle: Cycle, moves: Sequence[Move], right: str, now: datetime) -> None:
    for move in moves:
        row = move.row
        assert row is not None
        if move.what == "removed":
            PlannedItem.objects.filter(pk=row.pk).update(
                removed_at=now,
                removed_by=actor.user,
                removal_reason=text.one_line(move.reason)[:500],
            )
        elif move.what == "re-estimated":
            PlannedItem.objects.filter(pk=row.pk).update(points=move.after)
        else:
            row.why = text.one_line(move.reason)[:300]
    add_rows([move.row for move in moves if move.what == "added" and move.row], actor, now)
    changes.record(
        actor=actor,
        product=cycle.product,
        entries=[
            changes.Entry(
                "cycle.scope_changed",
                cycle,
                move.item,
                {
                    "cycle": (cycle, cycle),
                    "scope": (None, move.what),
                    "points": (move.before, move.after),
                },
                reason=move.reason,
                right=right,
            )
            for move in moves
        ],
        now=now,
    )


def add_rows(rows: Sequence[PlannedItem], actor: Actor, now: datetime | None = None) -> None:
    """Put rows at the end of their cycle's plan."""
    ends: dict[int, float] = {}
    for row in rows:
        if row.cycle_id not in ends:
            last = PlannedItem.objects.filter(cycle=row.cycle_id).aggregate(last=Max("position"))
            ends[row.cycle_id] = float(last["last"] or 0.0)
        ends[row.cycle_id] += GAP
        row.position = ends[row.cycle_id]
        row.added_by, row.added_at = actor.user, now or timezone.now()
    PlannedItem.objects.bulk_create(rows, batch_size=500)


def _record_growth(
    actor: Actor,
    cycle: Cycle,
    moves: Sequence[Move],
    grown: float,
    limit: float,
    now: datetime,
) -> None:
    baseline = cycle.baseline_points or 0.0
    reasons = [move.reason.strip() for move in moves if move.reason.strip()]
    decisions.record(
        actor=actor,
        product=cycle.product,
        kind=Decision.Kind.SCOPE,
        title=f"{cycle} grows to {words(baseline + grown)} points",
        rationale=" ".join(dict.fromkeys(reasons)) or "Done by Ballast itself.",
        right="cycle.grow",
        context=f"{words(baseline)} points were accepted; {words(limit)} more were free.",
        facts={
            "baseline": baseline,
            "growth": grown,
            "limit": limit,
            "moves": as_facts(moves),
        },
        items=[move.item for move in moves],
        cycle=cycle,
        now=now,
    )


def as_facts(moves: Sequence[Move]) -> list[dict[str, Any]]:
    """Moves for a decision's facts."""
    return [
        {"item": move.item.key, "what": move.what, "before": move.before, "after": move.after}
        for move in moves
    ]
