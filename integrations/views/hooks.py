"""Addresses for webhooks: made, their secrets changed, withdrawn, and what came in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Membership, Product
from accounts.pages import into_form, page, show
from core.errors import Conflict, Invalid
from core.htmx import go
from integrations import access
from integrations.forms import HookForm
from integrations.jobs.hooks import NEWEST
from integrations.models import Hook
from integrations.services import hooks


@page
@require_http_methods(["GET", "HEAD", "POST"])
def hook_list(request: HttpRequest, key: str) -> HttpResponse:
    """The product's addresses. The secret of a new one is shown on the answer to its form, and never again."""
    actor = Actor.of(request)
    product = product_for(actor, key, "hook.make" if request.method == "POST" else "product.read")
    form = HookForm(request.POST or None)
    may_make = rights.allowed(actor, "hook.make", product)
    context: dict[str, Any] = {"form": form, "tab": "hooks", "may_make": may_make}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made, context["secret"] = hooks.make_hook(
                    actor=actor, product=product, **form.cleaned_data
                )
            except (Invalid, Conflict) as error:
                into_form(form, error)
                status = error.status
            else:
                status = 201
                context |= {"form": HookForm(), "address": _address(request, made)}
    context["hooks"] = list(access.hooks_in(actor, product))
    return _show(request, "integrations/hooks.html", context, product, status)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def hook_one(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One address and its newest deliveries; its secret is changed, or it is withdrawn."""
    actor = Actor.of(request)
    product = product_for(actor, key, "hook.make" if request.method == "POST" else "product.read")
    hook = access.hook_in(actor, product, pk)
    context: dict[str, Any] = {"hook": hook, "tab": "hooks"}
    status = 200
    if request.method == "POST":
        if request.POST.get("act") != "secret":
            hooks.revoke_hook(actor=actor, hook=hook)
            messages.success(request, _("The address is withdrawn. What came in stays."))
            return go(request, reverse("hook", args=[key, pk]))
        context["secret"] = hooks.change_secret(actor=actor, hook=hook)
        status = 201
    member = Membership.objects.filter(product=product, user=hook.made_by)
    context |= {
        "address": _address(request, hook),
        "deliveries": list(hook.deliveries.order_by("-received_at", "-pk")[:NEWEST]),
        "maker_gone": not hook.made_by.is_active or not member.exists(),
        "may_make": rights.allowed(actor, "hook.make", product),
        "may_change": actor.user == hook.made_by and hook.revoked_at is None,
        "overlapping": bool(hook.former_until and hook.former_until > timezone.now()),
    }
    return _show(request, "integrations/hook.html", context, product, status)


def _show(
    request: HttpRequest, template: str, context: dict[str, Any], product: Product, status: int
) -> HttpResponse:
    return show(
        request, template, context, product=product, active="product-settings", status=status
    )


def _address(request: HttpRequest, hook: Hook) -> str:
    return request.build_absolute_uri(reverse("api-hook", args=[hook.public_id]))
