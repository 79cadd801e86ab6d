"""Another product's ids, in every address, alone and beside one's own: nothing is there.

A's people ask for what is B's. The answer is the one for an id that nobody has, byte for byte, and no text of B is
in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.security.answers import comparable, leaks
from tests.security.matrix import MATRIX
from tests.security.rows import Row, foreign, outcome, send
from tests.security.watching import undone, written_tables
from tests.security.world import CANARY, World

ADDRESSED = [each for each in MATRIX if each.groups and not each.capability]
CASES = [(each, method) for each in ADDRESSED for method in each.methods]
#: groups whose values mean the same in every product
SHARED = frozenset({"kind", "number", "chapter", "instant"})


def name_of(value: object) -> str:
    return value.name if isinstance(value, Row) else str(value)


def mixtures(world: World, each: Row) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Ways to put B's values into the address: what it is called, the values, and the same with nobody's values."""
    ours = each.kwargs(world, world.a, "administrator")
    theirs = each.kwargs(world, world.b, "outsider")
    names = [name for name in ours if name not in SHARED]
    yield "all of B", theirs, {**theirs, **{name: foreign(theirs[name]) for name in names}}
    if len(names) > 1:
        first, *rest = names
        inner = {name: theirs[name] for name in rest}
        yield (
            "B's in A's",
            {**ours, **inner},
            {**ours, **{name: foreign(theirs[name]) for name in rest}},
        )
        yield "A's in B's", {**ours, first: theirs[first]}, {**ours, first: foreign(theirs[first])}


@pytest.mark.parametrize(("each", "method"), CASES, ids=name_of)
def test_what_belongs_to_another_product_is_not_there(world: World, each: Row, method: str) -> None:
    assert not what_is_there(world, each, method, ["administrator"])


@pytest.mark.slow
@pytest.mark.parametrize(("each", "method"), CASES, ids=name_of)
def test_nor_is_it_for_those_who_may_less(world: World, each: Row, method: str) -> None:
    assert not what_is_there(world, each, method, ["viewer", *(["bound"] if each.is_api else [])])


def what_is_there(world: World, each: Row, method: str, actors: list[str]) -> list[str]:
    wrong = []
    for what, theirs, nobodys in mixtures(world, each):
        for actor in actors:
            with undone(), written_tables() as wrote:
                answer = send(world, each, method, actor, kwargs=theirs)
            got = outcome(answer)
            refused = "forbidden" if actor == "viewer" and what == "B's in A's" else "hidden"
            if got not in ("hidden", refused):
                wrong.append(f"{what}, {actor}: {got}")
            wrong += [f"{what}, {actor}: canary in {place}" for place in leaks(answer)]
            if wrote:
                wrong.append(f"{what}, {actor}: wrote to {wrote}")
            if actor != "administrator":
                continue
            with undone():
                random = send(world, each, method, actor, kwargs=nobodys)
            if comparable(answer) != comparable(random):
                wrong.append(f"{what}, {actor}: differs from an id that nobody has")
    return wrong


@pytest.mark.parametrize("each", ADDRESSED, ids=name_of)
def test_nobody_learns_nothing(world: World, each: Row) -> None:
    """Without signing in the answer is the same for what exists and what does not."""
    for what, theirs, nobodys in mixtures(world, each):
        for method in each.methods:
            answer = send(world, each, method, "anonymous", kwargs=theirs)
            random = send(world, each, method, "anonymous", kwargs=nobodys)
            assert outcome(answer) == outcome(random) == "login", (what, method)
            assert not leaks(answer)


@pytest.mark.parametrize("query", ["q", "label", "owner", "cycle", "segment", "program", "channel"])
def test_filters_and_searches_find_nothing_of_b(world: World, query: str) -> None:
    """Asked for what stands in B and for what stands nowhere, a list of A answers alike."""
    key = world.a.product.key
    for word in (CANARY, CANARY.lower(), world.b.item.key, world.b.person.email):
        nowhere = str(foreign(word))
        for path in (
            f"/p/{key}/backlog/",
            f"/p/{key}/search/",
            f"/p/{key}/search/palette/",
            "/api/v1/items/",
        ):
            way = world.cast.api if path.startswith("/api") else world.cast.client
            answers = []
            for asked in (word, nowhere):
                status, body, headers = comparable(way("administrator").get(path, {query: asked}))
                for spelling in (asked, asked.replace("@", "%40")):
                    body = body.replace(spelling.encode(), b"#")
                answers.append((status, body, headers))
            assert answers[0] == answers[1], (path, word)
            assert answers[0][0] in (200, 400, 422)


def test_mail_holds_nothing_of_b_for_people_of_a(world: World) -> None:
    from django.core import mail

    addresses = {user.email for name, user in world.cast.people.items() if name != "outsider"}
    for message in mail.outbox:
        if addresses & set(message.recipients()):
            assert CANARY not in str(message.message())
