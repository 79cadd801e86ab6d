"""Layers, plans, proposals and approvals of reviews over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from accounts.models import Product, User
from assets.access import version_for
from backlog.access import increment_for, item_for, member_of
from backlog.models import IncrementKind
from core.api.serializers import Line, Shape, checked
from core.errors import Invalid
from reviews import access, planning, selectors, speed
from reviews.api.reviews import answer
from reviews.api.shapes import ContradictionRow, ReviewRow, contradiction_row
from reviews.models import Layer, ReviewPlan
from reviews.services import layers
from reviews.services.assignments import hand_over
from reviews.vocabulary import EntryCondition

TAGS = ["review layers"]


class LayerFields(Shape):
    name = Line(max_length=layers.NAME_LIMIT)
    purpose = Line(max_length=layers.PURPOSE_LIMIT, required=False, allow_blank=True)
    reviewers = serializers.ListField(
        child=serializers.EmailField(), required=False, max_length=50, help_text="the usual ones"
    )
    quorum = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=50, help_text="null: all asked"
    )
    checklist = serializers.ListField(
        child=Line(max_length=layers.LINE_LIMIT), required=False, max_length=layers.MOST_LINES
    )
    material = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=16)),
        required=False,
        help_text="kind of asset -> parts that matter; a kind that is not named: the whole file",
    )
    demanded_by = serializers.ListField(
        child=serializers.ChoiceField(layers.BOUNDARIES),
        required=False,
        help_text="kinds of brief lines that make the layer mandatory",
    )
    entry = serializers.ListField(
        child=serializers.ChoiceField(EntryCondition.choices),
        required=False,
        help_text="what must hold before its stage opens",
    )
    deadline_hours = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=layers.MOST_HOURS
    )
    answers_needed = serializers.BooleanField(
        required=False, help_text="an approval answers every line of the checklist"
    )
    private = serializers.BooleanField(required=False, help_text="notes for its reviewers only")


class LayerPatch(LayerFields):
    name = Line(max_length=layers.NAME_LIMIT, required=False)


class LayerRow(LayerFields):
    slug = serializers.CharField()
    retired = serializers.BooleanField()
    version = serializers.IntegerField()


class RetireInput(Shape):
    retired = serializers.BooleanField(default=True)


class PlanStepShape(Shape):
    layer = Line(max_length=40, help_text="slug")
    step = serializers.IntegerField(min_value=0, max_value=50)
    quorum = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=50)
    deadline_hours = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=layers.MOST_HOURS
    )


class ReviewPlanInput(Shape):
    name = Line(max_length=120)
    increment_kind = Line(
        max_length=40, required=False, allow_null=True, help_text="slug; null: everything else"
    )
    steps = PlanStepShape(many=True, max_length=layers.MOST_LAYERS)  # type: ignore[call-arg]


class ReviewPlanRow(ReviewPlanInput):
    id = serializers.IntegerField()
    version = serializers.IntegerField()


class NeededRow(Shape):
    layer = serializers.CharField()
    step = serializers.IntegerField()
    quorum = serializers.IntegerField(allow_null=True)
    planned = serializers.BooleanField()
    demanded_by = serializers.ListField(child=serializers.CharField(), help_text="lines of briefs")
    approval = serializers.IntegerField(allow_null=True, help_text="that holds for this content")
    changed = serializers.ListField(
        child=serializers.CharField(), help_text="parts that voided its last approval"
    )
    proposed = serializers.ListField(
        child=serializers.EmailField(), help_text="whom the round before, or else the layer, asks"
    )


class ExpectedRow(Shape):
    """Hours until a verdict; null without enough verdicts to go by."""

    layer = serializers.CharField()
    median = serializers.FloatField(allow_null=True)
    p85 = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(help_text="verdicts it comes from")
    based_on = serializers.ChoiceField(["person", "layer", "product", "none"])


class PossibleRow(Shape):
    """Somebody who can be asked: verdicts that wait for them, those to come, and how long they are expected to take."""

    reviewer = serializers.EmailField()
    waiting = serializers.IntegerField()
    coming = serializers.IntegerField()
    expected = ExpectedRow(many=True)


class HoursRow(Shape):
    median = serializers.FloatField()
    p85 = serializers.FloatField()


class ProposalRow(Shape):
    plan = serializers.IntegerField(allow_null=True)
    needed = NeededRow(many=True)
    others = serializers.ListField(child=serializers.CharField())
    people = PossibleRow(many=True)
    expected = HoursRow(
        allow_null=True, help_text="hours until the last verdict, if those proposed are asked"
    )
    contradictions = ContradictionRow(
        many=True, help_text="open ones between notes, to be settled before the round"
    )  # type: ignore[call-arg]


class HandOverInput(Shape):
    stage = Line(max_length=40, help_text="slug of the layer")
    person = serializers.EmailField(help_text="who is asked")
    to = serializers.EmailField()
    reason = Line(max_length=500, required=False, allow_blank=True)


def _tagged(response: Response, version: int) -> Response:
    response["ETag"] = etag(version)
    return response


def _layer_row(layer: Layer) -> dict[str, Any]:
    return {
        "slug": layer.slug,
        "name": layer.name,
        "purpose": layer.purpose,
        "reviewers": [each.email for each in layer.reviewers.all()],
        "quorum": layer.quorum,
        "checklist": layer.checklist,
        "material": layer.material,
        "demanded_by": layer.demanded_by,
        "entry": layer.entry,
        "deadline_hours": layer.deadline_hours,
        "answers_needed": layer.answers_needed,
        "private": layer.private,
        "retired": layer.retired_at is not None,
        "version": layer.version,
    }


def _values(product: Product, data: dict[str, Any]) -> dict[str, Any]:
    if "reviewers" in data:
        data["reviewers"] = [member_of(product, email) for email in data["reviewers"]]
    return data


@documented(summary="Review layers", responses={200: LayerRow(many=True)}, tags=TAGS)
def list_layers(request: Request, key: str) -> Response:
    """All layers of a product, retired ones too, in their order."""
    product = product_for(actor_of(request), key)
    rows = product.review_layers.prefetch_related("reviewers").order_by("position", "pk")
    return Response([_layer_row(layer) for layer in rows])


@documented(summary="Add a layer", request=LayerFields, responses={201: LayerRow}, tags=TAGS)
def add_layer(request: Request, key: str) -> Response:
    """A layer of the product's own."""
    actor = actor_of(request)
    product = product_for(actor, key, "layer.define")
    data = _values(product, checked(LayerFields, request))
    layer = layers.add_layer(actor=actor, product=product, values=data)
    response = _tagged(Response(_layer_row(layer), status=201), layer.version)
    response["Location"] = reverse("api-review-layer", args=[product.key, layer.slug])
    return response


@documented(summary="A layer", responses={200: LayerRow}, tags=TAGS)
def read_layer(request: Request, key: str, slug: str) -> Response:
    """What it checks, who it asks, and what is material to it."""
    actor = actor_of(request)
    layer = access.layer_for(actor, product_for(actor, key), slug)
    return _tagged(Response(_layer_row(layer)), layer.version)


@documented(
    summary="Change a layer",
    request=LayerPatch,
    responses={200: LayerRow},
    tags=TAGS,
    if_match=True,
)
def edit_layer(request: Request, key: str, slug: str) -> Response:
    """Rounds that have begun keep what they began with."""
    actor = actor_of(request)
    product = product_for(actor, key, "layer.define")
    layer = access.layer_for(actor, product, slug)
    version = version_wanted(request)
    data = _values(product, checked(LayerPatch, request))
    done = layers.edit_layer(actor=actor, layer=layer, values=data, version=version)
    return _tagged(Response(_layer_row(done)), done.version)


@documented(summary="Retire a layer", request=RetireInput, responses={200: LayerRow}, tags=TAGS)
def retire_layer(request: Request, key: str, slug: str) -> Response:
    """Ask it no more; `retired` false: again."""
    actor = actor_of(request)
    layer = access.layer_for(actor, product_for(actor, key, "layer.define"), slug)
    data = checked(RetireInput, request)
    return Response(_layer_row(layers.retire_layer(actor=actor, layer=layer, **data)))


def _plan_row(plan: ReviewPlan) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "name": plan.name,
        "increment_kind": plan.increment_kind.slug if plan.increment_kind else None,
        "steps": [
            {
                "layer": row.layer.slug,
                "step": row.step,
                "quorum": row.quorum,
                "deadline_hours": row.deadline_hours,
            }
            for row in sorted(
                plan.steps.all(), key=lambda row: (row.step, row.layer.position, row.pk)
            )
        ],
        "version": plan.version,
    }


def _save(
    request: Request, product: Product, plan: ReviewPlan | None, version: int | None
) -> ReviewPlan:
    data = checked(ReviewPlanInput, request)
    known = {layer.slug: layer for layer in product.review_layers.filter(retired_at=None)}
    unknown = [each["layer"] for each in data["steps"] if each["layer"] not in known]
    if unknown:
        raise Invalid(
            "Nothing was saved.", fields={"steps": [f"There is no layer {unknown[0][:40]}."]}
        )
    kind = None
    if data.get("increment_kind"):
        kind = IncrementKind.objects.filter(product=product, slug=data["increment_kind"]).first()
        if kind is None:
            raise Invalid(
                "Nothing was saved.", fields={"increment_kind": ["There is no such kind."]}
            )
    return layers.save_plan(
        actor=actor_of(request),
        product=product,
        name=data["name"],
        kind=kind,
        steps=[
            layers.Step(
                known[each["layer"]],
                each["step"],
                each.get("quorum"),
                each.get("deadline_hours"),
            )
            for each in data["steps"]
        ],
        plan=plan,
        version=version,
    )


@documented(summary="Review plans", responses={200: ReviewPlanRow(many=True)}, tags=TAGS)
def list_plans(request: Request, key: str) -> Response:
    """Which layers look at which kind of increment."""
    product = product_for(actor_of(request), key)
    rows = product.review_plans.select_related("increment_kind").prefetch_related("steps__layer")
    return Response([_plan_row(plan) for plan in rows.order_by("pk")])


@documented(
    summary="Add a review plan", request=ReviewPlanInput, responses={201: ReviewPlanRow}, tags=TAGS
)
def add_plan(request: Request, key: str) -> Response:
    """For a kind of increment that has none yet."""
    product = product_for(actor_of(request), key, "layer.define")
    plan = _save(request, product, None, None)
    return _tagged(Response(_plan_row(plan), status=201), plan.version)


@documented(
    summary="Change a review plan",
    request=ReviewPlanInput,
    responses={200: ReviewPlanRow},
    tags=TAGS,
    if_match=True,
)
def edit_plan(request: Request, key: str, pk: int) -> Response:
    """The whole of it, as it should be."""
    actor = actor_of(request)
    product = product_for(actor, key, "layer.define")
    plan = access.plan_for(actor, product, pk)
    done = _save(request, product, plan, version_wanted(request))
    return _tagged(Response(_plan_row(done)), done.version)


@documented(summary="Remove a review plan", responses={204: None}, tags=TAGS)
def remove_plan(request: Request, key: str, pk: int) -> Response:
    """Its kind is then looked at as everything else is."""
    actor = actor_of(request)
    plan = access.plan_for(actor, product_for(actor, key, "layer.define"), pk)
    layers.remove_plan(actor=actor, plan=plan)
    return Response(status=204)


@documented(summary="What a review would ask", responses={200: ProposalRow}, tags=["reviews"])
def review_proposal(request: Request, pk: int) -> Response:
    """The layers that the plan and the brief want for a version, those whose approval holds already, who can be asked,
    and how long that is expected to take.
    """
    actor = actor_of(request)
    version = version_for(actor, pk)
    found = planning.proposal(version.asset)
    people = list(access.possible_reviewers_of(version))
    outlook = speed.outlook(version.asset, found, people)
    emails = {person.pk: person.email for person in people}
    opposite = selectors.contradictions_on(actor, version, open_only=True)
    return Response(
        {
            "plan": found.plan.pk if found.plan else None,
            "needed": [
                {
                    "layer": each.layer.slug,
                    "step": each.step,
                    "quorum": each.quorum,
                    "planned": each.planned,
                    "demanded_by": [line.key for line in each.demanded],
                    "approval": each.holds.pk if each.holds else None,
                    "changed": each.changed,
                    "proposed": [emails[pk] for pk in outlook.layers[each.layer.slug].proposed],
                }
                for each in found.needed
            ],
            "others": [layer.slug for layer in found.others],
            "people": [_possible_row(outlook, person) for person in people],
            "expected": dict(zip(("median", "p85"), outlook.hours, strict=True))
            if outlook.hours
            else None,
            "contradictions": [contradiction_row(row) for row in opposite],
        }
    )


class ForeseenLayer(Shape):
    layer = serializers.CharField(help_text="slug")
    name = serializers.CharField()
    purpose = serializers.CharField()
    step = serializers.IntegerField(help_text="equal ones look at the same time")
    reviewers = serializers.ListField(child=serializers.EmailField(), help_text="who is asked")
    quorum = serializers.IntegerField(allow_null=True, help_text="null: all asked")
    deadline_hours = serializers.IntegerField(
        allow_null=True, help_text="from when its stage opens; null: no deadline"
    )
    planned = serializers.BooleanField()
    demanded_by = serializers.ListField(child=serializers.CharField(), help_text="lines of briefs")


class ForeseenShape(Shape):
    plan = serializers.CharField(allow_null=True)
    layers = ForeseenLayer(many=True)


@documented(
    summary="Who will review an increment", responses={200: ForeseenShape}, tags=["reviews"]
)
def foreseen_reviews(request: Request, key: str, number: int) -> Response:
    """The layers that its versions will go through, whether there is one yet or not."""
    actor = actor_of(request)
    increment = increment_for(actor, item_for(actor, key), number)
    found = planning.foreseen(increment.item, increment)
    return Response(
        {
            "plan": found.plan.name if found.plan else None,
            "layers": [
                {
                    "layer": each.layer.slug,
                    "name": each.layer.name,
                    "purpose": each.layer.purpose,
                    "step": each.step,
                    "reviewers": [person.email for person in each.layer.reviewers.all()],
                    "quorum": each.quorum,
                    "deadline_hours": each.deadline_hours,
                    "planned": each.planned,
                    "demanded_by": [line.key for line in each.demanded],
                }
                for each in found.needed
            ],
        }
    )


def _possible_row(outlook: speed.Outlook, person: User) -> dict[str, Any]:
    load = outlook.people[person.pk]
    return {
        "reviewer": person.email,
        "waiting": load.open,
        "coming": load.coming,
        "expected": [
            {
                "layer": slug,
                "median": found.predictions[person.pk].median,
                "p85": found.predictions[person.pk].p85,
                "n": found.predictions[person.pk].n,
                "based_on": found.predictions[person.pk].source,
            }
            for slug, found in outlook.layers.items()
        ],
    }


class TimesRow(Shape):
    """Hours to a verdict; null where there are none."""

    n = serializers.IntegerField()
    median = serializers.FloatField(allow_null=True)
    p85 = serializers.FloatField(allow_null=True)


class VelocityGroup(Shape):
    by = serializers.CharField(help_text="layer, reviewer, round or month")
    name = serializers.CharField()
    times = TimesRow()


class VelocityRow(Shape):
    all = TimesRow()
    groups = VelocityGroup(many=True)


@documented(summary="How long verdicts take", responses={200: VelocityRow}, tags=["reviews"])
def review_velocity(request: Request, key: str) -> Response:
    """Time to decision over the last year: by layer, reviewer, round and month."""
    product = product_for(actor_of(request), key)
    found = speed.figures(product, timezone.now())
    groups = [
        {"by": group["name"], "name": row["label"], "times": asdict(row["times"])}
        for group in found["groups"]
        for row in group["rows"]
    ]
    groups += [
        {"by": "month", "name": f"{row['first']:%Y-%m}", "times": asdict(row["times"])}
        for row in found["months"]
    ]
    return Response({"all": asdict(found["all"]), "groups": groups})


@documented(
    summary="Hand a verdict over",
    request=HandOverInput,
    responses={200: ReviewRow},
    tags=["reviews"],
)
def hand_over_review(request: Request, pk: int) -> Response:
    """Somebody else decides in place of who is asked."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk)
    data = checked(HandOverInput, request)
    hand_over(
        actor=actor,
        cycle=cycle,
        stage=access.stage_of(cycle, data["stage"]),
        person=member_of(cycle.product, data["person"]),
        to=member_of(cycle.product, data["to"]),
        reason=data.get("reason", ""),
    )
    return answer(actor, pk)


review_layers = resource(GET=list_layers, POST=add_layer)
review_layer = resource(GET=read_layer, PATCH=edit_layer)
review_layer_retire = resource(POST=retire_layer)
review_plans = resource(GET=list_plans, POST=add_plan)
review_plan = resource(PUT=edit_plan, DELETE=remove_plan)
version_proposal = resource(GET=review_proposal)
velocity = resource(GET=review_velocity)
review_hand_over = resource(POST=hand_over_review)
increment_reviews = resource(GET=foreseen_reviews)
