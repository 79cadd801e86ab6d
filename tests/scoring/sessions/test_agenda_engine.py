"""The agenda against a reference that weighs everything and sorts by words of its own."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import agenda
from scoring.agenda import Facts, Sayings

FACTS = st.builds(
    Facts,
    item_id=st.integers(1, 10_000),
    gap=st.none() | st.floats(0, 100),
    fits_all=st.booleans(),
    stale_days=st.none() | st.floats(-1, 3000),
)
SAID = st.builds(
    Sayings,
    apart=st.none() | st.integers(0, 10).map(lambda half: half / 2),
    apart_on=st.just("Customer pain"),
    people=st.integers(2, 9),
    certainty=st.none() | st.sampled_from([0.4, 0.55, 0.7, 1.0]),
    signals=st.dictionaries(st.sampled_from(["support_ticket", "incident"]), st.integers(1, 40)),
)
CASES = st.lists(st.tuples(FACTS, SAID), max_size=40, unique_by=lambda each: each[0].item_id)


def worth_of(facts: Facts, said: Sayings) -> float:
    """The published formula, typed again."""
    if said.apart is not None:
        d = said.apart / 5
    elif said.certainty is not None:
        d = (1 - said.certainty) / 2
    else:
        d = 0.5
    if facts.gap is None:
        k = 0.55
    elif facts.fits_all:
        k = 0.1
    else:
        k = 0.1 + 0.9 * math.exp(-facts.gap / 4 * math.log(2))
    s = 1.0
    if facts.stale_days is not None:
        s = 0.2 + 0.8 * (1 - math.exp(-max(0, facts.stale_days) / 90 * math.log(2)))
    e = 0.4 + 0.6 * (1 - math.exp(-sum(said.signals.values()) / 4 * math.log(2)))
    return 100 * (0.2 + 0.8 * d) * k * s * e


def slow(cases: Sequence[tuple[Facts, Sayings]], seed: int, room: int) -> list[tuple[int, float]]:
    """Everything weighed; ties by the lot that the seed draws over the ids in their order."""
    ids = sorted(facts.item_id for facts, _ in cases)
    random.Random(seed).shuffle(ids)
    weighed = [(facts.item_id, agenda.weigh(facts, said).worth) for facts, said in cases]
    weighed.sort(key=lambda each: (-round(each[1], 9), ids.index(each[0])))
    return weighed[: max(0, room)]


def asked(cases: Sequence[tuple[Facts, Sayings]], log: list[int] | None = None):  # noqa: ANN201
    said = {facts.item_id: sayings for facts, sayings in cases}

    def answer(ids: Sequence[int]) -> Mapping[int, Sayings]:
        if log is not None:
            log.extend(ids)
        return {pk: said[pk] for pk in ids}

    return answer


@given(CASES, st.integers(1, 2**31 - 1), st.integers(0, 12), st.integers(1, 7))
@settings(max_examples=150, deadline=None)
def test_it_is_what_weighing_everything_gives(
    cases: list[tuple[Facts, Sayings]], seed: int, room: int, step: int
) -> None:
    made = agenda.build(
        [facts for facts, _ in cases], asked(cases), seed=seed, room=room, step=step
    )
    assert [(pick.item_id, pick.worth) for pick in made] == slow(cases, seed, room)


@given(FACTS, SAID)
@settings(max_examples=200, deadline=None)
def test_the_worth_is_the_published_formula(facts: Facts, said: Sayings) -> None:
    pick = agenda.weigh(facts, said)
    assert pick.worth == pytest.approx(worth_of(facts, said), abs=1e-9)
    for name, floor in agenda.FLOORS.items():
        assert floor <= pick.factors[name] <= 1.0
    assert 0 < pick.worth <= agenda.ceiling(facts) * (1 + 1e-12) <= 100 * (1 + 1e-12)


@given(CASES, st.integers(1, 99), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_same_facts_and_seed_give_the_same_agenda_in_any_order(
    cases: list[tuple[Facts, Sayings]], seed: int, mixer: random.Random
) -> None:
    facts = [each for each, _ in cases]
    first = agenda.build(facts, asked(cases), seed=seed, room=5)
    mixer.shuffle(facts)
    assert agenda.build(facts, asked(cases), seed=seed, room=5, step=3) == first


def test_equal_worths_are_drawn_by_the_seed() -> None:
    cases = [(Facts(pk, None, False, None), Sayings()) for pk in range(1, 30)]
    facts = [each for each, _ in cases]
    orders = {
        tuple(pick.item_id for pick in agenda.build(facts, asked(cases), seed=seed, room=29))
        for seed in range(1, 6)
    }
    assert len(orders) == 5


def test_what_cannot_get_in_is_not_asked_about() -> None:
    near = [(Facts(pk, 0.0, False, None), Sayings(apart=5.0, people=2)) for pk in range(1, 5)]
    far = [(Facts(pk, 90.0, False, 0.0), Sayings()) for pk in range(5, 500)]
    log: list[int] = []
    agenda.build([each for each, _ in near + far], asked(near + far, log), seed=1, room=2, step=4)
    assert log == [1, 2, 3, 4]


def test_the_cut_line() -> None:
    assert agenda.cut_line(20.0, 10.0) == 15.0
    assert agenda.cut_line(None, 30.0) == 30.0, "nothing is in"
    assert agenda.cut_line(10.0, None) is None, "everything is"
    assert agenda.cut_line(None, None) is None


def test_a_session_holds_what_fits_its_box() -> None:
    assert [agenda.room_for(*each) for each in ((60, 6), (45, 7), (5, 30), (59, 6))] == [
        10,
        6,
        1,
        9,
    ]


def test_the_sentence_says_why() -> None:
    pick = agenda.weigh(
        Facts(1, 1.234, False, 140.6),
        Sayings(apart=3, apart_on="Customer pain", people=2, signals={"support_ticket": 9}),
    )
    assert agenda.sentence(pick.reasons) == (
        "Two scorers 3 levels apart on customer pain; 1.2 points from the cut line; last rated 140 days ago;"
        " 9 support tickets since."
    )
    new = agenda.weigh(Facts(1, None, False, None), Sayings(signals={"incident": 1}))
    assert agenda.sentence(new.reasons) == (
        "It cannot be ranked yet; never rated by a person; 1 incident."
    )
    mixed = agenda.weigh(
        Facts(1, 3.0, True, 0.2), Sayings(certainty=0.7, signals={"incident": 1, "ticket": 2})
    )
    assert agenda.sentence(mixed.reasons) == (
        "Certainty 70%, no second opinion; the next cycle holds its whole queue; last rated today; 3 signals since."
    )
    calm = agenda.weigh(Facts(1, 0.0, False, 1.0), Sayings(apart=0.0, people=3))
    assert agenda.sentence(calm.reasons) == (
        "Scorers agree; 0.0 points from the cut line; last rated 1 day ago."
    )
    assert agenda.sentence(()) == ""


def test_the_example_of_the_playbook() -> None:
    facts = Facts(1, 1.2, False, 140.0)
    said = Sayings(apart=3, apart_on="Customer pain", people=2, signals={"ticket": 9})
    pick = agenda.weigh(facts, said)
    assert {name: round(value, 3) for name, value in pick.factors.items()} == {
        "disagreement": 0.68,
        "closeness": 0.831,
        "staleness": 0.728,
        "evidence": 0.874,
    }
    assert round(pick.worth) == 36
