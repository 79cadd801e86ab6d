"""How far the order of a queue can be trusted: ranks under many draws of doubtful weights and doubtful inputs.

Pure: arrays in, arrays out. One draw of a rubric multiplies every criterion weight and every pillar weight of the queue
by a log-normal of σ = 0.2 (pillar weights are then divided by their sum) and shifts every x by a normal of
σ = 0.2·(1 − k), cut to [0, 1]; effort, urgency and adjustments stay. The priority follows by the formulas of
``scoring.engine``, and items of equal priority keep the order of due, created, id (docs/playbook/robustness.md).

**Random numbers.** Each stream is ``numpy.random.Generator(PCG64(SeedSequence([seed, stream, …])))``, read as
``standard_normal((…, draws))``: criterion weights ``[seed, 0]`` (criteria, draws), pillar weights ``[seed, 1, queue]``
(3, draws), an item ``[seed, 2, number]`` (criteria, draws), where ``number`` is the one in its key. So the draws of an
item depend on nothing but the seed and its number: other items, other queues and the size of blocks change no bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import Bools, Floats
from scoring.rubrics import DELIVERY, PILLARS, Rubric, queue_code

DRAWS = 1000
SIGMA = 0.2
#: The tenth and the ninetieth of a hundred: eight of ten draws lie between them.
LOW, HIGH = 0.1, 0.9
#: Items of a queue that are drawn, the best first: 8 kB each. Nothing that stands deeper comes near a cycle.
DEEPEST = 25_000

_BLOCK_ITEMS = 32
_BLOCK_DRAWS = 50
_CRITERIA, _PILLARS, _ITEM = 0, 1, 2


@dataclass(frozen=True)
class Standing:
    """The scored items of one queue, N of them, ordered by due, created, id (which breaks ties).

    number: (N,) int64, from the key. x, k: (N, C) as in ``Scores``; NaN and 0 = unrated. factor: (N,) E·U.
    adjustment: (N,) points, within the rubric's limit.
    """

    number: npt.NDArray[np.int64]
    x: Floats
    k: Floats
    factor: Floats
    adjustment: Floats


@dataclass(frozen=True)
class Ranges:
    """low, high: (N,) int64, the ranks that 10% and 90% of the draws do not exceed. top_chance: (N,) part of the
    draws in which the item is among the first ``top``."""

    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    top_chance: Floats


def criterion_factors(seed: int, criteria: int, draws: int = DRAWS) -> Floats:
    """(C, draws): what each criterion weight is multiplied by."""
    return np.exp(SIGMA * _stream(seed, _CRITERIA).standard_normal((criteria, draws)))


def pillar_factors(seed: int, queue: str, draws: int = DRAWS) -> Floats:
    """(3, draws): what each pillar weight of the queue is multiplied by, before they are made to sum to 1."""
    code = queue_code(queue)
    return np.exp(SIGMA * _stream(seed, _PILLARS, code).standard_normal((len(PILLARS), draws)))


def item_shifts(seed: int, number: int, criteria: int, draws: int = DRAWS) -> Floats:
    """(C, draws): standard normals of one item; its x moves by them times σ·(1 − k)."""
    return _stream(seed, _ITEM, number).standard_normal((criteria, draws))


def _stream(*words: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def rank_ranges(
    rubric: Rubric, queue: str, items: Standing, *, top: int, seed: int, draws: int = DRAWS
) -> Ranges:
    """Ranks of a queue's scored items over ``draws``. ``top``: how many the next cycle holds (``scoring.cutline``).

    8 bytes an item and draw, and some megabytes beside.
    """
    count = len(items.number)
    if not count:
        none = np.zeros(0, dtype=np.int64)
        return Ranges(none, none, np.zeros(0))
    ranks = priorities(rubric, queue, items, seed=seed, draws=draws)
    places = np.arange(1.0, count + 1)
    for start in range(0, draws, _BLOCK_DRAWS):
        drawn = slice(start, start + _BLOCK_DRAWS)
        falling = np.ascontiguousarray(-ranks[:, drawn].T)
        order = np.argsort(falling, axis=1, kind="stable")
        np.put_along_axis(falling, order, np.broadcast_to(places, falling.shape), axis=1)
        ranks[:, drawn] = falling.T
    at = [_position(LOW, draws), _position(HIGH, draws)]
    low, high = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    chance = np.empty(count)
    for start in range(0, count, 1024):
        rows = slice(start, start + 1024)
        chance[rows] = (ranks[rows] <= top).mean(axis=1)
        low[rows], high[rows] = np.partition(ranks[rows], at, axis=1)[:, at].T
    return Ranges(low, high, chance)


def _position(part: float, draws: int) -> int:
    return max(0, math.ceil(round(part * draws, 9)) - 1)


def priorities(
    rubric: Rubric, queue: str, items: Standing, *, seed: int, draws: int = DRAWS
) -> Floats:
    """(N, draws): the priority of each item in each draw."""
    profile = rubric.profile(queue)
    criteria = len(rubric.criteria)
    weights = np.array([each.weight for each in rubric.criteria])[:, None] * criterion_factors(
        seed, criteria, draws
    )
    columns = [
        [at for at, each in enumerate(rubric.criteria) if each.pillar == pillar]
        for pillar in PILLARS
    ]
    shares = np.array(profile.weights)[:, None] * pillar_factors(seed, queue, draws)
    total = shares[0] + shares[1] + shares[2]
    shares = shares / total
    drawn = _Drawn(
        weights,
        columns,
        shares,
        tuple(weight > 0 for weight in profile.weights),
        profile.risk_polarity == DELIVERY,
        profile.confidence_floor,
    )
    out = np.empty((len(items.number), draws))
    for start in range(0, len(items.number), _BLOCK_ITEMS):
        rows = slice(start, start + _BLOCK_ITEMS)
        shifts = np.stack(
            [item_shifts(seed, number, criteria, draws) for number in items.number[rows].tolist()]
        )
        out[rows] = _block(drawn, items, rows, shifts)
    return out


@dataclass(frozen=True)
class _Drawn:
    """weights: (C, draws). columns: criteria of each pillar. shares: (3, draws), sum 1."""

    weights: Floats
    columns: list[list[int]]
    shares: Floats
    counts: tuple[bool, ...]
    delivery: bool
    floor: float


def _block(drawn: _Drawn, items: Standing, rows: slice, shifts: Floats) -> Floats:
    x, k = items.x[rows], items.k[rows]
    rated: Bools = ~np.isnan(x)
    x = np.where(rated, x, 0.0)
    spread = SIGMA * (1.0 - k)
    shape = (len(x), shifts.shape[2])
    merit, kappa = np.zeros(shape), np.zeros(shape)
    for pillar, columns in enumerate(drawn.columns):
        if not drawn.counts[pillar]:
            continue
        put_in, weighed, known = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        together = np.zeros(shape[1])
        for column in columns:
            weight = drawn.weights[column]
            there = rated[:, column, None]
            moved = np.clip(x[:, column, None] + spread[:, column, None] * shifts[:, column], 0, 1)
            put_in += there * (weight * moved)
            weighed += there * weight
            known += weight * k[:, column, None]
            together = together + weight
        mean = put_in / weighed
        if drawn.delivery and PILLARS[pillar] == "risk":
            mean = 1.0 - mean
        merit += drawn.shares[pillar] * mean
        kappa += drawn.shares[pillar] * (known / together)
    confidence = drawn.floor + (1.0 - drawn.floor) * kappa
    earned = 100.0 * merit * confidence * items.factor[rows, None]
    return np.clip(earned + items.adjustment[rows, None], 0.0, 100.0)
