"""What if: the inputs that are said to be needed give, through the engine, what was said would come of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scoring.engine import Adjustment, ItemInputs, Rating, Signal, score_one
from scoring.rubrics import DEFAULT_RUBRIC
from scoring.supposing import AXES, Supposed, suppose
from tests.scoring.test_rescore import NOW

ITEM = ItemInputs(
    queue="stability",
    ratings={
        "business_value": Rating(2, "informed", NOW - timedelta(days=90)),
        "strategic_fit": Rating(4, "guess", NOW),
        "customer_pain": Rating(3, "certain", NOW),
        "technical_risk": Rating(1, "certain", NOW),
    },
    signals=[
        Signal("support_ticket", 20, NOW - timedelta(days=3)),
        Signal("affected_users", 900, NOW - timedelta(days=9)),
    ],
    effort=8.0,
    due_at=NOW + timedelta(days=10),
    adjustments=[Adjustment(4.0, NOW + timedelta(days=5))],
)


def tried(axis: str, wanted: float, item: ItemInputs = ITEM) -> Supposed:
    return suppose(DEFAULT_RUBRIC, item, score_one(DEFAULT_RUBRIC, item, NOW), axis, wanted, NOW)


@pytest.mark.parametrize("pillar", ["value", "impact", "risk"])
@pytest.mark.parametrize("wanted", [1.5, 2.0, 3.25])
def test_the_level_that_a_pillar_would_take(pillar: str, wanted: float) -> None:
    found = tried(pillar, wanted)
    keys = {each.key for each in DEFAULT_RUBRIC.criteria_of(pillar)} & set(ITEM.ratings)
    assert found.level is not None
    rated = {key: replace(ITEM.ratings[key], level=found.level) for key in keys}
    then = score_one(DEFAULT_RUBRIC, replace(ITEM, ratings={**ITEM.ratings, **rated}), NOW)
    assert then.priority == found.priority
    if found.possible:
        assert 5 * getattr(then, pillar) == pytest.approx(wanted, abs=1e-9)
    assert found.reached == pytest.approx(5 * getattr(then, pillar), abs=1e-12)


def test_evidence_can_hold_a_pillar_where_no_rating_moves_it() -> None:
    found = tried("impact", 0.0)
    assert not found.possible
    assert found.level == 0
    assert found.reached > 0


def test_an_item_that_lacks_a_pillar_gets_one() -> None:
    bare = replace(ITEM, ratings={k: v for k, v in ITEM.ratings.items() if k != "technical_risk"})
    assert score_one(DEFAULT_RUBRIC, bare, NOW).priority is None
    found = tried("risk", 3.0, bare)
    assert found.possible
    assert found.priority is not None
    assert found.level == pytest.approx(3)


def test_effort_and_due_date_go_through_the_engine() -> None:
    assert tried("effort", 2.0).priority == (
        score_one(DEFAULT_RUBRIC, replace(ITEM, effort=2.0), NOW).priority
    )
    urgent = tried("urgency", 100.0)
    assert urgent.due_at == NOW
    assert urgent.priority == score_one(DEFAULT_RUBRIC, replace(ITEM, due_at=NOW), NOW).priority


def test_confidence_is_a_factor_and_ends_at_the_floor() -> None:
    now = score_one(DEFAULT_RUBRIC, ITEM, NOW)
    assert now.priority is not None
    found = tried("confidence", 100.0)
    earned = (now.priority - 4.0) / now.confidence
    assert found.priority == pytest.approx(earned + 4.0)
    low = tried("confidence", 10.0)
    assert not low.possible
    assert low.reached == 60


def test_a_wanted_priority_is_an_adjustment_within_the_limit() -> None:
    now = score_one(DEFAULT_RUBRIC, ITEM, NOW).priority
    assert now is not None
    found = tried("priority", now + 5)
    assert found.points == pytest.approx(5)
    assert found.possible
    assert found.priority == pytest.approx(now + 5)
    too_far = tried("priority", now + 40)
    assert not too_far.possible
    assert too_far.priority == pytest.approx(now - 4 + 15)


def test_without_a_score_there_is_nothing_to_multiply() -> None:
    bare = ItemInputs(queue="hotfix")
    assert tried("priority", 30, bare).priority is None
    assert tried("confidence", 90, bare).possible is False
    assert tried("effort", 3, bare).priority is None


def test_what_is_already_so_changes_nothing() -> None:
    now = score_one(DEFAULT_RUBRIC, ITEM, NOW)
    assert tried("effort", 8.0).priority == now.priority
    assert tried("confidence", 100 * now.confidence).priority == pytest.approx(now.priority)


@pytest.mark.parametrize("axis", AXES)
def test_values_outside_an_axis_are_refused(axis: str) -> None:
    for wrong in (AXES[axis][0] - 1, AXES[axis][1] + 1, float("nan")):
        with pytest.raises(ValueError):
            tried(axis, wrong)
    with pytest.raises(ValueError):
        tried("beauty", 1)
