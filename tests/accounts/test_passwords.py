"""Changing a password, and getting a new one by mail."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.jobs.resets import send_waiting
from accounts.models import AttemptCount, ResetRequest, User
from tests.cast import PASSWORD, Cast

NEW = "quarry-velvet-tide"


def ask(email: str = "viewer@example.org", client: Client | None = None) -> bytes:
    answer = (client or Client()).post("/forgot-password/", {"email": email}, follow=True)
    assert answer.status_code == 200
    return re.sub(rb'"[A-Za-z0-9]{64}"', b"", answer.content)


def link_of(message: mail.EmailMessage) -> str:
    found = re.search(r"http://testserver(/new-password/\S+)", str(message.body))
    assert found
    return found[1]


def test_the_answer_is_the_same_for_every_address(cast: Cast) -> None:
    assert ask("viewer@example.org") == ask("nobody@example.org")
    assert ResetRequest.objects.count() == 2
    assert send_waiting() == 1
    assert [message.to for message in mail.outbox] == [["viewer@example.org"]]
    assert send_waiting() == 0


def test_the_link_sets_a_password_once(cast: Cast) -> None:
    ask()
    send_waiting()
    link, client = link_of(mail.outbox[0]), Client()
    assert client.get(link).status_code == 200
    assert client.post(link, {"new": "short"}).status_code == 422
    assert client.post(link, {"new": NEW}).status_code == 302
    assert client.get(link).status_code == 410
    assert client.post(link, {"new": "another-quiet-harbour"}).status_code == 410
    cast.viewer.refresh_from_db()
    assert cast.viewer.check_password(NEW)


def test_the_link_ends_after_an_hour(cast: Cast) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        ask()
        send_waiting()
        link = link_of(mail.outbox[0])
        clock.shift(timedelta(minutes=59))
        assert Client().get(link).status_code == 200
        clock.shift(timedelta(minutes=2))
        assert Client().get(link).status_code == 410


def test_the_link_of_one_person_does_nothing_for_another(cast: Cast) -> None:
    ask()
    ask("owner@example.org")
    send_waiting()
    first, second = (link_of(message).split("/") for message in mail.outbox)
    mixed = "/".join([*first[:3], *second[3:]])
    assert Client().get(mixed).status_code == 410
    for bad in (
        "/new-password/x/y/",
        "/new-password/MQ/0-0/",
        "/new-password/%00/y/",
        "/new-password/OTk5OTk5OTk5OTk5OTk5OTk5OTk5/y/",
    ):
        assert Client().get(bad).status_code == 410


def test_a_new_password_ends_sessions_and_the_lock(cast: Cast) -> None:
    signed_in = cast.client("viewer")
    for _ in range(6):
        Client().post("/sign-in/", {"email": "viewer@example.org", "password": "wrong"})
    ask()
    send_waiting()
    assert Client().post(link_of(mail.outbox[0]), {"new": NEW}).status_code == 302
    assert signed_in.get("/settings/").status_code == 302
    answer = Client().post("/sign-in/", {"email": "viewer@example.org", "password": NEW})
    assert answer.status_code == 302


def test_more_than_three_mails_an_hour_are_not_sent(cast: Cast) -> None:
    for _ in range(6):
        ask()
    assert send_waiting() == 3


def test_a_request_that_waited_too_long_is_not_answered(cast: Cast) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        ask()
        clock.shift(timedelta(hours=2))
        assert send_waiting() == 0


def test_a_mail_server_that_is_away_is_tried_again(cast: Cast, settings: Settings) -> None:
    ask()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert send_waiting() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_waiting() == 1


def test_line_ends_in_a_name_do_not_reach_the_headers(cast: Cast) -> None:
    User.objects.filter(pk=cast.viewer.pk).update(name="Vi\r\nBcc: evil@example.org")
    ask()
    send_waiting()
    assert mail.outbox[0].recipients() == ["viewer@example.org"]
    assert "Bcc" not in mail.outbox[0].message().as_string().partition("\n\n")[0]


@pytest.mark.parametrize(
    "new", ["short", "1234567890", "viewer@example.org", "password123", "          ", "a" * 300]
)
def test_weak_passwords_are_refused(cast: Cast, new: str) -> None:
    answer = cast.client("viewer").post("/settings/password/", {"current": PASSWORD, "new": new})
    assert answer.status_code == 422
    cast.viewer.refresh_from_db()
    assert cast.viewer.check_password(PASSWORD)


def test_a_long_passphrase_with_blanks_and_other_scripts_is_taken_as_it_is(cast: Cast) -> None:
    new = " ключ 錨 och fyr med många ord i en lång mening " * 4
    answer = cast.client("viewer").post("/settings/password/", {"current": PASSWORD, "new": new})
    assert answer.status_code == 302
    cast.viewer.refresh_from_db()
    assert cast.viewer.check_password(new)
    assert not cast.viewer.check_password(new.strip())


def test_the_current_password_is_no_oracle(cast: Cast) -> None:
    client = cast.client("viewer")
    for _ in range(5):
        answer = client.post("/settings/password/", {"current": "wrong", "new": NEW})
        assert answer.status_code == 422
    assert client.post("/settings/password/", {"current": PASSWORD, "new": NEW}).status_code == 429
    cast.viewer.refresh_from_db()
    assert cast.viewer.check_password(PASSWORD)


def test_passwords_stay_out_of_the_answer(cast: Cast) -> None:
    answer = cast.client("viewer").post(
        "/settings/password/", {"current": "my-Wrong-Guess", "new": NEW}
    )
    assert b"my-Wrong-Guess" not in answer.content
    assert NEW.encode() not in answer.content


def test_counts_are_kept_without_plain_overlong_names(cast: Cast) -> None:
    ask("x" * 200 + "@example.org")
    assert all(len(row.key) <= 128 for row in AttemptCount.objects.all())
