"""The bytes of a version: to look at, and to take away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page
from assets import access, serving


@page  # type: ignore[arg-type]
@require_safe
def view(request: HttpRequest, key: str, pk: int, number: int) -> HttpResponseBase:
    """Inline, where the type may be shown; else as a download."""
    return _content(request, key, pk, number, inline=True)


@page  # type: ignore[arg-type]
@require_safe
def download(request: HttpRequest, key: str, pk: int, number: int) -> HttpResponseBase:
    """As a file to keep."""
    return _content(request, key, pk, number, inline=False)


@page  # type: ignore[arg-type]
@require_safe
def preview(
    request: HttpRequest, key: str, pk: int, number: int, kind: str, at: int
) -> HttpResponseBase:
    """A picture or figures that a worker made: the thumb, a page of a PDF, a film's poster, the wave of a sound."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, product=product)
    version = access.version_of(actor, asset, number)
    return serving.preview(request, access.preview_of(version, kind, at))


def _content(
    request: HttpRequest, key: str, pk: int, number: int, *, inline: bool
) -> HttpResponseBase:
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, product=product)
    return serving.content(request, access.version_of(actor, asset, number), inline=inline)
