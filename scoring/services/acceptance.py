"""Accepting a plan, and deciding that work may go below a queue's floor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.rights import Wish
from backlog.models import Cycle, Decision, PlannedItem
from backlog.services import changes, decisions, editing
from backlog.vocabulary import QueueKind, State
from core import text
from core.errors import Conflict, Invalid
from core.updating import update
from scoring.current import rubric_in_force
from scoring.ledger import many
from scoring.ledger import points as words
from scoring.plans import PLANNABLE, Reading, points_of, read
from scoring.portfolio import EPS
from scoring.services.plans import lock, lock_unaccepted, to_cycle

Problem = Mapping[str, Any]


def problems_of(reading: Reading) -> list[dict[str, Any]]:
    """What stands in the way of accepting: ``code``, ``text``, and the items or the queue that it is about."""
    found: list[dict[str, Any]] = []
    if not reading.rows:
        found.append({"code": "empty", "text": "Nothing is planned yet."})
    over = reading.account.planned - reading.capacity
    if over > EPS:
        found.append(
            {
                "code": "over_capacity",
                "text": f"{many(reading.account.planned)} are planned, {words(over)} more than it holds.",
                "over": over,
            }
        )
    for row in reading.rows:
        if row.blocked_by:
            named = " and ".join(row.blocked_by)
            found.append(
                {
                    "code": "blocked",
                    "text": f"{row.key} is blocked by {named}, neither done nor in the plan.",
                    "item": row.key,
                    "blockers": list(row.blocked_by),
                }
            )
        if row.item.state not in PLANNABLE:
            state = State(row.item.state).label.lower()
            found.append(
                {"code": "over", "text": f"{row.key} is {state}: take it out.", "item": row.key}
            )
    for each in reading.account.queues:
        if each.undecided > EPS:
            queue = QueueKind(each.queue).label
            fits = each.broken <= reading.account.free + EPS
            then = (
                "There is room for it: propose again."
                if fits
                else "Choose less elsewhere, or record a decision."
            )
            because = f" because of {', '.join(each.blamed)}" if each.blamed else ""
            found.append(
                {
                    "code": "floor",
                    "text": f"The floor of {queue} would break by {many(each.broken)}{because}; ready work of"
                    f" its own waits. {then}",
                    "queue": each.queue,
                    "points": each.broken,
                    "items": list(each.blamed),
                }
            )
    return found


@transaction.atomic
def accept(
    *,
    actor: Actor,
    cycle: Cycle,
    version: int | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> Decision:
    """Accept the plan as it stands: it becomes the baseline, its items get the cycle, a decision keeps the numbers.

    ``version``: of the cycle, as it was seen. Raises Conflict (``refused``: ``problems`` say why; accepted already;
    changed meanwhile), NotAllowed.
    """
    cycle, right = lock_unaccepted(actor, cycle)
    now = now or timezone.now()
    if version is not None and version != cycle.version:
        raise Conflict(f"{cycle} was changed meanwhile. Look at it again.", code="stale")
    _freshen(cycle)
    reading = read(cycle)
    problems = problems_of(reading) + _elsewhere(cycle)
    if problems:
        raise Conflict(
            f"{cycle} cannot be accepted yet. " + " ".join(each["text"] for each in problems),
            code=str(problems[0]["code"]),
            extra={"problems": problems},
        )
    edits = [
        to_cycle(row.item, cycle, f"Planned in {cycle}.", right)
        for row in reading.rows
        if row.item.cycle_id != cycle.pk
    ]
    editing.apply(actor=actor, product=cycle.product, edits=edits, now=now)
    rows = []
    for planned in reading.rows:
        row = planned.row
        row.in_baseline, row.baseline_points = True, row.points
        row.charged_to = dict(planned.charged)
        rows.append(row)
    update(rows, ["in_baseline", "baseline_points", "charged_to"])
    cycle.accepted_at, cycle.accepted_by = now, actor.user
    cycle.baseline_points = reading.account.planned
    cycle.capacity = reading.capacity
    cycle.version += 1
    cycle.save(
        update_fields=["accepted_at", "accepted_by", "baseline_points", "capacity", "version"]
    )
    entry = changes.Entry(
        "cycle.accepted",
        cycle,
        fields={"cycle": (None, cycle), "points": (None, cycle.baseline_points)},
        reason=text.one_line(reason)[:500],
        right=right,
    )
    changes.record(actor=actor, product=cycle.product, entries=[entry], now=now)
    return decisions.record(
        actor=actor,
        product=cycle.product,
        kind=Decision.Kind.PLAN,
        title=f"Plan of {cycle} accepted",
        rationale=text.tidy(reason).strip()
        or f"{words(reading.account.planned)} of {words(reading.capacity)} points, by the promised shares.",
        right=right,
        facts=facts_of(reading),
        items=[row.item for row in reading.rows],
        cycle=cycle,
        now=now,
    )


def _freshen(cycle: Cycle) -> None:
    """Points and queue of every row as they are at this moment."""
    _, rubric = rubric_in_force(cycle.product_id)
    rows = PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True)
    stale = []
    for row in rows.select_related("item__queue"):
        if row.item.queue is None:
            continue
        points, assumed = points_of(row.item.effort, row.item.queue.kind, rubric)
        if (points, assumed, row.item.queue.kind) != (
            row.points,
            row.points_assumed,
            row.queue_kind,
        ):
            row.points, row.points_assumed = points, assumed
            row.queue_kind = row.item.queue.kind
            stale.append(row)
    update(stale, ["points", "points_assumed", "queue_kind"])


def _elsewhere(cycle: Cycle) -> list[dict[str, Any]]:
    rows = PlannedItem.objects.filter(
        removed_at__isnull=True,
        cycle__accepted_at__isnull=False,
        cycle__closed_at__isnull=True,
        item__in=PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True).values("item"),
    ).exclude(cycle=cycle)
    found = []
    for row in rows.select_related("item", "cycle").order_by("pk"):
        key = f"{cycle.product.key}-{row.item.number}"
        found.append(
            {
                "code": "elsewhere",
                "text": f"{key} is in {row.cycle}, which is running: close that first, or take {key} out.",
                "item": key,
            }
        )
    return found


def facts_of(reading: Reading) -> dict[str, Any]:
    """The numbers of a plan, for the decision that keeps them."""
    return {
        "capacity": reading.capacity,
        "planned": reading.account.planned,
        "rubric_version": reading.rubric_version,
        "queues": [
            {
                "queue": each.queue,
                "promised": each.promised,
                "floor": each.floor,
                "planned": each.planned,
                "borrowed": each.borrowed,
                "lent": each.lent,
                "broken": each.broken,
            }
            for each in reading.account.queues
        ],
        "items": [
            {
                "item": row.key,
                "queue": row.row.queue_kind,
                "points": row.row.points,
                "assumed": row.row.points_assumed,
                "source": row.row.source,
                "charged_to": dict(row.charged),
            }
            for row in reading.rows
        ],
        "by_hand": [row.key for row in reading.rows if row.row.source == PlannedItem.Source.HAND],
    }


@transaction.atomic
def allow_floor(
    *,
    actor: Actor,
    cycle: Cycle,
    queue: str,
    points: float,
    reason: str,
    now: datetime | None = None,
) -> Decision:
    """Decide that other work may take up to ``points`` of a queue's floor in this cycle. Raises Invalid, NotAllowed.

    Whoever lacks the right is offered to ask for it.
    """
    wish = Wish("floor.break", {"cycle": cycle.pk, "queue": queue, "points": points})
    cycle, right = lock(actor, cycle, "floor.break", wish)
    if cycle.accepted_at is not None:
        raise Conflict(f"{cycle} is accepted. Its scope changes item by item.", code="accepted")
    if queue not in QueueKind.values:
        names = ", ".join(QueueKind.values)
        raise Invalid("There is no such queue.", fields={"queue": [f"Choose one of: {names}."]})
    reading = read(cycle, candidates=False)
    floor = reading.account.queue(queue).floor
    if not EPS < points <= floor + EPS:
        raise Invalid(
            f"The floor of {QueueKind(queue).label} is {words(floor)} points.",
            fields={"points": [f"A number of points up to {words(floor)}."]},
        )
    if not reason.strip():
        raise Invalid(
            "Say why the floor may break.", fields={"reason": ["It is recorded as a decision."]}
        )
    return decisions.record(
        actor=actor,
        product=cycle.product,
        kind=Decision.Kind.FLOOR,
        title=f"{cycle} may take {many(points)} from below the floor of {QueueKind(queue).label}",
        rationale=reason,
        right=right,
        facts={"queue": queue, "points": points, "floor": floor},
        items=[row.item for row in reading.rows if row.key in reading.account.queue(queue).blamed],
        cycle=cycle,
        now=now,
    )
