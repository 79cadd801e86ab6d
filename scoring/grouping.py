"""Signals that say much the same, grouped: TF-IDF of their words, cosine, one leader a group.

Each signal is a vector of terms: the stems of its note's words (a number goes with the word before it: "category 55"),
its kind and its segment; a signal without words has only the two together. A term weighs 1 + ln(times it occurs), times
ln((1 + n) / (1 + signals with it)) + 1; kind and segment weigh half of a word. Vectors have length 1. Signals are taken
in the order in which they are given (oldest first): each joins the group whose *leader*, its first signal, is the most
similar, if that is at least `threshold` (equal ones: the older leader), else it leads a group of its own. Salton and
Buckley 1988 for the weights; leader clustering is Hartigan's (1975). The same signals in the same order give the same
groups.

Pure: no Django, no clock.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

#: More signals than this are not grouped at once: the newest are.
MOST = 10_000
#: Two short reports of one pain share about two of their five words; found on 445 real incidents and on tickets.
THRESHOLD = 0.22
#: Similarities are compared in these steps, so that the last bit of a sum decides nothing.
_STEP = 1e-9
_CONTEXT_WEIGHT = 0.5
_LABEL_TERMS = 4
#: A word that more than this part of at least so many signals has tells nothing apart.
_COMMON, _COMMON_FROM = 0.6, 20

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?", re.UNICODE)
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")
_STOP = frozenset(
    "a about after again all also an and any are as at be because been before but by can cannot could did do does for"
    " from get got had has have he her here him his how i if in into is it its just me more most my no not now of on"
    " once only or other our out over she since so some still than that the their them then there these they this to"
    " too up us very was we were what when where which while who will with would you your".split()
)
_ENDINGS = ("ings", "ing", "edly", "ies", "ed", "es", "s", "e", "y")


@dataclass(frozen=True)
class Loose:
    """A signal as it is grouped. `segment`: its name, or empty."""

    pk: int
    kind: str
    segment: str
    note: str
    magnitude: float
    occurred_at: datetime


@dataclass(frozen=True)
class Group:
    """Signals that say much the same, in the order given; the first one leads. `members` are places in the input.

    `label`: its strongest terms as people wrote them. `example`: the place of the one in its middle. `sums`: kind ->
    magnitudes added up. `recent` and `earlier`: how many came in the last 30 days, and in the 30 before.
    """

    members: tuple[int, ...]
    label: str
    example: int
    sums: dict[str, float]
    first_seen: datetime
    last_seen: datetime
    recent: int
    earlier: int

    def __len__(self) -> int:
        return len(self.members)

    @property
    def growth(self) -> int:
        return self.recent - self.earlier


def groups(signals: Sequence[Loose], at: datetime, *, threshold: float = THRESHOLD) -> list[Group]:
    """The groups of `signals` (at most `MOST`), the largest first, then the last seen; groups of one are among them."""
    terms = [_terms(signal) for signal in signals]
    vectors = _vectors(terms)
    leaders = _leaders(vectors, threshold)
    members: dict[int, list[int]] = {}
    for place, leader in enumerate(leaders):
        members.setdefault(leader, []).append(place)
    found = [_group(signals, terms, vectors, places, at) for places in members.values()]
    found.sort(key=lambda group: (-len(group), -group.last_seen.timestamp(), group.members))
    return found


def _terms(signal: Loose) -> dict[str, tuple[float, str]]:
    """Stem -> (weight by occurrence, the word as written). Kind and segment are terms of their own names."""
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    before = ""
    for match in _WORD.finditer(signal.note):
        word = match[0].casefold()
        if word.isdigit():
            if before:
                counts[f"{_stem(before)} {word}"] += 1
                written.setdefault(f"{_stem(before)} {word}", f"{before} {word}")
            continue
        pieces = _pieces(word)
        before = word if pieces else before
        for piece in pieces:
            stem = _stem(piece)
            counts[stem] += 1
            written.setdefault(stem, piece)
    found = {stem: (1.0 + math.log(count), written[stem]) for stem, count in counts.items() if stem}
    if not found:  # nothing said: only the same kind of the same segment is the same
        return {f"only:{signal.kind}:{signal.segment}": (1.0, "")}
    found[f"kind:{signal.kind}"] = (_CONTEXT_WEIGHT, "")
    if signal.segment:
        found[f"segment:{signal.segment}"] = (_CONTEXT_WEIGHT, "")
    return found


def _pieces(word: str) -> list[str]:
    """A word, or nothing for one that says nothing; of scripts without blanks between words, pairs of characters."""
    if _WIDE.search(word):
        return [word[at : at + 2] for at in range(max(1, len(word) - 1))]
    word = re.split("['’]", word)[0]
    return [] if word in _STOP or len(word) < 2 else [word]


def _stem(word: str) -> str:
    """Without accents and one common ending, where four letters remain: freezes, freezing, freeze are one."""
    if not word.isascii():
        word = "".join(
            char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char)
        )
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


@dataclass(frozen=True)
class _Vectors:
    """Sparse rows of length 1: columns and weights of each; `names` of the columns."""

    columns: list[npt.NDArray[np.int64]]
    weights: list[npt.NDArray[np.float64]]
    names: list[str]


def _vectors(rows: Sequence[dict[str, tuple[float, str]]]) -> _Vectors:
    holders = Counter(name for row in rows for name in row)
    most = _COMMON * len(rows) if len(rows) >= _COMMON_FROM else len(rows)
    names = sorted(name for name, count in holders.items() if count <= most or ":" in name)
    place = {name: column for column, name in enumerate(names)}
    rarity = np.array([math.log((1 + len(rows)) / (1 + holders[name])) + 1 for name in names])
    columns, weights = [], []
    for row in rows:
        kept = sorted((place[name], weight) for name, (weight, _) in row.items() if name in place)
        column = np.array([each for each, _ in kept], dtype=np.int64)
        weight = np.array([each for _, each in kept], dtype=np.float64) * rarity[column]
        columns.append(column)
        weights.append(weight / np.sqrt(weight @ weight))
    return _Vectors(columns, weights, names)


def _leaders(vectors: _Vectors, threshold: float) -> list[int]:
    """The leader of each signal, itself for one that leads."""
    # of each term, which leaders have it and at what weight; they double as they fill up
    holders: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)] * len(vectors.names)
    shares: list[npt.NDArray[np.float64]] = [np.empty(0)] * len(vectors.names)
    used = [0] * len(vectors.names)
    leading: list[int] = []
    likeness = np.zeros(len(vectors.columns))
    found: list[int] = []
    for place, (columns, weights) in enumerate(zip(vectors.columns, vectors.weights, strict=True)):
        terms = list(zip(columns.tolist(), weights.tolist(), strict=True))
        for column, weight in terms:
            size = used[column]
            likeness[holders[column][:size]] += weight * shares[column][:size]
        among = likeness[: len(leading)]
        best = among.max(initial=0.0)
        if best >= threshold - _STEP:
            found.append(leading[int(np.argmax(among >= best - _STEP))])
        else:
            found.append(place)
            for column, weight in terms:
                size = used[column]
                if size == len(holders[column]):
                    holders[column] = np.resize(holders[column], max(4, 2 * size))
                    shares[column] = np.resize(shares[column], max(4, 2 * size))
                holders[column][size], shares[column][size] = len(leading), weight
                used[column] += 1
            leading.append(place)
        among[:] = 0.0
    return found


def _group(
    signals: Sequence[Loose],
    terms: Sequence[dict[str, tuple[float, str]]],
    vectors: _Vectors,
    places: Sequence[int],
    at: datetime,
) -> Group:
    sums: dict[str, float] = {}
    middle: Counter[int] = Counter()
    for place in places:
        sums[signals[place].kind] = sums.get(signals[place].kind, 0.0) + signals[place].magnitude
        for column, weight in zip(
            vectors.columns[place].tolist(), vectors.weights[place].tolist(), strict=True
        ):
            middle[column] += weight
    instants = [signals[place].occurred_at for place in places]
    month = timedelta(days=30)
    recent = sum(instant > at - month for instant in instants)
    earlier = sum(at - 2 * month < instant <= at - month for instant in instants)

    def nearness(place: int) -> tuple[float, int]:
        near = sum(
            middle[column] * weight
            for column, weight in zip(
                vectors.columns[place].tolist(), vectors.weights[place].tolist(), strict=True
            )
        )
        return round(near / _STEP), -place

    return Group(
        members=tuple(places),
        label=_label(signals[places[0]], terms, vectors, places, middle),
        example=max(places, key=nearness),
        sums=dict(sorted(sums.items())),
        first_seen=min(instants),
        last_seen=max(instants),
        recent=recent,
        earlier=earlier,
    )


def _label(
    leader: Loose,
    terms: Sequence[dict[str, tuple[float, str]]],
    vectors: _Vectors,
    places: Sequence[int],
    middle: Counter[int],
) -> str:
    """The strongest words, as most of the group writes them; without any, kind and segment."""
    ranked = sorted(middle, key=lambda column: (-round(middle[column] / _STEP), column))
    words = [vectors.names[column] for column in ranked if ":" not in vectors.names[column]]
    written: list[str] = []
    for word in words[:_LABEL_TERMS]:
        forms = Counter(terms[place][word][1] for place in places if word in terms[place])
        written.append(min(forms, key=lambda form: (-forms[form], form)))
    if written:
        return ", ".join(written)
    return ", ".join(each for each in (leader.kind.replace("_", " "), leader.segment) if each)
