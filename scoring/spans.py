"""Two instants as people write them: a day, or an instant to the second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from core.errors import Invalid

WEEK = timedelta(days=7)


def span(
    query: Mapping[str, str], *, now: datetime, earliest: datetime | None = None
) -> tuple[datetime, datetime]:
    """``from`` and ``to`` of a query: by default the week up to ``now``, which is also the latest there is.

    A day means its beginning as ``from`` and its end as ``to``, in the zone that is active. ``earliest``: the default
    does not go before it. Raises Invalid.
    """
    until = _instant(query, "to", end=True) or now
    until = min(until, now)
    since = _instant(query, "from", end=False)
    if since is None:
        since = max(until - WEEK, earliest) if earliest and earliest < until else until - WEEK
    if since >= until:
        raise Invalid(
            "The first instant has to lie before the second, and in the past.",
            fields={"from": ["Choose an earlier day."]},
        )
    return since, until


def _instant(query: Mapping[str, str], name: str, *, end: bool) -> datetime | None:
    raw = query.get(name, "").strip()
    if not raw:
        return None
    try:
        day = parse_date(raw) if len(raw) <= len("2026-05-04") else None
        found = None if day else parse_datetime(raw.replace(" ", "+") if "T" in raw else raw)
    except ValueError:
        found, day = None, None
    if found is not None and timezone.is_naive(found):
        found = timezone.make_aware(found)
    if found is None and day is not None and 1970 < day.year < 2300:
        found = _day(day, end)
    if found is None or not 1970 < found.year < 2300:
        raise Invalid(
            "This is no day and no instant.",
            fields={name: ["Write a day as 2026-05-04, or an instant as 2026-05-04T09:30:00Z."]},
        )
    return found


def _day(day: date, end: bool) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=end), time.min))
