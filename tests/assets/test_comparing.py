"""Two versions beside each other, by page and by API."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from tests.assets import files, making
from tests.assets.files import first_version, new_item, upload
from tests.cast import Cast

OLD = "# Ward\n\n" + "\n".join(f"Line {at} of the narration." for at in range(30))
NEW = OLD.replace("Line 7 of", "Line seven <b>of").replace("\nLine 20 of the narration.", "")


def two(cast: Cast, old: bytes, new: bytes, name: str) -> int:
    made = first_version(cast, new_item(cast), old, name)
    answer = upload(cast.api("contributor"), f"/api/v1/assets/{made['id']}/versions/", new, name)
    assert answer.status_code == 201
    found: int = made["id"]
    return found


def compared(cast: Cast, asset: int, query: str = "", old: int = 1, new: int = 2) -> str:
    answer = cast.client("viewer").get(f"/p/ATLAS/assets/{asset}/compare/{old}/{new}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def column(page: str, name: str) -> list[str]:
    cells = re.findall(rf'<td class="{name}">(.*?)</td>', page, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in cells]


def test_texts_side_by_side_and_in_one_column(cast: Cast) -> None:
    asset = two(cast, OLD.encode(), NEW.encode(), "ward.md")
    page = compared(cast, asset)
    assert "Lines: 1 changed, 0 added, 1 removed" in page
    assert "<ins>seven &lt;b&gt;</ins>" in page
    assert "lines are the same" in page
    assert "Line 0 of" not in page
    whole = compared(cast, asset, "?all")
    assert [line for line in column(whole, "old") if line] == [x for x in OLD.split("\n") if x]
    assert [line for line in column(whole, "new") if line] == [x for x in NEW.split("\n") if x]
    inline = compared(cast, asset, "?show=inline")
    assert "<mark>seven &lt;b&gt;</mark>" in inline
    back = compared(cast, asset, old=2, new=1)
    assert "Lines: 1 changed, 1 added, 0 removed" in back


def test_the_same_version_twice(cast: Cast) -> None:
    asset = two(cast, OLD.encode(), NEW.encode(), "ward.md")
    page = compared(cast, asset, old=1, new=1)
    assert "The same bytes" in page
    assert "line by line" in page


def test_by_the_api(cast: Cast) -> None:
    asset = two(cast, OLD.encode(), NEW.encode(), "ward.md")
    address = f"/api/v1/assets/{asset}/differences/"
    found: Any = cast.api("viewer").get(f"{address}?old=1&new=2").json()
    assert (found["changed"], found["added"], found["removed"]) == (1, 0, 1)
    assert [(row["kind"], row["old_number"], row["new_number"]) for row in found["lines"]] == [
        ("changed", 10, 10),
        ("removed", 23, None),
    ]
    assert found["parts"] == {
        "the whole file": True,
        "title page and front matter": False,
        "headings and scene headings": False,
        "what is said": False,
        "action and running text": True,
        "links and pictures": False,
        "claims with their sources": False,
    }
    for query in ("", "?old=1", "?old=a&new=2", "?old=1&new=9", "?old=1&new=99999999999"):
        assert cast.api("viewer").get(address + query).status_code in (400, 404)
    assert cast.api("outsider").get(f"{address}?old=1&new=2").status_code == 404


@pytest.mark.parametrize(
    ("old", "new", "name", "held"),
    [
        (files.image("PNG"), files.image("PNG", (60, 40)), "a.png", "data-mode"),
        (making.pdf(pages=1), making.pdf(pages=2), "a.pdf", 'data-page="2"'),
        (making.film(), making.film(shade=20), "a.mp4", "data-sync"),
        (making.tone(), making.tone(pitch=300), "a.wav", "data-sync"),
        (files.TEXT, files.image("PNG"), "a.txt", "Not shown beside each other"),
        (files.SVG, files.SVG + b" ", "a.svg", "data-mode"),
        (files.HTML, files.HTML + b" ", "a.html", "Not shown beside each other"),
    ],
    ids=["image", "pdf", "video", "audio", "kinds", "svg", "html"],
)
def test_other_kinds(cast: Cast, old: bytes, new: bytes, name: str, held: str) -> None:
    page = compared(cast, two(cast, old, new, name))
    assert held in page


def test_a_form_names_two_versions(cast: Cast) -> None:
    asset = two(cast, OLD.encode(), NEW.encode(), "ward.md")
    address = f"/p/ATLAS/assets/{asset}/compare/"
    for query, status in (("", 200), ("?old=2&new=1", 200), ("?old=x&new=", 200), ("?old=9", 404)):
        assert cast.client("viewer").get(address + query).status_code == status


def test_pages_lead_to_it(cast: Cast) -> None:
    asset = two(cast, OLD.encode(), NEW.encode(), "ward.md")
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{asset}/").content.decode()
    assert f'href="/p/ATLAS/assets/{asset}/compare/1/2/"' in page
