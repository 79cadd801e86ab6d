"""Real roots of many cubics at once, by formula, then polished to the last bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import Floats

#: A leading coefficient this small beside the largest is left out of the formula: its own root lies far outside [0, 1].
_NEGLIGIBLE = 1e-9
_ROUNDS = 80


def value(coefficients: Floats, at: Floats) -> Floats:
    """c0 + c1·s + c2·s² + c3·s³. coefficients: (4, n); at: (n,)."""
    c0, c1, c2, c3 = coefficients
    result: Floats = c0 + at * (c1 + at * (c2 + at * c3))
    return result


def cubic_roots(coefficients: Floats, low: float, high: float) -> Floats:
    """The places in [low, high] where each of n cubics changes its sign: (3, n), ascending, NaN behind the last.

    coefficients: (4, n), the constant first; lower degrees have zeros at the end. [low, high] lies within [0, 1]. A
    root that only touches zero is no change of sign. The formula (Cardano's, or Viète's with three real roots; the
    quadratic one below degree 3) names the roots; between the turning points each is then corrected by Newton's steps
    that may not leave the interval in which the sign changes.
    """
    count = coefficients.shape[1]
    largest = np.abs(coefficients).max(axis=0)
    scaled = coefficients / np.where(largest > 0, largest, 1.0)
    guesses = _by_formula(scaled)
    turns = np.sort(_quadratic(scaled[1], 2.0 * scaled[2], 3.0 * scaled[3]), axis=0)
    turns = np.clip(np.where(np.isnan(turns), high, turns), low, high)
    edges = np.vstack([np.full(count, low), turns, np.full(count, high)])
    found = np.full((3, count), np.nan)
    for piece in range(3):
        left, right = edges[piece], edges[piece + 1]
        at_left, at_right = value(scaled, left), value(scaled, right)
        rows = np.flatnonzero((left < right) & ((at_left < 0) != (at_right < 0)))
        if len(rows):
            found[piece, rows] = _polished(
                scaled[:, rows], guesses[:, rows], left[rows], right[rows]
            )
    return np.sort(found, axis=0)


def _quadratic(c0: Floats, c1: Floats, c2: Floats) -> Floats:
    """Roots of c0 + c1·s + c2·s², (2, n), without cancellation; NaN or far away where there is none."""
    with np.errstate(all="ignore"):
        square = c1 * c1 - 4.0 * c2 * c0
        half = -0.5 * (c1 + np.where(c1 < 0, -1.0, 1.0) * np.sqrt(square))
        return np.vstack([c0 / half, half / c2])


def _by_formula(scaled: Floats) -> Floats:
    c0, c1, c2, c3 = scaled
    found = np.full((3, scaled.shape[1]), np.nan)
    found[:2] = _quadratic(c0, c1, c2)
    cubic = np.flatnonzero(np.abs(c3) > _NEGLIGIBLE)
    if not len(cubic):
        return found
    a, b, c = c2[cubic] / c3[cubic], c1[cubic] / c3[cubic], c0[cubic] / c3[cubic]
    p, q = b - a * a / 3.0, 2.0 * a**3 / 27.0 - a * b / 3.0 + c
    with np.errstate(all="ignore"):
        discriminant = q * q / 4.0 + p**3 / 27.0
        u = np.cbrt(-q / 2.0 - np.where(q < 0, -1.0, 1.0) * np.sqrt(discriminant))
        single = u - p / (3.0 * u)
        radius = 2.0 * np.sqrt(-p / 3.0)
        angle = np.arccos(np.clip(3.0 * q / (p * radius), -1.0, 1.0)) / 3.0
    several = discriminant <= 0
    for k in range(3):
        root = np.where(several, radius * np.cos(angle - 2.0 * np.pi * k / 3.0), single)
        found[k, cubic] = root - a / 3.0
    return found


def _polished(scaled: Floats, guesses: Floats, left: Floats, right: Floats) -> Floats:
    """The one root within each (left, right), where the cubic is monotone and changes its sign."""
    left, right = left.copy(), right.copy()
    middle = 0.5 * (left + right)
    inside = (guesses >= left) & (guesses <= right)
    distance = np.where(inside, np.abs(guesses - middle), np.inf)
    best = distance.argmin(axis=0)
    columns = np.arange(len(left))
    at = np.where(inside.any(axis=0), guesses[best, columns], middle)
    rising = value(scaled, left) < 0
    slope = np.vstack([scaled[1], 2.0 * scaled[2], 3.0 * scaled[3], np.zeros(len(left))])
    for _ in range(_ROUNDS):
        here = value(scaled, at)
        below = (here < 0) == rising
        left, right = np.where(below, at, left), np.where(below, right, at)
        with np.errstate(all="ignore"):
            step = at - here / value(slope, at)
        outside = ~((step > left) & (step < right))
        nearer = np.where(outside, 0.5 * (left + right), step)
        nearer = np.where(here == 0, at, nearer)
        done = np.abs(nearer - at) <= 2.0**-52
        at = nearer
        if done.all():
            break
    return at


def quadratic_roots(c0: Floats, c1: Floats, c2: Floats) -> npt.NDArray[np.float64]:
    """Roots of many quadratics by formula, (2, n); NaN or infinite where there is none."""
    return _quadratic(c0, c1, c2)
