"""Version against version: what readings say, and how far they can be trusted. Pure: no database, no clock.

Intervals are 95% (``Z``), two-sided. Shares: Wilson's score interval (Wilson 1927; Newcombe 1998, Statistics in
Medicine 17:857, method 3), their difference by Newcombe's method 10 (ibid. 17:873). Means: Student's t, their
difference by Welch (1947) with the degrees of freedom of Welch and Satterthwaite. Counts: the ratio of two rates, given
their sum, is a share of it (Przyborowski and Wilenski 1940), taken with Wilson's interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054
#: Fewer people or events than this say nothing yet.
LEAST = 30
#: Fewer events in both versions together do not make a ratio.
LEAST_EVENTS = 10
SHARE, MEAN, COUNT = "share", "mean", "count"


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class Figure:
    """One reading, or several of one version taken together.

    ``value``: a share as 0 … 1, a mean in its unit, a count of events. ``n``: people or events behind it. ``hits``: of
    a share. ``spread``: standard deviation of one observation. ``days``: length of the periods, of a count.
    """

    value: float
    n: int | None = None
    hits: int | None = None
    spread: float | None = None
    days: float = 0.0


@dataclass(frozen=True)
class Said:
    """What can be said of one version. ``interval`` None: the reading does not say how sure it is."""

    figure: Figure
    interval: Interval | None
    enough: bool


@dataclass(frozen=True)
class Difference:
    """The later version against the earlier. ``amount``: later − earlier, or (counts) the ratio of their rates.

    ``verdict``: more, less, unclear (the interval holds no difference), not_enough or not_comparable.
    """

    amount: float | None
    interval: Interval | None
    verdict: str
    why: str = ""


def wilson(hits: int, n: int) -> Interval:
    """The interval of a share. ``n`` > 0."""
    p = hits / n
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def newcombe(hits: int, n: int, other_hits: int, other_n: int) -> Interval:
    """The interval of hits/n − other_hits/other_n."""
    p, q = hits / n, other_hits / other_n
    a, b = wilson(hits, n), wilson(other_hits, other_n)
    return Interval(
        p - q - math.hypot(p - a.low, b.high - q), p - q + math.hypot(a.high - p, q - b.low)
    )


def student(confidence: float, degrees: float) -> float:
    """The t that a share ``confidence`` of Student's distribution lies within, two-sided. By halving."""
    low, high = 0.0, 1.0
    while _outside(high, degrees) > 1 - confidence:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if _outside(middle, degrees) > 1 - confidence:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _outside(t: float, degrees: float) -> float:
    """P(|T| > t): the regularized incomplete beta function at ν/(ν + t²) (DLMF 8.17, 26.5.27 of Abramowitz, Stegun)."""
    return _beta(degrees / (degrees + t * t), degrees / 2, 0.5)


def _beta(x: float, a: float, b: float) -> float:
    """I_x(a, b), by the continued fraction DLMF 8.17.22 (Lentz)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # converges quickly on this side only
        return 1 - _beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d or tiny)
    found = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + step * d) or tiny)
            c = (1 + step / c) or tiny
            found *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * found / a


def mean_interval(mean: float, spread: float, n: int) -> Interval:
    """The interval of a mean of ``n`` > 1."""
    half = student(0.95, n - 1) * spread / math.sqrt(n)
    return Interval(mean - half, mean + half)


def welch(later: Figure, earlier: Figure) -> tuple[Interval, float]:
    """The interval of the difference of two means, and its degrees of freedom. Both know n > 1 and spread."""
    if not (later.n and earlier.n) or later.spread is None or earlier.spread is None:
        raise ValueError("Welch's interval needs n and spread of both")
    a, b = later.spread**2 / later.n, earlier.spread**2 / earlier.n
    amount = later.value - earlier.value
    if a + b == 0:
        return Interval(amount, amount), float(later.n + earlier.n - 2)
    degrees = (a + b) ** 2 / (a * a / (later.n - 1) + b * b / (earlier.n - 1))
    half = student(0.95, degrees) * math.sqrt(a + b)
    return Interval(amount - half, amount + half), degrees


def rate_ratio(events: int, days: float, other_events: int, other_days: float) -> Interval:
    """The interval of (events/days) / (other_events/other_days). ``days`` > 0, at least one event in all."""
    share = wilson(events, events + other_events)
    scale = other_days / days
    high = math.inf if share.high >= 1 else share.high / (1 - share.high) * scale
    return Interval(share.low / (1 - share.low) * scale if share.low < 1 else math.inf, high)


def together(form: str, figures: Sequence[Figure]) -> Figure | None:
    """Readings of one version as one figure; None of none.

    Shares add hits and n. Means are weighed by n, and the spread is that of all observations: within the readings and
    between them. Where a reading does not say its n or spread, the mean is the plain one and says neither. Counts add.
    """
    if not figures:
        return None
    if form == COUNT:
        return Figure(sum(each.value for each in figures), days=sum(each.days for each in figures))
    counted = [each for each in figures if each.n]
    if len(counted) < len(figures):
        return Figure(sum(each.value for each in figures) / len(figures))
    n = sum(each.n or 0 for each in counted)
    if form == SHARE:
        if any(each.hits is None for each in counted):
            return Figure(sum(each.value * (each.n or 0) for each in counted) / n, n)
        hits = sum(each.hits or 0 for each in counted)
        return Figure(hits / n, n, hits)
    mean = sum(each.value * (each.n or 0) for each in counted) / n
    if n < 2 or any(each.spread is None for each in counted):
        return Figure(mean, n)
    squares = sum(
        ((each.n or 0) - 1) * (each.spread or 0.0) ** 2 + (each.n or 0) * (each.value - mean) ** 2
        for each in counted
    )
    return Figure(mean, n, spread=math.sqrt(squares / (n - 1)))


def said(form: str, figure: Figure, least: int = LEAST) -> Said:
    """What a figure says by itself. A count has no n: it says what it is."""
    if form == COUNT:
        return Said(figure, None, True)
    interval = None
    if form == SHARE and figure.n and figure.hits is not None:
        interval = wilson(figure.hits, figure.n)
    if form == MEAN and figure.n and figure.n > 1 and figure.spread is not None:
        interval = mean_interval(figure.value, figure.spread, figure.n)
    return Said(figure, interval, figure.n is None or figure.n >= least)


def difference(form: str, later: Figure, earlier: Figure, least: int = LEAST) -> Difference:
    """The later version against the earlier."""
    if form == COUNT:
        return _ratio(later, earlier)
    amount = later.value - earlier.value
    if not later.n or not earlier.n:
        return Difference(
            amount, None, "not_comparable", "A reading does not say how many people are behind it."
        )
    if min(later.n, earlier.n) < least:
        return Difference(
            amount, None, "not_enough", f"Fewer than {least} people are behind one of them."
        )
    if form == SHARE:
        if later.hits is None or earlier.hits is None:
            return Difference(
                amount, None, "not_comparable", "A reading does not say how many of them."
            )
        return _judged(amount, newcombe(later.hits, later.n, earlier.hits, earlier.n), 0.0)
    if later.spread is None or earlier.spread is None:
        return Difference(amount, None, "not_comparable", "A reading does not say its spread.")
    return _judged(amount, welch(later, earlier)[0], 0.0)


def _ratio(later: Figure, earlier: Figure) -> Difference:
    if later.days <= 0 or earlier.days <= 0:
        return Difference(
            None, None, "not_comparable", "Counts without the length of their period say no rate."
        )
    if any(each.value != int(each.value) or each.value < 0 for each in (later, earlier)):
        return Difference(None, None, "not_comparable", "These are no counts of events.")
    if later.value + earlier.value < LEAST_EVENTS:
        return Difference(
            None, None, "not_enough", f"Fewer than {LEAST_EVENTS} events in both together."
        )
    interval = rate_ratio(int(later.value), later.days, int(earlier.value), earlier.days)
    amount = None
    if earlier.value:
        amount = (later.value / later.days) / (earlier.value / earlier.days)
    return _judged(amount, interval, 1.0)


def _judged(amount: float | None, interval: Interval, nothing: float) -> Difference:
    if interval.low > nothing:
        return Difference(amount, interval, "more")
    if interval.high < nothing:
        return Difference(amount, interval, "less")
    return Difference(amount, interval, "unclear")


# --- Targets ------------------------------------------------------------------------------------


def misses(form: str, figure: Figure, limit: float, *, higher: bool, least: int) -> bool:
    """Whether a reading breaks a target beyond doubt: even the favourable end of its interval misses the limit.

    Of fewer than ``least`` people nothing is said. Without an interval the value itself is held against the limit.
    """
    found = said(form, figure, least)
    if not found.enough:
        return False
    best = figure.value
    if found.interval is not None:
        best = found.interval.high if higher else found.interval.low
    return best < limit if higher else best > limit


def holds(form: str, figure: Figure, limit: float, *, higher: bool, least: int) -> bool:
    """Whether a reading of enough people reaches the limit."""
    if not said(form, figure, least).enough:
        return False
    return figure.value >= limit if higher else figure.value <= limit


def broken_by(
    form: str, figures: Sequence[Figure], limit: float, *, higher: bool, least: int
) -> int | None:
    """Which reading, by its place in ``figures`` (oldest first), broke the target as it stands now; None: it holds.

    It breaks at the first reading that misses beyond doubt and is broken until one reaches the limit; readings in
    between, which do neither, change nothing.
    """
    broken: int | None = None
    for place, figure in enumerate(figures):
        if broken is None and misses(form, figure, limit, higher=higher, least=least):
            broken = place
        elif broken is not None and holds(form, figure, limit, higher=higher, least=least):
            broken = None
    return broken
