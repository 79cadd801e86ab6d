"""Every page and endpoint that is read, read once by everybody, and every answer held against every rule.

Who gets in, what the headers say, that reading writes nothing, that nothing of B stands on what is A's, and that
markup in people's texts stays text. One request an actor: rendering is what takes the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.http import HttpResponse
from django.urls import reverse

from tests.cast import EVERYBODY
from tests.security.answers import body_of, leaks
from tests.security.headers import FILES, check
from tests.security.matrix import MATRIX
from tests.security.rows import Row, outcome, send
from tests.security.watching import undone, written_tables
from tests.security.world import CANARY, MARKUP, World

GETS = [each for each in MATRIX if "GET" in each.methods]
#: Made by a library that knows no markup; tests/reviews/test_record.py reads its text.
PDF = frozenset({"review-record", "api-review-record"})
PAGES = [each for each in GETS if not each.is_api and each.name not in FILES | PDF]
JSON = ("application/json", "application/problem+json")
NOT_JSON = FILES | PDF | {"api-docs", "api-schema"}
#: A script in the page. Figures of a chart in a block of JSON are data, which no browser runs.
SCRIPT = r"<script(?![^>]*\ssrc=)(?![^>]*\stype=\"application/json\")"


#: Who sees everything, who sees least, and who sees nothing; the roles between are slow.
FIRST = ("administrator", "viewer", "outsider", "anonymous")


@dataclass
class Reading:
    """One request: who asked, for a fragment or for the whole, and what came of it."""

    actor: str
    fragment: bool
    answer: HttpResponse
    wrote: set[str]

    def __str__(self) -> str:
        return f"{self.actor}{', a fragment' if self.fragment else ''}"


def read(world: World, each: Row, actor: str, *, fragment: bool = False) -> Reading:
    headers = {"HX-Request": "true"} if fragment else {}
    with undone(), written_tables() as wrote:
        answer = send(world, each, "GET", actor, headers=headers)
        body_of(answer)  # a stream is made now, not when somebody looks
    return Reading(actor, fragment, answer, wrote)


@pytest.mark.parametrize("each", GETS, ids=lambda each: each.name)
def test_every_answer_keeps_every_rule(world: World, each: Row) -> None:
    readings = [read(world, each, actor) for actor in FIRST]
    readings += [read(world, each, actor, fragment=True) for actor in ("administrator", "viewer")]
    wrong = what_is_wrong(each, readings)
    administrators = readings[FIRST.index("administrator")].answer
    if each.is_api and each.name not in NOT_JSON and administrators["Content-Type"] not in JSON:
        wrong.append(f"a {administrators['Content-Type']}")
    wrong += only_the_head(world, each, administrators.status_code)
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("each", GETS, ids=lambda each: each.name)
def test_so_do_those_to_the_roles_between(world: World, each: Row) -> None:
    between = [actor for actor in EVERYBODY if actor not in FIRST]
    assert not what_is_wrong(each, [read(world, each, actor) for actor in between])


def what_is_wrong(each: Row, readings: list[Reading]) -> list[str]:
    wrong = []
    for reading in readings:
        answer, actor = reading.answer, reading.actor
        expected = each.expected("GET", actor)
        if (got := outcome(answer)) != expected:
            wrong.append(f"{reading}: {got} instead of {expected}")
        if reading.wrote:
            wrong.append(f"{reading}: wrote to {', '.join(sorted(reading.wrote))}")
        wrong += [
            f"{reading}: {what}"
            for what in check(answer, each.name if answer.status_code == 200 else "")
        ]
        if actor in ("administrator", "viewer"):
            wrong += [f"{reading}: canary in {place}" for place in leaks(answer)]
        if actor == "administrator":
            wrong += [f"{reading}: {what}" for what in unescaped(each, answer)]
    return wrong


def only_the_head(world: World, each: Row, status: int) -> list[str]:
    """Asking for the head only is like reading."""
    client = world.cast.api("administrator") if each.is_api else world.cast.client("administrator")
    path = reverse(each.name, kwargs=each.kwargs(world, world.a, "administrator"))
    with undone(), written_tables() as wrote:
        head = client.head(path, each.query)
    if (head.status_code, wrote) != (status, set()):
        return [f"the head: {head.status_code} instead of {status}, wrote to {wrote}"]
    return []


def unescaped(each: Row, answer: HttpResponse) -> list[str]:
    """What a browser would run or show as an element of a page, though a person typed it."""
    if each not in PAGES or not answer.get("Content-Type", "").startswith("text/html"):
        return []
    html = body_of(answer).decode()
    tags = strip_text(html)
    found = {
        "an element out of a text": "<img src=x" in html,
        "an event handler": re.search(r"\son\w+\s*=", tags, re.IGNORECASE),
        "inline style or hx-on": re.search(r"\s(?:style|hx-on[\w:-]*)\s*=", tags, re.IGNORECASE),
        "an inline script": re.search(SCRIPT, html, re.IGNORECASE),
    }
    return [what for what, there in found.items() if there]


def strip_text(html: str) -> str:
    """Only the tags, without the values of their attributes."""
    tags = re.findall(r"<[a-z][^<>]*(?:\"[^\"]*\"[^<>]*)*>", html, re.IGNORECASE)
    return " ".join(re.sub(r"\"[^\"]*\"|'[^']*'", '""', tag) for tag in tags)


@pytest.mark.slow
def test_what_is_looked_for_can_be_found(world: World) -> None:
    """The other test would pass on empty pages: the canary is on B's own, the escaped markup on A's."""
    escaped = MARKUP.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    addressed = [each for each in PAGES if each.groups and not each.capability]
    of_b = [send(world, each, "GET", "outsider", tenant=world.b) for each in addressed[:60]]
    of_a = [send(world, each, "GET", "administrator") for each in PAGES[:60]]
    assert (
        sum(CANARY.lower() in body_of(each).decode(errors="replace").lower() for each in of_b) > 20
    )
    assert sum(escaped in body_of(each).decode() for each in of_a) > 20
