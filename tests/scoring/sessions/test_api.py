"""A session over the API alone, from plan to minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from backlog.models import Item
from scoring.models import Rating
from tests.cast import Cast
from tests.scoring.sessions.scene import accepted, criteria, live

BASE = "/api/v1/refinement-sessions/"


def ask(cast: Cast, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
    verb = getattr(cast.api(who), method)
    if method == "get":
        return verb(path, body or {})
    return verb(path, body or {}, content_type="application/json", headers=headers)


def test_a_session_by_the_api_alone(cast: Cast) -> None:
    made = accepted(cast, "One", "Two", "Three")
    starts = (timezone.now() + timedelta(days=1)).isoformat()
    answer = ask(
        cast,
        "owner",
        "post",
        BASE,
        {
            "product": "ATLAS",
            "title": "By machine",
            "starts_at": starts,
            "box_minutes": 12,
            "functions": ["design"],
            "attendees": [{"person": "contributor@example.org", "function": "design"}],
        },
    )
    assert answer.status_code == 201, answer.content
    session = answer.json()
    path = f"{BASE}{session['id']}/"
    assert session["missing_functions"] == []
    assert [each["person"] for each in session["attendees"]] == [
        "contributor@example.org",
        "owner@example.org",
    ]
    changed = ask(
        cast, "owner", "patch", path, {"title": "By a machine"}, **{"If-Match": answer["ETag"]}
    )
    assert changed.json()["title"] == "By a machine"
    assert changed.json()["box_minutes"] == 12
    stale = ask(cast, "owner", "patch", path, {"title": "x"}, **{"If-Match": answer["ETag"]})
    assert stale.status_code == 409
    assert ask(cast, "owner", "patch", path, {"title": "x"}).status_code == 428

    agenda = ask(cast, "viewer", "get", f"{path}agenda/").json()
    assert len(agenda) == 2
    assert all(each["why"].startswith("It cannot be ranked yet") for each in agenda)
    left = next(item for item in made if f"ATLAS-{item.number}" not in {e["item"] for e in agenda})
    added = ask(cast, "owner", "post", f"{path}agenda/", {"item": f"ATLAS-{left.number}"}).json()
    assert (added["place"], added["by_hand"]) == (3, True)
    entry = f"{path}entries/{added['id']}/"
    assert ask(cast, "owner", "patch", entry, {"place": 1}).json()["place"] == 1
    votes = [{"criterion": key, "level": 4} for key in criteria(cast)]
    mine = ask(cast, "contributor", "post", f"{entry}votes/", {"round": 1, "votes": votes})
    assert len(mine.json()["votes"]) == 3
    theirs = ask(cast, "owner", "get", f"{entry}votes/").json()
    assert (theirs["votes"], theirs["voted"]) == ([], ["contributor@example.org"])

    assert ask(cast, "leadership", "post", f"{path}open/").status_code == 409
    ask(cast, "leadership", "post", f"{path}take-over/")
    live = ask(cast, "leadership", "post", f"{path}open/").json()
    assert (live["state"], live["current"]) == ("live", added["id"])
    flipped = ask(cast, "leadership", "post", f"{entry}flip/", {"round": 1})
    assert flipped.json()["votes"][0]["person"] == "contributor@example.org"
    assert ask(cast, "leadership", "post", f"{entry}flip/", {"round": 1}).status_code == 409
    done = ask(
        cast,
        "leadership",
        "post",
        f"{entry}record/",
        {
            "round": 1,
            "ratings": [{"criterion": criteria(cast)[0], "level": 2.5}],
            "note": "So be it",
        },
    ).json()
    assert done["outcomes"][0]["kind"] == "rated"
    assert Rating.objects.get(item=left, criterion=criteria(cast)[0]).level == 2.5
    other = f"{path}entries/{agenda[0]['id']}/"
    assert ask(cast, "leadership", "post", f"{other}put-off/", {"note": "Later"}).status_code == 200
    note = ask(
        cast,
        "contributor",
        "post",
        f"{path}notes/",
        {"text": "Who pays?", "owner": "reviewer@example.org", "entry": added["id"]},
    ).json()
    assert ask(cast, "viewer", "get", f"{path}minutes/").status_code == 409
    closed = ask(cast, "leadership", "post", f"{path}close/", {"summary": "Quick."}).json()
    assert closed["state"] == "closed"
    minutes = ask(cast, "viewer", "get", f"{path}minutes/").json()
    assert [each["key"] for each in minutes["entries"]] == [added["item"], agenda[0]["item"]]
    assert minutes["notes"][0]["text"] == "Who pays?"
    settled = ask(cast, "reviewer", "post", f"{path}notes/{note['id']}/settle/", {"settled": True})
    assert settled.json()["settled_at"]
    following = ask(cast, "owner", "post", f"{path}next/", {"days": 7})
    assert following.status_code == 201
    listed = ask(cast, "viewer", "get", BASE, {"product": "ATLAS", "state": "closed"}).json()
    assert [each["id"] for each in listed["results"]] == [session["id"]]
    kept = ask(
        cast, "owner", "post", "/api/v1/refinement-templates/",
        {"name": "Short", "session": session["id"]},
    )  # fmt: skip
    assert kept.status_code == 201
    assert (
        ask(cast, "viewer", "get", "/api/v1/refinement-templates/", {"product": "ATLAS"}).json()[0][
            "name"
        ]
        == "Short"
    )


def test_the_pulse_and_what_is_refused(cast: Cast) -> None:
    starts = (timezone.now() + timedelta(days=1)).isoformat()
    body = {"product": "ATLAS", "title": "T", "starts_at": starts}
    session = ask(cast, "owner", "post", BASE, body).json()
    path = f"{BASE}{session['id']}/"
    found = ask(cast, "viewer", "get", f"{path}pulse/").json()
    assert ask(cast, "viewer", "get", f"{path}pulse/", {"known": found["tag"]}).status_code == 204
    assert ask(cast, "viewer", "get", BASE).status_code == 400
    assert ask(cast, "viewer", "get", BASE, {"product": "ATLAS", "state": "x"}).status_code == 400
    assert ask(cast, "viewer", "get", BASE, {"product": "ATLAS", "x": "y"}).status_code == 400
    assert ask(cast, "outsider", "get", f"{path}pulse/").status_code == 404
    assert ask(cast, "contributor", "post", f"{path}cancel/").status_code == 403
    off = ask(cast, "owner", "post", f"{path}cancel/", {"reason": "Ill"})
    assert off.json()["state"] == "cancelled"
    assert ask(cast, "owner", "post", f"{path}open/").status_code == 409


def test_what_the_room_does_to_an_item_it_does_over_the_api_too(cast: Cast) -> None:
    session = live(cast, "One", "Two", "Three")
    rows = {each.item.title: each for each in session.entries.select_related("item")}

    def act(title: str, verb: str, body: dict[str, Any], status: int = 200) -> Any:
        path = f"{BASE}{session.pk}/entries/{rows[title].pk}/{verb}/"
        answer = ask(cast, "owner", "post", path, body)
        assert answer.status_code == status, answer.content
        return answer.json()

    edited = act("One", "edit", {"title": "One, smaller", "effort": 2, "criteria": ["It holds."]})
    assert edited["after"]["title"] == "One, smaller"
    assert edited["after"]["criteria"] == ["It holds."]
    stale = act("One", "edit", {"title": "Mine", "version": 1}, status=409)
    assert stale["code"] == "stale"
    parted = act("Two", "split", {"parts": [{"title": "A"}, {"title": "B", "effort": 3}]})
    assert Item.objects.get(title="B").effort == 3
    act("Two", "take-back", {"batch": parted["outcomes"][-1]["batch"]})
    assert not Item.objects.filter(title="B").exclude(state="declined").exists()
    assert Item.objects.get(title="Two").state == "accepted"
    act("Two", "take-back", {"batch": parted["outcomes"][-1]["batch"]}, status=409)
    act("Two", "requeue", {"queue": "stability", "reason": "It breaks daily."})
    assert Item.objects.get(title="Two").queue.kind == "stability"
    act("Two", "merge", {"into": Item.objects.get(title="Three").key})
    assert Item.objects.get(title="Two").state == "declined"
    act("Three", "park", {"until": "2999-01-01", "reason": "Later."})
    assert Item.objects.get(title="Three").state == "parked"
    act("Three", "reopen", {})
    path = f"{BASE}{session.pk}/entries/{rows['One'].pk}/edit/"
    refused = ask(cast, "contributor", "post", path, {"title": "No"})
    assert refused.status_code == 403
