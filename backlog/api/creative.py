"""The creative system over the API: kinds of increment, standards, learnings and who cites them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from backlog import access
from backlog import increment_reading as reading
from backlog.api.briefs import CURSOR
from backlog.api.items import page_size
from backlog.models import IncrementKind, Standard
from backlog.services import (
    citations,
    standards,
)
from backlog.vocabulary import (
    StandardKind,
)
from core.api.serializers import Line, Prose, Shape, checked


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


kind_list = resource(GET=list_kinds, POST=add_kind)
kind_one = resource(PATCH=edit_kind)
standard_list = resource(GET=list_standards, POST=add_standard)
standard_one = resource(PATCH=edit_standard)
standard_versions = resource(POST=publish_standard_version)
learning_list = resource(GET=list_learnings)
citation_list = resource(POST=add_citation)
citation_one = resource(DELETE=remove_citation)
