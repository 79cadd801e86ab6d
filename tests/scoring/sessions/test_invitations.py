"""Mails with a calendar file: sent by a worker after the commit, once, and again when the plan changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import TestCase
from pytest_django import Settings

from accounts import demo
from backlog.services import members
from scoring.jobs import invitations
from scoring.models import Attendee
from scoring.services.sessions import planning
from tests.cast import Cast
from tests.scoring.sessions.scene import NOW, accepted, planned
from tests.scoring.sessions.test_calendars import read


def calendar(message: Any) -> dict[str, str]:
    name, content, kind = message.attachments[0]
    assert name == "invite.ics"
    assert kind.startswith("text/calendar; method=")
    return dict(read(content.encode() if isinstance(content, str) else content))


def by_address() -> dict[str, Any]:
    found = {message.to[0].split("@")[0]: message for message in mail.outbox}
    assert len(found) == len(mail.outbox)
    return found


def test_planning_changing_and_cancelling_reach_calendars(cast: Cast) -> None:
    accepted(cast, "One")
    cast.contributor.time_zone = "Asia/Tokyo"
    cast.contributor.save()
    with TestCase.captureOnCommitCallbacks(execute=True):
        session = planned(cast)
        assert not mail.outbox, "not before the commit"
    sent = by_address()
    assert sorted(sent) == ["contributor", "owner", "reviewer"]
    assert sent["contributor"].subject == "Invitation: Weekly refinement"
    assert "Wednesday 13 May 2026, 21:00 (JST)" in sent["contributor"].body
    assert "* ATLAS-1 One" in sent["contributor"].body
    first = calendar(sent["contributor"])
    assert (first["METHOD"], first["SEQUENCE"], first["DTSTART"]) == (
        "REQUEST",
        "0",
        "20260513T120000Z",
    )
    assert invitations.send_waiting() == 0

    mail.outbox.clear()
    with TestCase.captureOnCommitCallbacks(execute=True):
        planning.change_session(
            actor=cast.actor("owner"),
            session=session,
            plan=planning.Plan(
                "Weekly refinement",
                NOW + timedelta(days=2),
                attendees={cast.contributor: "", cast.leadership: ""},
            ),
            now=NOW,
        )
    sent = by_address()
    assert sorted(sent) == ["contributor", "leadership", "owner", "reviewer"]
    assert sent["contributor"].subject == "Changed: Weekly refinement"
    assert sent["leadership"].subject == "Invitation: Weekly refinement"
    assert calendar(sent["contributor"])["SEQUENCE"] == "1"
    assert calendar(sent["contributor"])["UID"] == first["UID"]
    gone = calendar(sent["reviewer"])
    assert (gone["METHOD"], gone["STATUS"]) == ("CANCEL", "CANCELLED")

    mail.outbox.clear()
    with TestCase.captureOnCommitCallbacks(execute=True):
        planning.cancel_session(
            actor=cast.actor("owner"), session=session, reason="Everybody is ill", now=NOW
        )
    sent = by_address()
    assert sorted(sent) == ["contributor", "leadership", "owner"]
    assert "Everybody is ill" in sent["contributor"].body
    off = calendar(sent["contributor"])
    assert (off["METHOD"], off["SEQUENCE"], off["UID"]) == ("CANCEL", "2", first["UID"])


def test_what_no_calendar_shows_sends_nothing(cast: Cast) -> None:
    session = planned(cast)
    invitations.send_waiting()
    mail.outbox.clear()
    planning.change_session(
        actor=cast.actor("owner"),
        session=session,
        plan=planning.Plan(
            session.title, session.starts_at, minutes_each=9, opening="Read this first"
        ),
        now=NOW,
    )
    assert invitations.send_waiting() == 0
    session.refresh_from_db()
    assert (session.sequence, session.version) == (0, 2)


def test_whoever_left_is_not_invited(cast: Cast) -> None:
    planned(cast)
    members.remove_member(
        actor=cast.actor("administrator"),
        membership=cast.a.memberships.select_related("product", "user").get(user=cast.contributor),
    )
    invitations.send_waiting()
    assert sorted(by_address()) == ["owner", "reviewer"]


def test_people_of_the_example_get_no_mail(cast: Cast) -> None:
    cast.contributor.email = f"cora@{demo.DOMAIN}"
    cast.contributor.save()
    planned(cast)
    invitations.send_waiting()
    assert sorted(by_address()) == ["owner", "reviewer"]


def test_a_mail_server_that_is_away_loses_no_invitation(cast: Cast, settings: Settings) -> None:
    planned(cast)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert invitations.send_waiting(NOW + timedelta(seconds=1)) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert invitations.send_waiting(NOW + timedelta(seconds=30)) == 0, "it waits a little"
    assert invitations.send_waiting(NOW + timedelta(minutes=5)) == 3
    assert invitations.send_waiting(NOW + timedelta(minutes=5)) == 0


@pytest.mark.parametrize("state", ["planned", "cancelled"])
def test_the_file_on_the_page(cast: Cast, state: str) -> None:
    session = planned(cast)
    if state == "cancelled":
        planning.cancel_session(actor=cast.actor("owner"), session=session, now=NOW)
    answer = cast.client("viewer").get(f"/p/ATLAS/refinement/{session.pk}/calendar/")
    assert answer["Content-Type"].startswith("text/calendar")
    assert 'filename="weekly-refinement.ics"' in answer["Content-Disposition"]
    found = dict(read(answer.content))
    assert found["METHOD"] == ("CANCEL" if state == "cancelled" else "REQUEST")
    assert Attendee.objects.count() == 3
