"""The list of evidence, one piece of it, what has gone stale."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show
from backlog import history
from backlog.access import item_of
from backlog.models import Segment
from backlog.vocabulary import QueueKind
from core import text
from core.errors import Invalid
from core.htmx import go, wants_fragment
from scoring import access, selectors
from scoring.current import rubric_in_force
from scoring.filters import KEYS, signals_filtered
from scoring.forms import CorrectionForm, PlacedSignalForm, SignalForm, kinds_of
from scoring.models import Signal
from scoring.services import evidence, groups
from scoring.services.signals import Draft, add_signals

PAGE_SIZE = 50
#: What is stale within so many days stands on the page of what goes stale, marked as soon.
SOON = timedelta(days=14)


@page
def signals(request: HttpRequest, key: str) -> HttpResponse:
    """All evidence of the product, newest first, with filters."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = {name: value for name, value in request.GET.items() if value and name != "cursor"}
    unknown = sorted(set(query) - set(KEYS))
    if unknown:
        raise Invalid(
            f"This list has no filter called {', '.join(unknown)[:80]}.", code="unknown_parameter"
        )
    rows = signals_filtered(access.signals_of(actor, product), query, product=product)
    found, cursor = selectors.page_of_signals(rows, request.GET.get("cursor"), PAGE_SIZE)
    for row in found:
        row.product = product
        if row.item:
            row.item.product = product
    _number, rubric = rubric_in_force(product.pk)
    context = {
        "signals": found,
        "query": query,
        "chips": [
            {
                "name": name,
                "value": value,
                "url": "?" + urlencode({k: v for k, v in query.items() if k != name}),
            }
            for name, value in query.items()
        ],
        "next_url": "?" + urlencode({**query, "cursor": cursor}) if cursor else None,
        "kinds": rubric.signal_kinds,
        "read": set(rubric.signal_kinds),
        "segments": _segments(product),
        "may_add": rights.allowed(actor, "signal.add", product),
        "may_import": rights.allowed(actor, "import.run", product),
        "tab": "all",
    }
    return show(request, "scoring/evidence.html", context, product=product, active="evidence")


def _segments(product: Product) -> list[str]:
    rows = Segment.objects.filter(product=product).order_by("name")
    return list(rows.values_list("name", flat=True)[:200])


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Evidence by hand, about an item, about a segment, or about nothing yet."""
    actor = Actor.of(request)
    product = product_for(actor, key, "signal.add")
    _number, rubric = rubric_in_force(product.pk)
    form = PlacedSignalForm(request.POST or None, kinds=kinds_of(rubric))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = dict(form.cleaned_data)
            item_key, source = values.pop("item"), text.one_line(values.pop("source"))
            try:
                item = item_of(actor, product, item_key) if item_key else None
                draft = Draft(item=item, source=source or "by hand", **values)
                stored = add_signals(actor=actor, product=product, drafts=[draft]).stored
                messages.success(request, _("The evidence is stored."))
                return go(request, reverse("signal", args=[product.key, stored[0].pk]))
            except Invalid as error:
                if error.code == "no_such_item":
                    form.add_error("item", error.detail)
                else:
                    into_form(form, error)
    context = {"form": form, "segments": _segments(product)}
    return show(
        request,
        "scoring/signal_new.html",
        context,
        product=product,
        active="evidence",
        status=status,
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One piece of evidence: what it says, what it is about, what was done to it. Sent, it is corrected."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    posted = request.method == "POST"
    signal = access.signal_in(actor, product, pk, "signal.add" if posted else "product.read")
    form = _correction(signal, request.POST if posted else None)
    status = 200
    if posted:
        status = 422
        if form.is_valid():
            values = dict(form.cleaned_data)
            version, reason = values.pop("version"), values.pop("reason")
            evidence.correct(
                actor=actor, signal=signal, values=values, version=version, reason=reason
            )
            _say(request, actor, product, _("The evidence is corrected."))
            return go(request, reverse("signal", args=[product.key, pk]))
    context = {
        **_about(actor, product, signal),
        "form": form,
    }
    return show(
        request, "scoring/signal.html", context, product=product, active="evidence", status=status
    )


def _correction(signal: Signal, data: Any) -> SignalForm:
    _number, rubric = rubric_in_force(signal.product_id)
    known = signal.kind in rubric.signal_kinds
    initial = {
        "kind": signal.kind if known else "",
        "other_kind": "" if known else signal.kind,
        "magnitude": signal.magnitude,
        "occurred_at": signal.occurred_at,
        "note": signal.note,
        "version": signal.version,
    }
    return CorrectionForm(data, kinds=kinds_of(rubric), initial=initial)


def _about(actor: Actor, product: Product, signal: Signal) -> dict[str, Any]:
    _number, rubric = rubric_in_force(product.pk)
    readers = [
        criterion
        for criterion in rubric.criteria
        if criterion.evidence and signal.kind in criterion.evidence.kinds
    ]
    if signal.item:
        signal.item.product = product
    now = timezone.now()
    age = max(0.0, (now - signal.occurred_at) / timedelta(days=1))
    return {
        "signal": signal,
        "readers": [
            {
                "criterion": each,
                "left": signal.magnitude * 2 ** (-age / each.evidence.half_life_days),
            }
            for each in readers
            if each.evidence
        ],
        "share": rubric.segment_share,
        "history": [history.entry(change) for change in selectors.history_of_signal(signal)],
        "segments": _segments(product),
        "may_change": rights.allowed(actor, "signal.add", product),
    }


@page
def attach(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Say what it is about."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    signal = access.signal_in(actor, product, pk, "signal.add")
    wanted = request.POST.get("item", "").strip()
    segment = text.one_line(request.POST.get("segment", ""))[:80]
    item = item_of(actor, product, wanted) if wanted else None
    evidence.attach(actor=actor, product=product, signals=[signal], item=item, segment=segment)
    said = (
        _("The evidence counts for %(key)s now.") % {"key": item.key}
        if item
        else _("The evidence counts for items of %(segment)s now.") % {"segment": segment}
        if segment
        else _("The evidence belongs to no item now.")
    )
    _say(request, actor, product, said)
    return go(request, reverse("signal", args=[product.key, pk]))


@page
def withdraw(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """It stops counting, and stays."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    signal = access.signal_in(actor, product, pk, "signal.add")
    evidence.withdraw(
        actor=actor, product=product, signals=[signal], reason=request.POST.get("reason", "")
    )
    _say(request, actor, product, _("The evidence no longer counts."))
    return go(request, reverse("signal", args=[product.key, pk]))


@page
def restore(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """It counts again."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    signal = access.signal_in(actor, product, pk, "signal.add")
    evidence.restore(actor=actor, signal=signal)
    _say(request, actor, product, _("The evidence counts again."))
    return go(request, reverse("signal", args=[product.key, pk]))


def _say(request: HttpRequest, actor: Actor, product: Product, words: str) -> None:
    """A toast with the undo of what was just done."""
    batch = evidence.last_act(actor, product)
    undo_url = reverse("evidence-undo", args=[product.key, batch]) if batch else ""
    messages.success(request, words, extra_tags=undo_url)


@page
def undo(request: HttpRequest, key: str, batch: uuid.UUID) -> HttpResponse:
    """Take back one act on evidence."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    item = groups.undo(actor=actor, product=product, batch=batch)
    if item is not None:
        messages.success(request, _("Undone: %(key)s is gone again.") % {"key": item.key})
        return go(request, reverse("evidence-groups", args=[product.key]))
    messages.success(request, _("Undone: the evidence is as before."))
    if wants_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return go(request, reverse("evidence", args=[product.key]))


@page
def stale(request: HttpRequest, key: str) -> HttpResponse:
    """What rests on old ratings or evidence, by queue: what age costs most first."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    now = timezone.now()
    queue = request.GET.get("queue", "")
    if queue and queue not in QueueKind.values:
        raise Invalid("There is no such queue.", code="bad_filter")
    kinds = [queue] if queue else list(QueueKind.values)
    rows = selectors.going_stale(product, now=now, within=SOON, kinds=kinds, size=201)
    context = {
        "rows": rows[:200],
        "more": len(rows) > 200,
        "now": now,
        "queue": queue,
        "queues": QueueKind.choices,
        "labels": dict(QueueKind.choices),
        "cost": sum(row.age_cost or 0.0 for row in rows[:200]),
        "said": ngettext("%(n)d item", "%(n)d items", len(rows[:200])) % {"n": len(rows[:200])},
        "tab": "stale",
    }
    return show(request, "scoring/evidence_stale.html", context, product=product, active="evidence")
