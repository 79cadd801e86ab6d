"""Scores brought up to date: one item inside a request, many in the background, all of them by night.

State lives in ``ItemSummary.stale_since``: who changes an input sets it, who rescores clears the mark it saw. A killed
worker leaves marks behind, and the next sweep goes on; of two at once, each item is written, kept and logged by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Item, ItemSummary
from backlog.services import changes, summaries
from backlog.vocabulary import QueueKind
from core import columns, keyset
from core.days import day_of
from core.inserting import insert_columns
from core.queueing import enqueue_on_commit
from scoring.current import rubric_in_force
from scoring.engine import BAND_NONE, BANDS, Scores, epoch_microseconds, score
from scoring.engine.arrays import Floats
from scoring.jobs.inputs import Batch, read
from scoring.models import Adjustment, Snapshot
from scoring.rubrics import PILLARS, Rubric
from scoring.staleness import staleness

Places = npt.NDArray[np.intp]
_MARKED = [f"{ItemSummary._meta.db_table}.{name}" for name in ("stale_since", "item_id")]

#: Items a transaction: their rows stay locked for some tenths of a second.
CHUNK = 10_000
#: As many are rescored inside the request that changed them; more wait for the background.
INLINE_LIMIT = 20
#: A priority that moved by this many points since the last kept snapshot is kept (scoring.md 4).
KEPT_STEP = 0.5
SAME = 1e-9
_BAND_NAMES = np.array([BANDS[each].encode() for each in sorted(BANDS)])
#: What is missing, by the bits of ``Scores.missing``.
_MISSING = np.array(
    [
        ",".join(name for bit, name in enumerate(PILLARS) if bits >> bit & 1).encode()
        for bits in range(1 << len(PILLARS))
    ]
)


def on_inputs_changed(
    *, product_id: int, item_ids: Sequence[int], now: datetime | None = None
) -> None:
    """Listens to ``item.inputs_changed``, inside its transaction; scores at the instant of the change."""
    if len(item_ids) <= INLINE_LIMIT:
        rescore_items(product_id=product_id, item_ids=item_ids, now=now)
    else:
        enqueue_on_commit("scoring.sweep", {})


def rescore_items(
    *,
    product_id: int,
    item_ids: Sequence[int],
    now: datetime | None = None,
    keep: bool = True,
) -> int:
    """Score these items at ``now`` and write what changed; returns rows written. One transaction.

    ``keep``: False leaves the history to ``keep_scores``, which costs as much as the scores themselves.
    """
    now = now or timezone.now()
    number, rubric = rubric_in_force(product_id)
    with transaction.atomic(savepoint=False):
        batch = read(rubric, product_id, item_ids, now)
        if batch is None:
            summaries.clear_scores(product_id, item_ids)
            return 0
        scores = score(rubric, batch.inputs)
        written = _write(product_id, number, rubric, batch, scores, now, keep=keep)
        if len(batch.item_ids) < len(item_ids):
            summaries.clear_scores(product_id, item_ids)
    return written


def keep_scores(
    *, product_id: int, number: int, rubric: Rubric, item_ids: Sequence[int], at: datetime
) -> None:
    """Keep, as history, the scores that these items were given at ``at`` under this version and still have.

    An item that was scored again since has kept its newer score then. Idempotent. One transaction.
    """
    with transaction.atomic(savepoint=False):
        batch = read(rubric, product_id, item_ids, at)
        if batch is None:
            return
        scores = score(rubric, batch.inputs)
        stands = (batch.scored_at == epoch_microseconds(at)) & (batch.old_version == number)
        stands &= (scores.priority == batch.old_priority) | (
            np.isnan(scores.priority) & np.isnan(batch.old_priority)
        )
        _keep_snapshots(product_id, number, batch, scores, np.flatnonzero(stands), at)


def rescore_stale(*, now: datetime | None = None, limit: int = 1_000_000) -> int:
    """Rescore what is marked stale, a chunk a transaction, oldest first; returns items looked at."""
    done = 0
    marked = ItemSummary.objects.filter(stale_since__isnull=False).order_by(
        "stale_since", "item_id"
    )
    behind = marked
    while done < limit:
        rows = list(behind.values_list("product_id", "item_id", "stale_since")[:CHUNK])
        if not rows:
            return done
        for product_id in sorted({row[0] for row in rows}):
            ids = [row[1] for row in rows if row[0] == product_id]
            rescore_items(product_id=product_id, item_ids=ids, now=now)
        done += len(rows)
        # onward from here: a mark that cannot be cleared must not hold up the others for ever
        behind = keyset.after(marked, _MARKED, [rows[-1][2], rows[-1][1]])
    return done


def rescore_open(*, kinds: Sequence[str] = QueueKind.values, now: datetime | None = None) -> int:
    """Rescore every open item of these queues, since time itself moves urgency, evidence and confidence."""
    done = 0
    for product_id in Product.objects.order_by("pk").values_list("pk", flat=True):
        last = 0
        while True:
            ids = list(
                ItemSummary.objects.filter(
                    product_id=product_id, is_open=True, queue_kind__in=kinds, item_id__gt=last
                )
                .order_by("item_id")
                .values_list("item_id", flat=True)[:CHUNK]
            )
            if not ids:
                break
            rescore_items(product_id=product_id, item_ids=ids, now=now)
            done += len(ids)
            last = ids[-1]
    return done


def mark_expired(*, now: datetime | None = None) -> int:
    """Mark items whose adjustments ran out since they were scored; returns how many."""
    now = now or timezone.now()
    expired = Adjustment.objects.filter(ended_at__isnull=True, expires_at__lte=now)
    ids = list(expired.values_list("item_id", flat=True).distinct()[:10_000])
    with transaction.atomic():
        summaries.mark_stale(ids, now)
        expired.filter(item_id__in=ids).update(ended_at=now)
    return len(ids)


def _write(
    product_id: int,
    number: int,
    rubric: Rubric,
    batch: Batch,
    scores: Scores,
    now: datetime,
    *,
    keep: bool,
) -> int:
    severity = batch.inputs.severity
    unscored = np.where(severity > 0, severity, summaries.NO_SEVERITY)
    order = np.where(scores.scored, -scores.priority, unscored)
    same = np.abs(scores.priority - batch.old_priority) <= SAME
    same |= np.isnan(scores.priority) & np.isnan(batch.old_priority)
    same &= scores.band == batch.old_band
    same &= (number == batch.old_version) & (order == batch.old_order)
    at = np.flatnonzero(~same | (batch.stale_since != columns.NEVER))
    rows = np.zeros(len(at), dtype=summaries.SCORE_ROW)
    rows["item_id"] = batch.item_ids[at]
    rows["seen"] = batch.stale_since[at]
    rows["seen_scored_at"] = batch.scored_at[at]
    rows["order_score"] = order[at]
    rows["priority"] = scores.priority[at]
    for place, name in enumerate(summaries.PARTS):
        rows[name] = scores.parts[at, place]
    rows["confidence"] = scores.confidence[at]
    rows["band"] = _BAND_NAMES[scores.band[at] - BAND_NONE]
    rows["band_by_policy"] = scores.by_policy[at]
    rows["effort_assumed"] = scores.effort_assumed[at]
    rows["missing"] = _MISSING[scores.missing[at]]
    _age(rows, batch, scores, rubric, now, at)
    written = summaries.write_scores(rows, rubric_version=number, scored_at=now)
    changed = np.flatnonzero(~same & np.isin(batch.item_ids, written))
    if keep:
        _keep_snapshots(product_id, number, batch, scores, changed, now)
    _log_bands(product_id, batch, scores, changed, now)
    return len(written)


def _age(
    rows: npt.NDArray[np.void],
    batch: Batch,
    scores: Scores,
    rubric: Rubric,
    now: datetime,
    at: Places,
) -> None:
    """When what each score rests on goes stale, and what ageing costs it."""
    found = staleness(rubric, batch.inputs, scores)
    today = day_of(now)
    rows["ratings_stale_day"] = today + found.ratings_left[at]
    rows["evidence_stale_day"] = today + found.evidence_left[at]
    rows["age_cost"] = found.age_cost[at]


def _keep_snapshots(
    product_id: int, number: int, batch: Batch, scores: Scores, changed: Places, now: datetime
) -> None:
    """Keep what changed its rubric or band, or moved by half a point since the last one kept."""
    at = changed[~_near_last_kept(number, batch, scores, changed)]
    if not len(at):
        return
    priorities = _plain(scores.priority[at])
    parts = scores.parts[at].tolist()
    insert_columns(
        Snapshot,
        {
            "product_id": [product_id] * len(at),
            "item_id": batch.item_ids[at].tolist(),
            "at": [now] * len(at),
            "rubric_version": [number] * len(at),
            "priority": priorities,
            "band": [BANDS[band] for band in scores.band[at].tolist()],
            "parts": [
                None if priority is None else own
                for priority, own in zip(priorities, parts, strict=True)
            ],
            "state": _states(batch, scores, at),
        },
    )


def _near_last_kept(
    number: int, batch: Batch, scores: Scores, changed: Places
) -> npt.NDArray[np.bool_]:
    """Whether the newest kept score of each says much the same. Two queries, whatever the length of histories."""
    near = np.zeros(len(changed), dtype=np.bool_)
    if not len(changed):
        return near
    ids = batch.item_ids[changed]
    of_items, params = columns.among("i.item_id", ids)
    newest = columns.read(
        {
            "item": columns.whole("i.item_id"),
            "snapshot": columns.whole(
                "coalesce((SELECT n.id FROM scoring_snapshot n WHERE n.item_id = i.item_id"
                " ORDER BY n.at DESC, n.id DESC LIMIT 1), 0)"
            ),
        },
        f"FROM backlog_itemsummary i WHERE {of_items}",
        params,
    )
    snapshots = np.unique(newest["snapshot"][newest["snapshot"] > 0])
    if not len(snapshots):
        return near
    of_snapshots, params = columns.among("id", snapshots)
    kept = columns.read(
        {
            "id": columns.whole("id"),
            "item": columns.whole("item_id"),
            "version": columns.whole("rubric_version"),
            "band": columns.code("band", [BANDS[each] for each in sorted(BANDS)]),
            "priority": columns.real("priority", null=True),
        },
        f"FROM scoring_snapshot WHERE {of_snapshots}",
        params,
    )
    _, is_newest = columns.places(snapshots, kept["id"])
    place, ours = columns.places(ids, kept["item"])
    ours &= is_newest
    place = place[ours]
    before, now = kept["priority"][ours], scores.priority[changed][place]
    near[place] = (np.abs(before - now) < KEPT_STEP) | (np.isnan(before) & np.isnan(now))
    near[place] &= kept["band"][ours] + BAND_NONE == scores.band[changed][place]
    near[place] &= kept["version"][ours] == number
    return near


def _states(batch: Batch, scores: Scores, at: Places) -> list[dict[str, Any]]:
    """What each score was made from (see ``Snapshot``)."""
    inputs = batch.inputs
    columns_of = {
        "queue": inputs.queue[at].tolist(),
        "effort": _plain(inputs.effort[at]),
        "due_in_days": _plain(inputs.due_in_days[at]),
        "severity": inputs.severity[at].tolist(),
        "adjustment": inputs.adjustment[at].tolist(),
        "levels": _plain(inputs.levels[at]),
        "certainty": _plain(inputs.certainty[at]),
        "rated_age_days": _plain(inputs.rated_age_days[at]),
        "confidence": scores.confidence[at].tolist(),
    }
    states = [
        dict(zip(columns_of, row, strict=True)) for row in zip(*columns_of.values(), strict=True)
    ]
    if inputs.evidence is not None:
        newest = inputs.evidence.newest_age_days[at]
        sums, ages = inputs.evidence.decayed_sum[at].tolist(), _plain(newest)
        for place in np.flatnonzero(~np.isnan(newest).all(axis=1)).tolist():
            states[place]["decayed_sum"] = sums[place]
            states[place]["newest_age_days"] = ages[place]
    return states


def _plain(values: Floats) -> list[Any]:
    """Python values, in lists where there are rows; NaN is None."""
    plain = values.astype(object)
    plain[np.isnan(values)] = None
    return list(plain.tolist())


def _log_bands(
    product_id: int, batch: Batch, scores: Scores, changed: Places, now: datetime
) -> None:
    """A change row where the band of an item that had one changed; digests read it."""
    had = batch.old_band[changed] > BAND_NONE
    at = changed[had & (batch.old_band[changed] != scores.band[changed])]
    if not len(at):
        return
    product = Product.objects.get(pk=product_id)
    items = Item.objects.only("version").in_bulk(batch.item_ids[at].tolist())
    before, after = batch.old_band[at].tolist(), scores.band[at].tolist()
    entries = [
        changes.Entry("band.changed", items[pk], items[pk], {"band": (BANDS[old], BANDS[new])})
        for pk, old, new in zip(batch.item_ids[at].tolist(), before, after, strict=True)
    ]
    changes.record(actor=Actor.system(), product=product, entries=entries, now=now)


def thin_snapshots(*, now: datetime | None = None) -> int:
    """Snapshots older than 90 days: one a week and item is kept, the last of it. Returns rows removed."""
    now = now or timezone.now()
    old = (
        Snapshot.objects.filter(at__lt=now - timedelta(days=90))
        .order_by("item_id", "-at", "-pk")
        .values_list("pk", "item_id", "at")
    )
    seen: set[tuple[int, int, int]] = set()
    surplus: list[int] = []
    for pk, item_id, at in old.iterator(chunk_size=5000):
        year, week, _ = at.isocalendar()
        if (item_id, year, week) in seen:
            surplus.append(pk)
        seen.add((item_id, year, week))
    for start in range(0, len(surplus), 1000):
        Snapshot.objects.filter(pk__in=surplus[start : start + 1000]).delete()
    return len(surplus)
