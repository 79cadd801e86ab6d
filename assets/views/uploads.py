"""Adding an asset to an item, and the next version to an asset. Both work by plain forms."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from assets import access, panels, selectors
from assets.forms import AssetEditForm, AssetForm, UploadForm
from assets.models import Version
from assets.services.assets import add_asset, edit_asset
from assets.services.previews import try_again
from assets.services.versions import upload_version
from backlog.access import item_for, item_of
from core.errors import Conflict, Invalid
from core.htmx import go
from core.uploads import NoRoom, TooLarge, file_in

REFUSALS = (Invalid, Conflict, TooLarge, NoRoom)


@page
@require_safe
def choose(request: HttpRequest, key: str) -> HttpResponse:
    """The item that a new asset will belong to; its form comes next."""
    actor = Actor.of(request)
    product = product_for(actor, key, "asset.upload")
    asked = request.GET.get("item", "")
    error = ""
    if asked:
        try:
            item = item_of(actor, product, asked)
            return go(request, reverse("item-assets", args=[item.key]))
        except Invalid as refused:
            error = str(refused)
    context = {"asked": asked, "error": error}
    return show(
        request,
        "assets/choose.html",
        context,
        product=product,
        active="assets",
        status=422 if error else 200,
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, key: str) -> HttpResponse:
    """A new asset of an item."""
    actor = Actor.of(request)
    item = item_for(actor, key, "asset.upload")
    form = AssetForm(item=item)
    status = 200
    if request.method == "POST":
        form = AssetForm(request.POST, request.FILES, item=item)
        status = 422
        try:
            file = file_in(request)
            if form.is_valid():
                version = add_asset(
                    actor=actor,
                    item=item,
                    file=file,
                    rationale=form.cleaned_data["rationale"],
                    name=form.cleaned_data["name"],
                    increment=form.chosen_increment(),
                )
                messages.success(request, f"“{version.asset.name}” is stored as version 1.")
                return go(request, _url(version))
        except REFUSALS as error:
            form.is_valid()
            form.errors.pop("file", None)
            form.take(error)
            status = error.status
    assets, newest = selectors.of_item(item)
    context = {"form": form, "item": item, "asset_rows": panels.rows(actor, assets, newest)}
    return show(
        request, "assets/add.html", context, product=item.product, active="assets", status=status
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The next version of an asset."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, "asset.upload", product)
    form = UploadForm()
    status = 200
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        status = 422
        try:
            file = file_in(request)
            if form.is_valid():
                version = upload_version(
                    actor=actor, asset=asset, file=file, rationale=form.cleaned_data["rationale"]
                )
                messages.success(
                    request,
                    f"Version {version.number} is stored. It is not reviewed: approvals of earlier versions"
                    " do not carry over.",
                )
                return go(request, _url(version))
        except REFUSALS as error:
            form.is_valid()
            form.errors.pop("file", None)
            form.take(error)
            status = error.status
    context = {
        "form": form,
        "asset": asset,
        "item": asset.item,
        "newest": access.version_of(actor, asset),
    }
    return show(
        request, "assets/upload.html", context, product=product, active="assets", status=status
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What an asset is called, and which increment it is made for."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, "asset.upload", product)
    now = {"name": asset.name, "increment": asset.increment_id}
    form = AssetEditForm(request.POST or None, item=asset.item, initial=now)
    if request.method == "POST" and form.is_valid():
        edit_asset(
            actor=actor,
            asset=asset,
            name=form.cleaned_data["name"],
            increment=form.chosen_increment(),
        )
        messages.success(request, "The asset is changed.")
        return go(request, reverse("asset", args=[product.key, asset.pk]))
    context = {"form": form, "asset": asset, "item": asset.item}
    status = 422 if request.method == "POST" else 200
    return show(
        request, "assets/edit.html", context, product=product, active="assets", status=status
    )


@page
@require_POST
def previews_again(request: HttpRequest, key: str, pk: int, number: int) -> HttpResponse:
    """Make the previews of a version once more."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, "asset.upload", product)
    version = access.version_of(actor, asset, number)
    try_again(actor=actor, version=version)
    messages.success(request, "The previews are being made. Load the page again in a moment.")
    return go(request, _url(version))


def _url(version: Version) -> str:
    asset = version.asset
    return reverse("asset-version", args=[asset.product.key, asset.pk, version.number])
