"""Ranks over many draws: against a slow reference with the same random numbers, and where the answer is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from scoring import robustness
from scoring.robustness import Standing, rank_ranges
from scoring.rubrics import DEFAULT_RUBRIC, PILLARS, QUEUES

CRITERIA = len(DEFAULT_RUBRIC.criteria)


def standing(count: int, seed: int = 5) -> Standing:
    """Items of every sort: some criteria unrated (never a whole pillar), some known for certain."""
    dice = np.random.default_rng(seed)
    x, k = dice.random((count, CRITERIA)), dice.random((count, CRITERIA))
    k[dice.random(k.shape) < 0.1] = 1.0
    x[dice.random(x.shape) < 0.3] = np.nan
    x[:, [0, 3, 6]] = dice.random((count, 3))
    k[np.isnan(x)] = 0.0
    return Standing(
        number=np.arange(1, count + 1) * 7,
        x=x,
        k=k,
        factor=0.4 + 0.6 * dice.random(count),
        adjustment=np.where(dice.random(count) < 0.2, 30 * dice.random(count) - 15, 0.0),
    )


def some(items: Standing, rows: object) -> Standing:
    return Standing(
        items.number[rows], items.x[rows], items.k[rows], items.factor[rows], items.adjustment[rows]
    )


def reference(queue: str, items: Standing, top: int, seed: int, draws: int) -> list[tuple]:
    """The same from the definition, one number at a time."""
    rubric, profile = DEFAULT_RUBRIC, DEFAULT_RUBRIC.profile(queue)
    of_criteria = robustness.criterion_factors(seed, CRITERIA, draws).tolist()
    of_pillars = robustness.pillar_factors(seed, queue, draws).tolist()
    shifts = [
        robustness.item_shifts(seed, int(number), CRITERIA, draws).tolist()
        for number in items.number
    ]
    ranks: list[list[int]] = [[] for _ in items.number]
    for draw in range(draws):
        raw = [profile.weights[p] * of_pillars[p][draw] for p in range(3)]
        shares = [each / sum(raw) for each in raw]
        found = []
        for row in range(len(items.number)):
            merit = kappa = 0.0
            for p, pillar in enumerate(PILLARS):
                total = weighed = known = together = 0.0
                for column, criterion in enumerate(rubric.criteria):
                    if criterion.pillar != pillar:
                        continue
                    weight = criterion.weight * of_criteria[column][draw]
                    x, k = float(items.x[row, column]), float(items.k[row, column])
                    if not math.isnan(x):
                        moved = x + 0.2 * (1 - k) * shifts[row][column][draw]
                        total += weight * min(1.0, max(0.0, moved))
                        weighed += weight
                    known += weight * k
                    together += weight
                mean = total / weighed
                if pillar == "risk" and profile.risk_polarity == "delivery":
                    mean = 1 - mean
                merit += shares[p] * mean
                kappa += shares[p] * known / together
            sure = profile.confidence_floor + (1 - profile.confidence_floor) * kappa
            raw_priority = 100 * merit * sure * float(items.factor[row])
            found.append(min(100.0, max(0.0, raw_priority + float(items.adjustment[row]))))
        order = sorted(range(len(found)), key=lambda row: (-found[row], row))
        for place, row in enumerate(order, start=1):
            ranks[row].append(place)
    answer = []
    for own in ranks:
        own.sort()
        low, high = (own[math.ceil(part * draws) - 1] for part in (0.1, 0.9))
        answer.append((low, high, sum(place <= top for place in own) / draws))
    return answer


@pytest.mark.parametrize("queue", QUEUES)
def test_it_agrees_with_the_slow_reference(queue: str) -> None:
    items = standing(45)
    found = rank_ranges(DEFAULT_RUBRIC, queue, items, top=6, seed=11, draws=130)
    told = list(
        zip(found.low.tolist(), found.high.tolist(), found.top_chance.tolist(), strict=True)
    )
    assert told == reference(queue, items, 6, 11, 130)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    items = standing(80)

    def drawn(seed: int) -> bytes:
        found = rank_ranges(DEFAULT_RUBRIC, "stability", items, top=9, seed=seed)
        return found.low.tobytes() + found.high.tobytes() + found.top_chance.tobytes()

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_an_items_draws_depend_on_no_other_item_and_on_no_block() -> None:
    items = standing(90)
    all_of_them = robustness.priorities(DEFAULT_RUBRIC, "enhancement", items, seed=3)
    chosen = np.arange(90)[::-7]
    alone = robustness.priorities(DEFAULT_RUBRIC, "enhancement", some(items, chosen), seed=3)
    assert alone.tobytes() == all_of_them[chosen].tobytes()


def even(levels: list[float], certainty: float) -> Standing:
    count = len(levels)
    return Standing(
        number=np.arange(1, count + 1),
        x=np.repeat(np.array(levels)[:, None], CRITERIA, axis=1),
        k=np.full((count, CRITERIA), certainty),
        factor=np.ones(count),
        adjustment=np.zeros(count),
    )


def test_equal_items_are_on_top_every_other_time() -> None:
    found = rank_ranges(DEFAULT_RUBRIC, "hotfix", even([0.5, 0.5], 0.4), top=1, seed=8, draws=4000)
    assert found.top_chance == pytest.approx([0.5, 0.5], abs=0.03)  # four standard errors
    assert found.low.tolist() == [1, 1]
    assert found.high.tolist() == [2, 2]


def test_an_item_that_is_worse_in_all_is_never_on_top() -> None:
    found = rank_ranges(
        DEFAULT_RUBRIC, "stability", even([0.9, 0.85, 0.1], 0.95), top=2, seed=8, draws=1000
    )
    assert found.top_chance[2] == 0
    assert (found.low[2], found.high[2]) == (3, 3)


def test_what_is_known_for_certain_moves_with_the_weights_alone() -> None:
    """With every x alike and certain, no weight matters: the order stands, ties by the order given."""
    found = rank_ranges(DEFAULT_RUBRIC, "hotfix", even([0.4, 0.6, 0.4], 1.0), top=1, seed=2)
    assert found.low.tolist() == found.high.tolist() == [2, 1, 3]
    assert found.top_chance.tolist() == [0, 1, 0]


def test_two_items_that_differ_in_one_pillar_each_change_places_as_the_log_normals_say() -> None:
    """A leads in value, B in impact: A is first where W_v·f_v > W_i·f_i, which has a closed form."""
    profile = DEFAULT_RUBRIC.profile("enhancement")
    x = np.full((2, CRITERIA), 0.5)
    for column, criterion in enumerate(DEFAULT_RUBRIC.criteria):
        if criterion.pillar == "value":
            x[0, column] = 0.7
        if criterion.pillar == "impact":
            x[1, column] = 0.7
    items = replace(even([0.5, 0.5], 1.0), x=x)
    found = rank_ranges(DEFAULT_RUBRIC, "enhancement", items, top=1, seed=4, draws=4000)
    lead = math.log(profile.value_weight / profile.impact_weight) / (0.2 * math.sqrt(2))
    expected = 0.5 * (1 + math.erf(lead / math.sqrt(2)))
    assert found.top_chance[0] == pytest.approx(expected, abs=0.03)


def test_places_add_up() -> None:
    """As many are on top in each draw as fit there."""
    found = rank_ranges(DEFAULT_RUBRIC, "strategic_bet", standing(60), top=13, seed=1)
    assert found.top_chance.sum() == pytest.approx(13)
    assert (found.low <= found.high).all()


def test_no_items_no_ranges() -> None:
    found = rank_ranges(DEFAULT_RUBRIC, "hotfix", some(standing(2), slice(0, 0)), top=3, seed=1)
    assert len(found.low) == len(found.high) == len(found.top_chance) == 0
