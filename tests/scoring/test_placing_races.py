"""Two people move items of one queue at the same moment. On PostgreSQL: SQLite lets one transaction write at a time."""

from __future__ import annotations

import os

import pytest

from backlog.models import ItemSummary
from core.errors import Conflict
from scoring.models import Adjustment
from scoring.services import placing
from scoring.services.placing import Target
from tests.backlog.making import again
from tests.cast import Cast, build
from tests.reviews.test_races import together
from tests.scoring.test_placing import line, order, put

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
ROUNDS = int(os.environ.get("BALLAST_RACE_ROUNDS", "15"))


@pytest.fixture
def stage(transactional_db: None) -> Cast:
    return build()


def points(cast: Cast, item, target: Target, who: str = "owner") -> float:
    return placing.plan(actor=cast.actor(who), item=again(item), target=target).points


def test_one_is_told_where_two_moves_contradict_each_other(stage: Cast) -> None:
    for _ in range(ROUNDS):
        low, high = line(stage, 3, 4)
        up, down = Target("above", item=again(high)), Target("below", item=again(low))
        shown = points(stage, low, up), points(stage, high, down, "leadership")
        outcomes = together(
            [
                lambda low=low, up=up, shown=shown: put(stage, low, up, expected=shown[0]),
                lambda high=high, down=down, shown=shown: put(
                    stage, high, down, who="leadership", expected=shown[1]
                ),
            ]
        )
        told = [each for each in outcomes if isinstance(each, Conflict)]
        assert len(told) == 1, outcomes
        assert told[0].code in ("moved_meanwhile", "there_already")
        assert Adjustment.objects.filter(item__in=[low, high]).count() == 1
        clear(stage)


def test_without_what_was_shown_the_second_undoes_the_first_untold(stage: Cast) -> None:
    """The control: each is carried out on what it finds, and nobody hears of the other."""
    low, high = line(stage, 3, 4)
    outcomes = together(
        [
            lambda: put(stage, low, Target("above", item=again(high))),
            lambda: put(stage, again(high), Target("above", item=again(low)), who="leadership"),
        ]
    )
    done = [each for each in outcomes if not isinstance(each, BaseException)]
    assert len(done) + sum(isinstance(each, Conflict) for each in outcomes) == 2
    assert done, outcomes


def test_moves_of_different_items_commute(stage: Cast) -> None:
    for _ in range(ROUNDS):
        e, d, c, b = line(stage, 5, 4.5, 3, 2.5)
        first, second = Target("above", item=again(d)), Target("below", item=again(e))
        shown = points(stage, b, first), points(stage, c, second, "leadership")
        outcomes = together(
            [
                lambda b=b, first=first, shown=shown: put(stage, b, first, expected=shown[0]),
                lambda c=c, second=second, shown=shown: put(
                    stage, c, second, who="leadership", expected=shown[1]
                ),
            ]
        )
        assert not [each for each in outcomes if isinstance(each, BaseException)], outcomes
        assert order(stage)[0] == "Level 5"
        assert set(order(stage)[1:3]) == {"Level 3", "Level 2.5"}
        clear(stage)


def clear(cast: Cast) -> None:
    ItemSummary.objects.filter(product=cast.a).update(is_open=False)
