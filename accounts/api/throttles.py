"""How many requests a token may make: a setting (API_RATE); one program cannot take the whole server."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import ApiToken


class TokenRate(SimpleRateThrottle):
    """Counted in the cache for each token. Browsers are not limited; without a rate nobody is."""

    scope = "token"

    def get_cache_key(self, request: Request, view: object) -> str | None:
        token = request.auth
        return f"token-rate-{token.pk}" if isinstance(token, ApiToken) else None
