"""Worked examples with the arithmetic beside them, edge cases, and where typical items land."""

from datetime import timedelta

import numpy as np
import pytest

from scoring.engine import (
    BAND_ACT_NOW,
    BAND_NEXT,
    BAND_NONE,
    Adjustment,
    Inputs,
    ItemInputs,
    Rating,
    Signal,
    score,
    score_one,
)
from scoring.rubrics import DEFAULT_RUBRIC, QUEUES, parse_rubric, rubric_data
from tests.scoring.strategies import AT

KEYS = [criterion.key for criterion in DEFAULT_RUBRIC.criteria]
VALUE, IMPACT, RISK = KEYS[:3], KEYS[3:6], KEYS[6:]


def near(number: float):
    return pytest.approx(number, abs=1e-6, rel=0)


def ago(days: float):
    return AT - timedelta(days=days)


def rated(level: float, keys=KEYS, certainty="certain", age: float = 0) -> dict[str, Rating]:
    return {key: Rating(level, certainty, ago(age)) for key in keys}


def changed_rubric(**profile_changes):
    """The default rubric with some fields of the enhancement profile changed."""
    data = rubric_data(DEFAULT_RUBRIC)
    data["profiles"]["enhancement"].update(profile_changes)
    return parse_rubric(data)


class TestWorkedExamples:
    def test_hotfix_with_tickets_due_in_a_day_and_a_half(self):
        item = ItemInputs(
            queue="hotfix",
            ratings={
                "business_value": Rating(3, "informed", AT),
                "strategic_fit": Rating(2, "informed", AT),
                "reach_reuse": Rating(1, "informed", AT),
                "customer_pain": Rating(4, "informed", ago(10)),
                "users_affected": Rating(3, "certain", AT),
                "technical_risk": Rating(3, "informed", AT),
                "compliance_risk": Rating(1, "guess", AT),
            },
            signals=[Signal("support_ticket", 7, AT)],
            effort=8,
            due_at=AT + timedelta(days=1.5),
        )
        got = score_one(DEFAULT_RUBRIC, item, AT)
        # V = (3·0.6 + 2·0.4 + 1·0.2) / 6 = 2.8 / 6
        assert got.value == near(0.466667)
        # customer pain: m = 0.8; e = ln 8 / ln 51 = 2.079442 / 3.931826 = 0.528874
        #   x = 0.5·0.8 + 0.5·0.528874 = 0.664437; k = 0.5·0.7 + 0.5·1 = 0.85
        pain = got.criteria[KEYS.index("customer_pain")]
        assert (pain.m, pain.e, pain.c, pain.f) == (near(0.8), near(0.528874), near(0.7), near(1))
        assert (pain.x, pain.k) == (near(0.664437), near(0.85))
        # I = (3·0.664437 + 2·0.6) / 5 = 3.193311 / 5; trust is unrated and left out
        assert got.impact == near(0.638662)
        # R = (2·0.6 + 2·0.2) / 4 = 0.4, and exposure leaves it so
        assert (got.risk, got.risk_counted) == (near(0.4), near(0.4))
        # B = 0.2·0.466667 + 0.5·0.638662 + 0.3·0.4 = 0.093333 + 0.319331 + 0.12
        assert got.merit == near(0.532664)
        # κ = 0.2·0.7 + 0.5·(3·0.85 + 2·1 + 1·0)/6 + 0.3·(2·0.7 + 2·0.4 + 1·0)/5
        #   = 0.14 + 0.379167 + 0.132 = 0.651167
        assert got.kappa == near(0.651167)
        # C = 0.7 + 0.3·0.651167 = 0.89535; E = 8^0 = 1; p = 1 − 1.5/3, U = (1 + 0.5)/2 = 0.75
        assert got.confidence == near(0.89535)
        assert (got.effort_factor, got.urgency_factor) == (1, 0.75)
        # P = 100·0.532664·0.89535·1·0.75 = 35.76908
        assert got.priority == near(35.769086)
        assert got.band_name == "next"
        # 3·0.664437 of the 3.193311 in the impact part of 31.933115 points
        assert pain.points == near(19.933115)
        assert got.criteria[KEYS.index("trust")].points == 0

    def test_enhancement_rated_seven_months_ago(self):
        item = ItemInputs(
            queue="enhancement",
            ratings=rated(3, age=210),
            effort=4,
            due_at=AT + timedelta(days=45),
        )
        got = score_one(DEFAULT_RUBRIC, item, AT)
        # B = 0.45·0.6 + 0.40·0.6 + 0.15·(1 − 0.6) = 0.27 + 0.24 + 0.06 = 0.57
        # c = 1·2^(−(210 − 30)/180) = 0.5 for all, so κ = 0.5 and C = 0.5 + 0.5·0.5 = 0.75
        # E = (1/4)^0.5 = 0.5; p = 1 − 45/60 = 0.25; U = (1 + 0.25·0.25)/1.25 = 0.85
        # P = 57 · 0.75 · 0.5 · 0.85 = 18.16875
        assert got.priority == near(18.16875)
        assert got.parts == {
            "value": near(27),
            "impact": near(24),
            "risk": near(6),
            "confidence": near(-14.25),  # 57 · −0.25
            "effort": near(-21.375),  # 42.75 · −0.5
            "urgency": near(-3.20625),  # 21.375 · −0.15
            "adjustment": 0,
            "clipping": 0,
        }
        # technical and compliance risk put in 2·0.4 each, recurrence 1·0.4, of 2.0 together
        assert [c.points for c in got.criteria[6:]] == [near(2.4), near(2.4), near(1.2)]

    def test_stability_from_evidence_overdue_and_adjusted(self):
        item = ItemInputs(
            queue="stability",
            ratings={
                "business_value": Rating(5, "certain", AT),
                "recurrence": Rating(4, "guess", AT),
            },
            signals=[
                Signal("affected_users", 100, AT),
                Signal("incident", 2, ago(90)),
                Signal("incident", 2, AT),
                Signal("weather", 99, AT),
            ],
            effort=8,
            due_at=ago(1),
            adjustments=[
                Adjustment(5),
                Adjustment(-3, expires_at=AT),
                Adjustment(2, expires_at=AT + timedelta(seconds=1)),
            ],
        )
        got = score_one(DEFAULT_RUBRIC, item, AT)
        # users affected, no rating: x = e = ln 101 / ln 10001 = 4.615121 / 9.210440 = 0.501075,
        #   k = 0.7·1
        # recurrence: s = 2·2^(−90/90) + 2 = 3, e = ln 4 / ln 11 = 1.386294 / 2.397895 = 0.578130
        #   x = 0.4·0.8 + 0.6·0.578130 = 0.666878; k = 0.4·0.4 + 0.6·1 = 0.76
        # V = 1, I = 0.501075, R = 0.666878
        # B = 0.25 + 0.35·0.501075 + 0.40·0.666878 = 0.692127
        assert got.merit == near(0.692127)
        # κ = 0.25·3/6 + 0.35·(2·0.7)/6 + 0.40·0.76/5 = 0.125 + 0.081667 + 0.0608 = 0.267467
        # C = 0.6 + 0.4·0.267467 = 0.706987; E = 8^−0.3 = 2^−0.9 = 0.535887; U = 1
        assert got.confidence == near(0.706987)
        assert got.effort_factor == near(0.535887)
        # earned 100·0.692127·0.706987·0.535887 = 26.222267; the adjustment that expires at this
        # very instant is over, so 5 + 2 = 7 are added
        assert got.priority == near(33.222267)
        # effort: 48.932480 · (0.535887 − 1)
        assert got.parts["effort"] == near(-22.710213)

    def test_a_perfect_item_is_a_hundred_and_the_scale_ends_there(self):
        best = ItemInputs(
            queue="strategic_bet",
            ratings={**rated(5, VALUE + IMPACT), **rated(0, RISK)},
            effort=1,
            due_at=AT,
        )
        assert score_one(DEFAULT_RUBRIC, best, AT).priority == 100
        pushed = ItemInputs(**{**vars(best), "adjustments": [Adjustment(12), Adjustment(8)]})
        got = score_one(DEFAULT_RUBRIC, pushed, AT)
        assert got.priority == 100
        assert got.parts["adjustment"] == 15  # 20, limited to 15
        assert got.parts["clipping"] == near(-15)

    def test_a_worthless_item_is_zero_and_the_scale_ends_there(self):
        worst = ItemInputs(
            queue="hotfix", ratings=rated(0), adjustments=[Adjustment(-4)], severity=2
        )
        got = score_one(DEFAULT_RUBRIC, worst, AT)
        assert got.priority == 0
        assert got.parts["clipping"] == near(4)
        assert [criterion.points for criterion in got.criteria] == [0] * 9
        assert not any(str(part) == "-0.0" for part in got.parts.values())


def test_the_order_of_adjustments_does_not_matter_to_the_last_bit():
    points = [0.1, 0.2, 0.3]  # (0.1 + 0.2) + 0.3 is not 0.1 + (0.2 + 0.3) in binary
    there, back = (
        score_one(
            DEFAULT_RUBRIC,
            ItemInputs("hotfix", rated(3), adjustments=[Adjustment(p) for p in order]),
            AT,
        )
        for order in (points, points[::-1])
    )
    assert there == back


class TestUnscored:
    def test_a_weighed_pillar_without_ratings_leaves_no_priority(self):
        item = ItemInputs(queue="stability", ratings=rated(4, VALUE))
        got = score_one(DEFAULT_RUBRIC, item, AT)
        assert not got.scored
        assert got.missing == ("impact", "risk")
        assert (got.priority, got.merit, got.parts) == (None, None, None)
        assert (got.band, got.band_name) == (BAND_NONE, "")
        assert got.value == near(0.8)
        # What is known still stands: κ = 0.25·1, C = 0.6 + 0.4·0.25
        assert got.confidence == near(0.7)

    def test_a_pillar_that_weighs_nothing_may_stay_unrated(self):
        rubric = changed_rubric(weights={"value": 0.6, "impact": 0.4, "risk": 0})
        item = ItemInputs(queue="enhancement", ratings=rated(5, VALUE + IMPACT), effort=1)
        got = score_one(rubric, item, AT)
        assert (got.scored, got.risk, got.parts["risk"]) == (True, None, 0)
        assert [criterion.points for criterion in got.criteria[6:]] == [0, 0, 0]
        assert got.priority == near(80)  # U = 1/1.25

    def test_severity_one_hotfix_is_act_now_by_policy_without_a_score(self):
        got = score_one(DEFAULT_RUBRIC, ItemInputs(queue="hotfix", severity=1), AT)
        assert (got.scored, got.band, got.by_policy) == (False, BAND_ACT_NOW, True)

    @pytest.mark.parametrize(("queue", "severity"), [("hotfix", 2), ("stability", 1)])
    def test_the_policy_is_for_severity_one_hotfixes_only(self, queue, severity):
        got = score_one(DEFAULT_RUBRIC, ItemInputs(queue=queue, severity=severity), AT)
        assert (got.band, got.by_policy) == (BAND_NONE, False)


class TestEdges:
    def test_a_threshold_met_on_paper_is_met(self):
        # 0.15·0.6 + 0.75·0.6 + 0.10·0.6 is 0.6 on paper and a little less in binary; φ = 1, γ = 0
        # and a due instant that has come leave 60 points.
        rubric = changed_rubric(
            weights={"value": 0.15, "impact": 0.75, "risk": 0.10},
            risk_polarity="exposure",
            confidence_floor=1,
            effort_exponent=0,
            act_now=60,
            next=59,
        )
        item = ItemInputs(queue="enhancement", ratings=rated(3), due_at=AT)
        got = score_one(rubric, item, AT)
        assert got.priority is not None
        assert 59.9999999 < got.priority < 60
        assert got.band == BAND_ACT_NOW

    def test_just_below_a_threshold_is_below(self):
        rubric = changed_rubric(confidence_floor=1, effort_exponent=0, act_now=60.000001, next=60)
        ratings = {**rated(3, VALUE + IMPACT), **rated(2, RISK)}
        item = ItemInputs(queue="enhancement", ratings=ratings, due_at=AT)
        got = score_one(rubric, item, AT)
        assert (got.priority, got.band) == (near(60), BAND_NEXT)

    @pytest.mark.parametrize("effort", [0, 0.2, 1])
    def test_effort_below_a_point_counts_as_one(self, effort):
        item = ItemInputs(queue="enhancement", ratings=rated(3), effort=effort)
        assert score_one(DEFAULT_RUBRIC, item, AT).effort_factor == 1

    def test_unknown_effort_is_the_queue_default_and_says_so(self):
        item = ItemInputs(queue="strategic_bet", ratings=rated(3))
        got = score_one(DEFAULT_RUBRIC, item, AT)
        assert got.effort_assumed
        assert got.effort_factor == near(0.526640)  # 13^−0.25 = 1/√√13 = 1/√3.605551

    def test_a_signal_of_magnitude_zero_is_evidence_of_nothing(self):
        item = ItemInputs(queue="hotfix", signals=[Signal("support_ticket", 0, ago(60))])
        pain = score_one(DEFAULT_RUBRIC, item, AT).criteria[3]
        assert (pain.e, pain.x) == (0, 0)
        assert pain.k == near(0.25)  # α·f = 0.5·2^(−60/60)

    def test_evidence_beyond_saturation_is_full_evidence(self):
        item = ItemInputs(queue="hotfix", signals=[Signal("support_ticket", 10_000, AT)])
        assert score_one(DEFAULT_RUBRIC, item, AT).criteria[3].x == 1

    def test_the_future_has_age_zero(self):
        item = ItemInputs(
            queue="hotfix",
            ratings=rated(3, age=-400),
            signals=[Signal("incident", 3, ago(-400)), Signal("incident", 7, ago(-2))],
        )
        recurrence = score_one(DEFAULT_RUBRIC, item, AT).criteria[8]
        assert (recurrence.c, recurrence.f, recurrence.e) == (1, 1, 1)  # s = 10 = S

    @pytest.mark.parametrize(
        ("share", "with_rating", "without_rating"),
        [(0, (0.4, 0.7), (1, 0)), (1, (1, 1), (1, 1))],
        ids=["share 0", "share 1"],
    )
    def test_shares_of_nothing_and_all(self, share, with_rating, without_rating):
        data = rubric_data(DEFAULT_RUBRIC)
        data["criteria"][3]["evidence"]["share"] = share
        rubric = parse_rubric(data)
        tickets = [Signal("support_ticket", 50, AT)]
        both = ItemInputs("hotfix", rated(2, ["customer_pain"], "informed"), tickets)
        alone = ItemInputs("hotfix", {}, tickets)
        assert [(c.x, c.k) for c in score_one(rubric, both, AT).criteria][3] == with_rating
        assert [(c.x, c.k) for c in score_one(rubric, alone, AT).criteria][3] == without_rating

    def test_a_rating_of_a_dropped_criterion_is_ignored(self):
        item = ItemInputs(queue="hotfix", ratings=rated(5, [*KEYS, "charm"]))
        assert score_one(DEFAULT_RUBRIC, item, AT).value == 1

    def test_a_kind_may_serve_two_criteria(self):
        data = rubric_data(DEFAULT_RUBRIC)
        data["criteria"][0]["evidence"] = data["criteria"][8]["evidence"]
        item = ItemInputs(queue="hotfix", signals=[Signal("incident", 10, AT)])
        got = score_one(parse_rubric(data), item, AT)
        assert (got.criteria[0].e, got.criteria[8].e) == (1, 1)


# What a team's backlog looks like, roughly: mean level of value and impact, spread of that mean
# between items, spread of effort (log), share without a due instant.
POPULATION = {
    "hotfix": (3.3, 0.5, 0.7, 0.1),
    "stability": (2.5, 0.5, 0.5, 0.6),
    "enhancement": (2.6, 0.8, 0.9, 0.7),
    "strategic_bet": (3.0, 0.9, 0.9, 0.6),
}
TYPICAL = {"hotfix": 37, "stability": 20, "enhancement": 15, "strategic_bet": 21}
BEST_TWENTIETH = {"hotfix": 56, "stability": 34, "enhancement": 35, "strategic_bet": 39}


@pytest.mark.parametrize("queue", QUEUES)
def test_typical_items_land_where_the_thresholds_were_made_for(queue):
    count, rng = 4000, np.random.default_rng(11)
    mean, spread, effort_spread, undated = POPULATION[queue]
    profile = DEFAULT_RUBRIC.profile(queue)
    levels = mean + spread * rng.standard_normal((count, 1)) + rng.standard_normal((count, 9))
    if profile.risk_polarity == "delivery":
        levels[:, 6:] = 2.5 + rng.standard_normal((count, 3))
    due = rng.uniform(0, 1.5 * profile.urgency_days, count)
    due[rng.random(count) < undated] = np.nan
    inputs = Inputs(
        queue=np.full(count, QUEUES.index(queue), dtype=np.int8),
        levels=np.clip(np.round(levels), 0, 5),
        certainty=rng.choice([0.4, 0.7, 1.0], (count, 9), p=[0.3, 0.5, 0.2]),
        rated_age_days=rng.uniform(0, 60, (count, 9)),
        evidence=None,
        effort=profile.default_effort * np.exp(effort_spread * rng.standard_normal(count)),
        due_in_days=due,
        adjustment=np.zeros(count),
        severity=np.zeros(count, dtype=np.int64),
    )
    scores = score(DEFAULT_RUBRIC, inputs)
    median, high = np.percentile(scores.priority, [50, 95])
    assert median == pytest.approx(TYPICAL[queue], abs=4)
    assert high == pytest.approx(BEST_TWENTIETH[queue], abs=5)
    # Some, but few, call for action now; about half are next or better.
    assert 0.02 < (scores.band == BAND_ACT_NOW).mean() < 0.30
    assert 0.35 < (scores.band >= BAND_NEXT).mean() < 0.90
