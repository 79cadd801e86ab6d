"""Other items, their order and the size of blocks never change a score, not by one bit."""

import itertools
from dataclasses import fields, replace
from datetime import timedelta

import numpy as np
import pytest

from scoring.engine import (
    Adjustment,
    Evidence,
    Inputs,
    ItemInputs,
    Rating,
    Scores,
    Signal,
    evidence_from_signals,
    inputs_from_items,
    score,
    score_one,
)
from scoring.rubrics import CERTAINTY, DEFAULT_RUBRIC, QUEUES, parse_rubric, rubric_data
from tests.scoring.strategies import AT

COUNT = 700
CRITERIA = len(DEFAULT_RUBRIC.criteria)


class Batch:
    """Random items and signals of one product, as arrays; seeded, so that a failure comes again."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        shape = (COUNT, CRITERIA)
        levels = rng.integers(0, 6, shape).astype(float)
        levels[rng.random(shape) < 0.25] = np.nan
        effort = rng.uniform(0, 40, COUNT)
        effort[rng.random(COUNT) < 0.2] = np.nan
        due = rng.uniform(-20, 200, COUNT)
        due[rng.random(COUNT) < 0.4] = np.nan
        self.item = rng.integers(0, COUNT, 4 * COUNT)
        self.kind = rng.integers(-1, len(DEFAULT_RUBRIC.signal_kinds), 4 * COUNT)
        self.magnitude = rng.exponential(9, 4 * COUNT)
        self.age = rng.uniform(-2, 300, 4 * COUNT)
        same_day = rng.random(4 * COUNT) < 0.5  # several signals of one item at one instant
        self.age[same_day] = rng.integers(0, 3, same_day.sum())
        self.inputs = Inputs(
            queue=rng.integers(0, len(QUEUES), COUNT).astype(np.int8),
            levels=levels,
            certainty=rng.choice(list(CERTAINTY.values()), shape),
            rated_age_days=rng.uniform(-2, 500, shape),
            evidence=None,
            effort=effort,
            due_in_days=due,
            adjustment=np.round(rng.normal(0, 8, COUNT), 2),
            severity=rng.integers(0, 5, COUNT),
        )

    def inputs_of(self, rows: np.ndarray, signal_order: np.ndarray) -> Inputs:
        """Only these items, in this order, with their signals in the order given."""
        place = np.full(COUNT, -1)
        place[rows] = np.arange(len(rows))
        chosen = signal_order[place[self.item[signal_order]] >= 0]
        evidence = evidence_from_signals(
            DEFAULT_RUBRIC,
            len(rows),
            place[self.item[chosen]],
            self.kind[chosen],
            self.magnitude[chosen],
            self.age[chosen],
        )
        picked = {
            field.name: getattr(self.inputs, field.name)[rows]
            for field in fields(Inputs)
            if field.name != "evidence"
        }
        return Inputs(evidence=evidence, **picked)


def bits(scores: Scores, rows: np.ndarray | slice = slice(None)) -> dict[str, bytes]:
    return {
        f.name: np.ascontiguousarray(getattr(scores, f.name)[rows]).tobytes()
        for f in fields(scores)
    }


@pytest.fixture(scope="module")
def batch() -> Batch:
    return Batch(seed=20260302)


@pytest.fixture(scope="module")
def whole(batch: Batch) -> Scores:
    scores = score(DEFAULT_RUBRIC, batch.inputs_of(np.arange(COUNT), np.arange(4 * COUNT)))
    assert 0.5 < scores.scored.mean() < 1  # the batch has both kinds, or it would prove little
    assert np.isfinite(scores.e).mean() > 0.2
    return scores


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, 13, 64, 255, COUNT - 1, COUNT, COUNT + 1])
def test_block_size_changes_nothing(batch, whole, block):
    inputs = batch.inputs_of(np.arange(COUNT), np.arange(4 * COUNT))
    assert bits(score(DEFAULT_RUBRIC, inputs, block=block)) == bits(whole)


@pytest.mark.parametrize("seed", range(8))
def test_order_of_items_and_signals_changes_nothing(batch, whole, seed):
    rng = np.random.default_rng(seed)
    rows = rng.permutation(COUNT)
    shuffled = score(DEFAULT_RUBRIC, batch.inputs_of(rows, rng.permutation(4 * COUNT)))
    assert bits(shuffled) == bits(whole, rows)


@pytest.mark.parametrize("seed", range(8))
def test_leaving_items_out_changes_nothing(batch, whole, seed):
    rng = np.random.default_rng(100 + seed)
    rows = rng.permutation(COUNT)[: int(rng.integers(1, 60))]
    few = score(DEFAULT_RUBRIC, batch.inputs_of(rows, rng.permutation(4 * COUNT)))
    assert bits(few) == bits(whole, rows)


def test_every_single_item_alone(batch, whole):
    for row in range(0, COUNT, 3):
        rows = np.array([row])
        alone = score(DEFAULT_RUBRIC, batch.inputs_of(rows, np.arange(4 * COUNT)))
        assert bits(alone) == bits(whole, rows)


def test_signals_of_one_instant_add_up_the_same_in_any_order():
    magnitudes = np.array([0.1, 0.2, 0.3, 0.7, 1e6])  # left to right and back differ in binary
    code = DEFAULT_RUBRIC.signal_kinds.index("incident")
    sums = set()
    for order in itertools.permutations(magnitudes):
        five = np.zeros(5, dtype=np.int64)
        evidence = evidence_from_signals(
            DEFAULT_RUBRIC, 1, five, five + code, np.array(order), np.full(5, 7.5)
        )
        sums.add(float(evidence.decayed_sum[0, 8]))
    assert len(sums) == 1


def test_memory_layout_of_the_inputs_changes_nothing(batch, whole):
    inputs = batch.inputs_of(np.arange(COUNT), np.arange(4 * COUNT))

    def turned(table: np.ndarray) -> np.ndarray:
        spread = np.repeat(table, 2, axis=1)[:, ::2]  # strided rows
        return np.asfortranarray(spread) if table.flags.c_contiguous else spread

    evidence = Evidence(
        turned(inputs.evidence.decayed_sum), turned(inputs.evidence.newest_age_days)
    )
    other = replace(
        inputs,
        levels=turned(inputs.levels),
        certainty=turned(inputs.certainty),
        rated_age_days=turned(inputs.rated_age_days),
        evidence=evidence,
        effort=np.repeat(inputs.effort, 3)[::3],
        due_in_days=np.repeat(inputs.due_in_days, 3)[::3],
    )
    assert bits(score(DEFAULT_RUBRIC, other)) == bits(whole)


@pytest.mark.parametrize("exponent", [0, 0.25, 0.5, 1])
def test_score_one_is_the_row_of_a_batch(exponent):
    """0, 0.5 and 1 are exponents for which libraries take short cuts, with other last bits."""
    data = rubric_data(DEFAULT_RUBRIC)
    for profile in data["profiles"].values():
        profile["effort_exponent"] = exponent
    rubric = parse_rubric(data)
    rng = np.random.default_rng(5)
    kinds = [*rubric.signal_kinds, "unheard_of"]

    def ago() -> timedelta:
        return timedelta(microseconds=int(rng.integers(-(10**11), 3 * 10**13)))

    items = [
        ItemInputs(
            queue=QUEUES[rng.integers(4)],
            ratings={
                criterion.key: Rating(
                    int(rng.integers(0, 6)), str(rng.choice(list(CERTAINTY))), AT - ago()
                )
                for criterion in rubric.criteria
                if rng.random() < 0.8
            },
            signals=[
                Signal(str(rng.choice(kinds)), float(rng.exponential(9)), AT - ago())
                for _ in range(rng.integers(0, 6))
            ],
            effort=float(rng.uniform(0, 30)) if rng.random() < 0.8 else None,
            due_at=AT + ago() if rng.random() < 0.6 else None,
            adjustments=[Adjustment(round(float(rng.normal(0, 6)), 2)) for _ in range(3)],
            severity=int(rng.integers(0, 4)),
        )
        for _ in range(150)
    ]
    scores = score(rubric, inputs_from_items(rubric, items, AT))
    for row, item in enumerate(items):
        # repr tells 0.0 from −0.0 and shows every bit of a float.
        assert repr(score_one(rubric, item, AT)) == repr(scores.item(rubric, row))
