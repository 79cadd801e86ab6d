"""The leadership page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from insights import charts
from insights.answers import answers, late_changes
from insights.selectors.leadership import leadership_of


@page
def insights(request: HttpRequest, key: str) -> HttpResponse:
    """Five questions, each with a number, a trend and the items behind it; below, the figures. For every role alike."""
    product = product_for(Actor.of(request), key)
    found = leadership_of(product, now=timezone.now())
    context = {
        "answers": answers(product.key, found),
        "late_change": late_changes(product.key, found),
        "tiles": charts.tiles(found, product.key),
        "charts": charts.charts(found, product.key),
        "durations": charts.durations(found.flow),
        "heats": charts.heat(found),
        "ageing": charts.ageing(found, product.key),
        "weeks": len(found.flow.weeks),
        "at": found.at,
        "empty": not any(week.open or week.finished for week in found.flow.weeks),
    }
    return show(request, "insights/leadership.html", context, product=product, active="insights")
