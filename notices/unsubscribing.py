"""The secret of the link that ends the mails of a person in a product: signed with the server's key, nothing is stored.

A change of ``SECRET_KEY`` keeps links alive as long as the old key stands in ``SECRET_KEY_FALLBACKS``.
"""

from __future__ import annotations

from django.core.signing import BadSignature, Signer

from accounts.models import Membership


def token_of(membership: Membership) -> str:
    """What the link carries: ``<id>.<43 characters>``."""
    return _signer().sign(str(membership.pk))


def membership_behind(token: str) -> Membership | None:
    """The person and product that a link's token speaks of; None for anything else. One query."""
    try:
        pk = _signer().unsign(token)
    except BadSignature:
        return None
    return Membership.objects.select_related("product", "user").filter(pk=int(pk)).first()


def _signer() -> Signer:
    return Signer(salt="ballast.notices.unsubscribe", sep=".")
