"""Pages without script: every form posts and goes on; fragments for htmx; reading writes nothing."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from html5lib import parse

from backlog.models import Change, Item
from backlog.services import comments, criteria, links, saved_views, states
from scoring.services import adjustments, signals
from tests.backlog.making import accepted, again, in_state, make, queue, rate
from tests.cast import Cast

HTMX = {"HX-Request": "true"}


def furnish(cast: Cast) -> Item:
    """An item with something of everything, so that every form of its page is there."""
    actor = cast.actor("administrator")
    item = accepted(cast, "stability", "Furnished", owner=cast.administrator, effort=3)
    other = accepted(cast, "stability", "Neighbour")
    rate(cast, item)
    comments.add_comment(actor=actor, item=item, body="Hm, @administrator")
    criteria.add_criterion(actor=actor, item=item, statement="It works")
    links.link_items(actor=actor, source=item, target=other, kind="relates")
    signals.add_signals(
        actor=actor,
        product=cast.a,
        drafts=[signals.Draft("incident", 2, datetime(2026, 1, 1, tzinfo=UTC), "desk", item=item)],
    )
    adjustments.adjust(
        actor=actor,
        item=item,
        points=2,
        claim="Known",
        expires_at=datetime(2026, 12, 31, tzinfo=UTC),
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )
    saved_views.save_view(actor=actor, product=cast.a, name="Mine", query="", shared=True)
    make(cast, "Waits")
    in_state(cast, "parked")
    return item


def addresses(item: Item) -> list[str]:
    return [
        "/p/ATLAS/work/",
        "/p/ATLAS/triage/",
        "/p/ATLAS/backlog/",
        "/p/ATLAS/backlog/?open=all&q=item",
        f"/p/ATLAS/backlog/?item={item.key}",
        "/p/ATLAS/board/",
        "/p/ATLAS/board/?by=queue",
        "/p/ATLAS/search/?q=item",
        "/p/ATLAS/search/palette/?q=item",
        "/p/ATLAS/items/new/",
        "/p/ATLAS/queues/",
        "/p/ATLAS/queues/hotfix/",
        "/p/ATLAS/rubric/",
        "/p/ATLAS/settings/",
        f"/items/{item.key}/",
        f"/items/{item.key}/edit/",
        f"/items/{item.key}/move/",
        f"/items/{item.key}/state/?state=parked",
        f"/items/{item.key}/state/?state=declined",
        f"/items/{item.key}/history/",
    ]


# --- Reading ------------------------------------------------------------------------------------


def fingerprints() -> dict[str, list[Any]]:
    """All rows of all tables but those that a visit may touch."""
    free = {"accounts.session", "accounts.apitoken", "accounts.attemptcount"}
    return {
        model._meta.label_lower: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model._meta.label_lower not in free
    }


@pytest.mark.slow
def test_reading_writes_nothing(cast: Cast) -> None:
    item = furnish(cast)
    client, api = cast.client("administrator"), cast.api("administrator")  # signing in writes
    before = fingerprints()
    for address in addresses(item):
        for headers in ({}, HTMX):
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200, address
    for path in (
        "products/",
        "products/ATLAS/",
        "products/ATLAS/rubric/",
        "items/?product=ATLAS",
        f"items/{item.key}/",
        f"items/{item.key}/changes/",
        f"items/{item.key}/comments/",
        f"items/{item.key}/similar/",
        f"items/{item.key}/ratings/",
        f"items/{item.key}/signals/",
        f"items/{item.key}/adjustments/",
        f"items/{item.key}/scores/",
        "signals/?product=ATLAS",
    ):
        assert api.get(f"/api/v1/{path}").status_code == 200, path
    assert fingerprints() == before


def test_every_page_varies_by_the_header(cast: Cast) -> None:
    item = furnish(cast)
    for address in addresses(item):
        answer = cast.client("administrator").get(address)
        assert "HX-Request" in answer["Vary"], address


def test_fragments_are_parts_and_pages_are_whole(cast: Cast) -> None:
    item = furnish(cast)
    client = cast.client("administrator")
    for address in ("/p/ATLAS/triage/", f"/items/{item.key}/panel/", f"/items/{item.key}/history/"):
        part = client.get(address, headers=HTMX).content.decode()
        assert "<html" not in part, address
        assert part.strip()
        restored = client.get(address, headers={**HTMX, "HX-History-Restore-Request": "true"})
        assert "<html" in restored.content.decode() or restored.status_code == 302
    assert client.get(f"/items/{item.key}/panel/")["Location"] == f"/items/{item.key}/"


# --- Every form ---------------------------------------------------------------------------------


def forms(html: str, address: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """(action, fields with their values, words on its button) of each form that posts; a button's own value counts."""
    tree = parse(html, namespaceHTMLElements=False)
    for form in tree.iter("form"):
        if form.attrib.get("method", "get").lower() != "post":
            continue
        fields: dict[str, str] = {}
        buttons: list[tuple[str, str]] = []
        for each in form.iter():
            if not isinstance(each.tag, str):
                continue
            name = each.attrib.get("name", "")
            kind = each.attrib.get("type", "")
            if each.tag == "button" and kind in ("", "submit"):
                buttons.append((name, each.attrib.get("value", "")))
            if not name or "disabled" in each.attrib:
                continue
            if each.tag == "input" and kind in ("checkbox", "radio"):
                if "checked" in each.attrib:
                    fields[name] = each.attrib.get("value", "on")
            elif each.tag == "input":
                fields[name] = each.attrib.get("value", "")
            elif each.tag == "textarea":
                fields[name] = (each.text or "").removeprefix("\n")
            elif each.tag == "select":
                options = list(each.iter("option"))
                chosen = [option for option in options if "selected" in option.attrib] or options[
                    :1
                ]
                fields[name] = chosen[0].attrib.get("value", "") if chosen else ""
        action = urljoin(address, form.attrib.get("action") or address)
        assert "csrfmiddlewaretoken" in fields, (address, action)
        for name, value in buttons:
            yield action, fields | ({name: value} if name else {}), value


FILLED = {
    "kind": "incident",
    "title": "Filled in",
    "name": "Filled in",
    "reason": "Because.",
    "body": "A comment.",
    "text": "A criterion.",
    "target": "ATLAS-2",
    "claim": "I know.",
    "points": "3",
    "expires_on": "2027-01-01",
    "until": "2999-01-01",
    "into": "ATLAS-2",
    "severity": "2",
    "definition": "What belongs here.",
}


@pytest.mark.slow
def test_every_form_of_every_page_posts_and_goes_on(cast: Cast) -> None:
    """As a browser without script fills it in: the answer is another page, never an error of ours."""
    item = furnish(cast)
    client = cast.client("administrator", csrf=True)
    seen: dict[str, set[int]] = {}
    for address in addresses(item):
        page = client.get(address)
        if "text/html" not in page["Content-Type"]:
            continue
        for action, fields, _ in forms(page.content.decode(), address):
            where = re.sub(r"[0-9a-f-]{36}|\d+", "1", action.partition("?")[0])
            if where.startswith(("/sign-out", "/settings/")) or where.endswith("/archive/"):
                continue
            data = {name: value or FILLED.get(name, "") for name, value in fields.items()}
            data |= {"item": item.key} if where.endswith("/bulk/") else {}
            if where in seen and len(seen[where]) > 3:
                continue
            answer = client.post(action, data)
            assert answer.status_code in (200, 302, 409, 422), (action, data, answer.status_code)
            seen.setdefault(where, set()).add(answer.status_code)
    went_on = {where for where, codes in seen.items() if 302 in codes}
    assert len(seen) > 18, sorted(seen)
    assert set(seen) - went_on <= {
        "/p/ATLAS/backlog/bulk/",  # shows a preview first
        "/items/ATLAS-1/move/",
        "/items/ATLAS-1/assets/",  # wants a file
    }, sorted(set(seen) - went_on)


@pytest.mark.parametrize("who", ["viewer", "outsider", "anonymous"])
def test_forms_are_not_offered_to_those_who_may_not(cast: Cast, who: str) -> None:
    item = furnish(cast)
    for address in (f"/items/{item.key}/", "/p/ATLAS/backlog/", "/p/ATLAS/triage/"):
        answer = cast.client(who).get(address)
        if who == "viewer":
            actions = {action for action, *_ in forms(answer.content.decode(), address)}
            actions = {
                action for action in actions if not action.startswith(("/sign-out", "/settings"))
            }
            for action in actions:
                refused = cast.client(who).post(
                    action, {"body": "x", "name": "x", "item": item.key}
                )
                assert refused.status_code in (200, 302, 422), (
                    address,
                    action,
                    refused.status_code,
                )
        else:
            assert answer.status_code == (404 if who == "outsider" else 302)


# --- Triage -------------------------------------------------------------------------------------


def test_thirty_items_are_triaged_by_plain_forms(cast: Cast) -> None:
    client = cast.client("contributor")
    for number in range(12):
        make(cast, f"Item {number}", severity=2, owner=cast.owner)
    decisions = ["stability", "enhancement", "strategic_bet", "decline", "park", "hotfix"] * 2
    location = "/p/ATLAS/triage/"
    for decision in decisions:
        html = client.get(location).content.decode()
        key = re.search(r'name="item" value="(ATLAS-\d+)"', html)
        assert key is not None
        data = {"item": key[1], "decision": decision, "version": "1"}
        if decision in ("decline", "park", "hotfix"):
            asks = client.post("/p/ATLAS/triage/decide/", data)
            assert asks.status_code == 200, "asks for more first"
            data |= {"confirm": decision, "reason": "No.", "until": "2999-01-01"}
            data |= {"severity": "2", "owner": str(cast.owner.pk), "segment": "Schools"}
        answer = client.post("/p/ATLAS/triage/decide/", data)
        assert answer.status_code == 302, answer.content
        location = answer["Location"]
    assert Item.objects.filter(state="triage").count() == 0
    assert Item.objects.filter(state="accepted").count() == 8
    assert {item.due_at is not None for item in Item.objects.filter(queue__kind="hotfix")} == {True}
    assert "nothing" in client.get("/p/ATLAS/triage/").content.decode().lower()


def test_a_decision_by_htmx_shows_the_next_item_and_offers_to_undo(cast: Cast) -> None:
    first, second = make(cast, "First"), make(cast, "Second")
    answer = cast.client("contributor").post(
        "/p/ATLAS/triage/decide/",
        {"item": first.key, "decision": "stability", "version": "1"},
        headers=HTMX,
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in html
    assert f'value="{second.key}"' in html
    undo = re.search(r'"url": "([^"]+)"', answer["HX-Trigger"])
    assert undo is not None
    back = cast.client("contributor").post(undo[1], headers=HTMX)
    assert back.status_code in (200, 204), back.content
    assert again(first).state == "triage"


def test_a_refused_decision_stays_with_the_item(cast: Cast) -> None:
    item, other = make(cast), make(cast)
    client = cast.client("contributor")
    base = {"item": item.key, "version": "1"}
    for data, status in (
        ({"decision": "nonsense"}, 422),
        ({"decision": "merge", "into": "ATLAS-99"}, 422),
        ({"decision": "merge", "into": item.key}, 422),
        ({"decision": "decline", "confirm": "decline", "reason": ""}, 422),
        ({"decision": "park", "confirm": "park", "until": "2000-01-01"}, 422),
        ({"decision": "park", "confirm": "park", "until": "x"}, 422),
        ({"decision": "hotfix", "confirm": "hotfix"}, 422),
        ({"decision": "hotfix", "confirm": "hotfix", "severity": "9"}, 422),
        (
            {
                "decision": "hotfix",
                "confirm": "hotfix",
                "severity": "1",
                "owner": str(cast.outsider.pk),
            },
            422,
        ),
        ({"decision": "stability", "version": "7"}, 409),
    ):
        for headers in ({}, HTMX):
            answer = client.post("/p/ATLAS/triage/decide/", {**base, **data}, headers=headers)
            assert answer.status_code == status, (data, answer.status_code)
    assert again(item).version == 1
    done = client.post("/p/ATLAS/triage/decide/", {**base, "decision": "merge", "into": other.key})
    assert done.status_code == 302
    assert client.post("/p/ATLAS/triage/undo/").status_code == 302
    assert again(item).state == "triage"
    assert client.post("/p/ATLAS/triage/undo/").status_code == 422, (
        "nothing of yours is left to undo"
    )


def test_what_is_alike_comes_after_the_item_where_script_can_ask_for_it(cast: Cast) -> None:
    make(cast, "Captions of the crane film are late")
    item = make(cast, "The captions of the crane film come late")
    page, part = f"/p/ATLAS/triage/?item={item.key}", f"/items/{item.key}/alike/"
    for who, merges in (("contributor", True), ("viewer", False)):
        client = cast.client(who)
        assert 'aria-label="Items alike"' in client.get(page).content.decode()
        at_once = client.get(page, headers=HTMX).content.decode()
        assert f'hx-get="{part}"' in at_once
        assert "Items alike" not in at_once
        after = client.get(part, headers=HTMX).content.decode()
        assert 'aria-label="Items alike"' in after
        assert ("Merge" in after) is merges
    assert client.get(part)["Location"] == page


def test_a_viewer_reads_triage_and_decides_nothing(cast: Cast) -> None:
    item = make(cast)
    assert cast.client("viewer").get("/p/ATLAS/triage/").status_code == 200
    data = {"item": item.key, "decision": "stability"}
    assert cast.client("viewer").post("/p/ATLAS/triage/decide/", data).status_code == 403


# --- The item's state and queue -----------------------------------------------------------------


def test_parking_and_declining_ask_first(cast: Cast) -> None:
    item = accepted(cast)
    client = cast.client("owner")
    path = f"/items/{item.key}/state/"
    for state in ("parked", "declined"):
        asks = client.post(path, {"state": state, "version": "1"})
        assert asks.status_code == 200
        assert 'name="confirm"' in asks.content.decode()
    for data in (
        {"state": "parked", "until": "x"},
        {"state": "parked", "until": "2000-01-01"},
        {"state": "parked", "until": ""},
        {"state": "declined", "reason": ""},
        {"state": "declined", "reason": "x" * 2001},
    ):
        refused = client.post(path, {**data, "confirm": "yes", "version": "1"})
        assert refused.status_code == 422, data
        assert "error" in refused.content.decode()
    done = client.post(
        path, {"state": "declined", "reason": "No.", "confirm": "yes", "version": "1"}
    )
    assert done.status_code == 302
    assert again(item).state_reason == "No."
    assert client.post(path, {"state": "in_progress", "version": "1"}).status_code == 409
    assert client.get(path).status_code == 422


def test_another_queue_asks_for_the_reason(cast: Cast) -> None:
    item = accepted(cast, "stability")
    client = cast.client("owner")
    path = f"/items/{item.key}/move/"
    assert client.post(path, {"queue": "enhancement", "reason": ""}).status_code == 422
    assert client.post(path, {"queue": "nonsense", "reason": "x"}).status_code == 422
    assert client.post(path, {"queue": "hotfix", "reason": "x"}).status_code == 422
    assert (
        client.post(path, {"queue": "enhancement", "reason": "x", "version": "9"}).status_code
        == 409
    )
    assert client.post(path, {"queue": "enhancement", "reason": "Grew."}).status_code == 302
    assert again(item).queue == queue(cast.a, "enhancement")


def test_who_may_not_choose_another_queue_is_shown_whom_to_ask(cast: Cast) -> None:
    item = accepted(cast, "stability")
    client = cast.client("contributor")
    path = f"/items/{item.key}/move/"
    assert client.get(path).status_code == 200
    refused = client.post(path, {"queue": "enhancement", "reason": "Grew."})
    assert refused.status_code == 403
    assert "you may not move items to another queue. Ask " in refused.content.decode()
    assert "/p/ATLAS/requests/new/" in refused.content.decode()
    assert again(item).queue == queue(cast.a, "stability")


# --- What a queue is for ------------------------------------------------------------------------


def test_a_queue_is_defined_anew(cast: Cast) -> None:
    client = cast.client("owner")
    stability = queue(cast.a, "stability")
    data = {
        "definition": "What broke.",
        "share": "20",
        "in_progress_limit": "5",
        "reason": "Clearer.",
    }
    assert client.post("/p/ATLAS/queues/stability/", data).status_code == 302
    stability.refresh_from_db()
    assert (stability.definition, stability.definition_version, stability.share) == (
        "What broke.",
        2,
        0.2,
    )
    row = Change.objects.get(verb="queue.defined")
    assert row.fields["definition"][1] == "What broke."
    for wrong in (
        {"share": "200"},
        {"share": "90"},
        {"share": "nan"},
        {"definition": ""},
        {"in_progress_limit": "0"},
    ):
        assert client.post("/p/ATLAS/queues/stability/", {**data, **wrong}).status_code == 422, (
            wrong
        )
    hours = {**data, "share": "15", "deadline_1": "4", "deadline_2": "", "deadline_3": "72.5"}
    assert client.post("/p/ATLAS/queues/hotfix/", hours).status_code == 302
    assert queue(cast.a, "hotfix").deadline_hours == {"1": 4.0, "3": 72.5}
    assert cast.client("contributor").get("/p/ATLAS/queues/hotfix/").status_code == 403
    assert client.get("/p/ATLAS/queues/nonsense/").status_code == 404


# --- Queries ------------------------------------------------------------------------------------


def test_a_page_asks_the_same_number_of_questions_whatever_it_shows(cast: Cast) -> None:
    """Kept by test_query_counts as well; here for the pages of one item with much on it."""
    item = furnish(cast)
    client = cast.client("administrator")
    client.get(f"/items/{item.key}/")

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(f"/items/{item.key}/").status_code == 200
        return len(queries)

    few = count()
    for number in range(15):
        comments.add_comment(actor=cast.actor("owner"), item=item, body=f"@reviewer {number}")
        criteria.add_criterion(
            actor=cast.actor("owner"), item=item, statement=f"Criterion {number}"
        )
        links.link_items(actor=cast.actor("owner"), source=item, target=make(cast), kind="relates")
        states.set_state(
            actor=cast.actor("owner"),
            item=again(item),
            state="in_progress" if number % 2 == 0 else "accepted",
        )
    assert count() == few
