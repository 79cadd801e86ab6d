"""What people do with groups of unattached signals: make an item of one, dismiss it, take a signal out, take back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.access import queue_of
from backlog.models import Change, Item, Segment
from backlog.services import items, removal
from core import text
from core.errors import Conflict, Invalid
from scoring.models import Signal, SignalDismissal
from scoring.services import evidence

MOST = 10_000


@transaction.atomic
def make_item(
    *,
    actor: Actor,
    product: Product,
    signals: Sequence[Signal],
    title: str,
    queue: str = "",
    now: datetime | None = None,
) -> tuple[Item, uuid.UUID]:
    """One new item in triage, with these signals attached and the segments that they come from; no ratings.

    ``queue``: the kind that is proposed; left out for people who may not triage. Returns the item and the batch that
    ``undo`` takes back. Raises Invalid, NotAllowed, Conflict where a signal belongs to an item by now.
    """
    right = rights.require(actor, "item.create", product)
    now = now or timezone.now()
    _check(signals)
    if any(signal.item_id for signal in signals):
        raise Conflict(
            "Some of this evidence belongs to an item by now. Look at the group again.",
            code="attached_since",
        )
    chosen = None
    if queue and rights.allowed(actor, "item.triage", product):
        chosen = queue_of(product, queue)
    segments = {signal.segment_id for signal in signals if signal.segment_id}
    draft = items.Draft(
        title=text.title(title),
        queue=chosen,
        reporter=actor.user,
        segments=list(Segment.objects.filter(pk__in=segments).order_by("pk")),
    )
    batch = uuid.uuid4()
    item = items.create_items(
        actor=actor, product=product, drafts=[draft], right=right, batch=batch, now=now
    )[0]
    item.product = product
    evidence.attach(actor=actor, product=product, signals=signals, item=item, batch=batch, now=now)
    return item, batch


@transaction.atomic
def dismiss(
    *,
    actor: Actor,
    product: Product,
    signals: Sequence[Signal],
    label: str,
    reason: str,
    now: datetime | None = None,
) -> SignalDismissal:
    """Say that a group needs no item, and why. It comes back when it grows. Raises Invalid without a reason."""
    right = rights.require(actor, "signal.add", product)
    now = now or timezone.now()
    _check(signals)
    reason = text.one_line(reason)[:500]
    if not reason:
        raise Invalid("Say why this needs no item.", fields={"reason": ["Enter a reason."]})
    dismissal = SignalDismissal.objects.create(
        product=product,
        label=text.one_line(label)[:200],
        size=len(signals),
        reason=reason,
        made_by=actor.user,
        made_at=now,
    )
    evidence.write(
        actor=actor,
        product=product,
        edits=[evidence.Edit(signal, {"dismissal": dismissal}) for signal in signals],
        verb="signal.dismissed",
        reason=reason,
        right=right,
        now=now,
    )
    return dismissal


def bring_back(
    *, actor: Actor, product: Product, signals: Sequence[Signal], now: datetime | None = None
) -> None:
    """Show a dismissed group among the others again."""
    right = rights.require(actor, "signal.add", product)
    evidence.write(
        actor=actor,
        product=product,
        edits=[evidence.Edit(signal, {"dismissal": None}) for signal in signals],
        verb="signal.returned",
        right=right,
        now=now,
    )


def split(*, actor: Actor, signal: Signal, apart: bool, now: datetime | None = None) -> Signal:
    """Take a signal out of its group (``apart``), or let it be grouped again."""
    right = rights.require(actor, "signal.add", signal.product)
    return evidence.write(
        actor=actor,
        product=signal.product,
        edits=[evidence.Edit(signal, {"apart": apart, "dismissal": None})],
        verb="signal.split" if apart else "signal.returned",
        right=right,
        now=now,
    )[0]


@transaction.atomic
def undo(
    *, actor: Actor, product: Product, batch: uuid.UUID, now: datetime | None = None
) -> Item | None:
    """Take back one act on evidence; an item that it made goes, too, and is returned.

    Raises as ``evidence.undo``, and Conflict where somebody has worked on the item since.
    """
    made = Change.objects.filter(product=product, batch=batch, verb="item.created").first()
    item = Item.objects.filter(product=product, pk=made.item_id or 0).first() if made else None
    # asked before the log says more of the item, refused after it is known whose act it was
    busy = item is not None and removal.worked_on(item, batch)
    evidence.undo(actor=actor, product=product, batch=batch, now=now)
    if item is not None:
        item.product = product
        if busy:
            raise Conflict(
                f"Somebody has worked on {item.key} since, so it stays. Detach the evidence there, or decline it.",
                code="changed_since",
            )
        removal.remove(
            actor=actor, item=item, undoes=batch, reason="Undo of making an item of evidence."
        )
    return item


def _check(signals: Sequence[Signal]) -> None:
    if not signals:
        raise Invalid("There is no evidence in this group any more.")
    if len(signals) > MOST:
        raise Invalid(f"At most {MOST} signals at once.")
