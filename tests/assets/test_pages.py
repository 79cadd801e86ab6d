"""The list of assets, the page of one, and what stands on pages of other apps."""

import re

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, Version
from assets.services.assets import add_asset
from tests.assets import files
from tests.assets.files import first_version, new_item, upload
from tests.cast import Cast


def many(cast: Cast, count: int) -> list[Asset]:
    item = new_item(cast)
    return [
        add_asset(
            actor=cast.actor("contributor"),
            item=item,
            file=ContentFile(f"text {number}".encode(), name=f"asset {number:03}.txt"),
            rationale="Why",
        ).asset
        for number in range(count)
    ]


def names(page: str) -> list[str]:
    return re.findall(r"data-row-link>(asset \d+)<", page)


def test_the_list_is_walked_to_its_end(cast: Cast) -> None:
    many(cast, 55)
    client = cast.client("viewer")
    first = client.get("/p/ATLAS/assets/").content.decode()
    assert names(first) == [f"asset {number:03}" for number in range(54, 4, -1)]
    cursor = re.search(r"cursor=([\w-]+)", first)
    assert cursor
    second = client.get(f"/p/ATLAS/assets/?cursor={cursor[1]}").content.decode()
    assert names(second) == [f"asset {number:03}" for number in range(4, -1, -1)]
    assert "cursor=" not in second


def test_the_lists_queries_do_not_grow(cast: Cast) -> None:
    counts = []
    client = cast.client("viewer")
    for _ in range(2):
        many(cast, 4)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get("/p/ATLAS/assets/").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "WyIyMDI2LTAxLTAxIiwxXQ", "bnVsbA"])
def test_a_cursor_of_somebody_elses_making_is_refused(cast: Cast, cursor: str) -> None:
    assert cast.client("viewer").get(f"/p/ATLAS/assets/?cursor={cursor}").status_code == 422


def test_the_list_is_filtered_by_name_and_kind(cast: Cast) -> None:
    item = new_item(cast)
    for content, name in ((files.PDF, "map storyboard.pdf"), (files.TEXT, "map script.txt")):
        upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", content, name)
    client = cast.client("viewer")

    def found(query: str) -> tuple[bool, bool]:
        page = client.get(f"/p/ATLAS/assets/?{query}").content.decode()
        return ">map storyboard<" in page, ">map script<" in page

    assert found("") == (True, True)
    assert found("q=MAP+story") == (True, False)
    assert found("kind=text") == (False, True)
    assert found("kind=text&q=story") == (False, False)
    assert found("outdated=false") == (True, True)
    assert (found("state=draft"), found("state=approved")) == ((True, True), (False, False))
    Version.objects.filter(asset__name="map script").update(state="approved")
    assert found("state=approved") == (False, True)
    upload(
        cast.api("contributor"),
        f"/api/v1/assets/{Version.objects.get(state='approved').asset_id}/versions/",
        b"second",
    )
    assert found("state=approved") == (False, False), "it is the newest version that counts"
    assert found("state=draft&q=script&kind=text") == (False, True)
    assert found("kind=nonsense") == (False, False), "what cannot be read is refused"


def test_an_empty_list_says_what_to_do(cast: Cast) -> None:
    client = cast.client("viewer")
    assert "No assets yet" in client.get("/p/ATLAS/assets/").content.decode()
    assert "No asset fits" in client.get("/p/ATLAS/assets/?q=x").content.decode()


def test_an_older_version_says_that_there_is_a_newer_one(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    upload(cast.api("contributor"), f"/api/v1/assets/{made['id']}/versions/", b"second")
    client = cast.client("viewer")
    assert "Version 2 is newer" in client.get(f"/p/ATLAS/assets/{made['id']}/1/").content.decode()
    assert "is newer" not in client.get(f"/p/ATLAS/assets/{made['id']}/").content.decode()
    assert client.get(f"/p/ATLAS/assets/{made['id']}/3/").status_code == 404


def test_what_may_not_be_done_is_not_offered(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    address = f"/p/ATLAS/assets/{made['id']}/"
    offered = f"{address}upload/"
    assert offered in cast.client("contributor").get(address).content.decode()
    assert offered not in cast.client("viewer").get(address).content.decode()


def test_an_item_shows_its_assets_and_takes_one_more(cast: Cast) -> None:
    item = new_item(cast)
    made = first_version(cast, item)
    page = cast.client("contributor").get(f"/items/{item.key}/").content.decode()
    section = page[page.index('id="assets"') :]
    assert f"/p/ATLAS/assets/{made['id']}/" in section
    assert "Not reviewed" in section
    form = section[section.index("<form") : section.index("</form>")]
    assert f'action="/items/{item.key}/assets/"' in form
    assert "csrfmiddlewaretoken" in form
    viewer = cast.client("viewer").get(f"/items/{item.key}/").content.decode()
    assert f'action="/items/{item.key}/assets/"' not in viewer


def test_a_page_without_its_csrf_token_is_refused(cast: Cast) -> None:
    item = new_item(cast)
    client = cast.client("contributor", csrf=True)
    assert upload(client, f"/items/{item.key}/assets/").status_code == 403
    assert not Asset.objects.exists()


def test_an_items_detail_in_the_api_names_its_assets(cast: Cast) -> None:
    item = new_item(cast)
    made = first_version(cast, item)
    listed = cast.api("viewer").get(f"/api/v1/items/{item.key}/").json()["assets"]
    assert listed == [
        {
            "id": made["id"],
            "name": "welcome",
            "kind": "text",
            "version": 1,
            "sha256": made["newest"]["sha256"],
            "review": {"state": "not_reviewed", "id": None},
        }
    ]
    assert (
        cast.api("viewer").get(f"/api/v1/items/{item.key}/assets/").json()["results"][0]["id"]
        == made["id"]
    )


def test_the_search_finds_assets_by_name(cast: Cast) -> None:
    item = new_item(cast, "Something else")
    upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", name="lighthouse.txt")
    found = cast.client("viewer").get("/p/ATLAS/search/?q=lighthouse").content.decode()
    assert ">lighthouse<" in found
    assert (
        ">lighthouse<"
        not in cast.client("viewer").get("/p/ATLAS/search/?q=harbour").content.decode()
    )


def test_the_api_lists_the_assets_of_a_product_by_the_filters_of_the_page(cast: Cast) -> None:
    item = new_item(cast)
    names = ["map storyboard", "map script", "other script"]
    contents = [files.PDF, files.TEXT, files.TEXT + b" too"]
    for content, name in zip(contents, names, strict=True):
        ending = "pdf" if content is files.PDF else "txt"
        upload(
            cast.api("contributor"),
            f"/api/v1/items/{item.key}/assets/",
            content,
            f"{name}.{ending}",
        )
    api = cast.api("viewer")

    def listed(query: str) -> list[str]:
        answer = api.get(f"/api/v1/assets/?product=ATLAS&{query}")
        assert answer.status_code == 200, answer.content
        return [row["name"] for row in answer.json()["results"]]

    assert listed("") == names[::-1]
    assert listed("q=MAP+scr") == ["map script"]
    assert listed("kind=text") == ["other script", "map script"]
    first = api.get("/api/v1/assets/?product=ATLAS&limit=2").json()
    assert [row["newest"]["number"] for row in first["results"]] == [1, 1]
    assert listed(f"limit=2&cursor={first['next']}") == ["map storyboard"]
    for wrong, field in (
        ("kind=nonsense", "kind"),
        ("outdated=maybe", "outdated"),
        ("limit=0", "limit"),
    ):
        refused = api.get(f"/api/v1/assets/?product=ATLAS&{wrong}")
        assert refused.status_code == 400
        assert field in refused.content.decode()
    assert cast.api("outsider").get("/api/v1/assets/?product=ATLAS").status_code == 404


def test_an_asset_begins_with_the_item_it_is_for(cast: Cast) -> None:
    item = new_item(cast)
    client, page = cast.client("contributor"), "/p/ATLAS/assets/new/"
    assert page in client.get("/p/ATLAS/assets/").content.decode()
    assert "For which item" in client.get(page).content.decode()
    assert client.get(page, {"item": item.key.lower()})["Location"] == f"/items/{item.key}/assets/"
    for wrong in ("ATLAS-99", "BOREAS-1", "a film"):
        said = client.get(page, {"item": wrong})
        assert (said.status_code, "There is no item" in said.content.decode()) == (422, True)
    assert cast.client("viewer").get(page).status_code == 403
    assert page not in cast.client("viewer").get("/p/ATLAS/assets/").content.decode()
