"""What stands within a line: emphasis, code, links, notes; as spans, so that the line's characters stay countable."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# every repetition is bounded: a line of nothing but brackets takes no longer than its length
_TARGET = r"(?:\([^()\s]{0,2000}(?:\s{1,9}\"[^\"]{0,300}\")?\)|\[[^\]\[]{0,300}\])"
_URL = r"(?:https?://|mailto:|www\.)[^\s<>\"')\]]+"
LINKS = {
    "text/markdown": re.compile(
        r"!\[[^\]\[]{0,300}\]"
        + _TARGET
        + r"|(?<=\])"
        + _TARGET  # pictures whole; of links, where they lead
        + r"|<"
        + _URL
        + r">|"
        + _URL
    ),
    "text/fountain": re.compile(_URL),
    "text/plain": re.compile(_URL),
}
_MARKS = {
    "text/markdown": re.compile(
        r"(?P<code>`[^`]{1,500}`)|(?P<strong>\*\*[^*]{1,500}\*\*|__[^_]{1,500}__)|(?P<em>\*[^*\s][^*]{0,500}\*|(?<!\w)_[^_\s][^_]{0,500}_(?!\w))"
    ),
    "text/fountain": re.compile(
        r"(?P<note>\[\[[^\[\]]{0,500}\]\])|(?P<strong>\*\*[^*]{1,500}\*\*)|(?P<em>\*[^*\s][^*]{0,500}\*)|(?P<under>_[^_\s][^_]{0,500}_)"
    ),
}


@dataclass(frozen=True)
class Span:
    """A piece of a line and what it is; empty: nothing special. The spans of a line together are the line."""

    text: str
    kinds: tuple[str, ...] = ()

    @property
    def css(self) -> str:
        """Classes of it, for a page."""
        return " ".join(f"t-{each}" for each in self.kinds)


def links(line: str, media_type: str) -> list[tuple[int, int]]:
    """Where links and pictures stand in a line: (start, end), end exclusive, in order."""
    return [match.span() for match in LINKS.get(media_type, LINKS["text/plain"]).finditer(line)]


def spans(
    line: str, kind: str, media_type: str, extra: Sequence[tuple[int, int, str]] = ()
) -> list[Span]:
    """A line cut at everything that is marked in it. ``extra``: (start, end, kind) of marks from elsewhere."""
    found = list(extra)
    if kind not in ("front", "code"):
        pattern = _MARKS.get(media_type)
        if pattern is not None:
            found += [(*match.span(), match.lastgroup or "") for match in pattern.finditer(line)]
        found += [(start, end, "link") for start, end in links(line, media_type)]
    if not found:
        return [Span(line)]
    opens: dict[int, list[str]] = defaultdict(list)
    closes: dict[int, list[str]] = defaultdict(list)
    for start, end, name in found:
        if start < end:
            opens[max(0, start)].append(name)
            closes[min(len(line), end)].append(name)
    here: Counter[str] = Counter()
    pieces = []
    for start, end in pairwise(sorted({0, len(line), *opens, *closes})):
        here.subtract(closes[start])
        here.update(opens[start])
        pieces.append(Span(line[start:end], tuple(name for name in here if here[name] > 0)))
    return pieces
