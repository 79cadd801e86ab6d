"""What publishing a rubric would do to every open item of a product, at one instant. Reads, and writes nothing.

A preview is made of its product, the rubric in force, the other rubric and the instant ``at``, so that the same
question gets the same answer, to the bit, from any process: pages of its table, flip points and publishing name the
instant. What is worked out is kept by the process for some minutes, which spares reading a hundred thousand items for
each page.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date, datetime
from threading import Lock

import numpy as np
import numpy.typing as npt

from accounts.models import Product
from core import columns
from scoring.current import rubric_in_force
from scoring.cutline import capacity_of_next
from scoring.engine import Evidence, Inputs, Scores, score
from scoring.engine.flips import Field
from scoring.engine.whatif import Comparison, Standing, compare, fitting, ranks
from scoring.jobs.inputs import Batch, read_for
from scoring.rubrics import QUEUES, Rubric, digest

#: Items read at a time: what the database hands over is dropped before the next lot.
LOT = 20_000
KEPT_SECONDS = 300.0
#: Items whose previews a process keeps, all together: some 300 bytes each.
KEPT_ITEMS = 250_000


@dataclass(frozen=True)
class Preview:
    """N open items that have a queue, in the order of their ids.

    ``number``: the version in force. ``tops``: N per queue, in the order of ``QUEUES``; ``holds`` is True where they
    are what the next cycle holds. ``digest`` names version, draft, instant and inputs. ``scored_last``: the newest
    instant at which one of the items was scored, in microseconds since 1970. ``before`` keeps priorities and bands
    only.
    """

    product_id: int
    at: datetime
    number: int
    in_force: Rubric
    rubric: Rubric
    tops: tuple[int, ...]
    holds: bool
    item_ids: npt.NDArray[np.int64]
    before: Scores
    after: Scores
    standing: Standing
    comparison: Comparison
    digest: str
    scored_last: int

    def place(self, item_id: int) -> int | None:
        """The row of an item, or None."""
        at = int(np.searchsorted(self.item_ids, item_id))
        found = at < len(self.item_ids) and int(self.item_ids[at]) == item_id
        return at if found else None


def preview(
    product: Product, rubric: Rubric, at: datetime, top: int | None = None, *, fresh: bool = False
) -> Preview:
    """Hold ``rubric`` against the one in force. ``top``: N for every queue; None: what the next cycle holds of each.

    ``fresh``: from the rows as they are now, even if the same was worked out a moment ago.
    """
    number, in_force = rubric_in_force(product.pk)
    key = (product.pk, number, digest(in_force), digest(rubric), at, top)
    found = None if fresh else _kept.get(key)
    if found is None:
        found = _work_out(product, number, in_force, rubric, at, top)
        _kept.put(key, found)
    return found


def field_of(found: Preview, queue: str) -> Field:
    """The items of a queue under the drafted rubric, ready to be asked what would flip them."""
    top = found.tops[QUEUES.index(queue)]
    return Field(found.rubric, found.after, found.standing, queue, top)


def _work_out(
    product: Product, number: int, in_force: Rubric, rubric: Rubric, at: datetime, top: int | None
) -> Preview:
    batches = read_open([in_force, rubric], product.pk, at)
    old, new = batches
    standing = Standing(
        queue=new.inputs.queue,
        due=np.where(new.due == columns.NEVER, np.nan, new.due.astype(np.float64)),
        created=new.created,
        item_id=new.item_ids,
        severity=new.inputs.severity,
        adjustment=new.inputs.adjustment,
    )
    before = _slim(score(in_force, old.inputs), with_criteria=False)
    after = _slim(score(rubric, new.inputs), with_criteria=True)
    if top is None:
        tops = next_cycle_holds(product, in_force, before, standing, new.inputs, at.date())
    else:
        tops = (top,) * len(QUEUES)
    return Preview(
        product_id=product.pk,
        at=at,
        number=number,
        in_force=in_force,
        rubric=rubric,
        tops=tops,
        holds=top is None,
        item_ids=new.item_ids,
        before=before,
        after=after,
        standing=standing,
        comparison=compare(before, after, standing, tops),
        digest=_digest(number, rubric, at, new, standing),
        scored_last=int(new.scored_at.max(initial=columns.NEVER)),
    )


def next_cycle_holds(
    product: Product,
    rubric: Rubric,
    scores: Scores,
    standing: Standing,
    inputs: Inputs,
    today: date,
) -> tuple[int, ...]:
    """How many of each queue's first items fit into its promised share of the next cycle (`cutline`), by scores that
    are not the stored ones. Three queries. An item without an estimate counts as many points as its queue assumes.
    """
    capacity = capacity_of_next(product, today)
    shares = dict(product.queues.values_list("kind", "share"))
    places = ranks(scores.priority, standing)
    found = []
    for code, queue in enumerate(QUEUES):
        rows = np.flatnonzero((standing.queue == code) & scores.scored)
        rows = rows[np.argsort(places[rows])]
        effort = inputs.effort[rows]
        points = np.where(np.isnan(effort), rubric.profile(queue).default_effort, effort)
        found.append(fitting(points, capacity * shares.get(queue, 0.0)))
    return tuple(found)


def read_open(rubrics: list[Rubric], product_id: int, at: datetime) -> list[Batch]:
    """The inputs of every open item that has a queue, for each rubric, in the order of ids. Four queries a lot."""
    ids = columns.read(
        {"id": columns.whole("item_id")},
        "FROM backlog_itemsummary WHERE product_id = %s AND is_open AND queue_kind <> '' ORDER BY item_id",
        [product_id],
    )["id"]
    lots: list[list[Batch]] = [[] for _ in rubrics]
    for start in range(0, len(ids), LOT):
        for lot, batch in zip(
            lots, read_for(rubrics, product_id, ids[start : start + LOT], at), strict=True
        ):
            lot.append(batch)
    return [_joined(rubric, lot) for rubric, lot in zip(rubrics, lots, strict=True)]


def _joined(rubric: Rubric, lots: list[Batch]) -> Batch:
    if len(lots) == 1:
        return lots[0]

    def line(name: str) -> npt.NDArray[np.int64]:
        return np.concatenate([getattr(lot, name) for lot in lots] or [np.zeros(0, dtype=np.int64)])

    def of_inputs(name: str, dtype: npt.DTypeLike = np.float64) -> npt.NDArray[np.float64]:
        return np.concatenate(
            [getattr(lot.inputs, name) for lot in lots] or [np.zeros(0, dtype=dtype)]
        )

    def table(name: str) -> npt.NDArray[np.float64]:
        return np.concatenate(
            [getattr(lot.inputs, name) for lot in lots] or [np.zeros((0, len(rubric.criteria)))]
        )

    inputs = Inputs(
        queue=of_inputs("queue", np.int8).astype(np.int8),
        levels=table("levels"),
        certainty=table("certainty"),
        rated_age_days=table("rated_age_days"),
        evidence=_joined_evidence(rubric, lots),
        effort=of_inputs("effort"),
        due_in_days=of_inputs("due_in_days"),
        adjustment=of_inputs("adjustment"),
        severity=of_inputs("severity", np.int64).astype(np.int64),
    )
    return Batch(
        item_ids=line("item_ids"),
        inputs=inputs,
        stale_since=line("stale_since"),
        scored_at=line("scored_at"),
        old_priority=line("old_priority").astype(np.float64),
        old_band=line("old_band"),
        old_version=line("old_version"),
        old_order=line("old_order").astype(np.float64),
        due=line("due"),
        created=line("created"),
    )


def _joined_evidence(rubric: Rubric, lots: list[Batch]) -> Evidence | None:
    if all(lot.inputs.evidence is None for lot in lots):
        return None
    shape = len(rubric.criteria)
    parts = [
        lot.inputs.evidence
        or Evidence(
            np.zeros((len(lot.item_ids), shape)), np.full((len(lot.item_ids), shape), np.nan)
        )
        for lot in lots
    ]
    return Evidence(
        np.concatenate([part.decayed_sum for part in parts]),
        np.concatenate([part.newest_age_days for part in parts]),
    )


def _slim(scores: Scores, *, with_criteria: bool) -> Scores:
    """Without the tables that nothing of a preview reads: they are nine tenths of the memory."""
    none = np.zeros((0, 0))
    slim = replace(scores, criterion_parts=none, m=none, e=none, c=none, f=none)
    return slim if with_criteria else replace(slim, x=none, k=none, parts=none)


def _digest(number: int, rubric: Rubric, at: datetime, batch: Batch, standing: Standing) -> str:
    """SHA-256, in hex, of all that the scores and the order follow from."""
    inputs = batch.inputs
    found = hashlib.sha256(f"{number} {digest(rubric)} {at.isoformat()}".encode())
    evidence = inputs.evidence
    tables = [
        *(batch.item_ids, inputs.queue, standing.created, batch.due, inputs.severity),
        *(inputs.effort, inputs.adjustment, inputs.due_in_days),
        *(inputs.levels, inputs.certainty, inputs.rated_age_days),
        *((evidence.decayed_sum, evidence.newest_age_days) if evidence is not None else ()),
    ]
    for table in tables:
        found.update(str(table.shape).encode())
        found.update(np.ascontiguousarray(table.T).view(np.uint8).data)
    return found.hexdigest()


class _Kept:
    """The previews of the last minutes, up to so many items; the oldest go first. Safe between threads."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[object, ...], tuple[float, Preview]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[object, ...]) -> Preview | None:
        with self._lock:
            at, found = self._found.get(key, (-math.inf, None))
            return found if time.monotonic() - at < KEPT_SECONDS else None

    def put(self, key: tuple[object, ...], found: Preview) -> None:
        with self._lock:
            self._found[key] = (time.monotonic(), found)
            self._found.move_to_end(key)
            total = sum(len(each.item_ids) for _, each in self._found.values())
            while total > KEPT_ITEMS and len(self._found) > 1:
                _, (_, dropped) = self._found.popitem(last=False)
                total -= len(dropped.item_ids)
            for name in [
                name
                for name, (at, _) in self._found.items()
                if time.monotonic() - at >= KEPT_SECONDS
            ]:
                del self._found[name]


_kept = _Kept()
