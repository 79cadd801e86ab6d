"""What signals add: the shares agree with the waterfall, whatever the rubric, and segments count as the page says."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import engine
from scoring.contribution import Counted, criteria_with_evidence, curve, shares
from scoring.rubrics import DEFAULT_RUBRIC, parse_rubric
from tests.scoring import reference
from tests.scoring.strategies import AT, cases, engine_item

DAY = timedelta(days=1)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(cases(most=1))
def test_shares_add_up_to_the_criterions_evidence(case: tuple[dict, list[dict]]) -> None:
    data, (item,) = case
    rubric = parse_rubric(data)
    score = engine.score_one(rubric, engine_item(item), AT)
    counted = [Counted(*each) for each in item["signals"]]
    found = shares(rubric, score, counted, AT)
    lines = criteria_with_evidence(rubric, score, counted, AT)
    expected = reference.score(data, item, AT)
    if not score.scored:
        assert not lines
        assert all(each.points is None for each in found)
        return
    for line in lines:
        parts = line.untouched + line.rating_points + line.evidence_points
        assert parts == pytest.approx(line.points, abs=1e-9)
        assert line.points == pytest.approx(expected["criterion_parts"][line.key], abs=1e-7)
    given_out = math.fsum(each.points or 0.0 for each in found)
    wanted = math.fsum(line.evidence_points for line in lines if line.sum > 0)
    assert given_out == pytest.approx(wanted, abs=1e-9)


def item(**more: object) -> engine.ItemInputs:
    ratings = {
        key: engine.Rating(3, "certain", AT)
        for key in ("business_value", "customer_pain", "technical_risk")
    }
    return engine.ItemInputs(queue="stability", ratings=ratings, **more)  # type: ignore[arg-type]


def test_an_example_with_a_pocket_calculator() -> None:
    """Ten tickets today and ten a half-life ago: s = 15, e = ln 16 / ln 51; impact weighs 0.35 and is rated once."""
    counted = [Counted("support_ticket", 10, AT), Counted("support_ticket", 10, AT - 30 * DAY)]
    signals = [engine.Signal(each.kind, each.magnitude, each.occurred_at) for each in counted]
    score = engine.score_one(DEFAULT_RUBRIC, item(signals=signals), AT)
    (line,) = criteria_with_evidence(DEFAULT_RUBRIC, score, counted, AT)
    evidence = 35 * 0.5 * math.log(16) / math.log(51)
    assert line.sum == pytest.approx(15)
    assert line.evidence_points == pytest.approx(evidence)
    assert line.rating_points == pytest.approx(35 * 0.5 * 0.6)
    new, old = shares(DEFAULT_RUBRIC, score, counted, AT)
    assert (new.left, old.left) == pytest.approx((10, 5))
    assert (new.points, old.points) == pytest.approx((evidence * 2 / 3, evidence / 3))
    factor = score.confidence * score.effort_factor * score.urgency_factor
    assert new.in_priority == pytest.approx(evidence * 2 / 3 * factor)


def test_a_kind_that_nobody_reads_adds_nothing() -> None:
    counted = [Counted("weather", 3, AT)]
    score = engine.score_one(DEFAULT_RUBRIC, item(), AT)
    (share,) = shares(DEFAULT_RUBRIC, score, counted, AT)
    assert (share.left, share.points) == (None, None)


def test_a_curve_knows_what_came_when() -> None:
    counted = [Counted("support_ticket", 8, AT - 30 * DAY), Counted("incident", 5, AT)]
    instants = [AT - 31 * DAY, AT - 30 * DAY, AT, AT + 30 * DAY]
    found = curve(DEFAULT_RUBRIC, "support_ticket", counted, instants)
    assert found == pytest.approx([0, 8, 4, 2])


# --- Segments -----------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(cases(most=4), st.floats(0, 1), st.data())
def test_evidence_of_segments_is_the_same_as_smaller_evidence_of_the_item(
    case: tuple[dict, list[dict]], share: float, data: st.DataObject
) -> None:
    """A segment's signal counts as one of the item would with its magnitude times the share; nothing divides it."""
    plain, items = case
    plain = {**plain, "segment_share": share}
    rubric = parse_rubric(plain)
    segments = [each["signals"] for each in items]
    named = [data.draw(st.sets(st.integers(0, len(items) - 1), max_size=3)) for _ in items]
    inputs, flat = [], []
    for each, names in zip(items, named, strict=True):
        own = engine_item({**each, "signals": []})
        theirs = [[engine.Signal(*one) for one in segments[at]] for at in sorted(names)]
        inputs.append(engine.ItemInputs(**{**vars(own), "segments": theirs}))
        signals = [
            (kind, size * share, when) for at in sorted(names) for kind, size, when in segments[at]
        ]
        flat.append({**each, "signals": signals if share > 0 else []})
    together = engine.score(rubric, engine.inputs_from_items(rubric, inputs, AT))
    for row, (one, said) in enumerate(zip(inputs, flat, strict=True)):
        alone = engine.score_one(rubric, one, AT)
        assert together.item(rubric, row) == alone, "the company changes no bit"
        wanted = reference.score(plain, said, AT)
        if wanted.get("priority") is None:
            assert not alone.scored
        else:
            assert alone.priority == pytest.approx(wanted["priority"], abs=1e-7)
