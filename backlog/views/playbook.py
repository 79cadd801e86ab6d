"""The handbook, beside the work that it is about."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from backlog.playbook import pages
from core.errors import NotFound
from core.markdown import render_cached


@page
def playbook(request: HttpRequest, key: str) -> HttpResponse:
    """Every page of it, in the order in which somebody new reads them."""
    product = product_for(Actor.of(request), key)
    context = {"pages": pages().values()}
    return show(request, "backlog/playbook.html", context, product=product, active="playbook")


@page
def playbook_page(request: HttpRequest, key: str, chapter: str) -> HttpResponse:
    """One page."""
    product = product_for(Actor.of(request), key)
    found = pages().get(chapter)
    if found is None:
        raise NotFound
    context = {"page": found, "body": render_cached(found.text)}
    return show(request, "backlog/playbook_page.html", context, product=product, active="playbook")
