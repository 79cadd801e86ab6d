"""Bringing versions into force: one, with what it would make stale; many, with a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from assets import access, panels, placed, varied
from assets.models import Version
from assets.services import publishing
from assets.vocabulary import VersionState
from core.errors import Conflict, Invalid
from core.htmx import go


@page
@require_http_methods(["GET", "HEAD", "POST"])
def publication(request: HttpRequest, key: str, pk: int, number: int) -> HttpResponse:
    """What can be done about a version's publication, and what it would do to placements. Sent, it is done."""
    actor = Actor.of(request)
    product = product_for(actor, key, "asset.publish")
    asset = access.asset_for(actor, pk, product=product)
    version = access.version_of(actor, asset, number)
    error: Conflict | Invalid | None = None
    if request.method == "POST":
        try:
            _act(request, actor, version)
            return go(request, reverse("asset-version", args=[key, pk, number]))
        except (Conflict, Invalid) as refused:
            error = refused
            asset = access.asset_for(actor, pk, product=product)
            version = access.version_of(actor, asset, number)
    rows = placed.use_of(asset, now=timezone.now(), size=200).rows
    said = panels.publication_panels(actor, version)
    stops = any(panel.stops for panel in said)
    context = {
        "asset": asset,
        "version": version,
        "stale": [
            row for row in rows if row.placement.version is None or row.placement.version != version
        ],
        "outdated": [each for each in varied.of_source(asset, against=version) if each.outdated]
        if version.state == VersionState.APPROVED
        else [],
        "can_publish": version.state == VersionState.APPROVED and not stops,
        "stopped": version.state == VersionState.APPROVED and stops,
        "panels": said,
        "is_in_force": version.state == VersionState.PUBLISHED,
        "retired": version.state == VersionState.RETIRED,
        "error": error,
        "reason": request.POST.get("reason", ""),
    }
    return show(
        request,
        "assets/publication.html",
        context,
        product=product,
        active="assets",
        status=error.status if error else 200,
    )


def _act(request: HttpRequest, actor: Actor, version: Version) -> None:
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    common: dict[str, Any] = {"actor": actor, "version": version, "reason": reason}
    n = {"n": version.number}
    if act == "publish":
        seen = request.POST.get("in_force", "")
        done = publishing.publish(**common, seen=_seen(seen))
        made = done.settled.raised
        messages.success(
            request,
            _("Version %(n)s is in force.") % n
            + (
                " "
                + ngettext(
                    "%(made)s placement is to be replaced.",
                    "%(made)s placements are to be replaced.",
                    made,
                )
                % {"made": made}
                if made
                else ""
            ),
        )
    elif act == "unpublish":
        before = publishing.unpublish(**common)
        messages.success(
            request,
            _("Version %(n)s is in force again.") % {"n": before.number}
            if before
            else _("No version is in force any more."),
        )
    elif act == "retire":
        publishing.retire(**common)
        messages.success(request, _("Version %(n)s is retired.") % n)
    elif act == "unretire":
        publishing.unretire(**common)
        messages.success(request, _("Version %(n)s may be used again; it is approved.") % n)
    else:
        raise Invalid("Choose what is to be done. Nothing was changed.")


def _seen(value: str) -> int | None:
    if value == "":
        return publishing.ANY
    return int(value) if value.isdecimal() and len(value) < 9 else None


@page
@require_http_methods(["GET", "HEAD", "POST"])
def many(request: HttpRequest, key: str) -> HttpResponse:
    """Approved versions that are newer than what is in force, to be published together."""
    actor = Actor.of(request)
    product = product_for(actor, key, "asset.publish")
    error: Conflict | Invalid | None = None
    chosen: set[str] = set()
    if request.method == "POST":
        chosen = set(request.POST.getlist("version"))
        ids = [int(each) for each in chosen if each.isdecimal() and len(each) < 18]
        try:
            if not ids:
                raise Invalid("Tick the versions to publish. Nothing was changed.")
            versions = access.versions_named(actor, product, ids)
            done = publishing.publish_many(actor=actor, product=product, versions=versions)
        except (Conflict, Invalid) as refused:
            error = refused
        else:
            messages.success(
                request,
                ngettext("%(n)s version is in force.", "%(n)s versions are in force.", len(done))
                % {"n": len(done)}
                + " "
                + _("Replacements asked for: %(made)s.")
                % {"made": sum(each.settled.raised for each in done)},
            )
            return go(request, reverse("assets", args=[key]))
    candidates = publishing.candidates(product)
    marks = panels.marks(actor, [each.version for each in candidates], "PUBLICATION_MARKS")
    context = {
        "rows": [{"candidate": each, "marks": marks[each.version.pk]} for each in candidates],
        "chosen": chosen,
        "error": error,
    }
    return show(
        request,
        "assets/publish_many.html",
        context,
        product=product,
        active="assets",
        status=error.status if error else 200,
    )
