"""Nobody sees a vote before it is turned over: not on a page, in an answer, the log, a rating, a digest or a count."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backlog.models import Change, Item
from scoring.models import Rating, RefinementSession, Vote
from scoring.services.sessions import closing, deciding, voting
from tests.cast import MEMBERS, Cast
from tests.scoring.sessions.scene import (
    NOW,
    accepted,
    criteria,
    entry_of,
    flip,
    live,
    planned,
    vote,
)

SECRET = 4.375  #: a level that nothing else on any page is


def doors(cast: Cast, session: RefinementSession, who: str) -> dict[str, bytes]:
    """Everything that could tell of a vote, as this member reads it."""
    key, entry = cast.a.key, entry_of(session)
    item = f"{key}-{entry.item.number}"
    page, api = cast.client(who), cast.api(who)
    base = f"/p/{key}/refinement/{session.pk}/"
    rest = f"/api/v1/refinement-sessions/{session.pk}/"
    asked: list[tuple[Client, str, bool]] = [
        (page, base, False),
        (page, base, True),
        (page, f"{base}?entry={entry.pk}", True),
        (page, f"{base}pulse/", False),
        (page, f"{base}minutes/", False),
        (page, f"/p/{key}/refinement/", False),
        (page, f"/p/{key}/work/", False),
        (page, f"/items/{item}/", False),
        (page, f"/items/{item}/history/", False),
        (page, f"/items/{item}/panel/", False),
        (page, f"/p/{key}/digest/", False),
        (page, f"/p/{key}/backlog/", False),
        (api, rest, False),
        (api, f"{rest}agenda/", False),
        (api, f"{rest}pulse/", False),
        (api, f"{rest}entries/{entry.pk}/votes/", False),
        (api, f"/api/v1/items/{item}/", False),
        (api, f"/api/v1/items/{item}/ratings/", False),
        (api, f"/api/v1/items/{item}/changes/", False),
        (api, f"/api/v1/items/{item}/scores/", False),
        (api, f"/api/v1/products/{key}/digest/", False),
    ]
    found = {}
    for client, path, part in asked:
        answer = client.get(path, headers={"HX-Request": "true"} if part else {})
        assert answer.status_code in (200, 204, 302, 409, 404), (path, answer.status_code)
        found[f"{path} {'part' if part else ''}"] = answer.content
    return found


def told(found: dict[str, bytes]) -> list[str]:
    return [path for path, content in found.items() if b"4.375" in content]


@pytest.mark.slow
def test_no_door_tells_a_vote_before_the_flip(cast: Cast) -> None:
    session = live(cast, "One")
    vote(cast, session, "contributor", SECRET, certainty="certain")
    vote(cast, session, "reviewer", SECRET)
    for who in MEMBERS:
        found = doors(cast, session, who)
        own = who in ("contributor", "reviewer")
        if not own:
            assert told(found) == [], who
        else:  # of one's own only
            votes = found[
                f"/api/v1/refinement-sessions/{session.pk}/entries/{entry_of(session).pk}/votes/ "
            ].decode()
            assert votes.count("4.375") == len(criteria(cast))
    assert not Change.objects.filter(verb="session.voted").exists()
    assert not Rating.objects.exists()
    flip(cast, session)
    after = doors(cast, session, "viewer")
    assert told(after), "once they are turned over the same doors do tell, so the search can find"
    assert Change.objects.filter(verb="session.voted").count() == 1


def test_votes_before_the_session_are_as_blind(cast: Cast) -> None:
    accepted(cast, "One")
    session = planned(cast)
    vote(cast, session, "contributor", SECRET)
    for who in ("viewer", "owner", "administrator"):
        assert told(doors(cast, session, who)) == [], who


def test_a_new_round_is_blind_again(cast: Cast) -> None:
    session = live(cast, "One")
    entry = entry_of(session)
    vote(cast, session, "contributor", 2)
    flip(cast, session)
    voting.new_round(
        actor=cast.actor("owner"), session=session, entry_id=entry.pk, round=1, now=NOW
    )
    vote(cast, session, "contributor", SECRET, round=2)
    assert told(doors(cast, session, "owner")) == []
    row = cast.api("owner").get(
        f"/api/v1/refinement-sessions/{session.pk}/entries/{entry.pk}/votes/"
    )
    assert row.json()["votes"] == []
    assert row.json()["voted"] == ["contributor@example.org"]


def test_what_was_never_turned_over_stays_blind_in_the_minutes(cast: Cast) -> None:
    session = live(cast, "One", "Two")
    vote(cast, session, "contributor", SECRET, entry=entry_of(session))
    other = session.entries.exclude(pk=entry_of(session).pk).get()
    deciding.show(actor=cast.actor("owner"), session=session, entry_id=other.pk, now=NOW)
    deciding.record(actor=cast.actor("owner"), session=session, entry_id=other.pk, round=1, now=NOW)
    closed = closing.close_session(
        actor=cast.actor("owner"), session=session, now=NOW + timedelta(hours=1)
    )
    assert "4.375" not in str(closed.minutes)
    assert told(doors(cast, closed, "administrator")) == []
    assert Vote.objects.exists()


CHANGING = re.compile(
    rb'csrfmiddlewaretoken" value="[^"]*"|data-(tag|now|screen)="[^"]*"|csrf-token" content="[^"]*"'
)


def test_counts_say_no_more_than_who_has_voted(cast: Cast) -> None:
    """The pulse and the screen of somebody else are the same, byte for byte, whatever was voted."""
    session = live(cast, "One")
    seen, screens = [], []
    for level in (0, 5):
        vote(cast, session, "contributor", level, now=timezone.now())
        screen = cast.client("owner").get(
            f"/p/ATLAS/refinement/{session.pk}/", headers={"HX-Request": "true"}
        )
        screens.append(CHANGING.sub(b"", screen.content))
        pulse = cast.client("viewer").get(f"/p/ATLAS/refinement/{session.pk}/pulse/").json()
        pulse.pop("tag")
        pulse.pop("revision")
        seen.append(pulse)
    assert seen[0] == seen[1]
    assert screens[0] == screens[1]
    assert seen[0]["voted"] == [cast.contributor.pk]
    assert Item.objects.count() == 1
