"""What a person's digest would say if it came now. Writes nothing: changes need not be sealed yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Product, User
from insights import cadence
from insights.digest import Content, compose, shared
from insights.models import DigestPreference
from insights.selectors.news import asked_of, position_at, product_news
from insights.vocabulary import Cadence


@dataclass(frozen=True)
class Preview:
    """``since``: where its window begins, a whole period back at least, so that there is something to look at."""

    product: Product
    content: Content
    since: datetime


def preview(
    person: User, product: Product, preference: DigestPreference | None, *, now: datetime
) -> Preview:
    """In the current time zone. About three dozen queries, whatever the size of the product."""
    running = preference is not None and preference.cadence != Cadence.OFF
    period = cadence.length(preference.cadence if preference and running else Cadence.WEEKLY)
    since = now - period
    if preference is not None and running and preference.covered_until <= since:
        since, after = preference.covered_until, preference.covered_through
    else:
        after = position_at(product, since)
    news = product_news(product, now=now, after=after, unsealed_since=since)
    asked = asked_of(product, [person.pk], now=now, since=since)[person.pk]
    common = shared(news, position=after, window_from=since, period=period)
    return Preview(product, compose(news, common, asked, window_from=since, period=period), since)
