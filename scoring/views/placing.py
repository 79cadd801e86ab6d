"""Moving an item by hand: where to, what it takes, why, until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.actors import Actor
from accounts.pages import page, show
from backlog.access import item_of
from backlog.models import Item
from backlog.selectors import rank_of
from core.errors import DomainError
from core.htmx import current_path, go, safe_next, wants_fragment
from scoring import access
from scoring.forms import PlaceForm
from scoring.move_words import nth
from scoring.services import placing
from scoring.services.placing import Plan, Target


@page
def place(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows what a move would take and writes nothing; POST carries out what was shown, or says what changed."""
    actor = Actor.of(request)
    item = access.item_for(actor, key, "adjustment.make")
    data = request.POST if request.method == "POST" else request.GET
    error: DomainError | None = None
    plan: Plan | None = None
    form = PlaceForm(request.POST if request.method == "POST" else None)
    try:
        target = target_of(actor, item, data.dict())
        if request.method == "POST" and target is not None and form.is_valid():
            return _done(request, actor, item, target, form)
        plan = placing.plan(actor=actor, item=item, target=target) if target else None
    except DomainError as refusal:
        error = refusal
        plan = _still(actor, item, data.dict())
    context = {
        "item": item,
        "rank": rank_of(item),
        "plan": plan,
        "error": error,
        "form": form,
        "asked": {name: data.get(name, "") for name in ("above", "below", "to", "place")},
        "next": safe_next(request, ""),
    }
    status = error.status if error else 422 if request.method == "POST" else 200
    template = "scoring/place.html#body" if wants_fragment(request) else "scoring/place.html"
    return show(request, template, context, product=item.product, active="backlog", status=status)


def _still(actor: Actor, item: Item, data: Mapping[str, str]) -> Plan | None:
    """The plan as it is now, beside a refusal; None where there is none."""
    try:
        target = target_of(actor, item, data)
        return placing.plan(actor=actor, item=item, target=target) if target else None
    except DomainError:
        return None


def target_of(actor: Actor, item: Item, data: Mapping[str, str]) -> Target | None:
    """Where to, as a query or a form says it; None when it says nothing. Raises Invalid."""
    side, named = data.get("side", ""), data.get("target", "").strip()
    if named and side in ("above", "below"):
        data = {**data, side: named}
    for way in ("above", "below"):
        if data.get(way, "").strip():
            return Target(way, item=item_of(actor, item.product, data[way]))
    raw = data.get("place", "").strip()
    if raw:
        return Target("place", place=int(raw) if raw.isdecimal() and len(raw) < 8 else None)
    return Target(data["to"][:10]) if data.get("to") else None


def _done(
    request: HttpRequest, actor: Actor, item: Item, target: Target, form: PlaceForm
) -> HttpResponse:
    row, found = placing.place_item(
        actor=actor,
        item=item,
        target=target,
        claim=form.cleaned_data["claim"],
        evidence=form.cleaned_data["evidence"],
        expires_at=timezone.make_aware(datetime.combine(form.cleaned_data["expires_on"], time.max)),
        expected=_number(request.POST.get("points", "")),
    )
    messages.success(
        request,
        f"{item.key} is {nth(found.rank[1])} now, with {found.points:+.2f} points until"
        f" {form.cleaned_data['expires_on']:%-d %b %Y}.",
        extra_tags=reverse("item-place-undo", args=[item.key, row.pk]),
    )
    back = safe_next(request, reverse("item", args=[item.key]))
    return (
        refreshed()
        if wants_fragment(request) and back == current_path(request)
        else go(request, back)
    )


def refreshed() -> HttpResponse:
    """The page that asked is loaded again, where it stands."""
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


def _number(raw: str) -> float | None:
    try:
        return float(raw)
    except ValueError:
        return None


@page
def take_back(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Undo of a hand move."""
    actor = Actor.of(request)
    item = access.item_for(actor, key, "adjustment.make")
    placing.take_back(actor=actor, adjustment=access.adjustment_for(actor, item, pk))
    messages.success(request, f"Undone: {item.key} stands where its score puts it.")
    if wants_fragment(request):
        return refreshed()
    return go(request, safe_next(request, reverse("item", args=[item.key])))
