"""The planning policy of a product."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show
from backlog.vocabulary import QueueKind
from core.errors import DomainError, Invalid
from core.htmx import go
from scoring.forms import PolicyForm
from scoring.plans import BORROWING_ORDER, policy_of
from scoring.services import planning


@page
def policy(request: HttpRequest, key: str) -> HttpResponse:
    """Capacity, days, who lends, floors, growth: read by all members, changed with the right."""
    actor = Actor.of(request)
    product = product_for(
        actor, key, "planning.edit" if request.method == "POST" else "product.read"
    )
    form = PolicyForm(
        request.POST or None,
        initial=_initial(product),
        lenders=[(kind, QueueKind(kind).label) for kind in BORROWING_ORDER],
    )
    may_edit = rights.allowed(actor, "planning.edit", product)
    for field in form.fields.values():
        field.disabled = not may_edit
    status = 200
    floors = {kind: request.POST.get(f"floor_{kind}") for kind in QueueKind.values}
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _save(actor, product, form, floors, request.POST.get("reason", ""))
            except DomainError as error:
                status = error.status
                errors = error.fields
                into_form(form, error)
            else:
                messages.success(request, _("The planning policy is saved."))
                return go(request, reverse("planning", args=[product.key]))
    context = {
        "form": form,
        "floors": _floors(product, floors, errors),
        "may_edit": may_edit,
        "tab": "planning",
        "policy": policy_of(product),
    }
    return show(
        request,
        "scoring/planning.html",
        context,
        product=product,
        active="product-settings",
        status=status,
    )


def _initial(product: Product) -> dict[str, Any]:
    found = policy_of(product)
    order = dict(zip(("first", "second", "third"), found.borrowing_order, strict=False))
    return {
        "version": found.version,
        "capacity": found.capacity,
        "cycle_days": found.cycle_days,
        "scope_growth_percent": found.scope_growth_percent,
        **order,
    }


def _floors(
    product: Product, given: dict[str, str | None], errors: dict[str, list[str]]
) -> list[dict[str, Any]]:
    rows = []
    for queue in product.queues.order_by("pk"):
        own = "" if queue.floor is None else f"{queue.floor * 100:g}"
        typed = given[queue.kind]
        rows.append(
            {
                "kind": queue.kind,
                "name": queue.name,
                "share": f"{queue.share * 100:g}",
                "half": f"{queue.share * 50:g}",
                "value": own if typed is None else typed,
                "errors": errors.get(f"floor_{queue.kind}", []),
            }
        )
    return rows


def _save(
    actor: Actor, product: Product, form: PolicyForm, given: dict[str, str | None], reason: str
) -> None:
    floors: dict[str, float | None] = {}
    for kind, raw in given.items():
        if raw is None:
            continue
        try:
            floors[kind] = float(raw.replace(",", ".")) / 100 if raw.strip() else None
        except ValueError as error:
            raise Invalid(
                "A floor is a percentage.", fields={f"floor_{kind}": ["Enter a number."]}
            ) from error
    data = form.cleaned_data
    planning.set_policy(
        actor=actor,
        product=product,
        version=data["version"],
        capacity=data["capacity"],
        cycle_days=data["cycle_days"],
        scope_growth_percent=data["scope_growth_percent"],
        borrowing_order=form.order,
        floors=floors,
        reason=reason[:500],
    )
