"""Fountain, the plain-text form of screenplays, by its public syntax (fountain.io/syntax).

Line by line: each line gets one kind. What spans lines (notes, boneyard) keeps its kind to its end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

KINDS = frozenset(
    {
        "front",
        "scene",
        "section",
        "synopsis",
        "transition",
        "character",
        "parenthetical",
        "dialogue",
    }
    | {"lyric", "action", "centred", "page", "note", "boneyard"}
)

_SCENE = re.compile(r"(?:INT|EXT|EST|INT\.?/EXT|I/E)[. ]", re.IGNORECASE)
_TITLE = re.compile(r"[A-Za-z][A-Za-z ]*:")
_PAGE = re.compile(r"={3,}\s*\Z")
_EXTENSION = re.compile(r"\s*\([^()]*\)\s*")


def classify(lines: Sequence[str]) -> list[str]:
    """What each line is."""
    kinds: list[str] = []
    at = _front(lines, kinds)
    before = "blank"
    while at < len(lines):
        line = lines[at]
        kind = _kind(lines, at, before)
        kinds.append(kind)
        at += 1
        if kind == "boneyard":
            at = _through(lines, kinds, at - 1, "*/", kind)
        elif kind == "note" and "]]" not in line:
            at = _through(lines, kinds, at - 1, "]]", kind)
        before = kinds[-1]
    return kinds


def _front(lines: Sequence[str], kinds: list[str]) -> int:
    """The title page: keys and their values until the first blank line. Returns the line after it."""
    if not lines or not _TITLE.match(lines[0].strip()) or _transition(lines[0]):
        return 0
    for at, line in enumerate(lines):
        if not line.strip():
            return at
        if not _TITLE.match(line) and not line[:1].isspace():
            kinds.clear()  # a first line with a colon, and then a story
            return 0
        kinds.append("front")
    return len(lines)


def _through(lines: Sequence[str], kinds: list[str], at: int, end: str, kind: str) -> int:
    """Until the line that closes what began at ``at``; one line only where nothing closes it."""
    for last in range(at, len(lines)):
        if end in lines[last]:
            kinds.extend([kind] * (last - at))
            return last + 1
    return at + 1


def _kind(lines: Sequence[str], at: int, before: str) -> str:
    line = lines[at]
    text = line.strip()
    speaking = before in ("character", "parenthetical", "dialogue", "lyric")
    if not text:
        return "dialogue" if speaking and line.startswith("  ") else "blank"
    if text.startswith("/*"):
        return "boneyard"
    if text.startswith("~"):
        return "lyric"
    if speaking:
        return "parenthetical" if text.startswith("(") and text.endswith(")") else "dialogue"
    forced = _forced(text)
    if forced:
        return forced
    alone_before = before in ("blank", "front", "boneyard", "section", "synopsis", "page")
    alone_after = at + 1 >= len(lines) or not lines[at + 1].strip()
    if alone_before and _SCENE.match(text):
        return "scene"
    if alone_before and alone_after and _transition(text):
        return "transition"
    if alone_before and not alone_after and _cue(text):
        return "character"
    return "action"


def _forced(text: str) -> str:
    first = text[0]
    if first == "!":
        return "action"
    if first == "." and text[1:2] not in ("", "."):
        return "scene"
    if first == "@":
        return "character"
    if first == "#":
        return "section"
    if first == "=":
        return "page" if _PAGE.match(text) else "synopsis"
    if first == ">":
        return "centred" if text.endswith("<") else "transition"
    return "note" if text.startswith("[[") else ""


def _transition(text: str) -> bool:
    return text == text.upper() and text.rstrip().endswith("TO:")


def _cue(text: str) -> bool:
    """A name in capitals, with what is in brackets as it likes, and perhaps the mark of dual dialogue."""
    name = _EXTENSION.sub(" ", text).strip().removesuffix("^").strip()
    return name == name.upper() and any(each.isalpha() for each in name)
