"""Scripts written in the browser: saved on the version they were read from, and never lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models import Asset, Version
from assets.storage import store
from assets.texts import merging
from tests.assets import files
from tests.assets.files import first_version, new_item, upload
from tests.cast import Cast

few = st.lists(st.sampled_from("abc"), max_size=8)


@given(few, few)
def test_one_change_alone_is_the_merge(base: list[str], mine: list[str]) -> None:
    assert merging.merged(base, mine, base) == mine
    assert merging.merged(base, base, mine) == mine
    assert merging.merged(base, mine, mine) == mine


@given(few, few, few)
def test_a_merge_is_the_same_from_both_sides(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    assert merging.merged(base, mine, theirs) == merging.merged(base, theirs, mine)


def test_changes_apart_are_put_together_and_others_are_not() -> None:
    base = list("abcdefgh")
    assert merging.merged(base, list("aXcdefgh"), list("abcdefYgh")) == list("aXcdefYgh")
    assert merging.merged(base, list("aXcdefgh"), list("aYcdefgh")) is None


def posted(cast: Cast, asset: int, text: str, base: int, **more: Any) -> Any:
    data = {"text": text, "base": base, "rationale": "Shorter.", **more}
    return cast.client("contributor").post(f"/p/ATLAS/assets/{asset}/write/", data)


def content(number: int) -> bytes:
    version = Version.objects.get(number=number)
    return store().path(version.product_id, version.sha256).read_bytes()


@pytest.fixture
def script(cast: Cast) -> int:
    found: int = first_version(cast, new_item(cast))["id"]
    return found


def test_a_text_is_read_changed_and_saved(cast: Cast, script: int) -> None:
    page = cast.client("contributor").get(f"/p/ATLAS/assets/{script}/write/").content.decode()
    assert "&lt;b&gt;an hour&lt;/b&gt;" in page
    answer = posted(cast, script, "INT. LAB - DAY\r\n\r\nQuiet.\r\n", 1)
    assert answer.status_code == 302
    assert content(2) == b"INT. LAB - DAY\n\nQuiet.\n"
    version = Version.objects.get(number=2)
    assert version.written_here
    assert version.media_type == "text/fountain"
    assert version.rationale == "Shorter."
    assert "written here" in cast.client("viewer").get(answer["Location"]).content.decode()


def test_who_was_overtaken_loses_nothing(cast: Cast, script: int) -> None:
    """Both are shown, a merge is offered, and it is saved on the newer version."""
    old = files.TEXT.decode()
    api = cast.api("contributor")
    theirs = files.TEXT.replace(b"NIGHT", b"DAWN")
    assert upload(api, f"/api/v1/assets/{script}/versions/", theirs).status_code == 201
    mine = old + "\nMARA\nNot any more."
    answer = posted(cast, script, mine, 1)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Not any more." in page
    assert "version 2 came meanwhile" in page
    assert "DAWN" in page
    assert Version.objects.count() == 2
    merged = posted(cast, script, mine, 1, act="merge").content.decode()
    assert "Both changes are in the text" in merged
    assert 'name="base" value="2"' in merged
    assert "DAWN" in merged
    assert posted(cast, script, mine.replace("NIGHT", "DAWN"), 2).status_code == 302
    clash = posted(cast, script, old.replace("an hour", "a day"), 1, act="merge")
    assert clash.status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"rationale": " "}, 422),
        ({"text": " \n "}, 422),
        ({"text": "x" * 400_001}, 422),
        ({"base": "x"}, 422),
        ({"text": files.TEXT.decode()}, 409),  # no change
    ],
)
def test_what_cannot_be_saved_comes_back(
    cast: Cast, script: int, change: dict[str, str], status: int
) -> None:
    data = {"text": "My own words.", "base": 1, "rationale": "Why", **change}
    answer = cast.client("contributor").post(f"/p/ATLAS/assets/{script}/write/", data)
    assert answer.status_code == status
    assert Version.objects.count() == 1
    if "text" not in change:
        assert "My own words." in answer.content.decode()


def test_a_preview_saves_nothing(cast: Cast, script: int) -> None:
    answer = posted(cast, script, "INT. LAB - DAY\n\n<script>alert(1)</script>", 1, act="preview")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert '<li class="is-scene">' in page
    assert "<script>alert" not in page
    assert Version.objects.count() == 1


@pytest.mark.parametrize("media_type", ["text/fountain", "text/markdown", "text/plain"])
def test_a_script_from_nothing(cast: Cast, media_type: str) -> None:
    item = new_item(cast)
    client = cast.client("contributor")
    assert client.get(f"/items/{item.key}/write/").status_code == 200
    data = {"name": "Opening", "media_type": media_type, "text": "<svg>", "rationale": "First."}
    answer = client.post(f"/items/{item.key}/write/", data)
    assert answer.status_code == 302
    asset = Asset.objects.get()
    assert (asset.name, asset.kind) == ("Opening", "text")
    version = asset.versions.get()
    assert (version.media_type, version.written_here) == (media_type, True)
    assert set(version.parts.values_list("name", flat=True)) >= {"bytes", "prose", "claims"}


def test_a_picture_is_not_written(cast: Cast) -> None:
    made = first_version(cast, new_item(cast), files.image("PNG"), "a.png")
    page = cast.client("contributor").get(f"/p/ATLAS/assets/{made['id']}/write/")
    assert page.status_code == 200
    assert "Not written here" in page.content.decode()
