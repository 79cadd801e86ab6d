"""What recurs in each segment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from insights import patterns


@page
def segments(request: HttpRequest, key: str) -> HttpResponse:
    """Themes, trends, open items and satisfaction by segment, and what is wanted more and not planned."""
    product = product_for(Actor.of(request), key)
    now = timezone.now()
    found = patterns.patterns(product, now)
    context = {
        "patterns": found,
        "opened": any(row.openings for row in found),
        "weeks": patterns.WEEKS,
        "since": (now - patterns.MONTH).isoformat(timespec="seconds"),
        "before": (now - 2 * patterns.MONTH).isoformat(timespec="seconds"),
        "planned": ",".join(patterns.PLANNED),
    }
    return show(request, "insights/segments.html", context, product=product, active="insights")
