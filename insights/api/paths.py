"""The path of an item over the API, and the same seen from what lies on it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from assets.access import asset_for, placement_for, reading_for
from backlog.access import brief_for, increment_for, item_for, line_for
from core.api.serializers import Shape
from insights import paths
from insights.paths import Strand


class PathStep(Shape):
    kind = serializers.CharField(
        help_text="rank, contribution, input, signal, source, segment, merged, reading, version, placement, asset,"
        " deliverable, increment, line"
    )
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()
    note = serializers.CharField(allow_null=True)


class PathStrand(Shape):
    steps = PathStep(many=True)


class ItemPath(Shape):
    item = serializers.CharField()
    up = PathStrand(many=True)
    down = PathStrand(many=True)
    more = serializers.IntegerField(help_text="pieces of evidence beyond those that are walked")


class PathThrough(Shape):
    strands = PathStrand(many=True)


def _strands(strands: list[Strand]) -> list[dict[str, Any]]:
    return [
        {
            "steps": [
                {
                    "kind": step.kind,
                    "label": step.label,
                    "url": step.url,
                    "note": step.note or None,
                }
                for step in strand.steps
            ]
        }
        for strand in strands
    ]


def _through(strands: list[Strand]) -> Response:
    return Response({"strands": _strands(strands)})


@documented(summary="Path of an item", responses={200: ItemPath}, tags=["insights"])
def read_item_path(request: Request, key: str) -> Response:
    """Up: from the rank over evidence, reading, version, placement and asset to the lines of the brief. Down: back."""
    actor = actor_of(request)
    item = item_for(actor, key)
    found = paths.path_of(actor, item)
    return Response(
        {
            "item": item.key,
            "up": _strands(found.up),
            "down": _strands(found.down),
            "more": found.more,
        }
    )


@documented(summary="Path of a line of a brief", responses={200: PathThrough}, tags=["insights"])
def read_line_path(request: Request, key: str, number: int, line: int) -> Response:
    """What the line led to: items, increments, assets, placements, readings, and the items that those opened."""
    actor = actor_of(request)
    brief = brief_for(actor, product_for(actor, key), number)
    return _through(paths.through_line(actor, line_for(actor, brief, line)))


@documented(summary="Path of an increment", responses={200: PathThrough}, tags=["insights"])
def read_increment_path(request: Request, key: str, number: int) -> Response:
    """From the lines of the brief through the increment to what its assets led to."""
    actor = actor_of(request)
    found = increment_for(actor, item_for(actor, key), number)
    return _through(paths.through_increment(actor, found))


@documented(summary="Path of an asset", responses={200: PathThrough}, tags=["insights"])
def read_asset_path(request: Request, pk: int) -> Response:
    """From the lines of the brief through the asset to what it led to."""
    actor = actor_of(request)
    return _through(paths.through_asset(actor, asset_for(actor, pk)))


@documented(summary="Path of a placement", responses={200: PathThrough}, tags=["insights"])
def read_placement_path(request: Request, pk: int) -> Response:
    """From the lines of the brief through the placement to what was read there."""
    actor = actor_of(request)
    return _through(paths.through_placement(actor, placement_for(actor, pk)))


@documented(summary="Path of a reading", responses={200: PathThrough}, tags=["insights"])
def read_reading_path(request: Request, pk: int) -> Response:
    """From the lines of the brief through the reading to what it led to."""
    actor = actor_of(request)
    return _through(paths.through_reading(actor, reading_for(actor, pk)))


item_path = resource(GET=read_item_path)
line_path = resource(GET=read_line_path)
increment_path = resource(GET=read_increment_path)
asset_path = resource(GET=read_asset_path)
placement_path = resource(GET=read_placement_path)
reading_path = resource(GET=read_reading_path)
