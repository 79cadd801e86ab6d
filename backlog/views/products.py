"""Making a product, and its settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import into_form, page, show
from backlog.forms import NewProductForm, ProductForm
from backlog.services import products
from core.errors import Conflict, Invalid, NotAllowed
from core.htmx import go


@page
def new(request: HttpRequest) -> HttpResponse:
    """A product with its four queues; who makes it administers it."""
    actor = Actor.of(request)
    if not products.may_create_products(actor):
        raise NotAllowed("Only administrators may add a product. Ask one of yours.")
    form = NewProductForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                product = products.create_product(actor=actor, **form.cleaned_data)
            except Conflict as error:
                form.add_error("key", error.detail)
            except Invalid as error:
                into_form(form, error)
            else:
                messages.success(
                    request,
                    _("%(name)s is ready. Invite who works on it.") % {"name": product.name},
                )
                return go(request, reverse("members", args=[product.key]))
    return show(request, "backlog/product_new.html", {"form": form}, status=status)


@page
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Name and description: read by all members, changed with the right."""
    actor = Actor.of(request)
    product = product_for(
        actor, key, "product.edit" if request.method == "POST" else "product.read"
    )
    initial = {"name": product.name, "description": product.description}
    form = ProductForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                products.edit_product(actor=actor, product=product, **form.cleaned_data)
            except Invalid as error:
                into_form(form, error)
            else:
                messages.success(request, _("The product's settings are saved."))
                return go(request, reverse("product-settings", args=[product.key]))
    context = {
        "form": form,
        "may_edit": rights.allowed(actor, "product.edit", product),
        "tab": "general",
    }
    return show(
        request,
        "backlog/product_settings.html",
        context,
        product=product,
        active="product-settings",
        status=status,
    )


@page
def archive(request: HttpRequest, key: str) -> HttpResponse:
    """Close the product to changes, or open it again."""
    actor = Actor.of(request)
    product = product_for(actor, key, "product.edit")
    archived = request.POST.get("archived") == "true"
    products.set_archived(
        actor=actor, product=product, archived=archived, reason=request.POST.get("reason", "")
    )
    said = _("%(name)s is archived.") if archived else _("%(name)s is open again.")
    messages.success(request, said % {"name": product.name})
    return go(request, reverse("product-settings", args=[product.key]))
