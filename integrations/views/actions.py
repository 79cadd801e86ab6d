"""Import, stop, go on, take back. Each is a POST that ends on the run's page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from core.errors import Conflict
from core.htmx import go
from integrations import access, selectors
from integrations.services import imports as services
from integrations.views.runs import place_of, run_context, url_of


def _act(
    request: HttpRequest,
    key: str,
    pk: uuid.UUID,
    act: Callable[..., Any],
    *,
    undoing: bool = False,
) -> HttpResponse:
    """Do it; what stands against it is said on the run's page, which shows how things are now."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    run = access.run_in(actor, product, pk, undoing=undoing)
    try:
        act(actor=actor, run=run)
    except Conflict as error:
        messages.error(request, error.detail)
    return go(request, url_of(run))


@page
@require_POST
def run(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """Import for real."""
    return _act(request, key, pk, services.carry_out)


@page
@require_POST
def cancel(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """Stop where it is."""
    return _act(request, key, pk, services.cancel)


@page
@require_POST
def retry(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """Go on where it stopped."""
    return _act(request, key, pk, services.retry)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """Say what taking it back would do, and do it."""
    if request.method == "POST":
        return _act(request, key, pk, services.undo_import, undoing=True)
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = access.run_in(actor, product, pk, undoing=True)
    context = {
        **run_context(actor, found),
        "plan": selectors.undo_plan(found),
        "later": selectors.later_run(found),
    }
    return show(request, "integrations/undo.html", context, product=product, active=place_of(found))
