"""What happens around every request of a signed-in browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from accounts import sessions
from core.addresses import client_address
from core.log_secrets import redacted


class SessionLimits:
    """Ends a session that was idle for three hours or is twelve hours old; lets no answer be kept by a cache.

    Stands behind AuthenticationMiddleware. A view that may be cached says so itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            if sessions.is_over(request):
                logout(request)
            else:
                sessions.note_seen(request)
        response = self.get_response(request)
        response.setdefault("Cache-Control", "private, no-store")
        return response


class RequestLog(RequestMiddleware):
    """A line of log for every request, without its query and without the secrets of one-time links."""

    @classmethod
    def bind_ip(cls, request: Any) -> None:
        """The address as far as our proxies vouch for it; the library believes any header."""
        structlog.contextvars.bind_contextvars(ip=client_address(request))

    @staticmethod
    def format_request(request: Any) -> str:
        return f"{request.method} {redacted(request.path)}"
