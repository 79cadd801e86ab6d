"""What a brief governs: items and bets, their increments and assets (R1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.actors import Actor
from backlog.increment_reading import HeldAsset
from backlog.models import Brief, Increment, Item
from backlog.vocabulary import QueueKind
from core import keyset

#: So many assets of an item are listed; the rest stands on its own page.
MOST_ASSETS = 50


@dataclass
class GovernedIncrement:
    increment: Increment
    assets: list[HeldAsset] = field(default_factory=list)


@dataclass
class Governed:
    """An item that a brief governs. ``assets``: those of no increment; ``more``: how many are not listed."""

    item: Item
    increments: list[GovernedIncrement] = field(default_factory=list)
    assets: list[HeldAsset] = field(default_factory=list)
    more: int = 0

    @property
    def is_bet(self) -> bool:
        return self.item.queue is not None and self.item.queue.kind == QueueKind.STRATEGIC_BET

    @property
    def assets_count(self) -> int:
        return len(self.assets) + sum(len(each.assets) for each in self.increments) + self.more


def governed_by(
    actor: Actor, brief: Brief, *, cursor: str | None = None, size: int = 50
) -> tuple[list[Governed], str | None]:
    """The items by number, and the cursor of what follows. Two queries and those that assets make, at most six,
    whatever the number of rows. Raises Invalid for a cursor that is not ours.
    """
    rows = Item.objects.filter(governed_by__brief=brief).select_related("queue")
    if cursor:
        rows = rows.filter(number__gt=_number(cursor))
    items = list(rows.defer("description").order_by("number")[: size + 1])
    following = keyset.encode(items[size - 1].number) if len(items) > size else None
    items = items[:size]
    for item in items:
        item.product = brief.product
    found = {item.pk: Governed(item) for item in items}
    pieces: dict[int, GovernedIncrement] = {}
    increments = Increment.objects.filter(item__in=items).select_related("kind")
    for each in increments.order_by("position", "pk"):
        each.item = found[each.item_id].item
        pieces[each.pk] = GovernedIncrement(each)
        found[each.item_id].increments.append(pieces[each.pk])
    for item_id, held in _assets(actor, items).items():
        governed = found[item_id]
        governed.more = max(len(held) - MOST_ASSETS, 0)
        for asset in held[:MOST_ASSETS]:
            piece = pieces.get(asset.increment_id or 0)
            (piece.assets if piece else governed.assets).append(asset)
    return list(found.values()), following


def _assets(actor: Actor, items: Sequence[Item]) -> dict[int, list[HeldAsset]]:
    found: dict[int, list[HeldAsset]] = defaultdict(list)
    for path in import_string(f"{settings.WIRING}.ITEM_ASSETS"):
        for pk, held in import_string(path)(actor=actor, items=items).items():
            found[pk] += held
    return found


def _number(cursor: str) -> int:
    try:
        return keyset.whole(keyset.decode(cursor))
    except (TypeError, ValueError) as error:
        raise keyset.broken() from error
