"""The items of a list as points: where each stands on the axes of the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from accounts.models import Product
from backlog.models import Item
from scoring.scored_now import standings

#: Items that are drawn, the first of the list: more would be a cloud, and the table beside it a book.
LIMIT = 300

LABELS = {
    "value": "Value",
    "impact": "Impact",
    "risk": "Risk",
    "effort": "Effort",
    "urgency": "Urgency",
    "confidence": "Confidence",
    "priority": "Priority",
}
UNITS = {"value": "of 5", "impact": "of 5", "risk": "of 5", "effort": "points"} | dict.fromkeys(
    ("urgency", "confidence"), "%"
)


@dataclass(frozen=True)
class Point:
    """An item's place on every axis, in the axis' unit; None where it has none. ``effort_assumed``: not estimated."""

    item: Item
    rank: int | None
    values: dict[str, float | None]
    effort_assumed: bool


def points(
    product: Product, items: Sequence[Item], ranks: dict[int, int], at: datetime
) -> list[Point]:
    """The items in their order; those without a score stand nowhere on value, impact, risk. Six queries.

    Priorities are the stored ones, as in the list; the rest is as of ``at``.
    """
    places: dict[int, dict[str, float | None]] = {}
    found = standings(product, [item.pk for item in items], at)
    if found is not None:
        scores, queue = found.scores, found.scores.queue
        window = np.array([each.urgency_days for each in found.rubric.profiles])[queue]
        near = np.nan_to_num(np.clip(1.0 - found.inputs.due_in_days / window, 0.0, 1.0))
        default = np.array([each.default_effort for each in found.rubric.profiles])[queue]
        effort = np.where(scores.effort_assumed, default, found.inputs.effort)
        columns = {
            "value": 5.0 * scores.value,
            "impact": 5.0 * scores.impact,
            "risk": 5.0 * scores.risk,
            "effort": effort,
            "urgency": 100.0 * near,
            "confidence": 100.0 * scores.confidence,
        }
        for row, pk in enumerate(found.ids.tolist()):
            places[pk] = {
                name: None if np.isnan(values[row]) else float(values[row])
                for name, values in columns.items()
            }
    nowhere: dict[str, float | None] = dict.fromkeys(LABELS)
    return [
        Point(
            item,
            ranks.get(item.pk),
            {
                **nowhere,
                **places.get(item.pk, {"effort": item.effort}),
                "priority": item.summary.priority,
            },
            item.effort is None,
        )
        for item in items
    ]
