"""Mails about notices: as each person wants them, joined, once, with a way out."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import demo
from accounts.models import Membership
from backlog.services import comments
from notices.jobs.following import follow
from notices.jobs.mailing import send_due
from notices.models import Notice
from notices.services.preferences import set_ways, ways_of
from tests.backlog.making import make
from tests.cast import Cast
from tests.insights.outbox import SCRIPT, refused
from tests.reviews.rounds import start

pytestmark = pytest.mark.usefixtures("sound")


def mention(cast: Cast, *words: str, way: str = "mail") -> None:
    """Mentions of the viewer by the owner, made into notices."""
    set_ways(actor=cast.actor("viewer"), product=cast.a, ways={"mention": way})
    item = make(cast)
    for each in words:
        comments.add_comment(actor=cast.actor("owner"), item=item, body=f"@viewer {each}")
    follow(cast.a.pk)


def test_who_is_asked_for_a_verdict_gets_a_mail_at_once(cast: Cast) -> None:
    cycle = start(cast)
    follow(cast.a.pk)
    assert (send_due(), send_due()) == (1, 0)
    (sent,) = mail.outbox
    assert sent.to == ["reviewer@example.org"]
    assert sent.subject == "Contributor asks for your verdict on “script”, version 1."
    assert f"http://testserver/p/ATLAS/reviews/{cycle.pk}/" in sent.body
    assert "/p/ATLAS/notifications/ways/" in sent.body


def test_several_come_as_one(cast: Cast) -> None:
    mention(cast, "one", "two")
    assert send_due() == 1
    (sent,) = mail.outbox
    assert sent.subject == "Atlas: 2 notifications"
    assert sent.body.index("@viewer one") < sent.body.index("@viewer two")


@pytest.mark.parametrize("way", ["inbox", "off"])
def test_what_is_not_wanted_by_mail_is_not_mailed(cast: Cast, way: str) -> None:
    mention(cast, "one", way=way)
    assert Notice.objects.count() == (way == "inbox")
    assert send_due() == 0


def test_what_was_read_or_may_not_be_seen_any_more_is_not_mailed(cast: Cast) -> None:
    mention(cast, "one", "two")
    Notice.objects.update(read_at=timezone.now())
    assert send_due() == 0
    mention(cast, "three")
    Membership.objects.filter(product=cast.a, user=cast.viewer).delete()
    assert send_due() == 0
    assert mail.outbox == []


def test_people_of_the_example_are_never_mailed(cast: Cast, settings: Settings) -> None:
    settings.BALLAST_DEMO = True
    cast.viewer.email = f"viewer@{demo.DOMAIN}"
    cast.viewer.save()
    mention(cast, "one")
    assert Notice.objects.get().to_mail is True
    assert send_due() == 0
    assert mail.outbox == []


def test_a_server_that_refuses_gets_it_once_and_the_others_go_out(
    cast: Cast, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "tests.insights.outbox.Scripted"
    SCRIPT["viewer"] = refused(550)
    try:
        mention(cast, "one")
        start(cast)
        follow(cast.a.pk)
        assert send_due() == 1
        assert send_due() == 0
    finally:
        SCRIPT.clear()
    assert [each.to for each in mail.outbox] == [["reviewer@example.org"]]


def test_a_mail_speaks_its_readers_language_or_the_installations(cast: Cast) -> None:
    cast.viewer.language = "xx"
    cast.viewer.save()
    mention(cast, "one")
    assert send_due() == 1
    assert mail.outbox[0].body.startswith("Hello Viewer,")


def test_every_mail_carries_a_way_out_that_needs_no_account(cast: Cast) -> None:
    mention(cast, "one")
    send_due()
    sent = mail.outbox[0]
    link = re.fullmatch(
        r"<http://testserver(/notifications/stop/\S+/)>", sent.extra_headers["List-Unsubscribe"]
    )
    assert link is not None
    assert link[1] in sent.body
    program = Client(enforce_csrf_checks=True)
    assert "Stop the mails?" in program.get(link[1]).content.decode()
    assert ways_of(cast.viewer, cast.a)["mention"] == "mail", "a GET ends nothing"
    mention(cast, "two")
    answer = program.post(link[1], {"List-Unsubscribe": "One-Click"})
    assert "The mails are stopped" in answer.content.decode()
    assert set(ways_of(cast.viewer, cast.a).values()) == {"inbox"}
    assert ways_of(cast.viewer, cast.b)["review"] == "mail", "of this product alone"
    assert send_due() == 0, "nor what waits"
    assert program.get(f"{link[1][:-2]}x/").status_code == 404


def test_ways_are_chosen_on_their_page(cast: Cast) -> None:
    client, address = cast.client("viewer"), "/p/ATLAS/notifications/ways/"
    page = client.get(address).content.decode()
    assert re.search(r'name="review".*?value="mail" selected', page, re.DOTALL)
    assert client.post(address, {"review": "inbox"}).status_code == 422
    chosen = dict.fromkeys(ways_of(cast.viewer, cast.a), "off")
    assert client.post(address, chosen).status_code == 302
    assert ways_of(cast.viewer, cast.a) == chosen
