"""A product's items as they were at an instant: what scores were made from, unwound from what is known now.

As of t means: everything recorded up to and including t, under the rubric in force at t, with ages taken at t. Nothing
is kept for this. Fields of items and ratings are today's, with the change log's later changes taken back, the newest
first; evidence is ``scoring.past_evidence``'s; adjustments count from ``made_at`` until they expire or end. So the
priority as of a kept score's instant is that score's (docs/decisions/0010).

An item that an undone import has taken away again counts as never having been there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.db.models import Q

from backlog.models import Change, ItemSummary, Queue
from backlog.vocabulary import OPEN_STATES, State
from core import columns
from core.columns import Array, code, instant, real, whole
from scoring import engine
from scoring.current import Published, published_versions
from scoring.engine import Inputs, days_since, epoch_microseconds, exact_sums
from scoring.engine.arrays import Bools, Floats
from scoring.models import Adjustment
from scoring.movement import Snapshot
from scoring.past_evidence import Named, PastEvidence
from scoring.rubrics import CERTAINTY, QUEUES
from scoring.unwinding import Wholes, edits, moment

STATES = tuple(State.values)
MADE = ("item.created", "item.imported")
_OPEN = np.array([state in OPEN_STATES for state in STATES])
_FIELDS = ("queue", "state", "effort", "due_at", "severity", "created_at")
_SURE = list(CERTAINTY)
_LEVELS = tuple(CERTAINTY.values())


@dataclass(frozen=True)
class Where:
    """Where items stood at an instant, in the order of ``Past.ids``. All (N,).

    there: the item had come in. queue: a place in ``QUEUES``, −1 = none. state: a place in ``STATES``. ranked: open and
    there. effort, NaN = unknown; due, created: microseconds since 1970, ``columns.NEVER`` = none; severity, 0 = none.
    """

    there: Bools
    queue: Wholes
    state: Wholes
    ranked: Bools
    effort: Floats
    due: Wholes
    severity: Wholes
    created: Wholes


class Past:
    """Items of a product with all that their scores were made from, at any instant from ``since`` on.

    Made by :func:`of_items` and :func:`of_queue`, which say what is read.
    """

    def __init__(self, product_id: int, since: datetime, ids: Wholes, log: Sequence[_Row]) -> None:
        self.product_id = product_id
        self.since = since
        self.ids = ids
        self.versions = published_versions(product_id)
        self._criteria = list(
            dict.fromkeys(each.key for version in self.versions for each in version.rubric.criteria)
        )
        self._kinds = sorted({kind for each in self.versions for kind in each.rubric.signal_kinds})
        self._read_items(log)
        self._log = log
        self.evidence = PastEvidence(
            product_id, since, self.ids, self._kinds, self._named_before(log)
        )

    def row_of(self, item_id: int) -> int | None:
        """The item's row, None when it is not here."""
        at = int(np.searchsorted(self.ids, item_id))
        return at if at < len(self.ids) and self.ids[at] == item_id else None

    def version_at(self, at: datetime) -> Published:
        """The rubric in force; the first one also before it was published."""
        return next(
            (each for each in reversed(self.versions) if each.published_at <= at), self.versions[0]
        )

    def where(self, at: datetime) -> Where:
        """Fields of all items as of ``at``."""
        instant_ = epoch_microseconds(at)
        now = {name: self._edits[name].unwind(self._now[name], instant_) for name in _FIELDS}
        there = self._arrived <= instant_
        return Where(
            there=there,
            queue=now["queue"],
            state=now["state"],
            ranked=there & _OPEN[now["state"]],
            effort=now["effort"],
            due=now["due_at"],
            severity=now["severity"],
            created=now["created_at"],
        )

    def inputs(self, at: datetime, where: Where, rows: Wholes) -> tuple[Published, Inputs]:
        """What ``rows`` (ascending, each in a queue) are scored from as of ``at``, for the engine."""
        version = self.version_at(at)
        rubric = version.rubric
        levels, sure, rated = self._ratings_at(epoch_microseconds(at))
        wanted = np.array(
            [self._criteria.index(each.key) for each in rubric.criteria], dtype=np.int64
        )
        grid = np.ix_(rows, wanted)
        levels = levels[grid]
        due = where.due[rows]
        never = due == columns.NEVER
        return version, Inputs(
            queue=where.queue[rows].astype(np.int8),
            levels=levels,
            certainty=sure[grid],
            rated_age_days=np.where(np.isnan(levels), np.nan, days_since(at, rated[grid])),
            evidence=self.evidence.evidence(at, rubric, rows),
            effort=where.effort[rows],
            due_in_days=np.where(never, np.nan, -days_since(at, np.where(never, 0, due))),
            adjustment=self._adjusted_at(at)[rows],
            severity=where.severity[rows],
        )

    def snapshot(self, at: datetime, item_id: int) -> Snapshot | None:
        """One item as of ``at``, for ``scoring.movement``; None when it was not there or had no queue."""
        return self.snapshots(at).get(item_id)

    def snapshots(self, at: datetime) -> dict[int, Snapshot]:
        """The items that were there and had a queue as of ``at``, as plain values, by id."""
        where = self.where(at)
        rows = np.flatnonzero(where.there & (where.queue >= 0)).tolist()
        levels, sure, rated = self._ratings_at(epoch_microseconds(at))
        names = {value: name for name, value in CERTAINTY.items()}
        signals, segments = self.evidence.plain(at)
        running: dict[int, list[engine.Adjustment]] = {}
        for place in np.flatnonzero(self._adjustments_running(at)).tolist():
            own = engine.Adjustment(float(self._adjustments["points"][place]))
            running.setdefault(int(self._adjustments["row"][place]), []).append(own)
        rubric = self.version_at(at).rubric
        found = {}
        for row in rows:
            inputs = engine.ItemInputs(
                queue=QUEUES[where.queue[row]],
                ratings={
                    key: engine.Rating(
                        float(levels[row, column]),
                        names[float(sure[row, column])],
                        moment(rated[row, column]),
                    )
                    for column, key in enumerate(self._criteria)
                    if not np.isnan(levels[row, column])
                },
                signals=signals.get(row, ()),
                segments=segments.get(row, ()),
                effort=None if np.isnan(where.effort[row]) else float(where.effort[row]),
                due_at=None if where.due[row] == columns.NEVER else moment(where.due[row]),
                adjustments=running.get(row, ()),
                severity=int(where.severity[row]),
            )
            found[int(self.ids[row])] = Snapshot(rubric, inputs, at)
        return found

    # --- Reading ------------------------------------------------------------------------------------

    def _read_items(self, log: Sequence[_Row]) -> None:
        mine, params = _condition("i.id", self.ids)
        rows = columns.read(
            {
                "id": whole("i.id"),
                "queue": code("q.kind", QUEUES),
                "state": code("i.state", STATES),
                "effort": real("i.effort", null=True),
                "due_at": instant("i.due_at", null=True),
                "severity": whole("coalesce(i.severity, 0)"),
                "created_at": instant("i.created_at"),
            },
            "FROM backlog_item i LEFT JOIN backlog_queue q ON q.id = i.queue_id"
            f" WHERE i.product_id = %s AND {mine} ORDER BY i.id",
            [self.product_id, *params],
        )
        ours = np.isin(rows["id"], self.ids)
        self._now = {name: values[ours] for name, values in rows.items()}
        self.ids = self._now.pop("id")
        self._arrived = self._read_arrivals()
        kinds = dict(Queue.objects.filter(product_id=self.product_id).values_list("pk", "kind"))
        found: dict[str, list[tuple[int, int, Any]]] = {name: [] for name in _FIELDS}
        for each in log:
            row = self.row_of(each.item_id)
            if row is None or each.verb == "rating.entered":
                continue
            for name in _FIELDS:
                if name in each.fields:
                    before = _logged(name, each.fields[name][0], kinds)
                    found[name].append((row, each.at, before))
        self._edits = {name: edits(rows_, self._now[name].dtype) for name, rows_ in found.items()}

    def _named_before(self, log: Sequence[_Row]) -> list[Named]:
        """What segments items named before each change of them."""
        return [
            Named(row, each.at, each.change_id, tuple(pk["id"] for pk in before))
            for each in log
            if each.verb != "rating.entered"
            and isinstance(before := each.fields.get("segments", (None, None))[0], list)
            and (row := self.row_of(each.item_id)) is not None
        ]

    def _read_arrivals(self) -> Wholes:
        """When each item came in, where that was after ``since``; before all instants for the others."""
        found = np.full(len(self.ids), np.iinfo(np.int64).min)
        mine, params = _condition("item_id", self.ids)
        rows = columns.read(
            {"item": whole("item_id"), "at": instant("at")},
            f"FROM backlog_change WHERE product_id = %s AND at > %s AND verb IN (%s, %s) AND {mine}",
            [self.product_id, self.since, *MADE, *params],
        )
        if len(self.ids):
            row, ours = columns.places(self.ids, rows["item"])
            found[row[ours]] = rows["at"][ours]
        return found

    @cached_property
    def _ratings(self) -> tuple[Floats, Floats, Wholes]:
        """Today's levels, certainties and instants. All (N, criteria of any version)."""
        shape = (len(self.ids), len(self._criteria))
        levels, certainties = np.full(shape, np.nan), np.full(shape, np.nan)
        rated_at = np.zeros(shape, dtype=np.int64)
        mine, params = _condition("item_id", self.ids)
        rows = columns.read(
            {
                "item": whole("item_id"),
                "criterion": code("criterion", self._criteria),
                "sure": code("certainty", _SURE),
                "level": real("level"),
                "rated_at": instant("rated_at"),
            },
            f"FROM scoring_rating WHERE {mine}",
            params,
        )
        if not len(self.ids):
            return levels, certainties, rated_at
        row, ours = columns.places(self.ids, rows["item"])
        ours &= rows["criterion"] >= 0
        place = (row[ours], rows["criterion"][ours])
        levels[place] = rows["level"][ours]
        certainties[place] = np.array(_LEVELS)[rows["sure"][ours]]
        rated_at[place] = rows["rated_at"][ours]
        return levels, certainties, rated_at

    @cached_property
    def _rating_edits(self) -> dict[str, Array]:
        """Every change of a rating after ``since``, oldest first, and since when the one before stood.

        An import's first guesses have no line of their own: they came with the item.
        """
        pairs: list[tuple[int, int, int, float, float, int]] = []
        since = epoch_microseconds(self.since)
        known = set(self._criteria)
        item_ids = sorted(
            {
                each.item_id
                for each in self._log
                if not known.isdisjoint(each.fields) and self.row_of(each.item_id) is not None
            }
        )
        stood: dict[tuple[int, int], int] = {}
        came = Change.objects.filter(item_id__in=item_ids, verb__in=MADE)
        arrived = {pk: epoch_microseconds(at) for pk, at in came.values_list("item_id", "at")}
        for each in _log(Q(item_id__in=item_ids, verb__in=["rating.entered", "item.reimported"])):
            row = self.row_of(each.item_id)
            if row is None:
                continue
            for column, key in enumerate(self._criteria):
                if key not in each.fields:
                    continue
                before, after = each.fields[key]
                if not isinstance(before or after, dict):
                    continue  # a field of the item that is called like a criterion
                if each.at > since:
                    level = before["level"] if before else np.nan
                    sure = CERTAINTY[before["certainty"]] if before else np.nan
                    rated = stood.get((row, column), arrived.get(each.item_id, each.at))
                    pairs.append((row, column, each.at, level, sure, rated))
                stood[row, column] = each.at
        names = ("row", "column", "at", "level", "sure", "rated")
        made = list(zip(*pairs, strict=True)) or [()] * len(names)
        kinds = (np.int64, np.int64, np.int64, np.float64, np.float64, np.int64)
        return {
            name: np.array(values, dtype=kind)
            for name, values, kind in zip(names, made, kinds, strict=True)
        }

    @cached_property
    def _adjustments(self) -> dict[str, Array]:
        """Adjustments that ran after ``since``."""
        rows = list(
            Adjustment.objects.filter(product_id=self.product_id)
            .filter(Q(ended_at=None) | Q(ended_at__gt=self.since), expires_at__gt=self.since)
            .values_list("item_id", "points", "made_at", "expires_at", "ended_at")
        )
        mine = [each for each in rows if self.row_of(each[0]) is not None]
        never = np.iinfo(np.int64).max
        return {
            "row": np.array([self.row_of(each[0]) for each in mine], dtype=np.int64),
            "points": np.array([each[1] for each in mine], dtype=np.float64),
            "made": np.array([epoch_microseconds(each[2]) for each in mine], dtype=np.int64),
            "expires": np.array([epoch_microseconds(each[3]) for each in mine], dtype=np.int64),
            "ended": np.array(
                [never if each[4] is None else epoch_microseconds(each[4]) for each in mine],
                dtype=np.int64,
            ),
        }

    # --- Unwinding ----------------------------------------------------------------------------------

    def _ratings_at(self, at: int) -> tuple[Floats, Floats, Wholes]:
        levels, sure, rated = self._ratings
        standing = rated <= at
        levels = np.where(standing, levels, np.nan)
        sure = np.where(standing, sure, np.nan)
        rated = rated.copy()
        edits = self._rating_edits
        later = np.flatnonzero(edits["at"] > at)
        pair = edits["row"][later] * max(1, len(self._criteria)) + edits["column"][later]
        _, first = np.unique(pair, return_index=True)
        chosen = later[first]
        place = (edits["row"][chosen], edits["column"][chosen])
        levels[place], sure[place] = edits["level"][chosen], edits["sure"][chosen]
        rated[place] = edits["rated"][chosen]
        return levels, sure, rated

    def _adjustments_running(self, at: datetime) -> Bools:
        instant_, rows = epoch_microseconds(at), self._adjustments
        return (
            (rows["made"] <= instant_) & (rows["expires"] > instant_) & (rows["ended"] > instant_)
        )

    def _adjusted_at(self, at: datetime) -> Floats:
        running = self._adjustments_running(at)
        rows = self._adjustments
        return exact_sums(rows["row"][running], rows["points"][running], len(self.ids))


@dataclass(frozen=True)
class _Row:
    """A line of the change log, as far as it is unwound. ``at``: microseconds since 1970."""

    change_id: int
    item_id: int
    at: int
    verb: str
    fields: Mapping[str, Any]


def of_items(product_id: int, since: datetime, item_ids: Iterable[int]) -> Past:
    """These items. Eleven queries, whatever their number; some more where items were merged since."""
    ids = np.unique(np.fromiter(item_ids, dtype=np.int64))
    log = _log(Q(item_id__in=ids.tolist(), at__gt=since)) if len(ids) else []
    return Past(product_id, since, ids, log)


def of_queue(product_id: int, since: datetime, kind: str) -> Past:
    """Every item that was ranked in a queue at some instant from ``since`` on. A dozen queries."""
    log = _log(Q(product_id=product_id, at__gt=since, item_id__isnull=False))
    moved = {each.item_id for each in log if {"queue", "state"} & each.fields.keys()}
    there = ItemSummary.objects.filter(product_id=product_id, queue_kind=kind, is_open=True)
    ids = np.unique(np.fromiter((*there.values_list("pk", flat=True), *moved), dtype=np.int64))
    return Past(product_id, since, ids, [each for each in log if _among(ids, each.item_id)])


def _condition(sql: str, ids: Wholes) -> tuple[str, list[object]]:
    return columns.among(sql, ids) if len(ids) else ("1 = 0", [])


def _among(ids: Wholes, item_id: int) -> bool:
    at = int(np.searchsorted(ids, item_id))
    return at < len(ids) and bool(ids[at] == item_id)


def _log(which: Q) -> list[_Row]:
    """Lines that change what a score is made from, oldest first. One query."""
    rows = (
        Change.objects.filter(which)
        .filter(Q(verb="rating.entered") | Q(verb__startswith="item."))
        .exclude(verb__in=MADE)
        .order_by("at", "id")
        .values_list("id", "item_id", "at", "verb", "fields")
    )
    return [
        _Row(pk, item_id or 0, epoch_microseconds(at), verb, fields)
        for pk, item_id, at, verb, fields in rows.iterator(chunk_size=5000)
    ]


def _logged(name: str, value: Any, kinds: Mapping[int, str]) -> Any:
    """A logged value as the arrays hold it."""
    if name == "queue":
        kind = kinds.get(value["id"]) if value else None
        return QUEUES.index(kind) if kind else -1
    if name == "state":
        return STATES.index(value)
    if name == "effort":
        return np.nan if value is None else float(value)
    if name == "severity":
        return int(value or 0)
    return columns.NEVER if value is None else epoch_microseconds(datetime.fromisoformat(value))
