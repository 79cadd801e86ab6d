"""A product's items as columns: what the figures of insights are computed from. Data only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backlog.vocabulary import OPEN_STATES, QueueKind, State
from insights import flow
from scoring.rubrics import Rubric

STATES: tuple[str, ...] = tuple(State.values)
#: Queues in their order, then what has none.
QUEUES: tuple[str, ...] = (*QueueKind.values, "")
CODES = flow.StateCodes(
    triage=STATES.index(State.TRIAGE),
    accepted=STATES.index(State.ACCEPTED),
    in_progress=STATES.index(State.IN_PROGRESS),
    parked=STATES.index(State.PARKED),
    done=STATES.index(State.DONE),
    declined=STATES.index(State.DECLINED),
)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Items:
    """N items that are open, or came, or went since the beginning of the window. Codes: ``STATES``, ``QUEUES``.

    Points and parts are NaN where there are none; instants NaT; ``parked_until`` days; ``rubric`` 0 where unscored.
    """

    pk: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    state: flow.Codes
    queue: flow.Codes
    created: flow.Instants
    accepted: flow.Instants
    started: flow.Instants
    finished: flow.Instants
    due: flow.Instants
    updated: flow.Instants
    parked_until: flow.Days
    effort: flow.Floats
    owned: Mask
    band: npt.NDArray[np.str_]
    priority: flow.Floats
    value_part: flow.Floats
    risk_part: flow.Floats
    rubric: flow.Codes

    def __len__(self) -> int:
        return len(self.pk)

    def in_state(self, *states: str) -> Mask:
        return np.isin(self.state, [STATES.index(state) for state in states])

    def in_queue(self, *queues: str) -> Mask:
        return np.isin(self.queue, [QUEUES.index(queue) for queue in queues])

    @property
    def open(self) -> Mask:
        return self.in_state(*OPEN_STATES)

    @property
    def under_way(self) -> Mask:
        return self.in_state(State.IN_PROGRESS, State.IN_REVIEW)

    def done_since(self, instant: dt.datetime) -> Mask:
        """Done, not declined, at ``instant`` or later."""
        return self.in_state(State.DONE) & (self.finished >= plain(instant))


@dataclass(frozen=True)
class Moved:
    """What the log says since the beginning of the window: moves of state and queue, and due dates put off.

    ``logged_since``: see :class:`insights.flow.Stock`. ``put_off``: row -> how often its due date was moved later.
    """

    moves: list[flow.Move]
    logged_since: flow.Instants
    put_off: dict[int, int]


@dataclass(frozen=True)
class Reading:
    """A product at ``now``, back to ``since``. ``shares``: what each queue is promised; ``rubrics`` by number."""

    product_key: str
    now: dt.datetime
    since: dt.datetime
    items: Items
    moved: Moved
    shares: dict[str, float]
    rubrics: dict[int, Rubric]


def plain(instant: dt.datetime) -> np.datetime64:
    """An aware instant as the arrays hold it."""
    return np.datetime64(instant.astimezone(dt.UTC).replace(tzinfo=None), "us")


def midnight(day: dt.date) -> dt.datetime:
    """The beginning of a day in UTC."""
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
