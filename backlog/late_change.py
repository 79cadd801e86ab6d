"""Late structural change: how much of what changes the structure is asked for when it is dear (R18, N21). Pure.

A change request is a finding of a review that asks for a change. It is *structural* when it changes how the parts hang
together, else *detail*. The stage is that of the increment's kind, 1 early to 5 late.

- Rate of a stage: structural requests / all requests at that stage.
- Late share of a period: structural requests at stages ``LATE_FROM`` and later / all structural requests of the period.
- Both with the Wilson score interval at 95% (E. B. Wilson, *Probable inference, the law of succession, and statistical
  inference*, JASA 22, 1927), which stays inside 0 to 1 and is honest for few requests.
- Alarm: the last ``RECENT_MONTHS`` months together hold at least ``ENOUGH`` structural requests, and the lower end of
  the late share's interval is above ``LIMIT``, a share that is set: chance alone does not lift the figure over it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

LATE_FROM = 4
LIMIT = 0.2
ENOUGH = 8
RECENT_MONTHS = 3
TREND_MONTHS = 12
STAGES = (1, 2, 3, 4, 5)
#: The 97.5% point of the normal distribution.
_Z = 1.959963984540054


@dataclass(frozen=True)
class ChangeRequest:
    """A change that a review asked for. ``at`` is an aware instant, ``stage`` the increment's kind's, 1 to 5.

    ``reviews.late.change_requests(product, item)`` gives them in any order; ``config.wiring.CHANGE_REQUESTS`` names it.
    """

    at: datetime
    increment_id: int
    stage: int
    structural: bool


@dataclass(frozen=True)
class Share:
    """``hits`` of ``total``, its rate and the interval around it; rate None where nothing was counted."""

    hits: int
    total: int
    rate: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Month:
    first: date
    late: Share


@dataclass(frozen=True)
class Report:
    """``stages``: stage -> share of structural among its requests. ``months``: oldest first, empty ones too."""

    stages: Sequence[tuple[int, Share]]
    months: Sequence[Month]
    recent: Share
    alarm: bool
    sentence: str


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95% score interval of a share; (0, 1) for nothing counted."""
    if total == 0:
        return 0.0, 1.0
    rate, square = hits / total, _Z * _Z
    middle = (rate + square / (2 * total)) / (1 + square / total)
    half = _Z / (1 + square / total)
    half *= math.sqrt(rate * (1 - rate) / total + square / (4 * total * total))
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == total else min(1.0, middle + half)
    return low, high


def share(hits: int, total: int) -> Share:
    low, high = wilson(hits, total)
    return Share(hits, total, hits / total if total else None, low, high)


def report(requests: Iterable[ChangeRequest], today: date, zone: ZoneInfo) -> Report:
    """What the page shows for the twelve months that end with ``today``'s; days are those of ``zone``."""
    rows = list(requests)
    stages = [
        (
            stage,
            share(
                sum(each.structural for each in rows if each.stage == stage),
                sum(each.stage == stage for each in rows),
            ),
        )
        for stage in STAGES
    ]
    structural = [each for each in rows if each.structural]
    by_month: dict[date, list[ChangeRequest]] = {}
    for each in structural:
        by_month.setdefault(each.at.astimezone(zone).date().replace(day=1), []).append(each)
    firsts = _months(today.replace(day=1), TREND_MONTHS)
    months = [Month(first, _late(by_month.get(first, ()))) for first in firsts]
    recent = _late([each for first in firsts[-RECENT_MONTHS:] for each in by_month.get(first, ())])
    alarm = recent.total >= ENOUGH and recent.low > LIMIT
    return Report(stages, months, recent, alarm, _sentence(recent, alarm))


def recent_late(
    requests: Iterable[ChangeRequest], today: date, zone: ZoneInfo
) -> list[ChangeRequest]:
    """The late structural requests of the last ``RECENT_MONTHS`` months, the newest first: what an alarm is about."""
    first = _months(today.replace(day=1), RECENT_MONTHS)[0]
    rows = [
        each
        for each in requests
        if each.structural and each.stage >= LATE_FROM and each.at.astimezone(zone).date() >= first
    ]
    return sorted(rows, key=lambda each: each.at, reverse=True)


def _late(requests: Iterable[ChangeRequest]) -> Share:
    rows = list(requests)
    return share(sum(each.stage >= LATE_FROM for each in rows), len(rows))


def _months(last: date, count: int) -> list[date]:
    found = [last]
    while len(found) < count:
        first = found[-1]
        found.append(
            first.replace(year=first.year - 1, month=12)
            if first.month == 1
            else first.replace(month=first.month - 1)
        )
    return found[::-1]


def _sentence(recent: Share, alarm: bool) -> str:
    if recent.total == 0:
        return f"No structural change was asked for in the last {RECENT_MONTHS} months."
    counted = f"{recent.hits} of {recent.total} structural changes of the last {RECENT_MONTHS} months came late"
    between = f"{recent.low:.0%} to {recent.high:.0%}"
    if alarm:
        return f"{counted} (between {between}): surely more than the limit of {LIMIT:.0%}."
    if recent.total < ENOUGH:
        return f"{counted}: too few to judge (an alarm needs {ENOUGH})."
    return f"{counted} (between {between}); the limit is {LIMIT:.0%}."
