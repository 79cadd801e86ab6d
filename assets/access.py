"""The permissioned fetch of assets, versions and placements: the only door for request code."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets import selectors
from assets.models import (
    Asset,
    Claim,
    Metric,
    Placement,
    Preview,
    Reading,
    Replacement,
    Target,
    Upload,
    Version,
)
from assets.placed import ROW
from core.errors import Invalid, NotFound


def assets_in(actor: Actor, product: Product) -> QuerySet[Asset]:
    """The product's assets. No order: lists set their own."""
    rights.require(actor, "product.read", product)
    return Asset.objects.filter(product=product)


def asset_for(
    actor: Actor, pk: int, action: str = "product.read", product: Product | None = None
) -> Asset:
    """An asset by id (of ``product`` where an address names one). NotFound when absent or unseen. Two queries."""
    asset = Asset.objects.select_related("product", "item", "created_by").filter(pk=pk).first()
    if asset is None or (product is not None and asset.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", asset.product)
    rights.require(actor, action, asset.product)
    asset.item.product = asset.product
    return asset


def version_of(actor: Actor, asset: Asset, number: int | None = None) -> Version:
    """A version of an asset that was fetched with rights; the newest without a number."""
    version = (
        asset.versions.filter(number=number or asset.versions_count)
        .select_related("uploaded_by")
        .first()
    )
    if version is None:
        raise NotFound
    version.asset = asset
    return version


def preview_of(version: Version, kind: str, number: int) -> Preview:
    """What a worker made of a version that was fetched with rights. Raises NotFound."""
    found = version.previews.filter(kind=kind, number=number).first()
    if found is None:
        raise NotFound
    return found


def claim_for(
    actor: Actor, pk: int, action: str = "product.read", product: Product | None = None
) -> Claim:
    """A claim by id (of ``product`` where an address names one). NotFound when absent or unseen."""
    claim = Claim.objects.select_related("asset__product", "asset__item").filter(pk=pk).first()
    if claim is None or (product is not None and claim.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", claim.asset.product)
    rights.require(actor, action, claim.asset.product)
    claim.asset.item.product = claim.asset.product
    return claim


def upload_for(actor: Actor, pk: UUID, action: str = "product.read") -> Upload:
    """An upload in parts by id: its maker's own. NotFound for everybody else."""
    found = Upload.objects.select_related(
        "product", "item", "asset__product", "asset__item", "increment", "version__asset"
    )
    upload = found.filter(pk=pk, made_by=actor.user).first() if actor.user else None
    if upload is None:
        raise NotFound
    rights.require(actor, "product.read", upload.product)
    rights.require(actor, action, upload.product)
    upload.item.product = upload.product
    if upload.asset is not None:
        upload.asset.product, upload.asset.item = upload.product, upload.item
    return upload


def version_for(actor: Actor, pk: int, action: str = "product.read") -> Version:
    """A version by id. NotFound when absent or unseen. Two queries."""
    version = (
        Version.objects.select_related("asset__product", "asset__item", "uploaded_by")
        .filter(pk=pk)
        .first()
    )
    if version is None:
        raise NotFound
    rights.require(actor, "product.read", version.asset.product)
    rights.require(actor, action, version.asset.product)
    version.asset.item.product = version.asset.product
    return version


def placements_in(actor: Actor, product: Product) -> QuerySet[Placement]:
    """The product's placements with what a row shows. No order: lists set their own."""
    rights.require(actor, "product.read", product)
    return Placement.objects.filter(product=product).select_related(*ROW)


def placement_for(
    actor: Actor, pk: int, action: str = "product.read", product: Product | None = None
) -> Placement:
    """A placement by id (of ``product`` where an address names one). NotFound when absent or unseen. Two queries."""
    placement = Placement.objects.select_related("product", *ROW).filter(pk=pk).first()
    if placement is None or (product is not None and placement.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", placement.product)
    rights.require(actor, action, placement.product)
    placement.asset.item.product = placement.product
    return placement


def replacements_in(actor: Actor, product: Product) -> QuerySet[Replacement]:
    """The product's replacements with what a row shows. No order: lists set their own."""
    rights.require(actor, "product.read", product)
    return Replacement.objects.filter(product=product).select_related(
        "owner", "version", "item__product", *(f"placement__{name}" for name in ROW)
    )


def replacement_for(
    actor: Actor, pk: int, action: str = "product.read", product: Product | None = None
) -> Replacement:
    """A replacement by id. NotFound when absent or unseen. Two queries."""
    found = (
        Replacement.objects.select_related(
            "product", "owner", "version", "item", *(f"placement__{name}" for name in ROW)
        )
        .filter(pk=pk)
        .first()
    )
    if found is None or (product is not None and found.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", found.product)
    rights.require(actor, action, found.product)
    return found


def version_in(asset: Asset, number: int) -> Version:
    """A version of ``asset`` that a form or body refers to by number. Raises Invalid: the input is at fault."""
    version = asset.versions.filter(number=number).first()
    if version is None:
        raise Invalid(
            f"{asset.name} has no version {number}.",
            fields={"version": [f"Use a number from 1 to {asset.versions_count}."]},
        )
    version.asset = asset
    return version


def versions_named(actor: Actor, product: Product, ids: Iterable[int]) -> list[Version]:
    """Versions of ``product`` that a form or body refers to. Raises Invalid naming those that are not there."""
    rights.require(actor, "product.read", product)
    wanted = sorted(set(ids))
    found = list(
        Version.objects.filter(product=product, pk__in=wanted).select_related(
            "asset__product", "asset__item"
        )
    )
    missing = [str(pk) for pk in wanted if pk not in {each.pk for each in found}]
    if missing:
        raise Invalid(
            "Some versions are not there.",
            fields={"versions": [f"Unknown: {', '.join(missing[:20])}."]},
        )
    return found


_READ = ("metric", "version", "placement__channel", "placement__asset__item", "entered_by")


def readings_in(actor: Actor, product: Product) -> QuerySet[Reading]:
    """The product's readings. No order: lists set their own."""
    rights.require(actor, "product.read", product)
    return Reading.objects.filter(product=product)


def reading_for(
    actor: Actor, pk: int, action: str = "product.read", product: Product | None = None
) -> Reading:
    """A reading by id. NotFound when absent or unseen. Two queries."""
    found = Reading.objects.select_related("product", *_READ).filter(pk=pk).first()
    if found is None or (product is not None and found.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", found.product)
    rights.require(actor, action, found.product)
    found.placement.asset.product = found.placement.asset.item.product = found.product
    return found


def metrics_of(actor: Actor, product: Product) -> list[Metric]:
    """The product's metrics in order, retired ones too. One query."""
    rights.require(actor, "product.read", product)
    return list(Metric.objects.filter(product=product).order_by("position", "pk"))


def metric_for(
    actor: Actor, pk: int, action: str = "product.read", product: Product | None = None
) -> Metric:
    """A metric by id. NotFound when absent or unseen."""
    found = Metric.objects.select_related("product").filter(pk=pk).first()
    if found is None or (product is not None and found.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", found.product)
    rights.require(actor, action, found.product)
    return found


def metrics_named(actor: Actor, product: Product, slugs: Iterable[str]) -> dict[str, Metric]:
    """Metrics that a body refers to by slug. Raises Invalid naming those that are not there."""
    known = {row.slug: row for row in metrics_of(actor, product)}
    missing = sorted(set(slugs) - set(known))
    if missing:
        raise Invalid(
            f"There is no metric {', '.join(missing)[:80]} in {product.name}.",
            fields={"metric": [f"Use one of: {', '.join(known)}."]},
        )
    return known


def placements_named(actor: Actor, product: Product, ids: Iterable[int]) -> dict[int, Placement]:
    """Placements that a body refers to by id, those taken down too. Raises Invalid naming the missing ones."""
    wanted = sorted(set(ids))
    found = {row.pk: row for row in placements_in(actor, product).filter(pk__in=wanted)}
    missing = [str(pk) for pk in wanted if pk not in found]
    if missing:
        raise Invalid(
            "Some placements are not there.",
            fields={"placement": [f"Unknown: {', '.join(missing[:20])}."]},
        )
    return found


def target_for(
    actor: Actor, pk: int, action: str = "product.read", product: Product | None = None
) -> Target:
    """A target by id. NotFound when absent or unseen."""
    found = (
        Target.objects.select_related("product", "metric", "asset__item", "asset__product")
        .filter(pk=pk)
        .first()
    )
    if found is None or (product is not None and found.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", found.product)
    rights.require(actor, action, found.product)
    return found


def asset_named(actor: Actor, product: Product, pk: int) -> Asset:
    """An asset of ``product`` that a body refers to. Raises Invalid: the input is at fault."""
    found = assets_in(actor, product).select_related(*selectors.ROW).filter(pk=pk).first()
    if found is None:
        raise Invalid(f"There is no asset {pk}.", fields={"source": ["Name an asset of it."]})
    return found
