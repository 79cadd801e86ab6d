"""What becomes of briefs when items are merged, and when that is taken back. Listeners of the backlog's own events.

A split hands the briefs on to its parts (``splitting``). Increments never move: they are the item's own history, so an
item that still builds some is neither split away nor merged away. An import's undo keeps an item that a brief governs
or that has increments, because somebody has worked on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count
from django.utils import timezone

from backlog.increment_reading import UNDER_WAY, open_increments
from backlog.models import BriefItem, Change, Confirmation, Increment, Item, LineReference
from backlog.vocabulary import ConfirmationState
from core.errors import Conflict, Invalid


def refuse_while_building(item: Item, act: str) -> None:
    """Raises Conflict when ``item`` has increments that are neither closed nor cut. ``act``: "merged", say."""
    count = open_increments(item)
    if count:
        words = "increment is" if count == 1 else "increments are"
        raise Conflict(
            f"{item.key} cannot be {act}: {count} {words} still to be built. Close or cut what is open first. Nothing"
            " was changed.",
            code="increments_open",
        )


def building(items: Iterable[Item]) -> dict[int, int]:
    """How many increments are neither closed nor cut, by item id, where there are any. One query."""
    rows = Increment.objects.filter(item__in=[item.pk for item in items], state__in=UNDER_WAY)
    counted = rows.order_by().values_list("item").annotate(n=Count("pk"))
    return dict(counted)


def refuse_done(item: Item, count: int, reason: str) -> None:
    """Raises Invalid when ``item`` has ``count`` open increments and nobody says why it is done without them (R23)."""
    if not count or reason.strip():
        return
    words = "increment is" if count == 1 else "increments are"
    raise Invalid(
        f"{count} {words} still to be built on {item.key}. Close or cut what is open, or say why it is done without."
        " Nothing was changed.",
        fields={"reason": ["Say why it is done with open increments."]},
        code="increments_open",
    )


def hand_on(source: Item, parts: Sequence[Item], now: datetime) -> None:
    """Let the briefs of ``source`` govern ``parts`` too, and the parts rest on the lines that it rests on."""
    rows = list(BriefItem.objects.filter(item=source))
    pointers = list(LineReference.objects.filter(item=source))
    BriefItem.objects.bulk_create(
        [
            BriefItem(
                product_id=row.product_id,
                brief_id=row.brief_id,
                item=part,
                added_by_id=row.added_by_id,
                added_at=now,
            )
            for row in rows
            for part in parts
        ],
        ignore_conflicts=True,
    )
    LineReference.objects.bulk_create(
        [
            LineReference(
                product_id=row.product_id,
                line_id=row.line_id,
                item=part,
                added_by_id=row.added_by_id,
                added_at=now,
            )
            for row in pointers
            for part in parts
        ],
        ignore_conflicts=True,
    )


def merged(*, source_id: int, target_id: int, now: datetime | None = None) -> None:
    """The duplicate's briefs govern the item that it went into; what waited on it waits there."""
    now = now or timezone.now()
    hand_on(Item.objects.get(pk=source_id), [Item.objects.get(pk=target_id)], now)
    waiting = Confirmation.objects.filter(increment=None, state=ConfirmationState.WAITING)
    there = set(waiting.filter(item=target_id).values_list("brief_id", "line_id", "field"))
    for row in waiting.filter(item=source_id).order_by("pk"):
        if (row.brief_id, row.line_id, row.field) in there:
            row.state, row.settled_at = ConfirmationState.MOOT, now
            row.note = "Its item was merged, and the same waits there."
        else:
            row.item_id = target_id
        row.save(update_fields=["state", "settled_at", "note", "item"])


def unmerged(*, source_id: int, target_id: int, now: datetime | None = None) -> None:
    """What a merge brought to the other item goes again, known by the instant of the merge."""
    row = Change.objects.filter(item_id=source_id, verb="item.merged").order_by("-id").first()
    if row is not None:
        BriefItem.objects.filter(item=target_id, added_at=row.at).delete()
        LineReference.objects.filter(item=target_id, added_at=row.at).delete()
