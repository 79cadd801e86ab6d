"""Working time: "so many working days ago" as an instant in somebody's working hours.

The studio's day runs from 9:00 to 17:30 in Berlin, Monday to Friday. Pure: now and randomness come from outside.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

STUDIO = ZoneInfo("Europe/Berlin")
OPENS = time(9)
HOURS = 8.5
_MONDAY = date(2001, 1, 1)
_EARLIEST, _LATEST = time(8, 30), time(18)


class Clock:
    """Counts working days back from ``now``."""

    def __init__(self, now: datetime, rng: random.Random) -> None:
        self.now = now
        self.last = now - timedelta(minutes=3)
        self._rng = rng
        self._end = _position(self.last)

    def back(self, days: float) -> datetime:
        """The instant ``days`` working days ago, to the minute."""
        return _instant(self._end - days)

    def at(self, days: float, zone: ZoneInfo, after: datetime | None = None) -> datetime:
        """Roughly ``days`` working days ago, in the working hours of ``zone``, later than ``after``, before now.

        Whole days are spread over the day around it; a fraction is meant as it stands.
        """
        spread = min(0.5, 0.5 * days) if float(days).is_integer() else min(0.02, 0.2 * days)
        found = self.back(max(0.0, days + self._rng.uniform(-spread, spread)))
        if after is not None:
            found = max(found, after + timedelta(minutes=self._rng.randint(3, 25)))
        return self.settle(found, zone, after)

    def settle(self, instant: datetime, zone: ZoneInfo, after: datetime | None = None) -> datetime:
        """``instant`` moved into the working hours of ``zone``, later than ``after``, before now."""
        found = self._into_hours(instant, zone)
        if found > self.last:
            found = self._before_now(zone)
            if after is not None and found <= after:
                found = after + (self.last - after) * self._rng.uniform(0.2, 0.5)
        return found + timedelta(seconds=self._rng.randint(0, 59))

    def day(self, days: float) -> date:
        """The calendar day so many calendar days from now (negative: ago)."""
        return (self.now.astimezone(STUDIO) + timedelta(days=days)).date()

    def end_of_day(self, days: float) -> datetime:
        """17:00 at the studio on that day, or on the Friday before where it falls on a weekend."""
        found = self.day(days)
        found -= timedelta(days=max(0, found.weekday() - 4))
        return datetime.combine(found, time(17), STUDIO).astimezone(UTC)

    def monday(self, weeks: int) -> date:
        """The Monday of the week that lies ``weeks`` from this one."""
        today = self.now.astimezone(STUDIO).date()
        return today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)

    def _into_hours(self, instant: datetime, zone: ZoneInfo) -> datetime:
        """The instant, or the next opening in that zone."""
        local = instant.astimezone(zone)
        if local.weekday() < 5 and _EARLIEST <= local.time() < _LATEST:
            return instant
        day = local.date() + timedelta(days=local.time() >= _LATEST)
        day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
        opened = datetime.combine(day, time(8, 35), zone)
        return (opened + timedelta(minutes=self._rng.randint(0, 80))).astimezone(UTC)

    def _before_now(self, zone: ZoneInfo) -> datetime:
        """The last working moment of that zone which has passed, give or take an hour."""
        local = self.last.astimezone(zone)
        if local.weekday() < 5 and _EARLIEST <= local.time() < _LATEST:
            return self.last - timedelta(minutes=self._rng.randint(0, 12))
        day = local.date() - timedelta(days=local.time() < _EARLIEST)
        day -= timedelta(days=max(0, day.weekday() - 4))
        closed = datetime.combine(day, time(17, 50), zone)
        return (closed - timedelta(minutes=self._rng.randint(0, 70))).astimezone(UTC)


def _position(instant: datetime) -> float:
    """Working days since the first Monday of 2001; outside working hours the last working moment counts."""
    local = instant.astimezone(STUDIO)
    weeks, weekday = divmod((local.date() - _MONDAY).days, 7)
    if weekday > 4:
        return weeks * 5 + 5 - 1e-6
    opened = datetime.combine(local.date(), OPENS, STUDIO)
    passed = (local - opened).total_seconds() / 3600 / HOURS
    return weeks * 5 + weekday + min(max(passed, 0.0), 1 - 1e-6)


def _instant(position: float) -> datetime:
    whole = int(position // 1)
    weeks, weekday = divmod(whole, 5)
    day = _MONDAY + timedelta(days=7 * weeks + weekday)
    opened = datetime.combine(day, OPENS, STUDIO)
    found = opened.astimezone(UTC) + timedelta(hours=HOURS * (position - whole))
    return found.replace(second=0, microsecond=0)
