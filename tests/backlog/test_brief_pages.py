"""Pages of briefs and increments, walked by HTTP: what a person can do there, and what they are told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse

from backlog.models import Brief, BriefVersion, Confirmation, Increment, Item, Template
from backlog.services import brief_lines, brief_signing, briefs
from tests.backlog.making import accepted
from tests.backlog.test_increment_rules import add, begin, complete_brief, end, kind
from tests.cast import Cast


def text_of(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def scene(cast: Cast) -> tuple[Item, Brief, Increment]:
    item = accepted(cast, criteria=[("Buyers understand", "Ask five")])
    brief = complete_brief(cast, item)
    piece = add(cast, item, "narrative_map", "The map", is_checkpoint=True)
    return item, brief, piece


@pytest.mark.parametrize("who", ["viewer", "owner"])
def test_every_page_opens(cast: Cast, scene: tuple[Item, Brief, Increment], who: str) -> None:
    item, brief, piece = scene
    brief_signing.sign_off(actor=cast.actor("owner"), brief=brief)
    client = cast.client(who)
    for path in (
        f"/items/{item.key}/",
        "/p/ATLAS/work/",
        "/p/ATLAS/search/?q=tour",
        "/p/ATLAS/briefs/",
        "/p/ATLAS/briefs/?q=prices&state=signed&outstanding=false&waiting=false",
        "/p/ATLAS/briefs/1/",
        "/p/ATLAS/briefs/1/versions/0/",
        "/p/ATLAS/briefs/1/versions/1/",
        "/p/ATLAS/briefs/1/compare/?a=1&b=0",
        "/p/ATLAS/increments/",
        f"/p/ATLAS/items/{item.key}/increments/{piece.number}/",
        "/p/ATLAS/creative/kinds/",
        "/p/ATLAS/creative/standards/",
        "/p/ATLAS/templates/",
        "/p/ATLAS/learnings/?q=short",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
    assert "The tour" in client.get("/p/ATLAS/search/?q=tour").content.decode()
    # the lines stand where work is done, the success criterion as inherited
    page = text_of(client.get(f"/items/{item.key}/"))
    assert "Prices are net of tax" in page
    assert "Success criteria of the brief" in page


def test_a_brief_is_written_and_signed_on_its_page(cast: Cast) -> None:
    client = cast.client("owner")
    item = accepted(cast)
    made = client.post("/p/ATLAS/briefs/new/", {"title": "The tour", "items": item.key})
    assert made["Location"] == "/p/ATLAS/briefs/1/"
    brief = Brief.objects.get()
    page = client.get("/p/ATLAS/briefs/1/")
    assert "things are missing before it can be signed off" in page.content.decode()
    refused = client.post("/p/ATLAS/briefs/1/sign/", {"version": brief.version})
    assert refused.status_code == 409
    assert "Business objective" in refused.content.decode()
    for section, fields in (
        ("objective", {"business_objective": "Sell", "learning_objective": "Explain"}),
        ("audience", {"audience": "Buyers", "decision_role": "They choose"}),
        ("context", {"platform": "Web", "workflow": "Trial", "decision_process": "Purchase"}),
        (
            "deployment",
            {
                "deployed_where": "Site",
                "deployed_format": "Film",
                "deployed_language": "en",
                "deployed_device": "Phone",
            },
        ),
    ):
        seen = {f"seen_{name}": "" for name in fields}
        answer = client.post(f"/p/ATLAS/briefs/1/edit/{section}/", {**fields, **seen})
        assert answer.status_code == 302, answer.content
    for each, words in (("accuracy", "One"), ("brand", "Two"), ("success", "Three")):
        client.post("/p/ATLAS/briefs/1/lines/", {"kind": each, "text": words})
    client.post(
        "/p/ATLAS/briefs/1/inputs/",
        {"function": "Legal", "what": "Disclaimer", "person": cast.viewer.pk},
    )
    client.post(
        "/p/ATLAS/briefs/1/signals/",
        {
            "name": "Completion",
            "baseline": 61,
            "target": 80,
            "source": "Platform",
            "higher_is_better": "yes",
        },
    )
    # whoever is asked finds it on My work and answers there, without any further right
    asked = brief.inputs.get()
    assert "Disclaimer" in cast.client("viewer").get("/p/ATLAS/work/").content.decode()
    url = f"/p/ATLAS/briefs/1/inputs/{asked.pk}/"
    assert cast.client("viewer").post(url, {"act": "waived", "answer": "x"}).status_code == 403
    answered = cast.client("viewer").post(
        url, {"act": "received", "answer": "Here", "next": "/p/ATLAS/work/"}
    )
    assert answered["Location"] == "/p/ATLAS/work/"
    brief.refresh_from_db()
    signed = client.post("/p/ATLAS/briefs/1/sign/", {"version": brief.version})
    assert signed.status_code == 302
    assert BriefVersion.objects.get().signed_by == cast.owner
    page = client.get("/p/ATLAS/briefs/1/").content.decode()
    assert "signed off, version 1" in page


def test_typed_words_come_back_with_what_others_wrote(
    cast: Cast, scene: tuple[Item, Brief, Increment]
) -> None:
    client = cast.client("owner")
    answer = client.post(
        "/p/ATLAS/briefs/1/edit/audience/",
        {
            "audience": "Mine",
            "decision_role": "Mine too",
            "seen_audience": "Something else that stood there",
            "seen_decision_role": "Something about decision_role",
        },
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Mine too" in page
    assert "Something about audience" in page
    line = scene[1].lines.get(number=1)
    late = client.post(
        "/p/ATLAS/briefs/1/lines/1/",
        {"act": "reword", "kind": line.kind, "text": "My words", "revision": 9},
    )
    assert late.status_code == 409
    assert "My words" in late.content.decode()


def test_lines_move_go_and_come_back(cast: Cast, scene: tuple[Item, Brief, Increment]) -> None:
    client, brief = cast.client("contributor"), scene[1]
    for words in ("Second", "Third"):
        client.post("/p/ATLAS/briefs/1/lines/", {"kind": "accuracy", "text": words})
    client.post("/p/ATLAS/briefs/1/lines/5/", {"act": "up"})
    client.post("/p/ATLAS/briefs/1/lines/1/", {"act": "down"})
    client.post("/p/ATLAS/briefs/1/lines/4/", {"act": "remove"})
    standing = brief.lines.filter(kind="accuracy", removed_at=None).order_by("position")
    assert [each.number for each in standing] == [5, 1]
    assert "1 line taken out" in client.get("/p/ATLAS/briefs/1/").content.decode()
    client.post("/p/ATLAS/briefs/1/lines/4/", {"act": "restore"})
    assert brief.lines.filter(removed_at=None).count() == 5


def test_a_line_is_put_in_its_place_by_a_drop(
    cast: Cast, scene: tuple[Item, Brief, Increment]
) -> None:
    _, brief, _ = scene
    client = cast.client("contributor")
    page = client.get("/p/ATLAS/briefs/1/").content.decode()
    assert 'data-move-url="/p/ATLAS/briefs/1/lines/1/"' in page
    for text in ("One", "Two", "Three"):
        client.post("/p/ATLAS/briefs/1/lines/", {"kind": "accuracy", "text": text})
    brief.refresh_from_db()
    lines = {line.text: line.number for line in brief.lines.filter(kind="accuracy")}

    def order() -> list[str]:
        rows = brief.lines.filter(kind="accuracy", removed_at=None).order_by("position", "pk")
        return [row.text for row in rows if row.text in ("One", "Two", "Three")]

    def drop(text: str, before: object) -> Any:
        url = f"/p/ATLAS/briefs/1/lines/{lines[text]}/"
        body = {"act": "move", "before": before}
        return client.post(url, body, headers={"HX-Request": "true"})

    answer = drop("Three", lines["One"])
    assert answer.status_code == 204
    assert order() == ["Three", "One", "Two"]
    brief.refresh_from_db()
    assert json.loads(answer["HX-Trigger"])["version"] == brief.version
    assert drop("Three", "").status_code == 204
    assert order() == ["One", "Two", "Three"]
    assert drop("Three", "first").status_code == 422
    assert drop("Three", 999).status_code == 422
    assert order() == ["One", "Two", "Three"]


def test_a_change_is_confirmed_on_my_work_and_taken_back(
    cast: Cast, scene: tuple[Item, Brief, Increment]
) -> None:
    item, brief, _piece = scene
    owner = cast.actor("owner")
    Item.objects.filter(pk=item.pk).update(owner=cast.contributor)
    brief_signing.sign_off(actor=owner, brief=brief)
    brief_lines.reword_line(
        actor=owner, line=brief.lines.get(number=1), statement="Prices are gross"
    )
    compared = cast.client("viewer").get("/p/ATLAS/briefs/1/compare/").content.decode()
    assert "<del>net of tax</del><ins>gross</ins>" in compared.replace(
        "</del> <ins>", "</del><ins>"
    )
    brief_signing.sign_off(actor=owner, brief=brief, reason="Tax")
    row = Confirmation.objects.get()
    client = cast.client("contributor")
    for path in ("/p/ATLAS/work/", f"/items/{item.key}/", "/p/ATLAS/briefs/1/"):
        assert "Prices are gross" in client.get(path).content.decode(), path
    url = f"/p/ATLAS/confirmations/{row.pk}/"
    assert client.post(url, {"act": "rework"}).status_code == 422
    assert client.post(url, {"act": "rework", "note": "Redo scene 2"}).status_code == 302
    assert client.post(url, {"act": "confirmed"}).status_code == 409
    assert "Redo scene 2" in client.get("/p/ATLAS/briefs/1/").content.decode()
    client.post(url, {"act": "again"})
    row.refresh_from_db()
    assert row.state == "waiting"


def test_an_increment_is_walked_from_plan_to_learning(
    cast: Cast, scene: tuple[Item, Brief, Increment]
) -> None:
    item, brief, piece = scene
    base = f"/p/ATLAS/items/{item.key}/increments/"
    client = cast.client("contributor")
    made = client.post(
        base,
        {
            "title": "First scenes",
            "kind": kind(cast).pk,
            "due_on": "2030-01-10",
            "needs": [piece.pk],
            "criteria": "Read aloud in two minutes\n\nNo jargon",
        },
    )
    assert made["Location"].endswith("#plan")
    second = Increment.objects.get(number=2)
    assert second.criteria.count() == 2
    page = text_of(client.get(f"{base}2/"))
    assert "Production may not begin" in page
    assert "Ask to let it pass" in page
    assert client.post(f"{base}2/act/", {"act": "start"}).status_code == 409
    assert client.post(f"{base}2/gate/", {"reason": "Fair"}).status_code == 403
    client.post(f"{base}1/act/", {"act": "start"})
    client.post(f"{base}1/act/", {"act": "review"})
    assert client.post(f"{base}1/checkpoint/", {"act": "validate"}).status_code == 403
    cast.client("reviewer").post(f"{base}1/checkpoint/", {"act": "validate"})
    refused = client.post(f"{base}1/close/", {"output": "A map", "learning": ""})
    assert refused.status_code == 422
    client.post(f"{base}1/close/", {"output": "A map", "learning": "Start with the end"})
    passed = cast.client("owner").post(f"{base}2/gate/", {"reason": "The fair is on Monday"})
    assert passed.status_code == 302
    assert client.post(f"{base}2/act/", {"act": "start"}).status_code == 302
    client.post("/p/ATLAS/lines/", {"increment": second.key, "line": ["BR-1.1", "BR-1.2"]})
    page = text_of(client.get("/p/ATLAS/briefs/1/"))
    assert page.count(second.key) == 2
    criterion = second.criteria.order_by("pk")[0]
    client.post(f"{base}2/criteria/{criterion.pk}/", {"act": "verify"})
    assert "1 to verify" in text_of(client.get(f"{base}2/"))
    assert (
        "Start with the end" in client.get("/p/ATLAS/learnings/?q=end&brief=BR-1").content.decode()
    )
    client.post("/p/ATLAS/learnings/cite/", {"increment": piece.key, "brief": "BR-1"})
    assert "Start with the end" in client.get("/p/ATLAS/briefs/1/").content.decode()
    before = client.get(f"{base}2/cut/").content.decode()
    assert "Nothing else answers for BR-1.1" in before
    client.post(f"{base}2/cut/", {"reason": "Out of time"})
    after = text_of(client.get(f"{base}2/"))
    assert "Nothing else answers for BR-1.1" in after
    client.post(f"{base}2/act/", {"act": "restore"})
    second.refresh_from_db()
    assert second.state == "in_progress"


def test_the_plan_is_put_in_order_by_key_and_by_drop(
    cast: Cast, scene: tuple[Item, Brief, Increment]
) -> None:
    item = scene[0]
    for title in ("Two", "Three"):
        add(cast, item, title=title)
    url = f"/p/ATLAS/items/{item.key}/increments/move/"
    client = cast.client("owner")

    def order() -> list[int]:
        rows = item.increments.order_by("position", "pk")
        return list(rows.values_list("number", flat=True))

    client.post(url, {"item": 3, "to": "up"})
    assert order() == [1, 3, 2]
    client.post(url, {"item": 1, "to": "bottom"})
    assert order() == [3, 2, 1]
    dropped = client.post(url, {"item": 1, "before": 3}, headers={"HX-Request": "true"})
    assert dropped.status_code == 204
    assert order() == [1, 3, 2]
    client.post(url, {"item": 1, "before": ""})
    assert order() == [3, 2, 1]


def test_standards_kinds_and_templates(cast: Cast, scene: tuple[Item, Brief, Increment]) -> None:
    item, _brief, piece = scene
    client, worker = cast.client("owner"), cast.client("contributor")
    assert worker.post("/p/ATLAS/creative/standards/", {"name": "x"}).status_code == 403
    client.post(
        "/p/ATLAS/creative/standards/",
        {"name": "Motion", "kind": "motion", "body": "Ease out.", "reason": "First"},
    )
    standard = cast.a.standards.get()
    url = f"/p/ATLAS/creative/standards/{standard.pk}/"
    same = client.post(url, {"body": "Ease out.", "reason": "Again"})
    assert same.status_code == 409
    base = f"/p/ATLAS/items/{item.key}/increments/{piece.number}/"
    worker.post(f"{base}standards/", {"standard": standard.pk, "deviation": "No easing on maps"})
    client.post(url, {"body": "Ease in and out.", "reason": "Softer"})
    page = text_of(worker.get(base))
    assert "departs: No easing on maps" in page
    assert "version 2 is out" in page
    assert "No easing on maps" in client.get(url).content.decode()
    client.post("/p/ATLAS/creative/kinds/", {"name": "Sound sketch", "stage": 2})
    own = kind(cast, "sound_sketch")
    assert not own.production
    client.post(f"/p/ATLAS/creative/kinds/{own.pk}/", {"act": "retire"})
    own.refresh_from_db()
    assert own.retired_at
    add(cast, item, title="After the map", needs=[piece], criteria=[("True", "Read")])
    client.post(
        "/p/ATLAS/templates/",
        {"kind": "project", "name": "A tour", "item": item.key, "brief": "BR-1"},
    )
    template = Template.objects.get()
    other = accepted(cast)
    made = worker.post(
        f"/p/ATLAS/templates/{template.pk}/apply/", {"item": other.key, "title": "Tour two"}
    )
    assert made["Location"] == "/p/ATLAS/briefs/2/"
    copied = list(other.increments.order_by("number"))
    assert [each.title for each in copied] == ["The map", "After the map"]
    assert list(copied[1].needs.all()) == [copied[0]]
    assert copied[1].criteria.get().text == "True"
    assert Brief.objects.get(number=2).lines.count() == 3
    assert Brief.objects.get(number=2).inputs.get().state == "outstanding"


def test_late_and_undated_increments_stand_in_order_and_page(cast: Cast) -> None:
    from datetime import date, timedelta

    item = accepted(cast)
    today = date.today()
    for n in range(60):
        due = today + timedelta(days=n - 5) if n < 45 else None
        add(cast, item, title=f"Piece {n}", due_on=due)
    first = cast.client("viewer").get("/p/ATLAS/increments/").content.decode()
    assert "Without a date" in first
    assert len(re.findall(r">late<", first)) >= 4
    found = re.findall(r'href="\?(cursor=[^"]+)"', first)
    second = cast.client("viewer").get(f"/p/ATLAS/increments/?{found[0]}").content.decode()
    shown = [re.findall(r">Piece (\d+)<", page) for page in (first, second)]
    assert [len(each) for each in shown] == [50, 10]
    assert not set(shown[0]) & set(shown[1])
    late = cast.client("viewer").get("/p/ATLAS/increments/?late=true").content.decode()
    assert len(re.findall(r">Piece (\d+)<", late)) == 5


def test_a_closed_increment_ends_on_its_learning(cast: Cast) -> None:
    item = accepted(cast)
    piece = end(cast, begin(cast, add(cast, item, "narrative_map")))
    page = text_of(cast.client("viewer").get(f"/p/ATLAS/items/{item.key}/increments/1/"))
    assert "Short wins" in page
    assert piece.closed_by == cast.contributor


def test_blanks_attach_nothing_and_are_refused_in_words(cast: Cast) -> None:
    briefs.create_brief(actor=cast.actor("owner"), product=cast.a, title="The tour")
    refused = cast.client("owner").post("/p/ATLAS/briefs/1/items/", {"items": "   "})
    assert refused.status_code == 422
    assert "Give the key of an item." in refused.content.decode()
