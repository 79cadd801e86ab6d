"""Increments over the API: plans, states, criteria, pointers to lines, conformance, learnings, the creative system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from accounts.models import Product
from accounts.pages import zone_of
from backlog import access, coherence, late_change
from backlog import increment_reading as reading
from backlog.api.briefs import CURSOR
from backlog.api.items import page_size
from backlog.brief_lines import lines_for
from backlog.filters import IncrementFilter, increments_filtered
from backlog.models import Increment, IncrementKind, Item, Standard, Template
from backlog.services import (
    brief_lines,
    citations,
    increment_criteria,
    increment_states,
    increments,
    standards,
    templates,
)
from backlog.vocabulary import (
    CheckpointState,
    IncrementState,
    StandardKind,
    TemplateKind,
)
from core.api.serializers import Line, Prose, Shape, checked


class IncrementRowShape(Shape):
    key = serializers.CharField()
    number = serializers.IntegerField()
    item = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(IncrementState.choices)
    owner = serializers.EmailField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    is_checkpoint = serializers.BooleanField()
    checkpoint = serializers.CharField()
    shipped_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class IncrementPage(Shape):
    """Increments by due date, those without one last. ``next`` is the cursor of the next page, null at the end."""

    results = IncrementRowShape(many=True)
    next = serializers.CharField(allow_null=True)


class IncrementCriterionShape(Shape):
    id = serializers.IntegerField()
    text = serializers.CharField()
    verification = serializers.CharField()
    covers = serializers.IntegerField(allow_null=True, help_text="id of the item's criterion")
    verified_by = serializers.EmailField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)


class LineInForceShape(Shape):
    key = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.CharField()
    signed = serializers.BooleanField()
    pointed = serializers.BooleanField()
    waiting = serializers.BooleanField()


class HeldAssetShape(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)


class ConformanceShape(Shape):
    id = serializers.IntegerField()
    standard = serializers.CharField()
    version = serializers.IntegerField()
    deviation = serializers.CharField()


class ObstacleShape(Shape):
    code = serializers.CharField()
    text = serializers.CharField()


class IncrementDetail(IncrementRowShape):
    purpose = serializers.CharField()
    needs = serializers.ListField(child=serializers.IntegerField(), help_text="numbers")
    checkpoint_note = serializers.CharField()
    gate_decision = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    output = serializers.CharField()
    learning = serializers.CharField()
    cut_reason = serializers.CharField()
    version = serializers.IntegerField()
    obstacles = ObstacleShape(many=True, help_text="what keeps it from starting")
    breaks = ObstacleShape(many=True, help_text="what a cut would break")
    put_out_of_step = serializers.ListField(
        child=serializers.CharField(), help_text="what its last change broke"
    )
    criteria = IncrementCriterionShape(many=True)
    brief_lines = LineInForceShape(many=True)
    assets = HeldAssetShape(many=True)
    conformances = ConformanceShape(many=True)


class MisfitShape(Shape):
    code = serializers.CharField()
    text = serializers.CharField()


class IncrementPlanShape(Shape):
    results = IncrementRowShape(many=True)
    does_not_fit = MisfitShape(many=True, help_text="what is out of step in the plan")


class IncrementCreate(Shape):
    title = Line(max_length=200)
    kind = Line(max_length=40, help_text="slug of the kind")
    purpose = Prose(max_length=increments.PURPOSE_LIMIT, required=False, allow_blank=True)
    owner = serializers.EmailField(required=False, allow_null=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    is_checkpoint = serializers.BooleanField(required=False)
    needs = serializers.ListField(
        child=serializers.IntegerField(), required=False, max_length=200, help_text="numbers"
    )
    criteria = serializers.ListField(child=Line(max_length=500), required=False, max_length=100)


class IncrementPatch(Shape):
    title = Line(max_length=200, required=False)
    kind = Line(max_length=40, required=False, help_text="slug; only before it has begun")
    purpose = Prose(max_length=increments.PURPOSE_LIMIT, required=False, allow_blank=True)
    owner = serializers.EmailField(required=False, allow_null=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    is_checkpoint = serializers.BooleanField(required=False)
    needs = serializers.ListField(
        child=serializers.IntegerField(), required=False, max_length=200, help_text="numbers"
    )


class IncrementMove(Shape):
    before = serializers.IntegerField(
        allow_null=True, help_text="number of the increment to stand ahead of; null: last"
    )


class IncrementAct(Shape):
    act = serializers.ChoiceField(
        [(act, act) for act in ("start", "review", "back", "ship", "unship", "restore")]
    )


class IncrementClose(Shape):
    output = Prose(max_length=20_000, allow_blank=True)
    learning = Prose(max_length=20_000, allow_blank=True)


class IncrementCut(Shape):
    reason = Line(max_length=500)


class IncrementCheckpoint(Shape):
    state = serializers.ChoiceField(CheckpointState.choices)
    note = Line(max_length=500, required=False, allow_blank=True)


class IncrementGate(Shape):
    reason = Line(max_length=500)


class IncrementCriterionInput(Shape):
    text = Line(max_length=500)
    verification = Line(max_length=500, required=False, allow_blank=True)
    covers = serializers.IntegerField(
        required=False, allow_null=True, help_text="id of the item's criterion"
    )


class IncrementCriterionPatch(IncrementCriterionInput):
    text = Line(max_length=500, required=False)
    met = serializers.BooleanField(required=False)
    note = Line(max_length=500, required=False, allow_blank=True)


class PointInput(Shape):
    line = Line(max_length=24, help_text="BR-3.7")


class ConformanceInput(Shape):
    standard = serializers.IntegerField()
    deviation = Line(max_length=500, required=False, allow_blank=True)


class KindShape(Shape):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    production = serializers.BooleanField()
    stage = serializers.IntegerField()
    retired = serializers.BooleanField()


class KindList(Shape):
    results = KindShape(many=True)


class KindInput(Shape):
    name = Line(max_length=80)
    description = Line(max_length=300, required=False, allow_blank=True)
    production = serializers.BooleanField(default=True)
    stage = serializers.IntegerField(default=3, min_value=1, max_value=5)


class KindPatch(Shape):
    name = Line(max_length=80, required=False)
    description = Line(max_length=300, required=False, allow_blank=True)
    production = serializers.BooleanField(required=False)
    stage = serializers.IntegerField(required=False, min_value=1, max_value=5)
    retired = serializers.BooleanField(required=False)


class StandardShape(Shape):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(StandardKind.choices)
    name = serializers.CharField()
    version = serializers.IntegerField()
    body = serializers.CharField()
    retired = serializers.BooleanField()


class StandardList(Shape):
    results = StandardShape(many=True)


class StandardInput(Shape):
    name = Line(max_length=120)
    kind = serializers.ChoiceField(StandardKind.choices)
    body = Prose(max_length=50_000)
    reason = Line(max_length=500)


class StandardVersionInput(Shape):
    body = Prose(max_length=50_000)
    reason = Line(max_length=500)


class StandardPatch(Shape):
    retired = serializers.BooleanField()


class CreativeTemplateShape(Shape):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(TemplateKind.choices)
    name = serializers.CharField()
    description = serializers.CharField()
    body = serializers.DictField()
    retired = serializers.BooleanField()
    version = serializers.IntegerField()


class CreativeTemplateListShape(Shape):
    results = CreativeTemplateShape(many=True)


class CreativeTemplateInput(Shape):
    kind = serializers.ChoiceField(TemplateKind.choices)
    name = Line(max_length=120)
    description = Line(max_length=300, required=False, allow_blank=True)
    body = serializers.DictField(
        required=False, help_text="its shape: docs/playbook/briefs.md; or what is kept, by its key"
    )
    item = Line(max_length=24, required=False, help_text="the item to keep, or whose plan to keep")
    brief = Line(max_length=24, required=False, help_text="the brief to keep")
    review_plan = serializers.IntegerField(required=False, help_text="id of the plan to keep")


class CreativeTemplateEdit(Shape):
    name = Line(max_length=120)
    description = Line(max_length=300, required=False, allow_blank=True)
    body = serializers.DictField(help_text="its shape: docs/playbook/briefs.md")


class CreativeTemplatePatch(Shape):
    retired = serializers.BooleanField()


class CreativeTemplateApply(Shape):
    item = Line(max_length=24, required=False)
    title = Line(max_length=200, required=False, allow_blank=True)
    increment_kind = Line(
        max_length=40, required=False, allow_blank=True, help_text="slug, for a review plan"
    )


class CreativeTemplateApplied(Shape):
    brief = serializers.CharField(allow_null=True)
    increments = serializers.ListField(child=serializers.CharField())
    item = serializers.CharField(allow_null=True)
    review_plan = serializers.IntegerField(allow_null=True)


class LearningRow(Shape):
    increment = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    output = serializers.CharField()
    learning = serializers.CharField()
    closed_at = serializers.DateTimeField()


class LearningPage(Shape):
    results = LearningRow(many=True)
    next = serializers.CharField(allow_null=True)


class CitationInput(Shape):
    increment = Line(max_length=32)
    brief = Line(max_length=24, required=False)
    item = Line(max_length=24, required=False)
    note = Line(max_length=300, required=False, allow_blank=True)


class CitationShape(Shape):
    id = serializers.IntegerField()
    increment = serializers.CharField()
    brief = serializers.CharField(allow_null=True)
    item = serializers.CharField(allow_null=True)
    note = serializers.CharField()


class ShareShape(Shape):
    hits = serializers.IntegerField()
    total = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(help_text="95% interval")
    high = serializers.FloatField()


class StageShare(ShareShape):
    stage = serializers.IntegerField()


class MonthShare(ShareShape):
    month = serializers.DateField()


class LateChangeShape(Shape):
    stages = StageShare(many=True, help_text="structural among all requests")
    months = MonthShare(many=True, help_text="late among structural requests")
    recent = ShareShape()
    alarm = serializers.BooleanField()
    sentence = serializers.CharField()


def increment_row(product: Product, row: Increment) -> dict[str, Any]:
    item = f"{product.key}-{row.item.number}"
    names = ("number", "title", "state", "starts_on", "due_on", "is_checkpoint", "checkpoint")
    return {
        **{name: getattr(row, name) for name in names},
        "key": f"{item}.{row.number}",
        "item": item,
        "kind": row.kind.slug,
        "owner": row.owner.email if row.owner else None,
        "shipped_at": row.shipped_at,
        "closed_at": row.closed_at,
    }


def _item(request: Request, key: str, action: str = "product.read") -> tuple[Actor, Item]:
    actor = actor_of(request)
    return actor, access.item_for(actor, key, action)


def _found(
    request: Request, key: str, number: int, action: str = "product.read"
) -> tuple[Actor, Increment]:
    actor, item = _item(request, key, action)
    return actor, access.increment_for(actor, item, number)


def _answer(actor: Actor, increment: Increment, status: int = 200) -> Response:
    item = access.item_for(actor, increment.item.key)
    row = access.increment_for(actor, item, increment.number)
    plan = reading.plan(item)
    mine = next(each for each in plan if each.pk == row.pk)
    planned = row.state == IncrementState.PLANNED
    blocked = reading.obstacles(mine, plan, reading.gate_missing(item)) if planned else []
    closed = row.state in (IncrementState.CUT, IncrementState.CLOSED)
    broken = [] if closed else reading.breaks(actor, row)
    names = ("purpose", "checkpoint_note", "started_at", "output", "learning", "cut_reason")
    criteria = row.criteria.select_related("verified_by").order_by("position", "pk")
    declared = row.conformances.select_related("standard_version__standard").order_by("pk")
    body = {
        **increment_row(item.product, row),
        **{name: getattr(row, name) for name in names},
        "version": row.version,
        "needs": sorted(need.number for need in mine.needs.all()),
        "gate_decision": row.gate_decision.key if row.gate_decision else None,
        "obstacles": [{"code": each.code, "text": each.text} for each in blocked],
        "breaks": [{"code": each.code, "text": each.text} for each in broken],
        "put_out_of_step": reading.last_breaks(row),
        "criteria": [
            {
                "id": each.pk,
                "text": each.text,
                "verification": each.verification,
                "covers": each.covers_id,
                "verified_by": each.verified_by.email if each.verified_by else None,
                "verified_at": each.verified_at,
            }
            for each in criteria
        ],
        "brief_lines": [
            {
                name: getattr(line, name)
                for name in ("key", "kind", "text", "signed", "pointed", "waiting")
            }
            for line in lines_for(item, row)
        ],
        "assets": [
            {"id": each.asset_id, "name": each.name, "version": each.version}
            for each in reading.assets_of(actor, [row]).get(row.pk, ())
        ],
        "conformances": [
            {
                "id": each.pk,
                "standard": each.standard_version.standard.name,
                "version": each.standard_version.number,
                "deviation": each.deviation,
            }
            for each in declared
        ],
    }
    response = Response(body, status=status)
    response["ETag"] = etag(row.version)
    if status == 201:
        response["Location"] = reverse("api-increment", args=[item.key, row.number])
    return response


@documented(
    summary="List increments",
    responses={200: IncrementPage},
    query=[
        *CURSOR,
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label or ""))
            for name, each in IncrementFilter.base_filters.items()
        ),
    ],
    tags=["increments"],
)
def list_increments(request: Request, key: str) -> Response:
    """All increments of the product by due date; filter by `state` for what is under way."""
    actor = actor_of(request)
    product = product_for(actor, key)
    query = request.query_params.dict()
    rows = increments_filtered(access.increments_in(actor, product), query)
    found, cursor = reading.under_way(rows, cursor=query.get("cursor"), size=page_size(request))
    results = [increment_row(product, row) for row in found]
    return Response({"results": results, "next": cursor})


@documented(summary="Read an item's plan", responses={200: IncrementPlanShape}, tags=["increments"])
def read_plan(request: Request, key: str) -> Response:
    """Its increments in order, cut ones in their places, and what does not fit in the plan."""
    actor, item = _item(request, key)
    rows = reading.plan(item)
    return Response(
        {
            "results": [increment_row(item.product, row) for row in rows],
            "does_not_fit": [
                {"code": each.code, "text": each.text}
                for each in coherence.misfits(actor, item, rows)
            ],
        }
    )


@documented(
    summary="Plan an increment",
    request=IncrementCreate,
    responses={201: IncrementDetail},
    tags=["increments"],
)
def add_increment(request: Request, key: str) -> Response:
    """Behind the others, under the item's next number."""
    actor, item = _item(request, key, "increment.edit")
    data = _values(actor, item, checked(IncrementCreate, request))
    criteria = [(words, "") for words in data.pop("criteria", [])]
    draft = increments.Draft(criteria=criteria, **data)
    made = increments.add_increment(actor=actor, item=item, draft=draft)
    return _answer(actor, made, 201)


def _values(actor: Actor, item: Item, data: dict[str, Any]) -> dict[str, Any]:
    """Names of a body as rows of the product and of the item."""
    if "kind" in data:
        data["kind"] = access.kind_of(actor, item.product, data["kind"])
    if data.get("owner"):
        data["owner"] = access.member_of(item.product, data["owner"])
    if "needs" in data:
        data["needs"] = [
            access.increment_of(actor, item.product, f"{item.key}.{number}")
            for number in data["needs"]
        ]
    return data


@documented(summary="Read an increment", responses={200: IncrementDetail}, tags=["increments"])
def read_increment(request: Request, key: str, number: int) -> Response:
    """With the brief lines it must satisfy, what keeps it from starting, and what a cut would break."""
    actor, row = _found(request, key, number)
    return _answer(actor, row)


@documented(
    summary="Edit an increment",
    request=IncrementPatch,
    responses={200: IncrementDetail},
    tags=["increments"],
    if_match=True,
)
def edit_increment(request: Request, key: str, number: int) -> Response:
    """Change fields; its state changes by its acts."""
    actor, row = _found(request, key, number, "increment.edit")
    version = version_wanted(request)
    values = _values(actor, row.item, checked(IncrementPatch, request))
    increments.edit_increment(actor=actor, increment=row, values=values, version=version)
    return _answer(actor, row)


@documented(
    summary="Move an increment in its plan",
    request=IncrementMove,
    responses={200: IncrementPlanShape},
    tags=["increments"],
)
def move_increment(request: Request, key: str, number: int) -> Response:
    """One row is written. The answer is the plan in its new order."""
    actor, row = _found(request, key, number, "increment.edit")
    before = checked(IncrementMove, request)["before"]
    ahead = (
        access.increment_of(actor, row.product, f"{row.item.key}.{before}")
        if before is not None
        else None
    )
    increments.move_increment(actor=actor, increment=row, before=ahead)
    results = [increment_row(row.product, each) for each in reading.plan(row.item)]
    return Response({"results": results})


_ACTS: dict[str, Any] = {
    "start": increment_states.start,
    "review": increment_states.send_to_review,
    "back": increment_states.back_to_work,
    "ship": increment_states.ship,
    "restore": increment_states.restore,
}


@documented(
    summary="Move an increment on",
    request=IncrementAct,
    responses={200: IncrementDetail},
    tags=["increments"],
)
def act_on_increment(request: Request, key: str, number: int) -> Response:
    """Start, review, back (to work), ship, unship, restore (a cut). `blocked` names every obstacle to a start."""
    actor, row = _found(request, key, number, "increment.edit")
    act = checked(IncrementAct, request)["act"]
    if act == "unship":
        increment_states.ship(actor=actor, increment=row, shipped=False)
    else:
        _ACTS[act](actor=actor, increment=row)
    return _answer(actor, row)


@documented(
    summary="Close an increment",
    request=IncrementClose,
    responses={200: IncrementDetail},
    tags=["increments"],
)
def close_increment(request: Request, key: str, number: int) -> Response:
    """With what came out of it and what was learned; every criterion of its own must be verified."""
    actor, row = _found(request, key, number, "increment.edit")
    increment_states.close(actor=actor, increment=row, **checked(IncrementClose, request))
    return _answer(actor, row)


@documented(
    summary="Cut an increment",
    request=IncrementCut,
    responses={200: IncrementDetail},
    tags=["increments"],
)
def cut_increment(request: Request, key: str, number: int) -> Response:
    """Read `breaks` first. It can be restored."""
    actor, row = _found(request, key, number, "increment.edit")
    increment_states.cut(actor=actor, increment=row, **checked(IncrementCut, request))
    return _answer(actor, row)


@documented(
    summary="Judge a direction",
    request=IncrementCheckpoint,
    responses={200: IncrementDetail},
    tags=["increments"],
)
def judge_checkpoint(request: Request, key: str, number: int) -> Response:
    """At a checkpoint: it holds, or it changes, with a note that says how."""
    actor, row = _found(request, key, number, "increment.validate")
    data = checked(IncrementCheckpoint, request)
    increment_states.decide_checkpoint(
        actor=actor,
        increment=row,
        validated=data["state"] == CheckpointState.VALIDATED,
        note=data.get("note", ""),
    )
    return _answer(actor, row)


@documented(
    summary="Let production begin early",
    request=IncrementGate,
    responses={200: IncrementDetail},
    tags=["increments"],
)
def pass_increment_gate(request: Request, key: str, number: int) -> Response:
    """Before its brief is signed off, by a recorded decision. A refusal says in `ask` how to ask for it."""
    actor, row = _found(request, key, number)
    increment_states.pass_gate(actor=actor, increment=row, **checked(IncrementGate, request))
    return _answer(actor, row)


@documented(
    summary="Add a criterion to an increment",
    request=IncrementCriterionInput,
    responses={201: IncrementDetail},
    tags=["increments"],
)
def add_increment_criterion(request: Request, key: str, number: int) -> Response:
    """A checkable statement of its own; `covers` names the item's criterion that it proves."""
    actor, row = _found(request, key, number, "increment.edit")
    data = checked(IncrementCriterionInput, request)
    _save_criterion(actor, row, None, data)
    return _answer(actor, row, 201)


def _save_criterion(actor: Actor, row: Increment, criterion: Any, data: dict[str, Any]) -> None:
    covers = data["covers"] if "covers" in data else getattr(criterion, "covers_id", None)
    increment_criteria.save_criterion(
        actor=actor,
        increment=row,
        statement=data.get("text", getattr(criterion, "text", "")),
        verification=data.get("verification", getattr(criterion, "verification", "")),
        covers=access.criterion_of(row.item, covers) if covers is not None else None,
        criterion=criterion,
    )


@documented(
    summary="Reword or verify a criterion of an increment",
    request=IncrementCriterionPatch,
    responses={200: IncrementDetail},
    tags=["increments"],
)
def edit_increment_criterion(request: Request, key: str, number: int, pk: int) -> Response:
    """`met` records that it was checked and holds, or takes that back."""
    actor, row = _found(request, key, number, "increment.edit")
    criterion = access.increment_criterion_for(actor, row, pk)
    data = checked(IncrementCriterionPatch, request)
    if {"text", "verification", "covers"} & data.keys():
        _save_criterion(actor, row, criterion, data)
    if "met" in data:
        increment_criteria.verify_criterion(
            actor=actor,
            increment=row,
            criterion=criterion,
            met=data["met"],
            note=data.get("note", ""),
        )
    return _answer(actor, row)


@documented(
    summary="Remove a criterion of an increment",
    responses={200: IncrementDetail},
    tags=["increments"],
)
def remove_increment_criterion(request: Request, key: str, number: int, pk: int) -> Response:
    """Its words stay in the log."""
    actor, row = _found(request, key, number, "increment.edit")
    criterion = access.increment_criterion_for(actor, row, pk)
    increment_criteria.remove_criterion(actor=actor, increment=row, criterion=criterion)
    return _answer(actor, row)


@documented(
    summary="Let an increment rest on a line",
    request=PointInput,
    responses={200: IncrementDetail},
    tags=["increments"],
)
def point_increment(request: Request, key: str, number: int) -> Response:
    """Of a brief that governs its item."""
    actor, row = _found(request, key, number, "increment.edit")
    line = access.line_of(actor, row.product, checked(PointInput, request)["line"])
    brief_lines.point(actor=actor, line=line, increment=row)
    return _answer(actor, row)


@documented(
    summary="Take a pointer of an increment away",
    responses={200: IncrementDetail},
    tags=["increments"],
)
def unpoint_increment(request: Request, key: str, number: int, line: str) -> Response:
    """By the line's key, BR-3.7."""
    actor, row = _found(request, key, number, "increment.edit")
    found = access.line_named(actor, row.product, line)
    brief_lines.unpoint(actor=actor, line=found, increment=row)
    return _answer(actor, row)


@documented(
    summary="Declare conformance",
    request=ConformanceInput,
    responses={200: IncrementDetail},
    tags=["increments"],
)
def declare_conformance(request: Request, key: str, number: int) -> Response:
    """To the newest version of a standard, or where it departs from it and why."""
    actor, row = _found(request, key, number, "increment.edit")
    data = checked(ConformanceInput, request)
    standard = access.standard_of(actor, row.product, data["standard"])
    newest = standard.versions.get(number=standard.versions_count)
    standards.declare(
        actor=actor, increment=row, version=newest, deviation=data.get("deviation", "")
    )
    return _answer(actor, row)


@documented(summary="Withdraw a declaration", responses={200: IncrementDetail}, tags=["increments"])
def withdraw_conformance(request: Request, key: str, number: int, pk: int) -> Response:
    """What was declared stays in the log."""
    actor, row = _found(request, key, number, "increment.edit")
    standards.withdraw(actor=actor, conformance=access.conformance_for(actor, row, pk))
    return _answer(actor, row)


@documented(summary="Late structural change", responses={200: LateChangeShape}, tags=["increments"])
def read_late_change(request: Request, key: str) -> Response:
    """How much of what changes the structure is asked for late, with Wilson intervals, and whether that alarms."""
    actor = actor_of(request)
    product = product_for(actor, key)
    found = late_change.report(
        reading.change_rows(product), timezone.localdate(), zone_of(request.user)
    )
    return Response(
        {
            "stages": [{"stage": stage, **_share(share)} for stage, share in found.stages],
            "months": [{"month": month.first, **_share(month.late)} for month in found.months],
            "recent": _share(found.recent),
            "alarm": found.alarm,
            "sentence": found.sentence,
        }
    )


def _share(share: late_change.Share) -> dict[str, Any]:
    return {name: getattr(share, name) for name in ("hits", "total", "rate", "low", "high")}


# --- The creative system ------------------------------------------------------------------------


def _kind_row(row: IncrementKind) -> dict[str, Any]:
    names = ("slug", "name", "description", "production", "stage")
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in names},
        "retired": row.retired_at is not None,
    }


@documented(summary="List kinds of increment", responses={200: KindList}, tags=["increments"])
def list_kinds(request: Request, key: str) -> Response:
    """In their order, retired ones too."""
    actor = actor_of(request)
    rows = access.kinds_in(actor, product_for(actor, key))
    return Response({"results": [_kind_row(row) for row in rows]})


@documented(
    summary="Add a kind of increment",
    request=KindInput,
    responses={201: KindShape},
    tags=["increments"],
)
def add_kind(request: Request, key: str) -> Response:
    """Of the product's own."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    made = standards.save_kind(actor=actor, product=product, **checked(KindInput, request))
    return Response(_kind_row(made), status=201)


@documented(
    summary="Change or retire a kind of increment",
    request=KindPatch,
    responses={200: KindShape},
    tags=["increments"],
)
def edit_kind(request: Request, key: str, pk: int) -> Response:
    """Increments of a retired kind stay what they are."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    row = access.kind_for(actor, product, pk)
    data = checked(KindPatch, request)
    retired = data.pop("retired", None)
    names = ("name", "description", "production", "stage")
    values = {name: data.get(name, getattr(row, name)) for name in names}
    row = standards.save_kind(actor=actor, product=product, kind=row, **values)
    if retired is not None:
        row.product = product
        row = standards.retire_kind(actor=actor, kind=row, retired=retired)
    return Response(_kind_row(row))


def _standard_rows(rows: Sequence[Standard]) -> list[dict[str, Any]]:
    """Each in its newest wording. One query."""
    bodies = reading.newest_wordings(rows)
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "name": row.name,
            "version": row.versions_count,
            "body": bodies.get(row.pk, ""),
            "retired": row.retired_at is not None,
        }
        for row in rows
    ]


def _standard_row(row: Standard) -> dict[str, Any]:
    return _standard_rows([row])[0]


@documented(summary="List standards", responses={200: StandardList}, tags=["increments"])
def list_standards(request: Request, key: str) -> Response:
    """Of the creative system, each in its newest wording."""
    actor = actor_of(request)
    rows = access.standards_in(actor, product_for(actor, key))
    return Response({"results": _standard_rows(list(rows))})


@documented(
    summary="Publish a standard",
    request=StandardInput,
    responses={201: StandardShape},
    tags=["increments"],
)
def add_standard(request: Request, key: str) -> Response:
    """Its first wording."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    made = standards.publish_standard(
        actor=actor, product=product, **checked(StandardInput, request)
    )
    return Response(_standard_row(made.standard), status=201)


@documented(
    summary="Publish the next version of a standard",
    request=StandardVersionInput,
    responses={201: StandardShape},
    tags=["increments"],
)
def publish_standard_version(request: Request, key: str, pk: int) -> Response:
    """A wording is never changed: a new one takes its place."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    row = access.standard_for(actor, product, pk)
    made = standards.publish_standard(
        actor=actor, product=product, standard=row, **checked(StandardVersionInput, request)
    )
    return Response(_standard_row(made.standard), status=201)


@documented(
    summary="Retire a standard, or offer it again",
    request=StandardPatch,
    responses={200: StandardShape},
    tags=["increments"],
)
def edit_standard(request: Request, key: str, pk: int) -> Response:
    """What was declared stays."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    row = access.standard_for(actor, product, pk)
    row = standards.retire_standard(actor=actor, standard=row, **checked(StandardPatch, request))
    return Response(_standard_row(row))


def _template_row(row: Template) -> dict[str, Any]:
    names = ("kind", "name", "description", "body", "version")
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in names},
        "retired": row.retired_at is not None,
    }


def _template_answer(row: Template, status: int = 200) -> Response:
    response = Response(_template_row(row), status=status)
    response["ETag"] = etag(row.version)
    return response


@documented(
    summary="List templates", responses={200: CreativeTemplateListShape}, tags=["increments"]
)
def list_creative_templates(request: Request, key: str) -> Response:
    """Of items, increment plans, briefs, projects and review plans, whole, retired ones too."""
    actor = actor_of(request)
    rows = access.templates_in(actor, product_for(actor, key))
    return Response({"results": [_template_row(row) for row in rows]})


@documented(
    summary="Keep a template",
    request=CreativeTemplateInput,
    responses={201: CreativeTemplateShape},
    tags=["increments"],
)
def add_creative_template(request: Request, key: str) -> Response:
    """With a body in the shape of its kind, or of an item, a brief or a review plan that is there."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    data = checked(CreativeTemplateInput, request)
    named = {name: data.pop(name, None) for name in ("item", "brief", "review_plan")}
    if "body" not in data:
        item = access.item_of(actor, product, named["item"]) if named["item"] else None
        if item is not None:
            item.product = product
        data["body"] = templates.body_kept(
            actor=actor,
            kind=data["kind"],
            product=product,
            item=item,
            brief=access.brief_of(actor, product, named["brief"]) if named["brief"] else None,
            named="" if named["review_plan"] is None else str(named["review_plan"]),
        )
    made = templates.save_template(actor=actor, product=product, **data)
    return _template_answer(made, 201)


@documented(summary="A template", responses={200: CreativeTemplateShape}, tags=["increments"])
def read_creative_template(request: Request, key: str, pk: int) -> Response:
    """Whole."""
    actor = actor_of(request)
    return _template_answer(access.template_for(actor, product_for(actor, key), pk))


@documented(
    summary="Change a template",
    request=CreativeTemplateEdit,
    responses={200: CreativeTemplateShape},
    tags=["increments"],
    if_match=True,
)
def edit_creative_template(request: Request, key: str, pk: int) -> Response:
    """All of it; its kind stays."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    row = access.template_for(actor, product, pk)
    version = version_wanted(request)
    data = checked(CreativeTemplateEdit, request)
    done = templates.save_template(
        actor=actor, product=product, template=row, kind=row.kind, version=version, **data
    )
    return _template_answer(done)


@documented(
    summary="Retire a template, or offer it again",
    request=CreativeTemplatePatch,
    responses={200: CreativeTemplateShape},
    tags=["increments"],
)
def retire_creative_template(request: Request, key: str, pk: int) -> Response:
    """What was made from it stays."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    row = access.template_for(actor, product, pk)
    data = checked(CreativeTemplatePatch, request)
    return _template_answer(templates.retire_template(actor=actor, template=row, **data))


@documented(
    summary="Apply a template",
    request=CreativeTemplateApply,
    responses={201: CreativeTemplateApplied},
    tags=["increments"],
)
def apply_creative_template(request: Request, key: str, pk: int) -> Response:
    """Makes an item or a brief called `title`, a plan on `item`, or a review plan for `increment_kind`."""
    actor = actor_of(request)
    product = product_for(actor, key)
    row = access.template_for(actor, product, pk)
    data = checked(CreativeTemplateApply, request)
    item = None
    if data.get("item"):
        item = access.item_of(actor, product, data["item"])
        item.product = product
    made = templates.apply(
        actor=actor,
        template=row,
        item=item,
        title=data.get("title", ""),
        increment_kind=data.get("increment_kind", ""),
    )
    body = {
        "brief": made.brief.key if made.brief else None,
        "increments": [each.key for each in made.increments],
        "item": made.item.key if made.item else None,
        "review_plan": made.made,
    }
    return Response(body, status=201)


@documented(
    summary="Find learnings",
    responses={200: LearningPage},
    query=[*CURSOR, OpenApiParameter("q", OpenApiTypes.STR, description="Words")],
    tags=["increments"],
)
def list_learnings(request: Request, key: str) -> Response:
    """What closed increments taught, the newest first."""
    actor = actor_of(request)
    product = product_for(actor, key)
    found, cursor = reading.learnings(
        access.increments_in(actor, product),
        words=request.query_params.get("q", "")[:200],
        cursor=request.query_params.get("cursor"),
        size=page_size(request),
    )
    results = [
        {
            "increment": f"{product.key}-{row.item.number}.{row.number}",
            "title": row.title,
            "kind": row.kind.slug,
            "output": row.output,
            "learning": row.learning,
            "closed_at": row.closed_at,
        }
        for row in found
    ]
    return Response({"results": results, "next": cursor})


@documented(
    summary="Cite a learning",
    request=CitationInput,
    responses={201: CitationShape},
    tags=["increments"],
)
def add_citation(request: Request, key: str) -> Response:
    """In a brief or in an item."""
    actor = actor_of(request)
    product = product_for(actor, key)
    data = checked(CitationInput, request)
    made = citations.cite(
        actor=actor,
        increment=access.increment_of(actor, product, data["increment"]),
        brief=access.brief_of(actor, product, data["brief"]) if data.get("brief") else None,
        item=access.item_of(actor, product, data["item"]) if data.get("item") else None,
        note=data.get("note", ""),
    )
    body = {
        "id": made.pk,
        "increment": data["increment"],
        "brief": data.get("brief"),
        "item": data.get("item"),
        "note": made.note,
    }
    return Response(body, status=201)


@documented(summary="Take a citation away", responses={204: None}, tags=["increments"])
def remove_citation(request: Request, key: str, pk: int) -> Response:
    """The log keeps it."""
    actor = actor_of(request)
    product = product_for(actor, key)
    citations.uncite(actor=actor, citation=access.citation_for(actor, product, pk))
    return Response(status=204)


increment_list = resource(GET=list_increments)
plan = resource(GET=read_plan, POST=add_increment)
increment_one = resource(GET=read_increment, PATCH=edit_increment)
increment_move = resource(POST=move_increment)
increment_act = resource(POST=act_on_increment)
increment_close = resource(POST=close_increment)
increment_cut = resource(POST=cut_increment)
increment_checkpoint = resource(POST=judge_checkpoint)
increment_gate = resource(POST=pass_increment_gate)
increment_criterion_list = resource(POST=add_increment_criterion)
increment_criterion_one = resource(
    PATCH=edit_increment_criterion, DELETE=remove_increment_criterion
)
increment_line_list = resource(POST=point_increment)
increment_line_one = resource(DELETE=unpoint_increment)
increment_standard_list = resource(POST=declare_conformance)
increment_standard_one = resource(DELETE=withdraw_conformance)
late_changes = resource(GET=read_late_change)
kind_list = resource(GET=list_kinds, POST=add_kind)
kind_one = resource(PATCH=edit_kind)
standard_list = resource(GET=list_standards, POST=add_standard)
standard_one = resource(PATCH=edit_standard)
standard_versions = resource(POST=publish_standard_version)
template_list = resource(GET=list_creative_templates, POST=add_creative_template)
template_one = resource(
    GET=read_creative_template, PUT=edit_creative_template, PATCH=retire_creative_template
)
template_apply = resource(POST=apply_creative_template)
learning_list = resource(GET=list_learnings)
citation_list = resource(POST=add_citation)
citation_one = resource(DELETE=remove_citation)
