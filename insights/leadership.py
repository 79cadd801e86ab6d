"""What the five questions of the leadership page are answered from, and the state of the backlog. Pure, plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backlog.vocabulary import Band, QueueKind, State
from insights import flow
from insights.figures import Flow
from insights.stock import QUEUES, STATES, Items, Mask, Reading, midnight, plain
from scoring.rubrics import DELIVERY

PROMISE_DAYS = 90
ECHO_DAYS = 14
TRIAGE_DAYS = 2
STALE_DAYS = 90
#: Weeks of the trends beside the answers; the one under way is left out.
TREND_WEEKS = 13
#: Steps of value and risk on the heat map.
STEPS = 5
OLDEST = 12

REACTIVE = (QueueKind.HOTFIX, QueueKind.STABILITY)
PROACTIVE = (QueueKind.ENHANCEMENT, QueueKind.STRATEGIC_BET)


@dataclass(frozen=True)
class Promises:
    """``due``: finished in the last ``PROMISE_DAYS`` days with a due date; ``kept`` of them by it.

    ``put_off``: of those, how many had theirs moved later in that time. ``weekly``: (kept, due) a week.
    """

    due: int
    kept: int
    put_off: int
    overdue: int
    weekly: list[tuple[int, int]]


@dataclass(frozen=True)
class Fixes:
    """Hotfixes finished in the last ``PROMISE_DAYS`` days: hours from acceptance to the finish, kept deadlines.

    ``watched``: finished long enough ago that ``ECHO_DAYS`` days behind them have passed: item id -> finish.
    """

    closed: int
    hours_half: float | None
    hours_most: float | None
    due: int
    kept: int
    watched: dict[int, dt.datetime]
    weekly_hours: list[float | None]


@dataclass(frozen=True)
class Decisions:
    """What waits for somebody to decide. ``returning``: parked until a day before :func:`returning_before`.

    ``weekly_triage``: items in triage at the end of each week.
    """

    triage_old: int
    unscored: int
    act_now_without_owner: int
    returning: int
    weekly_triage: list[int]


@dataclass(frozen=True)
class Health:
    """Facts about the open items. ``accepted``: open and past triage."""

    open: int
    accepted: int
    stale: int
    unscored: int
    without_owner: int
    without_effort: int
    under_way: int
    median_age_days: float | None


@dataclass(frozen=True)
class Ageing:
    """An item in progress or review, by the days since it was started."""

    pk: int
    number: int
    state: str
    queue: str
    days: int


@dataclass(frozen=True)
class Heat:
    """Scored open items by value (columns) and risk (rows), each in ``STEPS`` steps from low to high."""

    queues: tuple[str, ...]
    cells: list[list[int]]
    left_out: int


@dataclass(frozen=True)
class Facts:
    """Everything that one reading says. ``better``: enhancements and bets finished in ``PROMISE_DAYS`` days."""

    promises: Promises
    fixes: Fixes
    better: int
    decisions: Decisions
    health: Health
    ageing: list[Ageing]
    heat: list[Heat]
    weeks: list[dt.date] = field(default_factory=list)


def facts(reading: Reading, figures: Flow) -> Facts:
    """Work out the facts. ``figures`` are those of the same reading, up to its day."""
    weeks = [week.first for week in figures.weeks][-TREND_WEEKS - 1 : -1]
    items = reading.items
    since = promises_since(reading.now)
    return Facts(
        promises=_promises(reading, weeks),
        fixes=_fixes(reading, weeks),
        better=int((items.done_since(since) & items.in_queue(*PROACTIVE)).sum()),
        decisions=_decisions(reading, figures),
        health=_health(reading),
        ageing=_ageing(reading),
        heat=[_heat(reading, REACTIVE), _heat(reading, PROACTIVE)],
        weeks=weeks,
    )


def promises_since(now: dt.datetime) -> dt.datetime:
    """From when on what was finished is asked about."""
    return midnight(now.astimezone(dt.UTC).date() - dt.timedelta(days=PROMISE_DAYS))


def triage_before(now: dt.datetime) -> dt.datetime:
    """What arrived before this has waited in triage for too long. To the minute, so that a link can say it."""
    return (now - dt.timedelta(days=TRIAGE_DAYS)).replace(second=0, microsecond=0)


def stale_before(now: dt.datetime) -> dt.datetime:
    """What was touched last before this is stale."""
    return midnight(now.astimezone(dt.UTC).date() - dt.timedelta(days=STALE_DAYS))


def returning_before(now: dt.datetime) -> dt.date:
    """What is parked until a day before this one comes back within a week."""
    return now.astimezone(dt.UTC).date() + dt.timedelta(days=8)


def _promises(reading: Reading, weeks: Sequence[dt.date]) -> Promises:
    items = reading.items
    promised = items.done_since(promises_since(reading.now)) & ~np.isnat(items.due)
    kept = promised & flow.on_time(items.due, items.finished)
    return Promises(
        due=int(promised.sum()),
        kept=int(kept.sum()),
        put_off=sum(bool(promised[row]) for row in reading.moved.put_off),
        overdue=int((items.open & (items.due < plain(reading.now))).sum()),
        weekly=list(zip(_weekly(items, kept, weeks), _weekly(items, promised, weeks), strict=True)),
    )


def _weekly(items: Items, which: Mask, weeks: Sequence[dt.date]) -> list[int]:
    return flow.per_week(items.finished[which].astype("datetime64[D]"), weeks)


def _fixes(reading: Reading, weeks: Sequence[dt.date]) -> Fixes:
    items = reading.items
    closed = items.done_since(promises_since(reading.now)) & items.in_queue(QueueKind.HOTFIX)
    begun = np.where(np.isnat(items.accepted), items.created, items.accepted)
    hours = flow.differences(begun, items.finished) * 24
    usual = flow.percentiles(hours[closed & (hours >= 0)], (50, 85)) or {}
    due = closed & ~np.isnat(items.due)
    old_enough = closed & (items.finished <= plain(reading.now - dt.timedelta(days=ECHO_DAYS)))
    return Fixes(
        closed=int(closed.sum()),
        hours_half=usual.get(50),
        hours_most=usual.get(85),
        due=int(due.sum()),
        kept=int((due & flow.on_time(items.due, items.finished)).sum()),
        watched={
            pk: at.replace(tzinfo=dt.UTC)
            for pk, at in zip(
                items.pk[old_enough].tolist(), items.finished[old_enough].tolist(), strict=True
            )
        },
        weekly_hours=[_median_hours(items, hours, first) for first in weeks],
    )


def _median_hours(items: Items, hours: flow.Floats, first: dt.date) -> float | None:
    """Half of the hotfixes finished in a week took at most so long."""
    end = plain(midnight(first + dt.timedelta(days=7)))
    inside = items.in_state(State.DONE) & items.in_queue(QueueKind.HOTFIX) & (hours >= 0)
    inside &= (items.finished >= plain(midnight(first))) & (items.finished < end)
    found = flow.percentiles(hours[inside], (50,))
    return found[50] if found else None


def _decisions(reading: Reading, figures: Flow) -> Decisions:
    items = reading.items
    soon = np.datetime64(returning_before(reading.now), "D")
    accepted = items.open & ~items.in_state(State.TRIAGE)
    return Decisions(
        triage_old=int(
            (
                items.in_state(State.TRIAGE) & (items.created < plain(triage_before(reading.now)))
            ).sum()
        ),
        unscored=int((accepted & np.isnan(items.priority)).sum()),
        act_now_without_owner=int(
            (items.open & (items.band == Band.ACT_NOW.value) & ~items.owned).sum()
        ),
        returning=int((items.in_state(State.PARKED) & (items.parked_until < soon)).sum()),
        weekly_triage=[week.states[State.TRIAGE] for week in figures.weeks][-TREND_WEEKS - 1 : -1],
    )


def _health(reading: Reading) -> Health:
    items = reading.items
    open_ = items.open
    accepted = open_ & ~items.in_state(State.TRIAGE)
    half = flow.percentiles(_days_until(reading.now, items.created[open_]), (50,))
    return Health(
        open=int(open_.sum()),
        accepted=int(accepted.sum()),
        stale=int((open_ & (items.updated < plain(stale_before(reading.now)))).sum()),
        unscored=int((accepted & np.isnan(items.priority)).sum()),
        without_owner=int((accepted & ~items.owned).sum()),
        without_effort=int((accepted & np.isnan(items.effort)).sum()),
        under_way=int(items.under_way.sum()),
        median_age_days=half[50] if half else None,
    )


def _days_until(now: dt.datetime, start: flow.Instants) -> flow.Floats:
    begun = start.astype("datetime64[D]")
    return flow.differences(begun, np.full_like(begun, plain(now)))


def _ageing(reading: Reading) -> list[Ageing]:
    items = reading.items
    running = items.under_way & ~np.isnat(items.started)
    days = _days_until(reading.now, items.started[running])
    rows = zip(
        items.pk[running].tolist(),
        items.number[running].tolist(),
        items.state[running].tolist(),
        items.queue[running].tolist(),
        np.maximum(days, 0).astype(np.int64).tolist(),
        strict=True,
    )
    found = [
        Ageing(pk, number, STATES[state], QUEUES[queue], age)
        for pk, number, state, queue, age in rows
    ]
    return sorted(found, key=lambda each: (-each.days, each.number))[:OLDEST]


def _heat(reading: Reading, queues: Sequence[str]) -> Heat:
    """Value and risk of what is open and scored, undone from their parts of the priority by the rubric's weights.

    A part is 100 · weight · level; where risk is the danger of doing (delivery) it is 100 · weight · (1 − level).
    """
    items = reading.items
    cells = np.zeros((STEPS, STEPS), dtype=np.int64)
    counted = 0
    wanted = items.open & items.in_queue(*queues) & ~np.isnan(items.priority)
    for number, rubric in reading.rubrics.items():
        for queue in queues:
            profile = rubric.profile(queue)
            if not profile.value_weight or not profile.risk_weight:
                continue
            here = wanted & items.in_queue(queue) & (items.rubric == number)
            value = items.value_part[here] / (100 * profile.value_weight)
            risk = items.risk_part[here] / (100 * profile.risk_weight)
            if profile.risk_polarity == DELIVERY:
                risk = 1 - risk
            np.add.at(cells, (_step(risk), _step(value)), 1)
            counted += int(here.sum())
    return Heat(tuple(queues), cells.tolist(), int(wanted.sum()) - counted)


def _step(level: flow.Floats) -> flow.Codes:
    """0 … 1 as a step; 1 belongs to the last one."""
    return np.clip(np.floor(level * STEPS + 1e-9), 0, STEPS - 1).astype(np.int64)
