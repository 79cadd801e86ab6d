"""How long verdicts take, and how long the next one will (R115, N20). Pure: instants in, hours out.

- A verdict's time runs from the opening of its stage (or from being asked, if that was later) to the decision. Time in
  which the stage waited for another is not the reviewer's and does not count.
- Median and 85th percentile are of the sorted times, by linear interpolation between neighbours (Hyndman and Fan, type
  7, *Sample quantiles in statistical packages*, The American Statistician 50, 1996).
- Prediction: the history of this person in this layer if it holds ``ENOUGH`` verdicts, else of the layer, else of the
  product, else none. It is scaled by the person's open load: ``1 + open / typical``, at most ``MOST``, where *typical*
  is the number of verdicts that the person gave in an average week of the history's span, at least 1. A reviewer with
  as much waiting as they usually do in a week is expected to take twice as long. It is an expectation, no promise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

Key = TypeVar("Key", bound=Hashable)

ENOUGH = 5
MOST = 4.0
TREND_MONTHS = 12
_WEEK_HOURS = 7 * 24


@dataclass(frozen=True)
class Taken:
    """One verdict. ``person`` is an id, ``layer`` a slug, ``round`` from 1; instants are aware."""

    person: int
    layer: str
    round: int
    opened_at: datetime
    asked_at: datetime
    decided_at: datetime

    @property
    def hours(self) -> float:
        """From when the reviewer could decide to when they did; never below 0."""
        began = max(self.opened_at, self.asked_at)
        return max(0.0, (self.decided_at - began).total_seconds() / 3600)


@dataclass(frozen=True)
class Times:
    """Hours of ``n`` verdicts; both None when there are none."""

    n: int
    median: float | None
    p85: float | None


@dataclass(frozen=True)
class Prediction:
    """``source``: person, layer, product or none. Hours are scaled by ``factor``."""

    source: str
    n: int
    median: float | None
    p85: float | None
    factor: float


def quantile(values: Sequence[float], share: float) -> float:
    """The type 7 quantile of values in any order. Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    rows = sorted(values)
    at = (len(rows) - 1) * share
    low = math.floor(at)
    high = min(low + 1, len(rows) - 1)
    return rows[low] + (rows[high] - rows[low]) * (at - low)


def times(rows: Iterable[Taken]) -> Times:
    """Median and 85th percentile of verdicts."""
    hours = [row.hours for row in rows]
    if not hours:
        return Times(0, None, None)
    return Times(len(hours), quantile(hours, 0.5), quantile(hours, 0.85))


def by(rows: Iterable[Taken], key: Callable[[Taken], Key]) -> dict[Key, Times]:
    """Times of each group."""
    return {name: times(found) for name, found in _grouped(rows, key).items()}


def _grouped(rows: Iterable[Taken], key: Callable[[Taken], Key]) -> dict[Key, list[Taken]]:
    groups: dict[Key, list[Taken]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def trend(rows: Iterable[Taken], today: date, zone: ZoneInfo) -> list[tuple[date, Times]]:
    """Times by month of the decision in ``zone``, twelve months that end with ``today``'s, empty ones too."""
    found = by(rows, lambda row: row.decided_at.astimezone(zone).date().replace(day=1))
    months = [today.replace(day=1)]
    while len(months) < TREND_MONTHS:
        last = months[-1]
        earlier = (last.year - 1, 12) if last.month == 1 else (last.year, last.month - 1)
        months.append(date(*earlier, 1))
    return [(first, found.get(first, Times(0, None, None))) for first in reversed(months)]


class Past:
    """Verdicts given, in groups, to predict from. Grouped once, however many predictions are asked of it."""

    def __init__(self, rows: Iterable[Taken]) -> None:
        self.all = list(rows)
        self.of_person = _grouped(self.all, lambda row: row.person)
        self._person = by(self.all, lambda row: (row.person, row.layer))
        self._layer = by(self.all, lambda row: row.layer)
        self._whole = times(self.all)

    def predict(self, *, person: int, layer: str, open_load: int) -> Prediction:
        """How long ``person`` will take in ``layer`` with ``open_load`` verdicts waiting for them already."""
        none = Times(0, None, None)
        steps = (
            ("person", self._person.get((person, layer), none)),
            ("layer", self._layer.get(layer, none)),
            ("product", self._whole),
        )
        for source, taken in steps:
            if taken.n >= ENOUGH and taken.median is not None and taken.p85 is not None:
                factor = load_factor(self.of_person.get(person, ()), open_load)
                return Prediction(
                    source, taken.n, taken.median * factor, taken.p85 * factor, factor
                )
        return Prediction("none", len(self.all), None, None, 1.0)


@dataclass(frozen=True)
class Asked:
    """A stage as it would be: its step, how many must approve, and what is expected of each who is asked."""

    step: int
    quorum: int
    predictions: Sequence[Prediction]


def expected(stages: Iterable[Asked]) -> tuple[float, float] | None:
    """Hours until the last stage has approved: by the medians, and by the 85th percentiles. None where one is unknown.

    A stage takes as long as its quorum-th fastest reviewer, a step as long as its slowest stage, and steps follow each
    other. The sum of 85th percentiles is cautious: that all are late at once is rarer than 15%.
    """
    steps: dict[int, tuple[float, float]] = {}
    for stage in stages:
        known = [
            (each.median, each.p85)
            for each in stage.predictions
            if each.median is not None and each.p85 is not None
        ]
        if len(known) < len(stage.predictions) or not known:
            return None
        at = min(stage.quorum, len(known)) - 1
        median = sorted(each for each, _p85 in known)[at]
        p85 = sorted(each for _median, each in known)[at]
        before = steps.get(stage.step, (0.0, 0.0))
        steps[stage.step] = (max(before[0], median), max(before[1], p85))
    if not steps:
        return None
    return sum(each for each, _p85 in steps.values()), sum(each for _median, each in steps.values())


def load_factor(own: Sequence[Taken], open_load: int) -> float:
    """``1 + open / typical week``, from 1 to ``MOST``. See the head of the module."""
    typical = 1.0
    if own:
        first, last = min(row.decided_at for row in own), max(row.decided_at for row in own)
        weeks = max(1.0, (last - first).total_seconds() / 3600 / _WEEK_HOURS)
        typical = max(1.0, len(own) / weeks)
    return min(MOST, 1 + max(0, open_load) / typical)
