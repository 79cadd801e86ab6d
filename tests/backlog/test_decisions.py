"""The decision log: recorded whole, found again, never edited, only superseded; and the trace that newcomers read."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backlog import decision_log
from backlog.models import Decision
from backlog.services import comments, decisions, states
from core.errors import Conflict, Invalid
from tests.backlog.making import accepted, make, queue
from tests.cast import Cast

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LOG = "/p/ATLAS/decisions/"


def decide(cast: Cast, title: str = "Films before quizzes", **more: Any) -> Decision:
    at = {name: more.pop(name) for name in ("supersedes", "reverses", "now") if name in more}
    draft = decisions.Draft(title=title, rationale=more.pop("rationale", "They sell."), **more)
    return decisions.decide(actor=cast.actor("owner"), product=cast.a, draft=draft, **at)


def test_a_decision_is_recorded_by_the_form_and_read_back(cast: Cast) -> None:
    item = accepted(cast)
    client = cast.client("owner")
    sent = {
        "title": "Films before quizzes",
        "kind": "trade",
        "context": "We can do *one* this spring.",
        "rationale": "They sell.",
        "option": ["Films", "Quizzes", ""],
        "note": ["Dear", "Cheap", ""],
        "chosen": "0",
        "evidence": "The survey | https://example.org/survey\nhttps://example.org/more",
        "items": item.key,
    }
    answer = client.post(f"{LOG}new/", sent)
    assert answer.status_code == 302, answer.content.decode()
    row = Decision.objects.get()
    assert answer["Location"] == f"{LOG}{row.number}/"
    assert row.options == [
        {"title": "Films", "note": "Dear", "chosen": True},
        {"title": "Quizzes", "note": "Cheap", "chosen": False},
    ]
    assert row.evidence == [
        {"label": "The survey", "url": "https://example.org/survey"},
        {"label": "https://example.org/more", "url": "https://example.org/more"},
    ]
    assert (row.right, str(row.decided_by), row.kind) == ("decision.record", "Owner", "trade")
    page = client.get(f"{LOG}{row.number}/").content.decode()
    for words in ("D-1", "<em>one</em>", "They sell.", "The survey", item.key, "record decisions"):
        assert words in page
    assert "Films before quizzes" in client.get(f"/items/{item.key}/").content.decode()


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"rationale": " "},
        {"kind": "rubric"},
        {"option": ["A", ""], "note": ["", "a note without a name"], "chosen": "0"},
        {"option": ["A", "B"], "note": ["", ""], "chosen": ""},
        {"evidence": "javascript:alert(1)"},
        {"evidence": "//evil.example"},
        {"items": "ATLAS-999"},
        {"items": "BRAVO-1"},
    ],
    ids=str,
)
def test_what_cannot_be_recorded_comes_back_as_it_was_typed(
    cast: Cast, change: dict[str, Any]
) -> None:
    sent = {"title": "T", "kind": "general", "rationale": "Because we typed this.", **change}
    answer = cast.client("owner").post(f"{LOG}new/", sent)
    assert answer.status_code == 422
    if change.get("rationale") is None:
        assert "Because we typed this." in answer.content.decode()
    assert not Decision.objects.exists()


def test_a_decision_is_superseded_once(cast: Cast) -> None:
    first = decide(cast)
    second = decide(cast, "Quizzes after all", supersedes=first, reverses=True)
    with pytest.raises(Conflict):
        decide(cast, "Neither", supersedes=first)
    page = cast.client("viewer").get(f"{LOG}{first.number}/").content.decode()
    assert "Taken back by" in page
    assert f"{LOG}{second.number}/" in page
    api = cast.api("viewer")
    rows = api.get("/api/v1/products/ATLAS/decisions/").json()["results"]
    assert [(row["key"], row["supersedes"], row["superseded_by"]) for row in rows] == [
        ("D-2", "D-1", None),
        ("D-1", None, "D-2"),
    ]
    standing = api.get("/api/v1/products/ATLAS/decisions/?standing=true").json()["results"]
    assert [row["key"] for row in standing] == ["D-2"]


def test_a_filter_that_the_log_does_not_have_is_refused(cast: Cast) -> None:
    for path in (LOG, f"{LOG}export.csv"):
        answer = cast.client("viewer").get(path, {"kin": "refined"})
        assert answer.status_code == 422
        assert "no filter called kin" in answer.content.decode()


def test_the_log_is_filtered_paged_and_exported(cast: Cast) -> None:
    item = accepted(cast)
    for number in range(7):
        decide(cast, f"Number {number}", now=NOW + timedelta(days=number))
    decide(cast, "=SUM(A1)", items=[item], rationale="About the item", now=NOW)
    api = cast.api("viewer")
    path = "/api/v1/products/ATLAS/decisions/"
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(path, {"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [row["title"] for row in page["results"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == 8
    assert seen[:6] == [f"Number {n}" for n in (6, 5, 4, 3, 2, 1)]
    assert [row["title"] for row in api.get(path, {"item": item.key}).json()["results"]] == [
        "=SUM(A1)"
    ]
    assert [r["title"] for r in api.get(path, {"q": "about ITEM"}).json()["results"]] == [
        "=SUM(A1)"
    ]
    assert api.get(path, {"item": "BRAVO-1"}).json()["results"] == []
    assert api.get(path, {"kind": "nonsense"}).status_code == 400
    assert api.get(path, {"nonsense": "1"}).status_code == 400
    assert cast.client("viewer").get(LOG, {"kind": "nonsense"}).status_code == 422
    download = cast.client("viewer").get(f"{LOG}export.csv", {"item": item.key})
    lines = list(
        csv.DictReader(io.StringIO(b"".join(download.streaming_content).decode("utf-8-sig")))
    )  # type: ignore[attr-defined]
    assert [(line["decision"], line["title"], line["items"]) for line in lines] == [
        ("D-8", "'=SUM(A1)", item.key)
    ]


def test_a_page_of_decisions_takes_no_more_queries_for_more_rows(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    item = accepted(cast)
    counts = []
    for wanted in (3, 30):
        while Decision.objects.count() < wanted:
            decide(cast, items=[item])
        client = cast.client("viewer")
        client.get(LOG)
        with django_assert_max_num_queries(40) as queries:
            client.get(LOG)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_trace_of_an_item_is_read_from_the_beginning(cast: Cast) -> None:
    item = make(cast)
    actor = cast.actor("owner")
    item = states.accept_item(
        actor=actor, item=item, queue=queue(cast.a, "stability"), reason="It breaks.", now=NOW
    )
    for _ in range(3):
        comments.add_comment(actor=actor, item=item, body="More.")
    decision = decide(cast, items=[item])
    item.refresh_from_db()
    item = states.move_item(
        actor=actor, item=item, queue=queue(cast.a, "enhancement"), reason="It grew."
    )
    trace = decision_log.item_trace(item)
    steps = [step for chapter in trace.chapters for step in chapter.steps]
    verbs = [step.verb for step in steps if step.verb != "band.changed"]
    assert verbs == [
        "item.created",
        "item.accepted",
        "comment.added",
        "item.decided_on",
        "item.moved",
    ]
    by_verb = {step.verb: step for step in steps}
    assert by_verb["comment.added"].text == "commented 3 times"
    assert by_verb["item.decided_on"].decision == decision
    assert by_verb["item.moved"].reason == "It grew."
    assert (
        f"/items/{item.key}/trace/"
        in cast.client("viewer").get(f"/items/{item.key}/").content.decode()
    )
    other = cast.client("viewer").get(f"/items/{make(cast).key}/").content.decode()
    assert "/trace/" in other, "a newcomer finds the way where nothing was decided, too"
    page = cast.client("viewer").get(f"/items/{item.key}/trace/").content.decode()
    assert page.index("It breaks.") < page.index("Films before quizzes") < page.index("It grew.")
    answer = cast.api("viewer").get(f"/api/v1/items/{item.key}/trace/").json()
    assert [step["decision"] for step in answer["steps"] if step["decision"]] == ["D-1"]


def test_the_trace_of_a_queue_leaves_out_what_is_about_others(cast: Cast) -> None:
    client = cast.client("owner")
    data = {"definition": "What broke.", "share": "20", "in_progress_limit": "", "reason": "Short."}
    assert client.post("/p/ATLAS/queues/stability/", data).status_code == 302
    data = {**data, "definition": "What grows."}
    assert client.post("/p/ATLAS/queues/enhancement/", data).status_code == 302
    decide(cast, "About everything")
    decide(cast, "About stability", items=[accepted(cast, "stability")])
    decide(cast, "About films", items=[accepted(cast, "enhancement")])
    page = client.get("/p/ATLAS/queues/stability/trace/").content.decode()
    assert "About everything" in page
    assert "About stability" in page
    assert "About films" not in page
    assert "What broke." in page
    assert "What grows." not in page
    assert client.get("/p/ATLAS/queues/nowhere/trace/").status_code == 404


def test_numbers_have_no_gap_after_a_refusal(cast: Cast) -> None:
    decide(cast)
    with pytest.raises(Invalid):
        decide(cast, "")
    first = Decision.objects.get()
    decide(cast, "x", supersedes=first)
    with pytest.raises(Conflict):
        decide(cast, "y", supersedes=first)
    decide(cast)
    assert list(Decision.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


def test_a_decision_by_the_api(cast: Cast) -> None:
    item = accepted(cast)
    body = {
        "title": "Films",
        "rationale": "They sell.",
        "options": [{"title": "Films", "chosen": True}, {"title": "Quizzes"}],
        "evidence": [{"url": "/p/ATLAS/insights/"}],
        "items": [item.key],
    }
    api = cast.api("owner")
    made = api.post(
        "/api/v1/products/ATLAS/decisions/", json.dumps(body), content_type="application/json"
    )
    assert made.status_code == 201
    assert api.get(made["Location"]).json() == made.json()
    assert made.json()["evidence"] == [{"label": "/p/ATLAS/insights/", "url": "/p/ATLAS/insights/"}]
    two = {**body, "options": [{"title": "A", "chosen": True}, {"title": "B", "chosen": True}]}
    refused = api.post(
        "/api/v1/products/ATLAS/decisions/", json.dumps(two), content_type="application/json"
    )
    assert refused.status_code == 400
