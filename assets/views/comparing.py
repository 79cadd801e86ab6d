"""Two versions of an asset beside each other."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from assets import access, comparing, selectors


@page
@require_safe
def compare(request: HttpRequest, key: str, pk: int, old: int, new: int) -> HttpResponse:
    """Any two versions: what changed between them. ``?show=inline``: texts in one column; ``?all``: unfolded."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, product=product)
    before, after = (access.version_of(actor, asset, number) for number in (old, new))
    context = {
        "asset": asset,
        "item": asset.item,
        "old": before,
        "new": after,
        "versions": selectors.versions_of(asset),
        "comparison": comparing.comparison(before, after, whole="all" in request.GET),
        "inline": request.GET.get("show") == "inline",
    }
    return show(request, "assets/compare.html", context, product=product, active="assets")


@page
@require_safe
def chosen(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Two versions as a form without script names them: ``?old=1&new=3``."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, product=product)
    newest = asset.versions_count
    numbers = [
        int(given) if given.isdecimal() and len(given) < 8 else default
        for given, default in (
            (request.GET.get("old", ""), max(1, newest - 1)),
            (request.GET.get("new", ""), newest),
        )
    ]
    return compare(request, key=key, pk=pk, old=numbers[0], new=numbers[1])
