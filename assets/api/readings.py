"""Readings over the API: metrics, readings in bulk, targets, version against version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, resource
from accounts.models import Product
from assets import access, compared
from assets.filters import ReadingFilter, readings_filtered
from assets.models import Metric, Reading, Target
from assets.services import metrics, readings, targets
from assets.vocabulary import MetricForm
from backlog.access import item_of
from backlog.api.items import named_product
from core.api.serializers import Line, Shape, checked

TAGS = ["readings"]
PRODUCT = OpenApiParameter("product", OpenApiTypes.STR)


class MetricRow(Shape):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    form = serializers.ChoiceField(MetricForm.choices)
    unit = serializers.CharField()
    higher_is_better = serializers.BooleanField()
    retired_at = serializers.DateTimeField(allow_null=True)


class MetricList(Shape):
    results = MetricRow(many=True)


class MetricInput(Shape):
    product = Line(max_length=10, required=False)
    slug = Line(max_length=40)
    name = Line(max_length=80)
    form = serializers.ChoiceField(MetricForm.choices)
    unit = Line(max_length=24, required=False, allow_blank=True)
    higher_is_better = serializers.BooleanField(required=False)


class MetricRetired(Shape):
    retired = serializers.BooleanField(required=False, help_text="false: take readings again")


class ReadingInput(Shape):
    placement = serializers.IntegerField(min_value=1)
    metric = Line(max_length=40, help_text="slug")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    value = serializers.FloatField(required=False, allow_null=True, help_text="of a mean or count")
    n = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    hits = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    spread = serializers.FloatField(required=False, allow_null=True, min_value=0)
    version = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        help_text="number; only where it changed within the period, or nobody recorded it",
    )
    note = Line(max_length=500, required=False, allow_blank=True)
    source = Line(max_length=60)  # type: ignore[assignment]
    external_id = Line(max_length=120)


class ReadingsInput(Shape):
    product = Line(max_length=10, required=False)
    readings = ReadingInput(many=True, max_length=readings.LIMIT)  # type: ignore[call-arg]


class ReadingRow(Shape):
    id = serializers.IntegerField()
    placement = serializers.IntegerField()
    asset = serializers.IntegerField()
    version = serializers.IntegerField(help_text="number")
    metric = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    value = serializers.FloatField(help_text="a share as 0 … 1; to send one, give `hits` and `n`")
    n = serializers.IntegerField(allow_null=True)
    hits = serializers.IntegerField(allow_null=True)
    spread = serializers.FloatField(allow_null=True)
    note = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    entered_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class ReadingPage(Shape):
    results = ReadingRow(many=True)
    next = serializers.CharField(allow_null=True)


class ReadingsOutcome(Shape):
    added = serializers.IntegerField()
    corrected = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    ids = serializers.ListField(child=serializers.IntegerField())


class ReadingReason(Shape):
    reason = Line(max_length=500)


class TargetRow(Shape):
    id = serializers.IntegerField()
    metric = serializers.CharField()
    limit = serializers.FloatField(help_text="a share as 0 … 1")
    higher_is_better = serializers.BooleanField(help_text="the limit is a least; else it is a most")
    least_n = serializers.IntegerField()
    item = serializers.CharField(allow_null=True)
    broken = serializers.IntegerField(help_text="at how many placements")


class TargetList(Shape):
    results = TargetRow(many=True)


class TargetInput(Shape):
    metric = Line(max_length=40, help_text="slug")
    limit = serializers.FloatField(help_text="the worst that still holds; a share as 0 … 1")
    higher_is_better = serializers.BooleanField(
        required=False, allow_null=True, help_text="none: as the metric says"
    )
    least_n = serializers.IntegerField(min_value=1, required=False)
    item = Line(
        max_length=24, required=False, allow_null=True, help_text="key; none: one is opened"
    )


class VersionFigure(Shape):
    version = serializers.IntegerField()
    readings = serializers.IntegerField()
    value = serializers.FloatField()
    n = serializers.IntegerField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    enough = serializers.BooleanField()
    against = serializers.IntegerField(allow_null=True)
    amount = serializers.FloatField(allow_null=True, help_text="difference, or ratio of counts")
    amount_low = serializers.FloatField(allow_null=True)
    amount_high = serializers.FloatField(allow_null=True, help_text="null: without bound")
    verdict = serializers.CharField(
        allow_null=True, help_text="more, less, unclear, not_enough, not_comparable"
    )
    why = serializers.CharField(allow_null=True)


class MetricComparison(Shape):
    metric = serializers.CharField()
    versions = VersionFigure(many=True)


class AssetComparison(Shape):
    metrics = MetricComparison(many=True)


def _metric(row: Metric) -> dict[str, Any]:
    return {
        "id": row.pk,
        "slug": row.slug,
        "name": row.name,
        "form": row.form,
        "unit": row.unit,
        "higher_is_better": row.higher_is_better,
        "retired_at": row.retired_at,
    }


def _reading(row: Reading) -> dict[str, Any]:
    return {
        "id": row.pk,
        "placement": row.placement_id,
        "asset": row.placement.asset_id,
        "version": row.version.number,
        "metric": row.metric.slug,
        **{
            name: getattr(row, name)
            for name in (
                *("starts_at", "ends_at", "value", "n", "hits", "spread", "note", "source"),
                *("external_id", "entered_at", "withdrawn_at"),
            )
        },
    }


@documented(summary="List metrics", responses={200: MetricList}, query=[PRODUCT], tags=TAGS)
def list_metrics(request: Request) -> Response:
    """What the product measures of placed versions."""
    actor = actor_of(request)
    product = named_product(actor, request.query_params.get("product"))
    return Response({"results": [_metric(row) for row in access.metrics_of(actor, product)]})


@documented(summary="Define a metric", request=MetricInput, responses={201: MetricRow}, tags=TAGS)
def define_metric(request: Request) -> Response:
    """One of the product's own. How its readings add up cannot be changed later."""
    actor = actor_of(request)
    data = checked(MetricInput, request)
    product = named_product(actor, data.pop("product", None))
    return Response(_metric(metrics.define(actor=actor, product=product, **data)), status=201)


@documented(summary="Retire a metric", request=MetricRetired, responses={200: MetricRow}, tags=TAGS)
def retire_metric(request: Request, pk: int) -> Response:
    """No more readings of it are taken; those there are stay."""
    actor = actor_of(request)
    metric = access.metric_for(actor, pk, "metric.define")
    retired = checked(MetricRetired, request).get("retired", True)
    return Response(_metric(metrics.retire(actor=actor, metric=metric, retired=retired)))


@documented(
    summary="List readings",
    responses={200: ReadingPage},
    query=[
        PRODUCT,
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label))
            for name, each in ReadingFilter.base_filters.items()
        ),
        OpenApiParameter("cursor", OpenApiTypes.STR),
    ],
    tags=TAGS,
)
def list_readings(request: Request) -> Response:
    """Readings, the latest entered first, withdrawn ones too."""
    actor = actor_of(request)
    query = request.query_params
    product = named_product(actor, query.get("product"))
    rows = readings_filtered(access.readings_in(actor, product), query.dict())
    found, cursor = compared.page_of_readings(rows, query.get("cursor"), 100)
    return Response({"results": [_reading(row) for row in found], "next": cursor})


@documented(
    summary="Enter readings", request=ReadingsInput, responses={201: ReadingsOutcome}, tags=TAGS
)
def enter_readings(request: Request) -> Response:
    """Up to 1,000, all or none. Idempotent by `source` and `external_id`; other content corrects, and is recorded.

    A reading belongs to the version that stood at the placement in its period.
    """
    actor = actor_of(request)
    data = checked(ReadingsInput, request)
    product = named_product(actor, data.get("product"))
    product_for(actor, product.key, "reading.enter")
    return Response(entered(actor, product, data["readings"]), status=201)


def entered(actor: Actor, product: Product, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Enter ``rows`` (of ``ReadingInput``); the answer, a ``ReadingsOutcome``. Raises Invalid, NotAllowed."""
    known = access.metrics_named(actor, product, {row["metric"] for row in rows})
    places = access.placements_named(actor, product, {row["placement"] for row in rows})
    drafts = [
        readings.Draft(
            **{**row, "placement": places[row["placement"]], "metric": known[row["metric"]]}
        )
        for row in rows
    ]
    done = readings.enter(actor=actor, product=product, drafts=drafts)
    return {
        "added": done.added,
        "corrected": done.corrected,
        "unchanged": done.unchanged,
        "ids": [row.pk for row in done.rows],
    }


@documented(summary="Read a reading", responses={200: ReadingRow}, tags=TAGS)
def read_reading(request: Request, pk: int) -> Response:
    """One reading."""
    return Response(_reading(access.reading_for(actor_of(request), pk)))


@documented(
    summary="Withdraw a reading", request=ReadingReason, responses={200: ReadingRow}, tags=TAGS
)
def withdraw_reading(request: Request, pk: int) -> Response:
    """It counts for nothing from now on, and what it did to targets is taken back."""
    actor = actor_of(request)
    reading = access.reading_for(actor, pk, "reading.enter")
    reason = checked(ReadingReason, request)["reason"]
    return Response(_reading(readings.withdraw(actor=actor, reading=reading, reason=reason)))


@documented(summary="Bring a reading back", responses={200: ReadingRow}, tags=TAGS)
def restore_reading(request: Request, pk: int) -> Response:
    """A withdrawn reading counts again."""
    actor = actor_of(request)
    reading = access.reading_for(actor, pk, "reading.enter")
    return Response(_reading(readings.restore(actor=actor, reading=reading)))


def _target(row: Target, product_key: str, broken: int) -> dict[str, Any]:
    return {
        "id": row.pk,
        "metric": row.metric.slug,
        "limit": row.limit,
        "higher_is_better": row.at_least,
        "least_n": row.least_n,
        "item": f"{product_key}-{row.item.number}" if row.item else None,
        "broken": broken,
    }


@documented(summary="Targets of an asset", responses={200: TargetList}, tags=TAGS)
def list_targets(request: Request, pk: int) -> Response:
    """What its metrics must reach."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk)
    return Response(
        {
            "results": [
                _target(each.target, asset.product.key, len(each.breaches))
                for each in compared.of_asset(asset)
                if each.target is not None
            ]
        }
    )


@documented(summary="Set a target", request=TargetInput, responses={200: TargetRow}, tags=TAGS)
def set_target(request: Request, pk: int) -> Response:
    """What a metric must reach; said again, it is changed. Readings are held against it at once."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk, "metric.define")
    data = checked(TargetInput, request)
    known = access.metrics_named(actor, asset.product, [data["metric"]])
    key = data.get("item")
    target = targets.set_target(
        actor=actor,
        asset=asset,
        metric=known[data["metric"]],
        limit=data["limit"],
        least_n=data.get("least_n", 30),
        higher_is_better=data.get("higher_is_better"),
        item=item_of(actor, asset.product, key) if key else None,
    )
    broken = target.breaches.filter(mended_at=None).count()
    return Response(_target(target, asset.product.key, broken))


@documented(summary="Take a target away", responses={204: None}, tags=TAGS)
def drop_target(request: Request, pk: int) -> Response:
    """What it broke is mended by that."""
    actor = actor_of(request)
    targets.drop_target(actor=actor, target=access.target_for(actor, pk, "metric.define"))
    return Response(status=204)


@documented(summary="Version against version", responses={200: AssetComparison}, tags=TAGS)
def compare_versions(request: Request, pk: int) -> Response:
    """Each version's readings together, by metric, held against the version before, with 95% intervals."""
    asset = access.asset_for(actor_of(request), pk)
    return Response(
        {
            "metrics": [
                {
                    "metric": each.metric.slug,
                    "versions": [_figure(row) for row in each.versions],
                }
                for each in compared.of_asset(asset)
            ]
        }
    )


def _figure(row: compared.OfVersion) -> dict[str, Any]:
    said, difference = row.said, row.difference
    held = difference.interval if difference else None
    return {
        "version": row.number,
        "readings": row.readings,
        "value": said.figure.value,
        "n": said.figure.n,
        "low": said.interval.low if said.interval else None,
        "high": said.interval.high if said.interval else None,
        "enough": said.enough,
        "against": row.against,
        "amount": difference.amount if difference else None,
        "amount_low": held.low if held else None,
        "amount_high": held.high if held and held.high != float("inf") else None,
        "verdict": difference.verdict if difference else None,
        "why": (difference.why or None) if difference else None,
    }


metric_list = resource(GET=list_metrics, POST=define_metric)
metric_retire = resource(POST=retire_metric)
reading_list = resource(GET=list_readings, POST=enter_readings)
reading = resource(GET=read_reading)
reading_withdraw = resource(POST=withdraw_reading)
reading_restore = resource(POST=restore_reading)
asset_targets = resource(GET=list_targets, PUT=set_target)
target = resource(DELETE=drop_target)
asset_comparison = resource(GET=compare_versions)
