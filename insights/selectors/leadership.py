"""The leadership page's facts, read once for all who look within a minute."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.core.cache import cache

from accounts.models import Product
from backlog import late_change
from backlog.increment_reading import change_rows
from backlog.models import Change
from insights import leadership
from insights.figures import Flow, flow_figures, shares_since, window
from insights.selectors import reading
from insights.stock import midnight
from scoring.plans import Verdict, strategy_verdicts

WEEKS = 26
#: Also without a new change the figures move: time itself makes things late.
KEPT_SECONDS = 60
#: As many of the newest finished items are drawn as points.
POINTS = 400


@dataclass(frozen=True)
class Leadership:
    """All that the page says. ``titles``: id -> (title, owner) of the ageing items; ``ledger``: the newest first."""

    at: dt.datetime
    flow: Flow
    facts: leadership.Facts
    outcomes: reading.Outcomes
    echoes: list[reading.Echo]
    waiting: reading.Waiting
    guesses: reading.Guesses
    titles: dict[int, tuple[str, str]]
    ledger: tuple[Verdict, ...] = ()
    blocked: int = 0
    late_change: late_change.Report | None = None


def leadership_of(product: Product, *, now: dt.datetime) -> Leadership:
    """The facts of ``product``, at most a minute old and never older than its newest change.

    One query when they are known, else about a dozen, however many items there are.
    """
    key = f"insights.leadership.{product.pk}.{newest_change(product)}"
    known = cache.get(key)
    if isinstance(known, Leadership) and abs(now - known.at) < dt.timedelta(seconds=KEPT_SECONDS):
        return known
    found = read_leadership(product, now=now)
    cache.set(key, found, KEPT_SECONDS)
    return found


def newest_change(product: Product) -> int:
    """The id of the change that was logged last; 0 before the first. One query."""
    rows = Change.objects.filter(product=product).order_by("-at", "-id")
    return rows.values_list("id", flat=True).first() or 0


def read_leadership(product: Product, *, now: dt.datetime) -> Leadership:
    """Read and work out everything anew."""
    today = now.astimezone(dt.UTC).date()
    since = min(midnight(window(today, WEEKS)[0]), leadership.promises_since(now))
    found = reading.read(product, now=now, since=since)
    flow = flow_figures(found, today, WEEKS)
    facts = leadership.facts(found, flow)
    return Leadership(
        at=now,
        flow=flow,
        facts=facts,
        outcomes=reading.outcomes(product, leadership.PROACTIVE, leadership.promises_since(now)),
        echoes=reading.echoes(product, facts.fixes.watched, leadership.ECHO_DAYS),
        waiting=reading.open_reviews(product),
        guesses=reading.guesses(product),
        titles=reading.titles(each.pk for each in facts.ageing),
        ledger=strategy_verdicts(product),
        blocked=reading.blocked(product),
        late_change=late_change.report(change_rows(product), today, ZoneInfo("UTC")),
    )


def flow_of(product: Product, *, now: dt.datetime, last: dt.date, weeks: int) -> Flow:
    """The flow figures of the ``weeks`` up to the one that holds ``last``. Four queries, unless the page knows them."""
    if (last, weeks) == (now.astimezone(dt.UTC).date(), WEEKS):
        return leadership_of(product, now=now).flow
    since = min(midnight(window(last, weeks)[0]), shares_since(now))
    found = reading.read(product, now=now, since=since)
    return flow_figures(found, last, weeks)
