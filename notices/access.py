"""The permissioned fetch of notices: one's own, of products and notes that one may see; what a mail's link opens."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import rights
from accounts.access import products_of
from accounts.actors import Actor
from accounts.models import Membership, Product
from core.errors import NotFound
from notices.models import Notice
from notices.unsubscribing import membership_behind
from reviews.models import Note
from reviews.selectors import seen_by


def notices_in(actor: Actor, product: Product | None) -> QuerySet[Notice]:
    """The person's own notices of a product, or of all that they may read. No order of its own."""
    if product is not None:
        rights.require(actor, "product.read", product)
        found = Notice.objects.filter(product=product)
    else:
        found = Notice.objects.filter(product__in=products_of(actor).order_by())
    seen = Note.objects.filter(seen_by(actor), pk=OuterRef("note"))
    return found.filter(Q(note=None) | Exists(seen), person=actor.user)


def notice_for(actor: Actor, pk: int, product: Product | None = None) -> Notice:
    """One of the person's own notices. NotFound when absent, somebody else's, or of something that is not seen."""
    rows = Notice.objects.select_related("product", "change", "note").filter(
        pk=pk, person=actor.user
    )
    found = rows.first()
    if found is None or (product is not None and found.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", found.product)
    if not notices_in(actor, found.product).filter(pk=pk).exists():
        raise NotFound
    found.change.product = found.product
    return found


def membership_for_token(token: str) -> Membership:
    """Whose mails of which product a mailed link ends, for whoever holds it. NotFound for anything else."""
    found = membership_behind(token)
    if found is None:
        raise NotFound(
            "This link is not one of ours, or it was cut off. Copy it whole from the mail."
        )
    return found
