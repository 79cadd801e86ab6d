"""Reading what scores are made from, set-based, into the engine's arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from core import columns
from core.columns import both, code, instant, real, whole
from scoring.engine import (
    BANDS,
    Evidence,
    Inputs,
    days_since,
    evidence_from_signals,
    exact_sums,
    kind_codes,
    with_segments,
)
from scoring.engine.arrays import Floats
from scoring.rubrics import CERTAINTY, QUEUES, Rubric

Wholes = npt.NDArray[np.int64]
#: Names of bands in the order of their codes.
_BANDS = [BANDS[each] for each in sorted(BANDS)]


@dataclass(frozen=True)
class Batch:
    """N items in the order of their ids, with the engine's arrays.

    item_ids: (N,) int64. stale_since, scored_at: (N,) int64, what the summary said when the inputs were read, in
    microseconds since 1970 (``columns.NEVER`` = not stale, not scored). old_priority, old_order: (N,) float64, NaN =
    none. old_band: (N,) int64, a code of ``BANDS``. old_version: (N,) int64, 0 = none. due, created: (N,) int64 as
    ``scored_at``; with the id they decide between equal priorities.
    """

    item_ids: Wholes
    inputs: Inputs
    stale_since: Wholes
    scored_at: Wholes
    old_priority: Floats
    old_band: Wholes
    old_version: Wholes
    old_order: Floats
    due: Wholes
    created: Wholes


def read(rubric: Rubric, product_id: int, item_ids: Sequence[int], at: datetime) -> Batch | None:
    """Items that have a queue among ``item_ids``, with ratings, signals and adjustments. Five queries, six
    where evidence about segments counts.

    None when there is nothing to score.
    """
    found = read_for([rubric], product_id, item_ids, at)
    return found[0] if found else None


def read_for(
    rubrics: Sequence[Rubric], product_id: int, item_ids: Sequence[int] | Wholes, at: datetime
) -> list[Batch]:
    """The same for several rubrics at once, from the same rows: the criteria of each, what its rules say of evidence.

    As many queries, however many rubrics. Empty when there is nothing to score.
    """
    if not len(item_ids):
        return []
    wanted = np.unique(np.asarray(item_ids, dtype=np.int64))
    mine, params = columns.among("i.id", wanted)
    summarised, _ = columns.among(
        "s.item_id", wanted
    )  # or the database would read every summary to join it
    rows = columns.read(
        {
            "id": whole("i.id"),
            "queue": code("q.kind", QUEUES),
            "effort": real("i.effort", null=True),
            "due": instant("i.due_at", null=True),
            "severity": whole("coalesce(i.severity, 0)"),
            "stale_since": instant("s.stale_since", null=True),
            "scored_at": instant("s.scored_at", null=True),
            "priority": real("s.priority", null=True),
            "band": code("s.band", _BANDS),
            "version": whole("coalesce(s.rubric_version, 0)"),
            "order": real("s.order_score"),
            "created": instant("i.created_at"),
        },
        "FROM backlog_item i JOIN backlog_queue q ON q.id = i.queue_id"
        f" JOIN backlog_itemsummary s ON s.item_id = i.id WHERE i.product_id = %s AND {mine}"
        f" AND {summarised} ORDER BY i.id",
        [product_id, *params, *params],
    )
    _, ours = columns.places(wanted, rows["id"])
    rows = {name: values[ours] for name, values in rows.items()}
    ids = rows["id"]
    if not len(ids):
        return []
    due = np.where(rows["due"] == columns.NEVER, 0, rows["due"])
    adjustment = _adjustments(ids, at)
    return [
        Batch(
            item_ids=ids,
            inputs=Inputs(
                queue=rows["queue"].astype(np.int8),
                levels=levels,
                certainty=certainty,
                rated_age_days=ages,
                evidence=evidence,
                effort=rows["effort"],
                due_in_days=np.where(rows["due"] == columns.NEVER, np.nan, -days_since(at, due)),
                adjustment=adjustment,
                severity=rows["severity"],
            ),
            stale_since=rows["stale_since"],
            scored_at=rows["scored_at"],
            old_priority=rows["priority"],
            old_band=rows["band"] + min(BANDS),
            old_version=rows["version"],
            old_order=rows["order"],
            due=rows["due"],
            created=rows["created"],
        )
        for (levels, certainty, ages), evidence in zip(
            _ratings(rubrics, ids, at), _evidence(rubrics, ids, at), strict=True
        )
    ]


def _ratings(
    rubrics: Sequence[Rubric], ids: Wholes, at: datetime
) -> list[tuple[Floats, Floats, Floats]]:
    known = list(dict.fromkeys(key for rubric in rubrics for key in rubric.criterion_index))
    shape = (len(ids), len(known))
    levels, certainty, ages = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    of_items, params = columns.among("item_id", ids)
    rows = columns.read(
        {
            "item": whole("item_id"),
            "said": both(
                code("criterion", known),
                code("certainty", list(CERTAINTY)),
                len(CERTAINTY),
            ),
            "level": real("level"),
            "rated_at": instant("rated_at"),
        },
        f"FROM scoring_rating WHERE {of_items}",
        params,
    )
    row, ours = columns.places(ids, rows["item"])
    criterion, sure = columns.apart(rows["said"], len(CERTAINTY))
    ours &= criterion >= 0  # an earlier rubric may have had others
    place = (row[ours], criterion[ours])
    levels[place] = rows["level"][ours]
    certainty[place] = np.array(list(CERTAINTY.values()))[sure[ours]]
    ages[place] = days_since(at, rows["rated_at"][ours])
    found = []
    for rubric in rubrics:
        own = list(rubric.criterion_index)
        if own == known:
            found.append((levels, certainty, ages))
        else:
            mine = [known.index(key) for key in own]
            found.append((levels[:, mine], certainty[:, mine], ages[:, mine]))
    return found


def _evidence(rubrics: Sequence[Rubric], ids: Wholes, at: datetime) -> list[Evidence | None]:
    """What counts for the items: their own signals, and those of their segments that are about no item yet."""
    own = _signals(rubrics, "item_id", ids, at, "")
    item, segment = _segments(ids)
    if not len(item):
        return own
    segments = np.unique(segment)
    theirs = _signals(rubrics, "segment_id", segments, at, " AND item_id IS NULL")
    place = np.searchsorted(segments, segment)
    return [
        with_segments(rubric, len(ids), mine, each, item, place)
        for rubric, mine, each in zip(rubrics, own, theirs, strict=True)
    ]


def _segments(ids: Wholes) -> tuple[npt.NDArray[np.intp], Wholes]:
    """Which items name which segments that have evidence of their own: places in ``ids``, ids of segments."""
    of_items, params = columns.among("m.item_id", ids)
    evidence = (
        "SELECT 1 FROM scoring_signal s"
        " WHERE s.segment_id = m.segment_id AND s.item_id IS NULL AND s.withdrawn_at IS NULL"
    )
    rows = columns.read(
        {"item": whole("m.item_id"), "segment": whole("m.segment_id")},
        f"FROM backlog_item_segments m WHERE {of_items} AND EXISTS ({evidence})",
        params,
    )
    row, ours = columns.places(ids, rows["item"])
    return row[ours], rows["segment"][ours]


def _signals(
    rubrics: Sequence[Rubric], column: str, ids: Wholes, at: datetime, condition: str
) -> list[Evidence | None]:
    """The signals that are not withdrawn, summed up by what ``column`` says they belong to; None without any."""
    known = sorted({kind for rubric in rubrics for kind in rubric.signal_kinds})
    wanted, params = columns.among(column, ids)
    rows = columns.read(
        {
            "owner": whole(column),
            "kind": code("kind", known),
            "magnitude": real("magnitude"),
            "occurred_at": instant("occurred_at"),
        },
        f"FROM scoring_signal WHERE {wanted} AND withdrawn_at IS NULL{condition}",
        params,
    )
    row, ours = columns.places(ids, rows["owner"])
    ours &= rows["kind"] >= 0
    if not ours.any():
        return [None] * len(rubrics)
    row, kind, magnitude = row[ours], rows["kind"][ours], rows["magnitude"][ours]
    age = days_since(at, rows["occurred_at"][ours])
    found: list[Evidence | None] = []
    for rubric in rubrics:
        if found and _same_rules(rubric, rubrics[0]):
            found.append(found[0])
            continue
        codes = kind_codes(rubric, known)[kind]
        found.append(evidence_from_signals(rubric, len(ids), row, codes, magnitude, age))
    return found


def _same_rules(first: Rubric, second: Rubric) -> bool:
    return [(each.key, each.evidence) for each in first.criteria] == [
        (each.key, each.evidence) for each in second.criteria
    ]


def _adjustments(ids: Wholes, at: datetime) -> Floats:
    """Sums of the running ones, exact whatever their order."""
    of_items, params = columns.among("item_id", ids)
    rows = columns.read(
        {"item": whole("item_id"), "points": real("points")},
        f"FROM scoring_adjustment WHERE {of_items} AND expires_at > %s AND ended_at IS NULL",
        [*params, at],
    )
    row, ours = columns.places(ids, rows["item"])
    return exact_sums(row[ours], rows["points"][ours], len(ids))
