"""Localized and reformatted variants: what they are of, what they follow, and that they are still right (R125, N18)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from assets.models import Asset, Segment, SegmentMap, Version
from assets.variants import held_against
from assets.vocabulary import VariantKind
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid

LABEL_LIMIT, REASON_LIMIT = 60, 500


@transaction.atomic
def set_variant(
    *,
    actor: Actor,
    asset: Asset,
    source: Asset | None,
    kind: str = "",
    label: str = "",
    made_from: int | None = None,
    now: datetime | None = None,
) -> Asset:
    """Say what ``asset`` is a variant of, or (None) that it is none. ``made_from``: number of the source's version that
    its newest version was made from; left out, the one in force, else the newest.

    Raises Invalid, Conflict (a variant of a variant), NotAllowed.
    """
    right = rights.require(actor, "asset.upload", asset.product)
    now = now or timezone.now()
    label = text.one_line(label)
    if source is not None:
        if kind not in VariantKind.values:
            raise Invalid(
                "Say what kind of variant it is.",
                fields={"kind": [f"Use one of: {', '.join(VariantKind.values)}."]},
            )
        if not label or len(label) > LABEL_LIMIT:
            raise Invalid(
                "Name the variant.",
                fields={"label": [f"Such as de-DE or 9:16, at most {LABEL_LIMIT} characters."]},
            )
        if source.product_id != asset.product_id or source.pk == asset.pk:
            raise Invalid(
                "It cannot be a variant of that.",
                fields={"source": ["Choose another asset of this product."]},
            )
    for pk in sorted({asset.pk, *([source.pk] if source else [])}):
        locked = Asset.objects.locked(pk)
        if source is not None and pk == source.pk:
            source = locked
        else:
            asset = locked
    if source is not None and (source.variant_of_id or asset.variants.exists()):
        raise Conflict(
            "Variants are of a source, not of another variant. Nothing was changed.", code="chain"
        )
    before = asset.variant_of
    asset.variant_of = source
    asset.variant_kind, asset.variant_label = (kind, label) if source else ("", "")
    asset.save(update_fields=["variant_of", "variant_kind", "variant_label"])
    if before != source:
        asset.segment_maps.all().delete()
        asset.versions.update(source_version=None)
    if source is not None:
        _made_from(asset, source, made_from)
    fields = {
        "asset": (None, asset.name),
        "variant_of": (before, source),
        "variant": (None, label or None),
    }
    entry = changes.Entry("variant.set", asset, asset.item, fields, right=right)
    changes.record(actor=actor, product=asset.product, entries=[entry], now=now)
    return asset


def _made_from(asset: Asset, source: Asset, number: int | None) -> None:
    newest = asset.versions.filter(number=asset.versions_count)
    if number is None:
        number = source.published_version or source.versions_count
        newest = newest.filter(source_version=None)
    found = source.versions.filter(number=number).first()
    if found is None:
        raise Invalid(
            f"{source.name} has no version {number}.",
            fields={"made_from": [f"Use a number from 1 to {source.versions_count}."]},
        )
    newest.update(source_version=found)


def version_uploaded(*, asset_id: int, version_id: int, now: datetime | None = None) -> None:
    """A new version of a variant was made from what is in force, unless it says otherwise.

    Listens to ``version.uploaded``, whose asset is locked.
    """
    asset = Asset.objects.select_related("variant_of").get(pk=asset_id)
    source = asset.variant_of
    if source is None:
        return
    number = source.published_version or source.versions_count
    made_from = Version.objects.filter(asset=source, number=number).first()
    Version.objects.filter(pk=version_id, source_version=None).update(source_version=made_from)


@transaction.atomic
def follow_segments(
    *, actor: Actor, asset: Asset, keys: Collection[int] | None, now: datetime | None = None
) -> None:
    """Which segments of its source the variant renders; None or nothing: all of them.

    Raises Invalid (no such segment), Conflict (no variant), NotAllowed.
    """
    right = rights.require(actor, "asset.upload", asset.product)
    asset = Asset.objects.locked(asset.pk)
    if asset.variant_of_id is None:
        raise Conflict("It is a variant of nothing, so it follows nothing.", code="no_variant")
    wanted = set(keys or ())
    known = set(
        Segment.objects.filter(version__asset=asset.variant_of_id, key__in=wanted).values_list(
            "key", flat=True
        )
    )
    if wanted - known:
        raise Invalid(
            "The source has no such segment.",
            fields={"segments": [f"Unknown: {', '.join(map(str, sorted(wanted - known)))}."]},
        )
    before = sorted(asset.segment_maps.values_list("source_key", flat=True))
    asset.segment_maps.all().delete()
    SegmentMap.objects.bulk_create(
        [SegmentMap(product=asset.product, variant=asset, source_key=key) for key in sorted(wanted)]
    )
    fields = {"segments": (before or None, sorted(wanted) or None)}
    entry = changes.Entry("variant.mapped", asset, asset.item, fields, right=right)
    changes.record(actor=actor, product=asset.product, entries=[entry], now=now)


@transaction.atomic
def confirm(*, actor: Actor, asset: Asset, reason: str, now: datetime | None = None) -> Version:
    """Say that the newest version of a variant is right for what its source says now, although that changed.

    Raises Conflict (no variant), Invalid (no reason), NotAllowed.
    """
    right = rights.require(actor, "asset.upload", asset.product)
    reason = text.one_line(reason)[:REASON_LIMIT]
    if not reason:
        raise Invalid(
            "Say why it is still right. Nothing was changed.",
            fields={"reason": ["Say it in a sentence."]},
        )
    asset = Asset.objects.locked(asset.pk)
    source = asset.variant_of
    if source is None:
        raise Conflict("It is a variant of nothing.", code="no_variant")
    version = asset.versions.select_related("source_version").get(number=asset.versions_count)
    before = version.source_version
    made_from = before.number if before else 1
    number = held_against(made_from, source.published_version, source.versions_count)
    version.source_version = source.versions.get(number=number)
    version.save(update_fields=["source_version"])
    fields = {
        "version": (None, version.number),
        "made_from": (before.number if before else None, number),
    }
    entry = changes.Entry(
        "variant.confirmed", version, asset.item, fields, reason=reason, right=right
    )
    changes.record(actor=actor, product=asset.product, entries=[entry], now=now)
    return version
