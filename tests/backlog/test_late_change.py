"""Late structural change: shares, intervals, months and the alarm, against counting by hand and an exact search."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from backlog.late_change import ChangeRequest, report, wilson

ZONE = ZoneInfo("Europe/Berlin")


def asked(month: int, stage: int, structural: bool = True, day: int = 15) -> ChangeRequest:
    return ChangeRequest(datetime(2026, month, day, 12, tzinfo=UTC), 1, stage, structural)


@pytest.mark.parametrize("total", [1, 2, 7, 40, 1000])
def test_the_interval_is_where_the_score_test_does_not_refuse(total: int) -> None:
    """Wilson's ends solve (rate - p)² = z² p (1 - p) / n: found here by bisection, not by the formula."""
    z = 1.959963984540054
    for hits in {0, 1, total // 3, total - 1, total}:
        rate = hits / total

        def off(p: float, rate: float = rate) -> float:
            return (rate - p) ** 2 - z * z * p * (1 - p) / total

        low, high = wilson(hits, total)
        for end, inner, outer in ((low, rate, 0.0), (high, rate, 1.0)):
            a, b = outer, inner  # off is positive outside, negative inside
            for _ in range(200):
                middle = (a + b) / 2
                a, b = (middle, b) if off(middle) > 0 else (a, middle)
            assert end == pytest.approx(b, abs=1e-9) or hits in (0, total)
        assert 0 <= low <= rate <= high <= 1
    assert wilson(0, 0) == (0.0, 1.0)


def test_shares_are_those_of_counting() -> None:
    dice = random.Random(7)  # noqa: S311  repeatable on purpose
    rows = [
        asked(dice.randint(1, 11), dice.randint(1, 5), dice.random() < 0.4, dice.randint(1, 27))
        for _ in range(300)
    ]
    found = report(rows, date(2026, 11, 28), ZONE)
    for stage, share in found.stages:
        mine = [row for row in rows if row.stage == stage]
        assert (share.hits, share.total) == (sum(row.structural for row in mine), len(mine))
    assert len(found.months) == 12
    for month in found.months:
        mine = [
            row
            for row in rows
            if row.structural and row.at.month == month.first.month and month.first.year == 2026
        ]
        assert (month.late.hits, month.late.total) == (
            sum(row.stage >= 4 for row in mine),
            len(mine),
        )


def test_an_instant_belongs_to_the_month_of_the_zone() -> None:
    late = ChangeRequest(datetime(2026, 10, 31, 23, 30, tzinfo=UTC), 1, 4, True)
    months = report([late], date(2026, 11, 28), ZONE).months
    assert [each.first for each in months if each.late.total] == [date(2026, 11, 1)]


def test_the_alarm_needs_enough_and_more_than_chance() -> None:
    def alarm(late: int, early: int, month: int = 11) -> bool:
        rows = [asked(month, 5)] * late + [asked(month, 1)] * early
        return report(rows, date(2026, 11, 28), ZONE).alarm

    assert not alarm(7, 0)  # too few, however late
    assert alarm(8, 0)
    assert not alarm(3, 7)  # 30%, and chance could do it
    assert alarm(30, 70)  # 30% of a hundred, and it could not
    assert not alarm(8, 0, month=8)  # three months ago is over
    quiet = [asked(11, 5, structural=False)] * 50
    assert not report(quiet, date(2026, 11, 28), ZONE).alarm
    late = report([asked(11, 5)] * 8, date(2026, 11, 28), ZONE)
    assert late.sentence.endswith(": surely more than the limit of 20%.")
    assert "No structural change" in report([], date(2026, 11, 28), ZONE).sentence
