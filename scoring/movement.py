"""Why a score moved: the difference of two priorities, shared out exactly among its causes.

From snapshot a to snapshot b:

1. `rubric` = (a's inputs under b's rubric) − P_a;
2. `queue` = (the same in b's queue) − (in a's queue), 0 unless the item changed its queue;
3. what remains is shared among value, impact, risk, confidence, effort, urgency and adjustment by
   the Shapley value of F = clip(100·(v + i + r)·C·E·U + δ, 0, 100), with v = W_v·V and so on: each
   cause gets what it adds on average over all 7! orders in which the causes could have come.

The parts sum to P_b − P_a within 1e-9. A pillar's part opens into its criteria in proportion to
the change of w·x, and a criterion's into new rating, new signals and ageing, in that order. "New
signals" is everything that makes b's evidence another than a's: signals that came or went (added,
attached, detached, withdrawn, brought back, moved by a merge), that were corrected, and segments
that the item named or no longer names. What a segment's signals count for is the rubric's word.

Decided here: a criterion that is rated in only one of the snapshots stands at its pillar's mean in
the other, which changes no mean, so that a low first rating shows as the loss that it is. Signals
that were still to come at a have age 0 there, so that new signals count in full before ageing. If
a's inputs have no priority under b's rubric or in b's queue, the whole difference belongs to that
change. If either snapshot has no priority, there is nothing to share out.

Pure: no Django, no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import factorial

import numpy as np

from scoring.engine import PARTS, ItemInputs, ItemScore, Scores, inputs_from_items, score
from scoring.engine.arrays import Floats
from scoring.rubrics import DELIVERY, PILLARS, Rubric

FACTORS = ("value", "impact", "risk", "confidence", "effort", "urgency", "adjustment")
"""The columns of :func:`factors` and :func:`shapley`."""

MOVES = ("rubric", "queue", *FACTORS)
"""The keys of `Movement.parts`, in order."""

_COUNT = len(FACTORS)
_BLOCK = 4096
_SAME = 1e-9
_WEIGHTS = [
    factorial(size) * factorial(_COUNT - 1 - size) / factorial(_COUNT) for size in range(_COUNT)
]


@dataclass(frozen=True)
class Snapshot:
    """An item as it was at an instant, and the rubric that was in force."""

    rubric: Rubric
    item: ItemInputs
    at: datetime


@dataclass(frozen=True)
class CriterionMove:
    """What one criterion did to its pillar's part: `points` = `rating` + `signals` + `ageing`."""

    key: str
    points: float
    rating: float
    signals: float
    ageing: float


@dataclass(frozen=True)
class Movement:
    """`parts` has every key of `MOVES`; they sum to `after` − `before`. Both are empty, `parts` and
    `criteria`, if one of the two is None. `criteria`: those rated in either snapshot, in the
    order of the rubric; those of a pillar sum to its part. `divided` is False where the change of
    rubric or queue had to take the whole difference."""

    before: float | None
    after: float | None
    parts: dict[str, float]
    criteria: tuple[CriterionMove, ...]
    divided: bool


def factors(scores: Scores) -> Floats:
    """(N, 7) in the order of `FACTORS`: 100·v, 100·i, 100·r, C, E, U, δ; NaN where unscored."""
    return np.column_stack(
        [
            scores.parts[:, :3],
            np.where(scores.scored, scores.confidence, np.nan),
            np.where(scores.scored, scores.effort_factor, np.nan),
            np.where(scores.scored, scores.urgency_factor, np.nan),
            scores.parts[:, PARTS.index("adjustment")],
        ]
    )


def shapley(before: Floats, after: Floats) -> Floats:
    """Share out the change of F. before, after: (N, 7) as :func:`factors` gives them, under one
    rubric and queue. Answers (N, 7) points; each row sums to F(after) − F(before)."""
    shares = np.empty(before.shape)
    for start in range(0, len(before), _BLOCK):
        rows = slice(start, start + _BLOCK)
        shares[rows] = _shapley_block(before[rows], after[rows])
    return shares


def movement(a: Snapshot, b: Snapshot) -> Movement:
    """Why the priority of one item moved from a to b."""
    return movements([(a, b)])[0]


def movements(pairs: Sequence[tuple[Snapshot, Snapshot]]) -> list[Movement]:
    """The same for many items at once: all first ones under one rubric at one instant, and all second ones too."""
    if not pairs:
        return []
    a, b = pairs[0]
    items = [first.item for first, _ in pairs]
    goals = [last.item for _, last in pairs]
    moved = [replace(item, queue=goal.queue) for item, goal in zip(items, goals, strict=True)]
    rated = [replace(item, ratings=goal.ratings) for item, goal in zip(moved, goals, strict=True)]
    shown = [
        replace(item, signals=goal.signals, segments=goal.segments)
        for item, goal in zip(rated, goals, strict=True)
    ]
    steps = zip(
        _scored(a.rubric, items, a.at),
        _scored(b.rubric, items, a.at),
        _scored(b.rubric, moved, a.at),
        _scored(b.rubric, rated, a.at),
        _scored(b.rubric, shown, a.at),
        _scored(b.rubric, goals, b.at),
        strict=True,
    )
    found = [_undivided(*each) for each in steps]
    open_ = [place for place, (_, path) in enumerate(found) if path]
    begun = np.array([_factors_of(found[place][1][0]) for place in open_]).reshape(-1, _COUNT)
    last = np.array([_factors_of(found[place][1][-1]) for place in open_]).reshape(-1, _COUNT)
    shares = shapley(begun, last)
    answer = [move for move, _ in found]
    for row, place in enumerate(open_):
        move, path = found[place]
        answer[place] = _divided(b.rubric, move, path, (begun[row], last[row]), shares[row])
    return answer


def _scored(rubric: Rubric, items: Sequence[ItemInputs], at: datetime) -> list[ItemScore]:
    scores = score(rubric, inputs_from_items(rubric, items, at))
    return [scores.item(rubric, row) for row in range(len(items))]


Path = tuple[ItemScore, ...]
"""b's rubric and queue: a's inputs; with b's ratings; with b's signals too; b's inputs at b."""


def _undivided(
    first: ItemScore,
    under: ItemScore,
    begun: ItemScore,
    rated: ItemScore,
    shown: ItemScore,
    last: ItemScore,
) -> tuple[Movement, Path]:
    """What rubric and queue did; an empty path where nothing is left to divide, or nothing can be."""
    if first.priority is None or last.priority is None:
        return Movement(first.priority, last.priority, {}, (), divided=False), ()
    parts = dict.fromkeys(MOVES, 0.0)
    start = first.priority
    for cause, score_under in (("rubric", under), ("queue", begun)):
        if score_under.priority is None:
            parts[cause] = last.priority - start
            return Movement(first.priority, last.priority, parts, (), divided=False), ()
        parts[cause] = score_under.priority - start
        start = score_under.priority
    move = Movement(first.priority, last.priority, parts, (), divided=True)
    return move, (begun, rated, shown, last)


def _divided(
    rubric: Rubric, move: Movement, path: Path, ends: tuple[Floats, Floats], shares: Floats
) -> Movement:
    """The rest shared out among the factors, and the pillars opened."""
    points = dict(zip(FACTORS, shares.tolist(), strict=True))
    criteria = [
        each
        for column, pillar in enumerate(PILLARS)
        for each in _open_pillar(
            rubric, path, pillar, _points_per_merit(*ends, column, points[pillar])
        )
    ]
    criteria.sort(key=lambda each: rubric.criterion_index[each.key])
    return replace(move, parts=move.parts | points, criteria=tuple(criteria))


def _value_of(factor: list[Floats]) -> Floats:
    v, i, r, confidence, effort, urgency, adjustment = factor
    return np.clip((v + i + r) * confidence * effort * urgency + adjustment, 0.0, 100.0)


def _shapley_block(before: Floats, after: Floats) -> Floats:
    values = []
    for coalition in range(1 << _COUNT):
        values.append(
            _value_of([(after if coalition >> j & 1 else before)[:, j] for j in range(_COUNT)])
        )
    shares = np.zeros(before.shape)
    for j in range(_COUNT):
        for coalition in range(1 << _COUNT):
            if not coalition >> j & 1:
                added = values[coalition | 1 << j] - values[coalition]
                shares[:, j] += _coalition_weight(coalition) * added
    return shares


def _coalition_weight(coalition: int) -> float:
    """The share of the orders in which exactly this coalition came before one given cause."""
    return _WEIGHTS[coalition.bit_count()]


def _factors_of(score: ItemScore) -> Floats:
    assert score.parts is not None
    return np.array(
        [
            *(score.parts[pillar] for pillar in PILLARS),
            score.confidence,
            score.effort_factor,
            score.urgency_factor,
            score.parts["adjustment"],
        ]
    )


def _points_per_merit(before: Floats, after: Floats, column: int, share: float) -> float:
    """Points of priority for each point of the pillar's merit: its Shapley value over its change.

    Where the merit did not change although criteria did, in opposite directions, the quotient's
    limit stands in: C·E·U averaged over the same coalitions.
    """
    change = float(after[column] - before[column])
    if abs(change) > _SAME:
        return share / change
    mean = 0.0
    for coalition in range(1 << _COUNT):
        if not coalition >> column & 1:
            confidence, effort, urgency = (
                float((after if coalition >> j & 1 else before)[j]) for j in (3, 4, 5)
            )
            mean += _coalition_weight(coalition) * confidence * effort * urgency
    return mean


def _open_pillar(
    rubric: Rubric, path: tuple[ItemScore, ...], pillar: str, points_per_merit: float
) -> list[CriterionMove]:
    """The criteria of a pillar. path: begun, with b's ratings, with b's signals too, last."""
    begun, last = path[0], path[-1]
    profile = rubric.profile(last.queue)
    weight = profile.weights[PILLARS.index(pillar)]
    mean_begun, mean_last = getattr(begun, pillar), getattr(last, pillar)
    if weight == 0:
        return []
    rated = []
    for criterion in rubric.criteria_of(pillar):
        column = rubric.criterion_index[criterion.key]
        levels = [score.criteria[column].x for score in path]
        if levels[0] is not None or levels[-1] is not None:
            stands_at = mean_begun if levels[0] is None else mean_last
            rated.append((criterion, [stands_at if x is None else x for x in levels]))
    together = sum(criterion.weight for criterion, _ in rated)
    against = pillar == "risk" and profile.risk_polarity == DELIVERY
    points = (-1.0 if against else 1.0) * 100.0 * weight * points_per_merit / together
    moves = []
    for criterion, (x0, x1, x2, x3) in rated:
        rating, signals, ageing = (
            points * criterion.weight * step for step in (x1 - x0, x2 - x1, x3 - x2)
        )
        moves.append(
            CriterionMove(criterion.key, rating + signals + ageing, rating, signals, ageing)
        )
    return moves
