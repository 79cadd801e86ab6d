"""Every route and method, asked by everybody: who gets in, who is told no, who sees nothing."""

from __future__ import annotations

import pytest

from tests.cast import EVERYBODY
from tests.security.matrix import MATRIX
from tests.security.routes import ROUTES, walk
from tests.security.rows import Row, outcome, send
from tests.security.watching import contents, undone, written_tables
from tests.security.world import World

CASES = [(each, method) for each in MATRIX for method in each.methods]
#: What is read is read by everybody in test_reading.py.
WRITES = [(each, method) for each, method in CASES if method != "GET"]


def name_of(value: object) -> str:
    return value.name if isinstance(value, Row) else str(value)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    listed = [each.name for each in MATRIX]
    assert sorted(set(listed)) == sorted(listed), "a row twice"
    assert not set(ROUTES) - set(listed), "routes without a row in tests/security/matrix.py"
    assert not set(listed) - set(ROUTES), "rows without a route"
    assert len(list(walk())) == len(ROUTES), "two routes with one name"


@pytest.mark.parametrize("each", MATRIX, ids=name_of)
def test_a_row_fills_every_captured_group(each: Row) -> None:
    assert set(each.groups) == set(ROUTES[each.name].groups)


@pytest.mark.parametrize(
    "each", [each for each in MATRIX if ROUTES[each.name].handlers], ids=name_of
)
def test_a_row_names_every_method_of_an_endpoint(each: Row) -> None:
    assert set(each.methods) == set(ROUTES[each.name].handlers)


@pytest.mark.parametrize(("each", "method"), WRITES, ids=name_of)
def test_who_gets_in(world: World, each: Row, method: str) -> None:
    """Of those who fare alike the first; the others are slow."""
    assert not who_is_wrong(world, each, method, of_each_kind(each, method))


@pytest.mark.slow
@pytest.mark.parametrize(("each", "method"), WRITES, ids=name_of)
def test_the_others_fare_alike(world: World, each: Row, method: str) -> None:
    first = of_each_kind(each, method)
    others = [actor for actor in EVERYBODY if actor not in first]
    assert not who_is_wrong(world, each, method, others)


def of_each_kind(each: Row, method: str) -> list[str]:
    kinds: dict[str, str] = {}
    for actor in EVERYBODY:
        kinds.setdefault(each.expected(method, actor), actor)
    return list(kinds.values())


def who_is_wrong(world: World, each: Row, method: str, actors: list[str]) -> list[str]:
    wrong = []
    for actor in actors:
        expected = each.expected(method, actor)
        got, wrote = ask(world, each, method, actor)
        if got != expected:
            wrong.append(f"{actor}: {got} instead of {expected}")
        if wrote and expected != "in":
            wrong.append(f"{actor}: wrote to {', '.join(sorted(wrote))}")
    return wrong


TOKEN_CASES = [
    (each, method)
    for each, method in CASES
    if each.is_api and each.methods[method] != set(EVERYBODY)
]


@pytest.mark.slow
@pytest.mark.parametrize(("each", "method"), TOKEN_CASES, ids=name_of)
def test_tokens_reach_as_far_as_they_say(world: World, each: Row, method: str) -> None:
    """The administrator's tokens of each kind; whoever they are, the administrator gets in here or is told no."""
    full = each.expected(method, "administrator")
    reading = each.reads or (method == "GET" and not each.managing)
    anywhere = (
        not each.groups and reading
    )  # a list of one's own: with this token it is empty, or not there
    expected = {
        "write": full,
        "read": full if reading else "forbidden",
        "bound": full,
        "elsewhere": "in or hidden" if anywhere else "hidden",
        "revoked": "login",
        "expired": "login",
        "deactivated": "login",
    }
    if each.name == "api-products" and method == "POST":
        expected |= {"bound": "forbidden", "elsewhere": "forbidden"}
    wrong = []
    for kind, wanted in expected.items():
        got, wrote = ask(world, each, method, kind)
        if got not in wanted.split(" or "):
            wrong.append(f"{kind}: {got} instead of {wanted}")
        if wrote and (wanted != "in" or reading):
            wrong.append(f"{kind}: wrote to {', '.join(sorted(wrote))}")
    assert not wrong


@pytest.mark.parametrize("each", MATRIX, ids=name_of)
def test_other_methods_are_refused(world: World, each: Row) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(each.methods):
        got, wrote = ask(world, each, method, "administrator")
        assert (method, got, wrote) == (method, "method", set())


def ask(world: World, each: Row, method: str, actor: str) -> tuple[str, set[str]]:
    """The outcome, and the tables whose contents differ afterwards (asked of the tables that were written to)."""
    with undone(), written_tables() as touched:
        answer = send(world, each, method, actor)
        after = contents(touched) if touched else {}
    if method == "GET":
        return outcome(answer), touched
    before = contents(touched) if touched else {}
    return outcome(answer), {table for table in touched if after[table] != before[table]}
