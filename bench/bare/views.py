"""A bare Django view with one statement, and bare DRF views of the same rows."""

from __future__ import annotations

import itertools
import os
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from rest_framework import generics, serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated

from backlog.models import Item, ItemLink, Label, SuccessCriterion
from scoring.models import Adjustment, Rating, Signal

PARTS = ("value", "impact", "risk", "confidence", "effort", "urgency", "adjustment", "clipping")
ORDER = ("summary__order_score", "summary__due_order", "summary__created_at", "summary__item_id")

RAW = f"""
    SELECT p.key || '-' || i.number, i.title, i.kind, s.queue_kind, i.state, i.horizon, u.email, i.effort, i.due_at,
        i.severity, s.priority, s.band, s.confidence, i.created_at, i.updated_at, i.version,
        ARRAY(SELECT l.name FROM backlog_item_labels t JOIN backlog_label l ON l.id = t.label_id
              WHERE t.item_id = i.id ORDER BY l.name),
        {", ".join(f"s.{name}_part" for name in PARTS)}
    FROM backlog_itemsummary s
    JOIN backlog_item i ON i.id = s.item_id
    JOIN accounts_product p ON p.id = s.product_id
    LEFT JOIN accounts_user u ON u.id = i.owner_id
    WHERE s.product_id = %s AND s.queue_kind = %s AND s.is_open
    ORDER BY s.order_score, s.due_order, s.created_at, s.item_id LIMIT 50
"""
NAMES = (
    *(
        "key",
        "title",
        "kind",
        "queue",
        "state",
        "horizon",
        "owner",
        "effort",
        "due_at",
        "severity",
        "priority",
    ),
    *("band", "confidence", "created_at", "updated_at", "version", "labels"),
)


def raw(request: HttpRequest) -> JsonResponse:
    """One statement, rows as dicts, JSON."""
    with connection.cursor() as cursor:
        cursor.execute(RAW, [request.GET["product"], request.GET["queue"]])
        rows = cursor.fetchall()
    results = []
    for row in rows:
        results.append(dict(zip(NAMES, row[:17], strict=True)))
        results[-1]["parts"] = dict(zip(PARTS, row[17:], strict=True))
    return JsonResponse({"results": results})


class RowSerializer(serializers.ModelSerializer[Item]):
    """18 fields."""

    key = serializers.CharField()
    queue = serializers.CharField(source="queue.kind")
    owner = serializers.EmailField(source="owner.email", default=None)
    priority = serializers.FloatField(source="summary.priority")
    parts = serializers.SerializerMethodField()
    band = serializers.CharField(source="summary.band")
    confidence = serializers.FloatField(source="summary.confidence")
    labels = serializers.SlugRelatedField("name", many=True, read_only=True)

    class Meta:
        model = Item
        fields = (
            *(
                "key",
                "title",
                "kind",
                "queue",
                "state",
                "horizon",
                "owner",
                "effort",
                "due_at",
                "severity",
            ),
            *(
                "priority",
                "parts",
                "band",
                "confidence",
                "labels",
                "created_at",
                "updated_at",
                "version",
            ),
        )

    def get_parts(self, item: Item) -> dict[str, float]:
        return {name: getattr(item.summary, f"{name}_part") for name in PARTS}


class Bare:
    """Token and sign-in, nothing else; no paginator."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)
    pagination_class = None


class ItemList(Bare, generics.ListAPIView[Item]):
    """50 rows in the order of their queue."""

    serializer_class = RowSerializer

    def get_queryset(self) -> QuerySet[Item]:
        query = self.request.query_params
        rows = Item.objects.filter(
            summary__product=query["product"],
            summary__queue_kind=query["queue"],
            summary__is_open=True,
        )
        rows = rows.select_related("product", "queue", "owner", "summary").prefetch_related(
            "labels"
        )
        return rows.order_by(*ORDER)[:50]


class RatingSerializer(serializers.ModelSerializer[Rating]):
    rated_by = serializers.EmailField(source="rated_by.email", default=None)

    class Meta:
        model = Rating
        fields = ("criterion", "level", "certainty", "rated_at", "rated_by", "source")


class SignalSerializer(serializers.ModelSerializer[Signal]):
    class Meta:
        model = Signal
        fields = ("id", "kind", "magnitude", "occurred_at", "source", "external_id", "note")


class AdjustmentSerializer(serializers.ModelSerializer[Adjustment]):
    made_by = serializers.EmailField(source="made_by.email", default=None)

    class Meta:
        model = Adjustment
        fields = ("id", "points", "claim", "made_by", "made_at", "expires_at")


class CriterionSerializer(serializers.ModelSerializer[SuccessCriterion]):
    class Meta:
        model = SuccessCriterion
        fields = ("id", "text", "verification", "verified_at", "verification_note")


class LinkSerializer(serializers.ModelSerializer[ItemLink]):
    item = serializers.CharField(source="target.key")

    class Meta:
        model = ItemLink
        fields = ("id", "kind", "item")


class OneSerializer(RowSerializer):
    """The fields of our detail. What ours computes (factors, sentences) is read here ready-made from one column."""

    program = serializers.CharField(source="program.name", default=None)
    channel = serializers.CharField(source="channel.name", default=None)
    cycle = serializers.CharField(source="cycle.name", default=None)
    reporter = serializers.EmailField(source="reporter.email", default=None)
    segments = serializers.SlugRelatedField("name", many=True, read_only=True)
    criteria = CriterionSerializer(many=True)
    links_out = LinkSerializer(many=True)
    ratings = RatingSerializer(many=True)
    signals = SignalSerializer(many=True)
    adjustments = AdjustmentSerializer(many=True)
    made_from = serializers.SerializerMethodField()

    class Meta:
        model = Item
        fields = (
            *RowSerializer.Meta.fields,
            *(
                "description",
                "state_reason",
                "parked_until",
                "accepted_at",
                "started_at",
                "finished_at",
                "program",
            ),
            *(
                "channel",
                "cycle",
                "reporter",
                "segments",
                "criteria",
                "links_out",
                "ratings",
                "signals",
            ),
            *("adjustments", "made_from"),
        )

    def get_made_from(self, item: Item) -> Any:
        newest = item.snapshots.order_by("-at").values_list("parts", "state").first()
        return [newest, "x" * int(self.context["request"].query_params.get("pad", 0))]


class ItemOne(Bare, generics.RetrieveAPIView[Item]):
    serializer_class = OneSerializer
    lookup_field = "number"

    def get_queryset(self) -> QuerySet[Item]:
        rows = Item.objects.filter(product=self.request.query_params["product"])
        rows = rows.select_related(
            "product", "queue", "owner", "summary", "program", "channel", "cycle", "reporter"
        )
        return rows.prefetch_related(
            *("labels", "segments", "criteria", "links_out__target__product", "ratings__rated_by"),
            *("signals", "adjustments__made_by"),
        )


#: Numbers far above those of the items, a range for each worker.
_numbers = itertools.count(500_000_000 + os.getpid() % 1000 * 1_000_000)


class NewSerializer(serializers.ModelSerializer[Item]):
    labels = serializers.SlugRelatedField("name", many=True, queryset=Label.objects.all())

    class Meta:
        model = Item
        fields = (
            "id",
            "title",
            "description",
            "kind",
            "effort",
            "due_at",
            "severity",
            "horizon",
            "labels",
        )


class ItemNew(Bare, generics.CreateAPIView[Item]):
    serializer_class = NewSerializer

    def perform_create(self, serializer: Any) -> None:
        serializer.save(
            product_id=self.request.query_params["product"],
            number=next(_numbers),
            reporter=self.request.user,
        )
