"""Bulk edits: what the preview says is what happens, refusals have reasons, a filter names the items."""

from typing import Any

import pytest
from django.db import transaction

from backlog import access
from backlog.models import Change, Item, ItemSummary, Label, Request
from backlog.services import bulk, states
from backlog.services.bulk import BulkChange
from backlog.vocabulary import State
from core.errors import DomainError, Invalid, NotAllowed
from tests.backlog.making import accepted, again, ask, in_state, label, make, many, queue, rate
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")


def mixed(cast: Cast) -> list[Item]:
    """An item in every state, some with severity and owner, some labelled."""
    found = [in_state(cast, state) for state in State.values]
    found += [
        make(cast, "Ready for hotfix", severity=1, owner=cast.owner),
        accepted(cast, "stability", "Ready", severity=2, owner=cast.owner),
        accepted(cast, "hotfix", "Hot", severity=2, owner=cast.owner),
        accepted(cast, "enhancement", "Red", labels=[label(cast.a, "red")]),
        make(cast, "Proposed", queue=queue(cast.a, "hotfix")),
    ]
    return found


def changes(cast: Cast) -> list[BulkChange]:
    red, blue = label(cast.a, "red"), label(cast.a, "blue")
    kinds = {name: queue(cast.a, name) for name in ("hotfix", "stability", "enhancement")}
    return [
        BulkChange(),
        BulkChange(queue=kinds["stability"]),
        BulkChange(queue=kinds["stability"], reason="Plan."),
        BulkChange(queue=kinds["hotfix"], reason="Plan."),
        BulkChange(queue=kinds["hotfix"], owner=cast.owner, state="accepted", reason="Plan."),
        BulkChange(queue=kinds["enhancement"], state="accepted", reason="Plan."),
        BulkChange(state="accepted"),
        BulkChange(state="in_progress"),
        BulkChange(state="done"),
        BulkChange(state="triage"),
        BulkChange(state="parked"),
        BulkChange(state="declined"),
        BulkChange(state="declined", reason="No."),
        BulkChange(owner=cast.owner),
        BulkChange(clear_owner=True),
        BulkChange(horizon="release"),
        BulkChange(add_labels=[red]),
        BulkChange(add_labels=[blue], remove_labels=[red]),
        BulkChange(remove_labels=[red]),
    ]


@pytest.mark.parametrize("who", ["administrator", "contributor"])
def test_the_preview_is_what_happens(cast: Cast, who: str) -> None:
    """Each change over items of every kind: previewed, carried out, compared, taken back."""
    made = mixed(cast)
    rows = access.items_in(cast.actor(who), cast.a).prefetch_related("labels").order_by("pk")
    for change in changes(cast):
        log = Change.objects.count()
        seen = bulk.preview(actor=cast.actor(who), product=cast.a, items=list(rows), change=change)
        assert Change.objects.count() == log, "a preview writes nothing"
        versions = dict(Item.objects.values_list("pk", "version"))
        with transaction.atomic():
            done, refused, *_ = bulk.apply(
                actor=cast.actor(who),
                product=cast.a,
                item_ids=[item.pk for item in made],
                change=change,
            )
            assert seen.total == len(made)
            assert seen.changing == len(done), change
            assert [(item.pk, why) for item, why in seen.refused] == [
                (item.pk, why) for item, why in refused
            ], change
            moved = {
                pk
                for pk, version in Item.objects.values_list("pk", "version")
                if version != versions[pk]
            }
            assert moved == {item.pk for item in done}
            rows_written = Change.objects.filter(channel="bulk").order_by("-id")[: len(done)]
            assert {row.item_id for row in rows_written if done} == moved
            transaction.set_rollback(True)


def test_what_is_refused_says_why_and_the_rest_is_done(cast: Cast) -> None:
    ready = make(cast, severity=1, owner=cast.owner)
    bare = make(cast)
    answer = ask(
        cast,
        "owner",
        "POST",
        "items/bulk/",
        {"keys": [ready.key, bare.key], "queue": "hotfix", "state": "accepted"},
    )
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["total"], body["changed"]) == (2, 1)
    assert [each["key"] for each in body["refused"]] == [bare.key]
    assert "severity and an owner" in body["refused"][0]["detail"]
    assert again(ready).due_at is not None
    assert again(bare).state == "triage"
    row = Change.objects.filter(item_id=ready.pk, batch=body["batch"]).get()
    assert (row.channel, row.verb, row.right) == ("bulk", "item.accepted", "item.triage")
    undone = ask(cast, "owner", "POST", f"products/ATLAS/undo/{body['batch']}/")
    assert undone.json() == {"items": [ready.key]}


def test_a_preview_makes_no_words(cast: Cast) -> None:
    item = make(cast)
    body = {"keys": [item.key], "add_labels": ["brand new"], "preview": True}
    answer = ask(cast, "owner", "POST", "items/bulk/", body)
    assert answer.json()["changed"] == 1
    assert answer.json()["effects"] == [
        {"field": "labels", "before": "", "after": "brand new", "count": 1}
    ]
    page = cast.client("owner").post(
        "/p/ATLAS/backlog/bulk/", {"item": [item.key], "add_labels": "brand new"}
    )
    assert "1 of 1 items would change" in page.content.decode()
    assert not Label.objects.exists()


BULK_WRONG: list[dict[str, Any]] = [
    {},
    {"keys": ["ATLAS-1"], "filter": {}},
    {"keys": ["BRAVO-1"], "horizon": "release"},
    {"keys": ["ATLAS-1", "BRAVO-1"], "horizon": "release"},
    {"keys": ["ATLAS-1", "ATLAS-999"], "horizon": "release"},
    {"keys": ["ATLAS-99999999999999999999"], "horizon": "release"},
    {"keys": ["nonsense"], "horizon": "release"},
    {"keys": ["ATLAS-1"] * 1001, "horizon": "release"},
    {"filter": {"quue": "hotfix"}, "horizon": "release"},
    {"filter": {"queue": "nonsense"}, "horizon": "release"},
    {"filter": {"open": "maybe"}, "horizon": "release"},
    {"filter": {"\ud800": "x"}, "horizon": "release"},
    {"filter": "queue", "horizon": "release"},
    {"keys": ["ATLAS-1"], "horizon": "soon"},
    {"keys": ["ATLAS-1"], "owner": "outsider@example.org"},
    {"keys": ["ATLAS-1"], "colour": "red"},
    {"keys": ["ATLAS-1"], "version": 1},
]


def test_wrong_bulk_edits_change_nothing(cast: Cast) -> None:
    item = make(cast)
    for body in BULK_WRONG:
        answer = ask(cast, "owner", "POST", "items/bulk/", {"product": "ATLAS", **body})
        assert answer.status_code == 400, (body, answer.content)
        assert answer["Content-Type"] == "application/problem+json"
    assert again(item).version == 1


def test_a_page_refuses_foreign_and_strange_keys(cast: Cast) -> None:
    item = make(cast)
    client = cast.client("owner")
    for keys in (
        ["BRAVO-1"],
        [item.key, "BRAVO-1"],
        ["x"],
        ["ATLAS-99999999999999999999"],
        ["\x00"],
        [],
    ):
        answer = client.post(
            "/p/ATLAS/backlog/bulk/", {"item": keys, "horizon": "release", "confirm": "yes"}
        )
        assert answer.status_code == 422, keys
    assert again(item).version == 1


def test_what_a_preview_lacks_is_given_in_it(cast: Cast) -> None:
    item = make(cast)
    client = cast.client("owner")
    data = {"item": [item.key], "state": "parked"}
    page = client.post("/p/ATLAS/backlog/bulk/", data).content.decode()
    assert "None of them can change like this" in page
    assert '<input id="until" type="date"' in page
    assert 'name="confirm"' not in page
    data |= {"reason": "After the fair.", "until": "2031-05-01"}
    page = client.post("/p/ATLAS/backlog/bulk/", data).content.decode()
    assert 'value="After the fair."' in page
    assert page.count('name="reason"') == page.count('name="until"') == 1  # no hidden one beside it
    client.post("/p/ATLAS/backlog/bulk/", {**data, "confirm": "yes"})
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("parked", "After the fair.")


def test_a_page_changes_all_that_the_filter_finds(cast: Cast) -> None:
    many(cast.a, 60, kind="stability", state="accepted")
    other = accepted(cast, "enhancement")
    data = {"all": "yes", "query": "open=true&queue=stability", "horizon": "release"}
    client = cast.client("owner")
    seen = client.post("/p/ATLAS/backlog/bulk/", data)
    assert "60 of 60 items would change" in seen.content.decode()
    assert not Item.objects.filter(horizon="release").exists()
    done = client.post("/p/ATLAS/backlog/bulk/", {**data, "confirm": "yes"}, follow=True)
    assert "60 items changed" in done.content.decode()
    assert Item.objects.filter(horizon="release").count() == 60
    assert again(other).horizon == ""
    answer = client.post(
        "/p/ATLAS/backlog/bulk/", {**data, "query": "nonsense=1", "confirm": "yes"}
    )
    assert answer.status_code == 422


def test_a_filter_by_api_changes_what_the_list_shows(cast: Cast) -> None:
    many(cast.a, 3, kind="stability", state="accepted")
    accepted(cast, "enhancement")
    listed = ask(cast, "owner", "GET", "items/?queue=stability").json()["results"]
    body = {"filter": {"queue": "stability"}, "owner": "reviewer@example.org"}
    answer = ask(cast, "owner", "POST", "items/bulk/", body)
    assert answer.json()["changed"] == len(listed) == 3
    assert Item.objects.filter(owner=cast.reviewer, queue__kind="stability").count() == 3
    assert Item.objects.filter(owner=cast.reviewer).count() == 3


def test_who_may(cast: Cast) -> None:
    item = accepted(cast)
    with pytest.raises(NotAllowed):
        bulk.apply(
            actor=cast.actor("viewer"), product=cast.a, item_ids=[item.pk], change=BulkChange()
        )
    _, refused, *_ = bulk.apply(
        actor=cast.actor("contributor"),
        product=cast.a,
        item_ids=[item.pk],
        change=BulkChange(state="declined", reason="No."),
    )
    assert "As contributor you may not decline" in refused[0][1]


def test_items_of_another_product_are_not_touched(cast: Cast) -> None:
    (foreign,) = many(cast.b, 1)
    done, refused, *_ = bulk.apply(
        actor=cast.actor("owner"),
        product=cast.a,
        item_ids=[foreign.pk],
        change=BulkChange(horizon="release"),
    )
    assert (done, refused) == ([], [])
    assert again(foreign).horizon == ""


def test_too_many_at_once(cast: Cast) -> None:
    with pytest.raises(Invalid, match="20,000"):
        bulk.apply(
            actor=cast.actor("owner"),
            product=cast.a,
            item_ids=range(20_001),
            change=BulkChange(horizon="release"),
        )


def test_a_thousand_keys_in_bounded_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    made = many(cast.a, 1000)
    with django_assert_max_num_queries(60):
        answer = ask(
            cast,
            "owner",
            "POST",
            "items/bulk/",
            {"product": "ATLAS", "keys": [item.key for item in made], "horizon": "release"},
        )
    assert answer.json()["changed"] == 1000


def test_a_score_follows_a_bulk_edit(cast: Cast) -> None:
    """More than are rescored inside a request: the marks are set, and the sweep takes them off."""
    made = many(cast.a, 30, kind="stability", state="accepted")
    rate(cast, made[0])
    before = again(made[0]).summary.priority
    ask(
        cast,
        "owner",
        "POST",
        "items/bulk/",
        {"filter": {"queue": "stability"}, "queue": "strategic_bet", "reason": "Plan."},
    )
    assert not ItemSummary.objects.filter(stale_since__isnull=False).exists()
    assert again(made[0]).summary.priority != before


def test_moving_on_by_bulk_follows_the_same_transitions(cast: Cast) -> None:
    for state in State.values:
        item = in_state(cast, state)
        _, refused, *_ = bulk.apply(
            actor=cast.actor("administrator"),
            product=cast.a,
            item_ids=[item.pk],
            change=BulkChange(state="in_review"),
        )
        single = in_state(cast, state)
        alone = ""
        try:
            states.set_state(actor=cast.actor("administrator"), item=single, state="in_review")
        except DomainError as error:
            alone = error.detail.replace(single.key, item.key)
        assert [why for _, why in refused] == ([alone] if alone else [])


def test_what_only_a_right_is_missing_for_can_be_asked_for_at_once(cast: Cast) -> None:
    """A contributor moves three items by bulk: one is still in triage, two are the owner's to move."""
    raw = make(cast)
    others = [accepted(cast, "stability") for _ in range(2)]
    client = cast.client("contributor")
    form = {
        "item": [raw.key, *(item.key for item in others)],
        "queue": "enhancement",
        "reason": "They grew a face.",
    }
    shown = client.post("/p/ATLAS/backlog/bulk/", form).content.decode()
    assert "1 of 3 items would change" in shown
    assert "As contributor you may not move items to another queue. Ask Administrator" in shown
    assert "It concerns 2 items." in shown
    assert not Request.objects.exists()

    said = {**form, "confirm": "yes", "asking": "They grew a face."}
    done = client.post("/p/ATLAS/backlog/bulk/", said, follow=True)
    assert "1 item changed, 2 left as they were. Asked" in done.content.decode()
    assert again(raw).queue == queue(cast.a, "enhancement")
    wish = Request.objects.get()
    keys = ", ".join(item.key for item in others)
    assert wish.summary == f"move 2 items to enhancement ({keys})"
    client.post("/p/ATLAS/backlog/bulk/", said)
    assert Request.objects.get() == wish, "the same is not asked for twice"

    answer = cast.client("owner").post(f"/p/ATLAS/requests/{wish.pk}/answer/", {"answer": "yes"})
    assert answer.status_code == 302
    for item in others:
        assert again(item).queue == queue(cast.a, "enhancement")
        row = Change.objects.get(item_id=item.pk, verb="item.moved")
        assert (row.actor, row.channel, row.right) == (cast.owner, "bulk", "item.move")
        assert row.reason == "They grew a face. (asked by Contributor)"


def test_the_api_of_bulk_edits_offers_and_takes_the_same(cast: Cast) -> None:
    items = [accepted(cast) for _ in range(3)]
    body: dict[str, Any] = {
        "keys": [item.key for item in items],
        "state": "parked",
        "until": "2999-01-01",
        "add_labels": ["{later}"],
    }
    seen = ask(cast, "contributor", "POST", "items/bulk/", {**body, "preview": True}).json()
    (offer,) = seen["asks"]
    assert (offer["right"], offer["count"], offer["verb"]) == ("item.park", 3, "items.bulk")
    assert "Ask Administrator" in offer["detail"]
    assert not Label.objects.exists()
    sent = {"verb": offer["verb"], "payload": offer["payload"], "reason": "Spring."}
    made = ask(cast, "contributor", "POST", "products/ATLAS/requests/", sent)
    assert made.status_code == 201, made.content
    assert made.json()["summary"].startswith(
        "park 3 items until 1 January 2999 and label them “{later}” (ATLAS-1"
    )
    states.decline_item(actor=cast.actor("owner"), item=items[1], reason="No.")
    path = f"products/ATLAS/requests/{made.json()['id']}/answer/"
    refused = ask(cast, "owner", "POST", path, {"accept": True})
    assert refused.status_code == 409
    assert "1 of 3 items" in refused.json()["detail"]
    assert [again(item).state for item in items] == ["accepted", "declined", "accepted"]
    states.set_state(actor=cast.actor("owner"), item=again(items[1]), state="accepted")
    assert ask(cast, "owner", "POST", path, {"accept": True}).status_code == 200
    assert {again(item).state for item in items} == {"parked"}
    assert Label.objects.get().name == "{later}"


BULK_WISHES: list[dict[str, Any]] = [
    {"right": "product.read"},
    {"items": []},
    {"items": ["BRAVO-1"]},
    {"items": "ATLAS-1"},
    {"items": [1]},
    {"items": ["ATLAS-1"] * 401},
    {"change": {}},
    {"change": "all"},
    {"change": {"queue": "nowhere"}},
    {"change": {"state": ["done"]}},
    {"change": {"horizon": "never"}},
    {"change": {"owner": "outsider@example.org"}},
    {"change": {"add_labels": "red"}},
    {"change": {"state": "parked", "until": "soon"}},
]


@pytest.mark.parametrize("wrong", BULK_WISHES, ids=str)
def test_a_bulk_wish_that_makes_no_sense_is_refused(cast: Cast, wrong: dict[str, Any]) -> None:
    accepted(cast)
    payload = {"right": "item.move", "items": ["ATLAS-1"], "change": {"queue": "hotfix"}, **wrong}
    sent = {"verb": "items.bulk", "payload": payload, "reason": "r"}
    answer = ask(cast, "contributor", "POST", "products/ATLAS/requests/", sent)
    assert answer.status_code == 400, answer.content
    assert not Request.objects.exists()


def test_who_can_is_looked_up_once_however_many_are_refused(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    made = many(cast.a, 300, kind="stability", state="accepted")
    rows = list(access.items_in(cast.actor("contributor"), cast.a).prefetch_related("labels"))
    change = BulkChange(queue=queue(cast.a, "enhancement"), reason="Plan.")
    with django_assert_max_num_queries(8):
        seen = bulk.preview(
            actor=cast.actor("contributor"), product=cast.a, items=rows, change=change
        )
    assert [(each.right, each.count) for each in seen.asks] == [("item.move", len(made))]
