"""Citing what an increment taught, in a later brief or item (R19)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog.models import Brief, Citation, Increment, Item
from backlog.services import changes
from backlog.vocabulary import IncrementState
from core import text
from core.errors import Conflict, Invalid, NotFound


@transaction.atomic
def cite(
    *,
    actor: Actor,
    increment: Increment,
    brief: Brief | None = None,
    item: Item | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Citation:
    """Say that a brief or an item builds on what an increment taught. Twice is as once.

    Raises Conflict while the increment is not closed, Invalid, NotAllowed.
    """
    product = increment.product
    right = rights.require(actor, "brief.edit" if brief else "item.edit", product)
    citing = brief or item
    if citing is None or citing.product_id != product.pk or (brief and item):
        raise Invalid(
            "Choose a brief or an item of this product.", fields={"item": ["Choose one."]}
        )
    note = text.one_line(note)
    if len(note) > 300:
        raise Invalid(
            "The citation was not saved.", fields={"note": ["Use at most 300 characters."]}
        )
    if not Increment.objects.filter(pk=increment.pk, state=IncrementState.CLOSED).exists():
        raise Conflict(
            f"{increment.key} is not closed, so there is nothing to cite yet.", code="not_closed"
        )
    row, made = Citation.objects.get_or_create(
        increment=increment,
        brief=brief,
        item=item,
        defaults={
            "product": product,
            "note": note,
            "added_by": actor.user,
            "added_at": now or timezone.now(),
        },
    )
    if made:
        fields = {"cites": (None, increment.key)}
        entry = changes.Entry("learning.cited", citing, item, fields, reason=note, right=right)
        changes.record(actor=actor, product=product, entries=[entry], now=now)
    return row


@transaction.atomic
def uncite(*, actor: Actor, citation: Citation, now: datetime | None = None) -> None:
    """Take a citation away."""
    right = rights.require(
        actor, "brief.edit" if citation.brief_id else "item.edit", citation.product
    )
    citing = citation.brief or citation.item
    gone, _ = Citation.objects.filter(pk=citation.pk).delete()
    if not gone or citing is None:
        raise NotFound("This citation was removed meanwhile.")
    fields = {"cites": (citation.increment.key, None)}
    entry = changes.Entry("learning.uncited", citing, citation.item, fields, right=right)
    changes.record(actor=actor, product=citation.product, entries=[entry], now=now)
