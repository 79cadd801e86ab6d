"""One's own notifications over the API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from backlog.api.items import page_size
from core.api.serializers import Shape, checked
from notices import access, selectors
from notices.filters import NoticeFilter, filtered
from notices.services import preferences, reading
from notices.vocabulary import Topic, Way
from notices.words import Told, told

LIST_QUERY = [
    OpenApiParameter(
        "product",
        OpenApiTypes.STR,
        description="The product's key; without it, every product of yours.",
    ),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` of the page before."),
    OpenApiParameter("limit", OpenApiTypes.INT, description="Rows a page, 1 to 200."),
    *(
        OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label or ""))
        for name, each in NoticeFilter.base_filters.items()
    ),
]


class NotificationRow(Shape):
    id = serializers.IntegerField()
    product = serializers.CharField(help_text="the product's key")
    topic = serializers.ChoiceField(Topic.choices)
    says = serializers.CharField(help_text="in your language")
    why = serializers.CharField(help_text="the reason given, or the first words written")
    url = serializers.CharField(help_text="the page it speaks of; empty where that is gone")
    item = serializers.CharField(help_text="the key of the item it belongs to; empty without one")
    at = serializers.DateTimeField(help_text="when what it tells of happened")
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationPage(Shape):
    results = NotificationRow(many=True)
    next = serializers.CharField(allow_null=True)


class ReadInput(Shape):
    read = serializers.BooleanField()


class ReadAnswer(Shape):
    read = serializers.IntegerField(help_text="how many were unread")


class TopicWay(Shape):
    topic = serializers.ChoiceField(Topic.choices)
    way = serializers.ChoiceField(Way.choices)


class WaysShape(Shape):
    topics = TopicWay(many=True)


def _row(row: Told) -> dict[str, Any]:
    notice = row.notice
    return {
        "id": notice.pk,
        "product": notice.product.key,
        "topic": notice.topic,
        "says": row.says,
        "why": row.why,
        "url": f"{settings.SITE_URL}{row.url}" if row.url else "",
        "item": row.item_key,
        "at": notice.change.at,
        "read_at": notice.read_at,
    }


@documented(
    summary="List your notifications",
    query=LIST_QUERY,
    responses={200: NotificationPage},
    tags=["notifications"],
)
def list_notifications(request: Request) -> Response:
    """What you were told of, the newest first, a page at a time."""
    actor = actor_of(request)
    query = request.query_params.dict()
    key = query.get("product")
    rows = access.notices_in(actor, product_for(actor, key) if key else None)
    known = {name: value for name, value in query.items() if name in NoticeFilter.base_filters}
    page = selectors.newest_first(
        filtered(rows, known), cursor=query.get("cursor"), size=page_size(request)
    )
    return Response({"results": [_row(each) for each in page.rows], "next": page.cursor})


@documented(
    summary="Mark a notification read or unread",
    request=ReadInput,
    responses={200: NotificationRow},
    tags=["notifications"],
)
def mark_notification(request: Request, pk: int) -> Response:
    """One of your own. One that is read stays read since when it was."""
    actor = actor_of(request)
    notice = access.notice_for(actor, pk)
    act = reading.mark_read if checked(ReadInput, request)["read"] else reading.mark_unread
    return Response(_row(told([act(actor=actor, notice=notice)])[0]))


@documented(
    summary="Mark all your notifications of a product read",
    responses={200: ReadAnswer},
    tags=["notifications"],
)
def mark_all_notifications(request: Request, key: str) -> Response:
    """What comes afterwards is unread."""
    actor = actor_of(request)
    product = product_for(actor, key)
    return Response({"read": reading.mark_all_read(actor=actor, product=product)})


@documented(
    summary="Read how your notifications come",
    responses={200: WaysShape},
    tags=["notifications"],
)
def read_ways(request: Request, key: str) -> Response:
    """Each topic, and whether it comes to the inbox alone, by mail too, or not at all."""
    actor = actor_of(request)
    product = product_for(actor, key)
    return _ways(preferences.ways_of(actor.person, product))


@documented(
    summary="Choose how your notifications come",
    request=WaysShape,
    responses={200: WaysShape},
    tags=["notifications"],
)
def set_ways(request: Request, key: str) -> Response:
    """Topics that are not named stay as they are."""
    actor = actor_of(request)
    product = product_for(actor, key)
    named = checked(WaysShape, request)["topics"]
    ways = {each["topic"]: each["way"] for each in named}
    return _ways(preferences.set_ways(actor=actor, product=product, ways=ways))


def _ways(ways: dict[str, str]) -> Response:
    return Response({"topics": [{"topic": topic, "way": way} for topic, way in ways.items()]})


notifications = resource(GET=list_notifications)
notification = resource(PATCH=mark_notification)
notifications_read = resource(POST=mark_all_notifications)
notification_ways = resource(GET=read_ways, PATCH=set_ways)
