"""What recurs in each segment, over the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from core.api.serializers import Shape
from insights.patterns import Pattern, Theme, patterns


class ThemeRow(Shape):
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField(help_text="of the group, or of the evidence about the item")
    item = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
    recent = serializers.IntegerField(help_text="of the last 30 days")
    earlier = serializers.IntegerField(help_text="of the 30 days before")


class PatternRow(Shape):
    segment = serializers.CharField()
    weeks = serializers.ListField(
        child=serializers.IntegerField(), help_text="signals week by week, the newest last"
    )
    recent = serializers.IntegerField(help_text="signals of the last 30 days")
    earlier = serializers.IntegerField(help_text="signals of the 30 days before")
    themes = ThemeRow(many=True)
    openings = ThemeRow(many=True)
    open = serializers.IntegerField(help_text="open items that name it")
    planned = serializers.IntegerField(help_text="of them, for the current sprint or next release")
    satisfaction = serializers.CharField(allow_null=True)
    readings = serializers.IntegerField(help_text="behind the satisfaction")


class PatternList(Shape):
    results = PatternRow(many=True)


def _theme(theme: Theme) -> dict[str, Any]:
    names = ("label", "url", "count", "recent", "earlier")
    return {**{name: getattr(theme, name) for name in names}, "item": theme.item or None}


def _pattern(row: Pattern) -> dict[str, Any]:
    return {
        "segment": row.segment.name,
        **{name: getattr(row, name) for name in ("weeks", "recent", "earlier", "open", "planned")},
        "themes": [_theme(each) for each in row.themes],
        "openings": [_theme(each) for each in row.openings],
        "satisfaction": row.satisfaction or None,
        "readings": row.readings,
    }


@documented(summary="Patterns by segment", responses={200: PatternList}, tags=["insights"])
def read_patterns(request: Request, key: str) -> Response:
    """What recurs in each segment, with trends; openings: themes wanted more that nothing is planned for."""
    product = product_for(actor_of(request), key)
    return Response({"results": [_pattern(row) for row in patterns(product, timezone.now())]})


segments = resource(GET=read_patterns)
