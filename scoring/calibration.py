"""How far predictions come true, and what the weights would be if they followed it. Pure; it proposes, nothing more.

For pairs of a predicted and a realized x (both 0 … 1): bias = mean(predicted − realized), positive where people hope
too much; MAE = mean |predicted − realized|; Spearman's rank correlation. Each with the 5th and 95th percentile of
`RESAMPLES` bootstrap resamples (`numpy.random.Generator(PCG64(SeedSequence([seed, n])))`). Fewer than `ENOUGH` pairs:
nothing is said but their number.

Weights: the realized merit T = Σ W_p·y_p of a queue's items (y_p what was realized in pillar p, 1 − y for risk where
doing it is the danger) is explained by what was predicted, T ≈ Σ β_p·x_p with β ≥ 0 (least squares), and β is divided
by its sum. Where every prediction comes true, β = W. A pillar whose predictions say nothing of what is achieved loses
weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from scoring.correlation import spearman
from scoring.engine.arrays import Floats
from scoring.rubrics import DELIVERY, MAX_LEVEL, PILLARS, Profile

ENOUGH = 8
RESAMPLES = 500
SEED = 1
_INTERVAL = (5.0, 95.0)


@dataclass(frozen=True)
class Estimate:
    """A figure with the interval that nine of ten resamples fall into."""

    value: float
    low: float
    high: float

    @property
    def level(self) -> float:
        """On the scale of the ratings, as people read it."""
        return MAX_LEVEL * self.value

    @property
    def level_low(self) -> float:
        return MAX_LEVEL * self.low

    @property
    def level_high(self) -> float:
        return MAX_LEVEL * self.high

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Fit:
    """``items`` pairs; the estimates are None below `ENOUGH`, the correlation also where one side never varies."""

    items: int
    bias: Estimate | None = None
    error: Estimate | None = None
    correlation: Estimate | None = None


@dataclass(frozen=True)
class WeightProposal:
    """``proposed`` weights by pillar with intervals, beside those ``now``; None below `ENOUGH` items."""

    items: int
    now: dict[str, float]
    proposed: dict[str, Estimate] | None = None

    @property
    def rows(self) -> list[tuple[str, float, Estimate | None, bool]]:
        """Pillar, weight now, weight proposed, whether the weight now lies outside of the proposal's interval."""
        then = self.proposed or {}
        return [
            (name, now, found, found is not None and not found.low <= now <= found.high)
            for name, now in self.now.items()
            for found in [then.get(name)]
        ]

    @property
    def rounded(self) -> dict[str, float] | None:
        """Whole percents that sum to 1: what a draft takes over."""
        if self.proposed is None:
            return None
        percents = {name: round(100 * each.value) for name, each in self.proposed.items()}
        largest = max(percents, key=lambda name: percents[name])
        percents[largest] += 100 - sum(percents.values())
        return {name: value / 100 for name, value in percents.items()}


def fit(predicted: Floats, realized: Floats, *, seed: int = SEED) -> Fit:
    """Both (N,), in [0, 1], without gaps."""
    count = len(predicted)
    if count < ENOUGH:
        return Fit(count)
    apart = predicted - realized
    drawn = _resamples(count, seed)
    means, errors = apart[drawn].mean(axis=1), np.abs(apart)[drawn].mean(axis=1)
    rho = spearman(predicted, realized)
    correlation = None
    if rho is not None:
        found = [spearman(predicted[rows], realized[rows]) for rows in drawn]
        correlation = _estimate(rho, np.array([each for each in found if each is not None]))
    return Fit(
        count,
        _estimate(float(apart.mean()), means),
        _estimate(float(np.abs(apart).mean()), errors),
        correlation,
    )


def propose(
    profile: Profile, predicted: Floats, realized: Floats, *, seed: int = SEED
) -> WeightProposal:
    """Weights of a queue from items of that queue. Both (N, 3) by `PILLARS`, without gaps where the queue weighs."""
    weights = np.array(profile.weights)
    now = dict(zip(PILLARS, profile.weights, strict=True))
    if len(predicted) < ENOUGH:
        return WeightProposal(len(predicted), now)
    x, y = predicted.copy(), realized.copy()
    if profile.risk_polarity == DELIVERY:
        risk = PILLARS.index("risk")
        x[:, risk], y[:, risk] = 1.0 - x[:, risk], 1.0 - y[:, risk]
    counts = weights > 0
    x, total = x[:, counts], (y[:, counts] * weights[counts]).sum(axis=1)
    best = shares(x, total)
    if best is None:
        return WeightProposal(len(predicted), now)
    found = [shares(x[rows], total[rows]) for rows in _resamples(len(x), seed)]
    drawn = np.array([each for each in found if each is not None])
    proposed = {pillar: Estimate(0.0, 0.0, 0.0) for pillar in PILLARS}
    for at, pillar in enumerate(np.array(PILLARS)[counts].tolist()):
        proposed[pillar] = _estimate(float(best[at]), drawn[:, at])
    return WeightProposal(len(predicted), now, proposed)


def shares(x: Floats, total: Floats) -> Floats | None:
    """Non-negative least squares of ``total`` (N,) on ``x`` (N, P ≤ 3), divided by its sum; None where all are 0.

    Of the few subsets of columns the one with the least squares wins among those whose solution is not negative,
    which is the constrained optimum for so few columns.
    """
    best: tuple[float, Floats] | None = None
    columns = range(x.shape[1])
    for size in range(1, x.shape[1] + 1):
        for chosen in combinations(columns, size):
            part, *_ = np.linalg.lstsq(x[:, chosen], total, rcond=None)
            if (part < 0).any():
                continue
            left = total - x[:, chosen] @ part
            squares = float(left @ left)
            if best is None or squares < best[0] - 1e-15:
                beta = np.zeros(x.shape[1])
                beta[list(chosen)] = part
                best = squares, beta
    if best is None or best[1].sum() <= 0:
        return None
    return np.asarray(best[1] / best[1].sum())


def _resamples(count: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, count])))
    return stream.integers(0, count, size=(RESAMPLES, count))


def _estimate(value: float, drawn: Floats) -> Estimate:
    if not len(drawn):
        return Estimate(value, value, value)
    low, high = np.percentile(drawn, _INTERVAL)
    return Estimate(value, float(low), float(high))
