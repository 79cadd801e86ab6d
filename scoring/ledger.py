"""The ledger of closed cycles: what each queue was promised, got and owes, and the sentence that says so. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.portfolio import EPS, LEDGER_CYCLES, Candidate, Terms, account
from scoring.rubrics import QUEUES

STRATEGY = QUEUES[3]
#: As many items are named in a sentence.
NAMED = 3


@dataclass(frozen=True)
class Done:
    """An item of a plan as its cycle ends. ``baseline``: points when the plan was accepted, 0 for what came later."""

    item: Candidate
    baseline: float
    delivered: bool


@dataclass(frozen=True)
class Line:
    """A queue's line, in points. ``debt_after``: max(0, sum of promised − delivered over the last six cycles)."""

    queue: str
    promised: float
    floor: float
    planned: float
    delivered: float
    borrowed: float
    lent: float
    debt_after: float


def close(
    capacity: float,
    terms: Sequence[Terms],
    borrowing_order: Sequence[str],
    rows: Sequence[Done],
    before: Mapping[str, Sequence[float]],
) -> tuple[list[Line], str]:
    """The lines of a cycle that ends, in the order of ``QUEUES``, and its sentence.

    ``before``: queue -> promised − delivered of earlier closed cycles, the newest first. What was delivered is charged
    as in a plan (:func:`scoring.portfolio.account`); what a queue had planned and did not finish is what it could have
    used.
    """
    delivered = [row.item for row in rows if row.delivered]
    waiting = {
        name: [
            Candidate(row.item.key, name, row.item.points)
            for row in rows
            if not row.delivered and row.item.queue == name
        ]
        for name in QUEUES
    }
    unlimited = [Terms(each.queue, each.share, each.floor) for each in terms]
    found = account(capacity, unlimited, borrowing_order, delivered, waiting)
    lines = []
    for each in found.queues:
        owed = [each.promised - each.planned, *before.get(each.queue, ())][:LEDGER_CYCLES]
        lines.append(
            Line(
                queue=each.queue,
                promised=each.promised,
                floor=each.floor,
                planned=sum(row.baseline for row in rows if row.item.queue == each.queue),
                delivered=each.planned,
                borrowed=each.borrowed,
                lent=each.lent,
                debt_after=debt(owed),
            )
        )
    strategy = found.queue(STRATEGY)
    guilty = [
        row.key
        for row, charge in zip(delivered, found.charged, strict=True)
        if row.queue != STRATEGY and charge.get(STRATEGY, 0.0) > EPS
    ]
    unfinished = [each.key for each in waiting[STRATEGY]]
    return lines, sentence(
        strategy.promised, strategy.floor, strategy.planned, strategy.lent, guilty, unfinished
    )


def debt(owed: Sequence[float]) -> float:
    """What a queue is owed: the sum of promised − delivered over at most six cycles, never below zero."""
    total = sum(owed[:LEDGER_CYCLES])
    return total if total > EPS else 0.0


def sentence(
    promised: float,
    floor: float,
    delivered: float,
    lent: float,
    guilty: Sequence[str],
    unfinished: Sequence[str],
) -> str:
    """How the strategic share fared, in one sentence. ``lent``: points that other queues' work took of it."""
    if delivered >= promised - EPS:
        return (
            f"The strategic share held: {points(delivered)} of {points(promised)} promised points."
        )
    missing = floor - delivered
    if missing <= EPS:
        return (
            f"The strategic share fell short and stayed above its floor: {points(delivered)} of {points(promised)}"
            f" promised points, floor {points(floor)}."
        )
    if lent > promised - floor + EPS:
        broken = min(missing, lent - (promised - floor))
        return f"Strategy’s floor was broken by {many(broken)} because of {_named(guilty)}."
    if unfinished:
        were = "was" if len(unfinished) == 1 else "were"
        return f"Strategy’s floor was missed by {many(missing)}: {_named(unfinished)} {were} planned and not finished."
    return f"Strategy’s floor was missed by {many(missing)}: nothing more of it was planned."


def points(value: float) -> str:
    """``7`` or ``7.5``."""
    return f"{round(value, 2):g}"


def many(value: float) -> str:
    """``1 point``, ``7.5 points``."""
    return f"{points(value)} point" if points(value) == "1" else f"{points(value)} points"


def _named(keys: Sequence[str]) -> str:
    shown, more = list(keys[:NAMED]), len(keys) - NAMED
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
