"""Rows of another product in bodies, forms and filters: refused, and nothing moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers

from assets.models import Placement
from core.api.serializers import Shape
from tests.security.answers import leaks
from tests.security.matrix import MATRIX
from tests.security.references import NAMES, REFERENCES, Reference
from tests.security.routes import ROUTES
from tests.security.rows import send
from tests.security.watching import contents, undone, written_tables
from tests.security.world import World

ROWS = {each.name: each for each in MATRIX}


@pytest.mark.parametrize("each", REFERENCES, ids=lambda each: f"{each.route}-{each.field}")
def test_a_row_of_another_product_is_refused(world: World, each: Reference) -> None:
    with undone(), written_tables() as touched:
        actor = "reviewer" if each.route == "review-decide" else "administrator"
        body = each.body(world.a, world.b)
        answer = send(world, ROWS[each.route], each.method, actor, body=body)
        touched.discard("integrations_hookdelivery")  # why a message was refused is kept
        after = contents(touched) if touched else {}
    before = contents(touched) if touched else {}
    assert answer.status_code in (400, 404, 422), answer.content[:500]
    assert after == before, [table for table in touched if after[table] != before[table]]
    given = str(body).lower()
    assert not leaks(answer) or "canary" in given, "words of B that were not in the request"


@pytest.mark.slow
def test_the_same_bodies_with_ones_own_rows_are_taken(world: World) -> None:
    """Else a body could be refused for another reason than the one that is tested."""
    refused = []
    for each in REFERENCES:
        if each.field in ("stages.reviewers", "subject_matter"):
            continue  # a round is open already; tests/reviews starts one
        if each.route == "api-requests":
            continue  # an administrator may do it and has nobody to ask; tests/backlog/test_requests.py asks
        with undone():
            thing = world.a.at(key_of(each))
            row = type(thing).objects.get(pk=thing.pk)
            version = f'"{row.revision if isinstance(row, Placement) else row.version}"'
            answer = send(
                world,
                ROWS[each.route],
                each.method,
                "administrator",
                body=each.body(world.a, world.a),
                headers={"If-Match": version},
            )
        if answer.status_code >= 400 or (answer.status_code == 200 and not ROWS[each.route].is_api):
            refused.append((each.route, each.field, answer.status_code, answer.content[:200]))
    assert not refused


def key_of(each: Reference) -> str:
    """The item (or session) that an address names: its version goes along."""
    own = {
        "api-session": "planned",
        "api-brief": "brief",
        "api-increment": "increment",
        "api-placement": "placement",
        "api-review-layer": "layer",
    }
    if each.route in own:
        return own[each.route]
    return (
        str(ROWS[each.route].groups.get("key", "item.key"))
        .partition(".")[0]
        .replace("product", "item")
    )


def fields_of(shape: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every input field of a shape, nested ones with dots."""
    if isinstance(shape, dict):  # by content type
        (shape,) = shape.values()
    if isinstance(shape, serializers.ListSerializer):
        shape = shape.child
    if isinstance(shape, type):
        shape = shape()
    if not isinstance(shape, serializers.Serializer):
        return
    for name, field in shape.fields.items():
        yield f"{prefix}{name}", field
        yield from fields_of(field, f"{prefix}{name}.")


def test_every_naming_field_of_the_api_is_listed() -> None:
    listed = {(each.route, each.method, each.field) for each in REFERENCES}
    missing = []
    for route in ROUTES.values():
        for method, handler in route.handlers.items():
            shape = handler.spec["request"]
            if method == "GET" or shape is None:
                continue
            for path, field in fields_of(shape):
                if isinstance(field, serializers.FloatField):
                    continue  # the target of a measurement is a number
                if route.name.startswith("api-brief-signal") and path == "metric":
                    continue  # a name that need not be a metric of the product yet
                if path.rpartition(".")[2] in NAMES and (route.name, method, path) not in listed:
                    missing.append((route.name, method, path))
    assert not missing


def test_relation_fields_are_not_used(world: World) -> None:
    """Input names rows by key, address or name, looked up within the product; no field takes any row of a table."""
    for route in ROUTES.values():
        for handler in route.handlers.values():
            for path, field in fields_of(handler.spec["request"]):
                kinds = serializers.RelatedField | serializers.ManyRelatedField
                assert not isinstance(field, kinds), (route.name, path)


def test_every_input_is_a_shape_that_refuses_what_it_does_not_know() -> None:
    for route in ROUTES.values():
        for method, handler in route.handlers.items():
            shape = handler.spec["request"]
            if method in ("POST", "PUT", "PATCH") and isinstance(shape, type):
                assert issubclass(shape, Shape), (route.name, method)
