"""The smallest change of one weight that flips a place in the top N: closed form against a scan with plain Python."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scoring.engine.flips import outlooks
from scoring.engine.polynomials import cubic_roots, value
from scoring.rubrics import PILLARS, QUEUES
from tests.scoring import strategies
from tests.scoring.strategies import AT
from tests.scoring.test_whatif import near, scores_of, standing_of
from tests.scoring.whatif_reference import inside, steps, with_weight

#: Shrinking a case of the slow reference takes minutes.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]


@st.composite
def questions(draw):
    """A rubric, items of one queue, one of them, N, and two of the weights."""
    rubric = draw(strategies.rubrics())
    queue = draw(st.sampled_from(QUEUES))
    items = draw(st.lists(strategies.items(rubric), min_size=2, max_size=6))
    items = [{**item, "queue": queue} for item in items]
    weights = [("criterion", c["key"], c["weight"]) for c in rubric["criteria"]]
    shares = rubric["profiles"][queue]["weights"]
    with_criteria = {c["pillar"] for c in rubric["criteria"]}
    weights += [("pillar", p, shares[p]) for p in PILLARS if p in with_criteria and shares[p] < 1]
    chosen = draw(st.lists(st.sampled_from(weights), min_size=1, max_size=2, unique=True))
    return rubric, items, draw(st.integers(0, len(items) - 1)), draw(st.integers(1, 4)), chosen


@pytest.mark.slow
@settings(max_examples=120, deadline=None, phases=PHASES)
@given(questions())
def test_the_closed_form_finds_what_a_scan_finds_and_never_anything_later(question):
    data, items, number, top, weights = question
    rubric, scores = scores_of(data, items)
    if any(near(scores.priority)):
        return
    outlook = outlooks(rubric, scores, standing_of(items), [top] * 4, [number])[0]
    today = inside(data, items, AT, number, top)
    assert outlook.inside == today

    def flipped(kind, key, weight):
        changed = with_weight(data, items[number]["queue"], kind, key, weight)
        return inside(changed, items, AT, number, top) != today

    for kind, key, now in weights:
        for way in (-1, 1):
            mine = [
                flip
                for flip in outlook.flips
                if (flip.kind, flip.key) == (kind, key)
                and ((flip.at - now) * way > 0 or flip.at == now)
            ]
            closed = mine[0].at if mine else None
            first = next((w for w in steps(kind, now, way) if flipped(kind, key, w)), None)
            if first is not None:
                assert closed is not None, f"{kind} {key} flips at {first}"
                assert (closed - first) * way <= 1e-9 * max(1.0, first)
            if closed is not None and not mine[0].only_there and closed != now:
                ends = (0.0, 1.0) if kind == "pillar" else (0.001, 1000.0)
                beyond = [
                    min(max(closed + way * step * max(closed, 0.01), ends[0]), ends[1])
                    for step in (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
                ]
                assert any(flipped(kind, key, weight) for weight in beyond)
            if mine and mine[0].only_there:
                assert flipped(kind, key, closed)


def test_an_item_that_nothing_can_move_says_so():
    """Alone in its queue, there is nobody to pass it."""
    data, items = example(1)
    rubric, scores = scores_of(data, items)
    outlook = outlooks(rubric, scores, standing_of(items), [3] * 4, [0])[0]
    assert outlook.inside
    assert outlook.flips == ()


def test_the_worked_example_of_the_playbook():
    """Two items, one criterion of value and one of impact, worth half each: they are equal where 0.8·W = 0.6·(1 −
    W).
    """
    data, items = example(2)
    rubric, scores = scores_of(data, items)
    flips = outlooks(rubric, scores, standing_of(items), [1] * 4, [1])[0].flips
    assert {(flip.kind, flip.key) for flip in flips} == {("pillar", "value"), ("pillar", "impact")}
    assert flips[0].at == pytest.approx(3 / 7, abs=1e-12) or flips[1].at == pytest.approx(3 / 7)


def example(count):
    """Value and impact weigh half; item 0: 1.0 and 0.2, item 1: 0.2 and 0.8. Certain, fresh, effort does not count."""

    def criterion(key, pillar):
        return {"key": key, "label": key, "question": "", "pillar": pillar, "weight": 1.0,
                "levels": strategies.LEVELS, "evidence": None}  # fmt: skip

    profile = {
        "weights": {"value": 0.5, "impact": 0.5, "risk": 0.0},
        "risk_polarity": "exposure",
        "effort_exponent": 0.0,
        "default_effort": 1.0,
        "urgency_gain": 0.0,
        "urgency_days": 10.0,
        "confidence_floor": 1.0,
        "act_now": 60.0,
        "next": 30.0,
    }
    data = {
        "max_adjustment": 15.0,
        "rating_grace_days": 30.0,
        "rating_half_life_days": 180.0,
        "criteria": [criterion("worth", "value"), criterion("pain", "impact")],
        "profiles": {queue: dict(profile) for queue in QUEUES},
    }
    levels = [(5, 1), (1, 4)][:count]
    items = [
        {"queue": "enhancement", "signals": [], "effort": None, "due_at": None, "adjustments": [],
         "severity": 0, "ratings": {"worth": (worth, "certain", AT), "pain": (pain, "certain", AT)}}
        for worth, pain in levels
    ]  # fmt: skip
    return data, items


@settings(max_examples=300, deadline=None, phases=PHASES)
@given(
    st.lists(st.floats(0.02, 0.98), min_size=1, max_size=3, unique_by=lambda r: round(r, 3)),
    st.floats(-100, 100).filter(lambda scale: abs(scale) > 1e-3),
)
def test_roots_are_those_the_polynomial_was_made_of(roots, scale):
    made = np.array([scale])
    for root in roots:
        made = np.convolve(made, [-root, 1.0])
    coefficients = np.zeros((4, 1))
    coefficients[: len(made), 0] = made
    found = cubic_roots(coefficients, 0.0, 1.0)[:, 0]
    expected = sorted(roots)
    assert np.isnan(found[len(expected) :]).all()
    assert found[: len(expected)] == pytest.approx(expected, abs=1e-9)
    assert np.abs(value(coefficients, found[:1])).max() <= 1e-11 * max(1.0, abs(scale))
