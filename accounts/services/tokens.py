"""API tokens: made, recognised, withdrawn. The secret is shown once and stored as an HMAC."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import ApiToken, Product, User
from core import text
from core.errors import Invalid, NotAllowed

PREFIX = "ballast"
LONGEST_DAYS = 366
#: ``last_used_at`` is written at most this often, so that reading does not write on every request.
USED_EVERY = timedelta(minutes=5)


def create_token(
    *,
    actor: Actor,
    user: User,
    name: str,
    scope: str,
    days: int,
    product: Product | None = None,
    now: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret (``ballast_<id>_<43 characters>``), which can be seen only now.

    A token never reaches further than its person. Raises Invalid; NotAllowed for somebody else's token or by a token.
    """
    if not actor.is_system and (actor.user != user or actor.token is not None):
        raise NotAllowed("Tokens are made by their own person, signed in to the browser.")
    name = text.one_line(name)[:80]
    problems: dict[str, list[str]] = {}
    if not name:
        problems["name"] = ["Say what the token is for."]
    if scope not in ApiToken.Scope.values:
        problems["scope"] = ["Choose read or write."]
    if not 1 <= days <= LONGEST_DAYS:
        problems["days"] = [f"Choose between 1 and {LONGEST_DAYS} days."]
    if problems:
        raise Invalid("The token was not made.", fields=problems)
    if product is not None and not actor.is_system:
        rights.require(actor, "product.read", product)
    secret = secrets.token_urlsafe(32)
    now = now or timezone.now()
    token = ApiToken.objects.create(
        user=user,
        product=product,
        name=name,
        scope=scope,
        secret_digest=_digest(secret),
        last_four=secret[-4:],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return token, f"{PREFIX}_{token.pk}_{secret}"


def recognise(raw: str, now: datetime | None = None) -> ApiToken | None:
    """The live token that ``raw`` names, its person loaded; None for anything else. One query."""
    parts = raw.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or not parts[1].isdecimal() or len(parts[1]) > 18:
        return None
    token = ApiToken.objects.select_related("user", "product").filter(pk=int(parts[1])).first()
    expected = token.secret_digest if token else _digest("nobody")
    if not hmac.compare_digest(expected, _digest(parts[2])) or token is None:
        return None
    now = now or timezone.now()
    if token.revoked_at is not None or token.expires_at <= now or not token.user.is_active:
        return None
    if token.last_used_at is None or token.last_used_at < now - USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke_token(*, actor: Actor, token: ApiToken, now: datetime | None = None) -> None:
    """Withdraw a token; the next request with it is refused."""
    if not actor.is_system and actor.user != token.user:
        raise NotAllowed("Only its own person can withdraw a token.")
    live = ApiToken.objects.filter(Q(pk=token.pk), revoked_at__isnull=True)
    live.update(revoked_at=now or timezone.now())


def _digest(secret: str) -> str:
    pepper = hashlib.sha256(b"ballast api token" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()
