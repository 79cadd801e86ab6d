"""Two who accept, an addition during acceptance, six who reorder at once: on PostgreSQL, each with a control."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from backlog.models import Cycle, Decision, Item, PlannedItem
from backlog.services import items
from core.errors import Conflict, DomainError
from scoring import plans
from scoring.scope_report import scope_of
from scoring.services import acceptance
from scoring.services import plans as plan_services
from tests.backlog.making import again
from tests.cast import Cast, build
from tests.reviews.test_races import together
from tests.scoring.planned import add, cycle, keys, work

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


@pytest.fixture
def stage(transactional_db: None) -> Cast:
    return build()


def fresh(cast: Cast, made: Cycle) -> Cycle:
    return plans.cycle_for(cast.a, made.pk)


def planned(cast: Cast, number: int, count: int = 2) -> tuple[Cycle, list[Item]]:
    made = cycle(cast, f"Cycle {number}", weeks=2 * number)
    found = [work(cast, "enhancement", 1, title=f"{number}.{n}") for n in range(count)]
    for item in found:
        add(cast, made, item)
    return made, found


def accept(cast: Cast, made: Cycle) -> Decision:
    return acceptance.accept(actor=cast.actor("owner"), cycle=fresh(cast, made))


def test_two_who_accept_at_once_are_one(stage: Cast) -> None:
    for number in range(ROUNDS):
        made, _ = planned(stage, number)
        results = together([partial(accept, stage, made)] * 3)
        assert sum(isinstance(each, Decision) for each in results) == 1, results
        assert {each.code for each in results if isinstance(each, DomainError)} == {"accepted"}
        assert Decision.objects.filter(cycle=made, kind="plan").count() == 1


def join(cast: Cast, made: Cycle, item: Item) -> Item:
    return items.edit_item(
        actor=cast.actor("owner"),
        item=again(item),
        values={"cycle": fresh(cast, made)},
        version=None,
        reason="Meanwhile.",
    )


def test_what_joins_during_acceptance_is_in_the_baseline_or_a_change_of_scope(stage: Cast) -> None:
    for number in range(ROUNDS):
        made, _ = planned(stage, number)
        late = work(stage, "enhancement", 0, title="Late")
        accepted, joined = together(
            [partial(accept, stage, made), partial(join, stage, made, late)]
        )
        assert isinstance(accepted, Decision), accepted
        assert isinstance(joined, Item), joined
        row = PlannedItem.objects.get(cycle=made, item=late, removed_at__isnull=True)
        changed = [each.item for each in scope_of(fresh(stage, made)).changes]
        assert row.in_baseline is (late.key not in changed)


def test_estimates_and_acceptance_do_not_lock_each_other_out(stage: Cast) -> None:
    def estimate(item: Item, effort: float) -> Item:
        return items.edit_item(
            actor=stage.actor("leadership"),
            item=again(item),
            values={"effort": effort},
            version=None,
            reason="Looked again.",
        )

    for number in range(ROUNDS):
        made, (first, second) = planned(stage, number)
        acts: list[Callable[[], object]] = [
            partial(accept, stage, made),
            partial(estimate, first, 2.0),
            partial(estimate, second, 3.0),
        ]
        for each in together(acts):
            assert isinstance(each, Decision | Item), each
        now = scope_of(fresh(stage, made))
        assert now.now == 5
        assert now.growth == sum(change.points for change in now.changes)


def test_six_movers_leave_every_row_once_and_in_one_order(stage: Cast) -> None:
    made, found = planned(stage, 0, count=12)
    before = sorted(keys(made))

    def move(at: int, turn: int) -> object:
        return plan_services.move_item(
            actor=stage.actor("owner"),
            cycle=fresh(stage, made),
            item=again(found[at]),
            after=again(found[(at + turn + 1) % 12]),
        )

    for turn in range(ROUNDS):
        results = together([partial(move, at, turn) for at in range(6)])
        assert all(isinstance(each, PlannedItem) for each in results), results
        assert sorted(keys(made)) == before
        positions = list(PlannedItem.objects.filter(cycle=made).values_list("position", flat=True))
        assert len(set(positions)) == 12


def test_a_move_of_what_somebody_took_out_is_told(stage: Cast) -> None:
    made, (first, second) = planned(stage, 0)
    plan_services.remove_item(
        actor=stage.actor("owner"), cycle=fresh(stage, made), item=again(first), reason="No."
    )
    with pytest.raises(Conflict) as told:
        plan_services.move_item(
            actor=stage.actor("owner"), cycle=made, item=again(second), after=again(first)
        )
    assert told.value.code == "gone"


# --- Controls: the same without the guard goes wrong --------------------------------------------


def test_control_accepting_without_the_lock_happens_twice(stage: Cast) -> None:
    made, _ = planned(stage, 0)
    read = threading.Barrier(2)

    def naive() -> bool:
        with transaction.atomic():
            seen = Cycle.objects.get(pk=made.pk)
            read.wait(10)
            if seen.accepted_at is not None:
                return False
            Cycle.objects.filter(pk=made.pk).update(accepted_at=timezone.now())
            return True

    assert together([naive, naive]) == [True, True]


def test_control_moving_without_the_lock_makes_equal_positions(stage: Cast) -> None:
    made, found = planned(stage, 0, count=4)
    read = threading.Barrier(2)

    def naive(at: int) -> None:
        with transaction.atomic():
            first, second = PlannedItem.objects.filter(cycle=made).order_by("position")[:2]
            middle = (first.position + second.position) / 2
            read.wait(10)
            PlannedItem.objects.filter(cycle=made, item=found[at]).update(position=middle)

    together([partial(naive, 2), partial(naive, 3)])
    positions = list(PlannedItem.objects.filter(cycle=made).values_list("position", flat=True))
    assert len(set(positions)) == 3


def test_the_database_is_the_one_that_this_is_about() -> None:
    assert connection.vendor == "postgresql"
