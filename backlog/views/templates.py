"""Templates: the list in the settings, the editor, and what is made from them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show
from backlog import access, template_shapes
from backlog.models import Template
from backlog.services import templates
from backlog.template_forms import ApplyForm, Editor, NameForm, TemplateForm
from backlog.vocabulary import TemplateKind
from core.errors import Conflict, Invalid, NotFound, Stale
from core.htmx import go, safe_next

#: The pages of this app that begin something with ``?template=``.
_ROUTES = {TemplateKind.ITEM: "item-new", TemplateKind.BRIEF: "brief-new"}


@page
def template_list(request: HttpRequest, key: str) -> HttpResponse:
    """The product's templates; POST keeps an item, its plan, a brief, plan and brief, or a review plan."""
    actor = Actor.of(request)
    if request.method == "POST":
        product = product_for(actor, key, "standard.publish")
        form = TemplateForm(request.POST)
        if not form.is_valid():
            raise Invalid("The template was not saved.", fields=form.errors)
        kind = form.cleaned_data["kind"]
        made = templates.save_template(
            actor=actor,
            product=product,
            kind=kind,
            name=form.cleaned_data["name"],
            body=_kept(actor, product, kind, form.cleaned_data),
        )
        messages.success(request, _("“%(name)s” is kept as a template.") % {"name": made.name})
        return go(request, safe_next(request, reverse("templates", args=[product.key])))
    product = product_for(actor, key)
    rows = list(access.templates_in(actor, product))
    context = {
        "rows": [_row(product, row) for row in rows if row.retired_at is None],
        "retired": [row for row in rows if row.retired_at is not None],
        "kinds": TemplateKind.choices,
        "may": rights.allowed(actor, "standard.publish", product),
        "may_plan": rights.allowed(actor, "increment.edit", product),
        "tab": "templates",
    }
    return show(
        request, "backlog/templates.html", context, product=product, active="product-settings"
    )


def _row(product: Product, row: Template) -> dict[str, Any]:
    kind = TemplateKind(row.kind)
    above = template_shapes.from_above(kind)
    route = above.route if above else _ROUTES.get(kind)
    return {
        "template": row,
        "outline": template_shapes.outline(row.kind, row.body),
        "use_url": f"{reverse(route, args=[product.key])}?template={row.pk}" if route else "",
    }


def _kept(actor: Actor, product: Product, kind: str, named: dict[str, Any]) -> dict[str, Any]:
    """What the keys in ``named`` (item, brief, plan) stand for, as a body. Raises Invalid."""
    item = access.item_of(actor, product, named["item"]) if named.get("item") else None
    if item is not None:
        item.product = product
    return templates.body_kept(
        actor=actor,
        kind=kind,
        product=product,
        item=item,
        brief=access.brief_of(actor, product, named["brief"]) if named.get("brief") else None,
        named=named.get("plan") or "",
    )


@page
def template_new(request: HttpRequest, key: str) -> HttpResponse:
    """Write a template of a kind (``?kind=``), or a copy of one (``?copy=``)."""
    actor = Actor.of(request)
    product = product_for(actor, key, "standard.publish")
    copied = request.GET.get("copy", "")
    if copied:
        if not (copied.isascii() and copied.isdecimal() and len(copied) < 10):
            raise NotFound
        source = access.template_for(actor, product, int(copied))
        name = _("%(name)s, copy") % {"name": source.name[:110]}
        initial = {"name": name, "description": source.description}
        return _editor(request, actor, product, source.kind, source.body, initial)
    kind = request.GET.get("kind", TemplateKind.ITEM)
    if kind not in TemplateKind.values:
        raise NotFound
    return _editor(request, actor, product, kind, template_shapes.empty(kind), {})


@page
def template(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One template, edited as a whole; whoever may not edit reads it in the list."""
    actor = Actor.of(request)
    product = product_for(actor, key, "standard.publish")
    found = access.template_for(actor, product, pk)
    initial = {"name": found.name, "description": found.description, "version": found.version}
    return _editor(request, actor, product, found.kind, found.body, initial, found)


def _editor(
    request: HttpRequest,
    actor: Actor,
    product: Product,
    kind: str,
    body: dict[str, Any],
    initial: dict[str, Any],
    found: Template | None = None,
) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = NameForm(posted, initial=initial)
    editor = Editor(posted, kind=kind, product=product, body=body)
    status = 200
    if posted is not None:
        status = 422
        if all([form.is_valid(), editor.is_valid()]):
            values = dict(form.cleaned_data)
            version = values.pop("version")
            try:
                made = templates.save_template(
                    actor=actor,
                    product=product,
                    kind=kind,
                    body=editor.body(),
                    template=found,
                    version=version,
                    **values,
                )
            except Stale as error:
                again = posted.copy()
                again["version"] = str(error.extra["version"])  # to save again is to write over it
                form = NameForm(again)
                form.is_valid()
                form.add_error(None, error.detail)
                status = error.status
            except (Invalid, Conflict) as error:
                into_form(form, error)
                status = error.status
            else:
                messages.success(request, _("“%(name)s” is saved.") % {"name": made.name})
                if "more" in posted:
                    return go(request, reverse("template", args=[product.key, made.pk]))
                return go(request, reverse("templates", args=[product.key]))
    context = {
        "template": found,
        "form": form,
        "editor": editor,
        "kind_label": TemplateKind(kind).label,
        "tab": "templates",
    }
    return show(
        request,
        "backlog/template_form.html",
        context,
        product=product,
        active="product-settings",
        status=status,
    )


@page
def template_offer(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Offer a template no longer (``act=retire``), or again."""
    actor = Actor.of(request)
    product = product_for(actor, key, "standard.publish")
    found = access.template_for(actor, product, pk)
    retired = request.POST.get("act") == "retire"
    templates.retire_template(actor=actor, template=found, retired=retired)
    said = _("“%(name)s” is retired.") if retired else _("“%(name)s” is offered again.")
    messages.success(request, said % {"name": found.name})
    return go(request, reverse("templates", args=[product.key]))


@page
def template_apply(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Plan an item by a template, or begin a brief by it."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = access.template_for(actor, product, pk)
    form = ApplyForm(request.POST)
    if not form.is_valid():
        raise Invalid("Nothing was made.", fields=form.errors)
    data = form.cleaned_data
    item = access.item_of(actor, product, data["item"]) if data["item"] else None
    if item is not None:
        item.product = product
    made = templates.apply(actor=actor, template=found, item=item, title=data["title"])
    if made.increments:
        n = len(made.increments)
        said = ngettext("%(n)d increment is planned.", "%(n)d increments are planned.", n)
        messages.success(request, said % {"n": n})
    if made.brief is not None:
        return go(request, reverse("brief", args=[product.key, made.brief.number]))
    if made.made is not None:
        return go(request, reverse("templates", args=[product.key]))
    return go(request, f"{reverse('item', args=[(made.item or item).key])}#plan")  # type: ignore[union-attr]  # a plan is refused without one
