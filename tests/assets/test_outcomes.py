"""Intervals against published values, and when a target is broken."""

from __future__ import annotations

import math

import pytest

from assets import outcomes
from assets.outcomes import COUNT, MEAN, SHARE, Figure, Interval, difference


def near(interval: Interval | None, low: float, high: float, within: float = 5e-5) -> None:
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=within)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_shares_have_wilsons_interval(hits: int, n: int, low: float, high: float) -> None:
    near(outcomes.wilson(hits, n), low, high)


@pytest.mark.parametrize(
    ("a", "m", "b", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_differences_of_shares_have_newcombes(
    a: int, m: int, b: int, n: int, low: float, high: float
) -> None:
    near(outcomes.newcombe(a, m, b, n), low, high)


@pytest.mark.parametrize(
    ("degrees", "t"),  # NIST/SEMATECH e-Handbook, 1.3.6.7.2, column 0.975
    [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (30, 2.042), (60, 2.000), (100, 1.984)],
)
def test_students_t(degrees: int, t: float) -> None:
    assert outcomes.student(0.95, degrees) == pytest.approx(t, abs=5e-4)


def test_means_are_compared_as_welch_does() -> None:
    # NIST/SEMATECH e-Handbook, 1.3.5.3: miles per gallon, unequal variances: T = -12.94627, 136.8750 degrees
    american = Figure(20.14458, 249, spread=6.41470)
    japanese = Figure(30.48101, 79, spread=6.10771)
    interval, degrees = outcomes.welch(american, japanese)
    assert degrees == pytest.approx(136.8750, abs=1e-3)
    half = (interval.high - interval.low) / 2
    t = (american.value - japanese.value) / (half / outcomes.student(0.95, degrees))
    assert t == pytest.approx(-12.94627, abs=1e-4)
    assert difference(MEAN, american, japanese).verdict == "less"


def test_counts_are_compared_as_rates() -> None:
    # Boice and Monson 1977: 41 cases in 28,010 woman-years, 15 in 19,017; ratio 1.86, interval 1.03 to 3.35
    found = difference(COUNT, Figure(41, days=28_010), Figure(15, days=19_017))
    assert found.amount == pytest.approx(1.86, abs=0.005)
    near(found.interval, 1.03, 3.35, within=0.04)
    assert found.verdict == "more"
    assert difference(COUNT, Figure(3, days=7), Figure(2, days=7)).verdict == "not_enough"
    assert difference(COUNT, Figure(30), Figure(20, days=7)).verdict == "not_comparable"
    none = difference(COUNT, Figure(20, days=7), Figure(0, days=7))
    assert none.amount is None
    assert none.interval is not None
    assert math.isinf(none.interval.high)


def test_what_cannot_be_said_is_not_said() -> None:
    assert difference(SHARE, Figure(0.5, 20, 10), Figure(0.4, 400, 160)).verdict == "not_enough"
    assert difference(SHARE, Figure(0.5), Figure(0.4, 400, 160)).verdict == "not_comparable"
    assert difference(MEAN, Figure(4.0, 50), Figure(3.9, 50, spread=1)).verdict == "not_comparable"
    assert difference(SHARE, Figure(0.41, 400, 164), Figure(0.4, 400, 160)).verdict == "unclear"


def test_readings_of_a_version_are_taken_together_as_if_they_were_one() -> None:
    rows = [3.0, 4.0, 5.0, 4.0, 2.0, 5.0, 5.0]

    def figure(values: list[float]) -> Figure:
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((each - mean) ** 2 for each in values) / (len(values) - 1))
        return Figure(mean, len(values), spread=spread)

    whole, parts = (
        figure(rows),
        outcomes.together(MEAN, [figure(rows[:3]), figure(rows[3:])]),
    )
    assert parts is not None
    assert parts.spread is not None
    assert (parts.value, parts.n) == (pytest.approx(whole.value), whole.n)
    assert parts.spread == pytest.approx(whole.spread)
    assert outcomes.together(SHARE, [Figure(0.5, 10, 5), Figure(0.1, 30, 3)]) == Figure(0.2, 40, 8)
    assert outcomes.together(COUNT, [Figure(3, days=7), Figure(4, days=7)]) == Figure(7, days=14)
    assert outcomes.together(SHARE, []) is None


def test_a_target_breaks_beyond_doubt_and_holds_again_once_reached() -> None:
    def where(*shares: tuple[int, int]) -> int | None:
        figures = [Figure(hits / n, n, hits) for hits, n in shares]
        return outcomes.broken_by(SHARE, figures, 0.6, higher=True, least=30)

    assert where((59, 100)) is None  # below, and 0.6 is well within the interval
    assert where((12, 29)) is None  # too few to say
    assert where((41, 100)) == 0
    assert where((70, 100), (41, 100)) == 1
    assert where((41, 100), (59, 100)) == 0  # better, and not there yet
    assert where((41, 100), (60, 100)) is None
    assert where((41, 100), (20, 29)) == 0  # too few to say it holds
    assert where((41, 100), (60, 100), (40, 100)) == 2
    errors = [Figure(9), Figure(12)]
    assert outcomes.broken_by(COUNT, errors, 10, higher=False, least=30) == 1
    sure = [Figure(3.4, 100, spread=1.0), Figure(3.6, 100, spread=4.0)]
    assert outcomes.broken_by(MEAN, sure, 4.0, higher=True, least=30) == 0
    assert outcomes.broken_by(MEAN, sure[1:], 4.0, higher=True, least=30) is None
