"""The handbook in the product: every page of it, as it is written."""

from __future__ import annotations

import re

from django.conf import settings

from backlog.playbook import pages
from tests.cast import Cast


def test_every_page_is_listed_and_shown(cast: Cast) -> None:
    client = cast.client("viewer")
    written = {path.stem for path in (settings.BASE_DIR / "docs" / "playbook").glob("*.md")}
    listed = client.get("/p/ATLAS/playbook/").content.decode()
    assert set(re.findall(r"/p/ATLAS/playbook/(\w+)/", listed)) == written == pages().keys()
    assert next(iter(pages())) == "words"
    for slug, page in pages().items():
        shown = client.get(f"/p/ATLAS/playbook/{slug}/")
        assert shown.status_code == 200
        html = shown.content.decode()
        assert page.title in html
        assert "../decisions" not in html
    assert client.get("/p/ATLAS/playbook/nothing/").status_code == 404


def test_lines_are_joined_and_code_and_tables_are_kept() -> None:
    text = pages()["scoring"].text
    assert "on the product's rubric and on the moment, and on nothing else" in text
    assert "\n|---" in pages()["words"].text
    assert "= 10\ne = ln(1 + 10) ÷ ln(1 + 50) = 0.6099\n" in text
