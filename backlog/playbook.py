"""The handbook that stands in ``docs/playbook``: its pages, as the product shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings

#: The order in which somebody new reads them; a page that is not named here comes last.
ORDER = ("words", "scoring", "robustness", "planning", "refinement", "briefs", "assets", "reviews")
#: A line that goes on in the next one. Tables, lists, headings and quotations begin their own.
_WRAPPED = re.compile(r"(?<=\S)\n {0,3}(?![ \n|#>]|[-*] |\d+\. )")
_FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
#: What is not part of the handbook cannot be followed from it.
_ELSEWHERE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


@dataclass(frozen=True)
class Page:
    """``begin``: its first paragraph. ``text``: Markdown below the title."""

    slug: str
    title: str
    begin: str
    text: str


@cache
def pages() -> dict[str, Page]:
    """Slug -> page, in reading order. Read once."""
    found = {}
    for path in (settings.BASE_DIR / "docs" / "playbook").glob("*.md"):
        title, _, text = path.read_text(encoding="utf-8").partition("\n")
        text = "".join(
            part if part.startswith("```") else _WRAPPED.sub(" ", _ELSEWHERE.sub(r"\1", part))
            for part in _FENCED.split(text.strip())
        )
        first = next(part for part in text.split("\n\n") if not part.startswith("#"))
        begin = re.sub("[*`]", "", first)
        found[path.stem] = Page(path.stem, title.lstrip("# "), begin, text)
    last = len(ORDER)
    place = {slug: number for number, slug in enumerate(ORDER)}
    return dict(sorted(found.items(), key=lambda each: (place.get(each[0], last), each[0])))
