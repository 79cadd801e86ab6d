"""The room and the pages around it, over HTTP, without script."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backlog.models import Decision, Item
from scoring.models import Attendee, Rating, RefinementSession, SessionNote, SessionTemplate, Vote
from scoring.services import ratings
from tests.cast import Cast
from tests.scoring.sessions.scene import accepted, criteria, entry_of, live, planned, vote

BASE = "/p/ATLAS/refinement/"


def plan(cast: Cast, **more: object) -> dict[str, object]:
    starts = timezone.now() + timedelta(days=2)
    return {
        "title": "Weekly",
        "starts_at": starts.strftime("%Y-%m-%dT%H:%M"),
        "box_minutes": 30,
        "minutes_each": 10,
        "facilitator": cast.owner.pk,
        "functions": ["engineering", "design"],
        f"person-{cast.contributor.pk}": "design",
        f"person-{cast.viewer.pk}": "invited",
        **more,
    }


def test_an_empty_list_says_what_a_session_is(cast: Cast) -> None:
    assert b"Plan the first session" in cast.client("owner").get(BASE).content
    assert b"can plan one" in cast.client("viewer").get(BASE).content


def test_planning_in_ones_own_zone_builds_the_agenda(cast: Cast) -> None:
    accepted(cast, *(f"Item {n}" for n in range(8)))
    cast.owner.time_zone = "Asia/Tokyo"
    cast.owner.save()
    client = cast.client("owner")
    answer = client.post(f"{BASE}new/", plan(cast, starts_at="2031-03-04T10:00"))
    session = RefinementSession.objects.get()
    assert answer["Location"] == f"{BASE}{session.pk}/"
    assert session.starts_at.isoformat() == "2031-03-04T01:00:00+00:00"
    assert session.entries.count() == 3
    assert dict(session.attendees.values_list("user__name", "function")) == {
        "Contributor": "design",
        "Viewer": "",
        "Owner": "",
    }
    page = client.get(answer["Location"]).content.decode()
    assert "Nobody speaks for: Engineering." in page
    assert "it cannot be ranked yet" in page.lower()
    assert "3 of 3 want your vote" in client.get(BASE).content.decode()
    assert (
        "3 of 3 items still want your vote"
        in cast.client("contributor").get("/p/ATLAS/work/").content.decode()
    )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"starts_at": "2020-01-01T10:00"}, "still to come"),
        ({"title": ""}, "required"),
        ({"box_minutes": 2}, "greater than or equal to 5"),
        ({"starts_at": "never"}, "valid date"),
    ],
)
def test_a_plan_that_cannot_be_says_why_and_keeps_what_was_typed(
    cast: Cast, values: dict[str, object], says: str
) -> None:
    answer = cast.client("owner").post(f"{BASE}new/", plan(cast, opening="Bring numbers", **values))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert "Bring numbers" in page
    assert not RefinementSession.objects.exists()


def test_two_who_change_the_plan_at_once(cast: Cast) -> None:
    session = planned(cast, now=timezone.now())
    first = cast.client("owner").post(
        f"{BASE}{session.pk}/edit/", plan(cast, title="Mine", version=1)
    )
    assert first.status_code == 302
    second = cast.client("administrator").post(
        f"{BASE}{session.pk}/edit/", plan(cast, title="Theirs", version=1)
    )
    assert second.status_code == 409
    assert b"Theirs" in second.content
    session.refresh_from_db()
    assert session.title == "Mine"


def test_a_whole_session_without_script(cast: Cast) -> None:
    session = live(cast, "One", "Two", "Three", now=timezone.now())
    entry = entry_of(session)
    base = f"{BASE}{session.pk}/"
    keys = criteria(cast)
    for who, level in (("contributor", 5), ("reviewer", 4), ("owner", 1)):
        votes = dict.fromkeys(keys, level) | {f"{keys[0]}-certainty": "certain"}
        answer = cast.client(who).post(f"{base}entries/{entry.pk}/vote/", {"round": 1, **votes})
        assert answer.status_code == 302
    page = cast.client("viewer").get(base).content.decode()
    assert page.count("has-voted") == 3
    lead = cast.client("owner")
    assert lead.post(f"{base}entries/{entry.pk}/flip/", {"round": 1}).status_code == 302
    page = cast.client("viewer").get(base).content.decode()
    assert "Owner 1 · Reviewer 4 · Contributor 5" in page
    assert "4 apart" in page
    lead.post(f"{base}entries/{entry.pk}/agree/", {"round": 1, keys[1]: "2.5"})
    lead.post(f"{base}entries/{entry.pk}/record/", {"round": 1, "note": "Heard both"})
    levels = dict(Rating.objects.filter(item=entry.item).values_list("criterion", "level"))
    assert levels == {keys[0]: 4.0, keys[1]: 2.5, keys[2]: 4.0}
    lead.post(
        f"{base}notes/",
        {"text": "Who pays?", "kind": "question", "owner": cast.contributor.pk, "entry": entry.pk},
    )
    answer = lead.post(f"{base}close/", {"summary": "Quick."})
    assert answer["Location"] == f"{base}minutes/"
    page = cast.client("viewer").get(answer["Location"]).content.decode()
    for words in ("Quick.", "Heard both", "Who pays?", "Not reached", "recorded as D-1"):
        assert words in page
    markdown = cast.client("viewer").get(f"{base}minutes/?as=markdown")
    assert markdown["Content-Type"].startswith("text/markdown")
    assert "- **ATLAS-" in markdown.content.decode()
    text = cast.client("viewer").get(f"{base}minutes/?as=text").content.decode()
    assert max(len(line) for line in text.splitlines()) <= 78
    assert Decision.objects.get().items.get() == entry.item
    # afterwards: locked, and what is open is with its owner
    for path in ("open/", "close/", "cancel/", f"entries/{entry.pk}/record/", "notes/"):
        data = {"round": 1, "text": "x", "kind": "question"}
        assert lead.post(base + path, data).status_code == 409, path
    work = cast.client("contributor").get("/p/ATLAS/work/").content.decode()
    assert "Who pays?" in work
    note = SessionNote.objects.get()
    cast.client("contributor").post(f"{base}notes/{note.pk}/settle/", {"next": "/p/ATLAS/work/"})
    assert "Who pays?" not in cast.client("contributor").get("/p/ATLAS/work/").content.decode()


def test_the_next_one_begins_with_what_was_not_reached(cast: Cast) -> None:
    now = timezone.now()
    session = live(cast, "One", "Two", "Three", now=now)
    lead = cast.client("owner")
    base = f"{BASE}{session.pk}/"
    first, second, third = session.entries.order_by("position")
    lead.post(f"{base}entries/{first.pk}/put-off/", {"note": "Ask first"})
    lead.post(f"{base}entries/{second.pk}/record/", {"round": 1})
    lead.post(f"{base}close/")
    answer = lead.post(f"{base}next/", {"days": 14})
    made = RefinementSession.objects.get(pk=int(answer["Location"].split("/")[-2]))
    assert (made.starts_at - session.starts_at).days == 14
    carried = [entry.item_id for entry in made.entries.order_by("position") if entry.by_hand]
    assert carried == [first.item_id, third.item_id]
    assert made.attendees.count() == session.attendees.count()


def test_a_poll_that_knows_gets_nothing_and_asks_three_queries(cast: Cast) -> None:
    session = live(cast, *(f"Item {n}" for n in range(10)), now=timezone.now())
    for who in ("contributor", "reviewer", "leadership"):
        vote(cast, session, who, now=timezone.now())
    client = cast.client("viewer")
    path = f"{BASE}{session.pk}/pulse/"
    found = client.get(path).json()
    assert found["voted"] == sorted(
        user.pk for user in (cast.contributor, cast.reviewer, cast.leadership)
    )
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path, {"known": found["tag"]}).status_code == 204
    assert len(asked) <= 3, [each["sql"] for each in asked]
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path, {"known": "0"}).status_code == 200
    assert len(asked) <= 3
    vote(cast, session, "owner", now=timezone.now())
    assert client.get(path, {"known": found["tag"]}).status_code == 200


def test_a_poll_takes_less_than_fifteen_milliseconds(cast: Cast) -> None:
    """Processor time, which other work on the machine does not lengthen."""
    session = live(cast, *(f"Item {n}" for n in range(10)), now=timezone.now())
    client = cast.client("viewer")
    path = f"{BASE}{session.pk}/pulse/"
    for _ in range(5):
        client.get(path)
    began = time.process_time()
    for _ in range(40):
        client.get(path, {"known": "0"})
    each = (time.process_time() - began) / 40
    print(f"poll: {each * 1000:.1f} ms")
    assert each < 0.015


def test_the_room_asks_no_more_for_more_entries(cast: Cast) -> None:
    accepted(cast, *(f"Item {n}" for n in range(30)))
    counts = []
    for minutes in (20, 3):
        session = planned(cast, minutes_each=minutes, now=timezone.now())
        cast.client("viewer").get(f"{BASE}{session.pk}/")  # what a process reads once
        with CaptureQueriesContext(connection) as asked:
            cast.client("viewer").get(f"{BASE}{session.pk}/")
        counts.append(len(asked))
        cast.client("owner").post(f"{BASE}{session.pk}/cancel/")
    assert counts[0] == counts[1]
    print("queries of the room:", counts)


def test_a_vote_before_the_first_sign_of_life_shows_its_voter_on_every_screen(cast: Cast) -> None:
    session = live(cast, "One")
    before = RefinementSession.objects.get(pk=session.pk).screen
    vote(cast, session, "contributor")
    joined = RefinementSession.objects.get(pk=session.pk).screen
    assert joined > before  # the others' screens fetch the list of who is there
    vote(cast, session, "contributor", 4)
    assert RefinementSession.objects.get(pk=session.pk).screen == joined


def test_presence_comes_from_screens_and_goes_by_itself(cast: Cast) -> None:
    session = live(cast, "One", now=timezone.now())
    fragment = {"HX-Request": "true"}
    path = f"{BASE}{session.pk}/here/"
    assert cast.client("contributor").post(path, headers=fragment).status_code == 204
    attendee = Attendee.objects.get(session=session, user=cast.contributor)
    assert attendee.joined_at
    found = cast.client("viewer").get(f"{BASE}{session.pk}/pulse/").json()
    assert found["present"] == [cast.contributor.pk]
    Attendee.objects.filter(pk=attendee.pk).update(seen_at=timezone.now() - timedelta(seconds=11))
    gone = cast.client("viewer").get(f"{BASE}{session.pk}/pulse/", {"known": found["tag"]})
    assert gone.json()["present"] == []
    # somebody with the link who was not invited belongs to it from then on
    cast.client("leadership").post(path, headers=fragment)
    assert Attendee.objects.filter(session=session, user=cast.leadership).exists()


def test_another_takes_over_and_the_one_before_is_told(cast: Cast) -> None:
    session = live(cast, "One", now=timezone.now())
    base = f"{BASE}{session.pk}/"
    entry = entry_of(session)
    early = cast.client("leadership").post(f"{base}entries/{entry.pk}/record/", {"round": 1})
    assert early.status_code == 409
    assert b"Owner runs this session now" in early.content
    cast.client("leadership").post(f"{base}take-over/", {"seen": cast.owner.pk})
    late = cast.client("owner").post(f"{base}entries/{entry.pk}/record/", {"round": 1})
    assert late.status_code == 409
    assert b"Leadership runs this session now" in late.content
    stale = cast.client("administrator").post(f"{base}take-over/", {"seen": cast.owner.pk})
    assert stale.status_code == 409


def test_the_agenda_by_hand(cast: Cast) -> None:
    made = accepted(cast, "One", "Two", "Three")
    session = planned(cast, box_minutes=12, minutes_each=6, now=timezone.now())
    assert session.entries.count() == 2
    there = set(session.entries.values_list("item_id", flat=True))
    left = next(item for item in made if item.pk not in there)
    lead, path = cast.client("owner"), f"{BASE}{session.pk}/agenda/"
    lead.post(path, {"do": "add", "item": f"ATLAS-{left.number}"})
    entry = session.entries.get(item=left)
    assert entry.by_hand
    lead.post(path, {"do": "up", "entry": entry.pk})
    lead.post(path, {"do": "up", "entry": entry.pk})
    assert session.entries.order_by("position").first() == entry
    again = lead.post(path, {"do": "add", "item": f"ATLAS-{left.number}"})
    assert again.status_code == 409
    lead.post(path, {"do": "rebuild"})
    assert session.entries.order_by("position").first() == entry
    assert session.entries.count() == 2
    lead.post(path, {"do": "remove", "entry": entry.pk})
    assert not session.entries.filter(item=left).exists()


def test_a_session_from_a_template(cast: Cast) -> None:
    session = planned(cast, opening="Bring numbers", minutes_each=9, now=timezone.now())
    lead = cast.client("owner")
    lead.post(f"{BASE}{session.pk}/template/", {"name": "Short"})
    template = SessionTemplate.objects.get()
    page = lead.get(f"{BASE}new/?template={template.pk}").content.decode()
    assert "Bring numbers" in page
    assert 'value="9"' in page
    lead.post(f"{BASE}new/?template={template.pk}", plan(cast))
    assert RefinementSession.objects.filter(template=template).count() == 1
    lead.post(f"{BASE}templates/{template.pk}/remove/")
    assert not SessionTemplate.objects.exists()


def test_a_vote_with_script_saves_one_criterion(cast: Cast) -> None:
    session = live(cast, "One", now=timezone.now())
    entry = entry_of(session)
    keys = criteria(cast)
    answer = cast.client("contributor").post(
        f"{BASE}{session.pk}/entries/{entry.pk}/vote/",
        {"round": 1, "changed": keys[0], keys[0]: "3", keys[1]: "5"},
        headers={"HX-Request": "true"},
    )
    assert answer.json() == {"saved": [keys[0]], "count": 1}
    assert Vote.objects.get().criterion == keys[0]
    for bad in ("6", "nan", "x"):
        wrong = cast.client("contributor").post(
            f"{BASE}{session.pk}/entries/{entry.pk}/vote/", {"round": 1, keys[0]: bad}
        )
        assert wrong.status_code == 422


def test_the_order_shows_what_recording_does_and_writes_nothing(cast: Cast) -> None:

    made = accepted(cast, *(f"Item {n}" for n in range(6)))
    keys = criteria(cast, 9)
    for place, item in enumerate(made):
        ratings.rate_item(
            actor=cast.actor("owner"),
            item=item,
            entries={key: ratings.Entry(1 + place * 0.6, "certain") for key in keys},
        )
    session = planned(cast, now=timezone.now())
    lead = cast.client("owner")
    base = f"{BASE}{session.pk}/"
    lead.post(f"{base}open/")
    entry = session.entries.get(item=made[0])  # the last of its queue
    lead.post(f"{base}entries/{entry.pk}/show/")
    vote(cast, session, "contributor", 5, entry=entry, keys=keys[:6], certainty="certain")
    lead.post(f"{base}entries/{entry.pk}/flip/", {"round": 1})
    before = Item.objects.get(pk=made[0].pk).summary.priority
    page = lead.get(base).content.decode()
    assert "rank 6 → 1" in page
    assert Item.objects.get(pk=made[0].pk).summary.priority == before
    lead.post(f"{base}entries/{entry.pk}/record/", {"round": 1})
    minutes_entry = session.entries.get(pk=entry.pk)
    assert minutes_entry.before["rank"] == 6
    assert minutes_entry.after["rank"] == 1


def test_the_agenda_prefers_what_stands_at_the_cut(cast: Cast) -> None:
    """Eight items of five points in a queue that gets sixteen: the third and fourth stand at the line."""
    made = accepted(cast, *(f"Item {n}" for n in range(8)), effort=5.0)
    for place, item in enumerate(made):
        ratings.rate_item(
            actor=cast.actor("owner"),
            item=item,
            entries={key: ratings.Entry(4.5 - place * 0.5, "certain") for key in criteria(cast, 9)},
        )
    session = planned(cast, box_minutes=12, minutes_each=6, now=timezone.now())
    entries = list(session.entries.order_by("position"))
    assert {entry.item_id for entry in entries} == {made[2].pk, made[3].pk}
    assert "points from the cut line" in entries[0].reasons[1]
    assert entries[0].factors["closeness"] == pytest.approx(entries[1].factors["closeness"])
