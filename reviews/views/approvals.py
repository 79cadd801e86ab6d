"""The approvals of a product as records: the list, and the same as a file."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from core.exporting import csv_answer
from core.filters import asked_of
from reviews import access, selectors, tables
from reviews.filters import ApprovalFilter, approvals_filtered
from reviews.models import Layer
from reviews.services.approvals import part_words
from reviews.vocabulary import ApprovalState

PAGE_SIZE = 50


@page
@require_safe
def approval_list(request: HttpRequest, key: str) -> HttpResponse:
    """Every approval of the product, the newest first, with filters."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = _query(request)
    found = selectors.approval_page(
        approvals_filtered(access.approvals_in(actor, product), query),
        cursor=request.GET.get("cursor"),
        size=PAGE_SIZE,
    )
    context = {
        "rows": [
            {
                "approval": row,
                "given_by": said,
                "changed": part_words(row.version.kind, row.voided_parts),
            }
            for row, said in found.rows
        ],
        "query": query,
        "chips": [
            {"name": name, "value": value, "url": _url({**query, name: ""})}
            for name, value in query.items()
        ],
        "next_url": _url({**query, "cursor": found.cursor}) if found.cursor else None,
        "export_url": f"{reverse('approvals-export', args=[key])}{_url(query)}",
        "layers": list(Layer.objects.filter(product=product).order_by("position", "pk")),
        "states": ApprovalState.choices,
    }
    return show(request, "reviews/approvals.html", context, product=product, active="reviews")


@page
@require_safe
def export(request: HttpRequest, key: str) -> HttpResponse:
    """The same list as CSV, whole."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    rows = approvals_filtered(access.approvals_in(actor, product), _query(request))
    answer: HttpResponseBase = csv_answer(
        f"{product.key}-approvals", tables.HEAD, tables.lines(rows)
    )
    return answer  # type: ignore[return-value]  # a stream is an answer too


def _query(request: HttpRequest) -> dict[str, str]:
    asked = asked_of(request.GET, {*ApprovalFilter.base_filters, "cursor"})
    return {name: value for name, value in asked.items() if name != "cursor"}


def _url(query: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in query.items() if value})
