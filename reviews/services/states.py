"""Keeping the item's summary right: its review state and how many assets it holds."""

from __future__ import annotations

from collections.abc import Sequence

from backlog.services import summaries
from reviews import selectors


def recount(item_ids: Sequence[int]) -> None:
    """Compute anew what lists show about reviews of these items, and write it. Idempotent."""
    for pk, (state, count) in sorted(selectors.item_states(item_ids).items()):
        summaries.write_reviews(pk, review_state=state, assets_count=count)
