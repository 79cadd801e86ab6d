"""Ratings, adjustments, kept scores and the rubric over the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from core.api.serializers import Line, Shape, checked
from core.errors import Invalid
from scoring import access, judgement
from scoring.current import rubric_in_force, rubric_numbered
from scoring.engine import PARTS
from scoring.models import Adjustment, Rating, Snapshot
from scoring.rubrics import CERTAINTY, rubric_data
from scoring.services import adjustments, ratings


class RatingInput(Shape):
    criterion = Line(max_length=40)
    level = serializers.FloatField(
        min_value=0, max_value=5, allow_null=True, help_text="0 to 5; null takes it back"
    )
    certainty = serializers.ChoiceField(list(CERTAINTY), required=False, default="informed")


class RatingsInput(Shape):
    ratings = RatingInput(many=True, max_length=100)  # type: ignore[call-arg]
    reason = Line(max_length=2000, required=False, allow_blank=True)


class RatingRow(Shape):
    criterion = serializers.CharField()
    level = serializers.FloatField()
    certainty = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    rated_by = serializers.CharField(allow_null=True)
    rated_at = serializers.DateTimeField()


class AdjustmentInput(Shape):
    points = serializers.FloatField()
    claim = Line(max_length=500)
    evidence = Line(max_length=500, required=False, allow_blank=True)
    expires_at = serializers.DateTimeField()


class AdjustmentRow(Shape):
    id = serializers.IntegerField()
    points = serializers.FloatField()
    claim = serializers.CharField()
    evidence = serializers.CharField()
    made_by = serializers.CharField(allow_null=True)
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    moved_past = serializers.CharField(allow_null=True, help_text="of a hand move: past whom")
    above = serializers.BooleanField()
    state = serializers.CharField(help_text="running, waiting, judged or withdrawn")
    verdict = serializers.CharField(allow_null=True)
    verdict_note = serializers.CharField()
    verdict_by = serializers.CharField(allow_null=True)
    verdict_at = serializers.DateTimeField(allow_null=True)


class SnapshotRow(Shape):
    at = serializers.DateTimeField()
    rubric_version = serializers.IntegerField()
    priority = serializers.FloatField(allow_null=True)
    band = serializers.CharField()
    parts = serializers.DictField(allow_null=True)


class RubricRow(Shape):
    version = serializers.IntegerField()
    rubric = serializers.DictField()


def _rating(row: Rating) -> dict[str, Any]:
    return {
        "criterion": row.criterion,
        "level": row.level,
        "certainty": row.certainty,
        "source": row.source,
        "rated_by": row.rated_by.email if row.rated_by else None,
        "rated_at": row.rated_at,
    }


@documented(summary="Ratings of an item", responses={200: RatingRow(many=True)}, tags=["scoring"])
def list_ratings(request: Request, key: str) -> Response:
    """The current rating of each criterion that has one."""
    item = access.item_for(actor_of(request), key)
    rows = Rating.objects.filter(item=item).select_related("rated_by").order_by("criterion")
    return Response([_rating(row) for row in rows])


@documented(
    summary="Rate an item",
    request=RatingsInput,
    responses={200: RatingRow(many=True)},
    tags=["scoring"],
)
def rate_item(request: Request, key: str) -> Response:
    """Set levels (0 to 5) with certainty; other criteria stay. The item is rescored before the answer."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "rating.enter")
    data = checked(RatingsInput, request)
    entries = {
        each["criterion"]: ratings.Entry(each["level"], each["certainty"])
        for each in data["ratings"]
    }
    found = ratings.rate_item(
        actor=actor, item=item, entries=entries, reason=data.get("reason", "")
    )
    return Response([_rating(found[criterion]) for criterion in sorted(found)])


def adjustment_row(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "points": row.points,
        "claim": row.claim,
        "evidence": row.evidence,
        "made_by": row.made_by.email if row.made_by else None,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at,
        "moved_past": row.moved_past.key if row.moved_past else None,
        "above": row.above,
        "state": judgement.state_of(row, timezone.now()),
        "verdict": row.verdict or None,
        "verdict_note": row.verdict_note,
        "verdict_by": row.verdict_by.email if row.verdict_by else None,
        "verdict_at": row.verdict_at,
    }


@documented(
    summary="Adjustments of an item", responses={200: AdjustmentRow(many=True)}, tags=["scoring"]
)
def list_adjustments(request: Request, key: str) -> Response:
    """Running and ended ones, newest first."""
    item = access.item_for(actor_of(request), key)
    rows = judgement.with_all(Adjustment.objects.filter(item=item)).order_by("-made_at", "-pk")
    return Response([adjustment_row(row) for row in rows])


@documented(
    summary="Adjust a priority",
    request=AdjustmentInput,
    responses={201: AdjustmentRow},
    tags=["scoring"],
)
def add_adjustment(request: Request, key: str) -> Response:
    """Points by judgement, with a claim and an end."""
    actor = actor_of(request)
    item = access.item_for(actor, key)
    data = checked(AdjustmentInput, request)
    row = adjustments.adjust(actor=actor, item=item, **data)
    return Response(adjustment_row(row), status=201)


@documented(summary="End an adjustment", responses={204: None}, tags=["scoring"])
def end_adjustment(request: Request, key: str, pk: int) -> Response:
    """It stops counting now; the record stays."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "adjustment.make")
    adjustments.end_adjustment(actor=actor, adjustment=access.adjustment_for(actor, item, pk))
    return Response(status=204)


@documented(
    summary="Kept scores of an item", responses={200: SnapshotRow(many=True)}, tags=["scoring"]
)
def list_snapshots(request: Request, key: str) -> Response:
    """Scores kept when the rubric or band changed or the priority moved by half a point; newest first, 200 at most."""
    item = access.item_for(actor_of(request), key)
    rows = Snapshot.objects.filter(item=item).order_by("-at", "-pk")[:200]
    return Response([_snapshot(row) for row in rows])


def _snapshot(row: Snapshot) -> dict[str, Any]:
    return {
        "at": row.at,
        "rubric_version": row.rubric_version,
        "priority": row.priority,
        "band": row.band,
        "parts": dict(zip(PARTS, row.parts, strict=True)) if row.parts else None,
    }


@documented(
    summary="The rubric",
    responses={200: RubricRow},
    query=[OpenApiParameter("version", OpenApiTypes.INT, description="An earlier version.")],
    tags=["scoring"],
)
def read_rubric(request: Request, key: str) -> Response:
    """Criteria, weights, level texts, evidence rules and profiles in force."""
    product = product_for(actor_of(request), key)
    number, found = rubric_in_force(product.pk)
    wanted = request.query_params.get("version")
    if wanted is not None:
        earlier = (
            rubric_numbered(product, int(wanted))
            if wanted.isdecimal() and len(wanted) < 9
            else None
        )
        if earlier is None:
            raise Invalid("There is no such version.", fields={"version": [f"1 to {number}."]})
        number, found = int(wanted), earlier
    return Response({"version": number, "rubric": rubric_data(found)})


rating_list = resource(GET=list_ratings, POST=rate_item)
adjustment_list = resource(GET=list_adjustments, POST=add_adjustment)
adjustment_one = resource(DELETE=end_adjustment)
snapshot_list = resource(GET=list_snapshots)
rubric = resource(GET=read_rubric)
