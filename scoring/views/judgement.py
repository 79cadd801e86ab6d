"""Judgements of a product: what runs, what waits for a verdict, what became of the others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import page, show
from backlog.vocabulary import QueueKind
from scoring import judgement as reads
from scoring import selectors
from scoring.filters import adjustments_filtered
from scoring.models import Adjustment
from scoring.panels import STATE_WORDS, adjustment_rows

_TABS = {"running": "Running", "waiting": "Waiting for a verdict", "judged": "Judged"}
_TABS |= {"withdrawn": "Ended before", "": "All"}


@page
def judgement(request: HttpRequest, key: str) -> HttpResponse:
    """A page of adjustments by where they stand, and how often they held by person and queue."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    now = timezone.now()
    asked = request.GET.dict()
    query = {name: value for name, value in asked.items() if name != "cursor" and value}
    if "state" not in request.GET:
        query["state"] = "waiting" if _any_waiting(product) else "running"
    rows = adjustments_filtered(Adjustment.objects.filter(product=product), query, now=now)
    found, cursor = selectors.judgements(rows, cursor=request.GET.get("cursor"))
    rates = reads.rates(product)
    context: dict[str, Any] = {
        "rows": adjustment_rows(actor, product, found, now),
        "next_url": f"?{urlencode({**query, 'cursor': cursor})}" if cursor else "",
        "state": query.get("state", ""),
        "tabs": [
            {
                "label": label,
                "url": f"?{urlencode({**query, 'state': state})}",
                "active": state == query.get("state", ""),
            }
            for state, label in _TABS.items()
        ],
        "query": query,
        "here": f"{request.path}?{urlencode(query)}",
        "queues": QueueKind.choices,
        "people": selectors.judging_people(product),
        "rates": rates,
        "person_rates": sorted(
            ((rates.names.get(pk, "Ballast"), rate) for pk, rate in rates.people.items()),
            key=lambda each: (-each[1].told, each[0]),
        ),
        "queue_rates": [
            (kind, label, rates.queues[kind])
            for kind, label in QueueKind.choices
            if kind in rates.queues
        ],
        "filters_set": bool(query.keys() & {"person", "queue", "verdict"}),
        "words": STATE_WORDS,
    }
    return show(request, "scoring/judgement.html", context, product=product, active="judgement")


def _any_waiting(product: Product) -> bool:
    waiting = reads.standing("waiting", timezone.now())
    return Adjustment.objects.filter(waiting, product=product).exists()
