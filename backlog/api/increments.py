"""Increments over the API: plans, states, criteria, pointers to lines, conformance, late structural change."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
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
from backlog.api.increment_shapes import (
    ConformanceInput,
    IncrementAct,
    IncrementCheckpoint,
    IncrementClose,
    IncrementCreate,
    IncrementCriterionInput,
    IncrementCriterionPatch,
    IncrementCut,
    IncrementDetail,
    IncrementGate,
    IncrementMove,
    IncrementPage,
    IncrementPatch,
    IncrementPlanShape,
    LateChangeShape,
    PointInput,
)
from backlog.api.items import page_size
from backlog.brief_lines import lines_for
from backlog.filters import IncrementFilter, increments_filtered
from backlog.models import Increment, Item
from backlog.services import (
    brief_lines,
    increment_criteria,
    increment_states,
    increments,
    standards,
)
from backlog.vocabulary import (
    CheckpointState,
    IncrementState,
)
from core.api.serializers import checked


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
