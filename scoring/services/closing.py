"""Closing a cycle: what was delivered, what is carried over, the ledger, the sentence. A close is final."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from backlog.models import Cycle, Item, LedgerLine, PlannedItem
from backlog.services import changes, cycles, editing
from backlog.vocabulary import State
from core import text
from core.errors import Invalid
from core.updating import update
from scoring import ledger
from scoring.ledger import Done, Line
from scoring.plans import (
    PLANNABLE,
    Planned,
    next_after,
    owed_before,
    policy_of,
    read,
)
from scoring.services import scope
from scoring.services.plans import lock, to_cycle

NEXT, BACKLOG = "next", "backlog"


@dataclass(frozen=True)
class Ending:
    """What closing would write: rows delivered and not, lines, sentence."""

    delivered: list[Planned]
    unfinished: list[Planned]
    lines: list[Line]
    sentence: str


def ending(cycle: Cycle) -> Ending:
    """How the cycle stands, as if it closed now. Writes nothing."""
    reading = read(cycle, candidates=False)
    rows = [
        Done(
            row.candidate,
            (row.row.baseline_points or 0.0) if row.row.in_baseline else 0.0,
            row.item.state == State.DONE,
        )
        for row in reading.rows
    ]
    lines, sentence = ledger.close(
        reading.capacity,
        reading.inputs.terms,
        reading.inputs.borrowing_order,
        rows,
        owed_before(cycle.product),
    )
    return Ending(
        [row for row in reading.rows if row.item.state == State.DONE],
        [row for row in reading.rows if row.item.state != State.DONE],
        _with_removed(cycle, lines),
        sentence,
    )


def _with_removed(cycle: Cycle, lines: list[Line]) -> list[Line]:
    """What was planned counts what left the scope since."""
    gone: dict[str, float] = {}
    rows = PlannedItem.objects.filter(cycle=cycle, in_baseline=True, removed_at__isnull=False)
    for kind, points in rows.values_list("queue_kind", "baseline_points"):
        gone[kind] = gone.get(kind, 0.0) + (points or 0.0)
    return [
        Line(**{**line.__dict__, "planned": line.planned + gone.get(line.queue, 0.0)})
        for line in lines
    ]


@transaction.atomic
def close_cycle(
    *,
    actor: Actor,
    cycle: Cycle,
    carry: Mapping[str, str] | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> Cycle:
    """Close a cycle. What is not done goes to the next one, or to the backlog where ``carry`` (key -> choice) says.

    A next cycle is made when there is none and something goes there. One that was never accepted closes without a
    ledger. Raises Conflict (closed already), Invalid (an unknown key or choice), NotAllowed.
    """
    cycle, right = lock(actor, cycle)
    now = now or timezone.now()
    found = ending(cycle)
    choice = _choices(found, carry or {})
    onward = [row for row in found.unfinished if choice.get(row.key) == NEXT]
    following = _next(actor, cycle, now) if onward else None
    cycle.closed_at = now
    if cycle.accepted_at is not None:
        cycle.sentence = found.sentence
        LedgerLine.objects.bulk_create(
            LedgerLine(
                product=cycle.product,
                cycle=cycle,
                queue_kind=line.queue,
                **{
                    name: getattr(line, name)
                    for name in (
                        *("promised", "floor", "planned", "delivered"),
                        *("borrowed", "lent", "debt_after"),
                    )
                },
            )
            for line in found.lines
        )
    cycle.version += 1
    cycle.save(update_fields=["closed_at", "sentence", "version"])
    delivered = [row.row for row in found.delivered]
    for row in found.delivered:
        row.row.delivered_at = row.item.finished_at or now
    if following is not None:
        _carry(actor, following, onward, right, now, cycle)
    leaving = [
        row for row in found.unfinished if row not in onward and row.item.cycle_id == cycle.pk
    ]
    editing.apply(
        actor=actor,
        product=cycle.product,
        edits=[to_cycle(row.item, None, f"{cycle} closed.", right) for row in leaving],
        now=now,
    )
    update(delivered, ["delivered_at"])
    entry = changes.Entry(
        "cycle.closed",
        cycle,
        fields={
            "cycle": (cycle, cycle),
            "closed": (False, True),
            "delivered": (None, sum(row.points for row in delivered)),
            "carried": (None, len(onward)),
        },
        reason=text.one_line(reason)[:500] or cycle.sentence,
        right=right,
    )
    changes.record(actor=actor, product=cycle.product, entries=[entry], now=now)
    return cycle


def _choices(found: Ending, carry: Mapping[str, str]) -> dict[str, str]:
    keys = {row.key for row in found.unfinished}
    unknown = sorted(set(carry) - keys)
    if unknown:
        raise Invalid(
            f"{unknown[0][:24]} is not among what is unfinished.",
            fields={"carry": ["Name unfinished items of the cycle only."]},
        )
    if set(carry.values()) - {NEXT, BACKLOG}:
        raise Invalid("Unknown choice.", fields={"carry": [f"Choose one of: {NEXT}, {BACKLOG}."]})
    return {
        row.key: carry.get(row.key, NEXT) for row in found.unfinished if row.item.state in PLANNABLE
    }


def _next(actor: Actor, cycle: Cycle, now: datetime) -> Cycle:
    found = next_after(cycle)
    if found is not None:
        return found
    first = (cycle.ends_on or timezone.localdate(now)) + timedelta(days=1)
    last = first + timedelta(days=policy_of(cycle.product).cycle_days - 1)
    made = cycles.plan_cycle(
        actor=actor,
        product=cycle.product,
        name=next_name(cycle),
        starts_on=first,
        ends_on=last,
        now=now,
    )
    made.product = cycle.product
    return made


def next_name(cycle: Cycle) -> str:
    """``Cycle 9`` after ``Cycle 8``; a name that is not taken."""
    taken = set(Cycle.objects.filter(product=cycle.product_id).values_list("name", flat=True))
    numbered = re.fullmatch(r"(.*?)(\d{1,6})", cycle.name)
    stem, number = (numbered[1], int(numbered[2])) if numbered else (f"{cycle.name[:70]} ", 1)
    while f"{stem}{number + 1}" in taken:
        number += 1
    return f"{stem}{number + 1}"


def _carry(
    actor: Actor, following: Cycle, rows: list[Planned], right: str, now: datetime, closed: Cycle
) -> None:
    """What is not done, into the next cycle: rows of its plan or, where that runs already, growth of its scope."""
    reason = f"Carried over from {closed}."
    if following.accepted_at is None:
        there = set(
            PlannedItem.objects.filter(cycle=following, removed_at__isnull=True).values_list(
                "item_id", flat=True
            )
        )
        fresh = [
            PlannedItem(
                product_id=row.row.product_id,
                cycle=following,
                item=row.item,
                points=row.row.points,
                points_assumed=row.row.points_assumed,
                queue_kind=row.row.queue_kind,
                source=PlannedItem.Source.CARRIED,
                why=reason,
            )
            for row in rows
            if row.item.pk not in there
        ]
        scope.add_rows(fresh, actor, now)
    items: list[Item] = [row.item for row in rows]
    editing.apply(
        actor=actor,
        product=closed.product,
        edits=[to_cycle(item, following, reason, right) for item in items],
        now=now,
    )
