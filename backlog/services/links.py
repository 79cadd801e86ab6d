"""Links between items; blocking, part-of and duplicate links may not run in a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Item, ItemLink
from backlog.services import changes
from backlog.vocabulary import ACYCLIC, LinkKind
from core.errors import Conflict, Invalid


@transaction.atomic
def link_items(
    *, actor: Actor, source: Item, target: Item, kind: str, now: datetime | None = None
) -> ItemLink:
    """``source`` blocks / duplicates / is part of / relates to ``target``. Raises Conflict for a circle."""
    right = rights.require(actor, "item.link", source.product)
    now = now or timezone.now()
    link = link_in_transaction(source=source, target=target, kind=kind, now=now)
    if link is None:
        raise Conflict("These two items are linked like this already.", code="linked_already")
    words = {"link": (None, as_words(link))}
    changes.record(
        actor=actor,
        product=source.product,
        entries=[
            changes.Entry("item.linked", subject=link, item=source, fields=words, right=right),
            changes.Entry("item.linked", subject=link, item=target, fields=words, right=right),
        ],
        now=now,
    )
    return link


@transaction.atomic
def unlink_items(*, actor: Actor, link: ItemLink) -> None:
    """Take a link away."""
    right = rights.require(actor, "item.link", link.source.product)
    words = {"link": (as_words(link), None)}
    entries = [
        changes.Entry("item.unlinked", subject=link, item=item, fields=words, right=right)
        for item in (link.source, link.target)
    ]
    changes.record(actor=actor, product=link.source.product, entries=entries)
    link.delete()


def link_in_transaction(
    *, source: Item, target: Item, kind: str, now: datetime | None = None
) -> ItemLink | None:
    """Make a link with its rules but without rights and log; None when it exists. The product's row is the lock."""
    if kind not in LinkKind.values:
        raise Invalid(
            "Unknown kind of link.",
            fields={"kind": [f"Choose one of: {', '.join(LinkKind.values)}."]},
        )
    if source.product_id != target.product_id:
        raise Invalid(
            "Items of different products cannot be linked.",
            fields={"target": ["Choose an item of this product."]},
        )
    if source.pk == target.pk:
        raise Invalid(
            "An item cannot be linked to itself.", fields={"target": ["Choose another item."]}
        )
    Product.objects.select_for_update(no_key=True).get(pk=source.product_id)
    if kind in ACYCLIC:
        refuse_circle([(source.pk, target.pk)], kind=kind, product=source.product)
    link, made = ItemLink.objects.get_or_create(
        source=source,
        target=target,
        kind=kind,
        defaults={"product": source.product, "created_at": now or timezone.now()},
    )
    return link if made else None


def refuse_circle(pairs: Sequence[tuple[int, int]], *, kind: str, product: Product) -> None:
    """Raise Conflict when the new (source, target) pairs would close a circle with the links there are.

    Walks forward from each target, one query a level.
    """
    for source, target in pairs:
        frontier, seen = {target}, {target}
        while frontier:
            if source in frontier:
                raise Conflict(
                    f"That would make a circle: the other item already {LinkKind(kind).label} this one, directly or"
                    " through others.",
                    code="circle",
                )
            onward = set(
                ItemLink.objects.filter(
                    product=product, kind=kind, source_id__in=frontier
                ).values_list("target_id", flat=True)
            )
            frontier = onward - seen
            seen |= onward


def as_words(link: ItemLink) -> Mapping[str, Any]:
    """The link for the log, with the keys of that day."""
    return {
        "kind": link.kind,
        "source": {"id": link.source_id, "label": link.source.key},
        "target": {"id": link.target_id, "label": link.target.key},
    }
