"""What has gone stale: inputs that time alone has made worth half of what they were.

A rating is worth its certainty until the rubric's grace is over and halves with every half-life after that; the
evidence of a criterion halves with every two half-lives since its newest signal (scoring page, step 4). Each is *stale*
from the instant on at which it is worth half: a rating when grace and one half-life have passed (30 + 180 days with the
default rubric), evidence when two half-lives have (60 days for support tickets). A criterion is stale when its k is
half of what it would be if everything about it were of today.

*Age cost*: the points that the item would gain at once if everybody said the same again today and each kind of
evidence were seen anew with the sum it has: 100·B·(1 − φ)·(κ° − κ)·E·U, where κ° is κ with all ages 0.

Pure: arrays and plain values in and out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from scoring.engine import CriterionScore, Inputs, ItemScore, Scores
from scoring.engine.arrays import Floats
from scoring.rubrics import PILLARS, Criterion, Rubric

#: What is left of something when it is called stale.
LEFT = 0.5
_DAY = timedelta(days=1)
#: Nothing ages for longer than this; what would be stale later is called stale then.
_LONGEST_DAYS = 200_000.0


@dataclass(frozen=True)
class Staleness:
    """Of N items. ratings_left, evidence_left: (N,) days until the first rating, the first criterion's evidence, is
    stale; negative = since then; NaN = there is none that counts. age_cost: (N,) points; NaN = unscored.
    """

    ratings_left: Floats
    evidence_left: Floats
    age_cost: Floats


@dataclass(frozen=True)
class Aging:
    """A criterion's k today, what it would be were everything of today, and when it is half of that.

    `stale_at` is None for a criterion without rating and evidence. `rating_at`, `evidence_at`: when each of the two is
    (or was) stale by itself.
    """

    key: str
    label: str
    k: float
    fresh: float
    stale_at: datetime | None
    rating_at: datetime | None
    evidence_at: datetime | None

    def stale(self, at: datetime) -> bool:
        return self.stale_at is not None and self.stale_at <= at


def staleness(rubric: Rubric, inputs: Inputs, scores: Scores) -> Staleness:
    """When what the items rest on goes stale, and what age costs them. `scores` are those of `inputs` under `rubric`.

    Only criteria count whose pillar the item's queue weighs; a rating that evidence with the share 1 stands in for does
    not.
    """
    count = len(scores)
    ratings_left, evidence_left = np.full(count, np.nan), np.full(count, np.nan)
    weights = np.array([profile.weights for profile in rubric.profiles])[scores.queue]
    lost = np.zeros(count)
    life = rubric.rating_grace_days + rubric.rating_half_life_days
    for column, criterion in enumerate(rubric.criteria):
        pillar = PILLARS.index(criterion.pillar)
        counts = weights[:, pillar] > 0
        rated = ~np.isnan(scores.m[:, column])
        present = ~np.isnan(scores.f[:, column])
        rule = criterion.evidence
        share = np.where(present, rule.share if rule else 0.0, 0.0)
        fresh = np.where(rated, (1.0 - share) * inputs.certainty[:, column], 0.0) + share
        of_pillar = sum(each.weight for each in rubric.criteria_of(criterion.pillar))
        weight = weights[:, pillar] * (criterion.weight / of_pillar)
        lost += weight * np.maximum(0.0, fresh - scores.k[:, column])
        left = life - np.maximum(0.0, inputs.rated_age_days[:, column])
        _earliest(ratings_left, counts & rated & (share < 1), left)
        if rule is not None and rule.share > 0 and inputs.evidence is not None:
            newest = np.maximum(0.0, inputs.evidence.newest_age_days[:, column])
            _earliest(evidence_left, counts & present, 2.0 * rule.half_life_days - newest)
    floor = np.array([profile.confidence_floor for profile in rubric.profiles])[scores.queue]
    cost = 100.0 * scores.merit * (1.0 - floor) * lost
    return Staleness(
        ratings_left, evidence_left, cost * scores.effort_factor * scores.urgency_factor
    )


def _earliest(found: Floats, among: npt.NDArray[np.bool_], days: Floats) -> None:
    found[among] = np.fmin(found[among], days[among])


def aging(
    rubric: Rubric,
    score: ItemScore,
    at: datetime,
    *,
    rated: dict[str, datetime],
    newest: dict[str, datetime],
) -> tuple[Aging, ...]:
    """How each criterion ages, in the rubric's order. `score` was made at `at`.

    rated: criterion -> when it was rated. newest: criterion -> its newest signal. Instants to come count as `at`.
    """
    return tuple(
        _aging(rubric, criterion, found, at, rated.get(criterion.key), newest.get(criterion.key))
        for criterion, found in zip(rubric.criteria, score.criteria, strict=True)
    )


def _aging(
    rubric: Rubric,
    criterion: Criterion,
    found: CriterionScore,
    at: datetime,
    rated: datetime | None,
    newest: datetime | None,
) -> Aging:
    share = criterion.evidence.share if criterion.evidence and found.f is not None else 0.0
    rating_age = None if found.c is None or rated is None else _age(rated, at)
    evidence_age = None if found.f is None or newest is None else _age(newest, at)
    grace, half = rubric.rating_grace_days, rubric.rating_half_life_days
    signal_half = criterion.evidence.half_life_days if criterion.evidence else 1.0

    def certainty_left(days: float) -> float:
        return float(2 ** (-max(0.0, days - grace) / half))

    entered = 0.0
    if found.c is not None and rating_age is not None:
        entered = found.c / certainty_left(rating_age)

    def known(ahead: float) -> float:
        """k so many days from `at`, if nothing is said and nothing seen until then."""
        from_rating = from_evidence = 0.0
        if rating_age is not None:
            from_rating = (1.0 - share) * entered * certainty_left(rating_age + ahead)
        if evidence_age is not None:
            from_evidence = share * 2 ** (-(evidence_age + ahead) / (2.0 * signal_half))
        return from_rating + from_evidence

    fresh = (1.0 - share) * entered + share
    stale_at = at + _DAY * _half_at(known, LEFT * fresh) if fresh > 0 else None
    return Aging(
        criterion.key,
        criterion.label,
        found.k,
        fresh,
        stale_at,
        None if rating_age is None else at + _DAY * (grace + half - rating_age),
        None if evidence_age is None else at + _DAY * (2.0 * signal_half - evidence_age),
    )


def _half_at(known: Callable[[float], float], target: float) -> float:
    """Days from now (negative: ago) at which the falling function `known` reaches `target`, to less than a second.

    Before the youngest input came the function says what it would have been; nobody needs it to be exact there.
    """
    low, high = 0.0, _LONGEST_DAYS
    if known(high) > target:
        return high
    while known(low) <= target and low > -_LONGEST_DAYS:
        low = low * 2 - 1
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if known(middle) > target else (low, middle)
    return high


def _age(then: datetime, at: datetime) -> float:
    return max(0.0, (at - then) / _DAY)
