"""Inputs that cannot be true are refused and named; the order within a queue; moves by hand."""

import itertools
import random
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from scoring.engine import (
    Evidence,
    Inputs,
    ItemInputs,
    Rating,
    evidence_from_signals,
    hand_move,
    order,
    order_key,
    score,
    score_one,
)
from scoring.rubrics import DEFAULT_RUBRIC
from tests.scoring.strategies import AT

NAN = np.nan


def batch() -> Inputs:
    """Three hotfixes, all rated 3."""
    shape = (3, 9)
    return Inputs(
        queue=np.zeros(3, dtype=np.int8),
        levels=np.full(shape, 3.0),
        certainty=np.full(shape, 0.7),
        rated_age_days=np.zeros(shape),
        evidence=Evidence(np.zeros(shape), np.full(shape, NAN)),
        effort=np.full(3, 5.0),
        due_in_days=np.full(3, NAN),
        adjustment=np.zeros(3),
        severity=np.zeros(3, dtype=np.int64),
    )


def with_cell(name: str, value: float) -> Inputs:
    """The batch with one value of its second item changed."""
    inputs = batch()
    array = getattr(inputs, name).copy()
    array[1] = value
    return replace(inputs, **{name: array})


def test_the_batch_itself_is_fine():
    assert score(DEFAULT_RUBRIC, batch()).scored.all()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("queue", 4, "unknown queue"),
        ("queue", -1, "unknown queue"),
        ("levels", 5.1, "level outside"),
        ("levels", -0.1, "level outside"),
        ("certainty", 0, "without a certainty"),
        ("certainty", 1.5, "without a certainty"),
        ("certainty", NAN, "without a certainty"),
        ("rated_age_days", NAN, "without an age"),
        ("effort", -1, "impossible effort"),
        ("effort", np.inf, "impossible effort"),
        ("adjustment", NAN, "not a number"),
    ],
)
def test_what_cannot_be_true_is_refused(name, value, message):
    with pytest.raises(ValueError, match=f"^Item 1 of the batch has .*{message}"):
        score(DEFAULT_RUBRIC, with_cell(name, value))


def test_an_impossible_sum_of_signals_is_refused():
    evidence = Evidence(np.full((3, 9), NAN), np.full((3, 9), NAN))
    evidence.newest_age_days[2, 3] = 1
    with pytest.raises(ValueError, match="Item 2 of the batch has an impossible sum"):
        score(DEFAULT_RUBRIC, replace(batch(), evidence=evidence))


@pytest.mark.parametrize("name", ["levels", "certainty", "rated_age_days", "effort", "severity"])
def test_arrays_of_the_wrong_shape_are_refused(name):
    inputs = replace(batch(), **{name: np.zeros((2, 2))})
    with pytest.raises(ValueError, match=f"^{name} has the shape"):
        score(DEFAULT_RUBRIC, inputs)


def test_evidence_from_the_future_is_as_fresh_as_can_be():
    """The sums may come from elsewhere than `evidence_from_signals`, unclamped."""
    evidence = Evidence(np.full((3, 9), 7.0), np.full((3, 9), -5.0))
    scores = score(DEFAULT_RUBRIC, replace(batch(), evidence=evidence))
    ruled = [criterion.evidence is not None for criterion in DEFAULT_RUBRIC.criteria]
    assert (scores.f[:, ruled] == 1).all()
    assert np.isnan(scores.f[:, np.logical_not(ruled)]).all()


def test_an_empty_batch_is_an_empty_answer():
    inputs = Inputs(
        **{name: getattr(batch(), name)[:0] for name in vars(batch()) if name != "evidence"},
        evidence=None,
    )
    assert len(score(DEFAULT_RUBRIC, inputs)) == 0


def test_an_unknown_queue_is_refused_by_name():
    with pytest.raises(ValueError, match="Unknown queue 'wishes'; there are hotfix, stability"):
        score_one(DEFAULT_RUBRIC, ItemInputs(queue="wishes"), AT)


def test_an_unknown_certainty_is_refused_by_name():
    item = ItemInputs(queue="hotfix", ratings={"trust": Rating(3, "sure", AT)})
    with pytest.raises(ValueError, match="Unknown certainty 'sure'; there are guess, informed"):
        score_one(DEFAULT_RUBRIC, item, AT)


def test_a_naive_instant_is_refused():
    with pytest.raises(TypeError):
        score_one(DEFAULT_RUBRIC, ItemInputs(queue="hotfix"), datetime(2026, 3, 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"item": [0, 2]}, "outside the batch"),
        ({"item": [-1, 0]}, "outside the batch"),
        ({"kind": [0, 4]}, "unknown kind code"),
        ({"kind": [0, -2]}, "unknown kind code"),
        ({"magnitude": [1.0, -1.0]}, "magnitude"),
        ({"magnitude": [1.0, NAN]}, "magnitude"),
        ({"age_days": [1.0, NAN]}, "age"),
        ({"age_days": [1.0]}, "length"),
    ],
)
def test_impossible_signals_are_refused(change, message):
    signals = {"item": [0, 1], "kind": [0, 0], "magnitude": [1.0, 2.0], "age_days": [0.0, 1.0]}
    arrays = {name: np.array(values) for name, values in (signals | change).items()}
    with pytest.raises(ValueError, match=message):
        evidence_from_signals(DEFAULT_RUBRIC, 2, **arrays)


# Scored: P, then due, created, id. Unscored: severity, due, created, id. First to last.
RANKED = [
    # priority, due, created, id, severity
    (90.0, None, 5, 9, 0),
    (50.0, -1.0, 9, 8, 0),
    (50.0, 3.0, 9, 7, 4),
    (50.0, None, 1, 6, 1),
    (50.0, None, 2, 4, 0),
    (50.0, None, 2, 5, 0),
    (0.0, 1.0, 1, 1, 0),
    (None, None, 8, 20, 1),
    (None, 2.0, 9, 19, 2),
    (None, None, 1, 18, 2),
    (None, 1.0, 3, 17, 0),
    (None, None, 1, 16, 0),
    (None, None, 3, 14, 0),
    (None, None, 3, 15, 0),
]


@pytest.mark.parametrize("seed", range(5))
def test_order_within_a_queue(seed):
    shuffled = random.Random(seed).sample(RANKED, len(RANKED))
    priority, due, created, item_id, severity = zip(*shuffled, strict=True)
    rows = order(
        np.array(priority, dtype=float),
        np.array(due, dtype=float),
        np.array(created),
        np.array(item_id),
        np.array(severity),
    )
    assert [shuffled[row] for row in rows] == RANKED


def test_the_sort_key_gives_the_same_order():
    for first, second in itertools.pairwise(RANKED):
        assert order_key(*first) < order_key(*second)


class TestHandMove:
    def test_just_above_a_neighbour(self):
        move = hand_move(DEFAULT_RUBRIC, earned=20.004, adjustment=1.0, neighbour=25.0)
        # 25 + 0.01 − 21.004 = 4.006, upward to hundredths
        assert (move.points, move.total, move.allowed) == (4.01, 5.01, True)
        assert 20.004 + move.total > 25.0

    def test_just_below_a_neighbour(self):
        move = hand_move(DEFAULT_RUBRIC, earned=20.004, adjustment=0.0, neighbour=15.0, above=False)
        # 15 − 0.01 − 20.004 = −5.014, outward to hundredths
        assert (move.points, move.allowed) == (-5.02, True)

    def test_an_exact_hundredth_stays_itself(self):
        move = hand_move(DEFAULT_RUBRIC, earned=20.0, adjustment=0.0, neighbour=20.0)
        assert move.points == 0.01

    def test_beyond_the_limit_it_says_what_it_would_have_taken(self):
        move = hand_move(DEFAULT_RUBRIC, earned=20.0, adjustment=10.0, neighbour=36.0)
        assert (move.points, move.total, move.allowed) == (6.01, 16.01, False)

    def test_a_cut_adjustment_is_made_up_for_first(self):
        """20 points are active and 15 count: one step down needs 5 points before it shows."""
        move = hand_move(DEFAULT_RUBRIC, earned=40.0, adjustment=20.0, neighbour=54.0, above=False)
        assert move.points == -6.01
        assert 40.0 + move.total < 54.0

    @pytest.mark.parametrize(("neighbour", "above"), [(100.0, True), (0.0, False)])
    def test_there_is_no_room_beyond_the_ends_of_the_scale(self, neighbour, above):
        earned = 95.0 if above else 5.0
        move = hand_move(
            DEFAULT_RUBRIC, earned=earned, adjustment=0.0, neighbour=neighbour, above=above
        )
        assert not move.allowed
