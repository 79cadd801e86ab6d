"""Where a note's place has gone in the next version of a text. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

#: Beyond so many lines that differ, places are followed by equal lines only: matching is quadratic in what differs.
MATCHED = 4000


def carried_lines(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Line of the old text -> line of the new, both from 1, for every line that is still there or was reworded.

    Equal lines are matched in order; a run of lines that was replaced by as many is followed line by line.
    """
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    found = {line + 1: line + 1 for line in range(start)}
    found |= {len(before) - line: len(after) - line for line in range(end)}
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) + len(new) > MATCHED:
        places: dict[str, int] = {}
        for at, line in enumerate(new):
            places.setdefault(line, at)
        return found | {
            start + at + 1: start + places[line] + 1
            for at, line in enumerate(old)
            if line.strip() and line in places
        }
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal" or (tag == "replace" and b - a == d - c):
            found |= {start + a + n + 1: start + c + n + 1 for n in range(b - a)}
    return found


def carried_anchor(anchor: Mapping[str, Any], moved: Mapping[int, int]) -> dict[str, Any] | None:
    """A place in lines in the new text; None when its first line is gone."""
    first = moved.get(anchor["line"])
    if first is None:
        return None
    found = {**anchor, "line": first}
    if "end_line" in anchor:
        inside = (new for old, new in moved.items() if anchor["line"] <= old <= anchor["end_line"])
        found["end_line"] = max(inside, default=first)
    return found


def moment(anchor: Mapping[str, Any] | None) -> int | None:
    """The milliseconds that a place in a film begins at; None for another place."""
    second = (anchor or {}).get("second")
    return None if second is None else round(second * 1000)


def place_words(anchor: Mapping[str, Any] | None) -> str:
    """A place in words: "lines 12–14", "page 3, a region", "1:05–1:20"; empty for the whole."""
    if not anchor:
        return ""
    words = []
    if "line" in anchor:
        end = anchor.get("end_line") or anchor["line"]
        words.append(
            f"line {anchor['line']}" if end == anchor["line"] else f"lines {anchor['line']}–{end}"
        )
    if "page" in anchor:
        words.append(f"page {anchor['page']}")
    if "second" in anchor:
        end_second = anchor.get("end_second")
        words.append(
            _clock(anchor["second"]) + (f"–{_clock(end_second)}" if end_second is not None else "")
        )
    if "region" in anchor:
        words.append("a region")
    return ", ".join(words)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
