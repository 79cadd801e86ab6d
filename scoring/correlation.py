"""Rank correlation, with ties at their mean rank. Pure."""

from __future__ import annotations

import numpy as np

from scoring.engine.arrays import Floats


def mean_ranks(values: Floats) -> Floats:
    """(N,) → 1 … N from the smallest, equal values at the mean of their places."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.searchsorted(ordered, ordered, side="left")
    last = np.searchsorted(ordered, ordered, side="right")
    ranks = np.empty(len(values))
    ranks[order] = (first + last + 1) / 2
    return ranks


def spearman(a: Floats, b: Floats) -> float | None:
    """Spearman's rho; None where fewer than two differ on either side."""
    if len(a) < 2:
        return None
    x, y = mean_ranks(a), mean_ranks(b)
    x, y = x - x.mean(), y - y.mean()
    spread = float((x * x).sum() * (y * y).sum())
    return float((x * y).sum()) / spread**0.5 if spread > 0 else None
