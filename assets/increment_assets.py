"""What pages of increments, items and briefs show of assets: the newest version and what reviews say of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from accounts.actors import Actor
from assets.models import Asset, Version
from assets.panels import marks
from backlog.increment_reading import HeldAsset
from backlog.models import Increment, Item


def held(*, actor: Actor, increments: Sequence[Increment]) -> Mapping[int, list[HeldAsset]]:
    """By increment id, the assets that are made for it, by name. Four queries, whatever the number."""
    found: dict[int, list[HeldAsset]] = defaultdict(list)
    rows = Asset.objects.filter(increment__in=[each.pk for each in increments])
    for _item_id, asset in _held(actor, rows):
        found[asset.increment_id or 0].append(asset)
    return found


def of_items(*, actor: Actor, items: Sequence[Item]) -> Mapping[int, list[HeldAsset]]:
    """By item id, its assets by name. Four queries, whatever the number."""
    found: dict[int, list[HeldAsset]] = defaultdict(list)
    for item_id, asset in _held(actor, Asset.objects.filter(item__in=[each.pk for each in items])):
        found[item_id].append(asset)
    return found


def _held(actor: Actor, rows: QuerySet[Asset]) -> list[tuple[int, HeldAsset]]:
    """Each asset with the id of its item, by name."""
    assets = list(
        rows.select_related("product")
        .annotate(placed=Count("placements", filter=Q(placements__ended_at=None)))
        .order_by("name", "pk")
    )
    if not assets:
        return []
    by_id = {asset.pk: asset for asset in assets}
    newest: dict[int, Version] = {}
    versions = Version.objects.filter(asset__in=assets, number=F("asset__versions_count"))
    for each in versions.order_by("asset_id"):
        each.asset = by_id[each.asset_id]
        newest[each.asset_id] = each
    said = marks(actor, list(newest.values()))
    found = []
    for asset in assets:
        version = newest.get(asset.pk)
        told = HeldAsset(
            asset.pk,
            asset.name,
            reverse("asset", args=[asset.product.key, asset.pk]),
            version.number if version else None,
            [(mark.word, mark.tone) for mark in said[version.pk]] if version else [],
            asset.placed,
            version.get_state_display() if version else "",
            asset.increment_id,
        )
        found.append((asset.item_id, told))
    return found
