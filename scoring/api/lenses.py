"""Rank ranges, other methods' rankings, what-if and the matrix' points over the API. Nothing of an item is changed."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from backlog.access import items_in
from core.api.serializers import Shape, checked
from core.errors import Invalid
from scoring import access, panels, selectors
from scoring.comparing import compare
from scoring.filters import axis_and_value, kinds_of, lens_named
from scoring.lenses import LENSES
from scoring.services import robustness
from scoring.supposing import AXES

LARGEST = 1000
_QUEUE = OpenApiParameter("queue", OpenApiTypes.STR, description="One queue; all without it.")


class RangeRow(Shape):
    item = serializers.CharField()
    queue = serializers.CharField()
    low = serializers.IntegerField(help_text="rank that a tenth of the draws do not exceed")
    high = serializers.IntegerField(help_text="rank that nine tenths of the draws do not exceed")
    top_chance = serializers.FloatField()
    top_places = serializers.IntegerField(help_text="items that the next cycle can hold")
    seed = serializers.IntegerField()
    rubric_version = serializers.IntegerField()
    drawn_at = serializers.DateTimeField()


class RangePage(Shape):
    results = RangeRow(many=True)
    next = serializers.CharField(allow_null=True)


class DrawInput(Shape):
    seed = serializers.IntegerField(
        min_value=0, max_value=robustness.LARGEST_SEED, required=False, default=1
    )


class Drawn(Shape):
    drawn = serializers.IntegerField(allow_null=True, help_text="null: under way in the background")
    seed = serializers.IntegerField()


class LensRow(Shape):
    item = serializers.CharField()
    title = serializers.CharField()
    queue = serializers.CharField()
    rank = serializers.IntegerField()
    lens_rank = serializers.IntegerField()
    difference = serializers.IntegerField(help_text="places that the lens puts it higher")
    score = serializers.FloatField()
    figures = serializers.DictField(child=serializers.FloatField())
    why = serializers.CharField()


class LensQueue(Shape):
    queue = serializers.CharField()
    items = serializers.IntegerField()
    unscored = serializers.IntegerField()
    correlation = serializers.FloatField(allow_null=True, help_text="Spearman's rho")


class LensAnswer(Shape):
    lens = serializers.CharField()
    formula = serializers.CharField()
    queues = LensQueue(many=True)
    results = LensRow(many=True)


class WhatIfAnswer(Shape):
    axis = serializers.CharField()
    wanted = serializers.FloatField()
    reached = serializers.FloatField()
    possible = serializers.BooleanField()
    level = serializers.FloatField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    points = serializers.FloatField(allow_null=True)
    priority = serializers.FloatField(allow_null=True)
    priority_then = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField(allow_null=True)
    rank_then = serializers.IntegerField(allow_null=True)
    passed = serializers.ListField(child=serializers.CharField())
    enters_next_cycle = serializers.BooleanField()
    leaves_next_cycle = serializers.BooleanField()


@documented(
    summary="Rank ranges",
    responses={200: RangePage},
    query=[_QUEUE, OpenApiParameter("cursor", OpenApiTypes.STR)],
    tags=["scoring"],
)
def list_ranges(request: Request, key: str) -> Response:
    """How far each open item's rank can be trusted: 1,000 draws with doubted weights and inputs, seeded."""
    product = product_for(actor_of(request), key)
    kinds = kinds_of(request.query_params.get("queue", ""))
    found, cursor = selectors.ranges_page(
        product, kinds, request.query_params.get("cursor"), LARGEST
    )
    results = [
        {"item": f"{product.key}-{row.item.number}", "queue": row.queue_kind, **panels.drawn(row)}
        for row in found
    ]
    return Response({"results": results, "next": cursor})


@documented(
    summary="Draw rank ranges",
    request=DrawInput,
    responses={200: Drawn, 202: Drawn},
    tags=["scoring"],
)
def draw_ranges(request: Request, key: str) -> Response:
    """Draw a product again. Up to 500 open items at once; more in the background, answered by 202."""
    actor = actor_of(request)
    product = product_for(actor, key, "rubric.draft")
    data = checked(DrawInput, request)
    seed = data["seed"]
    drawn = robustness.redraw(actor=actor, product=product, seed=seed)
    return Response({"drawn": drawn, "seed": seed}, status=202 if drawn is None else 200)


@documented(
    summary="Another method's ranking",
    responses={200: LensAnswer},
    query=[
        OpenApiParameter("lens", OpenApiTypes.STR, enum=list(LENSES), required=True),
        _QUEUE,
        OpenApiParameter("limit", OpenApiTypes.INT, description=f"1 to {LARGEST}; 50 without it."),
    ],
    tags=["scoring"],
)
def read_lens(request: Request, key: str) -> Response:
    """The open, scored items by how far WSJF, RICE, ICE or value classes disagree with the priority, and why."""
    actor = actor_of(request)
    product = product_for(actor, key)
    query = request.query_params
    lens = lens_named(query.get("lens", ""))
    raw = query.get("limit", "50")
    if not raw.isdecimal() or len(raw) > 6 or not 1 <= int(raw) <= LARGEST:
        raise Invalid("limit is out of range.", fields={"limit": [f"Use 1 to {LARGEST}."]})
    kinds = kinds_of(query.get("queue", ""))
    found = compare(product, lens, kinds=kinds, at=timezone.now(), limit=int(raw))
    items = items_in(actor, product).in_bulk([row.item_id for row in found.rows])
    return Response(
        {
            "lens": lens.key,
            "formula": lens.formula,
            "queues": [
                {
                    "queue": each.queue,
                    "items": each.items,
                    "unscored": each.unscored,
                    "correlation": each.correlation,
                }
                for each in found.queues
            ],
            "results": [
                {
                    "item": items[row.item_id].key,
                    "title": items[row.item_id].title,
                    "queue": row.queue,
                    "rank": row.rank,
                    "lens_rank": row.lens_rank,
                    "difference": row.difference,
                    "score": row.score,
                    "figures": row.figures,
                    "why": row.why,
                }
                for row in found.rows
            ],
        }
    )


@documented(
    summary="What if",
    responses={200: WhatIfAnswer},
    query=[
        OpenApiParameter("axis", OpenApiTypes.STR, enum=list(AXES), required=True),
        OpenApiParameter(
            "value",
            OpenApiTypes.DOUBLE,
            required=True,
            description="A level of 0 to 5 for value, impact and risk; points for effort; else 0 to 100.",
        ),
    ],
    tags=["scoring"],
)
def try_item(request: Request, key: str) -> Response:
    """What priority and rank an item would have if one thing were otherwise, and what that takes. Writes nothing."""
    item = access.item_for(actor_of(request), key)
    query = request.query_params
    axis, wanted = axis_and_value(query.get("axis", ""), query.get("value", ""))
    found = selectors.what_if(item, axis, wanted)
    if found is None:
        raise Invalid("An item without a queue has no priority to try.", code="no_queue")
    then = found.then
    return Response(
        {
            "axis": axis,
            "wanted": wanted,
            "reached": then.reached,
            "possible": then.possible,
            "level": then.level,
            "due_at": then.due_at,
            "points": then.points,
            "priority": found.priority,
            "priority_then": then.priority,
            "rank": found.rank,
            "rank_then": found.rank_then,
            "passed": [each.key for each in found.passed],
            "enters_next_cycle": found.enters,
            "leaves_next_cycle": found.leaves,
        }
    )


ranges = resource(GET=list_ranges, POST=draw_ranges)
lens = resource(GET=read_lens)
item_what_if = resource(GET=try_item)
