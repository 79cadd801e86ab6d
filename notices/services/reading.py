"""Marking notices read, and taking that back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from notices import access
from notices.models import Notice


@transaction.atomic
def mark_read(*, actor: Actor, notice: Notice, now: datetime | None = None) -> Notice:
    """Mark one of one's own notices read. One that is read stays as it is. Raises NotAllowed."""
    rights.require(actor, "notice.keep", notice.product)
    now = now or timezone.now()
    if Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=now):
        notice.read_at = now
    return notice


@transaction.atomic
def mark_unread(*, actor: Actor, notice: Notice) -> Notice:
    """Let one of one's own notices count as unread again. Raises NotAllowed."""
    rights.require(actor, "notice.keep", notice.product)
    Notice.objects.filter(pk=notice.pk).update(read_at=None)
    notice.read_at = None
    return notice


@transaction.atomic
def mark_all_read(*, actor: Actor, product: Product, now: datetime | None = None) -> int:
    """Mark all of one's own notices of a product read at ``now``; how many were not. Raises NotAllowed."""
    rights.require(actor, "notice.keep", product)
    unread = access.notices_in(actor, product).filter(read_at=None)
    return unread.update(read_at=now or timezone.now())


@transaction.atomic
def undo_all_read(*, actor: Actor, product: Product, read_at: datetime) -> int:
    """Take back what was marked read at this instant; how many are unread again. Raises NotAllowed."""
    rights.require(actor, "notice.keep", product)
    marked = access.notices_in(actor, product).filter(read_at=read_at)
    return marked.update(read_at=None)
