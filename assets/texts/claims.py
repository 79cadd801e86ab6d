"""Where claims stand, and where they went in the next version: the same words, nearly the same, or gone (N16). Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from assets.texts import differences, reading

#: Share of words in common from which a stretch of the new text is the claim, changed.
NEAR = 0.6
#: Sentences that are looked at word by word for one claim; a word in more than ``COMMON`` of them finds none.
LOOKED_AT = 60
COMMON = 3000
_WORD = re.compile(r"\w+(?:['’.,]\w+)*|[%€$£]")
_ENDS = (".", "!", "?")
_SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?!\s)[^\n.!?]*)*[.!?]?")


@dataclass(frozen=True)
class Place:
    """A stretch of a text: offsets in characters, ``end`` exclusive; lines from 1, inclusive."""

    start: int
    end: int
    first_line: int
    last_line: int
    text: str


def at(text: str, start: int, end: int) -> Place:
    """The place of ``text[start:end]``, without white space at its edges. Raises ValueError where nothing is left."""
    start, end = max(0, start), min(len(text), end)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end:
        raise ValueError("nothing is selected")
    first = text.count("\n", 0, start) + 1
    return Place(start, end, first, first + text.count("\n", start, end), text[start:end])


def offset(lines: list[str], line: int, column: int) -> int:
    """The offset of a column (from 0) of a line (from 1) in the text that the lines make."""
    line = min(max(1, line), len(lines))
    return sum(len(each) + 1 for each in lines[: line - 1]) + min(
        max(0, column), len(lines[line - 1])
    )


@dataclass(frozen=True)
class Found:
    """Where a claim is in the new text. ``same``: with the very same words. None: it is gone."""

    place: Place | None
    same: bool = False


class Follower:
    """Follows claims from one text to the next."""

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new
        self._stretches = differences.stretches(reading.lines(old), reading.lines(new))
        self._line_starts = [0]
        for line in reading.lines(new):
            self._line_starts.append(self._line_starts[-1] + len(line) + 1)
        self._sentences: list[tuple[int, int, Counter[str]]] | None = None
        self._holding: dict[str, list[int]] = defaultdict(list)

    def follow(self, words: str, first_line: int | None) -> Found:
        """``words`` as they stood in the old text, ``first_line`` from 1 where it is known."""
        expected = self._expected(first_line)
        exact = self._exact(words, expected)
        if exact is not None:
            return Found(at(self._new, exact, exact + len(words)), same=True)
        near = self._near(words, expected, self._edges(words))
        return Found(at(self._new, *near)) if near else Found(None)

    def _expected(self, first_line: int | None) -> int:
        if first_line is None:
            return 0
        line = differences.mapped(first_line - 1, self._stretches)
        return self._line_starts[min(line, len(self._line_starts) - 1)]

    def _exact(self, words: str, expected: int) -> int | None:
        """The occurrence nearest to where it should be; not within a longer word."""
        best, start = None, self._new.find(words)
        while start >= 0:
            whole = not (_inside(self._new, start) or _inside(self._new, start + len(words)))
            if whole and (best is None or abs(start - expected) < abs(best - expected)):
                best = start
            start = self._new.find(words, start + 1)
        return best

    def _edges(self, words: str) -> tuple[bool, bool]:
        """Whether the words began and ended a sentence of the old text: then what they became does too."""
        start = self._old.find(words)
        if start < 0:
            return False, False
        end = start + len(words)
        before = self._old[:start].rstrip(' >*_"“')
        after = self._old[end:].lstrip(' *_"”')
        return (
            before[-1:] in ("", "\n", *_ENDS),
            words[-1:] in _ENDS or after[:1] in ("", "\n", *_ENDS),
        )

    def _near(self, words: str, expected: int, edges: tuple[bool, bool]) -> tuple[int, int] | None:
        wanted = [each.lower() for each in _WORD.findall(words)]
        if not wanted:
            return None
        bag = Counter(wanted)
        best: tuple[float, int, int, int] | None = None
        for start, end, has in self._candidates(set(wanted)):
            common = (bag & has).total()
            if common < NEAR * len(wanted) / 2:
                continue
            inner = self._inner(wanted, start, end, edges)
            if inner is None:
                continue
            score, first, last = inner
            if words[-1:] in _ENDS and self._new[last : last + 1] in _ENDS:
                last += 1
            key = (score, -abs(first - expected), first, last)
            if score >= NEAR and (best is None or key > best):
                best = key
        return (best[2], best[3]) if best else None

    def _candidates(self, wanted: set[str]) -> list[tuple[int, int, Counter[str]]]:
        """Sentences of the new text, and two in a row, that share most of the rarer words; at most ``LOOKED_AT``."""
        if self._sentences is None:
            spans = [match.span() for match in _SENTENCE.finditer(self._new)]
            spans += [(one[0], other[1]) for one, other in pairwise(spans)]
            self._sentences = [
                (start, end, Counter(each.lower() for each in _WORD.findall(self._new[start:end])))
                for start, end in spans
            ]
            for at_, (_, _, has) in enumerate(self._sentences):
                for word in has:
                    self._holding[word].append(at_)
        shared: Counter[int] = Counter()
        for word in sorted(wanted):
            if len(self._holding.get(word, ())) <= COMMON:
                shared.update(self._holding.get(word, ()))
        return [self._sentences[at_] for at_, _ in shared.most_common(LOOKED_AT)]

    def _inner(
        self, wanted: list[str], start: int, end: int, edges: tuple[bool, bool]
    ) -> tuple[float, int, int] | None:
        """What of a sentence is the claim: from its first word in common to its last, and as many around as it had."""
        there = list(_WORD.finditer(self._new, start, end))
        found = differences.stretches(wanted, [each[0].lower() for each in there], 200)
        same = [each for each in found if each.same]
        if not same:
            return None
        first = 0 if edges[0] else max(0, same[0].c - same[0].a)
        last = len(there) if edges[1] else min(len(there), same[-1].d + len(wanted) - same[-1].b)
        common = sum(each.b - each.a for each in same)
        score = 2 * common / (len(wanted) + last - first)
        return score, there[first].start(), there[last - 1].end()


def _inside(text: str, at_: int) -> bool:
    """Whether a word runs across this offset."""
    return 0 < at_ < len(text) and text[at_ - 1].isalnum() and text[at_].isalnum()
