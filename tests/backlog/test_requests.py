"""Who may not decide is told who can, and can ask; who may carries it out or declines, once."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from backlog.models import Change, Decision, Request
from backlog.services import requests, states
from core.errors import Conflict, Invalid, NotAllowed
from scoring.models import Adjustment
from tests.backlog.making import accepted, again, queue
from tests.cast import Cast

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
#: A judgement may end so late, by the clock of the machine.
SOON = timezone.now() + timedelta(days=90)
ASK = "/p/ATLAS/requests/new/"


def ask(cast: Cast, item: Any, by: str = "contributor", **payload: Any) -> Request:
    wish = {"item": item.key, "state": "parked", "until": "2999-01-01", **payload}
    return requests.ask(
        actor=cast.actor(by),
        product=cast.a,
        verb="item.state",
        payload=wish,
        reason="Nobody has time for it.",
        now=NOW,
    )


def test_from_a_refusal_to_the_deed(cast: Cast) -> None:
    """A contributor moves an item, is refused, asks by the button of the refusal; the owner agrees."""
    item = accepted(cast, "stability")
    page = cast.client("contributor").post(
        f"/items/{item.key}/move/", {"queue": "enhancement", "reason": "It grew a face."}
    )
    assert page.status_code == 403
    html = page.content.decode()
    verb = re.search(r'name="verb" value="([^"]+)"', html)
    payload = re.search(r'name="payload" value="([^"]+)"', html)
    assert verb
    assert payload
    sent = {"verb": verb[1], "payload": payload[1].replace("&quot;", '"')}
    shown = cast.client("contributor").post(ASK, sent)
    assert shown.status_code == 200
    assert "Ask to move ATLAS-1 to enhancement" in shown.content.decode()
    assert "It grew a face." in shown.content.decode()
    assert not Request.objects.exists()

    asked = cast.client("contributor").post(ASK, {**sent, "reason": "It grew a face."})
    assert asked.status_code == 302
    found = Request.objects.get()
    assert (found.right, found.summary) == ("item.move", "move ATLAS-1 to enhancement")
    assert (
        "move ATLAS-1 to enhancement" in cast.client("owner").get("/p/ATLAS/work/").content.decode()
    )

    done = cast.client("owner").post(f"/p/ATLAS/requests/{found.pk}/answer/", {"answer": "yes"})
    assert done.status_code == 302
    assert again(item).queue == queue(cast.a, "enhancement")
    moved = Change.objects.get(verb="item.moved")
    assert (str(moved.actor), moved.right) == ("Owner", "item.move")
    assert moved.reason == "It grew a face. (asked by Contributor)"
    decision = Decision.objects.get()
    assert decision.title == "Agreed: move ATLAS-1 to enhancement"
    assert [row.pk for row in decision.items.all()] == [item.pk]
    assert "Carried out" in cast.client("contributor").get("/p/ATLAS/work/").content.decode()


def test_the_api_says_what_can_be_asked_and_takes_it(cast: Cast) -> None:
    item = accepted(cast)
    api = cast.api("contributor")
    refused = api.post(
        f"/api/v1/items/{item.key}/adjustments/",
        json.dumps({"points": 4, "claim": "A big client", "expires_at": SOON.isoformat()}),
        content_type="application/json",
    )
    assert refused.status_code == 403
    wish = refused.json()["ask"]
    assert wish["verb"] == "adjustment.make"
    body = {"verb": wish["verb"], "payload": wish["payload"], "reason": "They said so."}
    made = api.post(
        "/api/v1/products/ATLAS/requests/", json.dumps(body), content_type="application/json"
    )
    assert made.status_code == 201
    assert made.json()["summary"] == f"adjust {item.key} by +4 points: A big client"
    answered = cast.api("owner").post(
        f"{made['Location']}answer/", json.dumps({"accept": True}), content_type="application/json"
    )
    assert answered.status_code == 200
    assert answered.json()["state"] == "done"
    assert Adjustment.objects.get().points == 4
    listed = cast.api("viewer").get("/api/v1/products/ATLAS/requests/?state=done").json()
    assert [row["id"] for row in listed["results"]] == [made.json()["id"]]


def test_a_refusal_that_nothing_carries_out_is_asked_for_by_hand(cast: Cast) -> None:
    refused = cast.client("contributor").get("/p/ATLAS/imports/")
    assert refused.status_code == 403
    html = refused.content.decode()
    assert 'name="verb" value="by_hand"' in html
    found = requests.ask(
        actor=cast.actor("contributor"),
        product=cast.a,
        verb="by_hand",
        payload={"right": "import.run"},
        reason="My list waits.",
    )
    assert found.summary == "have somebody import items"
    requests.answer(actor=cast.actor("owner"), request=found, accept=True)
    found.refresh_from_db()
    assert found.state == Request.State.DONE


def test_declining_needs_a_reason_and_changes_nothing(cast: Cast) -> None:
    item = accepted(cast)
    found = ask(cast, item)
    with pytest.raises(Invalid):
        requests.answer(actor=cast.actor("owner"), request=found, accept=False)
    made = requests.answer(
        actor=cast.actor("owner"), request=found, accept=False, reason="We need it."
    )
    assert (made.title, made.rationale) == (
        f"Declined: park {item.key} until 1 January 2999",
        "We need it.",
    )
    assert again(item).state == "accepted"
    with pytest.raises(Conflict):
        requests.answer(actor=cast.actor("leadership"), request=found, accept=True)
    assert again(item).state == "accepted"


def test_what_the_rules_refuse_now_waits_on(cast: Cast) -> None:
    """Declined meanwhile, it cannot be parked; the request is still there, to be declined."""
    item = accepted(cast)
    found = ask(cast, item)
    states.decline_item(actor=cast.actor("owner"), item=item, reason="No.")
    with pytest.raises(Conflict):
        requests.answer(actor=cast.actor("owner"), request=found, accept=True)
    found.refresh_from_db()
    assert found.state == Request.State.WAITING
    assert not Decision.objects.exists()


def test_who_may_ask_and_who_may_answer(cast: Cast) -> None:
    item = accepted(cast)
    with pytest.raises(Conflict) as refused:
        ask(cast, item, by="owner")
    assert refused.value.code == "allowed_already"
    found = ask(cast, item, by="viewer")
    for nobody in ("viewer", "contributor", "reviewer"):
        with pytest.raises(NotAllowed):
            requests.answer(actor=cast.actor(nobody), request=found, accept=True)
    with pytest.raises(NotAllowed):
        requests.withdraw(actor=cast.actor("owner"), request=found)
    requests.withdraw(actor=cast.actor("viewer"), request=found)
    with pytest.raises(Conflict):
        requests.answer(actor=cast.actor("owner"), request=found, accept=True)


def test_the_same_is_asked_once_and_not_without_end(cast: Cast) -> None:
    items = [accepted(cast) for _ in range(requests.WAITING_LIMIT + 1)]
    for item in items[:-1]:
        ask(cast, item)
    with pytest.raises(Conflict) as again_:
        ask(cast, items[0])
    assert again_.value.code == "asked_already"
    with pytest.raises(Conflict) as many:
        ask(cast, items[-1])
    assert many.value.code == "too_many_waiting"


@pytest.mark.parametrize(
    "wish",
    [
        {"verb": "nonsense", "payload": {}},
        {"verb": "item.state", "payload": {}},
        {"verb": "item.state", "payload": {"item": "BRAVO-1", "state": "parked"}},
        {"verb": "item.state", "payload": {"item": ["ATLAS-1"], "state": "parked"}},
        {"verb": "item.state", "payload": {"item": "ATLAS-1", "state": "gone"}},
        {"verb": "item.state", "payload": {"item": "ATLAS-1", "state": "parked", "until": "soon"}},
        {"verb": "item.queue", "payload": {"item": "ATLAS-1", "queue": "nowhere"}},
        {"verb": "by_hand", "payload": {"right": "product.read"}},
        {"verb": "adjustment.make", "payload": {"item": "ATLAS-1", "points": True, "claim": "x"}},
        {"verb": "item.state", "payload": {"item": "ATLAS-1", "more": "x" * 20_000}},
    ],
    ids=lambda wish: str(wish)[:60],
)
def test_nonsense_is_refused_in_words(cast: Cast, wish: dict[str, Any]) -> None:
    accepted(cast)
    page = cast.client("contributor").post(
        ASK, {"verb": wish["verb"], "payload": json.dumps(wish["payload"]), "reason": "r"}
    )
    assert page.status_code == 422
    answer = cast.api("contributor").post(
        "/api/v1/products/ATLAS/requests/",
        json.dumps({**wish, "reason": "r"}),
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert not Request.objects.exists()


def test_who_may_not_adjust_finds_the_form_and_is_led_to_those_who_may(cast: Cast) -> None:
    item = accepted(cast)
    page = cast.client("contributor").get(f"/items/{item.key}/").content.decode()
    assert "Others decide this." in page
    assert (
        "Others decide this."
        not in cast.client("owner").get(f"/items/{item.key}/").content.decode()
    )
    form = {"points": "4", "claim": "The whole region asks.", "expires_on": str(SOON.date())}
    refused = cast.client("contributor").post(f"/items/{item.key}/adjustments/", form)
    assert refused.status_code == 403
    payload = re.search(r'name="payload" value="([^"]+)"', refused.content.decode())
    assert payload
    sent = {"verb": "adjustment.make", "payload": payload[1].replace("&quot;", '"'), "reason": "r"}
    assert cast.client("contributor").post(ASK, sent).status_code == 302
    assert "adjust ATLAS-1 by +4 points" in Request.objects.get().summary
