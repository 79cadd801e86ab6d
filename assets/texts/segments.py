"""Segments of a text: scenes, sections, or paragraphs, and which of them is which in the next version (N18). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.texts import differences, parts, reading

STARTS = frozenset({"scene", "section", "heading"})
MOST = 2000
LABEL_LIMIT = 200
#: Pairs of segments that are compared word by word, at most.
COMPARED = 40_000
ALIKE = 0.5


@dataclass(frozen=True)
class Segment:
    """Lines ``first`` to ``last``, from 1, inclusive. ``label``: its heading, or its first words."""

    label: str
    first: int
    last: int
    text: str

    @property
    def sha256(self) -> str:
        """Over its text, without blank lines at its end."""
        return parts.digest(self.text)


@dataclass(frozen=True)
class Known:
    """A segment of the version before: its key, which stays with it."""

    key: int
    label: str
    text: str
    sha256: str


def split(text: str, media_type: str) -> list[Segment]:
    """The segments of a text: by its headings where it has two or more, else by its paragraphs. Covers every line."""
    lines = reading.lines(text)
    kinds = reading.kinds(lines, media_type)
    starts = [
        at
        for at, kind in enumerate(kinds)
        if kind in STARTS and not (kind == "heading" and at and kinds[at - 1] == kind)
    ]
    if len(starts) < 2:
        starts = [
            at
            for at, kind in enumerate(kinds)
            if kind != "blank" and (not at or kinds[at - 1] == "blank")
        ]
    if not lines:
        return []
    starts = sorted({0, *starts})[:MOST]
    return [
        _segment(lines, first, last)
        for first, last in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]


def _segment(lines: Sequence[str], first: int, last: int) -> Segment:
    text = "\n".join(lines[first:last]).rstrip()
    label = next((line.strip() for line in lines[first:last] if line.strip()), "")
    return Segment(label.lstrip("#. ")[:LABEL_LIMIT], first + 1, last, text)


def aligned(known: Sequence[Known], found: Sequence[Segment], next_key: int) -> list[int]:
    """The keys of ``found``: those of the version before where a segment is the same or became it, else new ones.

    In this order: same text in the same order, same text that moved, same heading, half of the words in common.
    """
    keys: dict[int, int] = {}
    left = dict(enumerate(known))

    def take(at: int, old: int) -> None:
        keys[at] = left.pop(old).key

    for each in differences.stretches([one.sha256 for one in known], [one.sha256 for one in found]):
        if each.same:
            for old, at in zip(range(each.a, each.b), range(each.c, each.d), strict=True):
                take(at, old)
    for same in (lambda a, b: a.sha256 == b.sha256, lambda a, b: a.label and a.label == b.label):
        for at, one in enumerate(found):
            if at not in keys:
                became = next((old for old, other in left.items() if same(one, other)), None)
                if became is not None:
                    take(at, became)
    open_ = [at for at in range(len(found)) if at not in keys]
    if len(open_) * len(left) <= COMPARED:
        scored = sorted(
            (
                (-differences.alike(found[at].text, other.text), abs(at - old), at, old)
                for at in open_
                for old, other in left.items()
            )
        )
        for score, _, at, old in scored:
            if -score >= ALIKE and at not in keys and old in left:
                take(at, old)
    for at in range(len(found)):
        if at not in keys:
            keys[at] = next_key
            next_key += 1
    return [keys[at] for at in range(len(found))]
