"""Why items moved, over the API: every number at full precision."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from backlog.access import queue_for
from backlog.api.items import page_size
from core import keyset
from core.api.serializers import Shape
from scoring import access, moves, selectors, standings
from scoring.move_events import Event
from scoring.movement import Movement
from scoring.moves import Mover, Point, RankGroup
from scoring.spans import span

LARGEST = 200
SPAN = [
    OpenApiParameter(
        "from",
        OpenApiTypes.STR,
        description="A day (its beginning, UTC) or an instant; a week ago.",
    ),
    OpenApiParameter(
        "to", OpenApiTypes.STR, description="A day (its end, UTC) or an instant; now."
    ),
]


class EventRow(Shape):
    at = serializers.DateTimeField()
    who = serializers.CharField()
    text = serializers.CharField()
    reason = serializers.CharField()
    change = serializers.IntegerField(allow_null=True, help_text="the id of the line of the log")


class PointRow(Shape):
    at = serializers.DateTimeField()
    queue = serializers.CharField(allow_null=True)
    state = serializers.CharField(allow_null=True)
    rubric_version = serializers.IntegerField()
    priority = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField(allow_null=True)
    size = serializers.IntegerField()


class CriterionRow(Shape):
    criterion = serializers.CharField()
    points = serializers.FloatField()
    rating = serializers.FloatField()
    signals = serializers.FloatField()
    ageing = serializers.FloatField()


class PartRow(Shape):
    part = serializers.CharField()
    points = serializers.FloatField()
    sentence = serializers.CharField()
    criteria = CriterionRow(many=True)
    events = EventRow(many=True)


class MoverRow(Shape):
    item = serializers.CharField()
    title = serializers.CharField()
    way = serializers.CharField(allow_null=True)
    rank_before = serializers.IntegerField(allow_null=True)
    rank_after = serializers.IntegerField(allow_null=True)
    priority_before = serializers.FloatField(allow_null=True)
    priority_after = serializers.FloatField(allow_null=True)
    cause = serializers.CharField()
    event = EventRow(allow_null=True)


class CountRow(Shape):
    group = serializers.ChoiceField(list(moves.GROUPS))
    count = serializers.IntegerField()
    change = serializers.IntegerField(help_text="what it adds to the rank's number")
    ways = serializers.DictField(child=serializers.IntegerField())
    items = MoverRow(many=True)


class ItemMoveRow(Shape):
    item = serializers.CharField()
    before = PointRow()
    after = PointRow()
    sentence = serializers.CharField()
    points = serializers.FloatField(allow_null=True, help_text="the change of the priority")
    parts = PartRow(many=True)
    divided = serializers.BooleanField()
    places = serializers.IntegerField(allow_null=True, help_text="the change of the rank's number")
    groups = CountRow(many=True)


class QueueItemRow(MoverRow):
    points = serializers.FloatField(allow_null=True)
    parts = serializers.DictField(child=serializers.FloatField(), allow_null=True)


class QueueMoveRow(Shape):
    product = serializers.CharField()
    queue = serializers.CharField()
    from_ = serializers.DateTimeField()
    to = serializers.DateTimeField()
    rubric_versions = serializers.ListField(child=serializers.IntegerField())
    size_before = serializers.IntegerField()
    size_after = serializers.IntegerField()
    rose = serializers.IntegerField()
    fell = serializers.IntegerField()
    arrived = serializers.DictField(child=serializers.IntegerField())
    left = serializers.DictField(child=serializers.IntegerField())
    results = QueueItemRow(many=True)
    next = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        found["from"] = found.pop("from_")
        return found


@documented(
    summary="Why an item moved",
    responses={200: ItemMoveRow},
    query=[
        *SPAN,
        OpenApiParameter("limit", OpenApiTypes.INT, description="Items a group, 1 to 200; 50."),
    ],
    tags=["scoring"],
)
def item_movement(request: Request, key: str) -> Response:
    """`parts` sum to the change of the priority, `change` of the groups to that of the rank.

    Both ends are worked out for the instant itself, from everything recorded up to it.
    """
    item = access.item_for(actor_of(request), key)
    a, b = span(
        request.query_params.dict(),
        now=standings.present(item.product_id),
        earliest=selectors.came_at(item),
    )
    moved = moves.item_move(item, a, b, named=page_size(request))
    return Response(
        {
            "item": item.key,
            "before": _point(moved.before),
            "after": _point(moved.after),
            "sentence": moved.sentence,
            "points": moved.points,
            "parts": [
                {
                    "part": part.key,
                    "points": part.points,
                    "sentence": part.sentence,
                    "criteria": [
                        {
                            "criterion": each.key,
                            "points": each.points,
                            "rating": each.rating,
                            "signals": each.signals,
                            "ageing": each.ageing,
                        }
                        for each in part.criteria
                    ],
                    "events": [_event(each) for each in part.events],
                }
                for part in moved.parts
            ],
            "divided": moved.divided,
            "places": sum(group.change for group in moved.groups) if moved.groups else None,
            "groups": [_group(group) for group in moved.groups],
        }
    )


@documented(
    summary="What moved in a queue",
    responses={200: QueueMoveRow},
    query=[
        *SPAN,
        OpenApiParameter("limit", OpenApiTypes.INT, description="Items a page, 1 to 200; 50."),
        OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` of the page before."),
    ],
    tags=["scoring"],
)
def queue_movement(request: Request, key: str, kind: str) -> Response:
    """Every item that was ranked at either instant: by the rank after, then those that went out by the rank before.

    `next` names both instants, so that all pages speak of the same two orders.
    """
    query = request.query_params.dict()
    product = product_for(actor_of(request), key)
    queue_for(product, kind)
    start = 0
    if query.get("cursor"):
        start, query["from"], query["to"] = _cursor(query["cursor"])
    a, b = span(query, now=standings.present(product.pk))
    size = page_size(request)
    moved = moves.queue_move(product, kind, a, b, named=0)
    rows = moves.queue_rows(product, moved.before, moved.after, start, size)
    every = len(moved.after) + moved.left.count
    after = [start + size, a.isoformat(), b.isoformat()]
    return Response(
        {
            "product": product.key,
            "queue": kind,
            "from": a,
            "to": b,
            "rubric_versions": [moved.before.version, moved.after.version],
            "size_before": len(moved.before),
            "size_after": len(moved.after),
            "rose": moved.rose,
            "fell": moved.fell,
            "arrived": moved.arrived.ways,
            "left": moved.left.ways,
            "results": [
                {**_mover(each), "points": each.points, "parts": _parts(each.movement)}
                for each in rows
            ],
            "next": keyset.encode(after) if start + size < every else None,
        }
    )


def _cursor(raw: str) -> tuple[int, str, str]:
    values = keyset.decode(raw)
    try:
        start, a, b = values
        return (
            max(0, min(keyset.whole(start), 10**9)),
            keyset.instant(a).isoformat(),
            keyset.instant(b).isoformat(),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise keyset.broken() from error


def _parts(moved: Movement | None) -> dict[str, float] | None:
    return dict(moved.parts) if moved and moved.parts else None


def _point(point: Point) -> dict[str, Any]:
    return {
        "at": point.at,
        "queue": point.queue or None,
        "state": point.state or None,
        "rubric_version": point.version,
        "priority": point.priority,
        "rank": point.rank,
        "size": point.size,
    }


def _group(group: RankGroup) -> dict[str, Any]:
    return {
        "group": group.key,
        "count": group.count,
        "change": group.change,
        "ways": dict(group.ways),
        "items": [_mover(each) for each in group.movers],
    }


def _mover(each: Mover) -> dict[str, Any]:
    return {
        "item": each.key,
        "title": each.title,
        "way": each.way or None,
        "rank_before": each.rank_before,
        "rank_after": each.rank_after,
        "priority_before": each.priority_before,
        "priority_after": each.priority_after,
        "cause": each.cause,
        "event": _event(each.event) if each.event else None,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": event.at,
        "who": event.who,
        "text": event.text,
        "reason": event.reason,
        "change": event.change_id,
    }


item = resource(GET=item_movement)
queue = resource(GET=queue_movement)
