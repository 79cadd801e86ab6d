"""Templates in the browser and over the API: written, kept, edited, copied, retired, and what is made from them."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from backlog.models import Brief, Item, Template
from tests.backlog.making import make
from tests.backlog.test_increment_rules import kind
from tests.cast import Cast

BASE = "/p/ATLAS/templates/"


def rows(prefix: str, *said: dict[str, Any], there: int = 0) -> dict[str, Any]:
    """What the page sends for rows of a form, of which ``there`` stood on it."""
    found: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(said),
        f"{prefix}-INITIAL_FORMS": there,
    }
    for place, row in enumerate(said):
        found |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return found


MAP = {"title": "The map", "kind": "narrative_map", "due_day": 3, "is_checkpoint": "on"}
FILM = {
    "title": "The film",
    "kind": "motion_test",
    "from_day": 3,
    "needs": "1",
    "criteria": "Under two minutes | With a watch\nQuiet",
}


def written(cast: Cast) -> Template:
    body = {"name": "A film", **rows("increments", MAP, FILM, {"kind": "narrative_map"})}
    answer = cast.client("owner").post(f"{BASE}new/?kind=increment_plan", body)
    assert answer.status_code == 302, answer.content.decode()
    return Template.objects.get()


def test_a_plan_is_written_and_edited_and_a_stale_edit_is_refused(cast: Cast) -> None:
    found, client = written(cast), cast.client("owner")
    first, second = found.body["increments"]
    assert (first["title"], first["due_day"], first["is_checkpoint"]) == ("The map", 3, True)
    assert second["needs"] == [0]
    assert second["criteria"] == [["Under two minutes", "With a watch"], ["Quiet", ""]]
    page = client.get(f"{BASE}{found.pk}/").content.decode()
    assert "Under two minutes | With a watch" in page
    # a row that others need cannot go without them; once nothing needs it, places close up
    drop = {**MAP, "DELETE": "on"}
    body = {"name": "A film", "version": 1, **rows("increments", drop, FILM, there=2)}
    assert client.post(f"{BASE}{found.pk}/", body).status_code == 422
    body |= {"increments-1-needs": "", "description": "Short ones"}
    assert client.post(f"{BASE}{found.pk}/", body).status_code == 302
    found.refresh_from_db()
    assert [row["title"] for row in found.body["increments"]] == ["The film"]
    assert (found.version, found.description) == (2, "Short ones")
    late = client.post(f"{BASE}{found.pk}/", {**body, "name": "Late"})
    assert late.status_code == 409
    assert "was changed by somebody else" in late.content.decode()
    assert Template.objects.get().name == "A film"


def test_copied_retired_and_offered_again(cast: Cast) -> None:
    found, client = written(cast), cast.client("owner")
    page = client.get(f"{BASE}new/?copy={found.pk}").content.decode()
    assert "A film, copy" in page
    assert Template.objects.count() == 1  # looking copies nothing
    client.post(f"{BASE}{found.pk}/offer/", {"act": "retire"})
    item = make(cast)
    assert client.post(f"{BASE}{found.pk}/apply/", {"item": item.key}).status_code == 409
    assert "1 retired template" in client.get(BASE).content.decode()
    client.post(f"{BASE}{found.pk}/offer/", {"act": "offer"})
    assert client.post(f"{BASE}{found.pk}/apply/", {"item": item.key}).status_code == 302
    assert item.increments.count() == 2


def test_what_it_is_good_for_is_not_what_the_item_says(cast: Cast) -> None:
    client = cast.client("owner")
    form = {"name": "Tour", "description": "For films of a day.", "item-title": "A tour"}
    form |= {"item-description": "Walk **through**", "item-kind": "task"}
    assert client.post(f"{BASE}new/?kind=item", form).status_code == 302
    found = Template.objects.get(name="Tour")
    assert found.description == "For films of a day."
    assert (found.body["title"], found.body["description"]) == ("A tour", "Walk **through**")
    page = client.get(f"{BASE}{found.pk}/").content.decode()
    assert "For films of a day." in page
    assert "Walk **through**</textarea>" in page


def test_an_item_begins_with_a_template(cast: Cast) -> None:
    client = cast.client("owner")
    item = make(cast, title="A tour", description="Walk **through**", labels=[], effort=3)
    client.post(f"/items/{item.key}/criteria/", {"text": "All doors open"})
    kept = {"kind": "item", "name": "Tour", "item": item.key}
    assert client.post(BASE, kept).status_code == 302
    found = Template.objects.get()
    assert found.body["criteria"] == [["All doors open", ""]]
    page = client.get(f"/p/ATLAS/items/new/?template={found.pk}").content.decode()
    assert "Walk **through**" in page
    assert "All doors open" in page
    client.post(f"/p/ATLAS/items/new/?template={found.pk}", {"title": "Tour two", "kind": "task"})
    made = Item.objects.get(title="Tour two")
    assert made.criteria.get().text == "All doors open"
    client.post(f"{BASE}{found.pk}/offer/", {"act": "retire"})
    assert client.get(f"/p/ATLAS/items/new/?template={found.pk}").status_code == 404


def test_a_brief_is_written_as_a_template_and_begun_by_it(cast: Cast) -> None:
    client = cast.client("owner")
    body = {
        "name": "Training",
        "words-audience": "New crews",
        **rows("lines", {"text": "Net prices", "kind": "accuracy"}, {"kind": "accuracy"}),
        **rows("inputs", {"what": "Prices", "function": "Sales"}),
        **rows(
            "signals",
            {"name": "Calls", "target": "5", "higher_is_better": "no", "source": "Desk"},
            {"higher_is_better": "yes"},
        ),
    }
    answer = client.post(f"{BASE}new/?kind=brief", body)
    assert answer.status_code == 302, answer.content.decode()
    found = Template.objects.get()
    client.post("/p/ATLAS/briefs/new/", {"title": "Crews", "template": found.pk})
    made = Brief.objects.get()
    assert made.audience == "New crews"
    assert made.lines.get().text == "Net prices"
    assert not made.signals.get().higher_is_better


def test_a_review_plan_is_kept_and_begins_another(cast: Cast) -> None:
    client = cast.client("owner")
    plan = cast.a.review_plans.get()
    plan.steps.filter(step=0).update(quorum=1, deadline_hours=8)
    client.post(BASE, {"kind": "review_plan", "name": "Usual", "plan": plan.pk})
    found = Template.objects.get()
    assert len(found.body["steps"]) == plan.steps.count()
    # editing in the browser keeps what the page does not ask for
    first = found.body["steps"][0]["layer"]
    client.post(f"{BASE}{found.pk}/", {"name": "Usual", "version": 1, f"step_{first}": 1})
    found.refresh_from_db()
    one = {"layer": first, "step": 0, "quorum": 1, "deadline_hours": 8}
    assert found.body == {"steps": [one]}
    url = f"/p/ATLAS/reviews/plans/new/?template={found.pk}"
    assert "Usual" in client.get(url).content.decode()
    chosen = kind(cast, "motion_test")
    client.post(url, {"name": "Films", "kind": chosen.pk, f"step_{first}": 1})
    made = cast.a.review_plans.get(name="Films").steps.get()
    assert (made.layer.slug, made.quorum, made.deadline_hours) == (first, 1, 8)


def test_over_the_api(cast: Cast) -> None:
    base = "/api/v1/products/ATLAS/templates/"

    def send(method: str, path: str, body: dict[str, Any], version: str = "") -> HttpResponse:
        headers = {"If-Match": f'"{version}"'} if version else {}
        return getattr(cast.api("owner"), method)(
            path, json.dumps(body), content_type="application/json", headers=headers
        )

    plan = cast.a.review_plans.get()
    made = send("post", base, {"kind": "review_plan", "name": "Usual", "review_plan": plan.pk})
    assert made.status_code == 201, made.content
    row = made.json()
    one = f"{base}{row['id']}/"
    body = {"name": "Usual", "body": {"steps": [{"layer": "nobody", "step": 0}]}}
    assert send("put", one, body, "9").status_code in (409, 412)
    assert send("put", one, body, "1").json()["version"] == 2
    refused = send("post", f"{one}apply/", {"title": "Films", "increment_kind": "motion_test"})
    assert refused.json()["code"] == "no_such_layer"
    send("put", one, {"name": "Usual", "body": row["body"]}, "2")
    done = send("post", f"{one}apply/", {"title": "Films", "increment_kind": "motion_test"})
    assert cast.a.review_plans.get(pk=done.json()["review_plan"]).increment_kind is not None
    assert send("post", f"{one}retire/", {"retired": True}).json()["retired"]
    assert send("post", f"{one}apply/", {"title": "More"}).status_code == 409
    bad = send("post", base, {"kind": "item", "name": "B", "body": {"title": "T", "effort": "x"}})
    assert bad.status_code == 400
    assert "body" in bad.json()["fields"]
    send("post", base, {"kind": "item", "name": "B", "body": {"title": "T", "labels": ["new"]}})
    item = Template.objects.get(name="B")
    key = send("post", f"{base}{item.pk}/apply/", {}).json()["item"]
    assert Item.objects.get(number=int(key.split("-")[1])).labels.get().name == "new"
