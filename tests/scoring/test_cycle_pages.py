"""What the pages of cycles say of time: what runs, what is to come, what would be closed too early."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from backlog.models import Cycle
from tests.cast import Cast
from tests.scoring import planned


def begins(cycle: Cycle, days: int) -> None:
    """So many days from today, for two weeks."""
    first = timezone.localdate() + timedelta(days=days)
    Cycle.objects.filter(pk=cycle.pk).update(starts_on=first, ends_on=first + timedelta(days=13))


def test_an_accepted_cycle_runs_from_its_first_day(cast: Cast) -> None:
    first, _ = planned.running(cast, 5)
    later, _ = planned.running(cast, 3, name="Cycle 2", weeks=3)
    shown = cast.client("viewer").get("/p/ATLAS/cycles/").context
    assert [card["cycle"] for card in shown["running"]] == [first]
    assert [card["cycle"] for card in shown["planned"]] == [later]
    begins(later, 0)
    shown = cast.client("viewer").get("/p/ATLAS/cycles/").context
    assert {card["cycle"] for card in shown["running"]} == {later, first}
    assert shown["planned"] == []


def test_a_close_before_the_last_day_is_named(cast: Cast) -> None:
    cycle, _ = planned.running(cast, 5)
    client = cast.client("owner")

    def says(days: int) -> str:
        begins(cycle, days)
        return str(client.get(f"/p/ATLAS/cycles/{cycle.pk}/close/").context["early"])

    assert says(1).startswith("It has not begun: its first day is")
    assert says(0).startswith("It is not over: its last day is")
    assert says(-13) == ""
