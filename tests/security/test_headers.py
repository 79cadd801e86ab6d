"""Refusals and faults carry the headers too, and tell nothing (pages that are read: test_reading.py)."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from tests.security.headers import check
from tests.security.world import World


def test_refusals(world: World) -> None:
    member, nobody, api = (
        world.cast.client("viewer"),
        world.cast.client("anonymous"),
        world.cast.api("viewer"),
    )
    key = world.a.item.key
    answers = {
        404: [
            member.get("/nothing/here/"),
            nobody.get("/nothing/"),
            api.get("/api/v1/nothing/"),
            member.get("/items/X-1/"),
        ],
        403: [
            member.post(f"/p/{world.a.product.key}/settings/", {"name": "x"}),
            world.cast.client("viewer", csrf=True).post("/settings/theme/", {"theme": "dark"}),
            api.post(
                f"/api/v1/items/{key}/decline/",
                {"reason": "r"},
                "application/json",
                headers={"If-Match": '"1"'},
            ),
        ],
        405: [member.put("/settings/"), api.delete("/api/v1/me/")],
        401: [Client().get("/api/v1/me/"), world.cast.api("expired").get("/api/v1/me/")],
        400: [
            api.get("/api/v1/items/", {"no": "such"}),
            api.post("/api/v1/items/", "{", "application/json"),
        ],
        415: [api.post("/api/v1/items/", "x", "text/xml")],
    }
    for status, listed in answers.items():
        for answer in listed:
            assert answer.status_code == status, answer.content[:300]
            assert not check(answer)
            if answer.wsgi_request.path.startswith("/api/"):
                assert answer["Content-Type"] == "application/problem+json"
                assert answer.json()["status"] == status
            elif status != 405:
                assert "<h1>" in answer.content.decode()


def test_an_error_of_ours_shows_nothing_of_the_inside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken selector stands for any fault: the page says that nothing was lost, and holds no path, name or query."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret-inside /work SELECT * FROM accounts_user")

    monkeypatch.setattr("backlog.views.home.selectors.work_of", broken)
    monkeypatch.setattr("accounts.api.me.memberships_of", broken)
    for client, path in (
        (world.cast.client("viewer"), f"/p/{world.a.product.key}/work/"),
        (world.cast.api("viewer"), "/api/v1/me/"),
    ):
        client.raise_request_exception = False
        try:
            answer = client.get(path)
        finally:
            client.raise_request_exception = True
        assert answer.status_code == 500
        assert not check(answer)
        body = answer.content.decode()
        told = r"secret-inside|Traceback|RuntimeError|SELECT|\.py|Django"
        assert not re.search(f"{told}|{re.escape(str(settings.BASE_DIR))}", body)


def test_an_unknown_host_is_refused(world: World) -> None:
    answer = Client(headers={"Host": "evil.example"}).get("/sign-in/")
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content
