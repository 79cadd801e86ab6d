"""Opposite requests on the same place (N19), found by their words before the next round begins. Pure.

A request is read as a set of directions ("longer", "louder", "keep"): words and their opposites below, turned round by
a negation just before them ("not longer", "don't cut"). Two notes contradict each other when they stand on the same
place and one asks for a direction whose opposite the other asks for. It is a hint for people, who settle it: what no
word of the list says is not found, and what two notes say of different things in one place may be raised for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Each pair of opposites with the words that ask for either side.
OPPOSITES: tuple[tuple[str, str], ...] = (
    ("longer lengthen extend expand prolong", "shorter shorten trim condense tighten"),
    ("keep retain leave stays stay preserve", "cut remove delete drop omit strike scrap lose"),
    ("add include insert", "remove delete drop omit strike"),
    ("more", "fewer less reduce"),
    ("louder", "quieter softer"),
    ("faster quicker speed accelerate", "slower slow"),
    ("brighter lighter", "darker dimmer"),
    ("bigger larger enlarge", "smaller shrink"),
    ("formal serious", "casual informal playful funnier lighter-hearted"),
    ("simpler simplify plainer", "detailed detail elaborate richer"),
    ("warmer", "cooler colder"),
    ("earlier sooner", "later"),
    ("show visible reveal", "hide conceal invisible"),
    ("bold bolder stronger emphasise emphasize", "subtle subtler weaker understated"),
    ("left", "right"),
    ("up higher raise above", "down lower below"),
)
_SIDES: dict[str, list[tuple[int, int]]] = {}
for _pair, _sides in enumerate(OPPOSITES):
    for _side, _words in enumerate(_sides):
        for _word in _words.split():
            _SIDES.setdefault(_word, []).append((_pair, _side))
#: What "too long" is too much of.
_TOO = {
    "long": "longer",
    "short": "shorter",
    "loud": "louder",
    "quiet": "quieter",
    "fast": "faster",
    "bright": "brighter",
    "dark": "darker",
    "big": "bigger",
    "small": "smaller",
    "warm": "warmer",
    "cold": "colder",
}
#: Words that mean a side only where something is placed: "that is right" asks for nothing.
_PLACED = frozenset({"left", "right", "up", "down"})
#: "more" and "less" ask for what follows them rather than for quantity: "more formal".
_DEGREE = {"more": False, "less": True, "too": True, "fewer": True}
_NOT = frozenset(
    {"not", "no", "never", "don't", "dont", "cannot", "can't", "without", "isn't", "shouldn't"}
)
_WORD = re.compile(r"[a-z][a-z'-]*")
#: How many words a negation reaches.
REACH = 3
#: Seconds around an instant that count as the same place; a second is a word or two.
NEAR = 1.0


@dataclass(frozen=True)
class Wish:
    """A note as it asks for something: its words and its place."""

    key: int
    body: str
    anchor: Mapping[str, Any]


def opposed(one: Wish, other: Wish) -> str:
    """Why two notes contradict each other, in words; empty when they do not."""
    return next((why for _, _, why in pairs([one, other])), "")


def _why(first: Mapping[int, tuple[int, str]], second: Mapping[int, tuple[int, str]]) -> str:
    for pair, (side, word) in first.items():
        if pair in second and second[pair][0] != side:
            return f"One asks for “{word}”, the other for “{second[pair][1]}”."
    return ""


def directions(body: str) -> dict[int, tuple[int, str]]:
    """What a note asks for: pair of opposites -> (side, the words that said so). Who asks for both asks neither."""
    words = _WORD.findall(body.lower().replace("’", "'"))
    found: dict[int, tuple[int, str]] = {}
    both = set()
    for at, word in enumerate(words):
        before = words[max(0, at - REACH) : at]
        degree = before[-1] if before and before[-1] in _DEGREE else ""
        meant = _TOO.get(word, word) if degree == "too" else word
        if meant not in _SIDES or (word in _PLACED and (not before or before[-1] != "the")):
            continue
        if word in _DEGREE and at + 1 < len(words) and words[at + 1] in _SIDES:
            continue  # "more formal": the next word says what is asked for
        turned = any(each in _NOT for each in before) != bool(degree and _DEGREE[degree])
        said = " ".join(
            [*(each for each in before if each in _NOT), *([degree] if degree else []), word]
        )
        for pair, side in _SIDES[meant]:
            side = 1 - side if turned else side
            if pair in found and found[pair][0] != side:
                both.add(pair)
            found.setdefault(pair, (side, said))
    return {pair: each for pair, each in found.items() if pair not in both}


def pairs(wishes: Sequence[Wish]) -> list[tuple[int, int, str]]:
    """Every two notes that contradict each other: (smaller key, larger key, why)."""
    asking = [(wish, said) for wish in wishes if (said := directions(wish.body))]
    found = []
    for at, (one, first) in enumerate(asking):
        for other, second in asking[at + 1 :]:
            if why := _why(first, second) if same_place(one.anchor, other.anchor) else "":
                found.append((min(one.key, other.key), max(one.key, other.key), why))
    return found


def same_place(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two anchors overlap. The whole (no anchor) is one place of its own."""
    if not one or not other:
        return not one and not other
    if "line" in one and "line" in other:
        return _overlap(
            one["line"], one.get("end_line") or one["line"],
            other["line"], other.get("end_line") or other["line"],
        )  # fmt: skip
    if "second" in one and "second" in other:
        return _overlap(
            one["second"] - NEAR, (one.get("end_second") or one["second"]) + NEAR,
            other["second"], other.get("end_second") or other["second"],
        )  # fmt: skip
    if one.get("page") != other.get("page"):
        return False
    if "region" in one and "region" in other:
        x, y, width, height = one["region"]
        left, top, across, down = other["region"]
        return _overlap(x, x + width, left, left + across) and _overlap(
            y, y + height, top, top + down
        )
    return "page" in one and not ("region" in one and "region" in other)


def _overlap(start: float, end: float, other_start: float, other_end: float) -> bool:
    return start <= other_end and other_start <= end
