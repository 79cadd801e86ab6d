"""Signing in and out: what is said, what is counted, where one lands."""

from datetime import timedelta
from statistics import median
from time import process_time
from typing import ClassVar

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from pytest_django import Settings

from accounts import demo
from accounts.models import Session, User
from accounts.services import limits
from backlog.services import members
from core.errors import TooMany
from tests.cast import PASSWORD, Cast, make_person

VIEWER = "viewer@example.org"


def try_password(client: Client, password: str, email: str = VIEWER, **more: str):
    return client.post("/sign-in/", {"email": email, "password": password, **more})


def test_the_right_password_signs_in_under_a_new_session_key(cast: Cast, client: Client) -> None:
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    answer = try_password(client, PASSWORD, next="/settings/")
    assert (answer.status_code, answer["Location"]) == (302, "/settings/")
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()
    assert client.get("/settings/").status_code == 200


def test_the_address_may_be_written_in_any_case(cast: Cast, client: Client) -> None:
    assert try_password(client, PASSWORD, email="Viewer@Example.ORG").status_code == 302


def test_known_unknown_and_shut_accounts_get_the_same_answer(cast: Cast) -> None:
    shut = make_person("shut")
    User.objects.filter(pk=shut.pk).update(is_active=False)
    bodies = []
    for email, password in (
        (VIEWER, "wrong"),
        ("nobody@example.org", "wrong"),
        (shut.email, PASSWORD),
    ):
        answer = try_password(Client(), password, email=email)
        assert answer.status_code == 422
        form = answer.context["form"]
        bodies.append((form.errors.as_json(), "sessionid" in answer.cookies))
    assert len(set(bodies)) == 1


class CountingHasher(MD5PasswordHasher):
    """Notes each hashing: what an answer's time is made of."""

    algorithm = "counting"
    done: ClassVar[int] = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).done += 1
        return super().encode(password, salt)


def test_an_unknown_name_costs_the_same_hashing_as_a_wrong_password(
    cast: Cast, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    shut = User.objects.create_user("shut@example.org", PASSWORD, is_active=False)
    User.objects.create_user("known@example.org", PASSWORD)
    costs = set()
    for email in ("known@example.org", "nobody@example.org", shut.email):
        before = CountingHasher.done
        assert try_password(Client(), "wrong", email=email).status_code == 422
        costs.add(CountingHasher.done - before)
    assert costs == {1}


@pytest.mark.slow
def test_an_unknown_name_takes_as_long_as_a_wrong_password(cast: Cast, settings: Settings) -> None:
    """With the real hasher: medians of processor time within 50 ms."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    for name in range(7):
        User.objects.create_user(f"slow{name}@example.org", PASSWORD)

    def took(email: str) -> float:
        start = process_time()
        assert try_password(Client(), "wrong", email=email).status_code == 422
        return process_time() - start

    pairs = [
        (took(f"slow{name}@example.org"), took(f"nobody{name}@example.org")) for name in range(7)
    ]
    known, unknown = zip(*pairs, strict=True)
    assert abs(median(known) - median(unknown)) < 0.05


def test_the_sixth_try_is_refused_also_with_the_right_password_and_also_for_unknown_names(
    cast: Cast,
) -> None:
    answers = {}
    for email in (VIEWER, "nobody@example.org"):
        client = Client()
        for _ in range(limits.SIGN_IN_PER_NAME):
            assert try_password(client, "wrong", email=email).status_code == 422
        answer = try_password(client, PASSWORD, email=email)
        assert answer.status_code == 429
        answers[email] = answer.context["form"].errors.as_json()
    assert len(set(answers.values())) == 1


def test_the_lock_ends_after_half_an_hour(cast: Cast, client: Client) -> None:
    with time_machine.travel("2026-03-01T08:00:00Z", tick=False) as clock:
        for _ in range(6):
            try_password(client, "wrong")
        clock.shift(timedelta(minutes=29))
        assert try_password(client, PASSWORD).status_code == 429
        clock.shift(timedelta(minutes=2))
        assert try_password(client, PASSWORD).status_code == 302


def test_the_lock_leaves_other_sessions_of_the_person_alone(cast: Cast, client: Client) -> None:
    signed_in = cast.client("viewer")
    for _ in range(7):
        try_password(client, "wrong")
    assert signed_in.get("/settings/").status_code == 200


def test_another_spelling_of_a_name_is_the_same_name(cast: Cast, client: Client) -> None:
    for _ in range(5):
        try_password(client, "wrong")
    assert try_password(client, PASSWORD, email="VIEWER@example.org").status_code == 429


def test_one_account_of_ones_own_does_not_clear_the_address(cast: Cast) -> None:
    """Signing in rightly in between takes back that try only, not those at other names."""
    client = Client(REMOTE_ADDR="203.0.113.9")
    for number in range(limits.SIGN_IN_PER_ADDRESS - 1):
        try_password(client, "wrong", email=f"guess{number}@example.org")
    assert try_password(Client(REMOTE_ADDR="203.0.113.9"), PASSWORD).status_code == 302
    assert try_password(client, "wrong", email="guess-a@example.org").status_code == 422
    assert try_password(client, "wrong", email="guess-b@example.org").status_code == 429
    assert try_password(Client(REMOTE_ADDR="203.0.113.10"), PASSWORD).status_code == 302


def test_a_made_up_forwarding_header_changes_nothing(cast: Cast) -> None:
    for number in range(5):
        try_password(Client(headers={"X-Forwarded-For": f"198.51.100.{number}"}), "wrong")
    with pytest.raises(TooMany):
        limits.check_sign_in(email=VIEWER, address="192.0.2.1")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "http:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/%0d%0aSet-Cookie:x=1\r\nX-Evil: 1",
        " //evil.example",
        "\t//evil.example",
        "/\t/evil.example",
        "evil.example",
        "",
    ],
)
def test_next_leads_only_to_a_local_path(cast: Cast, client: Client, target: str) -> None:
    for answer in (
        try_password(client, PASSWORD, next=target),
        client.get("/sign-in/", {"next": target}),  # signed in already: goes on at once
        client.post("/settings/theme/", {"theme": "dark", "next": target}),
    ):
        assert answer.status_code == 302
        place = answer["Location"]
        assert place.startswith("/")
        assert not place.startswith(("//", "/\\", "/\t"))
        assert "\n" not in place
        assert "X-Evil" not in answer.headers


def test_signing_out_needs_a_post_and_ends_the_session(cast: Cast) -> None:
    client = cast.client("viewer")
    key = client.session.session_key
    opened = client.get("/sign-out/")
    assert (opened.status_code, opened["Allow"]) == (405, "POST")
    assert "shows nothing by itself" in opened.content.decode()
    assert client.post("/sign-out/").status_code == 302
    assert not Session.objects.filter(session_key=key).exists()
    client.cookies["sessionid"] = key
    assert client.get("/settings/").status_code == 302


def test_a_fragment_of_a_signed_out_browser_is_sent_to_sign_in_and_back(
    cast: Cast, client: Client
) -> None:
    headers = {
        "HX-Request": "true",
        "HX-Current-URL": "http://testserver/p/ATLAS/backlog/?owner=me",
    }
    answer = client.get("/settings/", headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/sign-in/?next=%2Fp%2FATLAS%2Fbacklog%2F%3Fowner%3Dme"
    elsewhere = client.get(
        "/settings/", headers={**headers, "HX-Current-URL": "https://evil.example/x"}
    )
    assert elsewhere["HX-Redirect"] == "/sign-in/?next=%2F"


# --- Example data ---------------------------------------------------------------------------------


@pytest.fixture
def demo_person(cast: Cast) -> User:
    person = User.objects.create_user(f"mara@{demo.DOMAIN}", demo.PASSWORD, name="Mara Quill")
    members.add_member(
        actor=cast.actor("viewer").system(), product=cast.a, user=person, role="product_owner"
    )
    return person


def test_demo_mode_lists_its_people_and_one_click_signs_in(
    demo_person: User, client: Client, settings: Settings
) -> None:
    settings.BALLAST_DEMO = True
    page = client.get("/sign-in/").content.decode()
    assert "Mara Quill" in page
    assert "Product owner" in page
    assert "Viewer" not in page  # people who are not of the example data are not listed
    assert try_password(client, demo.PASSWORD, email=demo_person.email).status_code == 302


def test_outside_demo_mode_they_are_neither_shown_nor_let_in(
    demo_person: User, client: Client, settings: Settings
) -> None:
    settings.BALLAST_DEMO = True
    client.force_login(demo_person)
    settings.BALLAST_DEMO = False
    assert client.get("/settings/").status_code == 302, "a session from demo mode ends with it"
    page = client.get("/sign-in/").content.decode()
    assert "Mara Quill" not in page
    assert demo.PASSWORD not in page
    assert try_password(client, demo.PASSWORD, email=demo_person.email).status_code == 422
