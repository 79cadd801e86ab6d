"""Pages of layers and plans; a verdict handed over; an approval revoked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product, User
from accounts.pages import page, show
from backlog.access import template_asked
from backlog.models import Template
from backlog.template_forms import offered_templates
from backlog.vocabulary import TemplateKind
from core.errors import Conflict, Invalid, NotFound
from core.htmx import go
from reviews import access, planning
from reviews.layer_forms import HandOverForm, LayerForm, PlanForm
from reviews.models import Layer, ReviewPlan
from reviews.plan_templates import steps_of
from reviews.services import approvals, layers
from reviews.services.assignments import hand_over as hand_over_verdict


@page
@require_safe
def layer_list(request: HttpRequest, key: str) -> HttpResponse:
    """The layers of a product and the plans that put them in order."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    rows = list(product.review_layers.prefetch_related("reviewers").order_by("position", "pk"))
    plans = product.review_plans.select_related("increment_kind").prefetch_related("steps__layer")
    context = {
        "layers": [layer for layer in rows if layer.retired_at is None],
        "retired": [layer for layer in rows if layer.retired_at is not None],
        "plans": [{"plan": plan, "steps": _steps(plan)} for plan in plans.order_by("pk")],
        "may_define": rights.allowed(actor, "layer.define", product),
    }
    return show(request, "reviews/layers.html", context, product=product, active="reviews")


def _steps(plan: ReviewPlan) -> list[list[Layer]]:
    """The plan's layers, those of one step together."""
    found: dict[int, list[Layer]] = {}
    for row in sorted(plan.steps.all(), key=lambda row: (row.step, row.layer.position)):
        found.setdefault(row.step, []).append(row.layer)
    return list(found.values())


@page
@require_http_methods(["GET", "HEAD", "POST"])
def layer_new(request: HttpRequest, key: str) -> HttpResponse:
    """A layer of the product's own."""
    product = product_for(Actor.of(request), key, "layer.define")
    return _layer(request, product, None)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def layer_edit(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """What a layer asks."""
    actor = Actor.of(request)
    product = product_for(actor, key, "layer.define")
    return _layer(request, product, access.layer_for(actor, product, slug))


def _layer(request: HttpRequest, product: Product, layer: Layer | None) -> HttpResponse:
    actor = Actor.of(request)
    posted = request.POST if request.method == "POST" else None
    form = LayerForm(posted, product=product, layer=layer)
    status = 200
    if posted is not None:
        status = 422
        if form.is_valid():
            try:
                if layer is None:
                    done = layers.add_layer(actor=actor, product=product, values=form.values())
                else:
                    done = layers.edit_layer(
                        actor=actor,
                        layer=layer,
                        values=form.values(),
                        version=form.cleaned_data["version"],
                    )
            except (Invalid, Conflict) as error:
                form.take(error)
                status = error.status
            else:
                messages.success(request, _saved(done))
                return go(request, reverse("review-layers", args=[product.key]))
    return show(
        request,
        "reviews/layer_form.html",
        {"form": form, "layer": layer},
        product=product,
        active="reviews",
        status=status,
    )


def _saved(layer: Layer) -> str:
    """That a layer is saved, and how many approved versions are not published before it has approved them."""
    sentence = f"“{layer.name}” is saved."
    waiting = planning.waiting_for(layer)
    if not waiting:
        return sentence
    return (
        sentence
        + " "
        + ngettext(
            "%(n)d approved version is not published before it has approved it.",
            "%(n)d approved versions are not published before it has approved them.",
            waiting,
        )
        % {"n": waiting}
    )


@page
@require_POST
def layer_retire(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """Ask a layer no more, or again."""
    actor = Actor.of(request)
    product = product_for(actor, key, "layer.define")
    layer = access.layer_for(actor, product, slug)
    retired = request.POST.get("retired", "yes") == "yes"
    layers.retire_layer(actor=actor, layer=layer, retired=retired)
    words = "is asked no more" if retired else "is asked again"
    messages.success(request, f"“{layer.name}” {words}.")
    return go(request, reverse("review-layers", args=[product.key]))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def plan_new(request: HttpRequest, key: str) -> HttpResponse:
    """A plan for a kind of increment."""
    return _plan(request, product_for(Actor.of(request), key, "layer.define"), None)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def plan_edit(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Which layers look, in which steps."""
    actor = Actor.of(request)
    product = product_for(actor, key, "layer.define")
    return _plan(request, product, access.plan_for(actor, product, pk))


def _plan(request: HttpRequest, product: Product, plan: ReviewPlan | None) -> HttpResponse:
    actor = Actor.of(request)
    posted = request.POST if request.method == "POST" else None
    template = _template(request, actor, product) if plan is None else None
    begun = steps_of(product, template.body) if template else []
    initial = {"name": template.name} if template else {}
    form = PlanForm(posted, product=product, plan=plan, begun=begun, initial=initial)
    status = 200
    if posted is not None:
        status = 422
        if form.is_valid():
            try:
                done = layers.save_plan(
                    actor=actor,
                    product=product,
                    name=form.cleaned_data["name"],
                    kind=form.cleaned_data["kind"],
                    steps=form.steps(form.begun),
                    plan=plan,
                    version=form.cleaned_data["version"],
                )
            except (Invalid, Conflict) as error:
                form.take(error)
                status = error.status
            else:
                messages.success(request, f"“{done.name}” is saved.")
                return go(request, reverse("review-layers", args=[product.key]))
    return show(
        request,
        "reviews/plan_form.html",
        {
            "form": form,
            "plan": plan,
            "template": template,
            "templates": [] if plan else offered_templates(product, TemplateKind.REVIEW_PLAN),
            "may_keep": plan is not None and rights.allowed(actor, "standard.publish", product),
        },
        product=product,
        active="reviews",
        status=status,
    )


def _template(request: HttpRequest, actor: Actor, product: Product) -> Template | None:
    """The template that a new plan begins with, if the address names one. Raises NotFound."""
    asked = request.GET.get("template", "")
    return template_asked(actor, product, asked, TemplateKind.REVIEW_PLAN) if asked else None


@page
@require_POST
def plan_remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Its kind is then looked at as everything else is."""
    actor = Actor.of(request)
    product = product_for(actor, key, "layer.define")
    plan = access.plan_for(actor, product, pk)
    layers.remove_plan(actor=actor, plan=plan)
    messages.success(request, f"“{plan.name}” is removed.")
    return go(request, reverse("review-layers", args=[product.key]))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, key: str, pk: int, stage: str, person: int) -> HttpResponse:
    """Let somebody else decide in place of who is asked."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    cycle = access.cycle_for(actor, pk, product=product)
    row = access.stage_of(cycle, stage)
    asked = User.objects.filter(review_assignments__stage=row, pk=person).first()
    if asked is None:
        raise NotFound
    own = actor.user is not None and actor.user.pk == asked.pk
    rights.require(actor, "review.decide" if own else "review.start", product)
    posted = request.POST if request.method == "POST" else None
    form = HandOverForm(posted, stage=row)
    status = 200
    if posted is not None:
        status = 422
        if form.is_valid():
            try:
                made = hand_over_verdict(
                    actor=actor, cycle=cycle, stage=row, person=asked, **form.cleaned_data
                )
            except (Invalid, Conflict) as error:
                form.take(error)
                status = error.status
            else:
                messages.success(request, f"{made.reviewer} decides in place of {asked}.")
                return go(request, reverse("review", args=[product.key, cycle.pk]))
    context = {"form": form, "cycle": cycle, "stage": row, "asked": asked}
    return show(
        request, "reviews/hand_over.html", context, product=product, active="reviews", status=status
    )


@page
@require_POST
def revoke(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take an approval back, for good."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    approval = access.approval_for(actor, pk)
    if approval.product_id != product.pk:
        raise NotFound
    approvals.revoke(actor=actor, approval=approval, reason=request.POST.get("reason", "")[:2000])
    messages.success(request, f"The approval of {approval.layer.name.lower()} is revoked.")
    asset = approval.asset
    return go(request, reverse("asset-version", args=[product.key, asset.pk, asset.versions_count]))
