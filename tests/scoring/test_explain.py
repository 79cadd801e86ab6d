"""The sentences of the waterfall: the figures are the engine's; the words are checked here."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from scoring.engine import PARTS, Adjustment, ItemInputs, Rating, Signal, score_one
from scoring.explain import Explanation, explain
from scoring.rubrics import DEFAULT_RUBRIC, Rubric, parse_rubric, rubric_data
from tests.scoring.strategies import AT, cases, engine_item

KEYS = [criterion.key for criterion in DEFAULT_RUBRIC.criteria]


def ago(days: float):
    return AT - timedelta(days=days)


def rated(level: float = 3, certainty: str = "certain", age: float = 0) -> dict[str, Rating]:
    return {key: Rating(level, certainty, ago(age)) for key in KEYS}


def explained(item: ItemInputs, rubric: Rubric = DEFAULT_RUBRIC) -> Explanation:
    return explain(rubric, item, score_one(rubric, item, AT), AT)


def sentence(item: ItemInputs, key: str, rubric: Rubric = DEFAULT_RUBRIC) -> str:
    return {part.key: part.sentence for part in explained(item, rubric).parts}[key]


def details(item: ItemInputs, key: str, rubric: Rubric = DEFAULT_RUBRIC) -> dict[str, str]:
    part = {part.key: part for part in explained(item, rubric).parts}[key]
    return {detail.key: detail.sentence for detail in part.details}


def enhancement(**changes: object) -> ItemInputs:
    """All threes, certain, today: B = 0.57, C = 1."""
    return replace(ItemInputs(queue="enhancement", ratings=rated(), effort=4), **changes)


def with_profile(queue: str, **changes: object) -> Rubric:
    data = rubric_data(DEFAULT_RUBRIC)
    data["profiles"][queue].update(changes)
    return parse_rubric(data)


class TestHeadline:
    def test_a_score_and_its_band(self):
        # 57 · 1 · 0.5 · 0.8
        assert explained(enhancement()).headline == "Priority 22.8: next."

    def test_one_missing_pillar(self):
        ratings = {key: rating for key, rating in rated().items() if key in KEYS[:6]}
        found = explained(enhancement(ratings=ratings))
        assert found.headline == "No priority yet: risk is not rated."
        assert found.parts == ()

    def test_several_missing_pillars(self):
        found = explained(ItemInputs(queue="stability"))
        assert found.headline == "No priority yet: value, impact and risk are not rated."


class TestPillars:
    def test_value_and_impact(self):
        item = enhancement()
        assert (
            sentence(item, "value") == "27.0 points from value: it stands at 60 of 100 "
            "and weighs 45%."
        )
        assert sentence(item, "impact").startswith("24.0 points from impact: it stands at 60")

    def test_risk_of_doing_it(self):
        assert (
            sentence(enhancement(), "risk") == "6.0 points from low risk: the danger of doing it "
            "stands at 60 of 100, so 40 count, and that weighs 15%."
        )

    def test_risk_of_leaving_it(self):
        assert (
            sentence(enhancement(queue="hotfix"), "risk") == "18.0 points from risk: the danger "
            "of leaving it alone stands at 60 of 100 and weighs 30%."
        )

    def test_a_pillar_that_does_not_count(self):
        rubric = with_profile("strategic_bet", weights={"value": 0.7, "impact": 0.3, "risk": 0})
        assert (
            sentence(enhancement(queue="strategic_bet"), "risk", rubric)
            == "No points from risk: it does not count in the strategic bet queue."
        )

    def test_criteria(self):
        item = enhancement(
            ratings={key: rating for key, rating in rated(level=2.5).items() if key != "trust"},
            signals=[Signal("support_ticket", 7, AT)],
        )
        found = details(item, "impact")
        # (3·(0.5·0.5 + 0.5·0.528874))/5 · 40; the evidence is ln 8 / ln 51
        assert (
            found["customer_pain"]
            == "12.3 points from customer pain: rated 2.5 of 5 (certain), evidence at 53 of 100."
        )
        assert (
            found["users_affected"] == "8.0 points from users affected: rated 2.5 of 5 (certain)."
        )
        assert (
            found["trust"] == "No points from trust and satisfaction: not rated, so it is left out."
        )


class TestConfidence:
    def test_nothing_lost(self):
        item = enhancement()
        assert sentence(item, "confidence") == "No points lost: everything is known for certain."
        assert details(item, "confidence") == {}

    def test_what_each_doubt_costs(self):
        ratings = rated()
        ratings["business_value"] = Rating(3, "guess", ago(120))
        ratings["strategic_fit"] = Rating(3, "informed", AT)
        ratings["technical_risk"] = Rating(3, "certain", ago(210))
        del ratings["customer_pain"]
        item = enhancement(ratings=ratings, signals=[Signal("affected_users", 40, ago(60))])
        found = details(item, "confidence")
        assert list(found) == [
            "customer_pain",
            "business_value",
            "users_affected",  # 0.40·2/6·(1 − 0.65), k = 0.3·1 + 0.7·2^(−60/60)
            "strategic_fit",  # 0.45·2/6·(1 − 0.7)
            "technical_risk",
        ]
        assert found["customer_pain"].endswith(
            ": nobody has rated customer pain and there is no evidence."
        )
        assert found["business_value"].endswith(
            ": the rating of business value is a guess and is 120 days old."
        )
        assert found["strategic_fit"].endswith(
            ": the rating of strategic fit and differentiation is only informed."
        )
        assert found["users_affected"].endswith(
            ": the rating of users affected rests on evidence that has aged."
        )
        assert found["technical_risk"].endswith(": the rating of technical risk is 210 days old.")
        # κ = 0.45·(3·0.4·2^(−90/180) + 2·0.7 + 1)/6 + 0.40·(0 + 2·0.65 + 1)/6 + 0.15·(2·0.5 + 3)/5
        #   = 0.243640 + 0.153333 + 0.12
        assert sentence(item, "confidence").endswith(
            "points lost because only 52% of what should be known is known."
        )

    def test_evidence_alone_leaves_doubt(self):
        ratings = {key: rating for key, rating in rated().items() if key != "customer_pain"}
        item = enhancement(ratings=ratings, signals=[Signal("support_ticket", 7, AT)])
        assert details(item, "confidence")["customer_pain"].endswith(
            ": nobody has rated customer pain; only evidence speaks for it."
        )

    def test_a_criterion_without_an_evidence_rule_does_not_speak_of_evidence(self):
        ratings = {key: rating for key, rating in rated().items() if key != "strategic_fit"}
        assert details(enhancement(ratings=ratings), "confidence")["strategic_fit"].endswith(
            ": nobody has rated strategic fit and differentiation."
        )

    def test_where_evidence_has_the_whole_say_the_rating_is_not_blamed(self):
        data = rubric_data(DEFAULT_RUBRIC)
        data["criteria"][3]["evidence"]["share"] = 1
        item = enhancement(
            ratings=rated(certainty="guess"), signals=[Signal("support_ticket", 7, ago(9))]
        )
        assert details(item, "confidence", parse_rubric(data))["customer_pain"].endswith(
            ": the rating of customer pain rests on evidence that has aged."
        )


class TestEffortAndUrgency:
    def test_effort(self):
        # B = 0.57: 57·(8^−0.5 − 1) = 57·−0.646447
        assert sentence(enhancement(effort=8), "effort") == "36.8 points lost because effort is 8."
        assert (
            sentence(enhancement(effort=2.25), "effort")
            == "19.0 points lost because effort is 2.25."
        )
        assert sentence(enhancement(effort=1), "effort") == "No points lost because effort is 1."

    def test_effort_that_is_not_known(self):
        assert (
            sentence(enhancement(effort=None), "effort")
            == "31.5 points lost because effort is not estimated and 5 is assumed."
        )

    def test_effort_that_does_not_count(self):
        assert (
            sentence(enhancement(queue="hotfix"), "effort")
            == "No points lost: effort does not count in the hotfix queue."
        )

    @pytest.mark.parametrize(
        ("left", "words"),
        [
            (timedelta(days=45), "4.3 points lost because it is due in 45 days."),
            (timedelta(days=1, hours=12), "0.1 points lost because it is due in 36 hours."),
            (timedelta(minutes=50), "Less than 0.1 points lost because it is due in 50 minutes."),
            (timedelta(minutes=1), "Less than 0.1 points lost because it is due in 1 minute."),
            (timedelta(0), "No points lost because it is due in 0 minutes."),
            (-timedelta(days=3), "No points lost because it is overdue by 3 days."),
        ],
    )
    def test_due(self, left, words):
        # 28.5·(U − 1), U = (1 + 0.25·p)/1.25
        assert sentence(enhancement(due_at=AT + left), "urgency") == words

    def test_nothing_due(self):
        assert sentence(enhancement(), "urgency") == "5.7 points lost because no due date is set."

    def test_due_dates_that_do_not_count(self):
        rubric = with_profile("enhancement", urgency_gain=0)
        assert (
            sentence(enhancement(), "urgency", rubric)
            == "No points lost: due dates do not count in the enhancement queue."
        )


class TestAdjustmentsAndTheScale:
    @pytest.mark.parametrize(
        ("points", "words"),
        [
            ([], "No adjustments."),
            ([5], "5.0 points added by one adjustment."),
            ([-1, -2], "3.0 points taken off by 2 adjustments."),
            (
                [10, 9],
                "15.0 points added by 2 adjustments; 19.0 points were asked for, which is beyond "
                "the limit.",
            ),
        ],
    )
    def test_adjustments(self, points, words):
        item = enhancement(adjustments=[Adjustment(each) for each in points])
        assert sentence(item, "adjustment") == words

    def test_an_expired_adjustment_is_silent(self):
        item = enhancement(adjustments=[Adjustment(5, expires_at=AT)])
        assert sentence(item, "adjustment") == "No adjustments."

    def test_the_ends_of_the_scale(self):
        top = ItemInputs("hotfix", rated(5), due_at=AT, adjustments=[Adjustment(12)])
        bottom = ItemInputs("hotfix", rated(0), adjustments=[Adjustment(-12)])
        assert sentence(top, "clipping") == "12.0 points cut off because the scale ends at 100."
        assert sentence(bottom, "clipping") == "12.0 points given back because the scale ends at 0."
        assert sentence(enhancement(), "clipping").startswith("Nothing was cut off")


class TestGaps:
    def test_what_blocks_comes_first(self):
        item = ItemInputs(
            queue="stability",
            ratings={"trust": Rating(3, "certain", AT)},
            signals=[Signal("affected_users", 40, AT)],
        )
        assert [(gap.key, gap.blocks, gap.sentence) for gap in explained(item).gaps] == [
            (
                "value",
                True,
                "Value is missing: rate “business value”, “strategic fit and differentiation” or "
                "“reach and reuse across channels”.",
            ),
            (
                "risk",
                True,
                "Risk is missing: rate “technical risk”, “compliance or brand risk” or "
                "“likelihood of recurrence”.",
            ),
            ("customer_pain", False, "Nobody has rated customer pain and there is no evidence."),
            (
                "users_affected",
                False,
                "Nobody has rated users affected; only evidence speaks for it.",
            ),
            ("effort", False, "Effort is not estimated; 3 points are assumed."),
        ]

    def test_nothing_is_missing(self):
        assert explained(enhancement()).gaps == ()

    def test_what_does_not_count_is_not_missed(self):
        rubric = with_profile("hotfix", weights={"value": 0.5, "impact": 0.5, "risk": 0})
        ratings = {key: rating for key, rating in rated().items() if key in KEYS[:6]}
        assert explained(ItemInputs(queue="hotfix", ratings=ratings), rubric).gaps == ()

    def test_capitals_of_a_label_stay(self):
        data = rubric_data(DEFAULT_RUBRIC)
        data["criteria"][0]["label"] = "API reach"
        ratings = {key: rating for key, rating in rated().items() if key != "business_value"}
        found = explained(enhancement(ratings=ratings), parse_rubric(data))
        assert [gap.sentence for gap in found.gaps] == ["Nobody has rated API reach."]


class TestPolicy:
    def test_not_for_others(self):
        assert explained(enhancement(severity=1)).policy == ""

    @pytest.mark.parametrize("ratings", [{}, rated(1)], ids=["unscored", "low score"])
    def test_severity_one_hotfix(self, ratings):
        found = explained(ItemInputs(queue="hotfix", ratings=ratings, severity=1))
        assert found.policy == "Act now by policy, not by score: a hotfix of severity 1 always is."

    def test_severity_one_hotfix_with_a_high_score(self):
        item = ItemInputs(queue="hotfix", ratings=rated(5), due_at=AT, severity=1)
        assert explained(item).policy.endswith("Its score alone would have been enough.")


@settings(
    max_examples=50, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(cases(most=1))
def test_parts_and_details_add_up_for_any_rubric(case):
    data, (plain, *_) = case
    rubric = parse_rubric(data)
    item = engine_item(plain)
    score = score_one(rubric, item, AT)
    found = explain(rubric, item, score, AT)
    assert found.headline.endswith(".")
    if not score.scored:
        assert found.parts == ()
        assert [gap.key for gap in found.gaps if gap.blocks] == list(score.missing)
        return
    assert [part.key for part in found.parts] == list(PARTS)
    assert sum(part.points for part in found.parts) == pytest.approx(score.priority, abs=1e-9)
    for part in found.parts:
        assert part.sentence.endswith(".")
        if part.key in ("value", "impact", "risk", "confidence"):
            together = sum(detail.points for detail in part.details)
            assert together == pytest.approx(part.points, abs=1e-6)
