"""The smallest change of one weight that takes an item into the top N of its queue, or out of it.

Pure. How a priority follows one weight w, with everything else as it is (`docs/playbook/scoring.md`, "What would flip
it"):

- *a criterion's weight*. Let T be the sum of the pillar's other weights and s = w/(T + w) its share. Then
  V = (A(1−s) + T·s·x)/(B(1−s) + T·s) for an item that is rated on it, with A = Σ w'·x and B = Σ w' over the other rated
  criteria; V does not move for one that is not. κ is linear in s.
- *a pillar's weight* in the queue's profile, s = w itself; the two others share 1 − w as they do now. Merit and κ are
  linear in s.

Either way, before the ends of the scale, P(s) = G·(b0 + b1·s)(c0 + c1·s)/(d0 + d1·s) + δ with G = 100·E·U. Two items
change places where their P are equal: multiplied out, a polynomial of degree 3 at most, whose roots are given by
formula (`polynomials`). Where P reaches 0 or 100 items tie, and the due date decides; those places are roots of
quadratics.

An item is in the top N while fewer than N others stand before it. Every other item stands before it on some stretches
of s; walking outwards from today's weight, the count is exact, and the first place where it passes N is the answer. The
change given is the *least upper bound of changes that do nothing*: at that weight the two are equal, just beyond it the
place has flipped. A change of 0 means that the slightest one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import Bools, Floats, Scores
from scoring.engine.order import order
from scoring.engine.polynomials import cubic_roots, quadratic_roots
from scoring.engine.whatif import Standing
from scoring.rubrics import (
    DELIVERY,
    MAX_WEIGHT,
    MIN_WEIGHT,
    PILLARS,
    QUEUES,
    Criterion,
    Profile,
    Rubric,
)

#: Priorities that are nearer than this are equal: the rounding error of some ten operations on numbers up to 100.
_EQUAL = 1e-11
#: Places of the share that are nearer than this are one place.
_ONE_PLACE = 1e-13
#: The search looks at a small neighbourhood of today's weight first, where few items matter.
_WINDOWS = (0.04, 0.2, 1.0)


@dataclass(frozen=True)
class Flip:
    """One weight, moved one way. `kind` is `criterion` or `pillar`; `now` and `at` are values of that weight.

    `only_there`: the flip happens at `at` itself (a pillar that counts nothing, or alone) and not before it.
    """

    kind: str
    key: str
    now: float
    at: float
    only_there: bool = False

    @property
    def change(self) -> float:
        return self.at - self.now

    @property
    def size(self) -> float:
        """|change| in relation to the weight; for a weight of 0 the change itself."""
        return abs(self.change) / self.now if self.now else abs(self.change)


@dataclass(frozen=True)
class Outlook:
    """An item's place in the top `top` of its queue, and every single weight that would flip it, the least first."""

    rank: int
    inside: bool
    top: int
    flips: tuple[Flip, ...]


@dataclass(frozen=True)
class _Curves:
    """P as a function of the share s, for the n scored items of a queue and one weight.

    h: (3, n), the numerator with the adjustment in it; d: (2, n), the denominator. `there`: (n,) has a priority between
    the ends. `place`: s today. `low`, `high`: how far s may go. `delta`: (n,) adjustments, limited. `factors`: G, and
    the lines of merit and confidence. `ends`: who is in the top N where s is 0 and 1, of a pillar.
    """

    kind: str
    key: str
    now: float
    rest: float
    place: float
    low: float
    high: float
    h: Floats
    d: Floats
    delta: Floats
    factors: tuple[Floats, Floats, Floats]
    there: Bools
    ends: tuple[Bools | None, Bools | None]

    def weight(self, share: float) -> float:
        return share if self.kind == "pillar" else self.rest * share / (1.0 - share)

    def at(self, share: Floats | float, rows: npt.NDArray[np.intp] | slice = slice(None)) -> Floats:
        h, d = self.h[:, rows], self.d[:, rows]
        full = (h[0] + share * (h[1] + share * h[2])) / (d[0] + share * d[1])
        clipped: Floats = np.clip(full, 0.0, 100.0)
        return clipped

    def between(self, low: float, high: float) -> tuple[Floats, Floats]:
        """Bounds of P on [low, high]: each factor is monotone there, so its ends bound it."""
        gain, merit, confidence = self.factors
        first = [(merit[0] + s * merit[1]) / (self.d[0] + s * self.d[1]) for s in (low, high)]
        second = [confidence[0] + s * confidence[1] for s in (low, high)]
        least = gain * np.minimum(*first) * np.minimum(*second) + self.delta
        most = gain * np.maximum(*first) * np.maximum(*second) + self.delta
        return np.clip(least, 0.0, 100.0), np.clip(most, 0.0, 100.0)


class Field:
    """The items of one queue under one rubric, ready to be asked what would flip them.

    `rows` of the answers are those of `scores`. `top`: N. Building it costs one pass over the queue and weight.
    """

    def __init__(
        self, rubric: Rubric, scores: Scores, standing: Standing, queue: str, top: int
    ) -> None:
        self.rubric = rubric
        self.profile = rubric.profile(queue)
        self.top = top
        code = QUEUES.index(queue)
        everyone = np.flatnonzero(standing.queue == code)
        # an item without a priority may get one where a pillar counts nothing, so all of them are looked at
        self.rows = everyone
        self.scored = scores.scored[everyone]
        sequence = np.lexsort(
            (standing.item_id[everyone], standing.created[everyone], standing.due[everyone])
        )
        self.tie = np.empty(len(everyone), dtype=np.int64)
        self.tie[sequence] = np.arange(len(everyone))
        in_order = order(
            scores.priority[everyone],
            standing.due[everyone],
            standing.created[everyone],
            standing.item_id[everyone],
            standing.severity[everyone],
        )
        self.rank = np.empty(len(everyone), dtype=np.int64)
        self.rank[in_order] = np.arange(1, len(everyone) + 1)
        self.inside = self.scored & (self.rank <= top)
        self._curves = list(self._all_curves(scores, standing.adjustment))

    def ask(self, row: int) -> Outlook:
        """What would flip this row (a row of the scores that is in the queue). Raises `ValueError` otherwise."""
        places = np.flatnonzero(self.rows == row)
        if not len(places):
            raise ValueError("This row is not in the queue.")
        own = int(places[0])
        found = [flip for curves in self._curves for flip in self._flips(curves, own)]
        found.sort(key=lambda flip: (flip.size, flip.kind, flip.key))
        return Outlook(int(self.rank[own]), bool(self.inside[own]), self.top, tuple(found))

    # --- How priorities follow a weight ----------------------------------------------------------

    def _all_curves(self, scores: Scores, adjustment: Floats) -> Iterator[_Curves]:
        table = _Table.of(self.rubric, self.profile, scores, adjustment, self.rows)
        for column, criterion in enumerate(self.rubric.criteria):
            curves = _criterion_curves(self.rubric, self.profile, table, column, criterion)
            if curves is not None:
                yield curves
        for pillar in range(len(PILLARS)):
            curves = self._pillar_curves(table, pillar)
            if curves is not None:
                yield curves

    def _pillar_curves(self, table: _Table, pillar: int) -> _Curves | None:
        weights = self.profile.weights
        now = weights[pillar]
        if now >= 1.0 or not self.rubric.criteria_of(PILLARS[pillar]):
            return None  # the others have no proportion in which they could grow
        others = [p for p in range(len(PILLARS)) if p != pillar and weights[p] > 0]
        merit = np.zeros(len(self.rows))
        kappa = np.zeros(len(self.rows))
        for other in others:
            share = weights[other] / (1.0 - now)
            merit = merit + share * table.counted[other]
            kappa = kappa + share * table.known[other]
        own, known = table.counted[pillar], table.known[pillar]
        there = ~np.isnan(own) & ~np.isnan(merit)
        floor = self.profile.confidence_floor
        merit_line = np.vstack([merit, own - merit])
        sure = np.vstack([floor + (1 - floor) * kappa, (1 - floor) * (known - kappa)])
        ends = (
            self._top_at(table, merit, floor + (1 - floor) * kappa) if now > 0 else None,
            self._top_at(table, own, floor + (1 - floor) * known),
        )
        one = np.vstack([np.ones(len(self.rows)), np.zeros(len(self.rows))])
        return _curves("pillar", PILLARS[pillar], now, (1.0, now, 0.0, 1.0), table, merit_line,
                       sure, one, there, ends)  # fmt: skip

    def _top_at(self, table: _Table, merit: Floats, confidence: Floats) -> Bools:
        """Who is in the top N at one end of a pillar's weight: others have a priority there than between the ends."""
        full = np.clip(table.gain * merit * confidence + table.delta, 0.0, 100.0)
        full = np.round(full, 9)  # what is equal on paper is equal here
        # the tie is the order by due, created and id; unscored ones are NaN and go last
        sequence = np.lexsort((self.tie, -full))
        inside = np.zeros(len(full), dtype=np.bool_)
        inside[sequence[: self.top]] = True
        return inside & ~np.isnan(full)

    # --- Walking outwards --------------------------------------------------------------------------

    def _flips(self, curves: _Curves, own: int) -> Iterator[Flip]:
        inside = bool(self.inside[own])
        open_ways = {-1: curves.place > curves.low, 1: curves.place < curves.high}
        for reach in _WINDOWS:
            if not self.scored[own] or not any(open_ways.values()):
                break
            low = max(curves.low, curves.place - reach)
            high = min(curves.high, curves.place + reach)
            for way, place in self._nearest(curves, own, low, high, open_ways).items():
                open_ways[way] = False
                at = curves.now if place == curves.place else curves.weight(place)
                yield Flip(curves.kind, curves.key, curves.now, at)
        for way, end, share in ((-1, curves.ends[0], 0.0), (1, curves.ends[1], 1.0)):
            if open_ways[way] and end is not None and bool(end[own]) != inside:
                yield Flip(curves.kind, curves.key, curves.now, share, only_there=True)

    def _nearest(
        self, curves: _Curves, own: int, low: float, high: float, open_ways: dict[int, bool]
    ) -> dict[int, float]:
        """The nearest place of a flip in each open direction, within [low, high]."""
        least, most = curves.between(low, high)
        if curves.there[own]:
            near = (most >= least[own] - _EQUAL) & (least <= most[own] + _EQUAL)
        else:
            near = np.zeros(
                len(most), dtype=np.bool_
            )  # as soon as the pillar counts, it has no priority
        near |= ~curves.there
        near &= self.scored
        near[own] = False
        others = np.flatnonzero(near)
        first = self.rank[others] < self.rank[own]
        ahead = int(self.rank[own]) - 1
        found = {}
        breaks = self._breaks(curves, own, others, low, high)
        for way, end in ((-1, low), (1, high)):
            if not open_ways[way]:
                continue
            place = self._walk(curves, own, others, breaks, first, ahead, way, end)
            if place is not None:
                found[way] = place
        return found

    def _breaks(
        self, curves: _Curves, own: int, others: npt.NDArray[np.intp], low: float, high: float
    ) -> Floats:
        """(k, others) places within [low, high] where the order of two may change; NaN for none."""
        h, d = curves.h[:, others], curves.d[:, others]
        h0, h1, h2 = curves.h[:, own]
        d0, d1 = curves.d[:, own]
        crossing = np.vstack([
            h0 * d[0] - h[0] * d0,
            h0 * d[1] + h1 * d[0] - h[0] * d1 - h[1] * d0,
            h1 * d[1] + h2 * d[0] - h[1] * d1 - h[2] * d0,
            h2 * d[1] - h[2] * d1,
        ])  # fmt: skip
        rows = [cubic_roots(crossing, low, high)]
        adjusted = curves.delta[others] != 0
        if curves.delta[own] != 0:
            rows.append(np.repeat(_scale_ends(curves, np.array([own])), len(others), axis=1))
        if adjusted.any():
            ends = np.full((4, len(others)), np.nan)
            ends[:, adjusted] = _scale_ends(curves, others[adjusted])
            rows.append(ends)
        found = np.vstack(rows)
        found[~((found >= low) & (found <= high))] = np.nan
        return found

    def _walk(
        self,
        curves: _Curves,
        own: int,
        others: npt.NDArray[np.intp],
        breaks: Floats,
        first: Bools,
        ahead: int,
        way: int,
        end: float,
    ) -> float | None:
        """Count who stands before the item, from today's place to `end`; the place of the first flip, or None."""
        start = curves.place
        # a crossing that rounding put on the wrong side of today's place happens there
        reached = np.where(way * (breaks - start) >= -_ONE_PLACE, breaks, np.nan)
        distance = np.sort(np.maximum(0.0, way * (reached - start)), axis=0)
        length = way * (end - start)
        distance = np.where(np.isnan(distance), length, np.minimum(distance, length))
        edges = np.vstack([np.zeros(len(others)), distance, np.full(len(others), length)])
        state = first
        at: list[Floats] = []
        change: list[npt.NDArray[np.int64]] = []
        if not curves.there[own]:
            return start if self.inside[own] else None
        for piece in range(len(edges) - 1):
            wide = edges[piece + 1] - edges[piece] > _ONE_PLACE
            middle = start + way * 0.5 * (edges[piece] + edges[piece + 1])
            now = np.where(wide, self._stands_before(curves, own, others, middle), state)
            rows = np.flatnonzero(now != state)
            at.append(edges[piece, rows])
            change.append(np.where(now[rows], 1, -1))
            state = now
        places, steps = np.concatenate(at), np.concatenate(change)
        if not len(places):
            return None
        sequence = np.argsort(places, kind="stable")
        places, count = places[sequence], ahead + np.cumsum(steps[sequence])
        settled = np.append(np.diff(places) > _ONE_PLACE, True)
        flipped = np.flatnonzero(settled & ((count < self.top) != self.inside[own]))
        if not len(flipped):
            return None
        return float(start + way * places[flipped[0]])

    def _stands_before(
        self, curves: _Curves, own: int, others: npt.NDArray[np.intp], share: Floats
    ) -> Bools:
        h, d = curves.h[:, own], curves.d[:, own]
        mine = np.clip((h[0] + share * (h[1] + share * h[2])) / (d[0] + share * d[1]), 0, 100)
        difference = curves.at(share, others) - mine
        equal = np.abs(difference) <= _EQUAL
        before = np.where(equal, self.tie[others] < self.tie[own], difference > 0)
        answer: Bools = before & curves.there[others]
        return answer


@dataclass(frozen=True)
class _Table:
    """What the curves of a queue are made of. counted, known: (3, n) pillars and what is known of them. x, k: (C,
    n).
    """

    counted: Floats
    known: Floats
    x: Floats
    k: Floats
    gain: Floats
    delta: Floats
    scored: Bools

    @classmethod
    def of(
        cls,
        rubric: Rubric,
        profile: Profile,
        scores: Scores,
        adjustment: Floats,
        rows: npt.NDArray[np.intp],
    ) -> _Table:
        x = np.ascontiguousarray(scores.x[rows].T)
        k = np.ascontiguousarray(scores.k[rows].T)
        known = np.zeros((len(PILLARS), len(rows)))
        for place, pillar in enumerate(PILLARS):
            together = sum(criterion.weight for criterion in rubric.criteria_of(pillar))
            for column, criterion in enumerate(rubric.criteria):
                if criterion.pillar == pillar:
                    known[place] += criterion.weight * k[column] / together
        return cls(
            counted=np.vstack([scores.value[rows], scores.impact[rows], scores.risk_counted[rows]]),
            known=known,
            x=x,
            k=k,
            gain=100.0 * scores.effort_factor[rows] * scores.urgency_factor[rows],
            delta=np.clip(adjustment[rows], -rubric.max_adjustment, rubric.max_adjustment),
            scored=scores.scored[rows],
        )


def _criterion_curves(
    rubric: Rubric, profile: Profile, table: _Table, column: int, criterion: Criterion
) -> _Curves | None:
    """None where the weight changes nothing: its pillar counts nothing here, or has no other criterion."""
    pillar = PILLARS.index(criterion.pillar)
    share = profile.weights[pillar]
    others = [
        i
        for i, other in enumerate(rubric.criteria)
        if i != column and other.pillar == criterion.pillar
    ]
    rest = sum(rubric.criteria[i].weight for i in others)
    if share == 0 or not others:
        return None
    count = len(table.gain)
    put_in, weighed, sure = np.zeros(count), np.zeros(count), np.zeros(count)
    for i in others:
        weight, x = rubric.criteria[i].weight, table.x[i]
        rated = ~np.isnan(x)
        put_in += np.where(rated, weight * x, 0.0)
        weighed += np.where(rated, weight, 0.0)
        sure += weight * table.k[i]
    x, rated = table.x[column], ~np.isnan(table.x[column])
    moves = rated & (weighed > 0)
    still = np.where(rated, x, put_in / np.where(weighed > 0, weighed, 1.0))
    top = np.where(moves, put_in, still)
    top_slope = np.where(moves, rest * np.nan_to_num(x) - put_in, 0.0)
    bottom = np.where(moves, weighed, 1.0)
    bottom_slope = np.where(moves, rest - weighed, 0.0)
    if criterion.pillar == "risk" and profile.risk_polarity == DELIVERY:
        top, top_slope = bottom - top, bottom_slope - top_slope
    merit = np.zeros(count)
    kappa = np.zeros(count)
    for other, weight in enumerate(profile.weights):
        if other != pillar and weight > 0:
            merit = merit + weight * table.counted[other]
            kappa = kappa + weight * table.known[other]
    floor = profile.confidence_floor
    merit_line = np.vstack([merit * bottom + share * top, merit * bottom_slope + share * top_slope])
    known = sure / rest
    confidence = np.vstack([
        floor + (1 - floor) * (kappa + share * known),
        (1 - floor) * share * (table.k[column] - known),
    ])  # fmt: skip
    low, high = (limit / (rest + limit) for limit in (MIN_WEIGHT, MAX_WEIGHT))
    now = criterion.weight
    return _curves("criterion", criterion.key, now, (rest, now / (rest + now), low, high), table,
                   merit_line, confidence, np.vstack([bottom, bottom_slope]), table.scored,
                   (None, None))  # fmt: skip


def _curves(
    kind: str,
    key: str,
    now: float,
    places: tuple[float, float, float, float],
    table: _Table,
    merit: Floats,
    confidence: Floats,
    d: Floats,
    there: Bools,
    ends: tuple[Bools | None, Bools | None],
) -> _Curves:
    rest, place, low, high = places
    gain, delta = table.gain, table.delta
    h = np.vstack([
        gain * merit[0] * confidence[0] + delta * d[0],
        gain * (merit[0] * confidence[1] + merit[1] * confidence[0]) + delta * d[1],
        gain * merit[1] * confidence[1],
    ])  # fmt: skip
    return _Curves(kind, key, now, rest, place, low, high, h, d, delta, (gain, merit, confidence),
                   there, ends)  # fmt: skip


def _scale_ends(curves: _Curves, rows: npt.NDArray[np.intp]) -> Floats:
    """(4, rows): where P reaches 0 or 100."""
    h, d = curves.h[:, rows], curves.d[:, rows]
    return np.vstack([
        quadratic_roots(h[0], h[1], h[2]),
        quadratic_roots(h[0] - 100.0 * d[0], h[1] - 100.0 * d[1], h[2]),
    ])  # fmt: skip


def outlooks(
    rubric: Rubric, scores: Scores, standing: Standing, tops: Sequence[int], rows: Sequence[int]
) -> list[Outlook]:
    """What would flip each of these rows, in their order. `tops`: N per queue, in the order of `QUEUES`."""
    fields: dict[int, Field] = {}
    found = []
    for row in rows:
        code = int(standing.queue[row])
        if code not in fields:
            fields[code] = Field(rubric, scores, standing, QUEUES[code], int(tops[code]))
        found.append(fields[code].ask(row))
    return found
