"""Readings: all of them, those of an asset version against version, one; by hand; metrics and targets."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show
from assets import access, compared
from assets.filters import ReadingFilter, readings_filtered
from assets.models import Asset
from assets.reading_forms import DefineForm, ReadingForm, TargetForm
from assets.services import metrics as metric_services
from assets.services import readings, targets
from backlog.access import item_of
from core.errors import Conflict, DomainError, Invalid
from core.filters import asked_of
from core.htmx import go


@page
@require_safe
def registry(request: HttpRequest, key: str) -> HttpResponse:
    """All readings of the product, the latest entered first, and the targets that are broken."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = asked_of(request.GET, {*ReadingFilter.base_filters, "cursor"})
    begins = query.pop("cursor", None)
    rows = readings_filtered(access.readings_in(actor, product), {"withdrawn": "false", **query})
    found, cursor = compared.page_of_readings(rows, begins)
    context = {
        "rows": found,
        "query": query,
        "chips": [
            {
                "name": name,
                "value": value,
                "url": "?" + urlencode({k: v for k, v in query.items() if k != name}),
            }
            for name, value in query.items()
        ],
        "next_url": "?" + urlencode({**query, "cursor": cursor}) if cursor else None,
        "metrics": access.metrics_of(actor, product),
        "breaches": compared.open_breaches(product),
        "may_enter": rights.allowed(actor, "reading.enter", product),
    }
    return show(request, "assets/readings.html", context, product=product, active="assets")


@page
@require_safe
def of_asset(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """An asset's readings: each metric over time, version against version, and its target."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, product=product)
    return show(
        request,
        "assets/asset_readings.html",
        _of_asset(actor, product, asset, TargetForm(product_id=product.pk)),
        product=product,
        active="assets",
    )


def _of_asset(actor: Actor, product: Product, asset: Asset, form: TargetForm) -> dict[str, Any]:
    found = compared.of_asset(asset)
    may_define = rights.allowed(actor, "metric.define", product)
    for each in found:
        if each.target is not None and each.target.item is not None:
            each.target.item.product = product
    return {
        "asset": asset,
        "metrics": [{"of": each, "chart": compared.chart(each)} for each in found],
        "form": form,
        "may_define": may_define,
        "may_enter": rights.allowed(actor, "reading.enter", product),
        "offered": targets.offered(asset) if may_define else [],
        "placements": asset.placements.filter(ended_at=None)
        .select_related("channel")
        .order_by("pk")[:20],
    }


@page
@require_POST
def set_target(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Say what a metric of the asset must reach, or take it from the brief."""
    actor = Actor.of(request)
    product = product_for(actor, key, "metric.define")
    asset = access.asset_for(actor, pk, product=product)
    here = reverse("asset-readings", args=[key, pk])
    if request.POST.get("act") == "brief":
        made = targets.from_brief(actor=actor, asset=asset)
        messages.success(request, _("Targets taken from the brief: %(n)s.") % {"n": len(made)})
        return go(request, here)
    form = TargetForm(request.POST, product_id=product.pk)
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        try:
            targets.set_target(
                actor=actor,
                asset=asset,
                metric=data["metric"],
                limit=form.limit_of(),
                least_n=data["least_n"],
                higher_is_better=data["higher_is_better"],
                item=item_of(actor, product, data["item"]) if data["item"] else None,
            )
        except (Invalid, Conflict) as error:
            if error.code == "no_such_item":
                form.add_error("item", error.detail)
            else:
                into_form(form, error)
            status = error.status
        else:
            messages.success(request, _("The target is set."))
            return go(request, here)
    return show(
        request,
        "assets/asset_readings.html",
        _of_asset(actor, product, asset, form),
        product=product,
        active="assets",
        status=status,
    )


@page
@require_POST
def drop_target(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take a target away."""
    actor = Actor.of(request)
    product = product_for(actor, key, "metric.define")
    target = access.target_for(actor, pk, product=product)
    asset_id = target.asset_id
    targets.drop_target(actor=actor, target=target)
    messages.success(request, _("The target is taken away."))
    return go(request, reverse("asset-readings", args=[key, asset_id]))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One reading. Sent, it is withdrawn or brought back."""
    actor = Actor.of(request)
    posted = request.method == "POST"
    product = product_for(actor, key, "reading.enter" if posted else "product.read")
    reading = access.reading_for(actor, pk, product=product)
    error: DomainError | None = None
    if posted:
        try:
            if request.POST.get("act") == "restore":
                readings.restore(actor=actor, reading=reading)
                messages.success(request, _("The reading counts again."))
            else:
                readings.withdraw(
                    actor=actor, reading=reading, reason=request.POST.get("reason", "")
                )
                messages.success(request, _("The reading is withdrawn, with what it did."))
            return go(request, reverse("reading", args=[key, pk]))
        except (Invalid, Conflict) as refused:
            error = refused
    breaches = list(
        reading.breaches.select_related("item__product", "target__metric").order_by("pk")
    )
    context = {
        "reading": reading,
        "placement": reading.placement,
        "asset": reading.placement.asset,
        "breaches": breaches,
        "may_enter": rights.allowed(actor, "reading.enter", product),
        "error": error,
    }
    return show(
        request,
        "assets/reading.html",
        context,
        product=product,
        active="assets",
        status=error.status if error else 200,
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A reading by hand."""
    actor = Actor.of(request)
    product = product_for(actor, key, "reading.enter")
    placement = access.placement_for(actor, pk, product=product)
    form = ReadingForm(request.POST or None, placement=placement)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                done = readings.enter(actor=actor, product=product, drafts=[form.draft()])
            except Invalid as error:
                for line in error.fields.get("0", [error.detail]):
                    name, _mark, words = line.partition(": ")
                    name = {"starts_at": "first_day", "ends_at": "last_day"}.get(name, name)
                    form.add_error(name if name in form.fields else None, words or line)
            else:
                messages.success(request, _("The reading is entered."))
                return go(request, reverse("reading", args=[key, done.rows[0].pk]))
    context = {"form": form, "placement": placement, "asset": placement.asset}
    return show(
        request, "assets/reading_new.html", context, product=product, active="assets", status=status
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def metrics(request: HttpRequest, key: str) -> HttpResponse:
    """What the product measures. Sent, a metric is defined."""
    actor = Actor.of(request)
    posted = request.method == "POST"
    product = product_for(actor, key, "metric.define" if posted else "product.read")
    form = DefineForm(request.POST if posted else None)
    status = 200
    if posted:
        status = 422
        if form.is_valid():
            try:
                metric_services.define(actor=actor, product=product, **form.cleaned_data)
            except (Invalid, Conflict) as error:
                into_form(form, error)
                status = error.status
            else:
                messages.success(request, _("The metric is defined."))
                return go(request, reverse("metrics", args=[key]))
    context = {
        "metrics": access.metrics_of(actor, product),
        "form": form,
        "may_define": rights.allowed(actor, "metric.define", product),
    }
    return show(
        request, "assets/metrics.html", context, product=product, active="assets", status=status
    )


@page
@require_POST
def retire_metric(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take no more readings of it, or take them again."""
    actor = Actor.of(request)
    product = product_for(actor, key, "metric.define")
    metric = access.metric_for(actor, pk, product=product)
    metric_services.retire(
        actor=actor, metric=metric, retired=request.POST.get("retired") != "false"
    )
    return go(request, reverse("metrics", args=[key]))
