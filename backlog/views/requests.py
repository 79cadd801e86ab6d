"""Asking somebody who may decide, and answering."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from backlog import access
from backlog.services import requests
from core.errors import Invalid
from core.htmx import go


@page
def ask(request: HttpRequest, key: str) -> HttpResponse:
    """What would be asked, of whom; with a reason, it is put before them. A refusal's button leads here."""
    actor = Actor.of(request)
    product = product_for(actor, key, "request.make")
    verb, payload = request.POST.get("verb", "")[:40], _payload(request)
    asked = requests.read(actor=actor, product=product, verb=verb, payload=payload)
    error = None
    if "reason" in request.POST:
        try:
            requests.ask(
                actor=actor,
                product=product,
                verb=verb,
                payload=payload,
                reason=request.POST["reason"],
            )
        except Invalid as refusal:
            error = refusal
        else:
            messages.success(request, "Asked. You will find the answer on My work.")
            back = reverse("item", args=[asked.item.key]) if asked.item else ""
            return go(request, back or reverse("work", args=[product.key]))
    context = {
        "asked": asked,
        "verb": verb,
        "payload": json.dumps(payload),
        "who": rights.who_can(asked.right, product),
        "error": error,
        "reason": request.POST.get("reason") or str(payload.get("reason") or ""),
    }
    return show(
        request,
        "backlog/ask.html",
        context,
        product=product,
        active="work",
        status=422 if error else 200,
    )


def _payload(request: HttpRequest) -> dict[str, Any]:
    try:
        found = json.loads(request.POST.get("payload", "")[:20_000])
    except (ValueError, RecursionError) as error:
        raise Invalid("This request cannot be understood.") from error
    if not isinstance(found, dict):
        raise Invalid("This request cannot be understood.")
    return found


@page
def answer(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Carry a request out, or decline it with a reason."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = access.request_for(actor, product, pk)
    accept = request.POST.get("answer") == "yes"
    made = requests.answer(
        actor=actor, request=found, accept=accept, reason=request.POST.get("reason", "")
    )
    word = "Agreed" if accept else "Declined"
    messages.success(request, f"{word}. It is recorded as {made.key}.")
    return go(request, f"{reverse('decisions', args=[product.key])}#requests")


@page
def withdraw(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take back what one asked for."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    requests.withdraw(actor=actor, request=access.request_for(actor, product, pk))
    messages.success(request, "Withdrawn.")
    return go(request, f"{reverse('decisions', args=[product.key])}#requests")
