"""When inputs go stale and what age costs, held against the engine itself at other instants."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings

from scoring import engine
from scoring.engine.items import inputs_from_items
from scoring.rubrics import DEFAULT_RUBRIC, parse_rubric, rubric_data
from scoring.staleness import aging, staleness
from tests.scoring.strategies import AT, cases, engine_item

DAY = timedelta(days=1)


def found(rubric, item, at=AT):  # type: ignore[no-untyped-def]
    inputs = inputs_from_items(rubric, [item], at)
    scores = engine.score(rubric, inputs)
    return staleness(rubric, inputs, scores), scores


def rated(days: float, certainty: str = "certain") -> dict[str, engine.Rating]:
    return {
        key: engine.Rating(3, certainty, AT - days * DAY)
        for key in ("business_value", "customer_pain", "technical_risk")
    }


def test_a_rating_is_stale_after_its_grace_and_a_half_life() -> None:
    for days in (0, 100, 209.5, 300):
        for certainty in ("guess", "certain"):
            item = engine.ItemInputs(queue="stability", ratings=rated(days, certainty))
            result, _ = found(DEFAULT_RUBRIC, item)
            assert result.ratings_left[0] == pytest.approx(210 - days)
            assert np.isnan(result.evidence_left[0])


def test_evidence_is_stale_after_two_half_lives_of_the_first_criterion() -> None:
    signals = [
        engine.Signal("support_ticket", 3, AT - 50 * DAY),
        engine.Signal("support_ticket", 3, AT - 10 * DAY),
        engine.Signal("incident", 1, AT - 170 * DAY),
        engine.Signal("nobody_asked", 1, AT - 900 * DAY),
    ]
    item = engine.ItemInputs(queue="stability", ratings=rated(1), signals=signals)
    result, _ = found(DEFAULT_RUBRIC, item)
    # tickets: 60 − 10 days; incidents: 180 − 170
    assert result.evidence_left[0] == pytest.approx(10)


def test_what_the_queue_does_not_weigh_is_never_stale() -> None:
    data = deepcopy(rubric_data(DEFAULT_RUBRIC))
    data["profiles"]["hotfix"]["weights"] = {"value": 0.0, "impact": 1.0, "risk": 0.0}
    rubric = parse_rubric(data)
    ratings = {
        "customer_pain": engine.Rating(3, "certain", AT - 5 * DAY),
        "business_value": engine.Rating(3, "certain", AT - 400 * DAY),
    }
    result, _ = found(rubric, engine.ItemInputs(queue="hotfix", ratings=ratings))
    assert result.ratings_left[0] == pytest.approx(205)


@settings(max_examples=100, deadline=None)
@given(cases(most=1))
def test_age_cost_is_what_a_fresh_look_would_win(case: tuple[dict, list[dict]]) -> None:
    """The same levels said today, and the same sums seen today: κ of the engine itself says what is won."""
    data, (plain,) = case
    rubric = parse_rubric(data)
    item = engine_item(plain)
    result, scores = found(rubric, item)
    if not scores.scored[0]:
        assert np.isnan(result.age_cost[0])
        return
    inputs = inputs_from_items(rubric, [item], AT)
    evidence = inputs.evidence
    assert evidence is not None
    fresh = engine.Inputs(
        **{
            **vars(inputs),
            "rated_age_days": np.where(np.isnan(inputs.rated_age_days), np.nan, 0.0),
            "evidence": engine.Evidence(
                evidence.decayed_sum,
                np.where(np.isnan(evidence.newest_age_days), np.nan, 0.0),
            ),
        }
    )
    looked = engine.score(rubric, fresh)
    won = 100 * (looked.confidence[0] - scores.confidence[0]) * scores.merit[0]
    won *= scores.effort_factor[0] * scores.urgency_factor[0]
    assert result.age_cost[0] == pytest.approx(won, abs=1e-9)


def test_k_is_half_at_the_instant_that_is_named() -> None:
    signals = [engine.Signal("support_ticket", 3, AT - 20 * DAY)]
    item = engine.ItemInputs(queue="stability", ratings=rated(45, "informed"), signals=signals)
    score = engine.score_one(DEFAULT_RUBRIC, item, AT)
    lines = aging(
        DEFAULT_RUBRIC,
        score,
        AT,
        rated={key: row.rated_at for key, row in item.ratings.items()},
        newest={"customer_pain": signals[0].occurred_at},
    )
    by_key = {line.key: line for line in lines}
    for key in ("business_value", "customer_pain", "technical_risk"):
        line = by_key[key]
        assert line.stale_at is not None
        later = engine.score_one(DEFAULT_RUBRIC, item, line.stale_at)
        k = later.criteria[DEFAULT_RUBRIC.criterion_index[key]].k
        assert k == pytest.approx(line.fresh / 2, abs=1e-6)
        assert line.stale_at > AT
        assert not line.stale(AT)
        assert line.stale(line.stale_at)
    assert by_key["customer_pain"].fresh == pytest.approx(0.5 * 0.7 + 0.5)
    assert by_key["business_value"].rating_at == AT + 165 * DAY
    assert by_key["trust"].stale_at is None


def test_what_is_stale_already_says_since_when() -> None:
    item = engine.ItemInputs(queue="stability", ratings=rated(400))
    score = engine.score_one(DEFAULT_RUBRIC, item, AT)
    rated_at = {key: row.rated_at for key, row in item.ratings.items()}
    line = aging(DEFAULT_RUBRIC, score, AT, rated=rated_at, newest={})[0]
    assert line.stale(AT)
    assert line.stale_at is not None
    assert abs(line.stale_at - (AT - 190 * DAY)) < timedelta(seconds=1)
