"""Who may decide what: read by every member, changed by those with the right."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import page, show
from accounts.roles import ACTIONS, Role
from backlog.services import decision_rights
from core.errors import Stale
from core.htmx import go


@page
def rights_table(request: HttpRequest, key: str) -> HttpResponse:
    """The matrix action × role. Cells that differ from a new product's are marked."""
    actor = Actor.of(request)
    product = product_for(
        actor, key, "rights.manage" if request.method == "POST" else "product.read"
    )
    error: Stale | None = None
    if request.method == "POST":
        try:
            changed = decision_rights.set_rights(
                actor=actor,
                product=product,
                wanted=_wanted(request),
                version=request.POST.get("version", ""),
                reason=request.POST.get("reason", ""),
            )
        except Stale as stale:
            error = stale
        else:
            said = ngettext("%(n)d right is changed.", "%(n)d rights are changed.", len(changed))
            messages.success(
                request, said % {"n": len(changed)} if changed else _("Nothing was changed.")
            )
            return go(request, reverse("rights", args=[product.key]))
    context = {**_table(actor, product), "error": error.detail if error else "", "tab": "rights"}
    status = error.status if error else 200
    return show(
        request,
        "backlog/rights.html",
        context,
        product=product,
        active="product-settings",
        status=status,
    )


def _wanted(request: HttpRequest) -> dict[tuple[str, str], bool]:
    """Cells that stood open on the page (``cell``) and those that were ticked (``allow``), as ``action:role``."""
    ticked = set(request.POST.getlist("allow"))
    cells = set(request.POST.getlist("cell")) | ticked
    split = {cell: cell.partition(":") for cell in cells}
    return {(action, role): cell in ticked for cell, (action, _colon, role) in split.items()}


def _table(actor: Actor, product: Product) -> dict[str, Any]:
    now = decision_rights.matrix(product)
    may_manage = rights.allowed(actor, "rights.manage", product)
    rows = [
        {
            "action": action,
            "words": words,
            "cells": [
                {
                    "name": f"{action}:{role}",
                    "role": Role(role).label,
                    "allowed": now.cells[action, role],
                    "differs": now.cells[action, role] != (role in holders),
                    "editable": may_manage
                    and decision_rights.editable(actor, product, (action, role), now),
                }
                for role in Role.values
            ],
        }
        for action, (words, holders) in ACTIONS.items()
    ]
    return {
        "rows": rows,
        "roles": [Role(role).label for role in Role.values],
        "version": now.version,
        "may_manage": may_manage,
    }
