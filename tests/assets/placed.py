"""Assets in versions, approved and placed, made through services."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import Product
from assets.models import Asset, Placement, Version
from assets.services import placements, publishing
from assets.services.assets import add_asset
from assets.services.versions import mark_approved, upload_version
from backlog.models import Channel
from backlog.services import words
from tests.assets.files import new_item
from tests.cast import Cast


def an_asset(
    cast: Cast, versions: int = 1, *, approved: bool = True, name: str = "welcome"
) -> list[Version]:
    """An asset with so many versions, oldest first."""
    actor = cast.actor("contributor")
    item = new_item(cast)

    def text(number: int) -> ContentFile[bytes]:
        return ContentFile(f"{name} {number}".encode(), name=f"{name}.txt")

    found = [add_asset(actor=actor, item=item, file=text(1), rationale="First", name=name)]
    asset = found[0].asset
    for number in range(2, versions + 1):
        found.append(
            upload_version(actor=actor, asset=asset, file=text(number), rationale=f"Draft {number}")
        )
    with transaction.atomic():
        for version in found if approved else ():
            mark_approved(version=version)
    return found


def channel(product: Product, name: str = "Learning platform") -> Channel:
    return words.named(Channel, product=product, names=[name])[name]


def place(
    cast: Cast,
    asset: Asset,
    version: Version | None = None,
    where: str = "Module 1",
    *,
    on: str = "Learning platform",
    environment: str = "production",
    locale: str = "",
) -> Placement:
    """A placement, with ``version`` standing there."""
    draft = placements.Draft(
        channel=channel(asset.product, on), place=where, environment=environment, locale=locale
    )
    return placements.add_placement(
        actor=cast.actor("contributor"), asset=asset, draft=draft, version=version
    )


def publish(cast: Cast, version: Version) -> publishing.Published:
    return publishing.publish(actor=cast.actor("owner"), version=version)
