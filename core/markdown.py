"""Markdown to HTML that is safe to put on a page.

``js-default`` turns raw HTML off (the library's own default preset lets it through); nh3 then keeps an allowlist
of tags and attributes. Images are dropped: a remote image is a tracking pixel.
"""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_TAGS = set(
    "p br hr h1 h2 h3 h4 h5 h6 strong em s del code pre blockquote ul ol li a table thead tbody tr th td".split()
)
_parser = MarkdownIt("js-default", {"linkify": True, "breaks": True, "html": False}).enable(
    "linkify"
)


def render(text: str) -> str:
    """Clean HTML of a Markdown text."""
    if not text:
        return ""
    html = _parser.render(text)
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@lru_cache(maxsize=2048)
def render_cached(text: str) -> SafeString:
    """``render`` for templates; a text is rendered once per process while it is in use."""
    return mark_safe(render(text))  # noqa: S308  cleaned by nh3 above
