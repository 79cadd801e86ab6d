"""Why a score moved: parts that sum to the difference, and that name the right cause."""

import itertools
import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scoring.engine import (
    Adjustment,
    ItemInputs,
    Rating,
    Signal,
    inputs_from_items,
    score,
    score_one,
)
from scoring.movement import FACTORS, MOVES, Movement, Snapshot, factors, movement, shapley
from scoring.rubrics import DEFAULT_RUBRIC, QUEUES, Rubric, parse_rubric, rubric_data
from tests.scoring.strategies import AT, engine_item, items, rubrics

CLOSE = 1e-9
KEYS = [criterion.key for criterion in DEFAULT_RUBRIC.criteria]
LATER = AT + timedelta(days=20)


def rated(level: float = 3, **changes: Rating) -> dict[str, Rating]:
    return {key: Rating(level, "certain", AT) for key in KEYS} | changes


def base(**changes: object) -> ItemInputs:
    return replace(ItemInputs(queue="enhancement", ratings=rated(), effort=4), **changes)


def moved(
    a: ItemInputs,
    b: ItemInputs,
    *,
    at=AT,
    until=AT,
    rubric_a: Rubric = DEFAULT_RUBRIC,
    rubric_b: Rubric = DEFAULT_RUBRIC,
) -> Movement:
    return movement(Snapshot(rubric_a, a, at), Snapshot(rubric_b, b, until))


def causes(found: Movement) -> dict[str, float]:
    """The parts that are not 0."""
    return {key: points for key, points in found.parts.items() if abs(points) > CLOSE}


def value_of(factor) -> float:
    v, i, r, c, e, u, d = factor
    return min(100.0, max(0.0, (v + i + r) * c * e * u + d))


def shapley_by_all_orders(before, after) -> list[float]:
    """The definition: what each cause adds, averaged over all 5,040 orders of arrival."""
    shares = [0.0] * 7
    for order in itertools.permutations(range(7)):
        state = list(before)
        worth = value_of(state)
        for cause in order:
            state[cause] = after[cause]
            shares[cause] += value_of(state) - worth
            worth = value_of(state)
    return [share / math.factorial(7) for share in shares]


class TestShapley:
    @pytest.mark.parametrize("seed", range(4))
    def test_it_is_the_average_over_all_orders(self, seed):
        rng = np.random.default_rng(seed)

        def state() -> np.ndarray:
            # Large merits and adjustments, so that clipping comes into it.
            return np.concatenate(
                [rng.uniform(0, 60, 3), rng.uniform(0.4, 1, 3), rng.normal(0, 40, 1)]
            )

        before, after = state(), state()
        expected = shapley_by_all_orders(before, after)
        assert shapley(before[None], after[None])[0] == pytest.approx(expected, abs=CLOSE)

    def test_rows_sum_and_do_not_depend_on_each_other(self):
        rng = np.random.default_rng(3)
        low = [0] * 3 + [0.3] * 3 + [-15]
        high = [33] * 3 + [1] * 3 + [15]
        before, after = rng.uniform(low, high, (5000, 7)), rng.uniform(low, high, (5000, 7))
        shares = shapley(before, after)
        differences = [value_of(b) - value_of(a) for a, b in zip(before, after, strict=True)]
        assert shares.sum(axis=1) == pytest.approx(differences, abs=CLOSE)
        some = shapley(before[4090:4100], after[4090:4100])
        assert some.tobytes() == shares[4090:4100].tobytes()

    def test_a_cause_that_did_not_change_has_no_share(self):
        before = np.array([[20, 20, 10, 0.8, 0.5, 0.9, 0.0]])
        after = before.copy()
        after[0, 4] = 1
        expected = np.array([0, 0, 0, 0, 50 * 0.8 * 0.5 * 0.9, 0, 0])
        assert shapley(before, after)[0] == pytest.approx(expected, abs=CLOSE)

    def test_factors_of_a_batch(self):
        found = inputs_from_items(DEFAULT_RUBRIC, [base(), ItemInputs(queue="hotfix")], AT)
        first, second = factors(score(DEFAULT_RUBRIC, found))
        # B = 0.57 in parts, C = 1, E = (1/4)^0.5, U = 1/1.25
        assert first == pytest.approx([27, 24, 6, 1, 0.5, 0.8, 0])
        assert len(first) == len(FACTORS)
        assert np.isnan(second).all()


class TestCauses:
    def test_nothing_changed(self):
        found = moved(base(), base())
        assert (causes(found), found.divided) == ({}, True)
        assert list(found.parts) == list(MOVES)

    def test_effort_alone(self):
        # 57·0.8·(0.25 − 0.5)
        found = moved(base(), base(effort=16))
        assert causes(found) == {"effort": pytest.approx(-11.4)}
        assert (found.before, found.after) == (pytest.approx(22.8), pytest.approx(11.4))

    def test_adjustment_alone(self):
        found = moved(base(), base(adjustments=[Adjustment(6)]))
        assert causes(found) == {"adjustment": pytest.approx(6)}

    def test_two_causes_share_what_they_made_together(self):
        # 57 points: E from 0.5 to 1 and U from 0.8 to 1. Effort first: 57·0.5·0.8, then 57·0.2;
        # urgency first: 57·0.5·0.2, then 57·0.5. The averages:
        found = moved(base(), base(effort=1, due_at=AT))
        assert causes(found) == {
            "effort": pytest.approx(57 * 0.5 * 0.9),
            "urgency": pytest.approx(57 * 0.2 * 0.75),
        }

    def test_a_higher_level(self):
        found = moved(base(), base(ratings=rated(business_value=Rating(5, "certain", AT))))
        # V rises by 3·0.4/6 = 0.2: 100·0.45·0.2·0.5·0.8
        assert causes(found) == {"value": pytest.approx(3.6)}
        (business, fit, reach) = found.criteria[:3]
        assert (business.key, business.points, business.rating) == (
            "business_value",
            pytest.approx(3.6),
            pytest.approx(3.6),
        )
        assert (fit.points, reach.points, business.signals, business.ageing) == (0, 0, 0, 0)

    def test_a_higher_risk_of_doing_it_takes_points(self):
        found = moved(base(), base(ratings=rated(technical_risk=Rating(5, "certain", AT))))
        # R rises by 2·0.4/5 = 0.16: −100·0.15·0.16·0.5·0.8
        assert causes(found) == {"risk": pytest.approx(-0.96)}
        assert {m.key: m.rating for m in found.criteria}["technical_risk"] == pytest.approx(-0.96)

    def test_time_passing(self):
        before = base(due_at=LATER, ratings=rated())
        found = moved(before, before, until=AT + timedelta(days=80))
        assert set(causes(found)) == {"confidence", "urgency"}
        assert found.parts["confidence"] < 0 < found.parts["urgency"]

    def test_opposite_changes_within_a_pillar_show(self):
        """Value stands where it stood, and yet its criteria say who pulled which way."""
        changed = rated(
            business_value=Rating(4, "certain", AT), strategic_fit=Rating(1.5, "certain", AT)
        )
        found = moved(base(), base(ratings=changed))
        assert causes(found) == {}
        points = {move.key: move.points for move in found.criteria}
        # 3·0.2 up and 2·0.3 down, of 6: 100·0.45·0.1·0.5·0.8
        assert points["business_value"] == pytest.approx(1.8)
        assert points["strategic_fit"] == pytest.approx(-1.8)

    def test_a_first_rating_that_is_low_shows_as_the_loss_that_it_is(self):
        unrated = {key: rating for key, rating in rated().items() if key != "trust"}
        found = moved(base(ratings=unrated), base(ratings=rated(trust=Rating(0, "certain", AT))))
        points = {move.key: move.points for move in found.criteria}
        assert points["trust"] == pytest.approx(found.parts["impact"])
        assert points["trust"] < 0
        assert points["customer_pain"] == points["users_affected"] == 0

    def test_what_is_rated_in_neither_has_no_say(self):
        unrated = {key: rating for key, rating in rated().items() if key != "trust"}
        higher = unrated | {"customer_pain": Rating(5, "certain", AT)}
        found = moved(base(ratings=unrated), base(ratings=higher))
        assert "trust" not in {move.key for move in found.criteria}
        assert len(found.criteria) == 8

    def test_a_withdrawn_rating(self):
        unrated = {key: rating for key, rating in rated().items() if key != "trust"}
        found = moved(base(ratings=rated(trust=Rating(0, "certain", AT))), base(ratings=unrated))
        trust = {move.key: move for move in found.criteria}["trust"]
        assert trust.points == pytest.approx(found.parts["impact"])
        assert trust.rating == pytest.approx(trust.points)
        assert trust.points > 0

    def test_rating_signals_and_ageing_in_that_order(self):
        """Customer pain: α = 0.5, S = 50, h = 30. At a: level 3, ten tickets. At b, 30 days on:
        level 4, five tickets more that came meanwhile."""
        ten = Signal("support_ticket", 10, AT)
        five = Signal("support_ticket", 5, AT + timedelta(days=30))
        a = base(signals=[ten])
        b = base(ratings=rated(customer_pain=Rating(4, "certain", AT)), signals=[ten, five])
        found = moved(a, b, until=AT + timedelta(days=30))
        pain = {move.key: move for move in found.criteria}["customer_pain"]

        def e(s: float) -> float:
            return math.log(1 + s) / math.log(51)

        rating = 0.5 * (0.8 - 0.6)
        signals = 0.5 * (e(15) - e(10))
        ageing = 0.5 * (e(10 / 2 + 5) - e(15))
        whole = rating + signals + ageing
        assert pain.points == pytest.approx(found.parts["impact"])
        assert pain.rating == pytest.approx(pain.points * rating / whole)
        assert pain.signals == pytest.approx(pain.points * signals / whole)
        assert pain.ageing == pytest.approx(pain.points * ageing / whole)
        assert pain.ageing < 0 < pain.signals

    def test_evidence_about_a_segment_came_with_it_or_with_its_segment(self):
        """Twelve tickets at the share of 0.5 are six; whether the signal came or the item named the segment."""
        twelve = Signal("support_ticket", 12, AT)
        own = Signal("support_ticket", 4, AT)

        def e(s: float) -> float:
            return math.log(1 + s) / math.log(51)

        for before in ([], [[]]):
            found = moved(
                base(signals=[own], segments=before), base(signals=[own], segments=[[twelve]])
            )
            pain = {move.key: move for move in found.criteria}["customer_pain"]
            # impact: x rises by 0.5·(e(10) − e(4)), of the weight 2/4 of the pillar
            rise = 0.5 * (e(10) - e(4))
            assert pain.signals == pytest.approx(pain.points)
            assert pain.points == pytest.approx(found.parts["impact"])
            weights = [c.weight for c in DEFAULT_RUBRIC.criteria_of("impact")]
            mine = DEFAULT_RUBRIC.criteria[DEFAULT_RUBRIC.criterion_index["customer_pain"]].weight
            weight = DEFAULT_RUBRIC.profile("enhancement").weights[1]
            assert pain.points == pytest.approx(
                100 * weight * rise * mine / sum(weights) * 0.5 * 0.8
            )
            assert set(causes(found)) == {"impact"}

    def test_another_share_for_segments_is_the_rubrics_doing(self):
        twelve = Signal("support_ticket", 12, AT)
        item = base(segments=[[twelve]])
        data = rubric_data(DEFAULT_RUBRIC)
        data["segment_share"] = 0
        found = moved(item, item, rubric_b=parse_rubric(data))
        assert set(causes(found)) == {"rubric"}
        assert found.after == score_one(DEFAULT_RUBRIC, base(), AT).priority


class TestRubricAndQueue:
    def gentle(self) -> Rubric:
        """Effort does not count in the enhancement queue."""
        data = rubric_data(DEFAULT_RUBRIC)
        data["profiles"]["enhancement"]["effort_exponent"] = 0
        return parse_rubric(data)

    def test_a_new_rubric_comes_first(self):
        found = moved(base(), base(effort=16), rubric_b=self.gentle())
        # 57·0.8·(1 − 0.5); then the effort makes no difference any more
        assert causes(found) == {"rubric": pytest.approx(22.8)}

    def test_a_new_queue_comes_second(self):
        found = moved(base(), base(queue="hotfix"))
        # hotfix: 100·0.6·0.5 (nothing due) instead of 22.8
        assert causes(found) == {"queue": pytest.approx(7.2)}

    def test_inputs_that_do_not_do_under_the_new_rubric(self):
        data = rubric_data(DEFAULT_RUBRIC)
        data["profiles"]["enhancement"]["weights"] = {"value": 0.6, "impact": 0.4, "risk": 0}
        no_risk = parse_rubric(data)
        a = base(ratings={key: rating for key, rating in rated().items() if key in KEYS[:6]})
        found = moved(a, base(), rubric_a=no_risk)
        assert not found.divided
        assert causes(found) == {"rubric": pytest.approx(found.after - found.before)}

    def test_inputs_that_do_not_do_in_the_new_queue(self):
        data = rubric_data(DEFAULT_RUBRIC)
        data["profiles"]["enhancement"]["weights"] = {"value": 0.6, "impact": 0.4, "risk": 0}
        rubric = parse_rubric(data)
        a = base(ratings={key: rating for key, rating in rated().items() if key in KEYS[:6]})
        found = moved(a, base(queue="stability"), rubric_a=rubric, rubric_b=rubric)
        assert not found.divided
        assert set(causes(found)) == {"queue"}

    @pytest.mark.parametrize("first", [True, False])
    def test_without_a_priority_there_is_nothing_to_share_out(self, first):
        unscored = base(ratings={})
        found = moved(unscored, base()) if first else moved(base(), unscored)
        assert (found.parts, found.criteria, found.divided) == ({}, (), False)
        assert (found.before is None, found.after is None) == (first, not first)


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.data())
def test_everything_sums_for_any_two_snapshots(data):
    draw = data.draw
    plain_a = draw(rubrics())
    plain_b = draw(st.just(plain_a) | rubrics())
    first, second = draw(items(plain_a, 2)), draw(items(plain_b, 2))
    if draw(st.booleans()):
        second["queue"] = first["queue"]
    # Both are to have a priority: what the rubrics ask is rated.
    asked = [criterion["key"] for criterion in plain_a["criteria"] + plain_b["criteria"]]
    for item in (first, second):
        for key in asked:
            item["ratings"].setdefault(key, (2, "informed", AT))
    rubric_b = parse_rubric(plain_b)
    a = Snapshot(parse_rubric(plain_a), engine_item(first), AT)
    b = Snapshot(
        rubric_b,
        engine_item(second),
        AT + draw(st.sampled_from([timedelta(0), timedelta(days=50)])),
    )
    found = movement(a, b)
    assert found.divided
    assert sum(found.parts.values()) == pytest.approx(found.after - found.before, abs=CLOSE)
    if plain_a is plain_b:
        assert found.parts["rubric"] == 0
    if first["queue"] == second["queue"]:
        assert found.parts["queue"] == 0
    begun = score_one(rubric_b, replace(a.item, queue=b.item.queue), a.at)
    last = score_one(rubric_b, b.item, b.at)
    for pillar, weight in zip(
        ("value", "impact", "risk"), rubric_b.profile(second["queue"]).weights, strict=True
    ):
        keys = {criterion.key for criterion in rubric_b.criteria_of(pillar)}
        moves = [move for move in found.criteria if move.key in keys]
        assert bool(moves) == (weight > 0)
        assert sum(move.points for move in moves) == pytest.approx(found.parts[pillar], abs=1e-7)
        for move in moves:
            assert move.rating + move.signals + move.ageing == pytest.approx(move.points)
        if getattr(begun, pillar) == getattr(last, pillar):
            assert found.parts[pillar] == 0


def test_each_queue_uses_its_own_profile():
    for queue in QUEUES:
        found = moved(base(queue=queue), base(queue=queue, due_at=AT))
        expected = score_one(DEFAULT_RUBRIC, base(queue=queue, due_at=AT), AT).priority
        assert found.after == expected
        assert set(causes(found)) == {"urgency"}
