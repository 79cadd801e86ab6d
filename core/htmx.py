"""The only reader of htmx headers."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a part of the page (and not for a history restore, which needs the whole)."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
        and request.headers.get("HX-Boosted") != "true"
    )


def current_path(request: HttpRequest) -> str:
    """The path of the page that a fragment's request came from, "/" when htmx does not say."""
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    if shown.netloc != request.get_host() or not shown.path:
        return "/"
    return f"{shown.path}?{shown.query}" if shown.query else shown.path


def vary(response: HttpResponse) -> HttpResponse:
    """Mark an answer whose body depends on ``wants_fragment``."""
    patch_vary_headers(response, ("HX-Request",))
    return response


def into_toasts(response: HttpResponse, status: int) -> HttpResponse:
    """A fragment's refusal, above a page that stays as it is. ``status`` is what it stands for."""
    response["HX-Retarget"] = "#toasts"
    response["HX-Reswap"] = "beforeend"
    response["Ballast-Status"] = str(status)
    return response


def safe_next(request: HttpRequest, default: str) -> str:
    """The local path in ``next``, or ``default``: never another host, scheme or a header injection."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    local = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts=None, require_https=request.is_secure()
    )
    return target if local else default


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect a whole page; tell htmx to go there when it asked for a fragment."""
    if wants_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = iri_to_uri(url)
        return response
    return redirect(url)
