"""What more of something may do to a priority, over random rubrics and items."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scoring.engine import ItemInputs, Rating, score_one
from scoring.rubrics import DELIVERY, EXPOSURE, Rubric, parse_rubric
from tests.scoring.strategies import AT, cases, engine_item

ROUNDING = 1e-9
slow_to_draw = settings(
    max_examples=30, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def prepared(case) -> tuple[Rubric, ItemInputs]:
    """A rubric and one item of it that has a priority: what is missing is rated 2, informed."""
    data, (item, *_) = case
    rubric = parse_rubric(data)
    plain = engine_item(item)
    weighed = dict(
        zip(("value", "impact", "risk"), rubric.profile(plain.queue).weights, strict=True)
    )
    filled = {
        criterion.key: plain.ratings.get(criterion.key, Rating(2, "informed", AT))
        for criterion in rubric.criteria
        if weighed[criterion.pillar] > 0 or criterion.key in plain.ratings
    }
    return rubric, replace(plain, ratings=filled)


def priority(rubric: Rubric, item: ItemInputs) -> float:
    found = score_one(rubric, item, AT).priority
    assert found is not None
    return found


def rerated(item: ItemInputs, key: str, **changes: object) -> ItemInputs:
    return replace(item, ratings={**item.ratings, key: replace(item.ratings[key], **changes)})


@slow_to_draw
@given(cases(most=1), st.data())
def test_a_higher_level_moves_it_the_way_its_pillar_says(case, data):
    rubric, item = prepared(case)
    criterion = data.draw(st.sampled_from([c for c in rubric.criteria if c.key in item.ratings]))
    lower, higher = sorted([data.draw(st.integers(0, 5)), data.draw(st.integers(0, 5))])
    low = priority(rubric, rerated(item, criterion.key, level=lower))
    high = priority(rubric, rerated(item, criterion.key, level=higher))
    if criterion.pillar == "risk" and rubric.profile(item.queue).risk_polarity == DELIVERY:
        low, high = high, low
    assert high >= low - ROUNDING


@slow_to_draw
@given(cases(most=1), st.data())
def test_more_certainty_and_younger_ratings_never_lower_it(case, data):
    rubric, item = prepared(case)
    key = data.draw(st.sampled_from(sorted(item.ratings.keys() & rubric.criterion_index.keys())))
    grades = [
        priority(rubric, rerated(item, key, certainty=name))
        for name in ("guess", "informed", "certain")
    ]
    assert grades[0] <= grades[1] + ROUNDING
    assert grades[1] <= grades[2] + ROUNDING
    older = rerated(item, key, rated_at=item.ratings[key].rated_at - timedelta(days=40))
    assert priority(rubric, older) <= priority(rubric, item) + ROUNDING


@slow_to_draw
@given(cases(most=1), st.floats(0, 200), st.floats(0, 200))
def test_more_effort_never_raises_it(case, one, other):
    rubric, item = prepared(case)
    small, large = sorted([one, other])
    less = priority(rubric, replace(item, effort=small))
    more = priority(rubric, replace(item, effort=large))
    assert more <= less + ROUNDING


@slow_to_draw
@given(cases(most=1), st.integers(-50, 400), st.integers(0, 400))
def test_a_nearer_due_instant_never_lowers_it(case, days, later):
    rubric, item = prepared(case)
    near = priority(rubric, replace(item, due_at=AT + timedelta(days=days)))
    far = priority(rubric, replace(item, due_at=AT + timedelta(days=days + later)))
    none = priority(rubric, replace(item, due_at=None))
    assert near >= far - ROUNDING
    assert far >= none - ROUNDING


@slow_to_draw
@given(cases(most=1))
def test_the_two_polarities_share_out_the_same_risk(case):
    """With everything else equal, the risk parts of the two polarities add up to 100·W_r."""
    rubric, item = prepared(case)
    assume(rubric.criteria_of("risk"))

    def risk_part(polarity: str) -> float:
        profiles = tuple(replace(profile, risk_polarity=polarity) for profile in rubric.profiles)
        parts = score_one(replace(rubric, profiles=profiles), item, AT).parts
        assert parts is not None
        return parts["risk"]

    total = 100 * rubric.profile(item.queue).risk_weight
    assert risk_part(EXPOSURE) + risk_part(DELIVERY) == pytest.approx(total, abs=ROUNDING)


@slow_to_draw
@given(cases(most=1))
def test_time_alone_only_wears_confidence_down_to_the_floor(case):
    """Ten thousand days on, with nothing touched, the floor is all that is left."""
    rubric, item = prepared(case)
    undated = replace(item, due_at=None, signals=())
    then = score_one(rubric, undated, AT + timedelta(days=10_000))
    now = score_one(rubric, undated, AT)
    floor = rubric.profile(item.queue).confidence_floor
    assert floor <= then.confidence <= now.confidence + ROUNDING
    assert then.confidence == pytest.approx(floor, abs=1e-6)
    assert then.merit == now.merit
