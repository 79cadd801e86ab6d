"""Evidence over the API: signals, single and in bulk, attached, corrected, withdrawn; groups of those that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from accounts.models import Product
from backlog.access import item_of, items_of
from backlog.api.items import named_product
from backlog.vocabulary import QueueKind
from core.api.serializers import Line, Shape, checked
from core.errors import Invalid
from scoring import access, panels, selectors, unattached
from scoring.filters import signals_filtered
from scoring.models import Signal
from scoring.services import evidence, groups, signals

PAGE = 100


class SignalInput(Shape):
    kind = Line(max_length=40)
    magnitude = serializers.FloatField(min_value=0, max_value=1e12)
    occurred_at = serializers.DateTimeField()
    source = Line(max_length=40)  # type: ignore[assignment]
    external_id = Line(max_length=120, required=False, allow_blank=True)
    note = Line(max_length=500, required=False, allow_blank=True)


class BulkSignal(SignalInput):
    item = Line(max_length=24, required=False, allow_null=True, help_text="key; none: no item yet")
    segment = Line(
        max_length=80,
        required=False,
        allow_null=True,
        help_text="name, made where it is missing; without an item it counts for all items that name it",
    )


class SignalsInput(Shape):
    product = Line(max_length=10, required=False)
    signals = BulkSignal(many=True, max_length=signals.LIMIT)  # type: ignore[call-arg]


class SignalPatch(Shape):
    kind = Line(max_length=40, required=False)
    magnitude = serializers.FloatField(min_value=0, max_value=1e12, required=False)
    occurred_at = serializers.DateTimeField(required=False)
    note = Line(max_length=500, required=False, allow_blank=True)
    reason = Line(max_length=500, required=False, allow_blank=True)


class Withdrawal(Shape):
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    reason = serializers.CharField()


class SignalRow(Shape):
    id = serializers.IntegerField()
    item = serializers.CharField(allow_null=True)
    segment = serializers.CharField(allow_null=True)
    kind = serializers.CharField()
    magnitude = serializers.FloatField()
    occurred_at = serializers.DateTimeField()
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    recorded_by = serializers.CharField(allow_null=True)
    recorded_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    withdrawn = Withdrawal(allow_null=True)


class SignalPage(Shape):
    results = SignalRow(many=True)
    next = serializers.CharField(allow_null=True)


class Outcome(Shape):
    added = serializers.IntegerField()
    known = serializers.IntegerField()


class AttachInput(Shape):
    product = Line(max_length=10, required=False)
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=signals.LIMIT, min_length=1
    )
    item = Line(max_length=24, required=False, allow_null=True, help_text="key; null: no item")
    segment = Line(
        max_length=80, required=False, allow_null=True, help_text="name; left out: as it is"
    )
    reason = Line(max_length=500, required=False, allow_blank=True)


class ReasonInput(Shape):
    reason = Line(max_length=500)


class GroupRow(Shape):
    id = serializers.IntegerField(help_text="of its oldest signal")
    label = serializers.CharField()  # type: ignore[assignment]
    title = serializers.CharField()
    size = serializers.IntegerField()
    sums = serializers.DictField(child=serializers.FloatField(), help_text="kind -> magnitudes")
    first_seen = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()
    recent = serializers.IntegerField(help_text="seen in the last 30 days")
    earlier = serializers.IntegerField(help_text="seen in the 30 days before")
    dismissed = serializers.CharField(allow_null=True, help_text="why nobody wanted an item for it")
    signals = serializers.ListField(child=serializers.IntegerField(), help_text="the first 1,000")


class GroupList(Shape):
    groups = GroupRow(many=True)
    single = serializers.IntegerField(help_text="how many are like no other")
    left_out = serializers.IntegerField(help_text="older ones beyond the 10,000 that are grouped")


class GroupItem(Shape):
    title = Line(max_length=255, required=False, help_text="left out: the proposed one")
    queue = serializers.ChoiceField(QueueKind.choices, required=False, allow_null=True)


class MadeItem(Shape):
    item = serializers.CharField()
    attached = serializers.IntegerField()


PRODUCT = OpenApiParameter("product", OpenApiTypes.STR)


@documented(summary="Signals of an item", responses={200: SignalRow(many=True)}, tags=["scoring"])
def list_item_signals(request: Request, key: str) -> Response:
    """Its own that count, the newest thousand, newest first."""
    actor = actor_of(request)
    item = access.item_for(actor, key)
    rows = access.signals_of(actor, item.product).filter(item=item, withdrawn_at=None)[:1000]
    return Response([panels.signal(row, item.product) for row in rows])


@documented(summary="Add a signal", request=SignalInput, responses={201: Outcome}, tags=["scoring"])
def add_item_signal(request: Request, key: str) -> Response:
    """A piece of evidence. A known `source` + `external_id` changes nothing and answers `known: 1`."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "signal.add")
    data = checked(SignalInput, request)
    outcome = signals.add_signals(
        actor=actor, product=item.product, drafts=[signals.Draft(item=item, **data)]
    )
    return Response({"added": outcome.added, "known": outcome.known}, status=201)


@documented(
    summary="Add signals in bulk", request=SignalsInput, responses={201: Outcome}, tags=["scoring"]
)
def add_signals(request: Request) -> Response:
    """Up to 1,000 signals, all or none. Idempotent by `source` and `external_id`.

    Each is about an `item`, about a `segment`, or (neither) about nothing yet. One about a segment counts for every
    item that names the segment, at the rubric's `segment_share`.
    """
    actor = actor_of(request)
    data = checked(SignalsInput, request)
    rows = data["signals"]
    product = named_product(actor, data.get("product") or _key_of(rows))
    return Response(added(actor, product, rows), status=201)


def added(actor: Actor, product: Product, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Add ``rows`` (of ``BulkSignal``); the answer, an ``Outcome``. Raises Invalid, NotAllowed."""
    known = items_of(actor, product, {row["item"] for row in rows if row.get("item")})
    drafts = [
        signals.Draft(
            item=known[row["item"]] if row.get("item") else None,
            segment=row.get("segment") or "",
            **{name: value for name, value in row.items() if name not in ("item", "segment")},
        )
        for row in rows
    ]
    outcome = signals.add_signals(actor=actor, product=product, drafts=drafts)
    return {"added": outcome.added, "known": outcome.known}


def _key_of(rows: list[dict[str, Any]]) -> str | None:
    """The product of the first item that is named."""
    keys = (row["item"] for row in rows if row.get("item"))
    return next((key.rpartition("-")[0] for key in keys), None)


@documented(
    summary="List signals",
    responses={200: SignalPage},
    query=[
        PRODUCT,
        OpenApiParameter("kind", OpenApiTypes.STR),
        OpenApiParameter("source", OpenApiTypes.STR),
        OpenApiParameter("item", OpenApiTypes.STR, description="key, or `none`"),
        OpenApiParameter("segment", OpenApiTypes.STR, description="name, or `none`"),
        OpenApiParameter(
            "concerns",
            OpenApiTypes.STR,
            description="name of a segment: from or about it, or about an item that names it",
        ),
        OpenApiParameter("unattached", OpenApiTypes.BOOL, description="about no item yet"),
        OpenApiParameter(
            "withdrawn", OpenApiTypes.BOOL, description="withdrawn ones instead of those that count"
        ),
        OpenApiParameter(
            "from", OpenApiTypes.DATETIME, description="seen at this instant or after"
        ),
        OpenApiParameter("to", OpenApiTypes.DATETIME, description="seen before this instant"),
        OpenApiParameter("q", OpenApiTypes.STR, description="words of the note"),
        OpenApiParameter("cursor", OpenApiTypes.STR),
    ],
    tags=["scoring"],
)
def list_signals(request: Request) -> Response:
    """A product's signals, newest first. Withdrawn ones are left out unless asked for."""
    actor = actor_of(request)
    query = request.query_params
    product = named_product(actor, query.get("product"))
    rows = signals_filtered(access.signals_of(actor, product), query, product=product)
    found, cursor = selectors.page_of_signals(rows, query.get("cursor"), PAGE)
    return Response({"results": [panels.signal(row, product) for row in found], "next": cursor})


@documented(summary="Read a signal", responses={200: SignalRow}, tags=["scoring"])
def read_signal(request: Request, pk: int) -> Response:
    """One signal, with its version as ETag."""
    return _answer(access.signal_for(actor_of(request), pk))


@documented(
    summary="Correct a signal",
    request=SignalPatch,
    responses={200: SignalRow},
    tags=["scoring"],
    if_match=True,
)
def correct_signal(request: Request, pk: int) -> Response:
    """A new version; the log keeps the old values. Items for which it counts are rescored."""
    actor = actor_of(request)
    signal = access.signal_for(actor, pk, "signal.add")
    version = version_wanted(request)
    data = checked(SignalPatch, request)
    values = dict(data)
    reason = values.pop("reason", "")
    evidence.correct(actor=actor, signal=signal, values=values, version=version, reason=reason)
    return _answer(access.signal_for(actor, pk))


@documented(
    summary="Withdraw a signal", request=ReasonInput, responses={200: SignalRow}, tags=["scoring"]
)
def withdraw_signal(request: Request, pk: int) -> Response:
    """It counts for nothing from now on, and stays with who, when and why. Withdrawing twice changes nothing."""
    actor = actor_of(request)
    signal = access.signal_for(actor, pk, "signal.add")
    data = checked(ReasonInput, request)
    evidence.withdraw(
        actor=actor,
        product=signal.product,
        signals=[signal],
        reason=data["reason"],
    )
    return _answer(access.signal_for(actor, pk))


@documented(
    summary="Bring a signal back", request=None, responses={200: SignalRow}, tags=["scoring"]
)
def restore_signal(request: Request, pk: int) -> Response:
    """A withdrawn one counts again. 409 for one that counts already."""
    actor = actor_of(request)
    evidence.restore(actor=actor, signal=access.signal_for(actor, pk, "signal.add"))
    return _answer(access.signal_for(actor, pk))


@documented(
    summary="Attach signals",
    request=AttachInput,
    responses={200: SignalRow(many=True)},
    tags=["scoring"],
)
def attach_signals(request: Request) -> Response:
    """Say what up to 1,000 signals are about: an item, a segment, or (both null) nothing yet. All or none."""
    actor = actor_of(request)
    data = checked(AttachInput, request)
    asked = data
    if "item" not in asked and "segment" not in asked:
        raise Invalid("Say what they are about.", fields={"item": ["Give an item or a segment."]})
    product = named_product(actor, asked.get("product"))
    rows = access.signals_in(actor, product, asked["ids"])
    evidence.attach(
        actor=actor,
        product=product,
        signals=rows,
        item=item_of(actor, product, asked["item"]) if asked.get("item") else None,
        segment=(asked["segment"] or "") if "segment" in asked else None,
        reason=asked.get("reason", ""),
    )
    fresh = access.signals_of(actor, product).filter(pk__in=[row.pk for row in rows])
    return Response([panels.signal(row, product) for row in fresh])


def _answer(signal: Signal) -> Response:
    response = Response(panels.signal(signal, signal.product))
    response["ETag"] = etag(signal.version)
    return response


@documented(
    summary="Groups of unattached signals",
    responses={200: GroupList},
    query=[PRODUCT],
    tags=["scoring"],
)
def list_groups(request: Request) -> Response:
    """Signals that belong to no item yet and say much the same, the largest group first; the newest 10,000."""
    actor = actor_of(request)
    product = named_product(actor, request.query_params.get("product"))
    found = unattached.unattached(product)
    return Response(
        {
            "groups": [_group(each) for each in (*found.groups, *found.dismissed)],
            "single": len(found.single),
            "left_out": found.left_out,
        }
    )


def _group(found: unattached.Found) -> dict[str, Any]:
    group = found.group
    return {
        "id": found.pk,
        "label": group.label,
        "title": found.title,
        "size": found.size,
        "sums": group.sums,
        "first_seen": group.first_seen,
        "last_seen": group.last_seen,
        "recent": group.recent,
        "earlier": group.earlier,
        "dismissed": found.dismissal.reason if found.dismissal else None,
        "signals": list(found.ids[:1000]),
    }


@documented(
    summary="Make an item of a group",
    request=GroupItem,
    responses={201: MadeItem},
    tags=["scoring"],
)
def make_group_item(request: Request, pk: int) -> Response:
    """A new item in triage with the group's signals attached. `pk`: any of its signals."""
    actor = actor_of(request)
    product = access.signal_for(actor, pk, "item.create").product
    data = checked(GroupItem, request)
    found = unattached.group_of(product, pk)
    item, _ = groups.make_item(
        actor=actor,
        product=product,
        signals=access.signals_in(actor, product, found.ids),
        title=data.get("title") or found.title[:255],
        queue=data.get("queue") or "",
    )
    return Response({"item": item.key, "attached": found.size}, status=201)


@documented(summary="Dismiss a group", request=ReasonInput, responses={204: None}, tags=["scoring"])
def dismiss_group(request: Request, pk: int) -> Response:
    """It needs no item. It comes back when it has grown by half, and by three signals at least."""
    actor = actor_of(request)
    product = access.signal_for(actor, pk, "signal.add").product
    data = checked(ReasonInput, request)
    found = unattached.group_of(product, pk)
    groups.dismiss(
        actor=actor,
        product=product,
        signals=access.signals_in(actor, product, found.ids),
        label=found.group.label,
        reason=data["reason"],
    )
    return Response(status=204)


class StaleRow(Shape):
    item = serializers.CharField()
    title = serializers.CharField()
    queue = serializers.CharField()
    priority = serializers.FloatField(allow_null=True)
    age_cost = serializers.FloatField(
        allow_null=True, help_text="points that ageing had cost when it was scored"
    )
    ratings_stale_at = serializers.DateTimeField(allow_null=True)
    evidence_stale_at = serializers.DateTimeField(allow_null=True)


@documented(
    summary="What has gone stale",
    responses={200: StaleRow(many=True)},
    query=[OpenApiParameter("queue", OpenApiTypes.STR, enum=QueueKind.values)],
    tags=["scoring"],
)
def list_stale(request: Request, key: str) -> Response:
    """Open items whose ratings or evidence are worth half of what they were; what age costs most first, 200 at most."""
    actor = actor_of(request)
    product = product_for(actor, key)
    queue = request.query_params.get("queue")
    if queue is not None and queue not in QueueKind.values:
        raise Invalid(
            "There is no such queue.",
            fields={"queue": [f"Choose one of: {', '.join(QueueKind.values)}."]},
        )
    rows = selectors.going_stale(product, kinds=[queue] if queue else QueueKind.values)
    return Response(
        [
            {
                "item": f"{product.key}-{row.number}",
                "title": row.title,
                "queue": row.queue_kind,
                "priority": row.priority,
                "age_cost": row.age_cost,
                "ratings_stale_at": row.ratings_stale_at,
                "evidence_stale_at": row.evidence_stale_at,
            }
            for row in rows
        ]
    )


item_signals = resource(GET=list_item_signals, POST=add_item_signal)
signal_list = resource(GET=list_signals, POST=add_signals)
signal_one = resource(GET=read_signal, PATCH=correct_signal)
signal_withdraw = resource(POST=withdraw_signal)
signal_restore = resource(POST=restore_signal)
signal_attach = resource(POST=attach_signals)
group_list = resource(GET=list_groups)
group_item = resource(POST=make_group_item)
group_dismiss = resource(POST=dismiss_group)
stale_list = resource(GET=list_stale)
