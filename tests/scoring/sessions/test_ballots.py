from __future__ import annotations

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from scoring.ballots import Ballot, proposal, tally
from scoring.rubrics import CERTAINTY

VOTES = st.lists(
    st.tuples(st.integers(1, 99), st.integers(0, 5), st.sampled_from(sorted(CERTAINTY))),
    min_size=1,
    max_size=12,
    unique_by=lambda each: each[0],
)


@given(VOTES)
def test_the_proposal_lies_among_the_votes(votes: list[tuple[int, int, str]]) -> None:
    found = tally(Ballot(who, "c", level, sure) for who, level, sure in votes)["c"]
    levels = [level for _, level, _ in votes]
    assert found.level == median(levels)
    assert found.apart == max(levels) - min(levels)
    assert [each.level for each in found.ballots] == sorted(levels)
    worth = sorted(CERTAINTY[sure] for _, _, sure in votes)
    if found.apart >= 3:
        assert found.certainty == "guess"
    else:
        assert CERTAINTY[found.certainty] == worth[(len(worth) - 1) // 2]


def test_criteria_are_apart() -> None:
    found = tally([Ballot(1, "a", 2, "certain"), Ballot(2, "b", 5, "informed")])
    assert proposal(found) == {
        "a": {"level": 2.0, "certainty": "certain"},
        "b": {"level": 5.0, "certainty": "informed"},
    }
    assert tally([]) == {}
