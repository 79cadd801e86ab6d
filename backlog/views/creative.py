"""The creative system's pages: kinds of increment, standards, and what increments taught."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import into_form, page, show
from backlog import access
from backlog import increment_reading as reading
from backlog.increment_forms import KindForm, StandardForm
from backlog.models import Brief, Increment, IncrementKind, Item
from backlog.services import citations, standards
from core import text
from core.errors import Conflict, Invalid
from core.htmx import go
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
