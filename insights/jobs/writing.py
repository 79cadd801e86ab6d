"""The desk at which a sweep writes: what readers share is read and written once for all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone, translation

from accounts import rights
from accounts.models import Product
from backlog.jobs.seals import seal_product
from insights.cadence import zone_named
from insights.digest import Content, Shared, compose, period_of, shared
from insights.mail import Written, write
from insights.models import Digest, DigestPreference
from insights.selectors.news import Asked, ProductNews, asked_of, product_news
from insights.vocabulary import Cadence

#: News older than this are read again.
FRESH_SECONDS = 60.0


@dataclass(frozen=True)
class Draft:
    """A digest's content and the window that it covers; see :class:`insights.models.Digest`."""

    content: Content
    written: Written
    window_from: datetime
    window_to: datetime
    after: int
    through: int


@dataclass
class _Read:
    """A product's news, and what was made from them by (position, cadence, zone, language)."""

    news: ProductNews
    read_at: float
    shared: dict[tuple[int, str, str, str], tuple[Shared, Written]]


class Desk:
    """Lives as long as a sweep. Not for two threads at once. ``receiving``: roles that may, by product id."""

    def __init__(self) -> None:
        self.receiving: dict[int, list[str]] = {}
        self._products: dict[int, _Read] = {}
        self._preferences: dict[tuple[int, int], DigestPreference] = {}
        self._asked: dict[tuple[int, int], Asked] = {}

    def lay_out(self, digests: Sequence[Digest], now: datetime) -> None:
        """Read what these digests need, product by product. Queries grow with products, not with readers."""
        self._preferences.clear()
        self._asked.clear()
        by_product: dict[int, list[Digest]] = {}
        for digest in digests:
            by_product.setdefault(digest.product_id, []).append(digest)
        for product_id, group in by_product.items():
            users = {digest.user_id for digest in group}
            wishes = DigestPreference.objects.filter(product=product_id, user__in=users).exclude(
                cadence=Cadence.OFF
            )
            found = list(wishes.select_related("user", "product"))
            if not found:
                continue
            product = found[0].product
            self.receiving[product_id] = rights.holders("digest.receive", product)
            for digest in group:
                digest.product = product
            for preference in found:
                preference.product = product
                self._preferences[preference.user_id, product_id] = preference
            self._read(product, min(each.covered_through for each in found), now)
            since = min(each.covered_until for each in found)
            for user_id, asked in asked_of(product, users, now=now, since=since).items():
                self._asked[user_id, product_id] = asked

    def preference_of(self, digest: Digest) -> DigestPreference | None:
        """The wish behind a digest that was laid out; None when there is none (any more)."""
        return self._preferences.get((digest.user_id, digest.product_id))

    def write(self, digest: Digest, preference: DigestPreference) -> Draft:
        """Write a digest that was laid out, in its reader's zone and language."""
        read = self._products[digest.product_id]
        zone, language = zone_named(preference.user.time_zone), language_of(preference)
        key = (preference.covered_through, preference.cadence, str(zone), language)
        period = period_of(preference.cadence)
        with timezone.override(zone), translation.override(language):
            if key not in read.shared:
                common = shared(
                    read.news,
                    position=preference.covered_through,
                    window_from=preference.covered_until,
                    period=period,
                )
                read.shared[key] = (common, write(common.sections, base=settings.SITE_URL))
            common, written = read.shared[key]
            asked = self._asked.get((digest.user_id, digest.product_id), Asked())
            return _draft(read.news, common, written, asked, preference, period)

    def _read(self, product: Product, after: int, now: datetime) -> None:
        known = self._products.get(product.pk)
        fresh = known is not None and time.monotonic() - known.read_at < FRESH_SECONDS
        if known is None or not fresh or known.news.after > after or known.news.now > now:
            seal_product(product.pk)
            first = min(after, known.news.after) if known else after
            news = product_news(product, now=now, after=first)
            self._products[product.pk] = _Read(news, time.monotonic(), {})


def _draft(
    news: ProductNews,
    common: Shared,
    written: Written,
    asked: Asked,
    preference: DigestPreference,
    period: timedelta,
) -> Draft:
    content = compose(news, common, asked, window_from=preference.covered_until, period=period)
    personal = write(content.sections[len(common.sections) :], base=settings.SITE_URL)
    return Draft(
        content=content,
        written=Written({**written.html, **personal.html}, {**written.text, **personal.text}),
        window_from=preference.covered_until,
        window_to=news.now,
        after=preference.covered_through,
        through=max(news.through, preference.covered_through),
    )


def language_of(preference: DigestPreference) -> str:
    """The reader's language, else the installation's."""
    chosen = preference.user.language
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
