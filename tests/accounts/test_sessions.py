"""How long a browser stays signed in, and who ends that."""

from datetime import timedelta

import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone

from accounts.actors import Actor
from accounts.jobs.tidy import remove_old
from accounts.models import AttemptCount, Session
from accounts.services import limits, people
from accounts.services.sessions import device, handle
from tests.cast import PASSWORD, Cast

START = "2026-03-02T08:00:00Z"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def signed_in(
    email: str = "viewer@example.org", agent: str = FIREFOX, address: str = "198.51.100.7"
) -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": agent})
    answer = client.post("/sign-in/", {"email": email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def test_three_hours_without_use_end_a_session(cast: Cast) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = signed_in()
        clock.shift(timedelta(hours=2, minutes=59))
        assert is_in(client)
        clock.shift(timedelta(hours=2, minutes=59))
        assert is_in(client)
        clock.shift(timedelta(hours=3, minutes=6))
        assert not is_in(client)
        assert not Session.objects.filter(user=cast.viewer).exists()


def test_twelve_hours_end_a_session_however_busy(cast: Cast) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = signed_in()
        for _ in range(11):
            clock.shift(timedelta(hours=1))
            assert is_in(client)
        clock.shift(timedelta(minutes=61))
        assert not is_in(client)


def test_reading_pages_writes_the_session_at_most_every_five_minutes(cast: Cast) -> None:
    with time_machine.travel(START, tick=False) as clock:
        client = signed_in()
        first = Session.objects.get(user=cast.viewer).last_seen_at
        clock.shift(timedelta(minutes=4))
        assert is_in(client)
        assert Session.objects.get(user=cast.viewer).last_seen_at == first
        clock.shift(timedelta(minutes=2))
        assert is_in(client)
        assert Session.objects.get(user=cast.viewer).last_seen_at == first + timedelta(minutes=6)


def test_a_changed_password_ends_every_other_session_and_renews_this_one(cast: Cast) -> None:
    here, there = signed_in(), signed_in()
    before = here.session.session_key
    answer = here.post("/settings/password/", {"current": PASSWORD, "new": "quarry-velvet-tide"})
    assert answer.status_code == 302
    assert is_in(here)
    assert here.session.session_key != before
    assert not is_in(there)
    assert Session.objects.filter(user=cast.viewer).count() == 1


def test_an_account_that_is_shut_is_out_with_the_next_request(cast: Cast) -> None:
    client = signed_in()
    token = cast.secret("viewer")
    people.deactivate(actor=Actor.system(), user=cast.viewer)
    assert not is_in(client)
    api = Client(headers={"Authorization": f"Bearer {token}"})
    assert api.get("/api/v1/me/").status_code == 401


def test_the_list_shows_ones_own_browsers_and_no_session_key(cast: Cast) -> None:
    here, there = signed_in(), signed_in(address="203.0.113.40")
    signed_in(email="owner@example.org", address="192.0.2.99")
    body = here.get("/settings/sessions/").content.decode()
    assert body.count("Firefox on Linux") >= 2
    assert "203.0.113.40" in body
    assert "192.0.2.99" not in body
    for client in (here, there):
        assert client.session.session_key not in body


def test_one_browser_is_ended_from_another(cast: Cast) -> None:
    here, there = signed_in(), signed_in()
    answer = here.post(f"/settings/sessions/{handle(there.session.session_key)}/end/")
    assert answer.status_code == 302
    assert is_in(here)
    assert not is_in(there)


def test_nobody_ends_the_session_of_somebody_else(cast: Cast) -> None:
    here, theirs = signed_in(), signed_in(email="owner@example.org")
    for name in (handle(theirs.session.session_key), theirs.session.session_key, "0" * 32):
        assert here.post(f"/settings/sessions/{name}/end/").status_code == 404
    assert is_in(theirs)


def test_all_others_are_ended_at_once(cast: Cast) -> None:
    here, there, third = signed_in(), signed_in(), signed_in()
    theirs = signed_in(email="owner@example.org")
    assert here.post("/settings/sessions/end-others/").status_code == 302
    assert [is_in(each) for each in (here, there, third, theirs)] == [True, False, False, True]


def test_a_session_made_up_by_hand_is_nobody(cast: Cast, client: Client) -> None:
    session = client.session
    session[SESSION_KEY] = str(cast.administrator.pk)
    session.save()
    client.cookies["sessionid"] = session.session_key
    assert not is_in(client), "the hash of the password is missing"


def test_old_rows_are_tidied_away_and_live_ones_stay(cast: Cast) -> None:
    with time_machine.travel(START, tick=False) as clock:
        signed_in()
        limits.count("old", limits.SIGN_IN_WINDOW)
        clock.shift(timedelta(days=3))
        live = signed_in()
        limits.count("new", limits.SIGN_IN_WINDOW)
        assert remove_old(timezone.now()) >= 2
        assert is_in(live)
        assert Session.objects.filter(user=cast.viewer).count() == 1
        assert not AttemptCount.objects.filter(key="old").exists()
        assert AttemptCount.objects.filter(key="new").exists()


def test_browsers_are_named_as_people_know_them() -> None:
    assert device(FIREFOX) == "Firefox on Linux"
    assert (
        device(
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0"
        )
        == "Edge on Windows"
    )
    assert (
        device("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1")
        == "Safari on iPhone"
    )
    assert device("curl/8.1") == "curl/8.1"
    assert device("") == "Unknown browser"
