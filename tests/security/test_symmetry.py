"""List, detail, search, bulk and page show a person the same items, whichever way they ask."""

from __future__ import annotations

import re

import pytest

from backlog.models import Item
from tests.cast import MEMBERS
from tests.security.world import Tenant, World

pytestmark = pytest.mark.slow
ACTORS = [*MEMBERS, "outsider"]


def home_of(world: World, actor: str) -> Tenant:
    return world.b if actor == "outsider" else world.a


def keys_in(text: str, product: str) -> set[str]:
    return set(re.findall(rf"\b{product}-\d+\b", text))


@pytest.mark.parametrize("actor", ACTORS)
def test_every_way_in_shows_the_same_items(world: World, actor: str) -> None:
    tenant = home_of(world, actor)
    key = tenant.product.key
    client, api = world.cast.client(actor), world.cast.api(actor)
    all_keys = {
        item.key for item in Item.objects.filter(product=tenant.product).select_related("product")
    }
    open_keys = {
        item.key
        for item in Item.objects.filter(
            product=tenant.product, summary__is_open=True
        ).select_related("product")
    }
    listed = api.get("/api/v1/items/", {"product": key}).json()["results"]
    unnamed = api.get("/api/v1/items/").json()["results"]
    assert {row["key"] for row in listed} == {row["key"] for row in unnamed} == all_keys
    assert {
        each for each in all_keys if api.get(f"/api/v1/items/{each}/").status_code == 200
    } == all_keys
    page = client.get(f"/p/{key}/backlog/").content.decode()
    assert keys_in(page, key) == open_keys
    every = client.get(f"/p/{key}/backlog/", {"open": "all"}).content.decode()
    assert keys_in(every, key) == all_keys
    word = tenant.mark.split()[0]
    found = client.get(f"/p/{key}/search/", {"q": word}).content.decode()
    assert keys_in(found, key) == all_keys
    assert {
        each for each in all_keys if client.get(f"/items/{each}/").status_code == 200
    } == all_keys
    ids = {item.pk for item in Item.objects.filter(product=tenant.product)}
    changes = {
        row["id"] for each in all_keys for row in api.get(f"/api/v1/items/{each}/changes/").json()
    }
    assert changes
    assert ids


@pytest.mark.parametrize("actor", ACTORS)
def test_nobody_is_shown_an_item_of_the_other_product(world: World, actor: str) -> None:
    other = world.a if actor == "outsider" else world.b
    for item in Item.objects.filter(product=other.product).select_related("product"):
        assert world.cast.api(actor).get(f"/api/v1/items/{item.key}/").status_code == 404
        assert world.cast.client(actor).get(f"/items/{item.key}/").status_code == 404
