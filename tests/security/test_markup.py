"""Markup in any text of a product stays text on every page of its own people."""

from __future__ import annotations

import re

import pytest

from tests.security.answers import body_of
from tests.security.matrix import MATRIX
from tests.security.rows import Row, send
from tests.security.test_headers import FILES
from tests.security.world import MARKUP, World

#: A script in the page. Figures of a chart in a block of JSON are data, which no browser runs.
SCRIPT = r"<script(?![^>]*\ssrc=)(?![^>]*\stype=\"application/json\")"
#: Made by a library that knows no markup; tests/reviews/test_record.py reads its text.
PDF = frozenset({"review-record", "api-review-record"})
GETS = [
    each
    for each in MATRIX
    if "GET" in each.methods and not each.is_api and each.name not in FILES | PDF
]


@pytest.mark.parametrize("each", GETS, ids=lambda each: each.name)
def test_no_text_becomes_an_element(world: World, each: Row) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        answer = send(world, each, "GET", "administrator", headers=headers)
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        html = body_of(answer).decode()
        assert "<img src=x" not in html
        assert not re.search(r"\son\w+\s*=", strip_text(html), re.IGNORECASE), "an event handler"
        assert not re.search(r"\s(?:style|hx-on[\w:-]*)\s*=", strip_text(html), re.IGNORECASE), (
            "inline style or hx-on"
        )
        assert not re.search(SCRIPT, html, re.IGNORECASE), "an inline script"


def strip_text(html: str) -> str:
    """Only the tags, without the values of their attributes."""
    tags = re.findall(r"<[a-z][^<>]*(?:\"[^\"]*\"[^<>]*)*>", html, re.IGNORECASE)
    return " ".join(re.sub(r"\"[^\"]*\"|'[^']*'", '""', tag) for tag in tags)


def test_the_markup_is_there_to_be_escaped(world: World) -> None:
    """The other test would pass on empty pages; this one sees the escaped text on many."""
    escaped = MARKUP.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    seen = [
        each.name
        for each in GETS
        if escaped in body_of(send(world, each, "GET", "administrator")).decode()
    ]
    assert len(seen) > 20, seen


def test_answers_of_the_api_say_that_they_are_json(world: World) -> None:
    for each in MATRIX:
        if (
            each.is_api
            and "GET" in each.methods
            and each.name not in FILES | PDF | {"api-docs", "api-schema"}
        ):
            answer = send(world, each, "GET", "administrator")
            assert answer["Content-Type"] in ("application/json", "application/problem+json"), (
                each.name
            )
