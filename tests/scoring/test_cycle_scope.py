"""After acceptance: every door by which scope changes asks the same rule; trades; burn-up; closing and the ledger."""

from __future__ import annotations

import csv
from datetime import UTC, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actors import Via
from backlog.models import Change, Decision, LedgerLine
from backlog.services import items, states
from core.errors import Conflict, Invalid, NotAllowed
from scoring import plans
from scoring.scope_report import burn_up, scope_of
from scoring.services import closing, planning
from scoring.services import plans as plan_services
from tests.backlog.making import accepted, again, ask
from tests.cast import Cast
from tests.scoring.planned import (
    add,
    blocks,
    cycle,
    finish,
    keys,
    row,
    running,
    set_cycle,
    work,
)


def patch_effort(cast: Cast, item: Any, effort: float, by: str = "contributor") -> Any:
    version = again(item).version
    body = {"effort": effort, "reason": "Looked again."}
    return ask(cast, by, "PATCH", f"items/{item.key}/", body, version=version)


def test_small_growth_is_recorded_and_more_needs_leadership(cast: Cast) -> None:
    made, _ = running(cast, 10, 6)
    small, large = work(cast, effort=1), work(cast, effort=3)
    set_cycle(cast, small, made, reason="A customer asked.")
    with pytest.raises(NotAllowed) as refused:
        set_cycle(cast, large, made)
    assert "who may let it grow" in refused.value.detail
    assert "Leadership" in refused.value.detail
    assert refused.value.extra["limit"] == pytest.approx(1.6)
    assert large.key not in keys(made)
    assert again(large).cycle_id is None
    set_cycle(cast, large, made, by="leadership", reason="Worth it.")
    decision = Decision.objects.get(kind="scope")
    assert (decision.right, decision.facts["growth"]) == ("cycle.grow", 4)
    found = scope_of(made)
    assert (found.baseline, found.now, found.growth) == (16, 20, 4)
    assert [(each.what, each.points, each.who, each.reason) for each in found.changes] == [
        ("added", 1, "Owner", "A customer asked."),
        ("added", 3, "Leadership", "Worth it."),
    ]
    assert found.changes[0].percent == pytest.approx(6.25)


def test_growth_that_was_refused_can_be_asked_for_and_is_carried_out(cast: Cast) -> None:
    made, _ = running(cast, 10)
    item = work(cast, effort=5)
    body = {"cycle": made.name, "reason": "A customer waits for it."}
    refused = ask(cast, "owner", "PATCH", f"items/{item.key}/", body, version=again(item).version)
    wish = refused.json()["ask"]
    assert (wish["verb"], wish["payload"]["right"]) == ("cycle.scope", "cycle.grow")
    wished = {"verb": wish["verb"], "payload": wish["payload"], "reason": body["reason"]}
    asked = ask(cast, "owner", "POST", "products/ATLAS/requests/", wished)
    assert asked.status_code == 201, asked.content
    assert asked.json()["summary"] == f"take {item.key} into {made.name}"
    assert item.key not in keys(made)
    answer = f"products/ATLAS/requests/{asked.json()['id']}/answer/"
    assert ask(cast, "owner", "POST", answer, {"accept": True}).status_code == 403
    done = ask(cast, "leadership", "POST", answer, {"accept": True})
    assert (done.status_code, done.json()["state"]) == (200, "done")
    assert item.key in keys(made)
    growth = Decision.objects.get(kind="scope")
    assert (growth.right, growth.decided_by) == ("cycle.grow", cast.leadership)
    assert growth.rationale.startswith("A customer waits for it.")


def test_every_door_asks_the_same(cast: Cast) -> None:
    """Page and API of the item, the plan's own, creation, import: a contributor gets nothing in, growth is refused."""
    made, _ = running(cast, 10)
    item = work(cast, effort=5)
    version = again(item).version
    body = {"cycle": made.name, "reason": "Please."}
    by_api = ask(cast, "contributor", "PATCH", f"items/{item.key}/", body, version=version)
    assert by_api.status_code == 403
    assert "Owner" in by_api.json()["detail"]
    by_owner = ask(cast, "owner", "PATCH", f"items/{item.key}/", body, version=version)
    assert (by_owner.status_code, by_owner.json()["code"]) == (403, "scope_limit")
    form = {
        "title": item.title,
        "kind": "task",
        "effort": "5",
        "cycle": made.name,
        "version": version,
    }
    page = cast.client("contributor").post(f"/items/{item.key}/edit/", {**form, "reason": "r"})
    assert page.status_code == 403
    plan = f"products/ATLAS/cycles/{made.pk}/plan/"
    assert ask(cast, "owner", "POST", plan, {"item": item.key, "reason": "r"}).status_code == 403
    with pytest.raises(NotAllowed):
        items.create_items(
            actor=cast.actor("owner", Via.IMPORT),
            product=cast.a,
            drafts=[
                items.Draft(
                    title="Imported",
                    queue=item.queue,
                    state="accepted",
                    effort=5.0,
                    cycle=made,
                )
            ],
            right="import.run",
        )
    assert keys(made) == [keys(made)[0]]
    assert not Change.objects.filter(verb="cycle.scope_changed").exists()


def test_history_comes_into_cycles_that_are_not_accepted_freely(cast: Cast) -> None:
    made, _ = running(cast, 10)
    closing.close_cycle(actor=cast.actor("owner"), cycle=made)
    closed, open_ = plans.cycle_for(cast.a, made.pk), cycle(cast, "Sprint 7", weeks=8)
    draft: dict[str, Any] = {"queue": cast.a.queues.get(kind="stability"), "state": "accepted"}
    actor = cast.actor("owner", Via.IMPORT)
    for where in (closed, open_):
        made_items = items.create_items(
            actor=actor,
            product=cast.a,
            drafts=[
                items.Draft(title=f"Old {n}", cycle=where, effort=50.0, **draft) for n in range(3)
            ],
            right="import.run",
        )
        assert all(each.cycle_id == where.pk for each in made_items)
    assert len(keys(open_)) == 3
    with pytest.raises(Conflict) as refused:
        set_cycle(cast, work(cast), closed)
    assert refused.value.code == "closed"


def test_estimates_grow_the_scope_too(cast: Cast) -> None:
    made, (item, other) = running(cast, 10, 10)
    assert patch_effort(cast, item, 12).status_code == 200
    refused = patch_effort(cast, other, 14)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_limit")
    assert patch_effort(cast, item, 5).status_code == 200
    assert patch_effort(cast, other, 14).status_code == 200
    found = scope_of(made)
    assert [each.points for each in found.changes] == [2, -7, 4]
    assert {each.what for each in found.changes} == {"re-estimated"}
    assert row(made, item).baseline_points == 10
    assert found.growth == -1


def test_what_leaves_needs_a_reason_and_makes_room(cast: Cast) -> None:
    made, (item, _other) = running(cast, 10, 10)
    with pytest.raises(Invalid):
        set_cycle(cast, item, None, reason="")
    path = f"products/ATLAS/cycles/{made.pk}/plan/{item.key}/remove/"
    assert ask(cast, "owner", "POST", path, {"reason": "It waits."}).status_code == 200
    assert again(item).cycle_id is None
    assert item.key not in keys(made)
    set_cycle(cast, work(cast, effort=12), made)
    assert scope_of(made).growth == 2


def test_nothing_blocked_comes_into_a_running_cycle(cast: Cast) -> None:
    made, (inside,) = running(cast, 30)
    blocker, item = work(cast, effort=1), work(cast, effort=1)
    blocks(cast, blocker, item)
    with pytest.raises(Conflict) as refused:
        set_cycle(cast, item, made)
    assert refused.value.extra["blockers"] == [blocker.key]
    add(cast, made, item, reason="Both.", with_blockers=True)
    assert keys(made) == [inside.key, blocker.key, item.key]
    with pytest.raises(Conflict) as refused:
        set_cycle(cast, blocker, None)
    assert refused.value.code == "blocks"
    finish(cast, blocker)
    set_cycle(cast, blocker, None)


def test_a_trade_is_one_act_with_its_cost_on_both_sides(cast: Cast) -> None:
    made, (item, other) = running(cast, 10, 8)
    comes = work(cast, "strategic_bet", 9)
    path = f"products/ATLAS/cycles/{made.pk}/swap/"
    body = {"comes": comes.key, "goes": other.key}
    shown = ask(cast, "owner", "POST", path, {**body, "preview": True}).json()
    assert (shown["points"], shown["decision"]) == (1, None)
    assert shown["comes"]["priority"] == pytest.approx(again(comes).summary.priority)
    assert other.key in keys(made)
    assert ask(cast, "owner", "POST", path, body).status_code == 400  # no reason
    done = ask(cast, "owner", "POST", path, {**body, "reason": "The bet decides the year."}).json()
    decision = Decision.objects.get(kind="trade")
    assert done["decision"] == decision.key
    assert decision.facts["goes"]["points"] == 8
    assert [each["chosen"] for each in decision.options] == [True, False]
    assert sorted(keys(made)) == sorted([item.key, comes.key])
    assert [each.what for each in scope_of(made).changes] == ["removed", "added"]
    too_large = work(cast, "strategic_bet", 20)
    body = {"comes": too_large.key, "goes": item.key, "reason": "r"}
    assert ask(cast, "owner", "POST", path, body).json()["code"] == "scope_limit"
    assert item.key in keys(made)
    page = cast.client("owner").get(
        f"/p/ATLAS/cycles/{made.pk}/swap/?comes={too_large.key}&goes={item.key}"
    )
    assert "20 points" in page.content.decode()


def test_a_trade_before_acceptance_takes_the_place(cast: Cast) -> None:
    made = cycle(cast)
    first, second, third = (work(cast, "stability", 1, title=f"S{n}") for n in range(3))
    add(cast, made, first)
    add(cast, made, second)
    body = {"comes": third.key, "goes": first.key, "reason": "Better."}
    answer = cast.client("owner").post(f"/p/ATLAS/cycles/{made.pk}/swap/", body)
    assert answer.status_code == 302
    assert keys(made) == [third.key, second.key]


def test_the_burn_up_follows_the_log(cast: Cast) -> None:
    made, (item, other) = running(cast, 10, 5)
    set_cycle(cast, work(cast, effort=1), made)
    finish(cast, item)
    days = burn_up(made, zone=UTC)
    assert (days[-1].scope, days[-1].done) == (16, 10)
    later = burn_up(made, zone=UTC, now=timezone.now() + timedelta(days=3))
    assert [day.done for day in later] == [10, 10, 10, 10]
    assert len(later) == 4
    page = cast.client("viewer").get(f"/p/ATLAS/cycles/{made.pk}/").content.decode()
    assert "10 of 16 points are done; 15 were accepted." in page
    assert other.title in page


def test_closing_writes_the_ledger_and_carries_over(cast: Cast) -> None:
    made = cycle(cast)
    bet, fix, left, back = (
        work(cast, "strategic_bet", 11),
        work(cast, "stability", 4),
        work(cast, "enhancement", 6),
        work(cast, "enhancement", 2),
    )
    for item in (bet, fix, left, back):
        add(cast, made, item)
    assert (
        ask(cast, "owner", "POST", f"products/ATLAS/cycles/{made.pk}/accept/", {}).status_code
        == 200
    )
    for item in (bet, fix):
        finish(cast, item)
    preview = cast.client("owner").get(f"/p/ATLAS/cycles/{made.pk}/close/").content.decode()
    assert "The strategic share held: 11 of 10 promised points." in preview
    body = {f"carry-{left.key}": "next", f"carry-{back.key}": "backlog"}
    assert cast.client("owner").post(f"/p/ATLAS/cycles/{made.pk}/close/", body).status_code == 302
    closed = plans.cycle_for(cast.a, made.pk)
    assert closed.sentence == "The strategic share held: 11 of 10 promised points."
    lines = {line.queue_kind: line for line in LedgerLine.objects.filter(cycle=closed)}
    assert (lines["strategic_bet"].delivered, lines["strategic_bet"].debt_after) == (11, 0)
    assert (lines["enhancement"].planned, lines["enhancement"].delivered) == (8, 0)
    assert lines["enhancement"].debt_after == 16
    assert lines["stability"].debt_after == 4
    following = plans.next_after(closed)
    assert following is not None
    assert following.name == "Cycle 2"
    assert keys(following) == [left.key]
    assert row(following, left).source == "carried"
    assert again(left).cycle_id == following.pk
    assert again(back).cycle_id is None
    assert again(bet).cycle_id == closed.pk
    assert row(closed, bet).delivered_at is not None
    ledger = ask(cast, "viewer", "GET", "products/ATLAS/ledger/").json()
    assert ledger[0]["sentence"] == closed.sentence
    assert ledger[0]["lines"][3]["promised"] == 10


def test_a_closed_cycle_is_locked(cast: Cast) -> None:
    made, (item,) = running(cast, 10)
    closing.close_cycle(actor=cast.actor("owner"), cycle=made, carry={item.key: "backlog"})
    path = f"products/ATLAS/cycles/{made.pk}"
    other = work(cast)
    version = plans.cycle_for(cast.a, made.pk).version
    for method, where, body in (
        ("POST", "propose/", None),
        ("POST", "plan/", {"item": other.key}),
        ("PATCH", f"plan/{item.key}/", {"place": 1}),
        ("POST", f"plan/{item.key}/remove/", {"reason": "r"}),
        ("POST", "accept/", {}),
        ("POST", "swap/", {"comes": other.key, "goes": item.key, "reason": "r"}),
        ("POST", "close/", {}),
    ):
        answer = ask(cast, "owner", method, f"{path}/{where}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "closed"), where
    late = ask(cast, "owner", "PATCH", f"{path}/", {"name": "x"}, version=version)
    assert late.json()["code"] == "closed"
    assert patch_effort(cast, item, 99).status_code == 200
    assert row(made, item).points == 10


def test_debts_sum_six_closed_cycles(cast: Cast) -> None:
    for number in range(1, 9):
        made, (item,) = running(cast, 4, name=f"Run {number}", weeks=2 * number)
        if number > 1:
            finish(cast, item)
        else:
            states.decline_item(actor=cast.actor("owner"), item=item, reason="No.")
        closing.close_cycle(actor=cast.actor("owner"), cycle=made)
    owed = plans.debts(cast.a)
    assert owed["strategic_bet"] == 60  # six times ten, not eight times
    assert owed["enhancement"] == 6 * 12
    proposal = ask(
        cast, "owner", "GET", f"products/ATLAS/cycles/{cycle(cast, 'Next', weeks=30).pk}/propose/"
    ).json()
    assert [each["debt"] for each in proposal["inputs"]["queues"]] == [36, 48, 72, 60]


def test_carried_into_a_running_cycle_is_growth(cast: Cast) -> None:
    first, (item,) = running(cast, 10)
    second, _ = running(cast, 20, name="Cycle 2", weeks=3)
    with pytest.raises(NotAllowed):
        closing.close_cycle(actor=cast.actor("owner"), cycle=first)
    closing.close_cycle(actor=cast.actor("leadership"), cycle=first)
    assert item.key in keys(second)
    assert scope_of(second).growth == 10


def test_a_spreadsheet_of_the_ledger_runs_nothing(cast: Cast) -> None:
    made, (item,) = running(cast, 10, name="=HYPERLINK(1)")
    closing.close_cycle(actor=cast.actor("owner"), cycle=made, carry={item.key: "backlog"})
    answer = cast.client("viewer").get("/p/ATLAS/cycles/ledger.csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(lines.splitlines()))
    assert len(rows) == 5
    assert not rows[1][0].startswith("=")
    assert rows[4][2] == "strategic_bet"


def test_what_was_finished_outside_the_plan_is_said(cast: Cast) -> None:
    made, _ = running(cast, 10)
    finish(cast, work(cast, "stability", 3))
    finish(cast, accepted(cast, "stability"))
    assert plans.finished_outside(made) == {"stability": (2, 6.0)}


def test_the_limit_is_the_policys(cast: Cast) -> None:
    made, _ = running(cast, 10)
    item = work(cast, effort=5)
    planning.set_policy(
        actor=cast.actor("owner"), product=cast.a, version=1, scope_growth_percent=50
    )
    set_cycle(cast, item, made)
    with pytest.raises(NotAllowed):
        set_cycle(cast, work(cast, effort=0.5), made)


def test_an_import_reads_the_next_plan_as_closed_or_open(cast: Cast) -> None:
    """Done items take no part: history of a running sprint does not count as growth."""
    made, _ = running(cast, 10)
    done = items.create_items(
        actor=cast.actor("owner", Via.IMPORT),
        product=cast.a,
        drafts=[
            items.Draft(
                title="Was done",
                queue=cast.a.queues.get(kind="stability"),
                state="done",
                effort=90.0,
                cycle=made,
            )
        ],
        right="import.run",
    )
    assert done[0].cycle_id == made.pk
    assert scope_of(made).growth == 0


def test_moving_within_a_running_cycle_is_free(cast: Cast) -> None:
    made, (first, second) = running(cast, 3, 4)
    plan_services.move_item(
        actor=cast.actor("owner"), cycle=made, item=again(second), before=again(first)
    )
    assert keys(made) == [second.key, first.key]
    assert scope_of(made).changes == []
