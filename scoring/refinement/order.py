"""What new numbers do to the order of a queue, worked out by the engine without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from backlog.models import Item, ItemSummary
from backlog.selectors import RANK_ORDER, by_rank, rank_key, rank_of
from core import keyset
from scoring import engine, selectors
from scoring.current import rubric_in_force

AROUND = 3
_COLUMNS = tuple(f"{ItemSummary._meta.db_table}.{name}" for name in RANK_ORDER)


@dataclass(frozen=True)
class Effect:
    """Priority and rank now and with the new levels; ``rows``: the neighbourhood afterwards (components/order.html)."""

    before: float | None
    after: float | None
    rank_before: int | None
    rank_after: int | None
    rows: list[dict[str, Any]]
    missing: tuple[str, ...]


def effect_of(item: Item, agreed: Mapping[str, Mapping[str, Any]], now: datetime) -> Effect | None:
    """What recording ``agreed`` (criterion -> level and certainty) would do; None for an item outside the ranked ones.

    About eight queries, none of which grows with the queue but the count of ranks.
    """
    summary = item.summary
    if item.queue is None or not summary.is_open:
        return None
    before = rank_of(item)
    made = selectors.made_from(item)
    if made.inputs is None:
        return None
    _, rubric = rubric_in_force(item.product_id)
    new = {
        key: engine.Rating(each["level"], each["certainty"], now)
        for key, each in agreed.items()
        if key in rubric.criterion_index
    }
    if not new:
        return _answer(item, summary.priority, summary.priority, before, before, rank_key(summary))
    inputs = replace(
        made.inputs,
        ratings={**made.inputs.ratings, **new},
        adjustments=[
            engine.Adjustment(each.points, each.expires_at)
            for each in made.adjustments
            if selectors.running(each, now)
        ],
    )
    score = engine.score_one(rubric, inputs, now)
    first = -score.priority if score.priority is not None else float(item.severity or 9)
    place = [first, summary.due_order, summary.created_at, item.pk]
    after = keyset.before(_others(item), _COLUMNS, place).count() + 1
    return _answer(
        item, summary.priority, score.priority, before, after, place, tuple(score.missing)
    )


def _others(item: Item) -> Any:
    return (
        Item.objects.filter(
            summary__product=item.product_id,
            summary__queue_kind=item.summary.queue_kind,
            summary__is_open=True,
        )
        .exclude(pk=item.pk)
        .select_related("summary")
    )


def _answer(
    item: Item,
    was: float | None,
    priority: float | None,
    before: int | None,
    after: int | None,
    place: list[Any],
    missing: tuple[str, ...] = (),
) -> Effect:
    backwards = _others(item).order_by(*(f"-summary__{name}" for name in RANK_ORDER))
    ahead = list(reversed(keyset.before(backwards, _COLUMNS, place)[:AROUND]))
    behind = list(keyset.after(by_rank(_others(item)), _COLUMNS, place)[:AROUND])
    rows = []
    assert after is not None
    assert before is not None
    for offset, other in enumerate([*ahead, item, *behind]):
        rank = after - len(ahead) + offset
        current = other.pk == item.pk
        # whoever stands between the two places gives way by one
        if current:
            move = before - after
        elif after < before:
            move = -1 if after < rank <= before else 0
        else:
            move = 1 if before <= rank < after else 0
        rows.append(
            {
                "rank": rank,
                "key": f"{item.product.key}-{other.number}",
                "title": other.title,
                "url": reverse("item", args=[f"{item.product.key}-{other.number}"]),
                "priority": priority if current else other.summary.priority,
                "move": move,
                "current": current,
            }
        )
    return Effect(was, priority, before, after, rows, missing)
