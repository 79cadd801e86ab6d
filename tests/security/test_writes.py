"""What writes is a POST with the page's own token (that reading writes nothing: test_reading.py)."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.security.matrix import MATRIX
from tests.security.rows import Row, outcome, send
from tests.security.watching import undone, written_tables
from tests.security.world import World

UNSAFE = [
    (each, method)
    for each in MATRIX
    for method in each.methods
    if method != "GET" and not each.by_mail and not each.signed
]


def name_of(value: object) -> str:
    return value.name if isinstance(value, Row) else str(value)


@pytest.mark.parametrize(("each", "method"), UNSAFE, ids=name_of)
def test_a_browser_without_the_pages_token_is_refused(world: World, each: Row, method: str) -> None:
    """Pages, sign-in too, and the API when a session is all that one has."""
    with undone(), written_tables() as wrote:
        answer = send(
            world,
            each,
            method,
            "administrator",
            client=world.cast.client("administrator", csrf=True),
        )
    assert answer.status_code == 403
    assert not wrote


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_json_in_disguise_is_no_way_in(world: World, content_type: str) -> None:
    """What a foreign page can send without asking: the API takes JSON, and from a session only with the token."""
    path = f"/api/v1/items/{world.a.item.key}/comments/"
    body = '{"body": "from elsewhere"}'
    by_session = world.cast.client("administrator", csrf=True).post(
        path, body, content_type=content_type
    )
    assert by_session.status_code == 403
    by_token = world.cast.api("administrator").post(path, body, content_type=content_type)
    assert by_token.status_code in (400, 415)


def test_another_sessions_token_does_not_fit(world: World) -> None:
    mine, theirs = (
        world.cast.client("viewer", csrf=True),
        world.cast.client("contributor", csrf=True),
    )
    theirs.get("/settings/")
    token = theirs.cookies["csrftoken"].value
    mine.get("/settings/")
    answer = mine.post("/settings/theme/", {"theme": "dark", "csrfmiddlewaretoken": token})
    assert answer.status_code == 403
    own = mine.cookies["csrftoken"].value
    assert (
        mine.post("/settings/theme/", {"theme": "dark", "csrfmiddlewaretoken": own}).status_code
        == 302
    )


def test_a_foreign_origin_is_refused_even_with_a_token(world: World) -> None:
    client = world.cast.client("viewer", csrf=True)
    client.get("/settings/")
    own = client.cookies["csrftoken"].value
    data = {"theme": "dark", "csrfmiddlewaretoken": own}
    for origin in ("https://evil.example", "null", "http://testserver.evil.example"):
        assert client.post("/settings/theme/", data, headers={"Origin": origin}).status_code == 403
    assert (
        client.post("/settings/theme/", data, headers={"Origin": "http://testserver"}).status_code
        == 302
    )


def test_a_token_needs_no_csrf_and_a_session_cookie_gives_a_token_nothing(world: World) -> None:
    """With both, the token decides: a reading token in a signed-in browser may not write."""
    both = Client(headers={"Authorization": f"Bearer {world.cast.secret('read')}"})
    both.force_login(world.cast.administrator)
    path = f"/api/v1/items/{world.a.item.key}/comments/"
    assert outcome(both.post(path, {"body": "x"}, "application/json")) == "forbidden"
    writing = world.cast.api("write")
    assert writing.post(path, {"body": "x"}, "application/json").status_code == 201
