"""Hand moves over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.endpoints import actor_of, documented, resource
from backlog.access import item_of
from core.api.serializers import Line, Shape, checked
from core.errors import Invalid
from scoring import access
from scoring.services import placing
from scoring.services.placing import Plan, Target


class PlaceInput(Shape):
    above = Line(max_length=24, required=False, help_text="the key of an item of the same queue")
    below = Line(max_length=24, required=False)
    to = serializers.ChoiceField(["top", "bottom", "up", "down"], required=False)
    place = serializers.IntegerField(min_value=1, max_value=10**7, required=False)
    claim = Line(max_length=500, required=False, help_text="needed unless it is a dry run")
    evidence = Line(max_length=500, required=False, allow_blank=True)
    expires_at = serializers.DateTimeField(required=False, help_text="needed likewise")
    points = serializers.FloatField(
        required=False, help_text="what you were shown; refused when it takes others by now"
    )
    dry_run = serializers.BooleanField(required=False, default=False)


class PlaceRow(Shape):
    item = serializers.CharField()
    neighbour = serializers.CharField()
    above = serializers.BooleanField()
    points = serializers.FloatField()
    total = serializers.FloatField(help_text="of all adjustments that run then")
    limit = serializers.FloatField()
    allowed = serializers.BooleanField()
    priority_before = serializers.FloatField()
    priority_after = serializers.FloatField()
    rank_before = serializers.IntegerField()
    rank_after = serializers.IntegerField()
    size = serializers.IntegerField()
    replaces = serializers.ListField(child=serializers.IntegerField())
    sentence = serializers.CharField()
    adjustment = serializers.IntegerField(allow_null=True)


@documented(
    summary="Move an item within its queue by hand",
    request=PlaceInput,
    responses={200: PlaceRow},
    tags=["items: decisions"],
)
def place_item(request: Request, key: str) -> Response:
    """Name one of `above`, `below`, `to`, `place`. Adds one adjustment of the points that it takes; `dry_run` tells."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "adjustment.make")
    data = checked(PlaceInput, request)
    ways = [way for way in ("above", "below", "to", "place") if way in data]
    if len(ways) != 1:
        raise Invalid(
            "Say where to, in one way.", fields={"to": ["Give one of above, below, to and place."]}
        )
    way = ways[0]
    if way in ("above", "below"):
        target = Target(way, item=item_of(actor, item.product, data[way]))
    elif way == "place":
        target = Target(way, place=data[way])
    else:
        target = Target(data[way])
    if data["dry_run"]:
        return Response(_row(placing.plan(actor=actor, item=item, target=target), None))
    missing = {name: ["This is needed."] for name in ("claim", "expires_at") if not data.get(name)}
    if missing:
        raise Invalid("A hand move needs a claim and an end.", fields=missing)
    row, found = placing.place_item(
        actor=actor,
        item=item,
        target=target,
        claim=data["claim"],
        evidence=data.get("evidence", ""),
        expires_at=data["expires_at"],
        expected=data.get("points"),
    )
    return Response(_row(found, row.pk))


def _row(found: Plan, adjustment: int | None) -> dict[str, Any]:
    return {
        "item": found.item.key,
        "neighbour": found.neighbour.key,
        "above": found.above,
        "points": found.points,
        "total": found.total,
        "limit": found.limit,
        "allowed": found.allowed,
        "priority_before": found.priority[0],
        "priority_after": found.priority[1],
        "rank_before": found.rank[0],
        "rank_after": found.rank[1],
        "size": found.size,
        "replaces": [old.pk for old in found.replaces],
        "sentence": found.sentence,
        "adjustment": adjustment,
    }


place = resource(POST=place_item)
