"""Flow figures: by hand, against slow references, and against figures that others published."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights import flow
from tests.shared_data import shared

UTC = dt.UTC
CODES = flow.StateCodes(triage=0, accepted=1, in_progress=2, parked=4, done=3, declined=5)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def rows(*path: str) -> list[dict[str, str]]:
    with shared(*path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- By hand -------------------------------------------------------------------------------------


def test_a_day_is_the_date_in_utc_whatever_the_zone() -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    late = dt.datetime(2026, 3, 2, 1, 0, tzinfo=tokyo)
    assert flow.as_days([late, day("2026-03-01"), None]).tolist() == [
        day("2026-03-01"),
        day("2026-03-01"),
        None,
    ]


def test_spans_leave_out_what_is_unknown_or_runs_backwards_and_say_how_many() -> None:
    start = flow.as_days([day("2026-03-01"), day("2026-03-01"), day("2026-03-05"), None])
    end = flow.as_days([day("2026-03-01"), day("2026-03-08"), day("2026-03-04"), day("2026-03-04")])
    found = flow.spans(start, end)
    assert found.days.tolist() == [0, 7]
    assert (found.missing, found.reversed) == (1, 1)


def test_percentiles_by_both_definitions() -> None:
    values = np.array([15.0, 20, 35, 40, 50])
    assert flow.percentiles(values, (40,)) == {40: pytest.approx(29)}
    nearest = flow.percentiles(values, (5, 30, 40, 50, 100), method="nearest")
    assert nearest == {5: 15, 30: 20, 40: 20, 50: 35, 100: 50}
    assert flow.percentiles(np.array([])) is None
    with pytest.raises(ValueError, match="linear or nearest"):
        flow.percentiles(values, method="median")


def test_a_nearest_percentile_does_not_suffer_from_binary_fractions() -> None:
    """0.07 · 100 is 7.000000000000001 in floats: the seventh value, not the eighth."""
    values = np.arange(1, 101, dtype=float)
    assert flow.percentiles(values, range(1, 101), method="nearest") == {
        n: n for n in range(1, 101)
    }


def test_weeks_are_named_by_iso_8601_over_the_turn_of_the_year() -> None:
    firsts = flow.iso_weeks(day("2021-01-03"), 2)
    assert [flow.week_name(each) for each in firsts] == ["2020-W52", "2020-W53"]
    assert flow.iso_weeks(day("2021-01-04"), 1) == [day("2021-01-04")]


def test_sums_of_a_week_take_unknown_amounts_as_nothing() -> None:
    days = flow.as_days([day("2026-03-02"), day("2026-03-08"), day("2026-03-09"), None])
    amounts = np.array([3.0, np.nan, 5.0, 100.0])
    assert flow.sums_per_week(days, amounts, flow.iso_weeks(day("2026-03-09"), 2)) == [3.0, 5.0]


def test_shares_add_up_to_one_or_are_not_there() -> None:
    assert flow.shares([1, 3]) == [0.25, 0.75]
    assert flow.shares([0, 0]) is None


def instant(text: str) -> np.datetime64:
    return np.datetime64(text, "us")


def stock(*items: dict[str, Any]) -> flow.Stock:
    def column(name: str) -> flow.Instants:
        return np.array([item.get(name) for item in items], dtype="datetime64[us]")

    return flow.Stock(
        state=np.array([item["state"] for item in items]),
        queue=np.array([item.get("queue", 0) for item in items]),
        created=column("created"),
        accepted=column("accepted"),
        started=column("started"),
        closed=column("closed"),
        logged_since=column("logged"),
    )


def stood(found: flow.Stock, moves: list[flow.Move], *ends: str) -> list[list[tuple[int, int]]]:
    """(state, queue) of each item counted, for each of ``ends``."""
    at = np.array(ends, dtype="datetime64[us]")
    counts = flow.standings(found, moves, at, CODES, states=6, queues=2)
    return [[(int(s), int(q)) for s, q in zip(*np.nonzero(week), strict=True)] for week in counts]


def test_a_logged_item_stood_where_the_log_says() -> None:
    """Made on the 1st in queue 0, accepted on the 5th, moved to queue 1 on the 9th, done on the 12th."""
    found = stock(
        {
            "state": 3,
            "queue": 1,
            "created": "2026-03-01",
            "logged": "2026-03-01",
            "closed": "2026-03-12",
        }
    )
    moves = [
        flow.Move(instant("2026-03-12"), 0, state=1),
        flow.Move(instant("2026-03-05"), 0, state=0),
        flow.Move(instant("2026-03-09"), 0, queue=0),
    ]
    assert stood(
        found, moves, "2026-03-01", "2026-03-02", "2026-03-06", "2026-03-10", "2026-03-13"
    ) == [
        [],
        [(0, 0)],
        [(1, 0)],
        [(1, 1)],
        [(3, 1)],
    ]


def test_two_moves_of_one_item_in_one_week_are_taken_back_in_the_right_order() -> None:
    found = stock({"state": 2, "created": "2026-03-01", "logged": "2026-03-01"})
    moves = [
        flow.Move(instant("2026-03-04"), 0, state=0),
        flow.Move(instant("2026-03-05"), 0, state=1),
    ]
    assert stood(found, moves, "2026-03-03", "2026-03-09") == [[(0, 0)], [(2, 0)]]


def test_before_the_log_begins_the_dates_say_where_an_item_stood() -> None:
    dates = {"created": "2020-01-01", "accepted": "2020-02-01", "started": "2020-03-01"}
    imported = {"logged": "2026-01-01"}
    done = {"state": 3, "closed": "2020-04-01", **dates, **imported}
    ends = ("2020-01-15", "2020-02-15", "2020-03-15", "2020-04-15", "2026-02-01")
    assert stood(stock(done), [], *ends) == [[(0, 0)], [(1, 0)], [(2, 0)], [(3, 0)], [(3, 0)]]
    declined = {"state": 5, "closed": "2020-04-01", "created": "2020-01-01", **imported}
    assert stood(stock(declined), [], "2020-03-15", "2020-04-15") == [[(0, 0)], [(5, 0)]]
    parked = {"state": 4, "created": "2020-01-01", **imported}
    assert stood(stock(parked), [], "2020-03-15") == [[(4, 0)]]
    reviewed = {"state": 1, **dates, **imported}
    move = flow.Move(instant("2026-02-01"), 0, state=2)
    assert stood(stock(reviewed), [move], "2020-03-15", "2026-01-15", "2026-02-15") == [
        [(2, 0)],
        [(2, 0)],
        [(1, 0)],
    ]


def test_what_never_was_logged_is_read_from_its_dates_alone() -> None:
    found = stock({"state": 3, "created": "2020-01-01", "closed": "2020-04-01"})
    assert stood(found, [], "2020-03-15", "2020-05-01") == [[(0, 0)], [(3, 0)]]


# --- Against slow references ---------------------------------------------------------------------

dates = st.dates(day("2025-11-01"), day("2026-03-31"))


@given(st.lists(st.tuples(dates, st.none() | dates), max_size=30), dates, st.integers(1, 12))
def test_weekly_figures_agree_with_counting_one_by_one(
    items: list[tuple[dt.date, dt.date | None]], last: dt.date, weeks: int
) -> None:
    firsts = flow.iso_weeks(last, weeks)
    created = flow.as_days([came for came, _ in items])
    closed = flow.as_days([went for _, went in items])

    def inside(value: dt.date | None, first: dt.date) -> bool:
        return value is not None and first <= value < first + dt.timedelta(days=7)

    def is_open(came: dt.date, went: dt.date | None, first: dt.date) -> bool:
        end = first + dt.timedelta(days=6)
        return came <= end and (went is None or went > end)

    assert flow.per_week(created, firsts) == [
        sum(inside(came, first) for came, _ in items) for first in firsts
    ]
    assert flow.per_week(closed, firsts) == [
        sum(inside(went, first) for _, went in items) for first in firsts
    ]
    assert flow.open_at_week_end(created, closed, firsts) == [
        sum(is_open(came, went, first) for came, went in items) for first in firsts
    ]


@given(
    st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=60),
    st.integers(0, 100),
)
def test_percentiles_agree_with_their_definitions(values: list[float], percent: int) -> None:
    ordered = sorted(values)
    place = percent / 100 * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    expected = ordered[low] + (place - low) * (ordered[high] - ordered[low])
    linear = flow.percentiles(np.array(values), (percent,))
    assert linear is not None
    assert linear[percent] == pytest.approx(expected)
    nearest = flow.percentiles(np.array(values), (percent,), method="nearest")
    assert nearest is not None
    assert nearest[percent] in values
    assert sum(value <= nearest[percent] for value in values) * 100 >= percent * len(values)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 3), st.integers(0, 1)),
        max_size=25,
    )
)
def test_standings_agree_with_replaying_the_log_forwards(
    moves: list[tuple[int, int, int, int]],
) -> None:
    """Four items made on day 0 in triage and queue 0; each move sets state and queue at the end of a day."""
    moves = sorted(moves, key=lambda each: each[1])
    base = np.datetime64("2026-01-01", "us")
    at = [(0, 0)] * 4
    undo: list[flow.Move] = []
    history: list[list[tuple[int, int]]] = []
    ends = []
    for number in range(42):
        for item, when, state, queue in moves:
            if when == number:
                before = at[item]
                at[item] = (state, queue)
                moment = base + np.timedelta64(number, "D") + np.timedelta64(len(undo), "us")
                undo.append(flow.Move(moment, item, *before))
        ends.append(base + np.timedelta64(number + 1, "D"))
        history.append(list(at))
    found = stock(*({"state": s, "queue": q, "created": base, "logged": base} for s, q in at))
    counts = flow.standings(found, undo, np.array(ends), CODES, states=6, queues=2)
    for week, states in zip(counts, history, strict=True):
        expected = np.zeros((6, 2), dtype=int)
        for state, queue in states:
            expected[state, queue] += 1
        assert week.tolist() == expected.tolist()


# --- Against published figures -------------------------------------------------------------------


@pytest.fixture(scope="module")
def titanium() -> tuple[flow.Days, flow.Days]:
    """Created and resolved days of the public tracker of a mobile framework."""

    def instants(name: str, table: list[dict[str, str]]) -> flow.Days:
        form = "%Y-%m-%dT%H:%M:%S.%f%z"
        return flow.as_days(
            [dt.datetime.strptime(row[name], form) if row[name] else None for row in table]
        )

    table = rows("titanium", "timob_flow.csv")
    return instants("created", table), instants("resolutiondate", table)


def test_the_weeks_of_a_real_tracker(titanium: tuple[flow.Days, flow.Days]) -> None:
    created, resolved = titanium
    table = rows("titanium", "timob_2020_first_half_expected_flow_weekly.csv")
    firsts = flow.iso_weeks(day("2020-06-28"), 25)
    found = zip(
        map(flow.week_name, firsts),
        map(str, firsts),
        flow.per_week(created, firsts),
        flow.per_week(resolved, firsts),
        flow.open_at_week_end(created, resolved, firsts),
        strict=True,
    )
    assert [[str(cell) for cell in row] for row in found] == [list(row.values()) for row in table]


def test_the_lead_times_of_a_real_tracker(titanium: tuple[flow.Days, flow.Days]) -> None:
    created, resolved = titanium
    expected = json.loads(
        shared("titanium", "timob_2020_first_half_expected_flow.json").read_text()
    )
    firsts = flow.iso_weeks(day("2020-06-28"), expected["weeks"])
    inside = (resolved >= np.datetime64(firsts[0])) & (resolved <= np.datetime64("2020-06-28"))
    assert flow.per_week(resolved, firsts) == expected["weekly_throughput"]
    assert int(inside.sum()) == expected["resolved_in_window"]
    lead = flow.spans(created[inside], resolved[inside])
    published = expected["lead_time_days"]
    assert (lead.missing, lead.reversed) == (0, 0)
    assert lead.days.mean() == pytest.approx(published["mean"])
    shown = (50, 70, 85, 95)
    assert flow.percentiles(lead.days, shown) == {
        each: pytest.approx(published[f"p{each}_linear"]) for each in shown
    }
    assert flow.percentiles(lead.days, shown, method="nearest") == {
        each: published[f"p{each}_nearest_rank"] for each in shown
    }


def test_the_summary_of_two_scrum_projects() -> None:
    """Quartiles as R printed them; a finish before the creation was written as −1 there."""
    table = rows("flow", "scrum_two_projects_created_finished.csv")
    published = json.loads(shared("flow", "scrum_two_projects_published_summary.json").read_text())
    created = flow.as_days([day(row["created_date"]) for row in table])
    finished = flow.as_days([day(row["finished_date"]) for row in table])
    days = flow.differences(created, finished)
    assert np.maximum(days, -1).tolist() == [float(row["cycle_time_days"]) for row in table]
    clipped = np.maximum(days, -1)
    expected = published["cycle_time_days"]
    assert clipped.mean() == pytest.approx(expected["mean"], abs=5e-4)
    assert flow.percentiles(clipped, (0, 25, 50, 75, 100)) == {
        0: expected["min"],
        25: expected["q1"],
        50: expected["median"],
        75: expected["q3"],
        100: expected["max"],
    }
    lead = flow.spans(created, finished)
    assert lead.reversed == sum(row["cycle_time_days"] == "-1" for row in table)
    late = [
        row
        for row in table
        if row["created_date"] > "2017-12-31" and row["cycle_time_days"] != "-1"
    ]
    means = published["created_after_2017_12_31_and_cycle_time_over_minus_1"]
    for project in ("0", "1"):
        some = [row for row in late if row["project"] == project]
        found = flow.spans(
            flow.as_days([day(row["created_date"]) for row in some]),
            flow.as_days([day(row["finished_date"]) for row in some]),
        )
        assert found.days.mean() == pytest.approx(means[f"mean_project_{project}"], abs=1e-6)


def test_the_throughput_exercise_in_weeks_that_begin_on_sunday() -> None:
    """Its cycle times count both ends, and two items end before they begin; its last week holds two too many."""
    table = rows("flow", "throughput_exercise_stories.csv")
    start = flow.as_days([day(row["start_date"]) for row in table])
    end = flow.as_days([day(row["end_date"]) for row in table])
    assert flow.spans(start, end).reversed == 2
    assert (flow.differences(start, end) + 1).tolist() == [
        float(row["published_cycle_time_days"]) for row in table
    ]
    published = rows("flow", "throughput_exercise_published_weekly.csv")
    first_sunday = day("2014-12-28")  # week 1 holds the first of January
    sundays = [
        first_sunday + dt.timedelta(weeks=int(row["year_week"][5:]) - 1) for row in published
    ]
    for name in ("bug", "story"):
        of_kind = np.array([row["type"].lower() == name for row in table])
        found = flow.per_week(end[of_kind], sundays)
        assert found[:-1] == [int(row[name]) for row in published][:-1]
    assert flow.per_week(end, sundays)[-1] == int(published[-1]["total"]) - 2
