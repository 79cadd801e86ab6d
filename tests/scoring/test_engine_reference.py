"""The engine against the page written out in plain Python, over random rubrics and items."""

import pytest
from hypothesis import HealthCheck, given, settings

from scoring.engine import PARTS, inputs_from_items, score
from scoring.rubrics import parse_rubric
from tests.scoring import reference
from tests.scoring.strategies import AT, cases, engine_item

CLOSE = 1e-9
slow_to_draw = settings(
    max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def near(expected):
    return None if expected is None else pytest.approx(expected, abs=CLOSE, rel=0)


@pytest.mark.slow
@slow_to_draw
@given(cases(segments=2))
def test_engine_says_what_the_page_says(case):
    data, items = case
    rubric = parse_rubric(data)
    scores = score(rubric, inputs_from_items(rubric, [engine_item(item) for item in items], AT))
    for row, item in enumerate(items):
        expected = reference.score(data, item, AT)
        got = scores.item(rubric, row)
        for name in (
            "value",
            "impact",
            "risk",
            "risk_counted",
            "merit",
            "kappa",
            "confidence",
            "effort_factor",
            "urgency_factor",
            "priority",
        ):
            assert getattr(got, name) == near(expected[name]), name
        assert got.band_name == expected["band"]
        assert got.by_policy == expected["by_policy"]
        assert got.effort_assumed == expected["effort_assumed"]
        assert list(got.missing) == expected["missing"]
        assert got.scored == (not expected["missing"])
        assert got.parts == near(expected["parts"])
        for criterion in got.criteria:
            for letter, number in expected["criteria"][criterion.key].items():
                assert getattr(criterion, letter) == near(number), letter
            points = expected["criterion_parts"] and expected["criterion_parts"][criterion.key]
            assert criterion.points == near(points)


@slow_to_draw
@given(cases())
def test_parts_add_up_and_everything_stays_in_bounds(case):
    data, items = case
    rubric = parse_rubric(data)
    scores = score(rubric, inputs_from_items(rubric, [engine_item(item) for item in items], AT))
    for row in range(len(scores)):
        got = scores.item(rubric, row)
        assert 0 < got.confidence <= 1 + 1e-12
        assert 0 < got.effort_factor <= 1
        assert 0 < got.urgency_factor <= 1
        assert -1e-12 <= got.kappa <= 1 + 1e-12
        for criterion in got.criteria:
            assert criterion.x is None or -1e-12 <= criterion.x <= 1 + 1e-12
            assert -1e-12 <= criterion.k <= 1 + 1e-12
        if not got.scored:
            assert got.parts is None
            assert got.priority is None
            assert all(criterion.points is None for criterion in got.criteria)
            continue
        assert 0 <= got.priority <= 100
        assert list(got.parts) == list(PARTS)
        assert sum(got.parts.values()) == pytest.approx(got.priority, abs=CLOSE, rel=0)
        for pillar in ("value", "impact", "risk"):
            points = [
                c.points
                for c, criterion in zip(got.criteria, rubric.criteria, strict=True)
                if criterion.pillar == pillar
            ]
            assert sum(points) == pytest.approx(got.parts[pillar], abs=CLOSE, rel=0)
        for name in ("confidence", "effort", "urgency"):
            assert got.parts[name] <= 1e-12
        limit = rubric.max_adjustment
        assert -limit <= got.parts["adjustment"] <= limit
