"""Signals summed up per item and criterion, and ages from instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import Evidence, Floats
from scoring.rubrics import Rubric

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_A_DAY = 86_400_000_000


def epoch_microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970. `instant` is aware; raises `TypeError` if it is naive."""
    return (instant - _EPOCH) // _MICROSECOND


def days_since(at: datetime, instants: npt.ArrayLike) -> Floats:
    """Ages in days of instants given as int64 epoch microseconds; negative = still to come.

    Whole microseconds are exact in a float64 for 285 years, so that every way of reading the same
    instants gives the same ages to the last bit.
    """
    return (epoch_microseconds(at) - np.asarray(instants, dtype=np.int64)) / _MICROSECONDS_A_DAY


def kind_codes(rubric: Rubric, names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Where each of `names` stands in `rubric.signal_kinds`, −1 for a kind that no rule names; −1 once more at the
    end, so that the code −1 of a kind outside `names` stays −1."""
    known = {name: place for place, name in enumerate(rubric.signal_kinds)}
    return np.array([*(known.get(name, -1) for name in names), -1], dtype=np.int64)


def evidence_from_signals(
    rubric: Rubric,
    count: int,
    item: npt.NDArray[np.integer],
    kind: npt.NDArray[np.integer],
    magnitude: Floats,
    age_days: Floats,
) -> Evidence:
    """Sum up the signals of `count` items, for all criteria, in one pass.

    item, kind, magnitude, age_days: (signals,), in any order. `item` is a row 0 … count − 1; `kind`
    a position in `rubric.signal_kinds`, or −1 for a kind that no rule names; `magnitude` finite
    and ≥ 0; `age_days` finite, negative counts as 0. Raises `ValueError` otherwise.

    The additions of an item happen in the order of age, then magnitude, whatever order the
    signals came in and whoever else is in the batch.
    """
    columns = len(rubric.criteria)
    decayed_sum = np.zeros((columns, count))
    newest = np.full((columns, count), np.nan)
    _check(rubric, count, item, kind, magnitude, age_days)
    age = np.maximum(0.0, age_days)
    order = np.lexsort((magnitude, age, item))
    item, kind, magnitude, age = item[order], kind[order], magnitude[order], age[order]
    for column, criterion in enumerate(rubric.criteria):
        rule = criterion.evidence
        if rule is None:
            continue
        serves = np.zeros(len(rubric.signal_kinds) + 1, dtype=np.bool_)  # the last is kind −1
        serves[[rubric.signal_kinds.index(name) for name in rule.kinds]] = True
        chosen = np.flatnonzero(serves[kind])
        if not len(chosen):
            continue
        rows, ages = item[chosen], age[chosen]
        decayed = magnitude[chosen] * np.exp2(-ages / rule.half_life_days)
        decayed_sum[column] = np.bincount(rows, weights=decayed, minlength=count)
        first = np.flatnonzero(np.diff(rows, prepend=-1))  # sorted: an item's newest comes first
        newest[column, rows[first]] = ages[first]
    return Evidence(decayed_sum=decayed_sum.T, newest_age_days=newest.T)


def with_segments(
    rubric: Rubric,
    count: int,
    own: Evidence | None,
    of_segments: Evidence | None,
    item: npt.NDArray[np.integer],
    segment: npt.NDArray[np.integer],
) -> Evidence | None:
    """The evidence of `count` items together with that of the segments which they name; None: there is none.

    own: of the items, None = they have none. of_segments: of S segments, summed up once for all items, None = they
    have none. item, segment: (pairs,), rows of the two, each pair once. A segment's sum counts times the rubric's
    `segment_share` for every item that names it, however many do: what an item gets does not depend on other items.
    Sums are added in the order of the segments' rows.
    """
    if of_segments is None or rubric.segment_share <= 0 or not len(item):
        return own
    order = np.lexsort((segment, item))
    item, segment = item[order], segment[order]
    first = np.flatnonzero(np.diff(item, prepend=-1))
    if own is None:
        shape = (count, len(rubric.criteria))
        decayed_sum, newest = np.zeros(shape), np.full(shape, np.nan)
    else:
        decayed_sum, newest = own.decayed_sum.copy(), own.newest_age_days.copy()
    for column in range(len(rubric.criteria)):
        ages = of_segments.newest_age_days[segment, column]
        if np.isnan(ages).all():
            continue
        weights = of_segments.decayed_sum[segment, column]
        theirs = np.bincount(item, weights=weights, minlength=count)
        decayed_sum[:, column] += rubric.segment_share * theirs
        youngest = np.fmin.reduceat(ages, first)
        newest[item[first], column] = np.fmin(newest[item[first], column], youngest)
    return Evidence(decayed_sum=decayed_sum, newest_age_days=newest)


def _check(
    rubric: Rubric,
    count: int,
    item: npt.NDArray[np.integer],
    kind: npt.NDArray[np.integer],
    magnitude: Floats,
    age_days: Floats,
) -> None:
    if not len(item) == len(kind) == len(magnitude) == len(age_days):
        raise ValueError("The signal arrays differ in length.")
    if not len(item):
        return
    if item.min() < 0 or item.max() >= count:
        raise ValueError("A signal belongs to an item outside the batch.")
    if kind.min() < -1 or kind.max() >= len(rubric.signal_kinds):
        raise ValueError("A signal has an unknown kind code.")
    if not (np.isfinite(magnitude) & (magnitude >= 0)).all():
        raise ValueError("A signal's magnitude is negative or not a number.")
    if not np.isfinite(age_days).all():
        raise ValueError("A signal's age is not a number.")
