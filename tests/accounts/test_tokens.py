"""API tokens: made once, seen once, refused when their time is over."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.actors import Actor
from accounts.models import ApiToken
from backlog.services import members
from backlog.services.items import Draft
from backlog.services.items import create_item as make_item
from tests.cast import DEAD_TOKENS, Cast

ME = "/api/v1/me/"


def made(cast: Cast, name: str = "contributor", **values: object) -> str:
    data = {"name": "nightly import", "scope": "write", "product": "", "days": 30, **values}
    answer = cast.client(name).post("/settings/tokens/", data)
    assert answer.status_code == 201, answer.content
    return str(answer.context["secret"])


def test_a_token_is_shown_once_and_stored_as_a_digest(cast: Cast) -> None:
    secret = made(cast)
    row = ApiToken.objects.get(name="nightly import")
    assert re.fullmatch(rf"ballast_{row.pk}_[\w-]{{43}}", secret)
    page = cast.client("contributor").get("/settings/tokens/").content.decode()
    assert secret not in page
    assert f"…{secret[-4:]}" in page
    stored = " ".join(
        str(value) for value in ApiToken.objects.filter(pk=row.pk).values_list().get()
    )
    assert secret.split("_", 2)[2] not in stored


def test_it_speaks_for_its_person(cast: Cast) -> None:
    secret = made(cast, product=cast.a.key)
    body = Client(headers={"Authorization": f"Bearer {secret}"}).get(ME).json()
    assert body["email"] == "contributor@example.org"
    assert body["memberships"] == [{"product": "ATLAS", "name": "Atlas", "role": "contributor"}]
    assert body["token"]["scope"] == "write"
    assert body["token"]["product"] == "ATLAS"


def test_a_bound_token_sees_one_product_of_several(cast: Cast) -> None:
    members.add_member(actor=Actor.system(), product=cast.b, user=cast.contributor, role="viewer")
    both = Client(headers={"Authorization": f"Bearer {made(cast)}"})
    one = Client(headers={"Authorization": f"Bearer {made(cast, product=cast.b.key)}"})
    assert [row["product"] for row in both.get(ME).json()["memberships"]] == ["ATLAS", "BRAVO"]
    assert [row["product"] for row in one.get(ME).json()["memberships"]] == ["BRAVO"]
    assert one.get("/api/v1/products/ATLAS/").status_code == 404
    assert [row["key"] for row in one.get("/api/v1/products/").json()] == ["BRAVO"]
    make_item(actor=cast.actor("contributor"), product=cast.a, draft=Draft("Seen by one"))
    assert len(both.get("/api/v1/items/").json()["results"]) == 1
    assert one.get("/api/v1/items/").json()["results"] == []


@pytest.mark.parametrize("kind", DEAD_TOKENS)
def test_a_dead_token_is_one_answer(cast: Cast, kind: str) -> None:
    answer = cast.api(kind).get(ME)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json() == Client(headers={"Authorization": "Bearer ballast_1_x"}).get(ME).json()


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer ballast_",
        "Bearer ballast_1",
        "Bearer ballast_x_y",
        "Bearer ballast_99999999999999999999_y",
        "Bearer ballast_-1_y",
        "Bearer ballast_\xb2_y",
        "Bearer \xff\xfe",
        "bearer ballast_1_" + "A" * 9000,
    ],
)
def test_no_header_makes_an_error_page(cast: Cast, header: str) -> None:
    assert Client().get(ME, headers={"Authorization": header}).status_code == 401


def test_a_token_in_the_address_is_refused_and_not_used(cast: Cast) -> None:
    secret = cast.secret("write")
    for name in ("token", "access_token", "api_key", "Authorization"):
        assert Client().get(ME, {name: secret}).status_code == 401
        assert cast.client("viewer").get(ME, {name: secret}).status_code == 400


def test_withdrawing_refuses_the_next_request(cast: Cast) -> None:
    secret = made(cast)
    api = Client(headers={"Authorization": f"Bearer {secret}"})
    assert api.get(ME).status_code == 200
    pk = ApiToken.objects.get(name="nightly import").pk
    assert cast.client("administrator").post(f"/settings/tokens/{pk}/revoke/").status_code == 404
    assert api.get(ME).status_code == 200
    assert cast.client("contributor").post(f"/settings/tokens/{pk}/revoke/").status_code == 302
    assert api.get(ME).status_code == 401


def test_it_ends_on_its_day(cast: Cast) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        api = Client(headers={"Authorization": f"Bearer {made(cast, days=2)}"})
        clock.shift(timedelta(days=1, hours=23))
        assert api.get(ME).status_code == 200
        clock.shift(timedelta(hours=2))
        assert api.get(ME).status_code == 401


def test_its_use_is_noted_but_not_on_every_request(cast: Cast) -> None:
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        api = Client(headers={"Authorization": f"Bearer {made(cast)}"})

        def used() -> object:
            return ApiToken.objects.get(name="nightly import").last_used_at

        api.get(ME)
        first = used()
        clock.shift(timedelta(minutes=4))
        api.get(ME)
        assert used() == first
        clock.shift(timedelta(minutes=2))
        api.get(ME)
        assert used() == first + timedelta(minutes=6)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("scope", "admin"),
        ("days", 0),
        ("days", 367),
        ("days", "soon"),
        ("product", "BRAVO"),
    ],
)
def test_what_a_token_may_not_be(cast: Cast, field: str, value: object) -> None:
    data = {"name": "n", "scope": "read", "product": "", "days": 30, field: value}
    before = ApiToken.objects.count()
    answer = cast.client("contributor").post("/settings/tokens/", data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert ApiToken.objects.count() == before


def test_a_role_that_is_lost_is_lost_for_the_token_too(cast: Cast) -> None:
    api = cast.api("contributor")
    item = {"product": "ATLAS", "title": "A module"}
    assert api.post("/api/v1/items/", item, "application/json").status_code == 201
    cast.a.memberships.filter(user=cast.contributor).update(role="viewer")
    assert api.post("/api/v1/items/", item, "application/json").status_code == 403
    cast.a.memberships.filter(user=cast.contributor).delete()
    assert api.get("/api/v1/products/ATLAS/").status_code == 404


# --- From the command line --------------------------------------------------------------------------


def run(*arguments: str, stdin: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    out = io.StringIO()
    if monkeypatch is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_last_line_of_create_token_is_the_token(cast: Cast) -> None:
    out = run(
        "create_token", "owner@example.org", "--product", "ATLAS", "--scope", "write", "--days", "5"
    )
    secret = out.splitlines()[-1]
    body = Client(headers={"Authorization": f"Bearer {secret}"}).get(ME).json()
    assert (body["email"], body["token"]["product"]) == ("owner@example.org", "ATLAS")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody@example.org",),
        ("gone@example.org",),
        ("owner@example.org", "--product", "BRAVO"),
        ("owner@example.org", "--product", "NONE"),
        ("owner@example.org", "--days", "0"),
    ],
)
def test_create_token_says_why_not(cast: Cast, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("create_token", *arguments)


def test_create_person_reads_the_password_from_standard_input(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = run(
        *("create_person", "New@Example.org", "--name", "New One", "--password-stdin", "--staff"),
        stdin="harbour-lantern-quilt\n",
        monkeypatch=monkeypatch,
    )
    assert "new@example.org can sign in" in out
    data = {"email": "new@example.org", "password": "harbour-lantern-quilt"}
    client = Client()
    assert client.post("/sign-in/", data).status_code == 302
    assert client.get("/products/new/").status_code == 200
    with pytest.raises(CommandError, match="has an account"):
        run(
            *("create_person", "new@example.org", "--name", "Again", "--password-stdin"),
            stdin="harbour-lantern-quilt",
            monkeypatch=monkeypatch,
        )
    with pytest.raises(CommandError, match="too short"):
        run(
            "create_person",
            "x@example.org",
            "--name",
            "X",
            "--password-stdin",
            stdin="abc",
            monkeypatch=monkeypatch,
        )


def test_deactivate_person(cast: Cast) -> None:
    assert "can no longer" in run("deactivate_person", "viewer@example.org")
    assert cast.client("viewer").get("/settings/").status_code == 302
