"""The only writer of :class:`backlog.models.ItemSummary`. Never touches an item's version or updated_at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.utils import timezone

from backlog.models import Item, ItemSummary, RankRange
from backlog.vocabulary import OPEN_STATES
from core import columns
from core.inserting import insert
from core.updating import update

#: Stands for "no due instant" in the order, so that a keyset never meets a NULL.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
NO_SEVERITY = 9
#: Up to so many scores go as arrays of the statement; making a table for them would cost more.
FEW = 100

PARTS = (
    *("value_part", "impact_part", "risk_part", "confidence_part"),
    *("effort_part", "urgency_part", "adjustment_part", "clipping_part"),
)
#: When what a score rests on goes stale, in days since 1970, and what ageing has cost it in points.
AGEING = ("ratings_stale_day", "evidence_stale_day", "age_cost")
#: A score as it is handed over; NaN stands for NULL. ``seen`` and ``seen_scored_at``: the stale mark and the instant of
#: the score that stood there when the inputs were read, in microseconds since 1970, or ``columns.NEVER``.
SCORE_ROW = np.dtype(
    [
        ("item_id", np.int64),
        ("seen", np.int64),
        ("seen_scored_at", np.int64),
        ("order_score", np.float64),
        ("priority", np.float64),
        *((name, np.float64) for name in PARTS),
        ("confidence", np.float64),
        ("band", "S8"),
        ("band_by_policy", np.bool_),
        ("effort_assumed", np.bool_),
        ("missing", "S32"),
        *((name, np.float64) for name in AGEING),
    ]
)
_WRITTEN = (SCORE_ROW.names or ())[3:]


def copied(item: Item) -> dict[str, Any]:
    """The columns that repeat what stands on the item. Needs ``item.queue`` loaded."""
    return {
        "queue_kind": item.queue.kind if item.queue else "",
        "state": item.state,
        "is_open": item.state in OPEN_STATES,
        "due_order": item.due_at or NEVER,
        "created_at": item.created_at,
    }


def unscored_order(item: Item) -> float:
    """Where an unscored item stands: after every scored one of its queue, the severest first."""
    return float((item.queue_id and item.severity) or NO_SEVERITY)


def create_for(items: Sequence[Item], now: datetime) -> None:
    """Summary rows of new items; those that have a queue are marked stale, so that they get scored."""
    insert(
        [
            ItemSummary(
                item=item,
                product_id=item.product_id,
                order_score=unscored_order(item),
                stale_since=now if item.queue_id else None,
                **copied(item),
            )
            for item in items
        ]
    )


def follow(items: Sequence[Item], *, stale: Sequence[int], now: datetime) -> None:
    """Copy the items' columns again after an edit, and mark those of them as stale whose inputs it changed."""
    if len(items) == 1:
        mark = {"stale_since": now} if stale else {}
        ItemSummary.objects.filter(pk=items[0].pk).update(**copied(items[0]), **mark)
        return
    rows = [ItemSummary(item_id=item.pk, **copied(item)) for item in items]
    update(rows, ["queue_kind", "state", "is_open", "due_order", "created_at"])
    mark_stale(stale, now)


def mark_stale(item_ids: Sequence[int], now: datetime | None = None) -> None:
    """Say that the inputs of these items' scores changed; whoever rescores clears the mark it saw."""
    now = now or timezone.now()
    for start in range(0, len(item_ids), 5000):
        ItemSummary.objects.filter(pk__in=item_ids[start : start + 5000]).update(stale_since=now)


def write_scores(
    rows: npt.NDArray[np.void], *, rubric_version: int, scored_at: datetime
) -> npt.NDArray[np.int64]:
    """Write scores given as ``SCORE_ROW``s in order of id, and clear their stale marks. Returns the ids written.

    One set-based UPDATE on PostgreSQL, a prepared one on SQLite. A row is left alone where mark or score are not those
    that were seen when the inputs were read: whoever changed an input meanwhile has set the mark, and kept it for the
    next run or scored the item already, from newer inputs than these.
    """
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return _update_by_join(cursor, rows, rubric_version, scored_at)
        return _update_each(cursor, rows, rubric_version, scored_at)


def _update_by_join(
    cursor: Any, rows: npt.NDArray[np.void], rubric_version: int, scored_at: datetime
) -> npt.NDArray[np.int64]:
    form = {"f": "nullif(new.{0}, 'NaN')", "S": "rtrim(new.{0})", "b": "new.{0}"}
    sets = ", ".join(f"{name} = {form[SCORE_ROW[name].kind].format(name)}" for name in _WRITTEN)
    values: list[object] = []
    if len(rows) > FEW:
        columns.fill(cursor, "new_scores", rows)
        source = "new_scores"
    else:
        types = {"i": "bigint", "f": "double precision", "b": "boolean", "S": "text"}
        unnested = [
            f"unnest(%s::{types[SCORE_ROW[name].kind]}[]) AS {name}"
            for name in SCORE_ROW.names or ()
        ]
        source = f"(SELECT {', '.join(unnested)})"
        values = [_plain(rows[name]) for name in SCORE_ROW.names or ()]
    table = ItemSummary._meta.db_table
    # said of the table too, or the database would read all of it to join it
    mine, ids = columns.among("old.item_id", rows["item_id"])
    since = f"coalesce((extract(epoch FROM old.{{}}) * 1000000)::bigint, {columns.NEVER})"
    cursor.execute(
        f"UPDATE {table} AS old SET {sets}, rubric_version = %s, scored_at = %s, stale_since = NULL"  # noqa: S608
        f" FROM {source} AS new WHERE old.item_id = new.item_id AND {mine}"
        f" AND {since.format('stale_since')} = new.seen AND {since.format('scored_at')} = new.seen_scored_at"
        " RETURNING old.item_id",
        [rubric_version, scored_at, *values, *ids],
    )
    written = np.array([row[0] for row in cursor.fetchall()], dtype=np.int64)
    if len(rows) > FEW:
        cursor.execute("DROP TABLE new_scores")
    return written


def _update_each(
    cursor: Any, rows: npt.NDArray[np.void], rubric_version: int, scored_at: datetime
) -> npt.NDArray[np.int64]:
    sets = ", ".join(f"{name} = %s" for name in _WRITTEN)
    at = connection.ops.adapt_datetimefield_value(scored_at)
    same = [[value] * len(rows) for value in (rubric_version, at)]
    values = zip(
        *(_plain(rows[name]) for name in _WRITTEN),
        *same,
        _plain(rows["item_id"]),
        *(_instants(rows[name]) for name in ("seen", "seen_scored_at")),
        strict=True,
    )
    table = ItemSummary._meta.db_table
    cursor.executemany(
        f"UPDATE {table} SET {sets}, rubric_version = %s, scored_at = %s, stale_since = NULL"  # noqa: S608
        " WHERE item_id = %s AND stale_since IS %s AND scored_at IS %s",
        list(values),
    )
    if cursor.rowcount == len(rows):
        return rows["item_id"].copy()
    mine, ids = columns.among("item_id", rows["item_id"])
    cursor.execute(
        f"SELECT item_id FROM {table} WHERE {mine} AND scored_at = %s",  # noqa: S608
        [*ids, at],
    )
    return np.intersect1d(rows["item_id"], [row[0] for row in cursor.fetchall()])


def _instants(values: npt.NDArray[np.int64]) -> list[Any]:
    """Microseconds since 1970 as SQLite holds instants; None for ``NEVER``."""
    adapt, origin = connection.ops.adapt_datetimefield_value, datetime.fromtimestamp(0, UTC)
    return [
        None if value == columns.NEVER else adapt(origin + timedelta(microseconds=value))
        for value in values.tolist()
    ]


def _plain(values: npt.NDArray[Any]) -> list[Any]:
    """Python values; NaN is None."""
    if values.dtype.kind == "S":
        return [each.decode() for each in values.tolist()]
    if values.dtype.kind == "f":
        return [None if each != each else each for each in values.tolist()]
    return list(values.tolist())


def clear_scores(product_id: int, item_ids: Sequence[int]) -> None:
    """Items without a queue have no score: take the mark off, and a score that an undo has left behind."""
    ItemSummary.objects.filter(product_id=product_id, pk__in=item_ids, queue_kind="").update(
        **dict.fromkeys(("priority", "confidence", *PARTS, *AGEING)),
        order_score=NO_SEVERITY,
        band="",
        band_by_policy=False,
        missing="",
        effort_assumed=False,
        rubric_version=None,
        scored_at=None,
        stale_since=None,
    )


def write_reviews(item_id: int, *, review_state: str, assets_count: int) -> None:
    """The state of the newest review on the item's assets, and how many assets it holds."""
    ItemSummary.objects.filter(pk=item_id).update(
        review_state=review_state, assets_count=assets_count
    )


def write_rank_ranges(
    product_id: int,
    queue_kind: str,
    columns_of: Mapping[str, Sequence[Any]],
    *,
    top_places: int,
    seed: int,
    rubric_version: int,
    drawn_at: datetime,
) -> None:
    """Replace the rank ranges of a queue. ``columns_of``: item_id (ascending), rank_low, rank_high, top_chance.

    Of two at once, whichever ends last stays.
    """
    drawn = [
        RankRange(
            item_id=item_id,
            product_id=product_id,
            queue_kind=queue_kind,
            rank_low=low,
            rank_high=high,
            top_chance=chance,
            top_places=top_places,
            seed=seed,
            rubric_version=rubric_version,
            drawn_at=drawn_at,
        )
        for item_id, low, high, chance in zip(
            *(columns_of[name] for name in ("item_id", "rank_low", "rank_high", "top_chance")),
            strict=True,
        )
    ]
    for start in range(0, len(drawn), 1000):
        RankRange.objects.bulk_create(
            drawn[start : start + 1000],
            update_conflicts=True,
            unique_fields=["item"],
            update_fields=[
                *("queue_kind", "rank_low", "rank_high", "top_chance", "top_places"),
                *("seed", "rubric_version", "drawn_at"),
            ],
        )
    RankRange.objects.filter(
        product_id=product_id, queue_kind=queue_kind, drawn_at__lt=drawn_at
    ).delete()
