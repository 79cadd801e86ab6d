"""What assets show on pages of the apps below, and the slots on their own pages that the apps above fill.

``config/wiring.py`` lists the functions: ``VERSION_MARKS`` of (actor, versions) -> {version id: Mark}, and
``VERSION_PANELS`` and ``PUBLICATION_PANELS`` of (actor, version) -> Panel or None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets import selectors, varied
from assets.access import assets_in
from assets.filters import AssetFilter
from assets.forms import AssetForm
from assets.models import Asset, Version
from assets.vocabulary import KIND_ICONS
from backlog.models import Item
from backlog.panels import Panel
from core.filters import rows_of


@dataclass(frozen=True)
class Mark:
    """A word about a version in lists: ``tone`` is good, warn, bad or empty; ``data`` goes into the API."""

    name: str
    word: str
    tone: str = ""
    url: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def marks(
    actor: Actor, versions: Sequence[Version], slot: str = "VERSION_MARKS"
) -> dict[int, list[Mark]]:
    """What the apps above say about versions, by version id. As many queries as they make, however many versions.

    ``slot``: VERSION_MARKS, or PUBLICATION_MARKS for what keeps a version from being published.
    """
    found: dict[int, list[Mark]] = {version.pk: [] for version in versions}
    for path in import_string(f"{settings.WIRING}.{slot}"):
        for pk, mark in import_string(path)(actor=actor, versions=versions).items():
            found[pk].append(mark)
    return found


def version_panels(actor: Actor, version: Version) -> list[Panel]:
    """What the apps above show beside a version."""
    return _panels("VERSION_PANELS", actor, version)


def publication_panels(actor: Actor, version: Version) -> list[Panel]:
    """What the apps above have to say before a version is published."""
    return _panels("PUBLICATION_PANELS", actor, version)


def _panels(slot: str, actor: Actor, version: Version) -> list[Panel]:
    paths = import_string(f"{settings.WIRING}.{slot}")
    return [panel for path in paths if (panel := import_string(path)(actor=actor, version=version))]


def rows(
    actor: Actor, assets: Sequence[Asset], newest: Mapping[int, Version]
) -> list[dict[str, Any]]:
    """Assets with their newest version, its small picture and what is said about it, for lists.

    Variants with how they stand to their source. Two queries, six more where there are variants.
    """
    said = marks(actor, list(newest.values()))
    thumbs = selectors.thumbs_of(list(newest.values()))
    stands = varied.stands([asset for asset in assets if asset.variant_of_id])
    return [
        {
            "asset": asset,
            "icon": KIND_ICONS[asset.kind],
            "thumb": thumbs.get(newest[asset.pk].pk) if asset.pk in newest else None,
            "stand": stands.get(asset.pk),
            "version": newest.get(asset.pk),
            "marks": said[newest[asset.pk].pk] if asset.pk in newest else [],
        }
        for asset in assets
    ]


def item_panel(*, actor: Actor, item: Item) -> Panel | None:
    """The assets of an item, and the way to add one."""
    assets, newest = selectors.of_item(item)
    may_upload = rights.allowed(actor, "asset.upload", item.product)
    if not assets and not may_upload:
        return None
    context = {
        "asset_rows": rows(actor, assets, newest),
        "may_upload": may_upload,
        "asset_form": AssetForm(auto_id="asset_%s", item=item),
    }
    return Panel("assets", "Assets", "assets/_item_assets.html", context)


def item_details(*, actor: Actor, item: Item) -> dict[str, Any]:
    """The assets in an item's detail of the API."""
    assets, newest = selectors.of_item(item)
    said = marks(actor, list(newest.values()))
    found = [(asset, newest.get(asset.pk)) for asset in assets]
    return {
        "assets": [
            {
                "id": asset.pk,
                "name": asset.name,
                "kind": asset.kind,
                "version": version.number if version else None,
                "sha256": version.sha256 if version else None,
                **{mark.name: dict(mark.data) for mark in (said[version.pk] if version else ())},
            }
            for asset, version in found
        ]
    }


def search_panel(*, actor: Actor, product: Product, query: str) -> Panel | None:
    """Assets whose names hold the words of a search."""
    named = AssetFilter({"q": query[:100]}, assets_in(actor, product), product=product)
    page = selectors.latest(rows_of(named), size=10)
    if not page.assets:
        return None
    return Panel(
        "assets",
        "Assets",
        "assets/_asset_rows.html",
        {"asset_rows": rows(actor, page.assets, page.newest)},
    )
