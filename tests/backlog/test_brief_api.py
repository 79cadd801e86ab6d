"""Briefs and increments over the API, from the first line to a learning that is cited."""

from __future__ import annotations

from typing import Any

from backlog.models import Brief, Increment
from tests.backlog.making import accepted
from tests.backlog.test_increment_rules import add, complete_brief
from tests.cast import Cast

BASE = "/api/v1/products/ATLAS/"


def send(cast: Cast, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
    call = getattr(cast.api(who), method)
    return call(path, body or {}, content_type="application/json", headers=headers)


def test_a_brief_is_written_signed_changed_and_compared(cast: Cast) -> None:
    item = accepted(cast)
    made = send(cast, "owner", "post", f"{BASE}briefs/", {"title": "Tour", "items": [item.key]})
    assert made.status_code == 201
    url = made["Location"]
    lacking = made.json()["missing"]
    assert "Business objective" in lacking
    assert "A measurement signal" in lacking
    fields = {
        name: "Words"
        for name in made.json()
        if name.endswith(("objective", "audience", "role", "platform", "workflow", "process"))
        or name.startswith("deployed_")
    }
    assert send(cast, "owner", "patch", url, fields).status_code == 428
    edited = send(cast, "owner", "patch", url, fields, **{"If-Match": made["ETag"]})
    assert edited.status_code == 200, edited.json()
    stale = send(cast, "owner", "patch", url, {"audience": "X"}, **{"If-Match": made["ETag"]})
    assert stale.status_code == 409
    assert "audience" in stale.json()["changed"]
    for kind in ("accuracy", "brand", "success"):
        send(cast, "owner", "post", f"{url}lines/", {"kind": kind, "text": f"A {kind} line"})
    asked = send(
        cast,
        "owner",
        "post",
        f"{url}inputs/",
        {"function": "Legal", "what": "Words", "person": "viewer@example.org"},
    ).json()["inputs"][0]
    settle = f"{url}inputs/{asked['id']}/settle/"
    assert (
        send(cast, "viewer", "post", settle, {"state": "waived", "answer": "x"}).status_code == 403
    )
    assert (
        send(cast, "viewer", "post", settle, {"state": "received", "answer": "x"}).status_code
        == 200
    )
    signal = {"name": "Completion", "target": 80, "source": "Platform"}
    whole = send(cast, "owner", "post", f"{url}signals/", signal).json()
    assert whole["missing"] == ["Baseline of Completion"]
    early = send(cast, "owner", "post", f"{url}sign/", {}, **{"If-Match": f'"{whole["version"]}"'})
    assert early.status_code == 409
    assert early.json()["missing"] == ["Baseline of Completion"]
    row = f"{url}signals/{whole['signals'][0]['id']}/"
    whole = send(cast, "owner", "put", row, {**signal, "baseline": 61}).json()
    tag = f'"{whole["version"]}"'
    assert (
        send(cast, "contributor", "post", f"{url}sign/", {}, **{"If-Match": tag}).status_code == 403
    )
    signed = send(cast, "owner", "post", f"{url}sign/", {}, **{"If-Match": tag})
    assert signed.json()["state"] == "signed"
    send(cast, "owner", "patch", f"{url}lines/1/", {"text": "Another accuracy line"})
    moved = send(cast, "owner", "patch", f"{url}lines/2/", {"removed": True}).json()
    assert [line["number"] for line in moved["lines"] if not line["removed"]] == [1, 3]
    assert moved["state"] == "draft"
    assert moved["signed_version"] == 1
    found = cast.api("viewer").get(f"{url}versions/1/compare/0/").json()["differences"]
    assert [(each["line"], each["change"]) for each in found] == [(1, "changed"), (2, "removed")]
    detail = cast.api("viewer").get(f"/api/v1/items/{item.key}/").json()
    assert [line["key"] for line in detail["brief_lines"]] == ["BR-1.1", "BR-1.2", "BR-1.3"]
    listed = cast.api("viewer").get(f"{BASE}briefs/?state=draft&q=another").json()["results"]
    assert [each["key"] for each in listed] == ["BR-1"]
    assert cast.api("viewer").get(f"{BASE}briefs/?colour=red").status_code == 400


def test_confirmations_are_answered_by_the_api(cast: Cast) -> None:
    item = accepted(cast)
    brief = complete_brief(cast, item)
    url = f"{BASE}briefs/1/"

    def sign(reason: str) -> None:
        tag = f'"{Brief.objects.get().version}"'
        answer = send(cast, "owner", "post", f"{url}sign/", {"reason": reason}, **{"If-Match": tag})
        assert answer.status_code == 200, answer.json()

    sign("")
    send(cast, "owner", "patch", f"{url}lines/1/", {"text": "Prices are gross"})
    sign("Tax")
    (waits,) = cast.api("viewer").get(f"{url}confirmations/").json()["results"]
    assert (waits["line"], waits["item"], waits["before"]) == (
        "BR-1.1",
        item.key,
        "Prices are net of tax",
    )
    one = f"{BASE}confirmations/{waits['id']}/"
    assert send(cast, "viewer", "post", one, {"state": "confirmed"}).status_code == 403
    assert send(cast, "contributor", "post", one, {"state": "confirmed"}).status_code == 200
    assert cast.api("viewer").get(f"{url}confirmations/").json()["results"] == []
    assert brief.confirmations.get().settled_by == cast.contributor


def test_an_increment_by_the_api(cast: Cast) -> None:
    item = accepted(cast)
    complete_brief(cast, item)
    plan = f"/api/v1/items/{item.key}/increments/"
    made = send(
        cast,
        "contributor",
        "post",
        plan,
        {"title": "Scenes", "kind": "script_block", "criteria": ["It has an end"]},
    )
    assert made.status_code == 201
    url = made["Location"]
    assert [each["code"] for each in made.json()["obstacles"]] == ["gate"]
    refused = send(cast, "contributor", "post", f"{url}act/", {"act": "start"})
    assert refused.json()["code"] == "blocked"
    asks = send(cast, "contributor", "post", f"{url}gate/", {"reason": "Fair"})
    assert asks.json()["ask"]["verb"] == "gate.pass"
    passed = send(cast, "owner", "post", f"{url}gate/", {"reason": "Fair"}).json()
    assert passed["gate_decision"] == "D-1"
    assert send(cast, "contributor", "post", f"{url}act/", {"act": "start"}).status_code == 200
    pointed = send(cast, "contributor", "post", f"{url}lines/", {"line": "BR-1.2"}).json()
    assert pointed["brief_lines"][0]["key"] == "BR-1.2"
    assert [each["code"] for each in pointed["breaks"]] == ["line"]
    done = {"output": "Three scenes", "learning": "End first"}
    assert send(cast, "contributor", "post", f"{url}close/", done).json()["code"] == "criteria_open"
    criterion = f"{url}criteria/{pointed['criteria'][0]['id']}/"
    send(cast, "contributor", "patch", criterion, {"met": True})
    closed = send(cast, "contributor", "post", f"{url}close/", done)
    assert closed.json()["state"] == "closed"
    found = cast.api("viewer").get(f"{BASE}learnings/?q=end").json()["results"]
    assert [each["increment"] for each in found] == [f"{item.key}.1"]
    cite = {"increment": f"{item.key}.1", "brief": "BR-1"}
    assert send(cast, "contributor", "post", f"{BASE}citations/", cite).status_code == 201
    second = add(cast, item, title="Second")
    order = send(cast, "contributor", "post", f"{plan}2/move/", {"before": 1}).json()["results"]
    assert [each["number"] for each in order] == [2, 1]
    tag = f'"{Increment.objects.get(pk=second.pk).version}"'
    edited = send(cast, "contributor", "patch", f"{plan}2/", {"needs": [1]}, **{"If-Match": tag})
    assert edited.json()["needs"] == [1]
    late = cast.api("viewer").get(f"{BASE}late-change/").json()
    assert late["alarm"] is False
    assert len(late["months"]) == 12
