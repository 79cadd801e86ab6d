"""Items as the templates' components read them: plain dicts, nothing lazy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Product
from backlog.listed import Listed
from backlog.models import Item
from backlog.vocabulary import CLOSED_STATES, TRANSITIONS, Band, QueueKind, State
from core.days import day_of


def row(
    item: Listed, product: Product, rank: int | None = None, labels: Sequence[str] = ()
) -> dict[str, Any]:
    """An item of ``product`` for ``components/item_row.html``."""
    kind = item.queue_kind
    url, panel_url = _addresses(product.key)
    return {
        "key": f"{product.key}-{item.number}",
        "url": url.format(item.number),
        "panel_url": panel_url.format(item.number),
        "title": item.title,
        "rank": rank,
        "range": _range(item) if rank and item.priority is not None else None,
        "queue": kind,
        "queue_label": _QUEUES.get(kind, ""),
        "band": item.band,
        "band_label": _BANDS.get(item.band, ""),
        "priority": item.priority,
        "state": item.state,
        "state_label": _STATES[item.state],
        "effort": item.effort,
        "effort_assumed": item.effort_assumed,
        "due_at": item.due_at,
        "owner": item.owner_name or item.owner_email or "",
        "labels": list(labels),
        "urgent": is_urgent(item),
        "stale": stale_words(item),
        "closed": item.state in CLOSED_STATES,
    }


@lru_cache(maxsize=1024)
def _addresses(product_key: str) -> tuple[str, str]:
    """Addresses of a product's items and of their panels, with ``{}`` for the number."""
    key = f"{product_key}-0"
    found = (reverse(name, args=[key]).split(key) for name in ("item", "item-panel"))
    item, panel = (f"{product_key}-{{}}".join(each) for each in found)
    return item, panel


_QUEUES, _BANDS, _STATES = dict(QueueKind.choices), dict(Band.choices), dict(State.choices)


def _range(item: Listed) -> tuple[int, int, float] | None:
    """Low, high and chance of its rank range, where one was drawn in its queue."""
    low, high, chance = item.range_rank_low, item.range_rank_high, item.range_top_chance
    if item.range_queue_kind != item.queue_kind or low is None or high is None or chance is None:
        return None
    return low, high, chance


def stale_words(item: Listed) -> str:
    """What an open item rests on that has gone stale, in words; empty when nothing has."""
    if not item.is_open:
        return ""
    today = day_of(timezone.now())
    days = {
        _("ratings"): item.ratings_stale_day,
        _("evidence"): item.evidence_stale_day,
    }
    names = [str(name) for name, day in days.items() if day is not None and day <= today]
    return _("Stale: %(what)s") % {"what": ", ".join(names)} if names else ""


def is_urgent(item: Item | Listed) -> bool:
    """Whether an item is flagged as an urgent customer issue wherever it appears: an open hotfix of severity 1 or 2."""
    return bool(
        item.summary.queue_kind == QueueKind.HOTFIX and item.severity in (1, 2)
    ) and item.state not in (State.DONE, State.DECLINED, State.PARKED)


def card(item: Listed, product: Product) -> dict[str, Any]:
    """An item for ``components/board_card.html``, with the states it may go to."""
    return {**row(item, product), "moves": _MOVES[State(item.state)]}


#: The board's columns; triage, parked and declined have pages of their own.
BOARD_STATES = (State.ACCEPTED, State.IN_PROGRESS, State.IN_REVIEW, State.DONE)
_MOVES = {
    state: [{"value": to, "label": to.label} for to in BOARD_STATES if to in TRANSITIONS[state]]
    for state in State
}


def rows(
    items: Sequence[Listed],
    product: Product,
    ranks: Mapping[int, int],
    labels: Mapping[int, Sequence[str]],
) -> list[dict[str, Any]]:
    """Rows of a list of ``product``."""
    return [row(item, product, ranks.get(item.pk), labels.get(item.pk, ())) for item in items]
