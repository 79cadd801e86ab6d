"""Trying a draft: what pages and API say of a preview. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils import timezone

from accounts.models import Product
from backlog.models import Item
from core.errors import Invalid
from scoring.engine import BANDS
from scoring.engine.flips import Field, Flip, Outlook
from scoring.jobs.previews import Preview, field_of, preview
from scoring.models import RubricDraft
from scoring.rubrics import QUEUES, Rubric, parse_rubric
from scoring.services.publishing import VALID_FOR

MOST_TOP = 100_000
ORDERS = ("item", "moved", "before", "after", "points")
#: Items whose flip points are worked out in one request.
MOST_ASKED = 100


def try_draft(draft: RubricDraft, at: datetime | None, top: int | None) -> Preview:
    """The preview of a draft at an instant of the last hour (None: now). Raises RubricError, Invalid (instant, N)."""
    return try_rubric(draft.product, parse_rubric(draft.data), at, top)


def try_rubric(product: Product, rubric: Rubric, at: datetime | None, top: int | None) -> Preview:
    """The same of any rubric, drafted or slid about."""
    now = timezone.now()
    at = at or now
    if not now - VALID_FOR <= at <= now + timedelta(minutes=1):
        raise Invalid(
            "A preview holds for an hour. Leave the instant out to look at it as of now.",
            fields={"at": ["An instant of the last hour."]},
        )
    if top is not None and not 1 <= top <= MOST_TOP:
        raise Invalid(
            "N is out of range.", fields={"top": [f"A whole number from 1 to {MOST_TOP}."]}
        )
    return preview(product, rubric, at, top)


def chosen_rows(
    found: Preview, *, queue: str = "", only: str = "", order: str = "item"
) -> npt.NDArray[np.intp]:
    """Rows of a preview. ``only``: ``moved``, ``top`` (in or out of the top N), ``band``, ``scored`` (became or ceased
    to be). ``order``: one of ``ORDERS``; the id decides between equals."""
    comparison = found.comparison
    keep = np.ones(len(found.item_ids), dtype=np.bool_)
    if queue:
        keep &= found.standing.queue == QUEUES.index(queue)
    step = comparison.rank_before - comparison.rank_after
    points = np.nan_to_num(found.after.priority - found.before.priority)
    if only == "moved":
        keep &= (step != 0) | (points != 0) | (found.before.scored != found.after.scored)
    elif only == "top":
        keep &= comparison.top_before != comparison.top_after
    elif only == "band":
        keep &= found.before.band != found.after.band
    elif only == "scored":
        keep &= found.before.scored != found.after.scored
    rows = np.flatnonzero(keep)
    first = {
        "moved": -np.abs(step),
        "before": comparison.rank_before,
        "after": comparison.rank_after,
        "points": -np.abs(points),
    }.get(order)
    if first is None:
        return rows
    return rows[np.lexsort((rows, first[rows]))]


def described(found: Preview, rows: Sequence[int]) -> list[dict[str, Any]]:
    """One dictionary a row, with the item's key and title. One query."""
    ids = [int(found.item_ids[row]) for row in rows]
    items = {
        pk: (number, title)
        for pk, number, title in Item.objects.filter(pk__in=ids).values_list(
            "pk", "number", "title"
        )
    }
    key = Product.objects.values_list("key", flat=True).get(pk=found.product_id) if rows else ""
    comparison = found.comparison
    answer = []
    for row, pk in zip(rows, ids, strict=True):
        if pk not in items:
            continue  # deleted since
        number, title = items[pk]
        before, after = _number(found.before.priority[row]), _number(found.after.priority[row])
        answer.append(
            {
                "item": f"{key}-{number}",
                "title": title,
                "queue": QUEUES[found.standing.queue[row]],
                "rank_before": int(comparison.rank_before[row]),
                "rank_after": int(comparison.rank_after[row]),
                "priority_before": before,
                "priority_after": after,
                "change": None if before is None or after is None else after - before,
                "band_before": BANDS[int(found.before.band[row])],
                "band_after": BANDS[int(found.after.band[row])],
                "in_top_before": bool(comparison.top_before[row]),
                "in_top_after": bool(comparison.top_after[row]),
            }
        )
    return answer


def outlooks_of(found: Preview, item_ids: Sequence[int]) -> list[tuple[int, Outlook]]:
    """What would flip each of these items, which are open and have a queue; others are left out."""
    fields: dict[str, Field] = {}
    answer = []
    for pk in item_ids:
        row = found.place(pk)
        if row is None:
            continue
        queue = QUEUES[found.standing.queue[row]]
        if queue not in fields:
            fields[queue] = field_of(found, queue)
        answer.append((row, fields[queue].ask(row)))
    return answer


def around_the_cut(found: Preview, queue: str, each: int = 3) -> list[int]:
    """Ids of the last items inside and the first outside the top N of a queue under the draft, in order."""
    code = QUEUES.index(queue)
    ranks = found.comparison.rank_after
    top = found.tops[code]
    near = (found.standing.queue == code) & (ranks > top - each) & (ranks <= top + each)
    rows = np.flatnonzero(near & found.after.scored)
    rows = rows[np.argsort(ranks[rows])]
    return [int(pk) for pk in found.item_ids[rows]]


def flip_data(flip: Flip) -> dict[str, Any]:
    """A flip as plain data, at full precision."""
    return {
        "kind": flip.kind,
        "key": flip.key,
        "now": flip.now,
        "at": flip.at,
        "change": flip.change,
        "size": flip.size,
        "only_there": flip.only_there,
    }


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
