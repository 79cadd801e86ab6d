"""Evidence from targets that placed versions miss (R139): it comes when one breaks, and goes when it holds again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Item
from scoring.current import rubric_in_force
from scoring.models import Signal
from scoring.services import evidence, signals

SOURCE = "reading"
#: A rubric of the product's own may weigh missed targets by themselves.
OWN_KIND = "target_missed"


def on_broken(
    *,
    product_id: int,
    item_id: int,
    breach_id: int,
    kind: str,
    magnitude: float,
    note: str,
    occurred_at: datetime,
    now: datetime | None = None,
) -> None:
    """Listens to ``target.broken``; told again, the evidence is corrected where it says otherwise."""
    now = now or timezone.now()
    product = Product.objects.get(pk=product_id)
    _number, rubric = rubric_in_force(product_id)
    known = _signal(product, breach_id)
    if known is None:
        item = Item.objects.select_related("queue").get(pk=item_id)
        item.product = product
        draft = signals.Draft(
            kind=OWN_KIND if OWN_KIND in rubric.signal_kinds else kind,
            magnitude=magnitude,
            occurred_at=occurred_at,
            source=SOURCE,
            external_id=external_id(breach_id),
            note=note,
            item=item,
        )
        signals.add_signals(actor=Actor.system(), product=product, drafts=[draft], now=now)
        return
    values = {"magnitude": magnitude, "occurred_at": occurred_at, "note": note}
    if known.withdrawn_at is None and any(
        getattr(known, name) != value for name, value in values.items()
    ):
        evidence.correct(
            actor=Actor.system(),
            signal=known,
            values=values,
            version=known.version,
            reason="Another reading breaks the target, or the reading was corrected.",
            now=now,
        )


def on_mended(*, product_id: int, breach_id: int, why: str, now: datetime | None = None) -> None:
    """Listens to ``target.mended``: what held against the version no longer counts."""
    product = Product.objects.get(pk=product_id)
    known = _signal(product, breach_id)
    if known is not None and known.withdrawn_at is None:
        evidence.withdraw(
            actor=Actor.system(), product=product, signals=[known], reason=why, now=now
        )


def external_id(breach_id: int) -> str:
    """What the evidence of a breach is known by."""
    return f"breach-{breach_id}"


def breach_of(signal: Signal) -> int | None:
    """The breach that a piece of evidence comes from, by its id."""
    head, _, number = signal.external_id.partition("-")
    if signal.source != SOURCE or head != "breach" or not number.isdecimal():
        return None
    return int(number)


def evidence_of(product: Product, breach_ids: Iterable[int]) -> dict[int, Signal]:
    """The evidence of breaches that have some, by breach. One query."""
    breaches = {external_id(each): each for each in breach_ids}
    rows = Signal.objects.filter(product=product, source=SOURCE, external_id__in=breaches)
    return {breaches[row.external_id]: row for row in rows}


def _signal(product: Product, breach_id: int) -> Signal | None:
    return (
        Signal.objects.filter(product=product, source=SOURCE, external_id=external_id(breach_id))
        .select_related("product", "item")
        .first()
    )
