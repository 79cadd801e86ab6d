"""What an increment's page and its item's plan show of its assets: the newest version and what reviews say of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Count, F, Q
from django.urls import reverse

from accounts.actors import Actor
from assets.models import Asset, Version
from assets.panels import marks
from backlog.increment_reading import HeldAsset
from backlog.models import Increment


def held(*, actor: Actor, increments: Sequence[Increment]) -> Mapping[int, list[HeldAsset]]:
    """By increment id, the assets that are made for it, by name. Three queries, whatever the number."""
    assets = list(
        Asset.objects.filter(increment__in=[each.pk for each in increments])
        .select_related("product")
        .annotate(placed=Count("placements", filter=Q(placements__ended_at=None)))
        .order_by("name", "pk")
    )
    if not assets:
        return {}
    newest = {
        version.asset_id: version
        for version in Version.objects.filter(
            asset__in=assets, number=F("asset__versions_count")
        ).order_by("asset_id")
    }
    said = marks(actor, list(newest.values()))
    found: dict[int, list[HeldAsset]] = defaultdict(list)
    for asset in assets:
        version = newest.get(asset.pk)
        found[asset.increment_id or 0].append(
            HeldAsset(
                asset.pk,
                asset.name,
                reverse("asset", args=[asset.product.key, asset.pk]),
                version.number if version else None,
                [(mark.word, mark.tone) for mark in said[version.pk]] if version else [],
                asset.placed,
            )
        )
    return found
