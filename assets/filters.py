"""What pages and API may ask of assets and placements, read the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Product
from assets import varied
from assets.models import Asset, Placement, Reading, Version
from assets.placing import with_state
from assets.vocabulary import AssetKind, Environment, PlacementState, VersionState
from core.filters import IdFilter, OneOf, YesNo, rows_of

KEYS = (
    "state",
    "channel",
    "program",
    "environment",
    "locale",
    "asset",
    "owner",
    "drifted",
    "ended",
    "q",
)


class AssetFilter(filters.FilterSet):
    """What the assets of one product can be asked for."""

    q = filters.CharFilter(method="by_words", label="Words of the name", max_length=100)
    kind = filters.ChoiceFilter(choices=AssetKind.choices, label="What it is")
    state = filters.ChoiceFilter(
        choices=VersionState.choices, method="by_state", label="State of the newest version"
    )
    outdated = YesNo(
        method="by_outdated", label="Variants whose source says something else by now (N18)"
    )

    class Meta:
        model = Asset
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[Asset], *, product: Product) -> None:
        self.product = product
        super().__init__(data, queryset)

    def by_words(self, rows: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        for word in value.split()[:8]:
            rows = rows.filter(name__icontains=word)
        return rows

    def by_state(self, rows: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        newest = Version.objects.filter(asset=OuterRef("pk"), number=OuterRef("versions_count"))
        return rows.filter(Exists(newest.filter(state=value)))

    def by_outdated(self, rows: QuerySet[Asset], name: str, value: bool) -> QuerySet[Asset]:
        outdated = varied.outdated_ids(self.product)
        return rows.filter(pk__in=outdated) if value else rows.exclude(pk__in=outdated)


class PlacementFilter(filters.FilterSet):
    """What placements can be asked for. Without a word about it, those taken down are left out."""

    state = OneOf(choices=PlacementState.choices, method="by_state", label="One or more states")
    channel = filters.CharFilter(field_name="channel__name", label="Name of a channel")
    program = filters.CharFilter(field_name="program__name", label="Name of a program")
    environment = filters.ChoiceFilter(choices=Environment.choices)
    locale = filters.CharFilter(field_name="locale", lookup_expr="iexact")
    asset = IdFilter(field_name="asset_id", label="Id of an asset")
    owner = filters.CharFilter(field_name="owner__email", lookup_expr="iexact", max_length=254)
    drifted = YesNo(method="by_drifted", label="Drifted ones, or those that are not")
    ended = YesNo(method="by_ended", label="Those taken down")
    q = filters.CharFilter(method="by_words", label="Words of asset or place", max_length=100)

    class Meta:
        model = Placement
        fields: list[str] = []

    def by_state(
        self, rows: QuerySet[Placement], name: str, value: list[str]
    ) -> QuerySet[Placement]:
        return rows.filter(state__in=value) if value else rows  # type: ignore[misc]  # annotated

    def by_drifted(self, rows: QuerySet[Placement], name: str, value: bool) -> QuerySet[Placement]:
        return rows.filter(drifted_at__isnull=not value)

    def by_ended(self, rows: QuerySet[Placement], name: str, value: bool) -> QuerySet[Placement]:
        return rows.filter(ended_at__isnull=not value)

    def by_words(self, rows: QuerySet[Placement], name: str, value: str) -> QuerySet[Placement]:
        for word in value.split()[:8]:
            rows = rows.filter(place__icontains=word) | rows.filter(asset__name__icontains=word)
        return rows


def placements_filtered(rows: QuerySet[Placement], query: Mapping[str, Any]) -> QuerySet[Placement]:
    """``rows`` with their ``state``, through the filters of ``query``. Raises Invalid naming bad ones."""
    known = {name: value for name, value in query.items() if name in KEYS and value}
    return rows_of(PlacementFilter({"ended": "false", **known}, with_state(rows)))


class ReadingFilter(filters.FilterSet):
    """What readings can be asked for."""

    metric = filters.CharFilter(field_name="metric__slug", label="Slug of the metric")
    source = filters.CharFilter(field_name="source", max_length=60, label="Where it comes from")
    asset = IdFilter(field_name="placement__asset", label="Id of an asset")
    placement = IdFilter(field_name="placement", label="Id of a placement")
    segment = filters.CharFilter(
        field_name="placement__asset__item__segments__name",
        max_length=80,
        label="Name of a segment that the asset's item names",
    )
    withdrawn = YesNo(method="by_withdrawn", label="Those taken back, or those that count")

    class Meta:
        model = Reading
        fields: list[str] = []

    def by_withdrawn(self, rows: QuerySet[Reading], name: str, value: bool) -> QuerySet[Reading]:
        return rows.filter(withdrawn_at__isnull=not value)


def readings_filtered(rows: QuerySet[Reading], query: Mapping[str, Any]) -> QuerySet[Reading]:
    """``rows`` through the filters of ``query``; other keys are left to the caller. Raises Invalid naming bad ones."""
    known = {name: value for name, value in query.items() if name in ReadingFilter.base_filters}
    return rows_of(ReadingFilter(known, rows))
