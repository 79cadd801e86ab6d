"""What evidence counted for which items at an instant: their own signals, and those of the segments that they named.

The rule is that of ``scoring.jobs.inputs``, for any t: a signal counts that was recorded by t and was not withdrawn
then, for the item that it was about, else for every item that named its segment, with kind, magnitude and instant as
they were. Acts on signals stand in the change log and are taken back from today's rows, the newest first. A merge has
no line for each signal; which item held one then follows from where it was put last and the merges since (``merges``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from backlog.models import Change
from core import columns
from core.columns import Array, code, instant, real, whole
from scoring import engine, merges
from scoring.engine import (
    Evidence,
    days_since,
    epoch_microseconds,
    evidence_from_signals,
    kind_codes,
    with_segments,
)
from scoring.engine.arrays import Bools, Floats
from scoring.rubrics import Rubric
from scoring.unwinding import Edits, Wholes, edits, moment

#: Acts that change for what a signal counts, and with what.
PLACING = ("signal.attached", "signal.undone")
ACTS = (*PLACING, "signal.withdrawn", "signal.restored", "signal.corrected", "signal.reimported")
#: Acts that are told of one item in one answer.
TOLD = 500
#: Instead of the place of a signal: what a merge moves, what naming a segment brings.
_HELD, _NAMED = -1, -2


@dataclass(frozen=True)
class Named:
    """Segments that an item named before a change of them. ``row``: the item; ``at``: microseconds since 1970."""

    row: int
    at: int
    change_id: int
    before: tuple[int, ...]


@dataclass(frozen=True)
class Counting:
    """The signals as of an instant, in one order for all instants. All (S,).

    own: the row of the item that it counted for, −1 = none of ours. segment: the id of the segment whose items it
    counted for, 0 = none. kind: a place among the kinds, −1 = one that no rubric names. occurred_at: microseconds.
    """

    own: Wholes
    segment: Wholes
    kind: Wholes
    magnitude: Floats
    occurred_at: Wholes


@dataclass
class Told:
    """What an act did to an item's evidence: the kinds that it touched, and the segment that they came by, if any."""

    kinds: set[str]
    segment_id: int | None = None


@dataclass(frozen=True)
class _Act:
    change_id: int
    at: int
    signal_id: int
    fields: Mapping[str, Any]


class PastEvidence:
    """Evidence of items (``ids``, ascending) at any instant from ``since`` on. ``named``: oldest first.

    Nothing is read before it is asked for: then five queries, some more where items were merged since.
    """

    def __init__(
        self,
        product_id: int,
        since: datetime,
        ids: Wholes,
        kinds: Sequence[str],
        named: Sequence[Named],
    ) -> None:
        self._product_id = product_id
        self._since = since
        self._ids = ids
        self._kinds = list(kinds)
        self._named = named

    # --- As of an instant ---------------------------------------------------------------------------

    def counting(self, at: datetime | int) -> Counting:
        """What counted for what as of ``at`` (an instant, or microseconds since 1970)."""
        instant_ = at if isinstance(at, int) else epoch_microseconds(at)
        rows = {name: each.unwind(self._rows[name], instant_) for name, each in self._edits.items()}
        holder = rows["item"]
        if self._merges and len(holder):
            placed, moved = self._placed
            holder = self._merges.holders(
                holder, rows["origin"], moved.unwind(placed, instant_), instant_
            )
        counts = (self._rows["recorded_at"] <= instant_) & (rows["withdrawn"] == 0)
        if len(self._ids):
            row, ours = columns.places(self._ids, holder)
            own = np.where(counts & ours, row, -1)
        else:
            own = np.full(len(holder), -1)
        return Counting(
            own=own,
            segment=np.where(counts & (holder == 0), rows["segment"], 0),
            kind=rows["kind"],
            magnitude=rows["magnitude"],
            occurred_at=rows["occurred_at"],
        )

    def naming(self, at: datetime | int) -> tuple[Wholes, Wholes]:
        """Which items named which segments as of ``at``: rows and ids of segments, in the order of both."""
        instant_ = at if isinstance(at, int) else epoch_microseconds(at)
        row, segment = self._pairs
        back: dict[int, tuple[int, ...]] = {}
        for each in self._named:
            if each.at > instant_:
                back.setdefault(each.row, each.before)
        if back:
            stays = ~np.isin(row, list(back))
            again = [(mine, pk) for mine, before in back.items() for pk in before]
            then = np.array(again, dtype=np.int64).reshape(-1, 2)
            row = np.concatenate([row[stays], then[:, 0]])
            segment = np.concatenate([segment[stays], then[:, 1]])
        order = np.lexsort((segment, row))
        return row[order], segment[order]

    def evidence(self, at: datetime, rubric: Rubric, rows: Wholes) -> Evidence | None:
        """What ``rows`` (ascending) have, summed up for the engine."""
        place = np.full(len(self._ids) + 1, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        told = self.counting(at)
        own = self._summed(rubric, len(rows), place[told.own], told, at)
        row, segment = self.naming(at)
        mine = place[row]
        segment, mine = segment[mine >= 0], mine[mine >= 0]
        segments = np.unique(segment)
        if not len(segments):
            return own
        spot, there = columns.places(segments, told.segment)
        theirs = self._summed(rubric, len(segments), np.where(there, spot, -1), told, at)
        return with_segments(
            rubric, len(rows), own, theirs, mine, np.searchsorted(segments, segment)
        )

    def _summed(
        self, rubric: Rubric, count: int, owner: Wholes, told: Counting, at: datetime
    ) -> Evidence | None:
        kind = kind_codes(rubric, self._kinds)[told.kind]
        counts = np.flatnonzero((owner >= 0) & (kind >= 0))
        if not len(counts):
            return None
        return evidence_from_signals(
            rubric,
            count,
            owner[counts],
            kind[counts],
            told.magnitude[counts],
            days_since(at, told.occurred_at[counts]),
        )

    def plain(
        self, at: datetime
    ) -> tuple[dict[int, list[engine.Signal]], dict[int, list[list[engine.Signal]]]]:
        """The same as plain values by row: the items' own signals, and those of each segment, in the order of ids."""
        told = self.counting(at)
        own: dict[int, list[engine.Signal]] = {}
        of_segment: dict[int, list[engine.Signal]] = {}
        for place in np.flatnonzero((told.kind >= 0) & ((told.own >= 0) | (told.segment > 0))):
            row = int(told.own[place])
            rows = (
                own.setdefault(row, [])
                if row >= 0
                else of_segment.setdefault(int(told.segment[place]), [])
            )
            rows.append(
                engine.Signal(
                    self._kinds[told.kind[place]],
                    float(told.magnitude[place]),
                    moment(told.occurred_at[place]),
                )
            )
        theirs: dict[int, list[list[engine.Signal]]] = {}
        for row, segment in zip(*(each.tolist() for each in self.naming(at)), strict=True):
            if segment in of_segment:
                theirs.setdefault(row, []).append(of_segment[segment])
        return own, theirs

    # --- What happened ------------------------------------------------------------------------------

    def told(
        self, row: int, a: datetime, b: datetime, share_at: Callable[[int], float]
    ) -> tuple[dict[int, Told], dict[int, Told]]:
        """Acts after ``a`` and up to ``b`` that touched the evidence of the item ``row``: by the line of the log, and
        for signals that came in, by the signal.

        ``share_at``: what a segment's signals count, at an instant in microseconds. The newest 500 acts.
        """
        first, last = epoch_microseconds(a), epoch_microseconds(b)
        acts: dict[int, Told] = {}
        came: dict[int, Told] = {}
        known: dict[int, tuple[Counting, Bools]] = {}

        def seen(at: int) -> tuple[Counting, Bools]:
            if at not in known:
                now = self.counting(at)
                counts = now.own == row
                if share_at(at) > 0:
                    mine, segment = self.naming(at)
                    counts |= np.isin(now.segment, segment[mine == row])
                known[at] = now, counts
            return known[at]

        for at, change_id, place in self._happened(row, first, last):
            touched = self._touched(seen(at - 1), seen(at), place)
            if touched is not None:
                where = acts if change_id else came
                name = change_id or int(self._rows["id"][place])
                where.setdefault(name, Told(set())).kinds.update(touched.kinds)
                where[name].segment_id = touched.segment_id
        return acts, came

    def _happened(self, row: int, first: int, last: int) -> list[tuple[int, int, int]]:
        """Instant, line of the log (0: a signal came in), place of the signal, the newest first.

        ``_HELD``: any of the item's own; ``_NAMED``: any of its segments'.
        """
        found: list[tuple[int, int, int]] = []
        for act, place in zip(self._acts, self._act_places, strict=True):
            if place >= 0:
                found.append((act.at, act.change_id, place))
        found += [(each.at, each.change_id, _NAMED) for each in self._named if each.row == row]
        for merge in self._merges.found:
            found.append((merge.at, merge.change_id, _HELD))
            if merge.until is not None:
                found.append((merge.until, merge.undone_id, _HELD))
        recorded = self._rows["recorded_at"]
        found = [each for each in found if first < each[0] <= last]
        came = np.flatnonzero((recorded > first) & (recorded <= last))
        found += [(int(recorded[place]), 0, int(place)) for place in came]
        return sorted(found, reverse=True)[:TOLD]

    def _touched(
        self, before: tuple[Counting, Bools], after: tuple[Counting, Bools], place: int
    ) -> Told | None:
        """What differs for an item between two instants, of one signal or of any; None: nothing."""
        kinds: set[str] = set()
        segment: int | None = None
        if place >= 0:
            flipped = np.array([place])
        else:
            by_name = (before[0].own < 0) & (after[0].own < 0)
            way = by_name if place == _NAMED else ~by_name
            flipped = np.flatnonzero((before[1] != after[1]) & way)
        for now, counts in (before, after):
            chosen = flipped[counts[flipped]]
            kinds |= {self._kinds[each] for each in set(now.kind[chosen].tolist()) if each >= 0}
            by_segment = now.segment[chosen]
            if place >= 0 and len(by_segment) and by_segment[0]:
                segment = int(by_segment[0])
        return Told(kinds, segment) if kinds else None

    # --- Reading ------------------------------------------------------------------------------------

    @cached_property
    def _pairs(self) -> tuple[Wholes, Wholes]:
        """Which items name which segments today: rows, and ids of segments."""
        if not len(self._ids):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        mine, params = columns.among("item_id", self._ids)
        rows = columns.read(
            {"item": whole("item_id"), "segment": whole("segment_id")},
            f"FROM backlog_item_segments WHERE {mine}",
            params,
        )
        row, ours = columns.places(self._ids, rows["item"])
        return row[ours].astype(np.int64), rows["segment"][ours]

    @cached_property
    def _acts(self) -> list[_Act]:
        """What was done to the product's signals after ``since``, oldest first."""
        rows = Change.objects.filter(
            product_id=self._product_id, at__gt=self._since, subject_type="signal", verb__in=ACTS
        )
        return _read_acts(rows)

    @cached_property
    def _merges(self) -> merges.Merges:
        origins = {
            before["id"]
            for act in self._acts
            for name in ("item", "merged_from")
            if (before := act.fields.get(name, (None, None))[0])
        }
        return merges.since(self._product_id, self._since, origins)

    @cached_property
    def _rows(self) -> dict[str, Array]:
        """Signals that may have counted for one of the items, as they are today, in the order of their ids."""
        parts = []
        if len(self._ids):
            mine, params = columns.among("item_id", self._ids)
            parts.append(self._read(f"{mine} AND withdrawn_at IS NULL", params))
        segments = np.unique(
            np.concatenate(
                [
                    self._pairs[1],
                    np.array([pk for each in self._named for pk in each.before], dtype=np.int64),
                ]
            )
        )
        if len(segments):
            theirs, params = columns.among("segment_id", segments)
            loose = "item_id IS NULL AND withdrawn_at IS NULL"
            parts.append(self._read(f"{theirs} AND {loose}", params))
        touched = np.unique(np.array([act.signal_id for act in self._acts], dtype=np.int64))
        if len(touched):
            parts.append(self._read(*columns.among("id", touched)))
        if self._merges:
            others = np.array(sorted(self._merges.items), dtype=np.int64)
            for name in ("item_id", "merged_from_id"):
                parts.append(self._read(*columns.among(name, others)))
        parts = parts or [self._read("1 = 0", [])]
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        _, first = np.unique(found["id"], return_index=True)
        return {name: values[first] for name, values in found.items()}

    def _read(self, condition: str, params: list[object]) -> dict[str, Array]:
        return columns.read(
            {
                "id": whole("id"),
                "item": whole("coalesce(item_id, 0)"),
                "origin": whole("coalesce(merged_from_id, item_id, 0)"),
                "segment": whole("coalesce(segment_id, 0)"),
                "kind": code("kind", self._kinds),
                "magnitude": real("magnitude"),
                "occurred_at": instant("occurred_at"),
                "recorded_at": instant("recorded_at"),
                "withdrawn": whole("CASE WHEN withdrawn_at IS NULL THEN 0 ELSE 1 END"),
            },
            f"FROM scoring_signal WHERE {condition}",
            params,
        )

    @cached_property
    def _act_places(self) -> list[int]:
        """The place of each act's signal, −1 where it is gone."""
        if not len(self._rows["id"]):
            return [-1] * len(self._acts)
        wanted = np.array([act.signal_id for act in self._acts], dtype=np.int64)
        at, there = columns.places(self._rows["id"], wanted)
        return [int(each) for each in np.where(there, at, -1)]

    @cached_property
    def _edits(self) -> dict[str, Edits]:
        """What a signal was before each act after ``since``."""
        names = ("item", "origin", "segment", "kind", "magnitude", "occurred_at", "withdrawn")
        found: dict[str, list[tuple[int, int, Any]]] = {name: [] for name in names}
        codes = {kind: place for place, kind in enumerate(self._kinds)}
        for act, place in zip(self._acts, self._act_places, strict=True):
            if place < 0:
                continue
            before = {name: values[0] for name, values in act.fields.items()}
            then: dict[str, Any] = {name: before[name] for name in ("magnitude",) if name in before}
            if "item" in before:
                then["item"] = _pk(before["item"])
                then["origin"] = _pk(before.get("merged_from")) or then["item"]
            if "segment" in before:
                then["segment"] = _pk(before["segment"])
            if "kind" in before:
                then["kind"] = codes.get(before["kind"], -1)
            if "occurred_at" in before:
                then["occurred_at"] = epoch_microseconds(
                    datetime.fromisoformat(before["occurred_at"])
                )
            if "withdrawn_at" in before:
                then["withdrawn"] = int(before["withdrawn_at"] is not None)
            for name, value in then.items():
                found[name].append((place, act.at, value))
        return {name: edits(rows, self._rows[name].dtype) for name, rows in found.items()}

    @cached_property
    def _placed(self) -> tuple[Wholes, Edits]:
        """When each signal was put where it was last: recorded, or attached by hand. Asked where items were merged.

        An undo puts it back to where it had been put before, and so to that instant. A query a thousand signals.
        """
        now = self._rows["recorded_at"].copy()
        moved: list[tuple[int, int, int]] = []
        wanted = np.isin(self._rows["origin"], list(self._merges.items))
        wanted[[place for place in self._act_places if place >= 0]] = True
        ids = self._rows["id"][wanted]
        if len(ids):
            at, since = np.flatnonzero(wanted), epoch_microseconds(self._since)
            places = dict(zip(ids.tolist(), at.tolist(), strict=True))
            put: dict[int, dict[int, int]] = {}
            for start in range(0, len(ids), 1000):
                rows = Change.objects.filter(
                    subject_type="signal",
                    subject_id__in=ids[start : start + 1000].tolist(),
                    verb__in=PLACING,
                )
                for act in _read_acts(rows):
                    if "item" not in act.fields:
                        continue
                    place = places[act.signal_id]
                    was, is_ = (
                        _pk(act.fields.get("merged_from", (None, None))[end])
                        or _pk(act.fields["item"][end])
                        for end in (0, 1)
                    )
                    own = put.setdefault(place, {was: int(now[place])})
                    if act.at > since:
                        moved.append((place, act.at, int(now[place])))
                    back = _pk(act.fields.get("merged_from", (None, None))[1])
                    now[place] = own.get(is_, act.at) if back else act.at
                    own[is_] = int(now[place])
        return now, edits(sorted(moved, key=lambda each: each[1]), np.int64)


def _read_acts(rows: Any) -> list[_Act]:
    return [
        _Act(pk, epoch_microseconds(at), subject, fields)
        for pk, at, subject, fields in rows.order_by("at", "id")
        .values_list("id", "at", "subject_id", "fields")
        .iterator(chunk_size=5000)
    ]


def _pk(said: Any) -> int:
    return int(said["id"]) if said else 0
