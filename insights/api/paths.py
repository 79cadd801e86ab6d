"""The path of an item over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.endpoints import actor_of, documented, resource
from backlog.access import item_for
from core.api.serializers import Shape
from insights.paths import Strand, path_of


class PathStep(Shape):
    kind = serializers.CharField(
        help_text="rank, contribution, input, signal, reading, version, placement, asset, deliverable, increment, line"
    )
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_null=True)


class PathStrand(Shape):
    steps = PathStep(many=True)


class ItemPath(Shape):
    item = serializers.CharField()
    up = PathStrand(many=True)
    down = PathStrand(many=True)
    more = serializers.IntegerField(help_text="pieces of evidence beyond those that are walked")


def _strand(strand: Strand) -> dict[str, Any]:
    return {
        "steps": [
            {
                "kind": step.kind,
                "label": step.label,
                "url": step.url or None,
                "note": step.note or None,
            }
            for step in strand.steps
        ]
    }


@documented(summary="Path of an item", responses={200: ItemPath}, tags=["insights"])
def read_item_path(request: Request, key: str) -> Response:
    """Up: from the rank over evidence, reading, version, placement and asset to the lines of the brief. Down: back."""
    item = item_for(actor_of(request), key)
    found = path_of(item)
    return Response(
        {
            "item": item.key,
            "up": [_strand(each) for each in found.up],
            "down": [_strand(each) for each in found.down],
            "more": found.more,
        }
    )


item_path = resource(GET=read_item_path)
