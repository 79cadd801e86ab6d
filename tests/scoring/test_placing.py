"""Hand moves: what they take, that one row is written, what refuses them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backlog import selectors
from backlog.models import Change, Item, ItemSummary
from backlog.services import states
from backlog.vocabulary import State
from core.errors import Conflict, Invalid, NotAllowed
from scoring.models import Adjustment
from scoring.services import adjustments, placing
from scoring.services.placing import Target
from tests.backlog.making import accepted, again, ask, many, rate
from tests.cast import Cast

DAY = timedelta(days=1)
CLAIM = "Two customers leave without it."


def line(cast: Cast, *levels: float, kind: str = "enhancement") -> list[Item]:
    """Items of one queue in the order of their levels."""
    found = []
    for level in levels:
        item = accepted(cast, kind, f"Level {level}")
        rate(cast, item, (level, level, 2))
        found.append(again(item))
    return found


def order(cast: Cast, kind: str = "enhancement") -> list[str]:
    rows = ItemSummary.objects.filter(product=cast.a, queue_kind=kind, is_open=True)
    return list(rows.order_by(*selectors.RANK_ORDER).values_list("item__title", flat=True))


def put(cast: Cast, item: Item, target: Target, who: str = "owner", **rest: Any) -> Any:
    return placing.place_item(
        actor=cast.actor(who),
        item=again(item),
        target=target,
        claim=rest.pop("claim", CLAIM),
        expires_at=timezone.now() + 30 * DAY,
        **rest,
    )


@pytest.mark.parametrize(
    ("mover", "target", "expected"),
    [
        (3, ("above", 1), ["5", "3", "4", "3.5"]),
        (0, ("below", 1), ["4", "5", "3.5", "3"]),
        (3, ("top", None), ["3", "5", "4", "3.5"]),
        (0, ("bottom", None), ["4", "3.5", "3", "5"]),
        (2, ("up", None), ["5", "3.5", "4", "3"]),
        (1, ("down", None), ["5", "3.5", "4", "3"]),
        (3, ("place", 2), ["5", "3", "4", "3.5"]),
        (0, ("place", 3), ["4", "3.5", "5", "3"]),
        (1, ("place", 99), ["5", "3.5", "3", "4"]),
    ],
)
def test_an_item_lands_where_it_is_put(
    cast: Cast, mover: int, target: tuple[str, Any], expected: list[str]
) -> None:
    items = line(cast, 5, 4, 3.5, 3)
    way, where = target
    goal = (
        Target(way, place=where)
        if way == "place"
        else Target(way, item=again(items[where]) if where is not None else None)
    )
    row, plan = put(cast, items[mover], goal)
    assert order(cast) == [f"Level {each}" for each in expected]
    moved = again(items[mover])
    assert plan.rank[1] == selectors.rank_of(moved)
    assert moved.summary.priority == pytest.approx(plan.priority[1], abs=1e-6)
    neighbour = again(plan.neighbour).summary.priority
    assert 0.01 - 1e-9 <= abs(moved.summary.priority - neighbour) < 0.0201
    assert (row.points, row.above, row.moved_past_id) == (
        plan.points,
        plan.above,
        plan.neighbour.pk,
    )
    assert round(row.points * 100) == pytest.approx(row.points * 100, abs=1e-6), "whole hundredths"


def test_the_log_says_past_whom_by_how_much_why_and_by_which_right(cast: Cast) -> None:
    low, high = line(cast, 3, 4)
    row, plan = put(cast, low, Target("above", item=high))
    change = Change.objects.get(verb="adjustment.made")
    assert change.fields["put_above"] == [None, {"id": high.pk, "label": "Level 4"}]
    assert change.fields["points"] == [None, plan.points]
    assert (change.reason, change.right, change.subject_id) == (CLAIM, "adjustment.make", row.pk)


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_one_row_is_written_however_long_the_list(cast: Cast, count: int) -> None:
    items = many(cast.a, count, kind="enhancement", state=State.ACCEPTED)
    ids = [item.pk for item in items]
    ItemSummary.objects.filter(item__in=ids).update(
        priority=10, order_score=-10, scored_at=timezone.now(), rubric_version=1
    )
    low, high = line(cast, 3, 4)
    summaries = dict(ItemSummary.objects.values_list("pk", "order_score"))
    target = Target("above", item=again(high))
    actor, item = cast.actor("owner"), again(low)
    with CaptureQueriesContext(connection) as seen:
        placing.place_item(
            actor=actor, item=item, target=target, claim=CLAIM, expires_at=timezone.now() + DAY
        )
    writes = [
        each["sql"].split('"')[1] if '"' in each["sql"] else each["sql"]
        for each in seen
        if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert writes.count("scoring_adjustment") == 1
    assert Adjustment.objects.count() == 1
    changed = {
        pk
        for pk, score in ItemSummary.objects.values_list("pk", "order_score")
        if score != summaries[pk]
    }
    assert changed == {low.pk}, "no other item is touched"
    assert len(writes) <= 6, writes
    assert len(seen) < 40, "and the number of queries does not follow the list"


def test_beyond_the_limit_it_is_refused_with_the_number(cast: Cast) -> None:
    low, high = line(cast, 0, 5)
    answer = ask(
        cast,
        "owner",
        "POST",
        f"items/{low.key}/place/",
        {"above": high.key, "claim": CLAIM, "expires_at": "2099-01-01T00:00:00Z", "dry_run": True},
    )
    told = answer.json()
    assert told["allowed"] is False
    assert abs(told["points"]) > 15
    with pytest.raises(Invalid) as refused:
        put(cast, low, Target("above", item=high))
    assert refused.value.code == "beyond_limit"
    assert f"{told['points']:+.2f} points" in refused.value.detail
    assert refused.value.extra["points"] == told["points"]
    assert not Adjustment.objects.exists()
    assert not Change.objects.filter(verb__startswith="adjustment").exists()


def test_what_runs_already_counts_towards_the_limit(cast: Cast) -> None:
    low, high = line(cast, 3, 4)
    put_up = placing.plan(actor=cast.actor("owner"), item=low, target=Target("above", item=high))
    adjustments.adjust(
        actor=cast.actor("leadership"),
        item=low,
        points=-14,
        claim="Not now.",
        expires_at=timezone.now() + DAY,
    )
    after = placing.plan(
        actor=cast.actor("owner"), item=again(low), target=Target("above", item=again(high))
    )
    assert after.points == pytest.approx(put_up.points + 14, abs=0.011)
    assert after.total == pytest.approx(put_up.total, abs=0.011)


def test_a_second_move_of_the_same_person_ends_the_first_one(cast: Cast) -> None:
    low, middle, high = line(cast, 3, 3.5, 4)
    first, _ = put(cast, low, Target("above", item=middle))
    second, plan = put(cast, low, Target("above", item=again(high)))
    first.refresh_from_db()
    assert first.ended_at == second.made_at
    assert [old.pk for old in plan.replaces] == [first.pk]
    assert second.points == plan.total, "it stands for the whole way"
    assert order(cast) == ["Level 3", "Level 4", "Level 3.5"]
    put(cast, again(low), Target("down"), who="leadership")
    assert Adjustment.objects.filter(ended_at=None).count() == 2, "somebody else's stays"


def test_undo_puts_it_back_to_the_move_before(cast: Cast) -> None:
    low, middle, high = line(cast, 3, 3.5, 4)
    put(cast, low, Target("above", item=middle))
    before = again(low).summary.priority
    second, _ = put(cast, low, Target("above", item=again(high)))
    client = cast.client("owner")
    assert client.post(reverse("item-place-undo", args=[low.key, second.pk])).status_code == 302
    assert again(low).summary.priority == pytest.approx(before, abs=1e-6)
    assert order(cast) == ["Level 4", "Level 3", "Level 3.5"]
    again_ = client.post(reverse("item-place-undo", args=[low.key, second.pk]))
    assert again_.status_code == 409
    running = Adjustment.objects.get(ended_at=None)
    with pytest.raises(NotAllowed):
        placing.take_back(actor=cast.actor("leadership"), adjustment=running)


@pytest.mark.parametrize(
    ("way", "code"), [("up", "there_already"), ("top", "there_already"), ("sideways", "invalid")]
)
def test_where_there_is_nowhere_to_go(cast: Cast, way: str, code: str) -> None:
    high, _ = line(cast, 4, 3)
    with pytest.raises((Invalid, Conflict)) as refused:
        put(cast, high, Target(way))
    assert refused.value.code == code


def test_what_it_cannot_be_moved_past(cast: Cast) -> None:
    item, _ = line(cast, 4, 3)
    elsewhere = line(cast, 3, kind="stability")[0]
    unrated = accepted(cast, "enhancement", "Unrated")
    done = line(cast, 2)[0]
    states.set_state(actor=cast.actor("owner"), item=done, state=State.DONE)
    for other, code, words in (
        (elsewhere, "other_queue", "another queue"),
        (unrated, "neighbour_unscored", "not rated"),
        (done, "not_ranked", "done"),
        (item, "same_item", "past itself"),
    ):
        with pytest.raises(Invalid) as refused:
            put(cast, item, Target("above", item=again(other)))
        assert (refused.value.code, words in refused.value.detail) == (code, True)
    with pytest.raises(Invalid) as refused:
        put(cast, unrated, Target("above", item=item))
    assert refused.value.code == "unscored"
    assert "value, impact and risk are not rated" in refused.value.detail
    with pytest.raises(Conflict) as there:
        put(cast, again(item), Target("above", item=again(order_second(cast))))
    assert there.value.code == "there_already"


def order_second(cast: Cast) -> Item:
    return Item.objects.get(title="Level 3", product=cast.a, queue__kind="enhancement")


def test_ties_are_passed_together_and_the_plan_says_so(cast: Cast) -> None:
    low, *same = line(cast, 3, 4, 4, 4)
    plan = placing.plan(actor=cast.actor("owner"), item=low, target=Target("above", item=same[2]))
    assert plan.rank == (4, 1)
    put(cast, low, Target("above", item=same[2]))
    assert selectors.rank_of(again(low)) == 1


def test_what_was_shown_is_done_or_the_person_is_told(cast: Cast) -> None:
    low, high = line(cast, 3, 4)
    url = reverse("item-place", args=[low.key])
    client = cast.client("owner")
    shown = client.get(url, {"above": high.key})
    points = shown.context["plan"].points
    assert f"{points:+.2f} points" in shown.content.decode()
    assert not Adjustment.objects.exists()
    rate(cast, high, (4.5, 4.5, 2))
    form = {
        "above": high.key,
        "points": f"{points:.2f}",
        "claim": CLAIM,
        "expires_on": (timezone.localdate() + 9 * DAY).isoformat(),
    }
    refused = client.post(url, form)
    assert refused.status_code == 409
    said = refused.content.decode()
    assert "The order has moved meanwhile" in said
    assert CLAIM in said, "nothing that was entered is lost"
    assert not Adjustment.objects.exists()
    fresh = refused.context["plan"].points
    done = client.post(url, {**form, "points": f"{fresh:.2f}"}, follow=True)
    assert "is 1st now" in done.content.decode()
    assert Adjustment.objects.get().points == fresh


def test_a_reason_and_an_end_are_needed(cast: Cast) -> None:
    low, high = line(cast, 3, 4)
    url = reverse("item-place", args=[low.key])
    form = {"above": high.key, "claim": "", "expires_on": ""}
    answer = cast.client("owner").post(url, form)
    assert answer.status_code == 422
    assert not Adjustment.objects.exists()
    bare = ask(cast, "owner", "POST", f"items/{low.key}/place/", {"above": high.key})
    assert bare.status_code == 400
    assert sorted(bare.json()["fields"]) == ["claim", "expires_at"]
    two = ask(cast, "owner", "POST", f"items/{low.key}/place/", {"above": high.key, "to": "up"})
    assert two.status_code == 400
    past = {"to": "up", "claim": CLAIM, "expires_at": "2020-01-01T00:00:00Z"}
    assert ask(cast, "owner", "POST", f"items/{low.key}/place/", past).status_code == 400


def test_who_may_not_is_told_who_can(cast: Cast) -> None:
    low, _ = line(cast, 3, 4)
    answer = cast.client("contributor").get(reverse("item-place", args=[low.key]), {"to": "up"})
    assert answer.status_code == 403
    assert "Ask " in answer.content.decode()
    with pytest.raises(NotAllowed):
        put(cast, low, Target("up"), who="contributor")


def test_the_list_offers_it_in_one_queue_and_says_why_not_over_all(cast: Cast) -> None:
    line(cast, 3, 4)
    client = cast.client("owner")
    url = reverse("backlog", args=[cast.a.key])
    one = client.get(url, {"queue": "enhancement"}).content.decode()
    every = client.get(url).content.decode()
    assert 'data-placing="queue"' in one
    assert "Sortable" in one
    assert 'data-placing="all"' in every
    assert "four orders" in every
    assert "Sortable" not in every
    assert "data-placing" not in cast.client("viewer").get(url).content.decode()
