"""What another rubric would do to the same items at the same instant: moves, churn, agreement, bands.

Pure: two `Scores` of the same rows in, arrays and counts out. Ranks are those of `engine.order`; places in the top N
are for scored items only. Sources: Kendall's tau-b with ties as in M. G. Kendall, "The treatment of ties in ranking
problems", Biometrika 33 (1945); counted in O(n log n) after W. R. Knight, JASA 61 (1966), one bit of the rank at a
time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import BANDS, Bools, Codes, Floats, Scores
from scoring.engine.order import order
from scoring.rubrics import QUEUES

Ranks = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Standing:
    """What the order needs beside the priority. All (N,).

    queue: codes of `QUEUES`. due: float64, any unit, NaN = none. created: int64. item_id: int64. severity: 0 = none.
    adjustment: points, not limited, as in `Inputs`.
    """

    queue: Codes
    due: Floats
    created: npt.NDArray[np.int64]
    item_id: npt.NDArray[np.int64]
    severity: npt.NDArray[np.integer]
    adjustment: Floats


@dataclass(frozen=True)
class Agreement:
    """Pairs of items that are scored both times, and Kendall's tau-b of them.

    `pairs` = n(n−1)/2; `tied_before`, `tied_after` count pairs of equal priority; `concordant` and `discordant` those
    that differ both times, in the same or in the other order. `tau` is None where all are equal one of the times.
    """

    pairs: int
    concordant: int
    discordant: int
    tied_before: int
    tied_after: int

    @property
    def tau(self) -> float | None:
        square = (self.pairs - self.tied_before) * (self.pairs - self.tied_after)
        return (self.concordant - self.discordant) / math.sqrt(square) if square else None

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.pairs + other.pairs,
            self.concordant + other.concordant,
            self.discordant + other.discordant,
            self.tied_before + other.tied_before,
            self.tied_after + other.tied_after,
        )


@dataclass(frozen=True)
class Counts:
    """A queue's figures, or those of all together. `entered` and `left` speak of the top N (`top`).

    `moved`: rank or priority differ. `bands`: (from, to) → items, of those whose band changes.
    """

    items: int
    top: int
    entered: int
    left: int
    moved: int
    band_changes: int
    bands: dict[tuple[str, str], int]
    became_scored: int
    became_unscored: int
    agreement: Agreement

    @property
    def churn(self) -> int:
        """Items that move in or out of the top N."""
        return self.entered + self.left


@dataclass(frozen=True)
class Comparison:
    """rank_before, rank_after: (N,) 1 … within the queue. top_before, top_after: (N,) bool. `queues` by name."""

    rank_before: Ranks
    rank_after: Ranks
    top_before: Bools
    top_after: Bools
    queues: dict[str, Counts]
    total: Counts


def compare(before: Scores, after: Scores, standing: Standing, tops: Sequence[int]) -> Comparison:
    """Hold two scores of the same rows against each other. `tops`: N per queue, in the order of `QUEUES`.

    Items of different queues are never ranked against each other, so the agreement over all sums up the pairs within
    queues.
    """
    rank_before = ranks(before.priority, standing)
    rank_after = ranks(after.priority, standing)
    limits = np.asarray(tops, dtype=np.int64)[standing.queue]
    top_before = before.scored & (rank_before <= limits)
    top_after = after.scored & (rank_after <= limits)
    moved = (rank_before != rank_after) | ~_same(before.priority, after.priority)
    found = {}
    for code, name in enumerate(QUEUES):
        rows = np.flatnonzero(standing.queue == code)
        both = rows[before.scored[rows] & after.scored[rows]]
        found[name] = Counts(
            items=len(rows),
            top=int(tops[code]),
            entered=int((top_after[rows] & ~top_before[rows]).sum()),
            left=int((top_before[rows] & ~top_after[rows]).sum()),
            moved=int(moved[rows].sum()),
            band_changes=int((before.band[rows] != after.band[rows]).sum()),
            bands=_crossings(before.band[rows], after.band[rows]),
            became_scored=int((after.scored[rows] & ~before.scored[rows]).sum()),
            became_unscored=int((before.scored[rows] & ~after.scored[rows]).sum()),
            agreement=kendall(before.priority[both], after.priority[both]),
        )
    return Comparison(rank_before, rank_after, top_before, top_after, found, _together(found))


def ranks(priority: Floats, standing: Standing) -> Ranks:
    """The place of each row within its queue, from 1; unscored ones behind the scored."""
    found = np.empty(len(priority), dtype=np.int64)
    for code in range(len(QUEUES)):
        rows = np.flatnonzero(standing.queue == code)
        sequence = order(
            priority[rows],
            standing.due[rows],
            standing.created[rows],
            standing.item_id[rows],
            standing.severity[rows],
        )
        found[rows[sequence]] = np.arange(1, len(rows) + 1)
    return found


def kendall(before: Floats, after: Floats) -> Agreement:
    """Exact pair counts of two sets of n numbers without NaN. O(n log n)."""
    count = len(before)
    sequence = np.lexsort((after, before))
    first, second = before[sequence], after[sequence]
    tied_before = _tied(first[1:] != first[:-1], count)
    tied_both = _tied((first[1:] != first[:-1]) | (second[1:] != second[:-1]), count)
    in_order = np.sort(after)
    tied_after = _tied(in_order[1:] != in_order[:-1], count)
    pairs = count * (count - 1) // 2
    # pairs of equal `before` stand in the order of `after`: none of them counts as an inversion
    discordant = _inversions(np.unique(second, return_inverse=True)[1])
    concordant = pairs - tied_before - tied_after + tied_both - discordant
    return Agreement(pairs, concordant, discordant, tied_before, tied_after)


def fitting(points: Floats, capacity: float) -> int:
    """How many of these, taken in order, fit into `capacity`: the N of "what the next cycle holds"; at least 1 if any.

    points: (n,) in rank order, finite. A rounding error of a billionth does not keep an item out.
    """
    if not len(points):
        return 0
    return max(1, int((np.cumsum(points) <= capacity + 1e-9).sum()))


def _same(first: Floats, second: Floats) -> Bools:
    same: Bools = (first == second) | (np.isnan(first) & np.isnan(second))
    return same


def _crossings(before: Codes, after: Codes) -> dict[tuple[str, str], int]:
    low = min(BANDS)
    width = len(BANDS)
    changed = before != after
    codes = (before[changed].astype(np.int64) - low) * width + (after[changed] - low)
    counted = np.bincount(codes, minlength=width * width).tolist()
    return {
        (BANDS[place // width + low], BANDS[place % width + low]): times
        for place, times in enumerate(counted)
        if times
    }


def _together(found: dict[str, Counts]) -> Counts:
    every = list(found.values())
    bands: dict[tuple[str, str], int] = {}
    for counts in every:
        for crossing, times in counts.bands.items():
            bands[crossing] = bands.get(crossing, 0) + times
    agreement = Agreement(0, 0, 0, 0, 0)
    for counts in every:
        agreement += counts.agreement
    return Counts(
        items=sum(counts.items for counts in every),
        top=sum(counts.top for counts in every),
        entered=sum(counts.entered for counts in every),
        left=sum(counts.left for counts in every),
        moved=sum(counts.moved for counts in every),
        band_changes=sum(counts.band_changes for counts in every),
        bands=bands,
        became_scored=sum(counts.became_scored for counts in every),
        became_unscored=sum(counts.became_unscored for counts in every),
        agreement=agreement,
    )


def _tied(differs: Bools, count: int) -> int:
    """Pairs within the runs of equal neighbours; `differs` says where the next run begins."""
    if count < 2:
        return 0
    edges = np.concatenate(([0], np.flatnonzero(differs) + 1, [count]))
    runs = np.diff(edges)
    return int((runs * (runs - 1) // 2).sum())


def _inversions(values: npt.NDArray[np.integer]) -> int:
    """Pairs (i before j) with values[i] > values[j]; whole numbers from 0.

    From the highest bit down, the sequence is parted by that bit, stably, within the groups that share all higher bits.
    Before it is, each 0 counts the 1s of its group that stand before it: those are the inversions that this bit
    decides.
    """
    total = 0
    current = np.asarray(values, dtype=np.int64)
    if not len(current):
        return 0
    for bit in range(int(current.max()).bit_length() - 1, -1, -1):
        ones = (current >> bit) & 1
        group = current >> (bit + 1)  # ascending: the higher bits are in order already
        before = np.cumsum(ones) - ones
        starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
        base = np.repeat(before[starts], np.diff(np.append(starts, len(current))))
        total += int(((before - base) * (1 - ones)).sum())
        current = current[np.argsort(current >> bit, kind="stable")]
    return total
