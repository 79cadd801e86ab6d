"""The matrix: the list's items on two axes, the same as a table, and what would become of one if it were otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from backlog import access as backlog_access
from backlog import selectors as backlog_selectors
from backlog.filters import filtered
from backlog.forms import BulkForm
from backlog.models import Item
from backlog.views import listing
from backlog.vocabulary import QueueKind
from core.errors import Invalid
from core.htmx import wants_fragment
from scoring import access, matrix, panels, selectors
from scoring.current import rubric_in_force
from scoring.filters import axis_and_value
from scoring.forms import AdjustmentForm
from scoring.panels import rank_range
from scoring.supposing import AXES, Supposed

OTHER = listing.OTHER | {"x", "y", "size"}
DEFAULTS = {"x": "effort", "y": "value", "size": "priority"}


@page
def matrix_page(request: HttpRequest, key: str) -> HttpResponse:
    """Bubbles for the items that the filters find, the first `matrix.LIMIT` in the list's order."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = listing.query_of(request.GET, OTHER)
    chosen = {name: _axis(request.GET.get(name) or axis) for name, axis in DEFAULTS.items()}
    found = filtered(
        backlog_access.items_in(actor, product), query, product=product, user=actor.user
    )
    result = backlog_selectors.ranked_page(
        found.select_related("rank_range"),
        product=product,
        kinds=listing.kinds_of(query),
        size=matrix.LIMIT,
    )
    points = matrix.points(product, result.items, result.ranks, timezone.now())
    drawn = [
        each
        for each in points
        if each.values[chosen["x"]] is not None and each.values[chosen["y"]] is not None
    ]
    context = {
        "points": [_row(each) for each in points],
        "chart": {
            "axes": {name: _described(axis) for name, axis in chosen.items()},
            "points": [_point(each, chosen) for each in drawn],
            "queues": [{"key": kind, "name": label} for kind, label in QueueKind.choices],
        },
        "chosen": chosen,
        "axes": matrix.LABELS,
        "undrawn": len(points) - len(drawn),
        "limit": matrix.LIMIT if result.cursor else None,
        "query": listing.said(query),
        "query_string": urlencode(listing.said(query)),
        "chips": listing.chips(request, query),
        "filters": listing.choices(product, query),
        "kept": [(name, axis) for name, axis in chosen.items() if axis != DEFAULTS[name]],
        "members": backlog_access.members(product),
        "bulk_form": BulkForm(),
        "may_bulk": rights.allowed(actor, "item.bulk", product),
        "may_draw": rights.allowed(actor, "rubric.draft", product),
        "panel_item": listing.panel_item(request, actor, product),
    }
    return show(request, "scoring/matrix.html", context, product=product, active="backlog")


def _axis(name: str) -> str:
    if name not in matrix.LABELS:
        raise Invalid(
            "There is no such axis.", fields={"axis": [f"Use one of: {', '.join(matrix.LABELS)}."]}
        )
    return name


def _described(axis: str) -> dict[str, Any]:
    low, high = AXES[axis]
    return {
        "key": axis,
        "name": matrix.LABELS[axis],
        "unit": matrix.UNITS.get(axis, ""),
        "min": low,
        "max": None if axis in ("effort", "priority") else high,
    }


def _row(each: matrix.Point) -> dict[str, Any]:
    return {
        "item": each.item,
        "rank": each.rank,
        "cells": [each.values[axis] for axis in matrix.LABELS],
        "effort_assumed": each.effort_assumed,
        "range": rank_range(each.item),
    }


def _point(each: matrix.Point, chosen: dict[str, str]) -> dict[str, Any]:
    drawn = rank_range(each.item)
    return {
        "key": each.item.key,
        "name": each.item.title,
        "queue": each.item.queue.kind if each.item.queue else "",
        "rank": each.rank,
        "range": [drawn.rank_low, drawn.rank_high] if drawn else None,
        "chance": drawn.top_chance if drawn else None,
        "url": reverse("item-what-if", args=[each.item.key]),
        **{name: each.values[axis] for name, axis in chosen.items()},
    }


@page
def item_what_if(request: HttpRequest, key: str) -> HttpResponse:
    """What if value were 4? Worked out and shown; nothing is written, by GET or by POST."""
    actor = Actor.of(request)
    item = access.item_for(actor, key)
    axis = request.POST.get("axis", "value")
    raw = request.POST.get("value", "")
    context: dict[str, Any] = {"item": item, "axes": matrix.LABELS, "axis": axis, "value": raw}
    if request.method == "POST":
        context |= _tried(item, axis, raw)
    if wants_fragment(request):
        return show(request, "scoring/what_if.html#result", context, product=item.product)
    if "found" in context:
        context |= _doing(actor, item, axis, context["found"].then)
    return show(request, "scoring/what_if.html", context, product=item.product, active="backlog")


def _doing(actor: Actor, item: Item, axis: str, then: Supposed) -> dict[str, Any]:
    """The form that would make it so, filled in: levels of a pillar's criteria, or points by judgement."""
    if not then.possible:
        return {}
    if then.level is not None:
        panel = panels.ratings(actor=actor, item=item)
        if not panel.context["may_rate"]:
            return {}
        rows = dict(panel.context["pillars"])[axis.title()]
        rated = [row for row in rows if row["level"] is not None]
        filled = [{**row, "level": round(then.level)} for row in rated or rows]
        return {"rating": filled, "rounded": abs(then.level - round(then.level)) > 0.005}
    if then.points is not None:
        _, rubric = rubric_in_force(item.product_id)
        form = AdjustmentForm(limit=rubric.max_adjustment, initial={"points": f"{then.points:.2f}"})
        return {
            "adjusting": form,
            "may_adjust": rights.allowed(actor, "adjustment.make", item.product),
            "may_ask": rights.allowed(actor, "request.make", item.product),
        }
    return {}


def _tried(item: Item, axis: str, raw: str) -> dict[str, Any]:
    axis, wanted = axis_and_value(axis, raw)
    found = selectors.what_if(item, axis, wanted)
    if found is None:
        raise Invalid("An item without a queue has no priority to try. Choose its queue first.")
    return {
        "found": found,
        "label": matrix.LABELS[axis],
        "unit": matrix.UNITS.get(axis, ""),
        "wanted": wanted,
        "change": None
        if found.priority is None or found.then.priority is None
        else found.then.priority - found.priority,
    }
