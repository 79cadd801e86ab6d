"""The list of a product's assets, and an asset with its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from assets import access, panels, selectors, viewing
from assets.filters import AssetFilter
from assets.forms import ClaimForm, UploadForm
from assets.models import Asset, Version
from assets.services.claims import OPEN_STATES, holds_claims
from assets.vocabulary import KIND_ICONS, AssetKind, VersionState
from core.filters import asked_of, rows_of

EVERY_KIND, EVERY_STATE = "Every kind", "Every state"


@page
@require_safe
def assets(request: HttpRequest, key: str) -> HttpResponse:
    """All assets of the product, latest upload first."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    kept = asked_of(request.GET, {*AssetFilter.base_filters, "cursor"})
    cursor = kept.pop("cursor", None)
    asked = AssetFilter(kept, access.assets_in(actor, product), product=product)
    found = selectors.latest(rows_of(asked), cursor=cursor)
    outdated = kept.get("outdated", "").lower()
    context = {
        "words": kept.get("q", ""),
        "menus": [
            _menu(kept, "kind", EVERY_KIND, AssetKind.choices),
            _menu(kept, "state", EVERY_STATE, VersionState.choices),
        ],
        "others": {name: kept[name] for name in kept if name != "q"},
        "asset_rows": panels.rows(actor, found.assets, found.newest),
        "outdated": outdated,
        "outdated_url": _url(**{**kept, "outdated": "" if outdated else "true"}),
        "filtered": bool(kept),
        "only_outdated": kept.keys() == {"outdated"} and outdated == "true",
        "next_url": _url(**kept, cursor=found.cursor) if found.cursor else None,
        "may_publish": rights.allowed(actor, "asset.publish", product),
        "may_upload": rights.allowed(actor, "asset.upload", product),
    }
    return show(request, "assets/assets.html", context, product=product, active="assets")


def _menu(
    kept: Mapping[str, str], name: str, every: str, choices: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    """A filter of one choice: its word, and the address of each choice with the other filters as they are."""
    chosen = kept.get(name, "")
    return {
        "label": dict(choices).get(chosen, every),
        "choices": [
            {"label": label, "url": _url(**{**kept, name: value}), "active": value == chosen}
            for value, label in [("", every), *choices]
        ],
    }


def _url(**query: str) -> str:
    return "?" + urlencode({name: value for name, value in query.items() if value})


@page
@require_safe
def asset(request: HttpRequest, key: str, pk: int, number: int | None = None) -> HttpResponse:
    """An asset: its versions, and one of them as it is."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = access.asset_for(actor, pk, product=product)
    version = access.version_of(actor, found, number)
    return show(
        request,
        "assets/asset.html",
        version_context(actor, found, version),
        product=product,
        active="assets",
    )


def version_context(
    actor: Actor, found: Asset, version: Version, claim_form: ClaimForm | None = None
) -> dict[str, Any]:
    """What the page of an asset shows for one version."""
    versions = selectors.versions_of(found)
    newest = versions[0]
    is_text = version.kind == AssetKind.TEXT
    newest_text = is_text and version.pk == newest.pk
    claimed = selectors.claims_of(version) if is_text and found.claims_count else []
    held = holds_claims(version)
    may_mark = (
        newest_text
        and rights.allowed(actor, "claim.mark", found.product)
        and (not held or rights.allowed(actor, "asset.publish", found.product))
    )
    if may_mark and claim_form is None:
        claim_form = ClaimForm(item=found.item, auto_id="claim_%s")
    marks = panels.marks(actor, versions)
    return {
        "asset": found,
        "item": found.item,
        "icon": KIND_ICONS[found.kind],
        "version": version,
        "newest": newest,
        "before_number": version.number - 1,
        "versions": [{"version": each, "marks": marks[each.pk]} for each in versions],
        "viewer": viewing.viewer(version, marked=claimed),
        "claims": claimed,
        "claim_form": claim_form,
        "claims_held": held and newest_text,
        "open_claims": sum(each.state in OPEN_STATES for each in claimed),
        "may_sign": newest_text and rights.allowed(actor, "claim.sign", found.product),
        "twins": selectors.twins(version),
        "panels": panels.version_panels(actor, version),
        "may_upload": rights.allowed(actor, "asset.upload", found.product),
        "upload_form": UploadForm(),
    }
