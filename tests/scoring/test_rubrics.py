"""A rubric's data is checked whole, and every problem is named with its place."""

import copy
import json
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import HealthCheck, given, settings

from core.errors import Invalid
from scoring.rubrics import (
    DEFAULT_RUBRIC,
    PILLARS,
    QUEUES,
    RubricError,
    parse_rubric,
    queue_code,
    rubric_data,
)
from tests.scoring.strategies import rubrics

MISSING = object()


def default() -> dict:
    return copy.deepcopy(rubric_data(DEFAULT_RUBRIC))


def with_change(path: str, value: object) -> dict:
    data = default()
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = data
    for part in parents:
        place = place[part]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return data


def problems(data: object) -> dict[str, str]:
    with pytest.raises(RubricError) as caught:
        parse_rubric(data)
    return {problem.path: problem.message for problem in caught.value.problems}


class TestDefault:
    def test_the_table_of_queues(self):
        table = {
            p.queue: (
                *p.weights,
                p.risk_polarity,
                p.effort_exponent,
                p.default_effort,
                p.urgency_gain,
                p.urgency_days,
                p.confidence_floor,
                p.act_now,
                p.next,
            )
            for p in DEFAULT_RUBRIC.profiles
        }
        assert table == {
            "hotfix": (0.20, 0.50, 0.30, "exposure", 0, 2, 1.0, 3, 0.7, 45, 25),
            "stability": (0.25, 0.35, 0.40, "exposure", 0.30, 3, 0.5, 14, 0.6, 30, 18),
            "enhancement": (0.45, 0.40, 0.15, "delivery", 0.50, 5, 0.25, 60, 0.5, 30, 12),
            "strategic_bet": (0.60, 0.25, 0.15, "delivery", 0.25, 13, 0.25, 180, 0.5, 33, 20),
        }
        limits = DEFAULT_RUBRIC
        assert (limits.max_adjustment, limits.rating_grace_days) == (15, 30)
        assert limits.rating_half_life_days == 180

    def test_the_criteria_and_their_evidence(self):
        table = {
            c.key: (
                c.pillar,
                c.weight,
                c.evidence
                and (
                    *c.evidence.kinds,
                    c.evidence.saturation,
                    c.evidence.half_life_days,
                    c.evidence.share,
                ),
            )
            for c in DEFAULT_RUBRIC.criteria
        }
        assert table == {
            "business_value": ("value", 3, None),
            "strategic_fit": ("value", 2, None),
            "reach_reuse": ("value", 1, None),
            "customer_pain": ("impact", 3, ("support_ticket", 50, 30, 0.5)),
            "users_affected": ("impact", 2, ("affected_users", 10000, 30, 0.7)),
            "trust": ("impact", 1, ("satisfaction_drop", 20, 60, 0.5)),
            "technical_risk": ("risk", 2, None),
            "compliance_risk": ("risk", 2, None),
            "recurrence": ("risk", 1, ("incident", 10, 90, 0.6)),
        }

    def test_every_level_has_its_own_text(self):
        texts = [text for criterion in DEFAULT_RUBRIC.criteria for text in criterion.levels]
        assert len(set(texts)) == 54
        assert all(text.endswith(".") and 15 < len(text) < 140 for text in texts)
        assert all(criterion.question.strip() for criterion in DEFAULT_RUBRIC.criteria)

    def test_there_is_one_profile_for_each_queue(self):
        assert [DEFAULT_RUBRIC.profile(queue).queue for queue in QUEUES] == list(QUEUES)
        assert [queue_code(queue) for queue in QUEUES] == [0, 1, 2, 3]
        with pytest.raises(ValueError, match="Unknown queue"):
            DEFAULT_RUBRIC.profile("wishes")

    def test_columns_and_codes(self):
        assert DEFAULT_RUBRIC.criterion_index["trust"] == 5
        assert DEFAULT_RUBRIC.signal_kinds == (
            "affected_users",
            "incident",
            "satisfaction_drop",
            "support_ticket",
        )
        assert [len(DEFAULT_RUBRIC.criteria_of(pillar)) for pillar in PILLARS] == [3, 3, 3]

    def test_a_rubric_cannot_be_changed(self):
        with pytest.raises(FrozenInstanceError):
            DEFAULT_RUBRIC.max_adjustment = 99


@settings(
    max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(rubrics())
def test_data_comes_back_without_loss(data):
    rubric = parse_rubric(data)
    assert parse_rubric(json.loads(json.dumps(rubric_data(rubric)))) == rubric


def test_what_may_be_left_out():
    data = default()
    for name in ("max_adjustment", "rating_grace_days", "rating_half_life_days"):
        del data[name]
    for criterion in data["criteria"]:
        del criterion["question"]
    del data["criteria"][0]["evidence"]
    rubric = parse_rubric(data)
    assert (rubric.max_adjustment, rubric.criteria[0].question) == (15, "")


def test_every_problem_is_listed_and_reads_as_an_error_of_the_api():
    data = with_change("criteria.1.weight", -2)
    data["profiles"]["hotfix"]["next"] = 200
    data["colour"] = "red"
    with pytest.raises(Invalid) as caught:
        parse_rubric(data)
    error = caught.value
    assert (error.status, error.code) == (422, "invalid_rubric")
    assert set(error.fields) == {"colour", "criteria.1.weight", "profiles.hotfix.next"}
    assert error.fields["criteria.1.weight"] == ["This must be between 0.001 and 1000; it is -2."]
    assert "nothing was changed" in error.detail


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("criteria", [], "at least one criterion"),
        ("criteria", "value", "at least one criterion"),
        ("criteria", MISSING, "missing"),
        ("profiles", MISSING, "missing"),
        ("profiles.stability", MISSING, "missing"),
        ("profiles.wishes", {}, "no such field"),
        ("profiles", [], "named fields"),
        ("criteria.0", 7, "named fields"),
        ("criteria.0.key", "", "A key starts with a small letter"),
        ("criteria.0.key", "Business value", "A key starts with a small letter"),
        ("criteria.0.key", "x" * 51, "A key starts with a small letter"),
        ("criteria.0.key", MISSING, "missing"),
        ("criteria.0.label", "  ", "not empty"),
        ("criteria.0.label", MISSING, "missing"),
        ("criteria.0.label", "x" * 501, "too long"),
        ("criteria.0.question", None, "must be a text"),
        ("criteria.0.pillar", "charm", "one of value, impact, risk; it is 'charm'"),
        ("criteria.0.pillar", MISSING, "missing"),
        ("criteria.0.weight", 0, "between 0.001 and 1000"),
        ("criteria.0.weight", "3", "must be a number"),
        ("criteria.0.weight", True, "must be a number"),
        ("criteria.0.weight", float("nan"), "between"),
        ("criteria.0.weight", 10**400, "between"),
        ("criteria.0.weight", MISSING, "missing"),
        ("criteria.0.levels", ["a"] * 5, "six texts"),
        ("criteria.0.levels", "abcdef", "six texts"),
        ("criteria.0.levels", MISSING, "missing"),
        ("criteria.0.levels.5", "", "not empty"),
        ("criteria.3.evidence", [], "named fields"),
        ("criteria.3.evidence.kinds", [], "at least one kind"),
        ("criteria.3.evidence.kinds", ["ticket", "ticket"], "named twice"),
        ("criteria.3.evidence.kinds", MISSING, "missing"),
        ("criteria.3.evidence.kinds.0", "Support ticket", "A key starts"),
        ("criteria.3.evidence.saturation", 0, "more than 0 and at most 1e+12; it is 0"),
        ("criteria.3.evidence.half_life_days", 0, "between 0.01"),
        ("criteria.3.evidence.share", 1.01, "between 0 and 1; it is 1.01"),
        ("profiles.hotfix.weights.value", -0.2, "between 0 and 1"),
        ("profiles.hotfix.weights", MISSING, "missing"),
        ("profiles.hotfix.risk_polarity", "both", "one of exposure, delivery"),
        ("profiles.hotfix.risk_polarity", MISSING, "missing"),
        ("profiles.hotfix.effort_exponent", 1.5, "between 0 and 1"),
        ("profiles.hotfix.default_effort", 0, "more than 0"),
        ("profiles.hotfix.urgency_gain", -0.1, "between 0 and 100"),
        ("profiles.hotfix.urgency_days", 0, "between 0.01"),
        ("profiles.hotfix.confidence_floor", 0, "more than 0 and at most 1"),
        ("profiles.hotfix.confidence_floor", 1.1, "more than 0 and at most 1"),
        ("profiles.hotfix.act_now", 25, "above the one for next"),
        ("profiles.hotfix.act_now", 101, "between 0 and 100"),
        ("profiles.hotfix.next", MISSING, "missing"),
        ("max_adjustment", -1, "between 0 and 100"),
        ("rating_half_life_days", 0, "between 0.01"),
        ("rating_grace_days", -1, "between 0"),
    ],
)
def test_what_is_refused_and_where(path, value, message):
    assert message in problems(with_change(path, value))[path]


def test_a_key_used_twice_is_named_at_its_second_place():
    found = problems(with_change("criteria.4.key", "trust"))
    assert found == {"criteria.5.key": "The key 'trust' is used twice."}


def test_weights_must_add_up_to_one():
    found = problems(with_change("profiles.hotfix.weights.value", 0.3))
    assert found == {
        "profiles.hotfix.weights": "The three weights must add up to 1; they make 1.1."
    }


def test_weights_of_thirds_add_up():
    third = 1 / 3
    data = with_change("profiles.hotfix.weights", dict.fromkeys(PILLARS, third))
    assert parse_rubric(data).profile("hotfix").weights == (third, third, third)


def test_there_can_be_forty_criteria_and_no_more():
    data = default()
    data["criteria"] = [{**data["criteria"][n % 9], "key": f"c{n}"} for n in range(40)]
    assert len(parse_rubric(data).criteria) == 40
    data["criteria"].append({**data["criteria"][0], "key": "one_more"})
    assert "at most 40" in problems(data)["criteria"]


def test_a_pillar_that_counts_needs_a_criterion():
    data = default()
    data["criteria"] = data["criteria"][:6]
    assert set(problems(data)) == {f"profiles.{queue}.weights.risk" for queue in QUEUES}
    for profile in data["profiles"].values():
        profile["weights"] = {"value": 0.5, "impact": 0.5, "risk": 0}
    assert parse_rubric(data).criteria_of("risk") == ()


@pytest.mark.parametrize("data", [None, 7, "rubric", []])
def test_something_else_altogether(data):
    assert "named fields" in problems(data)["rubric"]
