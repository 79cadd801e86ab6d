"""The decision log, its download, recording and superseding; the trace of an item and of a queue."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show
from accounts.roles import ACTIONS
from backlog import access, decision_log
from backlog.filters import DecisionFilter, decisions_filtered
from backlog.forms import DecisionForm
from backlog.models import Decision
from backlog.services import decisions
from backlog.vocabulary import QueueKind
from core.errors import Invalid
from core.exporting import csv_answer
from core.filters import asked_of
from core.htmx import go
from core.markdown import render_cached

OPTION_ROWS = 3


@page
def decision_list(request: HttpRequest, key: str) -> HttpResponse:
    """What was decided, the newest first, by the filters that the API has too."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query, begins = _query(request)
    found, cursor = decision_log.decision_page(
        decisions_filtered(access.decisions_in(actor, product), query),
        cursor=begins,
    )
    context = {
        "decisions": found,
        "next_url": "?" + urlencode({**query, "cursor": cursor}) if cursor else "",
        "first_page": begins is None,
        "query": query,
        "filtered": bool(query),
        "kinds": Decision.Kind.choices,
        "people": access.members(product),
        "export_url": f"{reverse('decisions-export', args=[product.key])}?{urlencode(query)}",
        "may_record": rights.allowed(actor, "decision.record", product),
        "waiting": decision_log.requests_for(actor, product),
        "own": decision_log.requests_of(actor, product),
        "queues": QueueKind.choices,
    }
    return show(request, "backlog/decisions.html", context, product=product, active="decisions")


def _query(request: HttpRequest) -> tuple[dict[str, str], str | None]:
    """The filters that were set, and the cursor."""
    query = asked_of(request.GET, {*DecisionFilter.base_filters, "cursor"})
    cursor = query.pop("cursor", None)
    return query, cursor


@page
def decision_export(request: HttpRequest, key: str) -> HttpResponse:
    """The filtered log as CSV, oldest first."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    rows = decisions_filtered(access.decisions_in(actor, product), _query(request)[0])
    rows = rows.order_by("decided_at", "pk").prefetch_related("items")
    header = ["decision", "kind", "decided_at", "decided_by", "right", "title", "context"]
    header += ["options", "chosen", "rationale", "evidence", "items", "supersedes", "superseded_by"]
    answer: HttpResponseBase = csv_answer(
        f"{product.key}-decisions",
        header,
        (_line(product, row) for row in rows.iterator(chunk_size=500)),
    )
    return answer  # type: ignore[return-value]  # a stream is an answer too


def _line(product: Product, row: Decision) -> list[Any]:
    after = decision_log.successor(row)
    return [
        row.key,
        row.get_kind_display(),
        row.decided_at,
        str(row.decided_by or ""),
        row.right,
        row.title,
        row.context,
        "\n".join(each["title"] for each in row.options),
        "\n".join(each["title"] for each in row.options if each["chosen"]),
        row.rationale,
        "\n".join(f"{each['label']} {each['url']}" for each in row.evidence),
        " ".join(f"{product.key}-{item.number}" for item in row.items.all()),
        row.supersedes.key if row.supersedes else "",
        after.key if after else "",
    ]


@page
def decision(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One decision, whole."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = access.decision_for(actor, product, number)
    words = ACTIONS.get(found.right)
    context = {
        "decision": found,
        "successor": decision_log.successor(found),
        "context_html": render_cached(found.context),
        "rationale_html": render_cached(found.rationale),
        "options": [{**each, "html": render_cached(each["note"])} for each in found.options],
        "items": found.items.select_related("product", "queue").order_by("number"),
        "right_words": words[0] if words else "",
        "may_record": rights.allowed(actor, "decision.record", product),
    }
    return show(request, "backlog/decision.html", context, product=product, active="decisions")


@page
def decision_new(request: HttpRequest, key: str, number: int | None = None) -> HttpResponse:
    """Record a decision; with ``number``, the one that takes that one's place."""
    actor = Actor.of(request)
    product = product_for(actor, key, "decision.record")
    before = access.decision_for(actor, product, number) if number is not None else None
    initial = {"items": request.GET.get("items", "")[:500]}
    if before is not None:
        named = before.items.order_by("number").values_list("number", flat=True)
        initial["items"] = " ".join(f"{product.key}-{each}" for each in named)
    form = DecisionForm(request.POST or None, kinds=decisions.BY_HAND, initial=initial)
    options = _options(request)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = decisions.decide(
                    actor=actor,
                    product=product,
                    draft=_draft(actor, product, form, options),
                    supersedes=before,
                    reverses=request.POST.get("reverses") == "yes",
                )
            except Invalid as error:
                into_form(form, error)
            else:
                messages.success(request, f"{made.key} is recorded.")
                return go(request, reverse("decision", args=[product.key, made.number]))
    context = {
        "form": form,
        "before": before,
        "options": options,
        "reverses": request.POST.get("reverses") == "yes",
    }
    return show(
        request,
        "backlog/decision_form.html",
        context,
        product=product,
        active="decisions",
        status=status,
    )


def _options(request: HttpRequest) -> list[dict[str, Any]]:
    """Rows of options as they were sent, with empty ones to fill in."""
    titles, notes = request.POST.getlist("option"), request.POST.getlist("note")
    chosen = request.POST.get("chosen", "")
    rows = [
        {"title": title, "note": note, "chosen": chosen == str(place)}
        for place, (title, note) in enumerate(zip(titles, notes, strict=False))
    ][:20]
    while len(rows) < OPTION_ROWS or rows[-1]["title"]:
        rows.append({"title": "", "note": "", "chosen": False})
    return rows


def _draft(
    actor: Actor, product: Product, form: DecisionForm, options: list[dict[str, Any]]
) -> decisions.Draft:
    data = form.cleaned_data
    filled = [row for row in options if row["title"].strip() or row["note"].strip()]
    chosen = next((place for place, row in enumerate(filled) if row["chosen"]), None)
    keys = data["items"].replace(",", " ").split()
    return decisions.Draft(
        title=data["title"],
        kind=data["kind"],
        context=data["context"],
        rationale=data["rationale"],
        options=[(row["title"], row["note"]) for row in filled],
        chosen=chosen,
        evidence=data["evidence"],
        items=list(access.items_of(actor, product, keys).values()) if keys else [],
    )


@page
def item_trace(request: HttpRequest, key: str) -> HttpResponse:
    """The reading path of an item: what happened, in order, with the reasons."""
    actor = Actor.of(request)
    item = access.item_for(actor, key)
    context = {
        "item": item,
        "heading": f"How {item.key} came here",
        "subject": item.title,
        "back_url": reverse("item", args=[item.key]),
        "trace": decision_log.item_trace(item),
    }
    return show(request, "backlog/trace.html", context, product=item.product, active="decisions")


@page
def queue_trace(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """The reading path of a queue: its definition, the rubric, plans, and what was decided."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    queue = access.queue_for(product, kind)
    context = {
        "queue": queue,
        "heading": f"How {queue.name.lower()} came to be as it is",
        "subject": queue.definition,
        "back_url": f"{reverse('backlog', args=[product.key])}?open=true&queue={queue.kind}",
        "trace": decision_log.queue_trace(queue),
    }
    return show(request, "backlog/trace.html", context, product=product, active="decisions")
