"""Only what is offered can be set: ids, owners, roles, scores and states slip in with nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse

from accounts.models import ApiToken, DecisionRight, Membership, Product, User
from backlog.models import Item
from tests.security.answers import leaks
from tests.security.matrix import MATRIX
from tests.security.routes import ROUTES
from tests.security.rows import Row, send
from tests.security.test_references import fields_of
from tests.security.watching import contents, undone, written_tables
from tests.security.world import World

APPS = (
    "accounts",
    "backlog",
    "scoring",
    "assets",
    "reviews",
    "insights",
    "integrations",
    "notices",
)
#: every column of every table of ours, and some that people try
COLUMNS = sorted(
    {
        field.name
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.fields
    }
    | {
        "id",
        "pk",
        "tenant",
        "is_superuser",
        "rate_limit",
        "score",
        "status",
        "created_by",
        "groups",
        "permissions",
    }
)
API = [
    (each, method)
    for each in MATRIX
    for method in each.methods
    if each.is_api and method in ("POST", "PUT", "PATCH") and not each.form
]
PAGES = [
    each
    for each in MATRIX
    if not each.is_api and "POST" in each.methods and each.name not in ("sign-in", "sign-out")
]


def name_of(value: object) -> str:
    return value.name if isinstance(value, Row) else str(value)


@pytest.mark.parametrize(("each", "method"), API, ids=name_of)
def test_the_api_refuses_every_field_that_it_does_not_offer(
    world: World, each: Row, method: str
) -> None:
    shape = ROUTES[each.name].handlers[method].spec["request"]
    offered = {path for path, _field in fields_of(shape) if "." not in path} if shape else set()
    body = dict(each.body(world.a) if callable(each.body) else each.body or {})
    extra = {name: 1 for name in COLUMNS if name not in offered}
    actor = "reviewer" if each.name == "api-review-decide" else "administrator"
    with undone(), written_tables() as touched:
        version = f'"{Item.objects.get(pk=world.a.item.pk).version}"'
        answer = send(
            world, each, method, actor, body={**extra, **body}, headers={"If-Match": version}
        )
        touched.discard("integrations_hookdelivery")  # why a message was refused is kept
        after = contents(touched) if touched else {}
    before = contents(touched) if touched else {}
    if shape is None:
        assert answer.status_code < 500  # no body is read
        return
    assert answer.status_code == 400, answer.content[:300]
    if isinstance(shape, type):  # else an object whose members a reader of its own checks
        assert set(answer.json()["fields"]) == set(extra)
    assert after == before


def guarded() -> dict[str, Any]:
    """What no ordinary form may touch, whatever it is sent."""
    return {
        "people": list(
            User.objects.order_by("pk").values_list(
                "pk", "email", "is_staff", "is_active", "password"
            )
        ),
        "members": list(
            Membership.objects.order_by("pk").values_list("pk", "product", "user", "role")
        ),
        "rights": list(
            DecisionRight.objects.order_by("pk").values_list(
                "pk", "product", "action", "role", "allowed"
            )
        ),
        "tokens": list(
            ApiToken.objects.order_by("pk").values_list(
                "pk", "user", "product", "scope", "secret_digest"
            )
        ),
        "products": list(Product.objects.order_by("pk").values_list("pk", "key", "created_at")),
        "items": list(
            Item.objects.order_by("pk").values_list(
                "pk", "product", "number", "reporter", "created_at"
            )
        ),
    }


@pytest.mark.parametrize("each", PAGES, ids=name_of)
def test_a_page_takes_no_field_that_it_does_not_offer(world: World, each: Row) -> None:
    """As a contributor, with every column of ours beside the real fields; rows that are meant to be made may be new."""
    body = dict(each.body(world.a) if callable(each.body) else each.body or {})
    hostile = {
        **dict.fromkeys(COLUMNS, "1"),
        "product": world.b.product.key,
        "role": "administrator",
        "is_staff": "on",
        "scope": "write",
        "owner": world.cast.contributor.pk,
        "user": world.cast.administrator.pk,
        "email": "new@example.org",
        "key": "HACK",
        "state": "done",
        "priority": "100",
    }
    before = guarded()
    with undone():
        answer = send(world, each, "POST", "contributor", body={**hostile, **body})
        after = guarded()
    assert answer.status_code < 500
    for what, rows in before.items():
        known = {row[0] for row in rows}
        kept = [row for row in after[what] if row[0] in known]
        if what == "tokens" and each.name == "settings-token-revoke":
            continue
        assert kept == rows, what
        fresh = [row for row in after[what] if row[0] not in known]
        if what == "tokens":
            assert all(row[1] == world.cast.contributor.pk for row in fresh)
        elif what == "items":
            assert all(row[1] == world.a.product.pk for row in fresh)
        else:
            assert not fresh, what


@pytest.mark.parametrize("each", [row for row in MATRIX if "GET" in row.methods], ids=name_of)
def test_no_parameter_of_an_address_reaches_the_database(world: World, each: Row) -> None:
    """Lookups, orderings, connectors: known and refused, or not looked at; never an error page or a word of B."""
    client = world.cast.api("administrator") if each.is_api else world.cast.client("administrator")
    path = reverse(each.name, kwargs=each.kwargs(world, world.a, "administrator"))
    for query in (
        f"ordering=password&owner__password__startswith=a&product__key={world.b.product.key}",
        "_connector=OR&q=%00&cursor=bm90LWEtY3Vyc29y&page_size=999999999&n=-1",
        "cursor=WyJ4Il0&before=-1&item=%27%3B+DROP+TABLE+x&state=%ED%A0%80&by=owner__password",
    ):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code < 500, query
        assert not leaks(answer)
