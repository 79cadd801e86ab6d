"""The path from an item's rank to the lines of its brief, and back, and the same seen from what lies on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import page, show
from assets.access import asset_for, placement_for, reading_for
from backlog.access import brief_for, increment_for, item_for, item_named, line_for
from insights import paths
from insights.paths import Strand


@page
def item_path(request: HttpRequest, key: str) -> HttpResponse:
    """Every step has an address, so that there is no dead end."""
    actor = Actor.of(request)
    item = item_for(actor, key)
    here = reverse("item", args=[item.key])
    context = {
        "item": item,
        "here": here,
        "name": f"{item.key} {item.title}",
        "path": paths.path_of(actor, item),
        "reading": request.GET.get("reading", ""),
    }
    return show(request, "insights/path.html", context, product=item.product, active="backlog")


@page
def line_path(request: HttpRequest, key: str, number: int, line: int) -> HttpResponse:
    """What a line of a brief led to."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = line_for(actor, brief_for(actor, product, number), line)
    here = f"{reverse('brief', args=[key, number])}#line-{line}"
    strands = paths.through_line(actor, found)
    return _through(request, product, here, f"{found.key} {found.text}", strands)


@page
def increment_path(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """What an increment is made for, and what became of it."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = increment_for(actor, item_named(actor, product, item), number)
    here = reverse("increment", args=[key, item, number])
    strands = paths.through_increment(actor, found)
    return _through(request, product, here, f"{found.key} {found.title}", strands)


@page
def asset_path(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What an asset is made for, and what became of it."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = asset_for(actor, pk, product=product)
    here = reverse("asset", args=[key, pk])
    return _through(request, product, here, found.name, paths.through_asset(actor, found))


@page
def placement_path(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What stands at a placement is made for, and what was read there."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = placement_for(actor, pk, product=product)
    here = reverse("placement", args=[key, pk])
    name = f"{found.channel.name}: {found.place}"
    return _through(request, product, here, name, paths.through_placement(actor, found))


@page
def reading_path(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What a reading comes from, and what it led to."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = reading_for(actor, pk, product=product)
    here = reverse("reading", args=[key, pk])
    name = f"{found.metric.name}: {found.words}"
    return _through(request, product, here, name, paths.through_reading(actor, found))


def _through(
    request: HttpRequest, product: Product, here: str, name: str, strands: list[Strand]
) -> HttpResponse:
    context = {"here": here, "name": name, "strands": strands}
    return show(request, "insights/path.html", context, product=product, active="assets")
