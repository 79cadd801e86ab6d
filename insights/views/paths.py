"""The path from an item's rank to the lines of its brief, and back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from accounts.actors import Actor
from accounts.pages import page, show
from backlog.access import item_for
from insights.paths import path_of


@page
def item_path(request: HttpRequest, key: str) -> HttpResponse:
    """Every step has an address, so that there is no dead end."""
    item = item_for(Actor.of(request), key)
    context = {"item": item, "path": path_of(item), "reading": request.GET.get("reading", "")}
    return show(request, "insights/path.html", context, product=item.product, active="backlog")
