"""Redirects stay on this server, fragments are recognised."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from core import htmx

factory = RequestFactory()
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("headers", "wants"),
    [
        ({}, False),
        (HTMX, True),
        ({**HTMX, "HX-History-Restore-Request": "true"}, False),
        ({**HTMX, "HX-Boosted": "true"}, False),
        ({"HX-Request": "false"}, False),
    ],
)
def test_who_wants_a_fragment(headers: dict[str, str], wants: bool) -> None:
    assert htmx.wants_fragment(factory.get("/", headers=headers)) is wants


@pytest.mark.parametrize(
    ("shown", "path"),
    [
        (None, "/"),
        ("http://testserver/p/A/?x=1#y", "/p/A/?x=1"),
        ("http://testserver", "/"),
        ("http://elsewhere/p/A/", "/"),
        ("//elsewhere/", "/"),
    ],
)
def test_where_a_fragment_was_asked_from(shown: str | None, path: str) -> None:
    headers = {} if shown is None else {"HX-Current-URL": shown}
    assert htmx.current_path(factory.get("/", headers=headers)) == path


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "http:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "///evil.example",
        " /work",
        "/\tevil",
        "",
        "ftp://evil.example",
    ],
)
def test_next_never_leaves_this_server(target: str) -> None:
    for request in (factory.get("/", {"next": target}), factory.post("/", {"next": target})):
        where = htmx.safe_next(request, "/home/")
        assert where == "/home/" or where.startswith("/\t"), where


def test_next_may_be_a_path_with_a_query() -> None:
    assert htmx.safe_next(factory.get("/", {"next": "/p/A/?q=%2F"}), "/") == "/p/A/?q=%2F"
    both = factory.post("/?next=/from-address/", {"next": "/from-form/"})
    assert htmx.safe_next(both, "/") == "/from-form/"


def test_going_on_redirects_a_page_and_tells_htmx() -> None:
    plain = htmx.go(factory.post("/"), "/p/A/?q=1")
    assert (plain.status_code, plain["Location"]) == (302, "/p/A/?q=1")
    told = htmx.go(factory.post("/", headers=HTMX), "/p/A/?q=1")
    assert (told.status_code, told["HX-Redirect"]) == (204, "/p/A/?q=1")


def test_an_address_from_a_form_cannot_break_the_header() -> None:
    told = htmx.go(factory.post("/", headers=HTMX), "/p/A/?q=ü\r\nSet-Cookie: a=b")
    assert told["HX-Redirect"] == "/p/A/?q=%C3%BC%0D%0ASet-Cookie:%20a=b"


def test_vary_names_the_header_once() -> None:
    answer = htmx.vary(htmx.vary(HttpResponse()))
    assert answer["Vary"] == "HX-Request"
