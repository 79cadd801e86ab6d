"""Markdown line by line (CommonMark's blocks as far as a line's own look tells), with YAML front matter."""

from __future__ import annotations

import re
from collections.abc import Sequence

KINDS = frozenset({"front", "heading", "code", "quote", "item", "table", "rule", "reference"})

_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|\Z)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_UNDER = re.compile(r" {0,3}(?:=+|-+)\s*\Z")
_RULE = re.compile(r" {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})\Z")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+")
_REFERENCE = re.compile(r" {0,3}\[[^\]]+\]:\s*\S")


def classify(lines: Sequence[str]) -> list[str]:
    """What each line is."""
    kinds = _front(lines)
    fence = ""
    for line in lines[len(kinds) :]:
        found = _FENCE.match(line)
        if fence:
            kinds.append("code")
            if found and found[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif found:
            fence = found[1]
            kinds.append("code")
        else:
            kinds.append(_kind(line, kinds))
    return kinds


def _front(lines: Sequence[str]) -> list[str]:
    if lines and lines[0].rstrip() == "---":
        for at, line in enumerate(lines[1:], start=1):
            if line.rstrip() in ("---", "..."):
                return ["front"] * (at + 1)
    return []


def _kind(line: str, kinds: list[str]) -> str:
    if not line.strip():
        return "blank"
    if kinds and kinds[-1] == "text" and _UNDER.match(line):
        kinds[-1] = "heading"
        return "heading"
    for kind, pattern in (
        ("heading", _HEADING),
        ("rule", _RULE),
        ("reference", _REFERENCE),
        ("item", _ITEM),
    ):
        if pattern.match(line):
            return kind
    first = line.lstrip()[:1]
    if first in (">", "|"):
        return "quote" if first == ">" else "table"
    if line.startswith(("    ", "\t")) and (not kinds or kinds[-1] in ("blank", "code")):
        return "code"
    return "text"
