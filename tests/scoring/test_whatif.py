"""Moves, churn, Kendall's tau and band changes, against a slow reference and published figures."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from scoring.engine import inputs_from_items, score
from scoring.engine.whatif import Standing, compare, fitting, kendall
from scoring.rubrics import QUEUES, parse_rubric
from tests.scoring import strategies, whatif_reference
from tests.scoring.strategies import AT, engine_item


def standing_of(items):
    """The order's other columns of plain items; the number is the id, and the age."""
    return Standing(
        queue=np.array([QUEUES.index(item["queue"]) for item in items], dtype=np.int8),
        due=np.array([item["due_at"].timestamp() if item["due_at"] else np.nan for item in items]),
        created=np.zeros(len(items), dtype=np.int64),
        item_id=np.arange(len(items)),
        severity=np.array([item["severity"] for item in items]),
        adjustment=np.array(
            [
                math.fsum(points for points, end in item["adjustments"] if end is None or end > AT)
                for item in items
            ]
        ),
    )


def scores_of(data, items):
    rubric = parse_rubric(data)
    return rubric, score(rubric, inputs_from_items(rubric, [engine_item(i) for i in items], AT))


#: Shrinking a case of the slow reference takes minutes.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]


@st.composite
def changes(draw):
    """Two rubrics, of which the second may know the same criteria, and items."""
    first, second = draw(strategies.rubrics()), draw(strategies.rubrics())
    return first, second, draw(st.lists(strategies.items(first), min_size=1, max_size=9))


@pytest.mark.slow
@settings(max_examples=60, deadline=None, phases=PHASES)
@given(changes(), st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_every_figure_is_that_of_the_slow_reference(case, tops):
    first, second, items = case
    before, after = scores_of(first, items)[1], scores_of(second, items)[1]
    if any(near(before.priority)) or any(near(after.priority)):
        return  # equal on paper and not in binary: which of two goes first is nobody's promise
    found = compare(before, after, standing_of(items), tops)
    old = whatif_reference.standings(first, items, AT)
    new = whatif_reference.standings(second, items, AT)
    for queue, top in zip(QUEUES, tops, strict=True):
        mine = [i for i, item in enumerate(items) if item["queue"] == queue]
        was = {i for i in mine if old[i][1] is not None and old[i][0] <= top}
        will = {i for i in mine if new[i][1] is not None and new[i][0] <= top}
        counts = found.queues[queue]
        assert (counts.entered, counts.left, counts.top) == (len(will - was), len(was - will), top)
        assert {i for i in mine if found.top_after[i]} == will
        assert [found.rank_before[i] for i in mine] == [old[i][0] for i in mine]
        assert [found.rank_after[i] for i in mine] == [new[i][0] for i in mine]
        assert counts.band_changes == sum(old[i][2] != new[i][2] for i in mine)
        for crossing, times in counts.bands.items():
            assert times == sum((old[i][2], new[i][2]) == crossing for i in mine)
        assert counts.became_scored == sum(old[i][1] is None is not new[i][1] for i in mine)
        both = [
            (before.priority[i], after.priority[i])
            for i in mine
            if before.scored[i] and after.scored[i]
        ]
        agreement = counts.agreement
        assert whatif_reference.pair_counts(both) == (
            agreement.concordant,
            agreement.discordant,
            agreement.tied_before,
            agreement.tied_after,
        )
    assert found.total.churn == sum(counts.churn for counts in found.queues.values())


def near(values):
    for a, b in itertools.combinations(values[~np.isnan(values)].tolist(), 2):
        yield a != b and abs(a - b) < 1e-8


@settings(max_examples=200, deadline=None, phases=PHASES)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9) | st.floats(0, 9)), max_size=60))
def test_pairs_are_counted_exactly(pairs):
    found = kendall(np.array([float(a) for a, _ in pairs]), np.array([float(b) for _, b in pairs]))
    assert whatif_reference.pair_counts(pairs) == (
        found.concordant,
        found.discordant,
        found.tied_before,
        found.tied_after,
    )


def test_tau_of_a_published_example():
    """R's and SciPy's documentation: x1 = [12, 2, 1, 12, 2], x2 = [1, 4, 7, 1, 0] has tau-b −0.47140452079103173."""
    found = kendall(np.array([12.0, 2, 1, 12, 2]), np.array([1.0, 4, 7, 1, 0]))
    assert found.tau == pytest.approx(-0.47140452079103173, abs=1e-15)


def test_nothing_agrees_with_nothing():
    assert kendall(np.array([]), np.array([])).tau is None
    assert kendall(np.array([1.0, 1.0]), np.array([1.0, 2.0])).tau is None
    assert kendall(np.arange(5.0), np.arange(5.0)).tau == 1
    assert kendall(np.arange(5.0), -np.arange(5.0)).tau == -1


def test_what_a_cycle_holds_is_counted_in_order_and_is_never_nothing():
    assert fitting(np.array([5.0, 3, 1, 8]), 9) == 3
    assert fitting(np.array([5.0, 3]), 2) == 1  # a first item that is too large is still the first
    assert fitting(np.array([]), 9) == 0
