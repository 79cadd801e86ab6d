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
    groups: dict[Key, list[Taken]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {name: times(found) for name, found in groups.items()}


def trend(rows: Iterable[Taken], today: date, zone: ZoneInfo) -> list[tuple[date, Times]]:
    """Times by month of the decision in ``zone``, twelve months that end with ``today``'s, empty ones too."""
    found = by(rows, lambda row: row.decided_at.astimezone(zone).date().replace(day=1))
    months = [today.replace(day=1)]
    while len(months) < TREND_MONTHS:
        last = months[-1]
        earlier = (last.year - 1, 12) if last.month == 1 else (last.year, last.month - 1)
        months.append(date(*earlier, 1))
    return [(first, found.get(first, Times(0, None, None))) for first in reversed(months)]


def predict(rows: Iterable[Taken], *, person: int, layer: str, open_load: int) -> Prediction:
    """How long ``person`` will take in ``layer`` with ``open_load`` verdicts waiting for them already."""
    history = list(rows)
    own = [row for row in history if row.person == person]
    steps = (
        ("person", [row for row in own if row.layer == layer]),
        ("layer", [row for row in history if row.layer == layer]),
        ("product", history),
    )
    for source, found in steps:
        if len(found) >= ENOUGH:
            factor = load_factor(own, open_load)
            taken = times(found)
            median, p85 = (taken.median or 0.0) * factor, (taken.p85 or 0.0) * factor
            return Prediction(source, taken.n, median, p85, factor)
    return Prediction("none", len(history), None, None, 1.0)


def load_factor(own: Sequence[Taken], open_load: int) -> float:
    """``1 + open / typical week``, from 1 to ``MOST``. See the head of the module."""
    typical = 1.0
    if own:
        first, last = min(row.decided_at for row in own), max(row.decided_at for row in own)
        weeks = max(1.0, (last - first).total_seconds() / 3600 / _WEEK_HOURS)
        typical = max(1.0, len(own) / weeks)
    return min(MOST, 1 + max(0, open_load) / typical)
