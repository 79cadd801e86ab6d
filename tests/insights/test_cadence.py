"""When digests are due, in every zone: one for each local day or week, at its hour or right after a gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.cadence import (
    Schedule,
    Slot,
    instant_of,
    newest_slot,
    next_due,
    next_slot,
    period,
    slot_following,
)

BERLIN = ZoneInfo("Europe/Berlin")
#: Half-hour changes, gaps at midnight, winter time in summer, offsets of 45 minutes, both ends of the date line.
ODD = (
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/St_Johns",
    "Asia/Beirut",
    "America/Santiago",
    "UTC",
)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})
WALLS = (time(0), time(2, 30), time(23, 59))
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# --- One instant ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        ("Europe/Berlin", "2026-01-15", "08:00", "2026-01-15T08:00+01:00"),
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T03:00+02:00"),  # the gap ends at 3
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T02:30+02:00"),  # the first of two
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:30+11:00"),  # half an hour
        ("America/Havana", "2026-03-08", "00:00", "2026-03-08T01:00-04:00"),  # no midnight
        ("America/Havana", "2026-11-01", "00:30", "2026-11-01T00:30-04:00"),
        ("Asia/Kathmandu", "2026-07-01", "23:59", "2026-07-01T23:59+05:45"),
        ("Pacific/Chatham", "2026-09-27", "03:00", "2026-09-27T03:45+13:45"),
        (
            "America/Nuuk",
            "2026-03-28",
            "23:00",
            "2026-03-29T00:00-01:00",
        ),  # the gap ends at midnight
    ],
)
def test_a_time_of_day_is_its_first_occurrence_or_the_end_of_the_gap(
    zone: str, day: str, wall: str, expected: str
) -> None:
    found = instant_of(ZoneInfo(zone), date.fromisoformat(day), time.fromisoformat(wall))
    assert found == at(expected)


def test_a_day_that_a_zone_leaves_out_has_no_instant() -> None:
    """Samoa went over the date line: the 30th of December 2011 was never there."""
    apia = ZoneInfo("Pacific/Apia")
    assert instant_of(apia, date(2011, 12, 30), time(8)) is None
    daily = Schedule(apia, "daily", 8, 0)
    assert slot_following(daily, date(2011, 12, 29)).day == date(2011, 12, 31)


def slow_instant(zone: ZoneInfo, day: date, wall: time) -> datetime:
    """Every minute from two days before on: the first that the clock shows as ``wall`` or later on that ``day``."""
    wanted = datetime.combine(day, wall)
    moment = datetime.combine(day, wall, tzinfo=UTC) - timedelta(hours=16)
    while True:
        shown = moment.astimezone(zone).replace(tzinfo=None)
        if shown >= wanted:
            return moment
        moment += timedelta(minutes=1)


@pytest.mark.parametrize("zone", ODD)
def test_instants_round_every_change_of_the_clock_agree_with_watching_it(zone: str) -> None:
    info = ZoneInfo(zone)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    noon = [datetime.combine(day, time(12), tzinfo=info).utcoffset() for day in days]
    changes = [
        day for day, before, after in zip(days[1:], noon, noon[1:], strict=False) if before != after
    ]
    for day in (*changes, date(2026, 6, 15)):
        for wall in (*WALLS, time(0, 30), time(2), time(2, 15), time(3)):
            assert instant_of(info, day, wall) == slow_instant(info, day, wall), (zone, day, wall)


def check_two_years(zone: str) -> None:
    """At each wall time one instant for each local day, at that time or later only by a gap, in ascending order."""
    info = ZoneInfo(zone)
    for wall in WALLS:
        before = datetime.min.replace(tzinfo=UTC)
        day = FIRST
        while day <= LAST:
            found = instant_of(info, day, wall)
            assert found is not None
            assert found > before
            shown = found.astimezone(info)
            if shown.time().replace(tzinfo=None) != wall:
                minute_before = (found - timedelta(minutes=1)).astimezone(info).replace(tzinfo=None)
                assert minute_before < datetime.combine(day, wall) < shown.replace(tzinfo=None)
            earlier = (found - timedelta(minutes=30)).astimezone(info)
            assert earlier.replace(tzinfo=None) != datetime.combine(day, wall)
            before = found
            day += timedelta(days=1)


@pytest.mark.parametrize("zone", ODD)
def test_an_odd_zone_gives_one_instant_a_day(zone: str) -> None:
    check_two_years(zone)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_every_zone_gives_one_instant_a_day(part: int) -> None:
    for zone in ZONES[part::8]:
        check_two_years(zone)


# --- What comes next -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cadence", "hour", "weekday", "after", "expected"),
    [
        ("daily", 8, 0, "2026-03-10T07:59+01:00", "2026-03-10T08:00+01:00"),
        ("daily", 8, 0, "2026-03-10T08:00+01:00", "2026-03-11T08:00+01:00"),
        ("daily", 2, 0, "2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),
        ("daily", 2, 0, "2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"),
        ("daily", 2, 0, "2026-10-25T02:00+02:00", "2026-10-26T02:00+01:00"),  # not at the second 2
        ("weekly", 8, 0, "2026-03-10T08:00+01:00", "2026-03-16T08:00+01:00"),
        ("weekly", 8, 4, "2026-03-10T08:00+01:00", "2026-03-13T08:00+01:00"),
    ],
)
def test_the_next_due_instant_in_berlin(
    cadence: str, hour: int, weekday: int, after: str, expected: str
) -> None:
    assert next_due(BERLIN, cadence, hour, weekday, at(after)) == at(expected)


@given(
    st.sampled_from(ODD),
    st.sampled_from(["daily", "weekly"]),
    st.integers(0, 23),
    st.integers(0, 6),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
)
def test_the_next_slot_is_the_first_of_all_later_ones(
    zone: str, cadence: str, hour: int, weekday: int, after: datetime
) -> None:
    schedule = Schedule(ZoneInfo(zone), cadence, hour, weekday)
    found = next_slot(schedule, after)
    assert found.at > after
    if cadence == "weekly":
        assert found.day.weekday() == weekday
    days = [found.day - timedelta(days=n) for n in range(1, 10)]
    earlier = [
        instant_of(schedule.zone, each, time(hour))
        for each in days
        if cadence == "daily" or each.weekday() == weekday
    ]
    assert all(each is None or each <= after for each in earlier)


def test_periods_sort_by_time_also_over_the_turn_of_the_year() -> None:
    days = [date(2025, 12, 20) + timedelta(days=n) for n in range(30)]
    for cadence in ("daily", "weekly"):
        keys = [period(cadence, each) for each in days]
        assert keys == sorted(keys)
    assert period("weekly", date(2025, 12, 31)) == "2026-W01"


def test_after_a_standstill_one_digest_catches_up() -> None:
    daily = Schedule(BERLIN, "daily", 8, 0)
    first = next_slot(daily, at("2026-03-01T00:00+01:00"))
    assert newest_slot(daily, first, at("2026-03-05T09:00+01:00")).day == date(2026, 3, 5)
    assert newest_slot(daily, first, at("2026-03-05T07:00+01:00")).day == date(2026, 3, 4)
    assert newest_slot(daily, first, first.at) == first


def received(zones: list[tuple[datetime, str]], hour: int, until: datetime) -> list[date]:
    """The local days for which somebody gets a daily digest who lives in each zone from its instant on.

    As the sweep goes about it, every half hour: the period after the last one, the newest that is due.
    """
    moment, last = zones[0][0], None
    slot: Slot | None = None
    living = ""
    days: list[date] = []
    while moment < until:
        zone = next(name for since, name in reversed(zones) if since <= moment)
        schedule = Schedule(ZoneInfo(zone), "daily", hour, 0)
        if slot is None or zone != living:
            slot = next_slot(schedule, moment) if last is None else slot_following(schedule, last)
            living = zone
        if slot.at <= moment:
            last = newest_slot(schedule, slot, moment).day
            days.append(last)
            slot = slot_following(schedule, last)
        moment += timedelta(minutes=30)
    return days


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Pacific/Kiritimati", "Pacific/Pago_Pago"),
        ("Pacific/Honolulu", "Pacific/Auckland"),
        ("America/New_York", "Asia/Tokyo"),
        ("Asia/Tokyo", "America/New_York"),
    ],
)
@pytest.mark.parametrize("hour", [0, 8, 23])
def test_a_change_of_zone_gives_no_day_twice_and_leaves_none_out(
    old: str, new: str, hour: int
) -> None:
    start = at("2026-05-01T00:00+00:00")
    for moved_after in range(48, 73):
        moved = start + timedelta(hours=moved_after)
        days = received([(start, old), (moved, new)], hour, start + timedelta(days=7))
        assert len(days) > 4
        assert days == [days[0] + timedelta(days=n) for n in range(len(days))], moved_after


def test_a_jump_of_more_than_a_day_over_the_date_line_folds_the_two_days_that_are_due_at_once() -> (
    None
):
    """From eleven hours behind UTC to fourteen ahead of it, two days can fall due in the same moment."""
    start = at("2026-05-01T00:00+00:00")
    zones = [(start, "Pacific/Pago_Pago"), (start + timedelta(hours=42), "Pacific/Kiritimati")]
    days = received(zones, 8, start + timedelta(days=7))
    steps = [(later - earlier).days for earlier, later in zip(days, days[1:], strict=False)]
    assert sorted(steps) == [1] * (len(steps) - 1) + [2]
