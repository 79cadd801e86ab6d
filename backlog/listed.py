"""Rows of lists, read without making models of them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from backlog.models import Item


class Listed(NamedTuple):
    """An item as a list shows it. A page of fifty models with their summaries, queues and owners costs as much as the
    rest of the answer; fifty of these cost next to nothing.

    Fields are named as on Item and ItemSummary: ``pk`` to ``version`` are the item's, ``owner_*`` its owner's (None
    without one), ``queue_kind`` (empty: none) and what follows the summary's.
    """

    pk: int
    product_id: int
    number: int
    title: str
    kind: str
    state: str
    horizon: str
    effort: float | None
    due_at: datetime | None
    severity: int | None
    created_at: datetime
    updated_at: datetime
    version: int
    owner_email: str | None
    owner_name: str | None
    queue_kind: str
    is_open: bool
    order_score: float
    due_order: datetime
    priority: float | None
    value_part: float | None
    impact_part: float | None
    risk_part: float | None
    confidence_part: float | None
    effort_part: float | None
    urgency_part: float | None
    adjustment_part: float | None
    clipping_part: float | None
    confidence: float | None
    band: str
    effort_assumed: bool
    ratings_stale_day: float | None
    evidence_stale_day: float | None
    range_queue_kind: str | None
    range_rank_low: int | None
    range_rank_high: int | None
    range_top_chance: float | None

    @property
    def summary(self) -> Listed:
        """So that a row is ranked as an item is; item and summary agree on ``created_at``."""
        return self

    @classmethod
    def of(cls, item: Item) -> Listed:
        """An item that is loaded already, with owner and summary; with its rank range where that was loaded too."""
        owner, summary = item.owner, item.summary
        loaded = Item.rank_range.is_cached(item)  # type: ignore[attr-defined]
        drawn = getattr(item, "rank_range", None) if loaded else None
        own = [getattr(item, name) for name in cls._fields[:_OWN]]
        scores = [getattr(summary, name) for name in cls._fields[_OWN + 2 : _RANGE]]
        of_owner = [owner.email, owner.name] if owner else [None, None]
        ranges = [
            getattr(drawn, name.removeprefix("range_"), None) for name in cls._fields[_RANGE:]
        ]
        return cls._make([*own, *of_owner, *scores, *ranges])


_OWN = Listed._fields.index("owner_email")
_RANGE = Listed._fields.index("range_queue_kind")
_LISTED = (
    *Listed._fields[:_OWN],
    "owner__email",
    "owner__name",
    *(f"summary__{name}" for name in Listed._fields[_OWN + 2 : _RANGE]),
    *(name.replace("range_", "rank_range__", 1) for name in Listed._fields[_RANGE:]),
)


def listed(rows: QuerySet[Item]) -> list[Listed]:
    """The rows of a list, in its order. One query."""
    return [Listed._make(row) for row in rows.values_list(*_LISTED)]
