"""Notices as a list, a page at a time, and how many are unread."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.models import Product
from core import keyset
from notices import access
from notices.models import Notice
from notices.words import Told, told

#: More than so many are not counted.
MOST = 100


@dataclass
class Page:
    """Notices in words, newest first. ``cursor``: where the next page begins, or None."""

    rows: list[Told]
    cursor: str | None


def newest_first(rows: QuerySet[Notice], *, cursor: str | None, size: int) -> Page:
    """A page of ``rows``. At most six queries. Raises Invalid for a bad cursor."""
    if cursor:
        try:
            rows = rows.filter(pk__lt=keyset.whole(keyset.decode(cursor)))
        except (TypeError, ValueError) as error:
            raise keyset.broken() from error
    loaded = rows.select_related("product", "change", "note__version").order_by("-pk")
    found = list(loaded[: size + 1])
    shown = found[:size]
    return Page(told(shown), keyset.encode(shown[-1].pk) if len(found) > size else None)


def unread_count(actor: Actor, product: Product) -> int:
    """How many notices of a product are unread, counted to ``MOST``. One query."""
    return access.notices_in(actor, product).filter(read_at=None).order_by()[:MOST].count()
