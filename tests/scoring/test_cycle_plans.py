"""A cycle's plan: proposed, edited by hand, accepted or refused with what stands in the way."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from backlog.models import Change, Decision, PlannedItem, Request
from core.errors import Conflict, DomainError
from scoring import plans
from scoring.services import acceptance, planning
from scoring.services import plans as plan_services
from tests.backlog.making import again, ask, make
from tests.cast import Cast
from tests.scoring.planned import add, blocks, cycle, keys, row, set_cycle, work
from tests.scoring.test_portfolio import broken_rules


def refused(act: Any, code: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        act()
    assert caught.value.code == code, caught.value.detail
    return caught.value


def test_a_proposal_is_written_and_the_dry_one_is_the_same(cast: Cast) -> None:
    found = [work(cast, kind, 5) for kind in ("stability", "enhancement", "strategic_bet")]
    made = cycle(cast)
    dry = ask(cast, "viewer", "GET", f"products/ATLAS/cycles/{made.pk}/propose/").json()
    assert not keys(made)
    wet = ask(cast, "owner", "POST", f"products/ATLAS/cycles/{made.pk}/propose/").json()
    assert dry == wet
    assert sorted(keys(made)) == sorted(item.key for item in found)
    assert {each["item"]: each["charged_to"] for each in wet["chosen"]} == {
        item.key: {item.queue.kind: 5.0} for item in found if item.queue
    }
    assert wet["inputs"]["queues"][2]["ranked"][0]["item"] == found[1].key


def test_the_api_gives_all_inputs_so_that_a_proposal_can_be_checked(cast: Cast) -> None:
    from scoring.portfolio import Candidate, Inputs, Terms, propose

    blocker = work(cast, "enhancement", 3)
    for kind, effort in (("enhancement", 8), ("enhancement", 13), ("stability", None)):
        work(cast, kind, effort)
    blocks(cast, blocker, work(cast, "stability", 1))
    make(cast, "Waits in triage")
    made = cycle(cast)
    given = ask(cast, "owner", "GET", f"products/ATLAS/cycles/{made.pk}/propose/").json()
    asked = given["inputs"]

    def candidate(queue: str, each: dict[str, Any]) -> Candidate:
        return Candidate(
            each["item"],
            queue,
            each["points"],
            each["act_now"],
            tuple(each["blockers"]),
            each["barred"],
        )

    inputs = Inputs(
        asked["capacity"],
        [
            Terms(
                each["queue"],
                each["share"],
                each["floor"],
                each["limit"],
                each["debt"],
                each["below_floor"],
            )
            for each in asked["queues"]
        ],
        asked["borrowing_order"],
        {
            each["queue"]: [candidate(each["queue"], row) for row in each["ranked"]]
            for each in asked["queues"]
        },
    )
    again_ = propose(inputs)
    assert [each.item.key for each in again_.chosen] == [each["item"] for each in given["chosen"]]
    assert not broken_rules(inputs, again_)
    assumed = [each for each in asked["queues"][1]["ranked"] if each["assumed"]]
    assert [each["points"] for each in assumed] == [3.0]  # the default of the rubric's profile


def test_what_people_did_by_hand_survives_a_new_proposal(cast: Cast) -> None:
    first, second, third = (work(cast, "stability", 2, title=f"S{n}") for n in range(3))
    made = cycle(cast)
    plan_services.propose(actor=cast.actor("owner"), cycle=made)
    plan_services.remove_item(
        actor=cast.actor("owner"), cycle=made, item=again(second), reason="Not now."
    )
    triage_reject = work(cast, "enhancement", 30, title="Large")
    add(cast, made, triage_reject)
    plan_services.propose(actor=cast.actor("owner"), cycle=made)
    assert keys(made)[0] == triage_reject.key
    assert second.key not in keys(made)
    assert {first.key, third.key} <= set(keys(made))
    skipped = {each.item.key: each.code for each in plans.read(made).skipped()}
    assert skipped[second.key] == "removed"
    add(cast, made, second)
    assert second.key in keys(made)
    verbs = Change.objects.filter(subject_type="cycle").values_list("verb", flat=True)
    assert {"cycle.proposed", "cycle.item_added", "cycle.item_removed"} <= set(verbs)


def test_a_blocked_item_is_refused_with_its_blocker_and_comes_in_behind_it(cast: Cast) -> None:
    first, second, third = (work(cast, title=f"E{n}") for n in range(3))
    blocks(cast, first, second)
    blocks(cast, second, third)
    made = cycle(cast)
    error = refused(lambda: add(cast, made, third), "blocked")
    assert error.extra["blockers"] == [second.key]
    assert f"Add {second.key} first" in error.detail
    page = cast.client("owner").post(f"/p/ATLAS/cycles/{made.pk}/add/", {"item": third.key})
    assert page.status_code == 409
    assert f"Add {second.key} first, then {third.key}" in page.content.decode()
    body = {"item": third.key, "with_blockers": "yes"}
    assert cast.client("owner").post(f"/p/ATLAS/cycles/{made.pk}/add/", body).status_code == 302
    assert keys(made) == [first.key, second.key, third.key]
    out = {"item": second.key, "reason": "No."}
    page = cast.client("owner").post(f"/p/ATLAS/cycles/{made.pk}/remove/", out)
    assert page.status_code == 409
    assert f"waits for {second.key}" in page.content.decode()


def test_a_blocker_in_triage_cannot_come_along(cast: Cast) -> None:
    blocker, item = make(cast, "Waits"), work(cast)
    blocks(cast, blocker, item)
    refused(lambda: add(cast, cycle(cast), item, with_blockers=True), "not_plannable")


def test_a_plan_that_cannot_be_is_refused_with_every_reason(cast: Cast) -> None:
    made = cycle(cast, capacity=10.0)
    first, second = work(cast, effort=8), work(cast, effort=8)
    add(cast, made, first)
    add(cast, made, second)
    blocks(cast, work(cast, title="Blocker"), again(second))
    work(cast, "strategic_bet", 1)
    answer = ask(cast, "owner", "POST", f"products/ATLAS/cycles/{made.pk}/accept/", {})
    assert answer.status_code == 409
    assert {each["code"] for each in answer.json()["problems"]} == {
        "over_capacity",
        "blocked",
        "floor",
    }
    assert plans.cycle_for(cast.a, made.pk).accepted_at is None
    assert not Decision.objects.exists()


def test_who_may_not_break_a_floor_asks_on_the_cycles_page(cast: Cast) -> None:
    made = cycle(cast)
    add(cast, made, work(cast, effort=38))
    work(cast, "strategic_bet", 4)
    page = cast.client("owner").get(f"/p/ATLAS/cycles/{made.pk}/").content.decode()
    payload = unescape(re.findall(r'name="payload" value="([^"]+)"', page)[0])
    assert json.loads(payload)["queue"] == "strategic_bet"
    wish = {"verb": "floor.break", "payload": payload, "reason": "A customer waits."}
    assert cast.client("owner").post("/p/ATLAS/requests/new/", wish).status_code == 302
    asked = Request.objects.get()
    assert asked.summary == (
        f"let other work take 4 points of the floor of Strategic bet in {made.name}"
    )
    path = f"/p/ATLAS/requests/{asked.pk}/answer/"
    assert cast.client("owner").post(path, {"answer": "yes"}).status_code == 403
    assert cast.client("leadership").post(path, {"answer": "yes"}).status_code == 302
    assert Decision.objects.get(kind="floor").decided_by == cast.leadership


def test_a_broken_floor_needs_a_decision_of_somebody_who_may(cast: Cast) -> None:
    made = cycle(cast)
    add(cast, made, work(cast, effort=38))
    work(cast, "strategic_bet", 4)
    path = f"products/ATLAS/cycles/{made.pk}"
    assert ask(cast, "owner", "POST", f"{path}/accept/", {}).json()["code"] == "floor"
    wanted = {"queue": "strategic_bet", "points": 5, "reason": "A customer waits."}
    denied = ask(cast, "owner", "POST", f"{path}/floor/", wanted)
    assert denied.status_code == 403
    assert "Leadership" in denied.json()["detail"]
    assert ask(cast, "leadership", "POST", f"{path}/floor/", wanted).status_code == 200
    assert ask(cast, "owner", "POST", f"{path}/accept/", {}).status_code == 200
    floor, plan = Decision.objects.order_by("number")
    assert (floor.kind, floor.right, floor.decided_by) == ("floor", "floor.break", cast.leadership)
    assert (plan.kind, plan.facts["planned"]) == ("plan", 38)


def test_accepting_freezes_the_baseline_and_gives_items_their_cycle(cast: Cast) -> None:
    first, second = work(cast, effort=5), work(cast, "stability", None)
    made = cycle(cast)
    for item in (first, second):
        add(cast, made, item)
    acceptance.accept(actor=cast.actor("owner"), cycle=made, reason="Agreed.")
    made = plans.cycle_for(cast.a, made.pk)
    assert (made.baseline_points, made.capacity, made.accepted_by) == (8, 40, cast.owner)
    for item in (first, second):
        assert again(item).cycle_id == made.pk
        assert row(made, item).in_baseline
    assert row(made, second).points_assumed
    refused(lambda: acceptance.accept(actor=cast.actor("owner"), cycle=made), "accepted")
    refused(lambda: plan_services.propose(actor=cast.actor("owner"), cycle=made), "accepted")
    last = Change.objects.filter(item_id=first.pk, verb="item.edited").latest("id")
    assert last.fields["cycle"][1]["id"] == made.pk


def test_an_item_runs_in_one_cycle_only(cast: Cast) -> None:
    item = work(cast)
    first, second = cycle(cast), cycle(cast, "Cycle 2", weeks=2)
    add(cast, first, item)
    add(cast, second, item)
    acceptance.accept(actor=cast.actor("owner"), cycle=first)
    refused(lambda: acceptance.accept(actor=cast.actor("owner"), cycle=second), "elsewhere")
    other = work(cast)
    set_cycle(cast, other, first, by="leadership")
    refused(lambda: add(cast, second, other), "elsewhere")


def test_a_cycle_set_on_an_items_page_puts_it_into_the_plan(cast: Cast) -> None:
    made = cycle(cast)
    item = set_cycle(cast, work(cast, effort=3), made, by="contributor", reason="")
    assert row(made, item).source == "hand"
    with_effort = ask(
        cast,
        "contributor",
        "PATCH",
        f"items/{item.key}/",
        {"effort": 5},
        version=again(item).version,
    )
    assert with_effort.status_code == 200
    assert row(made, item).points == 5
    set_cycle(cast, item, None, by="contributor", reason="")
    assert not keys(made)


def test_moves_write_one_row_each(cast: Cast) -> None:
    found = [work(cast, "stability", 1, title=f"S{n}") for n in range(5)]
    made = cycle(cast)
    for item in found:
        add(cast, made, item)
    before = dict(PlannedItem.objects.values_list("pk", "position"))
    path = f"products/ATLAS/cycles/{made.pk}/plan"
    moved = ask(cast, "owner", "PATCH", f"{path}/{found[4].key}/", {"place": 2})
    assert [each["item"] for each in moved.json()["plan"]] == [
        found[at].key for at in (0, 4, 1, 2, 3)
    ]
    after = dict(PlannedItem.objects.values_list("pk", "position"))
    assert sum(before[pk] != after[pk] for pk in before) == 1
    ask(cast, "owner", "PATCH", f"{path}/{found[0].key}/", {"after": found[3].key})
    ask(cast, "owner", "PATCH", f"{path}/{found[2].key}/", {"before": found[4].key})
    assert keys(made) == [found[at].key for at in (2, 4, 1, 3, 0)]
    for to, order in (
        ("up", (2, 4, 3, 1, 0)),
        ("top", (3, 2, 4, 1, 0)),
        ("down", (2, 3, 4, 1, 0)),
        ("bottom", (2, 4, 1, 0, 3)),
    ):
        cast.client("owner").post(
            f"/p/ATLAS/cycles/{made.pk}/move/", {"item": found[3].key, "to": to}
        )
        assert keys(made) == [found[at].key for at in order], to
    for bad in ({}, {"place": 1, "after": found[0].key}, {"place": 0}):
        assert ask(cast, "owner", "PATCH", f"{path}/{found[2].key}/", bad).status_code == 400


@pytest.mark.slow
def test_a_gap_that_is_used_up_is_made_anew(cast: Cast) -> None:
    found = [work(cast, "stability", 1, title=f"S{n}") for n in range(3)]
    made = cycle(cast)
    for item in found:
        add(cast, made, item)
    for turn in range(120):
        item, after = (found[2], found[0]) if turn % 2 else (found[1], found[0])
        plan_services.move_item(
            actor=cast.actor("owner"), cycle=made, item=again(item), after=again(after)
        )
    assert keys(made) == [found[at].key for at in (0, 2, 1)]
    positions = list(PlannedItem.objects.values_list("position", flat=True))
    assert len(set(positions)) == 3


def test_capacity_and_days_change_until_the_plan_is_accepted(cast: Cast) -> None:
    made = cycle(cast)
    add(cast, made, work(cast))
    path = f"products/ATLAS/cycles/{made.pk}/"
    changed = ask(cast, "owner", "PATCH", path, {"capacity": 12.5}, version=made.version)
    assert changed.json()["capacity"] == 12.5
    assert (
        ask(cast, "owner", "PATCH", path, {"capacity": 1}, version=made.version).status_code == 409
    )
    acceptance.accept(actor=cast.actor("owner"), cycle=made)
    version = plans.cycle_for(cast.a, made.pk).version
    late = ask(cast, "owner", "PATCH", path, {"capacity": 99}, version=version)
    assert late.json()["code"] == "accepted"
    assert (
        ask(cast, "owner", "PATCH", path, {"name": "Cycle one"}, version=version).status_code == 200
    )


def test_the_policy_is_changed_with_the_right_and_by_version(cast: Cast) -> None:
    path = "products/ATLAS/planning/"
    before = ask(cast, "viewer", "GET", path)
    assert before.json()["capacity"] == 40
    assert before.json()["borrowing_order"] == ["enhancement", "stability", "strategic_bet"]
    body = {"capacity": 50, "floors": {"strategic_bet": 0.2}, "reason": "More people."}
    assert ask(cast, "leadership", "PATCH", path, body, version=1).status_code == 403
    done = ask(cast, "owner", "PATCH", path, body, version=1)
    assert done.json()["capacity"] == 50
    assert done.json()["queues"][3]["floor"] == 0.2
    assert ask(cast, "owner", "PATCH", path, body, version=1).status_code == 409
    change = Change.objects.get(verb="planning.changed")
    assert (change.reason, change.fields["capacity"]) == ("More people.", [40.0, 50.0])
    for bad in (
        {"capacity": -1},
        {"floors": {"strategic_bet": 0.3}},
        {"floors": {"none": 0.1}},
        {"borrowing_order": ["enhancement", "enhancement", "stability"]},
        {"borrowing_order": ["enhancement"]},
        {"cycle_days": 0},
    ):
        assert ask(cast, "owner", "PATCH", path, bad, version=2).status_code == 400, bad
    page = cast.client("owner").get("/p/ATLAS/settings/planning/").content.decode()
    assert 'value="50.0"' in page
    form = {
        "version": 2,
        "capacity": 45,
        "cycle_days": 7,
        "scope_growth_percent": 5,
        "first": "stability",
        "second": "enhancement",
        "third": "strategic_bet",
        "floor_hotfix": "",
        "floor_strategic_bet": "30",
    }
    saved = cast.client("owner").post("/p/ATLAS/settings/planning/", form)
    assert saved.status_code == 422
    assert "At most 25%" in saved.content.decode()
    form["floor_strategic_bet"] = "10"
    assert cast.client("owner").post("/p/ATLAS/settings/planning/", form).status_code == 302
    assert plans.policy_of(cast.a).borrowing_order[0] == "stability"
    assert cast.client("owner").post("/p/ATLAS/settings/planning/", form).status_code == 409


def test_a_share_may_not_sink_below_its_floor(cast: Cast) -> None:
    from backlog.services import queues
    from core.errors import Invalid

    planning.set_policy(
        actor=cast.actor("owner"), product=cast.a, version=1, floors={"stability": 0.2}
    )
    queue = cast.a.queues.get(kind="stability")
    with pytest.raises(Invalid):
        queues.define_queue(
            actor=cast.actor("owner"),
            queue=queue,
            definition="x",
            share=0.1,
            in_progress_limit=None,
            deadline_hours={},
        )


def test_pages_for_those_who_only_read(cast: Cast) -> None:
    made = cycle(cast)
    add(cast, made, work(cast, "stability", 3, title="A visible thing"))
    for path in ("cycles/", f"cycles/{made.pk}/", "cycles/ledger/", "settings/planning/"):
        page = cast.client("viewer").get(f"/p/ATLAS/{path}")
        assert page.status_code == 200, path
    page = cast.client("viewer").get(f"/p/ATLAS/cycles/{made.pk}/").content.decode()
    assert "A visible thing" in page
    assert "Propose" not in page
    denied = cast.client("viewer").post(f"/p/ATLAS/cycles/{made.pk}/propose/")
    assert denied.status_code == 403
    assert "Owner" in denied.content.decode()


def test_what_stays_out_says_why_on_the_page(cast: Cast) -> None:
    work(cast, "stability", 100, title="Far too large")
    blocked = work(cast, "stability", 1, title="Waits")
    blocks(cast, make(cast, "In triage"), blocked)
    made = cycle(cast)
    plan_services.propose(actor=cast.actor("owner"), cycle=made)
    page = cast.client("owner").get(f"/p/ATLAS/cycles/{made.pk}/").content.decode()
    assert "too large: 100 points, 40 points left" in page
    assert "blocked by ATLAS-" in page


def test_an_archived_product_plans_nothing(cast: Cast) -> None:
    from backlog.services import products

    made = cycle(cast)
    products.set_archived(actor=cast.actor("administrator"), product=cast.a, archived=True)
    cast.a.refresh_from_db()
    with pytest.raises(DomainError):
        plan_services.propose(actor=cast.actor("owner"), cycle=plans.cycle_for(cast.a, made.pk))


def test_adding_twice_is_told(cast: Cast) -> None:
    made, item = cycle(cast), work(cast)
    add(cast, made, item)
    with pytest.raises(Conflict) as caught:
        add(cast, made, item)
    assert caught.value.code == "planned_already"
