"""Which item a signal counted for while items were merged and taken apart again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from backlog.models import Change
from scoring.engine import epoch_microseconds
from scoring.models import Signal

Wholes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Merge:
    """``source`` was folded into ``target`` at ``at``, and taken back at ``until`` (microseconds; None: not).

    ``change_id``, ``undone_id``: the lines of the log that say so; 0: none.
    """

    source: int
    target: int
    at: int
    until: int | None
    change_id: int = 0
    undone_id: int = 0


class Merges:
    """Merges that matter, oldest first."""

    def __init__(self, found: Sequence[Merge]) -> None:
        self.found = sorted(found, key=lambda each: each.at)
        self.items = {end for each in found for end in (each.source, each.target)}

    def __bool__(self) -> bool:
        return bool(self.found)

    def holders(self, holder: Wholes, origin: Wholes, placed: Wholes, at: int) -> Wholes:
        """The item that each signal belonged to as of ``at``.

        holder: without these merges; origin: the item that it was recorded for or put to, and placed: when. A merge
        carries along what its source held; a signal that came to the source afterwards stays there.
        """
        found = holder.copy()
        chosen = np.flatnonzero(np.isin(origin, list(self.items)))
        place = origin[chosen].copy()
        for each in self.found:
            if each.at <= at and (each.until is None or each.until > at):
                goes = (place == each.source) & (placed[chosen] <= each.at)
                place[goes] = each.target
        found[chosen] = place
        return found


def since(product_id: int, instant: datetime, origins: Iterable[int] = ()) -> Merges:
    """The merges behind what items hold now, where some were made or taken back after ``instant``; else none at all.

    ``origins``: items that signals were recorded for which somebody has put elsewhere since.

    One query where nothing was merged, and four for each link of the longest chain of merges.
    """
    acts = Change.objects.filter(product_id=product_id, at__gt=instant)
    said = acts.filter(Q(verb="item.merged") | Q(verb="item.undone", undoes__isnull=False))
    told = list(said.values_list("verb", "item_id", "undoes"))
    ends = {pk for verb, pk, _ in told if verb == "item.merged" and pk}
    undone = {undoes for verb, _, undoes in told if verb == "item.undone"}
    if undone:
        taken_back = Change.objects.filter(batch__in=undone, verb="item.merged")
        ends |= {pk for pk in taken_back.values_list("item_id", flat=True) if pk}
    if ends:
        ends |= set(origins)
    found: dict[int, Merge] = {}
    asked: set[int] = set()
    while ends - asked:
        asked |= ends
        held = Signal.objects.filter(item_id__in=ends, merged_from__isnull=False)
        ends |= {pk for pk in held.values_list("merged_from_id", flat=True) if pk}
        rows = _touching(ends)
        batches = [row[3] for row in rows if row[3]]
        until = {
            batch: (epoch_microseconds(at), pk)
            for pk, batch, at in Change.objects.filter(undoes__in=batches).values_list(
                "pk", "undoes", "at"
            )
        }
        for pk, source, at, batch, fields in rows:
            target = fields["merged_into"][1]["id"]
            back = until.get(batch, (None, 0))
            found[pk] = Merge(source, target, epoch_microseconds(at), back[0], pk, back[1])
            ends |= {source, target}
    return Merges(list(found.values()))


def _touching(item_ids: set[int]) -> list[tuple[int, int, datetime, Any, Any]]:
    rows = Change.objects.filter(item_id__in=item_ids, verb="item.merged")
    return [
        (pk, item_id or 0, at, batch, fields)
        for pk, item_id, at, batch, fields in rows.values_list(
            "pk", "item_id", "at", "batch", "fields"
        )
    ]
