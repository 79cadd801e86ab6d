"""Templates over the API: kept, changed, retired, applied."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from backlog import access
from backlog.models import Template
from backlog.services import (
    templates,
)
from backlog.vocabulary import (
    TemplateKind,
)
from core.api.serializers import Line, Shape, checked


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


class CreativeTemplateRetire(Shape):
    retired = serializers.BooleanField(default=True)


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
    request=CreativeTemplateRetire,
    responses={200: CreativeTemplateShape},
    tags=["increments"],
)
def retire_creative_template(request: Request, key: str, pk: int) -> Response:
    """What was made from it stays; `retired` false: it is offered again."""
    actor = actor_of(request)
    product = product_for(actor, key, "standard.publish")
    row = access.template_for(actor, product, pk)
    data = checked(CreativeTemplateRetire, request)
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


template_list = resource(GET=list_creative_templates, POST=add_creative_template)
template_one = resource(GET=read_creative_template, PUT=edit_creative_template)
template_retire = resource(POST=retire_creative_template)
template_apply = resource(POST=apply_creative_template)
