"""The permissioned fetch of what scoring holds."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from backlog import access as backlog_access
from backlog.models import Item
from core.errors import Invalid, NotFound
from scoring.current import rubric_in_force
from scoring.models import Adjustment, RubricDraft, RubricVersion, Signal


def adjustment_for(actor: Actor, item: Item, pk: int) -> Adjustment:
    """An adjustment of an item that was fetched with rights."""
    row = (
        Adjustment.objects.filter(item=item, pk=pk)
        .select_related("made_by", "verdict_by", "moved_past__product")
        .first()
    )
    if row is None:
        raise NotFound
    row.item = item
    return row


def signals_of(actor: Actor, product: Product) -> QuerySet[Signal]:
    """A product's signals, newest first, with what a row shows."""
    rights.require(actor, "product.read", product)
    rows = Signal.objects.filter(product=product)
    rows = rows.select_related("item", "segment", "recorded_by", "withdrawn_by")
    return rows.order_by("-occurred_at", "-pk")


def signal_for(actor: Actor, pk: int, action: str = "product.read") -> Signal:
    """A signal by id. NotFound for strangers, NotAllowed for members without the right."""
    row = (
        Signal.objects.filter(pk=pk)
        .select_related("product", "item", "segment", "recorded_by", "withdrawn_by")
        .first()
    )
    if row is None:
        raise NotFound
    rights.require(actor, action, row.product)
    return row


def signal_in(actor: Actor, product: Product, pk: int, action: str = "product.read") -> Signal:
    """A signal of this product, as an address of its pages names it."""
    row = signal_for(actor, pk, action)
    if row.product_id != product.pk:
        raise NotFound
    row.product = product
    return row


def signals_in(actor: Actor, product: Product, ids: Iterable[int]) -> list[Signal]:
    """Signals of this product that a body names. Raises Invalid (the input is at fault) naming those missing."""
    rights.require(actor, "product.read", product)
    wanted = list(dict.fromkeys(ids))
    found: dict[int, Signal] = {}
    for start in range(0, len(wanted), 1000):
        rows = Signal.objects.filter(product=product, pk__in=wanted[start : start + 1000])
        found.update({row.pk: row for row in rows.select_related("item", "segment")})
    missing = [str(pk) for pk in wanted if pk not in found]
    if missing:
        raise Invalid(
            f"There is no evidence {', '.join(missing[:5])} in {product.name}.",
            code="no_such_signal",
            fields={"ids": ["Use ids of this product's evidence."]},
        )
    return [found[pk] for pk in wanted]


item_for = backlog_access.item_for


def draft_for(actor: Actor, key: str, pk: int, action: str = "product.read") -> RubricDraft:
    """A draft of the product with ``key``, discarded ones too."""
    product = product_for(actor, key, action)
    row = (
        RubricDraft.objects.filter(product=product, pk=pk)
        .select_related("created_by", "origin")
        .first()
    )
    if row is None:
        raise NotFound
    row.product = product
    return row


def version_for(actor: Actor, key: str, number: int) -> RubricVersion:
    """A published version of the product with ``key``."""
    product = product_for(actor, key)
    row = versions_of(product).filter(number=number).first()
    if row is None:
        raise NotFound
    row.product = product
    return row


def versions_of(product: Product) -> QuerySet[RubricVersion]:
    """Published versions, newest first, with who published them and how far each has come."""
    rows = RubricVersion.objects.filter(product=product)
    return rows.select_related("published_by", "publication").order_by("-number")


def drafts_of(product: Product, *, closed: bool = False) -> QuerySet[RubricDraft]:
    """Open drafts, the last edited first; ``closed``: published and discarded ones too."""
    rows = RubricDraft.objects.filter(product=product)
    if not closed:
        rows = rows.filter(published_as__isnull=True, discarded_at__isnull=True)
    return rows.select_related("created_by", "origin").order_by("-updated_at", "-pk")


def source_for(actor: Actor, product: Product, key: str, number: int | None) -> RubricVersion:
    """The version that a draft begins as: of this product, or of another that the person may see.

    Raises Invalid: the input is at fault.
    """
    try:
        owner = product_for(actor, key) if key and key.upper() != product.key else product
    except NotFound:
        raise Invalid(
            "There is no such product, or it is not yours to see.",
            fields={"product": ["Choose a product that you are a member of."]},
        ) from None
    rubric_in_force(owner.pk)  # a product always has one
    rows = versions_of(owner)
    row = (rows.filter(number=number) if number is not None else rows).first()
    if row is None:
        raise Invalid(
            "There is no such version.",
            fields={"version": [f"{owner.name} has no version {number}."]},
        )
    row.product = owner
    return row
