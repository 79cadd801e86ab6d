"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's IP address, "" when it has none (a Unix socket).

    ``X-Forwarded-For`` is believed only as far as there are proxies of ours (``NUM_PROXIES``): each of them appends
    the address that it was asked from, so the n-th from the right is the one that our outermost proxy saw.
    """
    candidate = request.META.get("REMOTE_ADDR", "")
    proxies = settings.REST_FRAMEWORK.get("NUM_PROXIES") or 0
    hops = [
        hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()
    ]
    if proxies and hops:
        candidate = hops[-min(proxies, len(hops))]
    try:
        return str(ipaddress.ip_address(candidate))
    except ValueError:
        return ""
