"""Making a product and its settings."""

from accounts.models import Product
from backlog.models import Change, Queue
from tests.cast import Cast, make_person


def test_an_administrator_makes_another_product(cast: Cast) -> None:
    client = cast.client("administrator")
    answer = client.post(
        "/products/new/", {"name": "Compass", "key": "cmp", "description": "Maps."}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/p/CMP/settings/members/")
    product = Product.objects.get(key="CMP")
    assert Queue.objects.filter(product=product).count() == 4
    assert product.memberships.get().user == cast.administrator


def test_staff_make_the_first_one(cast: Cast, client: object) -> None:
    from django.test import Client

    browser = Client()
    browser.force_login(make_person("staff", is_staff=True))
    assert browser.post("/products/new/", {"name": "First", "key": "FST"}).status_code == 302


def test_others_do_not(cast: Cast) -> None:
    for name in ("owner", "viewer"):
        assert cast.client(name).get("/products/new/").status_code == 403
        assert (
            cast.client(name).post("/products/new/", {"name": "X", "key": "XX"}).status_code == 403
        )
    assert Product.objects.count() == 2


def test_a_key_that_does_not_fit_or_is_taken_is_refused_at_its_field(cast: Cast) -> None:
    client = cast.client("administrator")
    for key in ("ATLAS", "1X", "A", "ÄB", "A-B", "TOOLONGAKEY"):
        answer = client.post("/products/new/", {"name": "N", "key": key})
        assert answer.status_code == 422, key
        assert "key" in answer.context["form"].errors
    assert Product.objects.count() == 2


def test_the_settings_are_read_by_all_and_changed_with_the_right(cast: Cast) -> None:
    path = f"/p/{cast.a.key}/settings/"
    for name in ("viewer", "owner", "administrator"):
        assert cast.client(name).get(path).status_code == 200
    assert cast.client("owner").post(path, {"name": "Mine"}).status_code == 403
    answer = cast.client("administrator").post(
        path, {"name": "Atlas Two", "description": "**New**", "key": "HACK"}
    )
    assert answer.status_code == 302
    product = Product.objects.get(pk=cast.a.pk)
    assert (product.name, product.description, product.key) == ("Atlas Two", "**New**", "ATLAS")
    change = Change.objects.get(verb="product.edited")
    assert change.fields["name"] == ["Atlas", "Atlas Two"]


def test_saving_what_stands_there_writes_no_change(cast: Cast) -> None:
    cast.client("administrator").post(
        f"/p/{cast.a.key}/settings/", {"name": "Atlas", "description": ""}
    )
    assert not Change.objects.filter(verb="product.edited").exists()


def test_an_archived_product_is_read_and_not_changed_until_it_is_opened(cast: Cast) -> None:
    path, client = f"/p/{cast.a.key}/settings/archive/", cast.client("administrator")
    item = {"product": "ATLAS", "title": "A module"}
    assert cast.client("owner").post(path, {"archived": "true"}).status_code == 403
    assert client.post(path, {"archived": "true", "reason": "Season over"}).status_code == 302
    assert client.post(path, {"archived": "true"}).status_code == 302, "twice is once"
    assert client.get(f"/p/{cast.a.key}/settings/").status_code == 200
    refused = cast.api("administrator").post("/api/v1/items/", item, "application/json")
    assert refused.status_code == 403
    assert "archived" in refused.json()["detail"]
    assert client.post(path, {"archived": "false"}).status_code == 302
    assert (
        cast.api("administrator").post("/api/v1/items/", item, "application/json").status_code
        == 201
    )
    verbs = (
        Change.objects.filter(verb__startswith="product.")
        .order_by("id")
        .values_list("verb", flat=True)
    )
    assert list(verbs) == [
        "product.created",
        "product.created",
        "product.archived",
        "product.reopened",
    ]
