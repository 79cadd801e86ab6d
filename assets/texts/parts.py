"""The parts of a text that can be material to a review by themselves (N15), as bytes to be hashed.

Every character of a text belongs to exactly one of front, headings, dialogue, prose and links; a blank line belongs to
the part of the line before it, so that one more speech does not change the prose. So a changed letter changes the part
it stands in, and no other. Claims lie over the text: what they say stands in its own part as well, and the part
"claims" is made of their words and sources by :func:`claims`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from assets.texts import inline, reading

_PART_OF = {
    "front": "front",
    "heading": "headings",
    "scene": "headings",
    "section": "headings",
    "character": "dialogue",
    "parenthetical": "dialogue",
    "dialogue": "dialogue",
    "lyric": "dialogue",
    "reference": "links",
}
NAMES = ("front", "headings", "dialogue", "prose", "links")


def split(text: str, media_type: str) -> dict[str, str]:
    """The characters of each part, in the order of the text, a line end after each line that has some of it."""
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    lines = reading.lines(text)
    part = "prose"
    for line, kind in zip(lines, reading.kinds(lines, media_type), strict=True):
        if kind != "blank":
            part = _PART_OF.get(kind, "prose")
        rest, links = _without_links(line, kind, media_type)
        if links:
            found["links"].append(links)
        if rest or not links:
            found[part].append(rest)
    return {name: "".join(f"{each}\n" for each in pieces) for name, pieces in found.items()}


def digests(text: str, media_type: str) -> dict[str, str]:
    """SHA-256 of each part of a text, in hex."""
    return {name: digest(part) for name, part in split(text, media_type).items()}


def claims(of: Iterable[tuple[int, str, str, str, int | None]]) -> str:
    """SHA-256 of the claims that a version holds: (number, words there, source, address, id of the brief's line)."""
    pieces = [
        "\x1f".join((str(number), words, source, url, str(line or "")))
        for number, words, source, url, line in sorted(of)
    ]
    return digest("\x1e".join(pieces))


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _without_links(line: str, kind: str, media_type: str) -> tuple[str, str]:
    """What stands outside and inside of links of a line."""
    if kind in ("front", "code", "reference"):
        return line, ""
    rest, links, at = [], [], 0
    for start, end in inline.links(line, media_type):
        rest.append(line[at:start])
        links.append(line[start:end])
        at = end
    rest.append(line[at:])
    return "".join(rest), "".join(f"{each} " for each in links)
