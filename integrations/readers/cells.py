"""What stands inside one cell: comments, links, attachments, numbers, lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

BLOCKS, DUPLICATES, PART_OF, RELATES = "blocks", "duplicates", "part_of", "relates"

_BLOCKS = {"blocks", "block", "blocker", "blocked", "blocking"}
_DEPENDS = {"depends", "depend", "dependent", "dependency", "depends on", "required", "requires"}
_DUPLICATES = {"duplicate", "duplicates", "cloners", "cloner", "clone", "clones", "cloned"}
_CONTAINS = {"incorporates", "includes", "contains", "parent", "epic", "epic link", "hierarchy"}
_RELATES = {"relates", "relate", "related", "relates to", "reference", "references", ""}

#: ``ABC-12``, ``owner/name#7``, ``#7``, ``7``
KEY = re.compile(r"[A-Za-z][\w]{0,60}-\d{1,12}|(?:[\w.-]+/[\w.-]+)?#\d{1,12}")
_NUMBER = re.compile(r"-?\d{1,12}(?:[.,]\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Link:
    """This item ``kind`` the other one; the other way round when ``inward``. ``name`` is the
    tracker's word."""

    kind: str
    other: str
    inward: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    body: str
    author: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    url: str = ""


def link_of(link_type: str, direction: str, other: str) -> Link:
    """Jira's link types by name: ``outward`` reads "this one <type> the other"."""
    name = " ".join(link_type.replace("_", " ").replace("-", " ").casefold().split())
    inward = direction == "inward"
    if name in _BLOCKS:
        return Link(BLOCKS, other, inward, link_type)
    if name in _DEPENDS:
        return Link(BLOCKS, other, not inward, link_type)
    if name in _DUPLICATES:
        return Link(DUPLICATES, other, inward, link_type)
    if name in _CONTAINS:
        return Link(PART_OF, other, not inward, link_type)
    return Link(RELATES, other, False, "" if name in _RELATES else link_type)


def links_of(cell: str, direction: str, link_type: str) -> list[Link]:
    """The keys of a cell; a cell ``direction;type;key`` says by itself what it is."""
    said = cell.split(";")
    if not direction and len(said) == 3 and said[0] in ("inward", "outward"):
        return [link_of(said[1], said[0], said[2].strip())]
    keys = KEY.findall(cell) or re.findall(r"\b\d{1,12}\b", cell)
    return [link_of(link_type, direction or "outward", key) for key in dict.fromkeys(keys)]


def comment_of(
    cell: str, instant: Callable[[str], datetime | None], convert: Callable[[str], str]
) -> Comment | None:
    """``date;author;text`` where the first part is a date, else the whole cell is the text.

    The text may hold semicolons. Jira Server ends each comment with ``;;;``.
    """
    parts = cell.split(";", 2)
    at = instant(parts[0].strip()) if len(parts) == 3 else None
    text, author = (parts[2], parts[1].strip()) if at else (cell, "")
    text = convert(text.removesuffix(";;;") if at else text).strip()
    return Comment(text, author, at) if text else None


def attachment_of(cell: str, instant: Callable[[str], datetime | None]) -> Attachment | None:
    """``date;author;name;address`` or just a name or an address."""
    parts = [part.strip() for part in cell.split(";")]
    if len(parts) >= 3 and instant(parts[0]):
        return Attachment(parts[2], parts[3] if len(parts) > 3 else "")
    text = cell.strip()
    if text.startswith(("http://", "https://")):
        return Attachment(text.rstrip("/").rsplit("/", 1)[-1] or text, text)
    return Attachment(text) if text else None


def number_of(cell: str) -> float | None:
    """``3``, ``3.0``, ``3,5``, ``5 points``; None for anything else."""
    match = _NUMBER.match(cell.strip())
    if not match:
        return None
    rest = cell.strip()[match.end() :].strip().casefold()
    if rest and rest not in ("point", "points", "pts", "sp", "p"):
        return None
    return float(match[0].replace(",", "."))


def count_of(cells: list[str]) -> int:
    """A number if the only cell is one, else how many different names there are."""
    if len(cells) == 1:
        number = number_of(cells[0])
        if number is not None:
            return max(0, int(number))
    return len(set(cells))


_SPLIT_TIGHT = re.compile(r"\s*;\s*|\s*,\s+")
_SPLIT = re.compile(r"\s*[;,]\s*")
_SPLIT_SEMICOLON = re.compile(r"\s*;\s*")


def parts_of(cell: str, *, labels: bool, jira: bool) -> list[str]:
    """Several values in one cell. In Jira a component may hold a comma, and a label one without a
    blank."""
    if jira:
        pattern = _SPLIT_TIGHT if labels else _SPLIT_SEMICOLON
    else:
        pattern = _SPLIT
    return [part for part in pattern.split(cell.strip()) if part]
