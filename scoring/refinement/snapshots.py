"""What an item was before and after it was talked about, as plain values that outlive it."""

from __future__ import annotations

from typing import Any

from backlog.models import Item
from backlog.selectors import rank_of
from scoring.models import Rating


def snapshot(item: Item) -> dict[str, Any]:
    """What a session may change of an item, and where it stands. Three queries; needs queue and summary loaded."""
    summary = item.summary
    ratings = Rating.objects.filter(item=item).order_by("criterion")
    return {
        "title": item.title,
        "description": item.description,
        "criteria": list(item.criteria.order_by("position", "pk").values_list("text", flat=True)),
        "effort": item.effort,
        "queue": item.queue.kind if item.queue else "",
        "state": item.state,
        "owner": str(item.owner) if item.owner else "",
        "priority": None if summary.priority is None else round(summary.priority, 6),
        "band": summary.band,
        "rank": rank_of(item),
        "ratings": {
            row.criterion: {"level": row.level, "certainty": row.certainty} for row in ratings
        },
    }
