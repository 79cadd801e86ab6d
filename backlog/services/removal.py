"""Taking an item away again right after it was made, by the undo of the act that made it."""

from __future__ import annotations

import uuid

from django.db import transaction

from accounts.actors import Actor
from backlog import events
from backlog.models import Change, Item
from backlog.services import changes

#: Changes of an item that nobody makes by hand.
_BY_ITSELF = ("band.changed",)


def worked_on(item: Item, made_by: uuid.UUID) -> bool:
    """Whether anything was done to the item but by the act that made it. One query."""
    others = Change.objects.filter(item_id=item.pk).exclude(batch=made_by)
    return others.exclude(verb__in=_BY_ITSELF).exists()


@transaction.atomic
def remove(*, actor: Actor, item: Item, undoes: uuid.UUID, reason: str) -> None:
    """Delete an item; its number is not given out again. Whoever calls has checked that nobody ``worked_on`` it.

    Raises Conflict where another app holds on to it (files, say).
    """
    events.publish("item.deleted", item_ids=[item.pk])
    fields = {"title": (item.title, None)}
    entry = changes.Entry("item.removed", item, item, fields, reason=reason, right="item.create")
    changes.record(actor=actor, product=item.product, entries=[entry], undoes=undoes)
    Item.objects.filter(pk=item.pk).delete()
