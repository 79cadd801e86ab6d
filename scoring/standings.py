"""The order of a queue as it stood at an instant, and what moved an item between two such orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from django.core.cache import cache
from django.utils import timezone

from backlog.models import Change
from core import columns
from scoring import asof, engine
from scoring.engine import epoch_microseconds
from scoring.engine.arrays import Floats
from scoring.rubrics import QUEUES

Wholes = npt.NDArray[np.int64]

#: A past order never changes, but for what is logged later with an earlier instant; it is worked out again by then.
KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Standing:
    """A queue's order as of ``at`` under a version of the rubric.

    ids: (N,), first to last; priority: (N,), NaN = unscored.
    """

    at: datetime
    version: int
    ids: Wholes
    priority: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, item_ids: Wholes) -> Wholes:
        """The rank of each, 1 for the first; 0 where it is not in the order."""
        by_id = np.argsort(self.ids)
        if not len(by_id):
            return np.zeros(len(item_ids), dtype=np.int64)
        at, there = columns.places(self.ids[by_id], item_ids)
        return np.where(there, by_id[at] + 1, 0)

    def place(self, item_id: int) -> int | None:
        """The rank of one item, None where it is not in the order."""
        found = np.flatnonzero(self.ids == item_id)
        return int(found[0]) + 1 if len(found) else None


@dataclass(frozen=True)
class RankMoves:
    """Why a rank moved: ids by the rank before where they left or were overtaken, else by the rank after.

    after − before = arrived + overtook_it − left − it_overtook, exactly.
    """

    left: Wholes
    arrived: Wholes
    overtook_it: Wholes
    it_overtook: Wholes


def rank_moves(before: Standing, after: Standing, item_id: int) -> RankMoves | None:
    """What happened above an item that is ranked in both orders; None for any other."""
    was, is_ = before.place(item_id), after.place(item_id)
    if was is None or is_ is None:
        return None
    above_before, above_after = before.ids[: was - 1], after.ids[: is_ - 1]
    gone = above_before[~np.isin(above_before, above_after)]
    come = above_after[~np.isin(above_after, above_before)]
    still, known = np.isin(gone, after.ids), np.isin(come, before.ids)
    return RankMoves(
        left=gone[~still], arrived=come[~known], overtook_it=come[known], it_overtook=gone[still]
    )


def present(product_id: int, now: datetime | None = None) -> datetime:
    """The instant that "now" stands for: this minute's beginning, or the last change where that is later.

    So the same order is asked for again within the minute, and nothing that was done is left out. One query.
    """
    now = now or timezone.now()
    minute = now.replace(second=0, microsecond=0)
    last = _last_change(product_id)
    return min(now, max(minute, last[0])) if last else minute


def standings(product_id: int, kind: str, instants: Sequence[datetime]) -> list[Standing]:
    """The order of a queue as of each instant. A dozen queries for those that are not remembered, two otherwise."""
    last = _last_change(product_id)
    mark = f"{last[1]}" if last else "0"
    names = {
        at: f"standing:{product_id}:{kind}:{epoch_microseconds(at)}:{mark}" for at in set(instants)
    }
    known = cache.get_many(names.values())
    found = {at: _thawed(at, known[name]) for at, name in names.items() if name in known}
    missing = sorted(names.keys() - found.keys())
    if missing:
        past = asof.of_queue(product_id, missing[0], kind)
        for at in missing:
            found[at] = standing(past, at, kind)
            cache.set(names[at], _frozen(found[at]), KEPT_SECONDS)
    return [found[at] for at in instants]


def standing(past: asof.Past, at: datetime, kind: str) -> Standing:
    """The order of the queue's open items among those of ``past``."""
    where = past.where(at)
    rows = np.flatnonzero(where.ranked & (where.queue == QUEUES.index(kind)))
    version, inputs = past.inputs(at, where, rows)
    priority = engine.score(version.rubric, inputs).priority
    order = engine.order(
        priority, inputs.due_in_days, where.created[rows], past.ids[rows], inputs.severity
    )
    return Standing(at, version.number, past.ids[rows][order], priority[order])


def _last_change(product_id: int) -> tuple[datetime, int] | None:
    return (
        Change.objects.filter(product_id=product_id)
        .order_by("-at", "-id")
        .values_list("at", "id")
        .first()
    )


def _frozen(found: Standing) -> tuple[int, bytes, bytes]:
    return found.version, found.ids.tobytes(), found.priority.tobytes()


def _thawed(at: datetime, kept: tuple[int, bytes, bytes]) -> Standing:
    version, ids, priority = kept
    return Standing(at, version, np.frombuffer(ids, np.int64), np.frombuffer(priority, np.float64))
