"""Judgements over the API: lists by where they stand, hit rates, verdicts."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.endpoints import actor_of, documented, resource
from backlog.api.items import named_product
from core.api.serializers import Line, Shape, checked
from scoring import access, judgement, selectors
from scoring.api.scores import AdjustmentRow, adjustment_row
from scoring.api.signals import PAGE
from scoring.filters import AdjustmentFilter, adjustments_filtered
from scoring.hit_rate import HitRate
from scoring.models import Adjustment
from scoring.services import adjustments


class JudgedRow(AdjustmentRow):
    item = serializers.CharField()
    queue = serializers.CharField(allow_null=True)


class AdjustmentPage(Shape):
    results = JudgedRow(many=True)
    next = serializers.CharField(allow_null=True)


class VerdictInput(Shape):
    verdict = Line(max_length=12, help_text="held, partly, failed or unknown")
    note = Line(max_length=500, required=False, allow_blank=True)
    was = Line(
        max_length=12,
        required=False,
        allow_blank=True,
        help_text="the verdict that this one takes the place of",
    )


class RateRow(Shape):
    held = serializers.IntegerField()
    partly = serializers.IntegerField()
    failed = serializers.IntegerField()
    unknown = serializers.IntegerField()
    rate = serializers.FloatField(
        allow_null=True, help_text="in part counts half; null below five verdicts"
    )
    low = serializers.FloatField(allow_null=True, help_text="95% score interval")
    high = serializers.FloatField(allow_null=True)


class PersonRate(RateRow):
    person = serializers.CharField()


class QueueRate(RateRow):
    queue = serializers.CharField()


class RatesRow(Shape):
    all = RateRow()
    people = PersonRate(many=True)
    queues = QueueRate(many=True)


@documented(
    summary="List judgements",
    responses={200: AdjustmentPage},
    query=[
        OpenApiParameter("product", OpenApiTypes.STR),
        OpenApiParameter("cursor", OpenApiTypes.STR),
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label or ""))
            for name, each in AdjustmentFilter.base_filters.items()
        ),
    ],
    tags=["scoring"],
)
def list_judgements(request: Request) -> Response:
    """A product's adjustments, the latest end first."""
    query = request.query_params.dict()
    product = named_product(actor_of(request), query.pop("product", None))
    cursor = query.pop("cursor", None)
    rows = adjustments_filtered(
        Adjustment.objects.filter(product=product), query, now=timezone.now()
    )
    found, following = selectors.judgements(rows, cursor=cursor, size=PAGE)
    return Response(
        {
            "results": [
                {
                    **adjustment_row(row),
                    "item": row.item.key,
                    "queue": row.item.queue.kind if row.item.queue else None,
                }
                for row in found
            ],
            "next": following,
        }
    )


@documented(
    summary="How often judgements held",
    responses={200: RatesRow},
    query=[OpenApiParameter("product", OpenApiTypes.STR)],
    tags=["scoring"],
)
def read_rates(request: Request) -> Response:
    """Verdicts by person and by the queue that the item is in now."""
    product = named_product(actor_of(request), request.query_params.get("product"))
    rates = judgement.rates(product)
    emails = {person.pk: person.email for person in selectors.judging_people(product)}
    return Response(
        {
            "all": _rate(rates.all),
            "people": [
                {"person": emails.get(pk, ""), **_rate(rate)} for pk, rate in rates.people.items()
            ],
            "queues": [{"queue": kind, **_rate(rate)} for kind, rate in rates.queues.items()],
        }
    )


def _rate(rate: HitRate) -> dict[str, Any]:
    low, high = rate.interval or (None, None)
    return {
        "held": rate.held,
        "partly": rate.partly,
        "failed": rate.failed,
        "unknown": rate.unknown,
        "rate": rate.rate,
        "low": low,
        "high": high,
    }


@documented(
    summary="Judge an adjustment",
    request=VerdictInput,
    responses={200: AdjustmentRow},
    tags=["scoring"],
)
def judge_adjustment(request: Request, key: str, pk: int) -> Response:
    """Say whether the claim held, once it is over. Nobody judges their own while somebody else may."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "adjustment.judge")
    row = access.adjustment_for(actor, item, pk)
    data = checked(VerdictInput, request)
    done = adjustments.judge(actor=actor, adjustment=row, **data)
    return Response(adjustment_row(done))


judgements = resource(GET=list_judgements)
rates = resource(GET=read_rates)
verdict = resource(POST=judge_adjustment)
