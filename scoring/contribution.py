"""What each signal adds today, in points.

A criterion's part of the waterfall is u·x, with u = 100·W·w / Σw over the pillar's rated criteria, and x mixes rating
and evidence: x = (1 − α)·m + α·e. So the evidence puts u·α·e into the part (u·e where nobody rated), and the rating the
rest. Where risk is the danger of *doing* it, the part is u·(1 − x) and the same amount is taken off.

A signal's share of it is proportional to what is left of the signal: points = u·α·e · left / Σ left. The shares of a
criterion's signals add up to its evidence points exactly (to 1e-9), whatever their number. They are not what the
priority would lose without one of them: since e grows with the logarithm, each signal alone would take less.

`points` are those of the bars, before doubt, effort and urgency have taken theirs; `in_priority` are what is left of
them in the priority: points · C · E · U.

Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.engine import ItemScore
from scoring.rubrics import DELIVERY, PILLARS, Criterion, Rubric

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Counted:
    """A signal as it counts for the item: one of a segment at the segment's share. `magnitude` ≥ 0."""

    kind: str
    magnitude: float
    occurred_at: datetime


@dataclass(frozen=True)
class Share:
    """What a signal adds today. `left` of its magnitude (by the longest half-life that reads it, `half_life_days`; None
    for a kind that no criterion reads); `points` in the bars, `in_priority` what remains of them; None while unscored.
    """

    left: float | None
    half_life_days: float | None
    points: float | None
    in_priority: float | None


@dataclass(frozen=True)
class CriterionEvidence:
    """A criterion's part and where it comes from: `rating_points` + `evidence_points` (+ `untouched`) = `points`.

    `untouched`: what the criterion would give if rating and evidence were both 0; only where risk counts against an
    item. `sum` is s, what is left of all its signals together.
    """

    key: str
    label: str
    sum: float
    points: float
    rating_points: float
    evidence_points: float
    untouched: float


def criteria_with_evidence(
    rubric: Rubric, score: ItemScore, signals: Sequence[Counted], at: datetime
) -> tuple[CriterionEvidence, ...]:
    """Every criterion that has evidence, in the rubric's order; none while the item is unscored."""
    if not score.scored:
        return ()
    found = []
    for criterion, unit in _units(rubric, score):
        rule = criterion.evidence
        each = score.criteria[rubric.criterion_index[criterion.key]]
        if rule is None or each.e is None or each.points is None:
            continue
        share = 1.0 if each.m is None else rule.share
        untouched = 0.0
        if unit < 0:
            untouched = -unit
        found.append(
            CriterionEvidence(
                criterion.key,
                criterion.label,
                math.fsum(_left(signal, criterion, at) for signal in signals),
                each.points,
                unit * (1.0 - share) * (each.m or 0.0),
                unit * share * each.e,
                untouched,
            )
        )
    return tuple(found)


def shares(
    rubric: Rubric, score: ItemScore, signals: Sequence[Counted], at: datetime
) -> list[Share]:
    """What each of an item's signals adds at `at`, in their order. `score` is the item's, made at `at` with them."""
    evidence = criteria_with_evidence(rubric, score, signals, at)
    factor = score.confidence * score.effort_factor * score.urgency_factor
    by_key = {criterion.key: criterion for criterion in rubric.criteria}
    readers = {
        kind: [
            criterion
            for criterion in rubric.criteria
            if criterion.evidence and kind in criterion.evidence.kinds
        ]
        for kind in {signal.kind for signal in signals}
    }
    found = []
    for signal in signals:
        slowest = max(
            readers[signal.kind],
            key=lambda criterion: criterion.evidence.half_life_days if criterion.evidence else 0.0,
            default=None,
        )
        if slowest is None or slowest.evidence is None:
            found.append(Share(None, None, None, None))
            continue
        points = None
        if score.scored:
            points = math.fsum(
                each.evidence_points * _left(signal, by_key[each.key], at) / each.sum
                for each in evidence
                if each.sum > 0
            )
        found.append(
            Share(
                _left(signal, slowest, at),
                slowest.evidence.half_life_days,
                points,
                None if points is None else points * factor,
            )
        )
    return found


def curve(
    rubric: Rubric, kind: str, signals: Sequence[Counted], instants: Sequence[datetime]
) -> list[float]:
    """What was, is or will be left of a kind's signals at each instant; those that came later count from then on."""
    lives = [
        criterion.evidence.half_life_days
        for criterion in rubric.criteria
        if criterion.evidence and kind in criterion.evidence.kinds
    ]
    if not lives:
        return [0.0 for _ in instants]
    return [
        math.fsum(
            signal.magnitude * 2 ** (-((instant - signal.occurred_at) / _DAY) / max(lives))
            for signal in signals
            if signal.kind == kind and signal.occurred_at <= instant
        )
        for instant in instants
    ]


def _left(signal: Counted, criterion: Criterion, at: datetime) -> float:
    rule = criterion.evidence
    if rule is None or signal.kind not in rule.kinds:
        return 0.0
    age = max(0.0, (at - signal.occurred_at) / _DAY)
    return float(signal.magnitude * 2 ** (-age / rule.half_life_days))


def _units(rubric: Rubric, score: ItemScore) -> list[tuple[Criterion, float]]:
    """Each criterion with its u; negative where x takes points off."""
    profile = rubric.profile(score.queue)
    found = []
    for pillar, weight in zip(PILLARS, profile.weights, strict=True):
        criteria = rubric.criteria_of(pillar)
        rated = math.fsum(
            each.weight
            for each in criteria
            if score.criteria[rubric.criterion_index[each.key]].x is not None
        )
        sign = -1.0 if pillar == "risk" and profile.risk_polarity == DELIVERY else 1.0
        found += [(each, sign * 100.0 * weight * each.weight / rated) for each in criteria if rated]
    return sorted(found, key=lambda pair: rubric.criterion_index[pair[0].key])
