"""Decisions, requests and traces over the API."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, resource
from accounts.models import Product
from backlog import access, decision_log
from backlog.api.items import page_size
from backlog.filters import DecisionFilter, decisions_filtered
from backlog.models import Decision, Request
from backlog.services import decisions, requests
from core.api.serializers import Line, Prose, Shape, checked
from core.errors import Invalid

Trace = decision_log.Trace


class OptionShape(Shape):
    title = Line(max_length=200)
    note = Prose(max_length=2000, required=False, allow_blank=True)
    chosen = serializers.BooleanField(default=False)


class EvidenceShape(Shape):
    label = Line(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    url = Line(max_length=500)


class LoggedDecision(Shape):
    key = serializers.CharField()
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(Decision.Kind.choices)
    title = serializers.CharField()
    context = serializers.CharField()  # type: ignore[assignment]
    options = OptionShape(many=True)
    rationale = serializers.CharField()
    evidence = EvidenceShape(many=True)
    facts = serializers.DictField(help_text="figures of the act that it records")
    decided_by = serializers.EmailField(allow_null=True)
    decided_at = serializers.DateTimeField()
    right = serializers.CharField()
    items = serializers.ListField(child=serializers.CharField())
    cycle = serializers.CharField(allow_null=True)
    supersedes = serializers.CharField(allow_null=True)
    reverses = serializers.BooleanField()
    superseded_by = serializers.CharField(allow_null=True)


class DecisionList(Shape):
    """Decisions, the newest first. ``next`` is the cursor of the next page, null at the end."""

    results = LoggedDecision(many=True)
    next = serializers.CharField(allow_null=True)


class DecisionInput(Shape):
    title = Line(max_length=200)
    kind = serializers.ChoiceField(decisions.BY_HAND, default=Decision.Kind.GENERAL)
    context = Prose(max_length=20_000, required=False, allow_blank=True)  # type: ignore[assignment]
    rationale = Prose(max_length=20_000)
    options = OptionShape(many=True, required=False)
    evidence = EvidenceShape(many=True, required=False)
    items = serializers.ListField(child=Line(max_length=24), required=False, max_length=200)


class SupersedeInput(DecisionInput):
    reverses = serializers.BooleanField(default=False, help_text="what stood before is taken back")


class RequestRow(Shape):
    id = serializers.IntegerField()
    verb = serializers.CharField()
    payload = serializers.DictField()
    summary = serializers.CharField()
    right = serializers.CharField()
    reason = serializers.CharField()
    item = serializers.CharField(allow_null=True)
    asked_by = serializers.EmailField()
    asked_at = serializers.DateTimeField()
    state = serializers.ChoiceField(Request.State.choices)
    answered_by = serializers.EmailField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField()


class RequestList(Shape):
    """Requests, the newest first. ``next`` is the cursor of the next page, null at the end."""

    results = RequestRow(many=True)
    next = serializers.CharField(allow_null=True)


class RequestInput(Shape):
    verb = Line(max_length=40, help_text="as `ask.verb` of the refusal says")
    payload = serializers.DictField(help_text="as `ask.payload` of the refusal says")
    reason = Line(max_length=500)


class AnswerInput(Shape):
    accept = serializers.BooleanField()
    reason = Line(max_length=500, required=False, allow_blank=True)


class StepRow(Shape):
    at = serializers.DateTimeField()
    who = serializers.CharField()
    verb = serializers.CharField()
    text = serializers.CharField()
    reason = serializers.CharField()
    count = serializers.IntegerField()
    decision = serializers.CharField(allow_null=True)


class TraceShape(Shape):
    cut = serializers.IntegerField(help_text="earlier steps that were left out")
    steps = StepRow(many=True)


def _row(product: Product, row: Decision) -> dict[str, Any]:
    after = decision_log.successor(row)
    return {
        "key": row.key,
        "number": row.number,
        "kind": row.kind,
        "title": row.title,
        "context": row.context,
        "options": row.options,
        "rationale": row.rationale,
        "evidence": row.evidence,
        "facts": row.facts,
        "decided_by": row.decided_by.email if row.decided_by else None,
        "decided_at": row.decided_at,
        "right": row.right,
        "items": sorted(f"{product.key}-{item.number}" for item in row.items.all()),
        "cycle": row.cycle.name if row.cycle else None,
        "supersedes": row.supersedes.key if row.supersedes else None,
        "reverses": row.reverses,
        "superseded_by": after.key if after else None,
    }


@documented(
    summary="List decisions",
    responses={200: DecisionList},
    query=[
        OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` of the page before."),
        OpenApiParameter("limit", OpenApiTypes.INT, description="Rows a page, 1 to 200."),
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label or ""))
            for name, each in DecisionFilter.base_filters.items()
        ),
    ],
    tags=["decisions"],
)
def list_decisions(request: ApiRequest, key: str) -> Response:
    """The decision log, the newest first."""
    actor = actor_of(request)
    product = product_for(actor, key)
    query = request.query_params.dict()
    found, cursor = decision_log.decision_page(
        decisions_filtered(access.decisions_in(actor, product), query),
        cursor=query.get("cursor"),
        size=page_size(request),
    )
    return Response({"results": [_row(product, each) for each in found], "next": cursor})


@documented(
    summary="Record a decision",
    request=DecisionInput,
    responses={201: LoggedDecision},
    tags=["decisions"],
)
def record_decision(request: ApiRequest, key: str) -> Response:
    """With the options there were and why. It cannot be edited afterwards, only superseded."""
    actor = actor_of(request)
    product = product_for(actor, key, "decision.record")
    data = checked(DecisionInput, request)
    made = decisions.decide(actor=actor, product=product, draft=_draft(actor, product, data))
    return _answer(actor, product, made.number)


@documented(summary="Read a decision", responses={200: LoggedDecision}, tags=["decisions"])
def read_decision(request: ApiRequest, key: str, number: int) -> Response:
    """By its number: 12 for D-12."""
    actor = actor_of(request)
    product = product_for(actor, key)
    return Response(_row(product, access.decision_for(actor, product, number)))


@documented(
    summary="Supersede a decision",
    request=SupersedeInput,
    responses={201: LoggedDecision},
    tags=["decisions"],
)
def supersede_decision(request: ApiRequest, key: str, number: int) -> Response:
    """Record the decision that takes this one's place, or takes it back. Refused when another one does already."""
    actor = actor_of(request)
    product = product_for(actor, key, "decision.record")
    before = access.decision_for(actor, product, number)
    data = checked(SupersedeInput, request)
    reverses = data.pop("reverses")
    made = decisions.decide(
        actor=actor,
        product=product,
        draft=_draft(actor, product, data),
        supersedes=before,
        reverses=reverses,
    )
    return _answer(actor, product, made.number)


def _answer(actor: Actor, product: Product, number: int) -> Response:
    response = Response(_row(product, access.decision_for(actor, product, number)), status=201)
    response["Location"] = reverse("api-decision", args=[product.key, number])
    return response


def _draft(actor: Actor, product: Product, data: dict[str, Any]) -> decisions.Draft:
    options = data.pop("options", [])
    chosen = [place for place, each in enumerate(options) if each["chosen"]]
    if len(chosen) > 1:
        raise Invalid("One option is chosen.", fields={"options": ["Choose one of them."]})
    keys = data.pop("items", [])
    return decisions.Draft(
        options=[(each["title"], each.get("note", "")) for each in options],
        chosen=chosen[0] if chosen else None,
        evidence=[(each.get("label", ""), each["url"]) for each in data.pop("evidence", [])],
        items=list(access.items_of(actor, product, keys).values()) if keys else [],
        **data,
    )


def _request_row(product: Product, row: Request) -> dict[str, Any]:
    return {
        "id": row.pk,
        "verb": row.verb,
        "payload": row.payload,
        "summary": row.summary,
        "right": row.right,
        "reason": row.reason,
        "item": f"{product.key}-{row.item.number}" if row.item else None,
        "asked_by": row.asked_by.email,
        "asked_at": row.asked_at,
        "state": row.state,
        "answered_by": row.answered_by.email if row.answered_by else None,
        "answered_at": row.answered_at,
        "answer": row.answer,
    }


@documented(
    summary="List requests",
    responses={200: RequestList},
    query=[
        OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` of the page before."),
        OpenApiParameter("limit", OpenApiTypes.INT, description="Rows a page, 1 to 200."),
        OpenApiParameter("state", OpenApiTypes.STR, enum=Request.State.values),
    ],
    tags=["decisions"],
)
def list_requests(request: ApiRequest, key: str) -> Response:
    """What was asked of those who may decide, the newest first."""
    actor = actor_of(request)
    product = product_for(actor, key)
    rows = access.requests_in(actor, product)
    state = request.query_params.get("state")
    if state:
        if state not in Request.State.values:
            raise Invalid(
                "A filter cannot be used.",
                code="bad_filter",
                fields={"state": [f"Use one of: {', '.join(Request.State.values)}."]},
            )
        rows = rows.filter(state=state)
    found, cursor = decision_log.request_page(
        rows, cursor=request.query_params.get("cursor"), size=page_size(request)
    )
    return Response({"results": [_request_row(product, each) for each in found], "next": cursor})


@documented(
    summary="Ask somebody who may decide",
    request=RequestInput,
    responses={201: RequestRow},
    tags=["decisions"],
)
def make_request(request: ApiRequest, key: str) -> Response:
    """A refusal (403) says in `ask` what can be asked for; send it here with a reason."""
    actor = actor_of(request)
    product = product_for(actor, key, "request.make")
    data = checked(RequestInput, request)
    made = requests.ask(actor=actor, product=product, **data)
    found = access.request_for(actor, product, made.pk)
    response = Response(_request_row(product, found), status=201)
    response["Location"] = reverse("api-request", args=[product.key, made.pk])
    return response


@documented(summary="Read a request", responses={200: RequestRow}, tags=["decisions"])
def read_request(request: ApiRequest, key: str, pk: int) -> Response:
    """What was asked, and the answer."""
    actor = actor_of(request)
    product = product_for(actor, key)
    return Response(_request_row(product, access.request_for(actor, product, pk)))


@documented(
    summary="Answer a request",
    request=AnswerInput,
    responses={200: RequestRow},
    tags=["decisions"],
)
def answer_request(request: ApiRequest, key: str, pk: int) -> Response:
    """Carry it out or decline it; recorded as a decision. Takes the right that was asked for."""
    actor = actor_of(request)
    product = product_for(actor, key)
    found = access.request_for(actor, product, pk)
    data = checked(AnswerInput, request)
    requests.answer(actor=actor, request=found, **data)
    return Response(_request_row(product, access.request_for(actor, product, pk)))


@documented(summary="Withdraw a request", responses={200: RequestRow}, tags=["decisions"])
def withdraw_request(request: ApiRequest, key: str, pk: int) -> Response:
    """Take back what you asked for, while it waits."""
    actor = actor_of(request)
    product = product_for(actor, key)
    requests.withdraw(actor=actor, request=access.request_for(actor, product, pk))
    return Response(_request_row(product, access.request_for(actor, product, pk)))


def _trace(trace: Trace) -> Response:
    steps = [
        {
            "at": step.at,
            "who": step.who,
            "verb": step.verb,
            "text": step.text,
            "reason": step.reason,
            "count": step.count,
            "decision": step.decision.key if step.decision else None,
        }
        for chapter in trace.chapters
        for step in chapter.steps
    ]
    return Response({"cut": trace.cut, "steps": steps})


@documented(summary="How an item came here", responses={200: TraceShape}, tags=["decisions"])
def read_item_trace(request: ApiRequest, key: str) -> Response:
    """Its milestones from the beginning to now, with the reasons and decisions."""
    return _trace(decision_log.item_trace(access.item_for(actor_of(request), key)))


@documented(summary="How a queue came to be", responses={200: TraceShape}, tags=["decisions"])
def read_queue_trace(request: ApiRequest, key: str, kind: str) -> Response:
    """Its definition, the rubric, plans and decisions, from the beginning to now."""
    product = product_for(actor_of(request), key)
    return _trace(decision_log.queue_trace(access.queue_for(product, kind)))


decision_list = resource(GET=list_decisions, POST=record_decision)
decision_one = resource(GET=read_decision)
decision_supersede = resource(POST=supersede_decision)
request_list = resource(GET=list_requests, POST=make_request)
request_one = resource(GET=read_request)
request_answer = resource(POST=answer_request)
request_withdraw = resource(POST=withdraw_request)
item_trace = resource(GET=read_item_trace)
queue_trace = resource(GET=read_queue_trace)
