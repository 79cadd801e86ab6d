"""Items as plain values with datetimes, turned into the engine's arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from scoring.engine.arrays import Evidence, Inputs, ItemScore
from scoring.engine.evidence import (
    days_since,
    epoch_microseconds,
    evidence_from_signals,
    with_segments,
)
from scoring.engine.priority import score
from scoring.rubrics import CERTAINTY, Rubric, queue_code


@dataclass(frozen=True)
class Rating:
    """`level` 0 … 5; `certainty` is a key of `CERTAINTY` (`guess`, `informed`, `certain`)."""

    level: float
    certainty: str
    rated_at: datetime


@dataclass(frozen=True)
class Signal:
    """A piece of evidence; `magnitude` ≥ 0 in the unit of its kind (tickets, people, points)."""

    kind: str
    magnitude: float
    occurred_at: datetime


@dataclass(frozen=True)
class Adjustment:
    """Points added or taken off by a person; inactive from `expires_at` on (None = no end)."""

    points: float
    expires_at: datetime | None = None

    def active(self, at: datetime) -> bool:
        return self.expires_at is None or at < self.expires_at


@dataclass(frozen=True)
class ItemInputs:
    """Everything that one item's score depends on, apart from the rubric and the instant.

    `ratings` by criterion key; a key that the rubric does not have is ignored (the rubric may have
    dropped it). `segments`: the signals of each segment that the item names, in the order of the segments' ids.
    `effort` in points, None = unknown. `severity` 1 = worst, 0 = none.
    """

    queue: str
    ratings: Mapping[str, Rating] = field(default_factory=dict)
    signals: Sequence[Signal] = ()
    segments: Sequence[Sequence[Signal]] = ()
    effort: float | None = None
    due_at: datetime | None = None
    adjustments: Sequence[Adjustment] = ()
    severity: int = 0


def score_one(rubric: Rubric, item: ItemInputs, at: datetime) -> ItemScore:
    """Score one item at an instant: the same code and the same bits as in a batch of many."""
    return score(rubric, inputs_from_items(rubric, [item], at)).item(rubric, 0)


def inputs_from_items(rubric: Rubric, items: Sequence[ItemInputs], at: datetime) -> Inputs:
    """Arrays of these items at the instant `at`. Raises `ValueError` for an unknown queue or
    certainty. For some hundreds of items; jobs fill the arrays from set-based queries."""
    count, columns = len(items), len(rubric.criteria)
    levels = np.full((count, columns), np.nan)
    certainty = np.full((count, columns), np.nan)
    rated_at = np.zeros((count, columns), dtype=np.int64)
    for row, item in enumerate(items):
        for key, rating in item.ratings.items():
            column = rubric.criterion_index.get(key)
            if column is not None:
                levels[row, column] = rating.level
                certainty[row, column] = _certainty(rating.certainty)
                rated_at[row, column] = epoch_microseconds(rating.rated_at)
    rated_age_days = np.where(np.isnan(levels), np.nan, days_since(at, rated_at))
    due_at = [None if item.due_at is None else epoch_microseconds(item.due_at) for item in items]
    return Inputs(
        queue=np.array([queue_code(item.queue) for item in items], dtype=np.int8),
        levels=levels,
        certainty=certainty,
        rated_age_days=rated_age_days,
        evidence=_evidence(rubric, items, at),
        effort=np.array(
            [np.nan if item.effort is None else item.effort for item in items], dtype=np.float64
        ),
        due_in_days=np.array(
            [np.nan if due is None else -days_since(at, due) for due in due_at], dtype=np.float64
        ),
        adjustment=np.array(
            [math.fsum(a.points for a in item.adjustments if a.active(at)) for item in items],
            dtype=np.float64,
        ),
        severity=np.array([item.severity for item in items], dtype=np.int64),
    )


def _evidence(rubric: Rubric, items: Sequence[ItemInputs], at: datetime) -> Evidence:
    segments = [signals for item in items for signals in item.segments]
    item = np.repeat(np.arange(len(items)), [len(each.segments) for each in items])
    own = _summed(rubric, [each.signals for each in items], at)
    theirs = _summed(rubric, segments, at)
    found = with_segments(rubric, len(items), own, theirs, item, np.arange(len(segments)))
    assert found is not None  # there is evidence of their own, if only of nothing
    return found


def _summed(rubric: Rubric, rows: Sequence[Sequence[Signal]], at: datetime) -> Evidence:
    """One row of evidence for each list of signals."""
    kinds = {kind: code for code, kind in enumerate(rubric.signal_kinds)}
    signals = [
        (row, kinds.get(each.kind, -1), each.magnitude, epoch_microseconds(each.occurred_at))
        for row, given in enumerate(rows)
        for each in given
    ]
    return evidence_from_signals(
        rubric,
        len(rows),
        np.array([signal[0] for signal in signals], dtype=np.int64),
        np.array([signal[1] for signal in signals], dtype=np.int64),
        np.array([signal[2] for signal in signals], dtype=np.float64),
        days_since(at, np.array([signal[3] for signal in signals], dtype=np.int64)),
    )


def _certainty(name: str) -> float:
    try:
        return CERTAINTY[name]
    except KeyError:
        raise ValueError(f"Unknown certainty {name!r}; there are {', '.join(CERTAINTY)}.") from None
