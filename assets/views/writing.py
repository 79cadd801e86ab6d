"""Scripts edited in the browser: the next version on the one that was read, and a script from nothing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from assets import access, selectors, viewing
from assets.forms import NewScriptForm, WritingForm
from assets.models import Version
from assets.services import writing
from assets.texts import differences, merging, reading
from assets.views.uploads import REFUSALS
from assets.vocabulary import AssetKind
from backlog.access import item_for
from core.htmx import go


@page
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Edit a script. ``act``: preview, merge (put what came meanwhile and what was typed together), else save."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, "asset.upload", product)
    newest = access.version_of(actor, asset)
    context: dict[str, Any] = {"asset": asset, "item": asset.item, "newest": newest}
    if newest.kind != AssetKind.TEXT or newest.size > 4 * writing.TEXT_LIMIT:
        return show(
            request,
            "assets/write.html",
            {**context, "closed": True},
            product=product,
            active="assets",
        )
    text = selectors.text_of(newest) or ""
    form = WritingForm(initial={"text": text, "base": newest.number})
    context["preview"] = _preview(text, newest.media_type)
    status = 200
    if request.method == "POST":
        form = WritingForm(request.POST)
        act = request.POST.get("act", "")
        typed = request.POST.get("text", "")
        if act == "merge":
            form = _merged(actor, asset, newest, request)
        elif act != "preview":
            status = 422
            if form.is_valid():
                try:
                    version = writing.write_version(
                        actor=actor,
                        asset=asset,
                        text=typed,
                        base=form.cleaned_data["base"],
                        rationale=form.cleaned_data["rationale"],
                    )
                    messages.success(
                        request, f"Version {version.number} is saved. It is not reviewed."
                    )
                    return go(request, _url(version))
                except writing.Overtaken as error:
                    status = error.status
                    context |= _overtaken(error, form, typed)
                except REFUSALS as error:
                    form.take(error)
                    status = error.status
        else:
            form.errors.clear()
        context["preview"] = _preview(form["text"].value() or "", newest.media_type)
    context |= {"form": form, "failed": status >= 400}
    return show(
        request, "assets/write.html", context, product=product, active="assets", status=status
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, key: str) -> HttpResponse:
    """A script of an item from nothing."""
    actor = Actor.of(request)
    item = item_for(actor, key, "asset.upload")
    form = NewScriptForm(item=item)
    context: dict[str, Any] = {"item": item}
    status = 200
    if request.method == "POST":
        form = NewScriptForm(request.POST, item=item)
        if request.POST.get("act") == "preview":
            form.errors.clear()
        else:
            status = 422
            if form.is_valid():
                try:
                    version = writing.write_asset(
                        actor=actor,
                        item=item,
                        name=form.cleaned_data["name"],
                        media_type=form.cleaned_data["media_type"],
                        text=request.POST.get("text", ""),
                        rationale=form.cleaned_data["rationale"],
                        increment=form.chosen_increment(),
                    )
                    messages.success(request, f"“{version.asset.name}” is saved as version 1.")
                    return go(request, _url(version))
                except REFUSALS as error:
                    form.take(error)
                    status = error.status
        context["preview"] = _preview(
            request.POST.get("text", ""), request.POST.get("media_type", "")
        )
    context |= {"form": form, "failed": status >= 400}
    return show(
        request, "assets/write.html", context, product=item.product, active="assets", status=status
    )


def _preview(text: str, media_type: str) -> list[viewing.Line] | None:
    lines = text.replace("\r\n", "\n").split("\n")[: selectors.SHOWN_LINES]
    known = media_type if media_type in (reading.FOUNTAIN, reading.MARKDOWN) else reading.PLAIN
    return viewing.shown_lines(selectors.Lines(lines, cut=False), known, {})


def _overtaken(error: writing.Overtaken, form: WritingForm, typed: str) -> dict[str, Any]:
    """What came meanwhile beside what was typed. The form goes on from the newer version."""
    theirs = selectors.text_of(error.newest) or ""
    mine = reading.decoded(typed.encode())
    rows = differences.rows(reading.lines(theirs), reading.lines(mine))
    form.add_error(None, error.detail)
    return {
        "overtaken": error.newest,
        "base": form.cleaned_data["base"],
        "hunks": differences.hunks(rows),
    }


def _merged(actor: Actor, asset: Any, newest: Version, request: HttpRequest) -> WritingForm:
    """The form with both changes in it, on the newest version; as it was where they touch the same lines."""
    typed = reading.decoded(request.POST.get("text", "").encode())
    data = request.POST.copy()
    given = request.POST.get("base", "")
    if given.isdecimal() and len(given) < 8:
        base = selectors.text_of(access.version_of(actor, asset, int(given))) or ""
        theirs = selectors.text_of(newest) or ""
        both = merging.merged(*(reading.lines(each) for each in (base, typed, theirs)))
        data["base"] = str(newest.number)
        if both is not None:
            data["text"] = "\n".join(both)
            messages.success(request, "Both changes are in the text. Read it once, then save it.")
        else:
            messages.warning(
                request,
                f"Both changed the same lines, so this is your text alone. Compare it with version {newest.number}"
                " before you save.",
            )
    form = WritingForm(data)
    form.errors.clear()
    return form


def _url(version: Version) -> str:
    asset = version.asset
    return reverse("asset-version", args=[asset.product.key, asset.pk, version.number])
