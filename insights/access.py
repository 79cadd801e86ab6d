"""The permissioned fetch of digests: one's own, and what a mailed link opens."""

from __future__ import annotations

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from core.errors import NotFound
from insights import unsubscribing
from insights.models import Digest, DigestPreference


def preference_of(actor: Actor, product: Product) -> DigestPreference | None:
    """The person's own wishes for the digest of a product; None before the first."""
    rights.require(actor, "product.read", product)
    found = DigestPreference.objects.filter(product=product, user=actor.user).first()
    if found is not None:
        found.product = product
    return found


def latest_digest(actor: Actor, product: Product) -> Digest | None:
    """The person's own newest digest of a product, whatever became of it."""
    rights.require(actor, "product.read", product)
    return Digest.objects.filter(user=actor.user, product=product).order_by("-id").first()


def preference_for_token(token: str) -> DigestPreference:
    """The preference that an unsubscribe link opens, for whoever holds it. NotFound for anything else."""
    found = unsubscribing.preference_behind(token)
    if found is None:
        raise NotFound(
            "This link is not one of ours, or it was cut off. Copy it whole from the mail."
        )
    return found
