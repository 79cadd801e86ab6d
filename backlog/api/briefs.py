"""Briefs over the API: fields, lines, inputs, signals, items, versions, sign-off, confirmations."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from accounts.models import Product
from backlog import access, brief_reading
from backlog.api.brief_shapes import (
    BriefCreate,
    BriefDetail,
    BriefDifferences,
    BriefInputInput,
    BriefInputSettle,
    BriefItemsInput,
    BriefLineInput,
    BriefLinePatch,
    BriefPage,
    BriefPatch,
    BriefSignalInput,
    BriefSignInput,
    BriefStateInput,
    BriefVersionInput,
    BriefVersionWhole,
    ConfirmationList,
    ConfirmationRow,
    ConfirmationSettle,
    GovernedPage,
)
from backlog.api.items import page_size
from backlog.brief_content import FIELD_NAMES, differences, missing
from backlog.brief_governed import governed_by
from backlog.filters import BriefFilter, briefs_filtered
from backlog.increment_reading import HeldAsset
from backlog.models import Brief, BriefInput, BriefLine, BriefSignal, BriefVersion, Confirmation
from backlog.services import brief_inputs, brief_lines, brief_signing, briefs
from backlog.vocabulary import (
    ConfirmationState,
    InputState,
)
from core.api.serializers import checked

CURSOR = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` of the page before."),
    OpenApiParameter("limit", OpenApiTypes.INT, description="Rows a page, 1 to 200."),
]


def line_row(line: BriefLine) -> dict[str, Any]:
    names = ("key", "number", "kind", "text", "checked_how", "revision")
    return {**{name: getattr(line, name) for name in names}, "removed": line.removed_at is not None}


def _input_row(row: BriefInput) -> dict[str, Any]:
    return {
        "id": row.pk,
        "function": row.function,
        "person": row.person.email if row.person else None,
        "what": row.what,
        "due_on": row.due_on,
        "state": row.state,
        "answer": row.answer,
        "settled_by": row.settled_by.email if row.settled_by else None,
        "settled_at": row.settled_at,
    }


def _signal_row(row: BriefSignal) -> dict[str, Any]:
    names = ("name", "metric", "unit", "baseline", "target", "higher_is_better", "source")
    return {"id": row.pk, **{name: getattr(row, name) for name in names}}


def _version_row(row: BriefVersion) -> dict[str, Any]:
    names = ("number", "sha256", "reason", "made_at", "signed_at", "sign_note")
    return {
        **{name: getattr(row, name) for name in names},
        "made_by": row.made_by.email if row.made_by else None,
        "signed_by": row.signed_by.email if row.signed_by else None,
    }


def confirmation_row(product: Product, row: Confirmation) -> dict[str, Any]:
    item = f"{product.key}-{row.item.number}"
    names = ("brief_version", "field", "change", "before", "after", "state", "settled_at", "note")
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in names},
        "brief": row.brief.key,
        "line": f"{row.brief.key}.{row.line.number}" if row.line else None,
        "item": item,
        "increment": f"{item}.{row.increment.number}" if row.increment else None,
        "settled_by": row.settled_by.email if row.settled_by else None,
    }


def _found(
    request: Request, key: str, number: int, action: str = "product.read"
) -> tuple[Actor, Brief]:
    actor = actor_of(request)
    return actor, access.brief_for(actor, product_for(actor, key, action), number)


def _answer(actor: Actor, brief: Brief, status: int = 200) -> Response:
    """The brief as it stands now, with its ETag."""
    brief = access.brief_for(actor, brief.product, brief.number)
    lines = brief_reading.lines_of(brief)
    removed = list(brief.lines.exclude(removed_at=None).order_by("number"))
    for line in removed:
        line.brief = brief
    content = brief_reading.content_of(brief)
    inputs = brief.inputs.select_related("person", "settled_by").order_by("pk")
    body = {
        **{name: getattr(brief, name) for name in FIELD_NAMES},
        "key": brief.key,
        "number": brief.number,
        "title": brief.title,
        "state": brief.state,
        "owner": brief.owner.email if brief.owner else None,
        "signed_version": brief.signed_version,
        "version": brief.version,
        "missing": missing(content),
        "items": [each["label"] for each in content["items"]],
        "lines": [line_row(line) for line in (*lines, *removed)],
        "inputs": [_input_row(row) for row in inputs],
        "signals": [_signal_row(row) for row in brief.signals.order_by("position", "pk")],
        "versions": [_version_row(row) for row in brief_reading.versions_of(brief)],
        "updated_at": brief.updated_at,
    }
    response = Response(body, status=status)
    response["ETag"] = etag(brief.version)
    if status == 201:
        response["Location"] = reverse("api-brief", args=[brief.product.key, brief.number])
    return response


@documented(
    summary="List briefs",
    responses={200: BriefPage},
    query=[
        *CURSOR,
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label or ""))
            for name, each in BriefFilter.base_filters.items()
        ),
    ],
    tags=["briefs"],
)
def list_briefs(request: Request, key: str) -> Response:
    """The product's briefs, the latest change first."""
    actor = actor_of(request)
    product = product_for(actor, key)
    query = request.query_params.dict()
    found, cursor = brief_reading.brief_page(
        briefs_filtered(access.briefs_in(actor, product), query),
        cursor=query.get("cursor"),
        size=page_size(request),
    )
    names = ("key", "number", "title", "state", "signed_version", "updated_at")
    results = [
        {
            **{name: getattr(row.brief, name) for name in names},
            "owner": row.brief.owner.email if row.brief.owner else None,
            "outstanding": row.outstanding,
            "governed": row.governed,
            "waiting": row.waiting,
        }
        for row in found
    ]
    return Response({"results": results, "next": cursor})


@documented(
    summary="Create a brief", request=BriefCreate, responses={201: BriefDetail}, tags=["briefs"]
)
def create_brief(request: Request, key: str) -> Response:
    """A draft with the product's next number."""
    actor = actor_of(request)
    product = product_for(actor, key, "brief.edit")
    data = checked(BriefCreate, request)
    keys = data.pop("items", [])
    values = _values(product, data)
    made = briefs.create_brief(
        actor=actor,
        product=product,
        title=values.pop("title"),
        values=values,
        items=list(access.items_of(actor, product, keys).values()) if keys else [],
    )
    made.product = product
    return _answer(actor, made, 201)


def _values(product: Product, data: dict[str, Any]) -> dict[str, Any]:
    if data.get("owner"):
        data["owner"] = access.member_of(product, data["owner"])
    return data


@documented(summary="Read a brief", responses={200: BriefDetail}, tags=["briefs"])
def read_brief(request: Request, key: str, number: int) -> Response:
    """By its number: 3 for BR-3. `missing` says what it lacks before it can be signed off."""
    actor, brief = _found(request, key, number)
    return _answer(actor, brief)


@documented(
    summary="What a brief governs",
    responses={200: GovernedPage},
    query=[*CURSOR],
    tags=["briefs"],
)
def list_governed(request: Request, key: str, number: int) -> Response:
    """Items by number, each with its increments and assets."""
    actor, brief = _found(request, key, number)
    found, cursor = governed_by(
        actor, brief, cursor=request.query_params.get("cursor"), size=page_size(request)
    )
    results = [
        {
            "item": each.item.key,
            "title": each.item.title,
            "state": each.item.state,
            "is_bet": each.is_bet,
            "increments": [
                {
                    "key": piece.increment.key,
                    "title": piece.increment.title,
                    "kind": piece.increment.kind.slug,
                    "state": piece.increment.state,
                    "assets": [_asset_row(asset) for asset in piece.assets],
                }
                for piece in each.increments
            ],
            "assets": [_asset_row(asset) for asset in each.assets],
            "more_assets": each.more,
        }
        for each in found
    ]
    return Response({"results": results, "next": cursor})


def _asset_row(asset: HeldAsset) -> dict[str, Any]:
    return {
        "id": asset.asset_id,
        "name": asset.name,
        "version": asset.version,
        "state": asset.state,
    }


@documented(
    summary="Edit a brief",
    request=BriefPatch,
    responses={200: BriefDetail},
    tags=["briefs"],
    if_match=True,
)
def edit_brief(request: Request, key: str, number: int) -> Response:
    """Change fields. A signed brief becomes a draft again; what was signed goes on holding until the next sign-off."""
    actor, brief = _found(request, key, number, "brief.edit")
    version = version_wanted(request)
    data = checked(BriefPatch, request)
    reason = data.pop("reason", "")
    values = _values(brief.product, data)
    briefs.edit_brief(actor=actor, brief=brief, values=values, version=version, reason=reason)
    return _answer(actor, brief)


@documented(
    summary="Add a line", request=BriefLineInput, responses={201: BriefDetail}, tags=["briefs"]
)
def add_brief_line(request: Request, key: str, number: int) -> Response:
    """A checkable statement; its number stays its own for ever."""
    actor, brief = _found(request, key, number, "brief.edit")
    data = checked(BriefLineInput, request)
    brief_lines.add_line(actor=actor, brief=brief, statement=data.pop("text"), **data)
    return _answer(actor, brief, 201)


@documented(
    summary="Reword, move, remove or restore a line",
    request=BriefLinePatch,
    responses={200: BriefDetail},
    tags=["briefs"],
)
def edit_brief_line(request: Request, key: str, number: int, line: int) -> Response:
    """What is left out stays. `before` moves it within its kind, `removed` takes it out or brings it back."""
    actor, brief = _found(request, key, number, "brief.edit")
    row = access.line_for(actor, brief, line)
    data = checked(BriefLinePatch, request)
    if data.get("removed") is False and row.removed_at is not None:
        row = brief_lines.restore_line(actor=actor, line=row)
    if {"kind", "text", "checked_how"} & data.keys():
        row = brief_lines.reword_line(
            actor=actor,
            line=row,
            statement=data.get("text", row.text),
            checked_how=data.get("checked_how", row.checked_how),
            kind=data.get("kind"),
        )
    if "before" in data:
        before = data["before"]
        ahead = access.line_for(actor, brief, before) if before is not None else None
        row = brief_lines.move_line(actor=actor, line=row, before=ahead)
    if data.get("removed"):
        brief_lines.remove_line(actor=actor, line=row)
    return _answer(actor, brief)


@documented(
    summary="Ask for an input",
    request=BriefInputInput,
    responses={201: BriefDetail},
    tags=["briefs"],
)
def ask_brief_input(request: Request, key: str, number: int) -> Response:
    """Of a person, or of a function whose person is not known yet."""
    actor, brief = _found(request, key, number, "brief.edit")
    data = checked(BriefInputInput, request)
    if data.get("person"):
        data["person"] = access.member_of(brief.product, data["person"])
    brief_inputs.ask_input(actor=actor, brief=brief, **data)
    return _answer(actor, brief, 201)


@documented(
    summary="Change an input",
    request=BriefInputInput,
    responses={200: BriefDetail},
    tags=["briefs"],
)
def edit_brief_input(request: Request, key: str, number: int, pk: int) -> Response:
    """What is asked, of whom, and until when."""
    actor, brief = _found(request, key, number, "brief.edit")
    row = access.input_for(actor, brief, pk)
    data = checked(BriefInputInput, request)
    if data.get("person"):
        data["person"] = access.member_of(brief.product, data["person"])
    brief_inputs.edit_input(actor=actor, asked=row, **data)
    return _answer(actor, brief)


@documented(
    summary="Supply, waive or reopen an input",
    request=BriefInputSettle,
    responses={200: BriefDetail},
    tags=["briefs"],
)
def settle_brief_input(request: Request, key: str, number: int, pk: int) -> Response:
    """Whoever is asked may supply it without a further right."""
    actor, brief = _found(request, key, number)
    row = access.input_for(actor, brief, pk)
    data = checked(BriefInputSettle, request)
    if data["state"] == InputState.OUTSTANDING:
        brief_inputs.reopen_input(actor=actor, asked=row)
    else:
        answer = data.get("answer", "")
        brief_inputs.settle_input(actor=actor, asked=row, state=data["state"], answer=answer)
    return _answer(actor, brief)


@documented(summary="Withdraw an input", responses={200: BriefDetail}, tags=["briefs"])
def remove_brief_input(request: Request, key: str, number: int, pk: int) -> Response:
    """Only while it is outstanding: what people supplied stays."""
    actor, brief = _found(request, key, number, "brief.edit")
    brief_inputs.remove_input(actor=actor, asked=access.input_for(actor, brief, pk))
    return _answer(actor, brief)


@documented(
    summary="Add a measurement signal",
    request=BriefSignalInput,
    responses={201: BriefDetail},
    tags=["briefs"],
)
def add_brief_signal(request: Request, key: str, number: int) -> Response:
    """With its baseline, its target and where the figure comes from."""
    actor, brief = _found(request, key, number, "brief.edit")
    brief_inputs.save_signal(actor=actor, brief=brief, **checked(BriefSignalInput, request))
    return _answer(actor, brief, 201)


@documented(
    summary="Change a measurement signal",
    request=BriefSignalInput,
    responses={200: BriefDetail},
    tags=["briefs"],
)
def edit_brief_signal(request: Request, key: str, number: int, pk: int) -> Response:
    """All of it."""
    actor, brief = _found(request, key, number, "brief.edit")
    row = access.signal_for(actor, brief, pk)
    data = checked(BriefSignalInput, request)
    brief_inputs.save_signal(actor=actor, brief=brief, signal=row, **data)
    return _answer(actor, brief)


@documented(summary="Take a measurement signal out", responses={200: BriefDetail}, tags=["briefs"])
def remove_brief_signal(request: Request, key: str, number: int, pk: int) -> Response:
    """It is measured no more."""
    actor, brief = _found(request, key, number, "brief.edit")
    brief_inputs.remove_signal(actor=actor, signal=access.signal_for(actor, brief, pk))
    return _answer(actor, brief)


@documented(
    summary="Attach items", request=BriefItemsInput, responses={200: BriefDetail}, tags=["briefs"]
)
def attach_brief_items(request: Request, key: str, number: int) -> Response:
    """The brief governs them, and with them their increments and assets."""
    actor, brief = _found(request, key, number, "brief.edit")
    keys = checked(BriefItemsInput, request)["items"]
    for item in access.items_of(actor, brief.product, keys).values():
        briefs.govern(actor=actor, brief=brief, item=item)
    return _answer(actor, brief)


@documented(summary="Detach an item", responses={200: BriefDetail}, tags=["briefs"])
def detach_brief_item(request: Request, key: str, number: int, item: str) -> Response:
    """The brief governs it no more."""
    actor, brief = _found(request, key, number, "brief.edit")
    briefs.release(actor=actor, brief=brief, item=access.item_named(actor, brief.product, item))
    return _answer(actor, brief)


@documented(
    summary="Keep a version",
    request=BriefVersionInput,
    responses={201: BriefDetail},
    tags=["briefs"],
)
def freeze_brief(request: Request, key: str, number: int) -> Response:
    """The brief as it stands, under the next number and its SHA-256."""
    actor, brief = _found(request, key, number, "brief.edit")
    brief_signing.freeze(actor=actor, brief=brief, **checked(BriefVersionInput, request))
    return _answer(actor, brief, 201)


@documented(
    summary="Read a version of a brief", responses={200: BriefVersionWhole}, tags=["briefs"]
)
def read_brief_version(request: Request, key: str, number: int, version: int) -> Response:
    """Whole, as it was frozen."""
    actor, brief = _found(request, key, number)
    row = access.brief_version_for(actor, brief, version)
    return Response({**_version_row(row), "content": row.content})


@documented(
    summary="Compare two versions of a brief", responses={200: BriefDifferences}, tags=["briefs"]
)
def compare_brief_versions(
    request: Request, key: str, number: int, version: int, other: int
) -> Response:
    """Field by field and line by line; 0 is the brief as it stands."""
    actor, brief = _found(request, key, number)
    contents = [
        access.brief_version_for(actor, brief, each).content
        if each
        else brief_reading.content_of(brief)
        for each in (version, other)
    ]
    names = ("name", "change", "before", "after")
    return Response(
        {
            "differences": [
                {**{name: getattr(each, name) for name in names}, "line": each.number}
                for each in differences(contents[0], contents[1])
            ]
        }
    )


@documented(
    summary="Sign off a brief",
    request=BriefSignInput,
    responses={200: BriefDetail},
    tags=["briefs"],
    if_match=True,
)
def sign_brief(request: Request, key: str, number: int) -> Response:
    """As it was read (`If-Match`). Refused with `incomplete` and what is missing."""
    actor, brief = _found(request, key, number, "brief.sign")
    version = version_wanted(request)
    data = checked(BriefSignInput, request)
    brief_signing.sign_off(actor=actor, brief=brief, version=version, **data)
    return _answer(actor, brief)


@documented(
    summary="Retire a brief, or bring it back",
    request=BriefStateInput,
    responses={200: BriefDetail},
    tags=["briefs"],
)
def set_brief_state(request: Request, key: str, number: int) -> Response:
    """A retired brief governs nothing, and stands for the record."""
    actor, brief = _found(request, key, number, "brief.sign")
    data = checked(BriefStateInput, request)
    if data["state"] == "retired":
        briefs.retire(actor=actor, brief=brief, reason=data.get("reason", ""))
    else:
        briefs.reopen(actor=actor, brief=brief)
    return _answer(actor, brief)


@documented(
    summary="What waits to be confirmed", responses={200: ConfirmationList}, tags=["briefs"]
)
def list_confirmations(request: Request, key: str, number: int) -> Response:
    """After a signed change of a brief, the oldest first; at most 500."""
    _actor, brief = _found(request, key, number)
    rows = brief_reading.waiting_confirmations(brief.confirmations.all(), 500)
    return Response({"results": [confirmation_row(brief.product, row) for row in rows]})


@documented(
    summary="Confirm that something still holds",
    request=ConfirmationSettle,
    responses={200: ConfirmationRow},
    tags=["briefs"],
)
def settle_confirmation(request: Request, key: str, pk: int) -> Response:
    """Still right, needs work, no longer matters; or `waiting` to take an answer back."""
    actor = actor_of(request)
    product = product_for(actor, key, "increment.edit")
    row = access.confirmation_for(actor, product, pk)
    data = checked(ConfirmationSettle, request)
    if data["state"] == ConfirmationState.WAITING:
        brief_signing.unsettle(actor=actor, confirmation=row)
    else:
        brief_signing.settle(actor=actor, confirmation=row, **data)
    return Response(confirmation_row(product, row))


brief_list = resource(GET=list_briefs, POST=create_brief)
brief_one = resource(GET=read_brief, PATCH=edit_brief)
brief_line_list = resource(POST=add_brief_line)
brief_line_one = resource(PATCH=edit_brief_line)
brief_input_list = resource(POST=ask_brief_input)
brief_input_one = resource(PUT=edit_brief_input, DELETE=remove_brief_input)
brief_input_settle = resource(POST=settle_brief_input)
brief_signal_list = resource(POST=add_brief_signal)
brief_signal_one = resource(PUT=edit_brief_signal, DELETE=remove_brief_signal)
brief_item_list = resource(GET=list_governed, POST=attach_brief_items)
brief_item_one = resource(DELETE=detach_brief_item)
brief_version_list = resource(POST=freeze_brief)
brief_version_one = resource(GET=read_brief_version)
brief_version_compare = resource(GET=compare_brief_versions)
brief_sign = resource(POST=sign_brief)
brief_state = resource(POST=set_brief_state)
brief_confirmations = resource(GET=list_confirmations)
confirmation_one = resource(POST=settle_confirmation)
