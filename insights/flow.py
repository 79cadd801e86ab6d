"""How work flows: lead and cycle times, what came and went each week, what stood where.

Pure: arrays in, figures out. An instant is counted on its date in UTC. Days are ``datetime64[D]`` arrays, instants
``datetime64[us]`` ones without a zone (UTC); NaT = it has not happened. A week is named by its first day; ISO weeks
begin on Monday, but every function takes the first days it is given.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.datetime64]
Instants = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

WEEK = np.timedelta64(7, "D")
#: The percentiles that are shown: half, a good promise, nearly all.
SHOWN = (50, 85, 95)


def as_instants(values: Iterable[dt.datetime | None]) -> Instants:
    """Aware datetimes as UTC without a zone; None becomes NaT."""
    plain = [
        None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None) for value in values
    ]
    return np.array(plain, dtype="datetime64[us]")


def as_days(values: Iterable[dt.datetime | dt.date | None]) -> Days:
    """The dates of aware datetimes in UTC; plain dates as they are; None becomes NaT."""
    plain = [
        value.astimezone(dt.UTC).date() if isinstance(value, dt.datetime) else value
        for value in values
    ]
    return np.array(plain, dtype="datetime64[D]")


# --- Durations -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spans:
    """Whole days from a first to a last date. ``days``: (n,) float64, those with both dates in order.

    ``missing`` have not got both dates; ``reversed`` end before they begin (an import's doing) and count nowhere.
    """

    days: Floats
    missing: int
    reversed: int


def differences(start: Days, end: Days) -> Floats:
    """Days from ``start`` to ``end``, negative where the end comes first, NaN where one is missing.

    Whole days between days, with fractions between instants.
    """
    days = (end - start) / np.timedelta64(1, "D")
    return np.asarray(days, dtype=np.float64)


def spans(start: Days, end: Days) -> Spans:
    """Lead time with ``start`` = created, cycle time with ``start`` = begun: the same day is 0 days.

    (Counting both the first and the last day, as some do, adds 1 to each.)
    """
    days = differences(start, end)
    known = ~np.isnan(days)
    backwards = int((days[known] < 0).sum())
    return Spans(days[known & (days >= 0)], int((~known).sum()), backwards)


def percentiles(
    values: Floats, shown: Sequence[float] = SHOWN, *, method: str = "linear"
) -> dict[float, float] | None:
    """For each of ``shown`` the value below which so many percent of the values lie; None without values.

    ``linear``: sorted x(0) … x(n−1), read at position percent/100·(n−1) with straight lines between (Excel's
    PERCENTILE.INC, R's type 7, NumPy's default). ``nearest``: the smallest value that at least so many percent of all
    do not exceed, x(⌈percent/100·n⌉ − 1), so that it is always one that occurred.
    """
    if method not in ("linear", "nearest"):
        raise ValueError(f"There is no method {method}; use linear or nearest.")
    if len(values) == 0:
        return None
    if method == "linear":
        return {each: float(np.percentile(values, each)) for each in shown}
    ordered = np.sort(values)
    ranks = [max(1, math.ceil(Fraction(each) * len(values) / 100)) for each in shown]
    return {each: float(ordered[rank - 1]) for each, rank in zip(shown, ranks, strict=True)}


# --- Weeks ---------------------------------------------------------------------------------------


def iso_weeks(last: dt.date, count: int) -> list[dt.date]:
    """The Mondays of ``count`` weeks in a row, of which the last one holds ``last``."""
    monday = last - dt.timedelta(days=last.weekday())
    return [monday - dt.timedelta(weeks=back) for back in range(count - 1, -1, -1)]


def week_name(first: dt.date) -> str:
    """``2020-W02``, by ISO 8601."""
    year, week, _ = first.isocalendar()
    return f"{year}-W{week:02}"


def per_week(days: Days, firsts: Sequence[dt.date]) -> list[int]:
    """How many of ``days`` lie in each week that begins on one of ``firsts`` (ascending; a week is seven days)."""
    known = np.sort(days[~np.isnat(days)])
    edges = as_days(firsts)
    begins = np.searchsorted(known, edges, side="left")
    ends = np.searchsorted(known, edges + WEEK, side="left")
    return [int(count) for count in ends - begins]


def open_at_week_end(created: Days, closed: Days, firsts: Sequence[dt.date]) -> list[int]:
    """How many were created by the end of each week and not closed by then. A day belongs to its whole week."""
    after = as_days(firsts) + WEEK
    left = np.where(np.isnat(closed), closed, np.maximum(created, closed))
    came = np.searchsorted(np.sort(created[~np.isnat(created)]), after, side="left")
    went = np.searchsorted(np.sort(left[~np.isnat(left)]), after, side="left")
    return [int(count) for count in came - went]


def sums_per_week(days: Days, amounts: Floats, firsts: Sequence[dt.date]) -> list[float]:
    """The amounts of each week, by the day they belong to. NaN counts as nothing."""
    found = []
    for first in as_days(firsts):
        inside = (days >= first) & (days < first + WEEK)
        found.append(float(np.nansum(amounts[inside])))
    return found


# --- What stood where ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Stock:
    """N items as they stand now, and what tells where they stood before.

    state, queue: (N,) codes as of now. created, accepted, started, closed: (N,) instants.
    logged_since: (N,) the instant from which the log knows the item; NaT = the log does not know it at all.
    """

    state: Codes
    queue: Codes
    created: Instants
    accepted: Instants
    started: Instants
    closed: Instants
    logged_since: Instants


@dataclass(frozen=True)
class Move:
    """A logged change of one item: ``row`` in the stock, at ``at``; its state or queue before, None = not touched."""

    at: np.datetime64
    row: int
    state: int | None = None
    queue: int | None = None


@dataclass(frozen=True)
class StateCodes:
    """The codes by which :func:`standings` speaks of states that follow from dates."""

    triage: int
    accepted: int
    in_progress: int
    parked: int
    done: int
    declined: int


def standings(
    stock: Stock,
    moves: Iterable[Move],
    ends: Instants,
    codes: StateCodes,
    *,
    states: int,
    queues: int,
) -> Codes:
    """How many items stood in each state and queue at each of ``ends`` (ascending): (W, states, queues) int64.

    Back from now: each move later than an instant is taken back. Where the log does not reach back to an instant, the
    dates say: closed before it → as it was closed; else started → in progress; else accepted → accepted; else triage;
    in the queue of its first entry, and what the log found parked was parked. What was not created yet is not counted.
    """
    state, queue = stock.state.copy(), stock.queue.copy()
    later = sorted(moves, key=lambda move: move.at)
    counts = np.zeros((len(ends), states, queues), dtype=np.int64)
    for week in range(len(ends) - 1, -1, -1):
        end = ends[week]
        while later and later[-1].at >= end:
            move = later.pop()
            if move.state is not None:
                state[move.row] = move.state
            if move.queue is not None:
                queue[move.row] = move.queue
        by_dates = ~(stock.logged_since < end)
        known = np.where(by_dates, _state_by_dates(stock, state, end, codes), state)
        there = stock.created < end
        np.add.at(counts[week], (known[there], queue[there]), 1)
    return counts


def _state_by_dates(stock: Stock, first: Codes, end: np.datetime64, codes: StateCodes) -> Codes:
    """Where the dates say the items stood. ``first``: the states in which the log begins."""
    return np.select(
        [
            stock.closed < end,
            first == codes.parked,
            stock.started < end,
            stock.accepted < end,
        ],
        [
            np.where(first == codes.declined, codes.declined, codes.done),
            np.full_like(first, codes.parked),
            np.full_like(first, codes.in_progress),
            np.full_like(first, codes.accepted),
        ],
        default=codes.triage,
    )


# --- Promises ------------------------------------------------------------------------------------


def on_time(due: Instants, finished: Instants) -> npt.NDArray[np.bool_]:
    """Whether what is finished and had a due instant was finished by it. False where either is missing."""
    return np.asarray(finished <= due)


def shares(amounts: Sequence[float]) -> list[float] | None:
    """Each amount's part of the sum, 0 … 1; None where there is nothing to share out."""
    total = math.fsum(amounts)
    return [amount / total for amount in amounts] if total > 0 else None
