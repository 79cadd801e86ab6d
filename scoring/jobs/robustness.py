"""Drawing the rank ranges of a product: nightly for all, hourly for small ones that moved, and when somebody asks."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from django.db.models import Max
from django.utils import timezone

from accounts.models import Product
from backlog.models import ItemSummary, RankRange
from backlog.services import summaries
from backlog.vocabulary import QueueKind
from core import columns
from scoring.current import rubric_in_force
from scoring.cutline import cut_lines
from scoring.engine import PARTS, score
from scoring.jobs.inputs import read
from scoring.robustness import DEEPEST, Standing, rank_ranges
from scoring.rubrics import Rubric

#: Anybody can draw again what was drawn by night.
SEED = 1
#: Open items up to which a product is drawn again by the hour.
SMALL = 2000


def draw(*, product_id: int, seed: int = SEED, now: datetime | None = None) -> int:
    """Draw the open, scored items of each queue at ``now`` and keep their ranges. Returns how many. Idempotent."""
    now = now or timezone.now()
    number, rubric = rubric_in_force(product_id)
    tops = cut_lines(Product.objects.get(pk=product_id), now.date())
    drawn = 0
    for kind in QueueKind.values:
        ids, standing = _standing(rubric, product_id, kind, now)
        ranges = rank_ranges(rubric, kind, standing, top=tops[kind], seed=seed)
        by_id = np.argsort(ids)
        summaries.write_rank_ranges(
            product_id,
            kind,
            {
                "item_id": ids[by_id].tolist(),
                "rank_low": ranges.low[by_id].tolist(),
                "rank_high": ranges.high[by_id].tolist(),
                "top_chance": ranges.top_chance[by_id].tolist(),
            },
            top_places=tops[kind],
            seed=seed,
            rubric_version=number,
            drawn_at=now,
        )
        drawn += len(ids)
    return drawn


def _standing(
    rubric: Rubric, product_id: int, kind: str, now: datetime
) -> tuple[columns.Array, Standing]:
    """The queue's best items in the order of due, created, id, and what they are drawn from."""
    rows = columns.read(
        {"id": columns.whole("s.item_id"), "number": columns.whole("i.number")},
        "FROM (SELECT item_id, due_order, created_at FROM backlog_itemsummary WHERE product_id = %s"
        " AND queue_kind = %s AND is_open AND priority IS NOT NULL"
        " ORDER BY order_score, due_order, created_at, item_id LIMIT %s) AS s"
        " JOIN backlog_item i ON i.id = s.item_id ORDER BY s.due_order, s.created_at, s.item_id",
        [product_id, kind, DEEPEST],
    )
    batch = read(rubric, product_id, rows["id"].tolist(), now)
    if batch is None:
        width = len(rubric.criteria)
        empty = np.zeros(0)
        return rows["id"][:0], Standing(
            rows["number"][:0], np.zeros((0, width)), np.zeros((0, width)), empty, empty
        )
    scores = score(rubric, batch.inputs)
    at, there = columns.places(batch.item_ids, rows["id"])
    there &= scores.scored[at]  # what lost its last rating since counts no longer
    at = at[there]
    standing = Standing(
        number=rows["number"][there],
        x=scores.x[at],
        k=scores.k[at],
        factor=scores.effort_factor[at] * scores.urgency_factor[at],
        adjustment=scores.parts[at, PARTS.index("adjustment")],
    )
    return rows["id"][there], standing


def draw_all(*, now: datetime | None = None) -> int:
    """Every product; returns how many items were drawn."""
    ids = Product.objects.order_by("pk").values_list("pk", flat=True)
    return sum(draw(product_id=pk, now=now) for pk in ids)


def draw_moved(*, now: datetime | None = None) -> int:
    """Small products with a score newer than their ranges; returns how many items were drawn."""
    drawn = 0
    for pk in Product.objects.order_by("pk").values_list("pk", flat=True):
        rows = ItemSummary.objects.filter(product_id=pk, is_open=True)
        last = RankRange.objects.filter(product_id=pk).aggregate(at=Max("drawn_at"))["at"]
        moved = rows.filter(scored_at__gt=last) if last else rows.filter(priority__isnull=False)
        if open_items(pk) <= SMALL and moved.exists():
            drawn += draw(product_id=pk, now=now)
    return drawn


def open_items(product_id: int) -> int:
    """Open items of a product, counted up to one more than what is small."""
    rows = ItemSummary.objects.filter(product_id=product_id, is_open=True)
    return len(rows.values_list("pk", flat=True)[: SMALL + 1])
