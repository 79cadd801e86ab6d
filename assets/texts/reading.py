"""From bytes to lines, and what kind each line is, for the three kinds of text that are taken in."""

from __future__ import annotations

from collections.abc import Sequence

from assets.texts import fountain, markdown

PLAIN = "text/plain"
MARKDOWN = "text/markdown"
FOUNTAIN = "text/fountain"

#: What a line can be. "blank" has nothing but white space.
KINDS = frozenset(fountain.KINDS | markdown.KINDS | {"text", "blank"})


def decoded(data: bytes) -> str:
    """The text with LF line ends, without a byte order mark and without the ends of its last line."""
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n")


def lines(text: str) -> list[str]:
    """The lines of a decoded text; none of an empty one."""
    return text.split("\n") if text else []


def kinds(of: Sequence[str], media_type: str) -> list[str]:
    """What each line is, one word a line, out of ``KINDS``."""
    if media_type == FOUNTAIN:
        return fountain.classify(of)
    if media_type == MARKDOWN:
        return markdown.classify(of)
    return ["text" if line.strip() else "blank" for line in of]
