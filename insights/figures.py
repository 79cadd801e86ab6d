"""The flow figures of one reading: weeks, durations, queues. Pure; what is returned is plain data.

Everything is counted by ISO weeks and days in UTC, so that all who look see the same figures.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from backlog.vocabulary import OPEN_STATES, QueueKind, State
from insights import flow
from insights.stock import CODES, QUEUES, STATES, Items, Mask, Reading, midnight, plain

#: What an item without an estimate counts for where finished effort is compared.
ASSUMED_POINTS = 3.0
SHARE_DAYS = 42


@dataclass(frozen=True)
class Week:
    """An ISO week by its Monday. ``queues`` and ``states``: items at its end; open ones by queue, all by state.

    ``points``: finished effort by queue, an item without an estimate as ``ASSUMED_POINTS``.
    """

    first: dt.date
    arrivals: int
    finished: int
    declined: int
    queues: dict[str, int]
    states: dict[str, int]
    points: dict[str, float]

    @property
    def name(self) -> str:
        return flow.week_name(self.first)

    @property
    def open(self) -> int:
        return sum(self.queues.values())


@dataclass(frozen=True)
class Times:
    """Durations in days of what was finished. ``left_out``: finished items whose dates do not give one."""

    count: int
    left_out: int
    mean: float | None
    linear: dict[float, float] | None
    nearest: dict[float, float] | None


@dataclass(frozen=True)
class Share:
    """A queue now, and the effort finished in it since ``SHARE_DAYS`` ago, beside what it is promised (0 … 1)."""

    queue: str
    open: int
    points: float
    share: float | None
    promised: float


@dataclass(frozen=True)
class Flow:
    """``lead`` created → finished, ``cycle`` started → finished, of what was finished in the weeks.

    ``finished``: (item id, number, day of the finish, days from start to finish), oldest first. ``assumed``: how many
    of the finished items behind ``shares`` had no estimate; ``counted``: how many there were.
    """

    weeks: list[Week]
    lead: Times
    cycle: Times
    by_queue: dict[str, tuple[Times, Times]]
    finished: list[tuple[int, int, dt.date, float]]
    shares: list[Share]
    counted: int
    assumed: int


def window(last: dt.date, weeks: int) -> list[dt.date]:
    """The Mondays of the weeks that figures up to the day ``last`` show."""
    return flow.iso_weeks(last, weeks)


def flow_figures(reading: Reading, last: dt.date, weeks: int) -> Flow:
    """The figures of the ``weeks`` up to the one that holds ``last``, which may be under way."""
    items = reading.items
    mondays = window(last, weeks)
    inside = (items.finished >= plain(midnight(mondays[0]))) & (
        items.finished < plain(midnight(mondays[-1] + dt.timedelta(days=7)))
    )
    done = inside & items.in_state(State.DONE)
    shares, counted, assumed = _shares(reading)
    return Flow(
        weeks=_weeks(reading, mondays),
        lead=times(items.created, items.finished, done),
        cycle=times(items.started, items.finished, done),
        by_queue={
            queue: (
                times(items.created, items.finished, done & items.in_queue(queue)),
                times(items.started, items.finished, done & items.in_queue(queue)),
            )
            for queue in QueueKind.values
        },
        finished=_finished(items, done),
        shares=shares,
        counted=counted,
        assumed=assumed,
    )


def points(items: Items) -> flow.Floats:
    """Effort, the assumed one where there is no estimate."""
    return np.where(np.isnan(items.effort), ASSUMED_POINTS, items.effort)


def times(start: flow.Instants, end: flow.Instants, which: Mask) -> Times:
    """Durations of the items in ``which``, in whole days."""
    found = flow.spans(start[which].astype("datetime64[D]"), end[which].astype("datetime64[D]"))
    return Times(
        count=len(found.days),
        left_out=found.missing + found.reversed,
        mean=float(found.days.mean()) if len(found.days) else None,
        linear=flow.percentiles(found.days),
        nearest=flow.percentiles(found.days, method="nearest"),
    )


def _weeks(reading: Reading, mondays: list[dt.date]) -> list[Week]:
    items = reading.items
    ends = np.array([plain(midnight(day + dt.timedelta(days=7))) for day in mondays])
    stock = flow.Stock(
        state=items.state,
        queue=items.queue,
        created=items.created,
        accepted=items.accepted,
        started=items.started,
        closed=items.finished,
        logged_since=reading.moved.logged_since,
    )
    stood = flow.standings(
        stock, reading.moved.moves, ends, CODES, states=len(STATES), queues=len(QUEUES)
    )
    open_ = stood[:, [STATES.index(state) for state in OPEN_STATES], :].sum(axis=1)
    by_state = stood.sum(axis=2)
    finished_on = items.finished.astype("datetime64[D]")
    done, declined = items.in_state(State.DONE), items.in_state(State.DECLINED)
    arrivals = flow.per_week(items.created.astype("datetime64[D]"), mondays)
    finished = flow.per_week(finished_on[done], mondays)
    gone = flow.per_week(finished_on[declined], mondays)
    effort = points(items)
    by_queue = {
        queue: flow.sums_per_week(
            finished_on[done & items.in_queue(queue)], effort[done & items.in_queue(queue)], mondays
        )
        for queue in QueueKind.values
    }
    return [
        Week(
            first=monday,
            arrivals=arrivals[at],
            finished=finished[at],
            declined=gone[at],
            queues={queue: int(open_[at, code]) for code, queue in enumerate(QUEUES)},
            states={state: int(by_state[at, code]) for code, state in enumerate(STATES)},
            points={queue: by_queue[queue][at] for queue in QueueKind.values},
        )
        for at, monday in enumerate(mondays)
    ]


def _finished(items: Items, done: Mask) -> list[tuple[int, int, dt.date, float]]:
    known = done & ~np.isnat(items.started)
    days = flow.differences(
        items.started[known].astype("datetime64[D]"), items.finished[known].astype("datetime64[D]")
    )
    rows = zip(
        items.pk[known].tolist(),
        items.number[known].tolist(),
        items.finished[known].astype("datetime64[D]").tolist(),
        days.tolist(),
        strict=True,
    )
    return sorted((row for row in rows if row[3] >= 0), key=lambda row: (row[2], row[1]))


def shares_since(now: dt.datetime) -> dt.datetime:
    """From when on finished effort is shared out among the queues."""
    return midnight(now.astimezone(dt.UTC).date() - dt.timedelta(days=SHARE_DAYS))


def _shares(reading: Reading) -> tuple[list[Share], int, int]:
    items = reading.items
    recent = items.done_since(shares_since(reading.now))
    effort = points(items)
    sums = [float(effort[recent & items.in_queue(queue)].sum()) for queue in QueueKind.values]
    parts = flow.shares(sums)
    found = [
        Share(
            queue=queue,
            open=int((items.open & items.in_queue(queue)).sum()),
            points=sums[at],
            share=parts[at] if parts else None,
            promised=reading.shares.get(queue, 0.0),
        )
        for at, queue in enumerate(QueueKind.values)
    ]
    return found, int(recent.sum()), int((recent & np.isnan(items.effort)).sum())
