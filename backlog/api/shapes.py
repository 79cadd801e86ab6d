"""Shapes of the backlog's API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework import serializers

from backlog.listed import Listed
from backlog.models import Comment
from backlog.services.bulk import Asking
from backlog.vocabulary import Horizon, Kind, LinkKind, QueueKind, Severity, State
from core.api.serializers import Line, Prose, Shape
from core.days import instant_of


class PartsShape(Shape):
    """Points that sum to the priority."""

    value = serializers.FloatField()
    impact = serializers.FloatField()
    risk = serializers.FloatField()
    confidence = serializers.FloatField()
    effort = serializers.FloatField()
    urgency = serializers.FloatField()
    adjustment = serializers.FloatField()
    clipping = serializers.FloatField()


class RankRangeShape(Shape):
    """Eight of ten draws put the item between these ranks of its queue (doubtful weights, doubtful inputs)."""

    low = serializers.IntegerField()
    high = serializers.IntegerField()
    top_chance = serializers.FloatField(
        help_text="part of the draws in which the next cycle holds it"
    )


class ItemRow(Shape):
    """An item in a list."""

    key = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    queue = serializers.ChoiceField(QueueKind.choices, allow_null=True)
    state = serializers.ChoiceField(State.choices)
    horizon = serializers.ChoiceField(Horizon.choices, allow_null=True)
    owner = serializers.EmailField(allow_null=True)
    effort = serializers.FloatField(allow_null=True, help_text="points")
    due_at = serializers.DateTimeField(allow_null=True)
    severity = serializers.IntegerField(allow_null=True)
    rank = serializers.IntegerField(
        allow_null=True, help_text="place among the open items of its queue"
    )
    rank_range = RankRangeShape(allow_null=True)
    priority = serializers.FloatField(allow_null=True, help_text="0 to 100; null while unscored")
    parts = PartsShape(allow_null=True)
    band = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    ratings_stale_at = serializers.DateTimeField(
        allow_null=True,
        help_text="when time alone has (or had) halved what its first rating is worth",
    )
    evidence_stale_at = serializers.DateTimeField(
        allow_null=True, help_text="the same for the evidence of its first criterion"
    )
    labels = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class ItemPage(Shape):
    """A page of items. ``next`` is the cursor of the next page, null at the end."""

    results = ItemRow(many=True)
    next = serializers.CharField(allow_null=True)


class ItemDetail(ItemRow):
    """An item with all that its priority was made from."""

    product = serializers.CharField()
    description = serializers.CharField()
    state_reason = serializers.CharField()
    parked_until = serializers.DateField(allow_null=True)
    reporter = serializers.CharField(allow_null=True)
    program = serializers.CharField(allow_null=True)
    channel = serializers.CharField(allow_null=True)
    cycle = serializers.CharField(allow_null=True)
    segments = serializers.ListField(child=serializers.CharField())
    accepted_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    criteria = serializers.ListField(child=serializers.DictField())
    links = serializers.ListField(child=serializers.DictField())
    scoring = serializers.DictField(
        required=False, help_text="inputs, rubric version, instant and waterfall"
    )
    source = serializers.DictField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="where an import found it"
    )
    assets = serializers.ListField(child=serializers.DictField(), required=False)


class ItemInput(Shape):
    """Fields of an item that can be written. Words (labels and the like) are made where they are missing."""

    title = Line(max_length=255)
    description = Prose(required=False, allow_blank=True, max_length=50_000)
    kind = serializers.ChoiceField(Kind.choices, required=False)
    horizon = serializers.ChoiceField(Horizon.choices, required=False, allow_null=True)
    owner = serializers.EmailField(required=False, allow_null=True)
    effort = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=100_000)
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    severity = serializers.ChoiceField(Severity.choices, required=False, allow_null=True)
    program = Line(required=False, allow_null=True, max_length=80)
    channel = Line(required=False, allow_null=True, max_length=80)
    cycle = Line(required=False, allow_null=True, max_length=80)
    labels = serializers.ListField(child=Line(max_length=80), required=False, max_length=50)
    segments = serializers.ListField(child=Line(max_length=80), required=False, max_length=50)


class CriterionInput(Shape):
    text = Line(max_length=500)
    verification = Line(max_length=500, required=False, allow_blank=True)


class CriterionPatch(Shape):
    """New words. ``seen``: those that you read; when the criterion says something else by now, nothing is saved."""

    text = Line(max_length=500, required=False)
    verification = Line(max_length=500, required=False, allow_blank=True)
    seen = CriterionInput(required=False)


class ItemCreate(ItemInput):
    """A new item. With ``queue`` it keeps waiting in triage, with the queue as a proposal."""

    product = Line(max_length=10, required=False)
    queue = serializers.ChoiceField(QueueKind.choices, required=False, allow_null=True)
    criteria = CriterionInput(many=True, required=False)
    reason = Line(max_length=2000, required=False, allow_blank=True)


class ItemPatch(ItemInput):
    title = Line(max_length=255, required=False)  # type: ignore[assignment]
    reason = Line(max_length=2000, required=False, allow_blank=True)


class AcceptInput(Shape):
    queue = serializers.ChoiceField(QueueKind.choices)
    severity = serializers.ChoiceField(Severity.choices, required=False, allow_null=True)
    owner = serializers.EmailField(required=False, allow_null=True)
    segments = serializers.ListField(child=Line(max_length=80), required=False, max_length=50)
    reason = Line(max_length=2000, required=False, allow_blank=True)


class MoveInput(Shape):
    queue = serializers.ChoiceField(QueueKind.choices)
    reason = Line(max_length=2000, required=False, allow_blank=True)


class StateInput(Shape):
    state = serializers.ChoiceField(State.choices)
    reason = Line(max_length=2000, required=False, allow_blank=True)
    until = serializers.DateField(required=False, allow_null=True)


class ParkInput(Shape):
    until = serializers.DateField()
    reason = Line(max_length=2000, required=False, allow_blank=True)


class DeclineInput(Shape):
    reason = Line(max_length=2000)


class MergeInput(Shape):
    into = Line(max_length=24)
    reason = Line(max_length=2000, required=False, allow_blank=True)


class PartInput(Shape):
    title = Line(max_length=255)
    effort = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=100_000, help_text="points"
    )
    description = Prose(required=False, allow_blank=True, max_length=50_000)


class SplitInput(Shape):
    parts = PartInput(many=True, help_text="2 to 20 of them")
    keep = serializers.BooleanField(
        default=False, help_text="leave the item open as what holds its parts together"
    )
    reason = Line(max_length=1500, required=False, allow_blank=True)


class LinkInput(Shape):
    kind = serializers.ChoiceField(LinkKind.choices)
    target = Line(max_length=24)


class VerifyInput(Shape):
    met = serializers.BooleanField()
    note = Line(max_length=500, required=False, allow_blank=True)


class CommentInput(Shape):
    body = Prose(max_length=20_000)


class CommentRow(Shape):
    id = serializers.IntegerField()
    author = serializers.CharField(allow_null=True)
    body = serializers.CharField()
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    mentions = serializers.ListField(child=serializers.EmailField())
    version = serializers.IntegerField()


class ChangeRow(Shape):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    channel = serializers.CharField()
    verb = serializers.CharField()
    fields_ = serializers.DictField()
    reason = serializers.CharField()
    right = serializers.CharField()
    batch = serializers.UUIDField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found


class BulkInput(Shape):
    """One change to many items, named by keys or by the same filters as the list."""

    product = Line(max_length=10, required=False)
    keys = serializers.ListField(child=Line(max_length=24), required=False, max_length=1000)
    filter = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    queue = serializers.ChoiceField(QueueKind.choices, required=False)
    owner = serializers.EmailField(required=False, allow_null=True)
    horizon = serializers.ChoiceField(Horizon.choices, required=False)
    state = serializers.ChoiceField(State.choices, required=False)
    until = serializers.DateField(required=False)
    add_labels = serializers.ListField(child=Line(max_length=80), required=False, max_length=50)
    remove_labels = serializers.ListField(child=Line(max_length=80), required=False, max_length=50)
    reason = Line(max_length=2000, required=False, allow_blank=True)
    preview = serializers.BooleanField(required=False, default=False)
    asking = Line(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="Why: whoever may is asked for what only a right is missing for.",
    )


class BulkAsk(Shape):
    """What `count` of the items are missing a right for: who can, and the body with which to ask for it."""

    right = serializers.CharField()
    detail = serializers.CharField()
    count = serializers.IntegerField()
    verb = serializers.CharField()
    payload = serializers.DictField()


class BulkResult(Shape):
    total = serializers.IntegerField()
    changed = serializers.IntegerField()
    refused = serializers.ListField(child=serializers.DictField())
    effects = serializers.ListField(child=serializers.DictField(), required=False)
    batch = serializers.UUIDField(allow_null=True)
    asks = BulkAsk(many=True)
    asked = serializers.ListField(
        child=serializers.IntegerField(), help_text="Requests that were made."
    )


def asks(found: Iterable[Asking]) -> list[dict[str, Any]]:
    """What can be asked for after a bulk edit, or its preview."""
    return [
        {
            "right": each.right,
            "detail": each.detail,
            "count": each.count,
            "verb": each.wish.verb,
            "payload": each.wish.payload,
        }
        for each in found
    ]


def row(item: Listed, product_key: str, rank: int | None, labels: Sequence[str]) -> dict[str, Any]:
    """An item as a list shows it: a plain dict, since lists must be quick. ``parts`` is None while unscored."""
    return {
        "key": f"{product_key}-{item.number}",
        "title": item.title,
        "kind": item.kind,
        "queue": item.queue_kind or None,
        "state": item.state,
        "horizon": item.horizon or None,
        "owner": item.owner_email,
        "effort": item.effort,
        "due_at": item.due_at,
        "severity": item.severity,
        "rank": rank,
        "rank_range": None
        if rank is None or item.priority is None or item.range_queue_kind != item.queue_kind
        else {
            "low": item.range_rank_low,
            "high": item.range_rank_high,
            "top_chance": item.range_top_chance,
        },
        "priority": item.priority,
        "parts": None
        if item.priority is None
        else {
            "value": item.value_part,
            "impact": item.impact_part,
            "risk": item.risk_part,
            "confidence": item.confidence_part,
            "effort": item.effort_part,
            "urgency": item.urgency_part,
            "adjustment": item.adjustment_part,
            "clipping": item.clipping_part,
        },
        "band": item.band or None,
        "confidence": item.confidence,
        "ratings_stale_at": instant_of(item.ratings_stale_day),
        "evidence_stale_at": instant_of(item.evidence_stale_day),
        "labels": labels,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "version": item.version,
    }


def comment_row(comment: Comment) -> dict[str, Any]:
    """A comment as the API shows it."""
    return {
        "id": comment.pk,
        "author": comment.author.email if comment.author else comment.author_name or None,
        "body": comment.body,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "mentions": sorted(user.email for user in comment.mentions.all()),
        "version": comment.version,
    }
