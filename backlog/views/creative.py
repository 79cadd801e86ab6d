"""The creative system's pages: kinds of increment, standards, templates, and what increments taught."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import into_form, page, show
from backlog import access
from backlog import increment_reading as reading
from backlog.increment_forms import ApplyForm, KindForm, StandardForm, TemplateForm
from backlog.models import Brief, Increment, IncrementKind, Item
from backlog.services import citations, standards, templates
from backlog.vocabulary import TemplateKind
from core import text
from core.errors import Conflict, Invalid
from core.htmx import go, safe_next
from core.markdown import render_cached


@page
def kind_list(request: HttpRequest, key: str, pk: int | None = None) -> HttpResponse:
    """The kinds of increment; POST adds one, or with ``pk`` changes, retires or offers it again (``act``)."""
    actor = Actor.of(request)
    action = "standard.publish" if request.method == "POST" else "product.read"
    product = product_for(actor, key, action)
    kind = access.kind_for(actor, product, pk) if pk is not None else None
    may = rights.allowed(actor, "standard.publish", product)
    form = KindForm(request.POST if request.method == "POST" else None, auto_id="kind_%s")
    status = 200
    if request.method == "POST":
        if kind is not None and request.POST.get("act") in ("retire", "offer"):
            standards.retire_kind(actor=actor, kind=kind, retired=request.POST["act"] == "retire")
            return go(request, reverse("increment-kinds", args=[product.key]))
        status = 422
        if form.is_valid():
            try:
                standards.save_kind(actor=actor, product=product, kind=kind, **form.cleaned_data)
            except (Invalid, Conflict) as error:
                into_form(form, error)
                status = error.status
            else:
                return go(request, reverse("increment-kinds", args=[product.key]))
    rows = list(access.kinds_in(actor, product))
    context = {
        "rows": [
            {"kind": row, "form": _kind_form(form, kind, row) if may else None} for row in rows
        ],
        "form": form if kind is None else KindForm(auto_id="kind_%s"),
        "failed": kind.pk if kind is not None else None,
        "may": may,
        "tab": "kinds",
    }
    return show(
        request,
        "backlog/increment_kinds.html",
        context,
        product=product,
        active="assets",
        status=status,
    )


def _kind_form(sent: KindForm, kind: IncrementKind | None, row: IncrementKind) -> KindForm:
    if kind is not None and kind.pk == row.pk and sent.is_bound:
        return sent
    return KindForm(initial=KindForm.initial_of(row), auto_id=f"kind{row.pk}_%s")


@page
def standard_list(request: HttpRequest, key: str) -> HttpResponse:
    """The standards of the creative system; POST publishes a new one."""
    return _standards(request, key, None)


@page
def standard(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One standard with its versions and who conforms; POST publishes a version, retires or offers it again."""
    return _standards(request, key, pk)


def _standards(request: HttpRequest, key: str, pk: int | None) -> HttpResponse:
    actor = Actor.of(request)
    action = "standard.publish" if request.method == "POST" else "product.read"
    product = product_for(actor, key, action)
    found = access.standard_for(actor, product, pk) if pk is not None else None
    versions = (
        list(found.versions.select_related("published_by").order_by("-number")) if found else []
    )
    initial = {"body": versions[0].body} if versions else {}
    form = StandardForm(
        request.POST if request.method == "POST" else None, new=found is None, initial=initial
    )
    status = 200
    if request.method == "POST":
        if found is not None and request.POST.get("act") in ("retire", "offer"):
            retired = request.POST["act"] == "retire"
            standards.retire_standard(actor=actor, standard=found, retired=retired)
            return go(request, reverse("standard", args=[product.key, found.pk]))
        status = 422
        if form.is_valid():
            try:
                made = standards.publish_standard(
                    actor=actor, product=product, standard=found, **form.cleaned_data
                )
            except (Invalid, Conflict) as error:
                into_form(form, error)
                status = error.status
            else:
                said = _("%(name)s %(n)d is published.")
                messages.success(request, said % {"name": made.standard.name, "n": made.number})
                return go(request, reverse("standard", args=[product.key, made.standard_id]))
    context: dict[str, Any] = {
        "form": form,
        "may": rights.allowed(actor, "standard.publish", product),
        "tab": "standards",
    }
    if found is None:
        context["rows"] = list(access.standards_in(actor, product))
        template = "backlog/standards.html"
    else:
        context |= {
            "standard": found,
            "versions": [{"row": row, "html": render_cached(row.body)} for row in versions],
            "declared": reading.declarations(found),
        }
        template = "backlog/standard.html"
    return show(request, template, context, product=product, active="assets", status=status)


@page
def template_list(request: HttpRequest, key: str) -> HttpResponse:
    """The product's templates; POST keeps an item's plan, a brief, or both as one."""
    actor = Actor.of(request)
    if request.method == "POST":
        product = product_for(actor, key, "standard.publish")
        form = TemplateForm(request.POST)
        if not form.is_valid():
            raise Invalid("The template was not saved.", fields=form.errors)
        data = form.cleaned_data
        body: dict[str, Any] = {}
        if data["kind"] != TemplateKind.BRIEF:
            item = access.item_of(actor, product, data["item"])
            item.product = product
            body = templates.plan_body(item, timezone.localdate())
        if data["kind"] != TemplateKind.INCREMENT_PLAN:
            words = templates.brief_body(access.brief_of(actor, product, data["brief"]))
            body = words if data["kind"] == TemplateKind.BRIEF else {"brief": words, "plan": body}
        made = templates.save_template(
            actor=actor, product=product, kind=data["kind"], name=data["name"], body=body
        )
        messages.success(request, _("“%(name)s” is kept as a template.") % {"name": made.name})
        return go(request, safe_next(request, reverse("templates", args=[product.key])))
    product = product_for(actor, key)
    context = {
        "rows": [
            {"template": row, "plan": _plan_of(row.body), "brief": _brief_of(row.kind, row.body)}
            for row in access.templates_in(actor, product)
        ],
        "kinds": TemplateKind.choices,
        "may": rights.allowed(actor, "standard.publish", product),
        "may_plan": rights.allowed(actor, "increment.edit", product),
        "tab": "templates",
    }
    return show(request, "backlog/templates.html", context, product=product, active="assets")


def _plan_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body.get("plan", body).get("increments", [])
    return found


def _brief_of(kind: str, body: dict[str, Any]) -> dict[str, Any] | None:
    if kind == TemplateKind.INCREMENT_PLAN:
        return None
    return body if kind == TemplateKind.BRIEF else body["brief"]


@page
def template_one(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Apply a template to an item, or begin a brief by it; ``act=remove`` offers it no longer."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = access.template_for(actor, product, pk)
    if request.POST.get("act") == "remove":
        templates.remove_template(actor=actor, template=found)
        return go(request, reverse("templates", args=[product.key]))
    form = ApplyForm(request.POST)
    if not form.is_valid():
        raise Invalid("Nothing was made.", fields=form.errors)
    data = form.cleaned_data
    item: Item | None = None
    if data["item"]:
        item = access.item_of(actor, product, data["item"])
        item.product = product
    made = templates.apply(actor=actor, template=found, item=item, title=data["title"])
    if made.increments:
        said = _("%(n)d increments are planned.") % {"n": len(made.increments)}
        messages.success(request, said)
    if made.brief is not None:
        return go(request, reverse("brief", args=[product.key, made.brief.number]))
    assert item is not None  # a plan is refused without one
    return go(request, f"{reverse('item', args=[item.key])}#plan")


@page
def learning_list(request: HttpRequest, key: str) -> HttpResponse:
    """What closed increments taught, by words; with ``brief`` or ``item``, ready to be cited there."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    words = text.one_line(request.GET.get("q", ""))[:200]
    found, cursor = reading.learnings(
        access.increments_in(actor, product), words=words, cursor=request.GET.get("cursor")
    )
    brief, item = _citing(request, actor, product)
    query = request.GET.copy()
    if cursor:
        query["cursor"] = cursor
    context = {
        "rows": [{"increment": row, "html": render_cached(row.learning)} for row in found],
        "words": words,
        "brief": brief,
        "item": item,
        "next_url": f"?{query.urlencode()}" if cursor else "",
        "may": rights.allowed(actor, "brief.edit" if brief else "item.edit", product),
        "tab": "learnings",
    }
    return show(request, "backlog/learnings.html", context, product=product, active="assets")


def _citing(request: HttpRequest, actor: Actor, product: Any) -> tuple[Brief | None, Item | None]:
    data = request.POST if request.method == "POST" else request.GET
    brief = access.brief_of(actor, product, data["brief"]) if data.get("brief") else None
    item = access.item_of(actor, product, data["item"]) if data.get("item") else None
    return brief, item


@page
def cite(request: HttpRequest, key: str) -> HttpResponse:
    """Cite an increment's learning in a brief or an item."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    increment: Increment = access.increment_of(actor, product, request.POST.get("increment", ""))
    brief, item = _citing(request, actor, product)
    citations.cite(
        actor=actor,
        increment=increment,
        brief=brief,
        item=item,
        note=request.POST.get("note", ""),
    )
    if brief is not None:
        return go(request, reverse("brief", args=[product.key, brief.number]) + "#citations")
    return go(request, reverse("item", args=[item.key]) if item else "/")


@page
def uncite(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take a citation away."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    row = access.citation_for(actor, product, pk)
    back = (
        reverse("brief", args=[product.key, row.brief.number]) + "#citations"
        if row.brief
        else reverse("item", args=[row.item.key])  # type: ignore[union-attr]
    )
    citations.uncite(actor=actor, citation=row)
    return go(request, back)
