"""Where the next cycle ends in a queue."""

from __future__ import annotations

from datetime import date, timedelta

from backlog.models import Cycle, PlanningPolicy, Queue
from scoring.cutline import cut_lines
from tests.backlog.making import accepted, rate
from tests.cast import Cast

TODAY = date(2026, 6, 1)


def test_each_queue_fills_its_share_of_the_capacity(cast: Cast) -> None:
    efforts = [3.0, None, 8.0, 2.0, 2.0]  # without an estimate: 5 points in this queue
    for effort in efforts:
        rate(cast, accepted(cast, "enhancement", effort=effort), (4, 4, 0))
    accepted(cast, "enhancement", effort=0.0)  # unscored: stands behind and counts for nothing
    rate(cast, accepted(cast, "strategic_bet", effort=90.0))
    Queue.objects.filter(product=cast.a, kind="enhancement").update(share=0.4)
    # by priority: 2, 2, 3, 5 and 8 points
    expected = {"hotfix": 0, "stability": 0, "enhancement": 5, "strategic_bet": 1}
    PlanningPolicy.objects.update_or_create(product=cast.a, defaults={"capacity": 50.0})
    assert (
        cut_lines(cast.a, TODAY) == expected
    )  # 20 points; a bet too large for its share is still the one that comes
    PlanningPolicy.objects.filter(product=cast.a).update(capacity=17.5)
    assert cut_lines(cast.a, TODAY, ["enhancement"]) == {"enhancement": 3}


def test_a_planned_cycle_says_what_it_holds(cast: Cast) -> None:
    for _ in range(4):
        rate(cast, accepted(cast, "enhancement", effort=2.0))
    PlanningPolicy.objects.filter(product=cast.a).delete()
    Queue.objects.filter(product=cast.a, kind="enhancement").update(share=0.4)
    assert cut_lines(cast.a, TODAY, ["enhancement"]) == {
        "enhancement": 4
    }  # 40 points without a policy
    Cycle.objects.create(
        product=cast.a,
        name="Next",
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=14),
        capacity=10.0,
    )
    assert cut_lines(cast.a, TODAY, ["enhancement"]) == {"enhancement": 2}
