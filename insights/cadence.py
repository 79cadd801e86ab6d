"""When a digest is due: once per local day or week of its reader, whatever their zone does to the clock.

Pure: zones and instants in, instants out. A time of day that the zone skips (a gap) gives the first valid minute after
it; one that comes twice gives its first occurrence; a day that a zone leaves out whole has no digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from insights.vocabulary import Cadence

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Schedule:
    """What somebody asked for. ``hour`` 0 … 23 on their clock; ``weekday`` 0 = Monday, read for weekly only."""

    zone: ZoneInfo
    cadence: str
    hour: int
    weekday: int


@dataclass(frozen=True)
class Slot:
    """A digest to come: the local day that it is for, and the instant (UTC) at which it is due."""

    day: date
    at: datetime


def zone_named(name: str) -> ZoneInfo:
    """The zone of that name; UTC when there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def next_due(zone: ZoneInfo, cadence: str, hour: int, weekday: int, after: datetime) -> datetime:
    """The first instant later than ``after`` at which a digest is due. ``cadence`` is daily or weekly."""
    return next_slot(Schedule(zone, cadence, hour, weekday), after).at


def next_slot(schedule: Schedule, after: datetime) -> Slot:
    """The first slot later than ``after``."""
    first = after.astimezone(schedule.zone).date() - _DAY
    return next(slot for slot in _slots(schedule, first) if slot.at > after)


def slot_following(schedule: Schedule, day: date) -> Slot:
    """The slot of the first period after the one that holds ``day``, be its instant past or to come.

    So somebody who changes their zone gets one digest for each local day: the day counts, not the hours between.
    """
    known = period(schedule.cadence, day)
    return next(
        slot for slot in _slots(schedule, day) if period(schedule.cadence, slot.day) > known
    )


def newest_slot(schedule: Schedule, first: Slot, now: datetime) -> Slot:
    """The last slot from ``first`` on that is due at ``now``: after a standstill one digest catches up, not many.

    (A move over the date line by more than a day makes two days due at once; they too become one.)
    """
    newest = first
    while (later := slot_following(schedule, newest.day)).at <= now:
        newest = later
    return newest


def period(cadence: str, day: date) -> str:
    """The key of the period that holds ``day``: ``2026-10-05``, or ``2026-W41`` by ISO 8601. Later ones sort later."""
    if cadence == Cadence.DAILY:
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def length(cadence: str) -> timedelta:
    """How long a period is, on paper."""
    return timedelta(days=1 if cadence == Cadence.DAILY else 7)


def instant_of(zone: ZoneInfo, day: date, wall: time) -> datetime | None:
    """The instant (UTC) at which clocks in ``zone`` first show ``wall`` on ``day``; in a gap, the end of the gap.

    None when the zone has no such day. A time that does not exist raises nothing in Python; it shows in that the way
    there and back does not return to it.
    """
    local = datetime.combine(day, wall, tzinfo=zone)
    found = local.astimezone(UTC)
    back = found.astimezone(zone)
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        found = _end_of_gap(local)
        last = (found - timedelta(seconds=1)).astimezone(zone)
        if last.date() < day < found.astimezone(zone).date():
            return None
    return found


def _end_of_gap(local: datetime) -> datetime:
    """The instant at which the offset changes round a time that does not exist.

    Read with the offset after the change (fold 1) it lies before it, with the one before (fold 0) behind it.
    """
    zone = local.tzinfo
    before = local.replace(fold=1).astimezone(UTC)
    behind = local.replace(fold=0).astimezone(UTC)
    old = before.astimezone(zone).utcoffset()
    while behind - before > timedelta(seconds=1):
        middle = before + (behind - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            behind = middle
    return behind


def _slots(schedule: Schedule, first: date) -> Iterator[Slot]:
    """The slots from the day ``first`` on."""
    wall = time(schedule.hour)
    day = first
    while True:
        if schedule.cadence == Cadence.DAILY or day.weekday() == schedule.weekday:
            at = instant_of(schedule.zone, day, wall)
            if at is not None:
                yield Slot(day, at)
        day += _DAY
