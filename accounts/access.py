"""The permissioned fetch of products: the only door for request code."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts import rights
from accounts.actors import Actor
from accounts.models import ApiToken, Membership, Product
from core.errors import NotFound


def products_of(actor: Actor) -> QuerySet[Product]:
    """The products that the actor may see, by name."""
    if actor.is_system:
        return Product.objects.order_by("name", "pk")
    if actor.user is None or not actor.user.is_authenticated or not actor.user.is_active:
        return Product.objects.none()
    found = Product.objects.filter(memberships__user=actor.user)
    if actor.token is not None and actor.token.product_id is not None:
        found = found.filter(pk=actor.token.product_id)
    return found.order_by("name", "pk")


def memberships_of(actor: Actor) -> list[Membership]:
    """The person's memberships that this actor reaches, with their products, by name. One query."""
    rows = Membership.objects.filter(user=actor.user).select_related("product")
    if actor.token is not None and actor.token.product_id is not None:
        rows = rows.filter(product=actor.token.product_id)
    return list(rows.order_by("product__name", "pk"))


def product_for(actor: Actor, key: str, action: str = "product.read") -> Product:
    """The product with ``key``. NotFound when absent or unseen, NotAllowed when the right is missing."""
    if not (key.isascii() and key.isalnum()):  # NUL, say, which PostgreSQL refuses to be asked for
        raise NotFound
    if actor.is_system:
        product = Product.objects.filter(key=key.upper()).first()
    else:
        product = _joined_product(actor, key)
    if product is None:
        raise NotFound
    rights.require(actor, action, product)
    return product


def _joined_product(actor: Actor, key: str) -> Product | None:
    """Product and role in one query."""
    if not actor.may_sign_in:
        return None
    membership = (
        Membership.objects.select_related("product")
        .filter(user=actor.user, product__key=key.upper())
        .first()
    )
    if membership is None or actor.token_excludes(membership.product):
        return None
    actor.remember_role(membership)
    return membership.product


def tokens_of(actor: Actor) -> list[ApiToken]:
    """The person's own tokens that are not withdrawn, newest first."""
    return list(
        ApiToken.objects.filter(user=actor.user, revoked_at__isnull=True)
        .select_related("product")
        .order_by("-created_at", "-pk")
    )


def token_for(actor: Actor, pk: int) -> ApiToken:
    """One of the person's own tokens. NotFound for anybody else's."""
    token = ApiToken.objects.filter(user=actor.user, pk=pk).select_related("user").first()
    if token is None:
        raise NotFound
    return token
