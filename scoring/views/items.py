"""Ratings, evidence and judgement entered on an item's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.actors import Actor
from accounts.pages import page, show
from backlog.models import Item
from backlog.selectors import queue_counts, rank_of
from core import text
from core.errors import Invalid
from core.htmx import go, safe_next, wants_fragment
from scoring import access, panels
from scoring.current import rubric_in_force
from scoring.forms import AdjustmentForm, SignalForm, VerdictForm, kinds_of
from scoring.models import Rating
from scoring.services import adjustments, ratings, signals


@page
def rate(request: HttpRequest, key: str) -> HttpResponse:
    """Save the levels that were chosen; the priority above changes at once."""
    actor = Actor.of(request)
    item = access.item_for(actor, key, "rating.enter")
    _, rubric = rubric_in_force(item.product_id)
    entries: dict[str, ratings.Entry] = {}
    touched = request.POST.get("changed")
    for criterion in rubric.criteria:
        if touched and criterion.key != touched:
            continue
        raw = request.POST.get(criterion.key, "")
        if raw == "" and criterion.key not in request.POST:
            continue
        entries[criterion.key] = ratings.Entry(
            _level(raw), request.POST.get(f"{criterion.key}-certainty", "informed")
        )
    ratings.rate_item(
        actor=actor,
        item=item,
        entries=_changed(item, entries),
        reason=request.POST.get("reason", "")[:2000],
    )
    if not wants_fragment(request):
        messages.success(request, f"{item.key} is rated.")
        return go(request, f"{reverse('item', args=[item.key])}#ratings")
    fresh = access.item_for(actor, key)
    return show(
        request,
        "scoring/rated.html",
        {
            "item": fresh,
            "rank": rank_of(fresh),
            "queue_size": queue_counts(item.product).get(fresh.queue.kind, 0) if fresh.queue else 0,
            "priority": panels.priority(actor=actor, item=fresh),
            "ratings": panels.ratings(actor=actor, item=fresh),
        },
        product=item.product,
    )


def _level(raw: str) -> float | None:
    if raw in ("", "none"):
        return None
    try:
        return float(raw)
    except ValueError as error:
        raise Invalid("A level is a number from 0 to 5.") from error


def _changed(item: Item, entries: Mapping[str, ratings.Entry]) -> dict[str, ratings.Entry]:
    """What differs from the ratings there are: a form sends all of them, and an untouched one stays as old as it is.

    A level between whole numbers (several people agreed on it) is shown rounded and comes back so.
    """
    shown = {
        row.criterion: (round(row.level), row.certainty) for row in Rating.objects.filter(item=item)
    }
    return {
        key: entry
        for key, entry in entries.items()
        if (key in shown and shown[key] != (entry.level, entry.certainty))
        or (key not in shown and entry.level is not None)
    }


@page
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """Say that the ratings an import proposed are right: they become one's own, as guesses that a person made."""
    actor = Actor.of(request)
    item = access.item_for(actor, key, "rating.enter")
    entries = {
        row.criterion: ratings.Entry(row.level, row.certainty)
        for row in Rating.objects.filter(item=item, source=Rating.Source.IMPORT)
    }
    if not entries:
        raise Invalid("There is nothing from an import to confirm.")
    ratings.rate_item(
        actor=actor, item=item, entries=entries, reason="Confirmed what the import proposed."
    )
    messages.success(request, f"The starting ratings of {item.key} are confirmed.")
    return go(request, f"{reverse('item', args=[item.key])}#ratings")


@page
def add_signal(request: HttpRequest, key: str) -> HttpResponse:
    """A piece of evidence by hand."""
    actor = Actor.of(request)
    item = access.item_for(actor, key, "signal.add")
    _, rubric = rubric_in_force(item.product_id)
    form = SignalForm(request.POST, kinds=kinds_of(rubric))
    if not form.is_valid():
        raise Invalid("The evidence was not stored.", fields=_plain_errors(form))
    values = dict(form.cleaned_data)
    source = text.one_line(values.pop("source")) or "by hand"
    draft = signals.Draft(item=item, source=source, **values)
    signals.add_signals(actor=actor, product=item.product, drafts=[draft])
    messages.success(request, "The evidence is stored, and the priority worked out anew.")
    return go(request, f"{reverse('item', args=[item.key])}#evidence")


@page
def add_adjustment(request: HttpRequest, key: str) -> HttpResponse:
    """Points by judgement, until a day."""
    actor = Actor.of(request)
    item = access.item_for(actor, key)
    _, rubric = rubric_in_force(item.product_id)
    form = AdjustmentForm(request.POST, limit=rubric.max_adjustment)
    if not form.is_valid():
        raise Invalid("The adjustment was not made.", fields=_plain_errors(form))
    day = form.cleaned_data["expires_on"]
    adjustments.adjust(
        actor=actor,
        item=item,
        points=form.cleaned_data["points"],
        claim=form.cleaned_data["claim"],
        evidence=form.cleaned_data["evidence"],
        expires_at=timezone.make_aware(datetime.combine(day, time.max)),
    )
    messages.success(request, "The adjustment counts from now on.")
    return go(request, f"{reverse('item', args=[item.key])}#evidence")


@page
def end_adjustment(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """End an adjustment before its time."""
    actor = Actor.of(request)
    item = access.item_for(actor, key, "adjustment.make")
    adjustments.end_adjustment(actor=actor, adjustment=access.adjustment_for(actor, item, pk))
    messages.success(request, "The adjustment no longer counts.")
    return go(request, f"{reverse('item', args=[item.key])}#evidence")


@page
def judge(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Say whether a judgement held."""
    actor = Actor.of(request)
    item = access.item_for(actor, key, "adjustment.judge")
    row = access.adjustment_for(actor, item, pk)
    form = VerdictForm(request.POST)
    if not form.is_valid():
        raise Invalid("The verdict was not kept.", fields=_plain_errors(form))
    adjustments.judge(
        actor=actor, adjustment=row, was=request.POST.get("was", "")[:12], **form.cleaned_data
    )
    messages.success(request, f"Your verdict on {item.key} is kept.")
    return go(request, safe_next(request, f"{reverse('item', args=[item.key])}#evidence"))


def _plain_errors(form: SignalForm | AdjustmentForm | VerdictForm) -> dict[str, list[str]]:
    return {name: [str(line) for line in lines] for name, lines in form.errors.items()}
