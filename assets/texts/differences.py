"""Differences between two texts, by lines and by words: readable, and in bounded time whatever the texts are.

Lines are matched by E. W. Myers' greedy algorithm ("An O(ND) difference algorithm", Algorithmica 1, 1986), exactly
up to ``MOST_EDITS`` edits. Where there are more, the text is first cut at lines that occur once in both (Bram Cohen's
patience rule), and what is left without such lines counts as rewritten; all cuts together have ``MOST_STEPS`` steps.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

MOST_EDITS = 600
#: Edits of all stretches of one comparison together, after which the rest counts as rewritten.
MOST_STEPS = 4_000_000
WORDS_EDITS = 300
#: Lines of a rewritten stretch that are paired by likeness; longer ones are paired in their order.
PAIRED = 40
CONTEXT = 3

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Stretch:
    """``old[a:b]`` became ``new[c:d]``; the same where ``same``."""

    same: bool
    a: int
    b: int
    c: int
    d: int


@dataclass(frozen=True)
class Piece:
    """Some of a line; ``changed``: it is not in the other one."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Row:
    """A line beside its other: numbers from 1, None where there is none. ``kind``: same, changed, removed, added."""

    kind: str
    old_number: int | None
    new_number: int | None
    old: tuple[Piece, ...] = ()
    new: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Hunk:
    """Rows that stand together; ``folded``: how many unchanged lines were left out before them."""

    folded: int
    rows: tuple[Row, ...]
    folded_from: int = 0


def stretches(
    old: Sequence[Hashable], new: Sequence[Hashable], most: int = MOST_EDITS
) -> list[Stretch]:
    """``new`` out of ``old``: equal and rewritten stretches in turn, covering both."""
    budget = [MOST_STEPS]
    pairs = list(_matches(old, new, 0, len(old), 0, len(new), most, budget))
    found: list[Stretch] = []
    a = c = 0
    at = 0
    while at < len(pairs):
        i, j = pairs[at]
        if (i, j) != (a, c):
            found.append(Stretch(False, a, i, c, j))
        end = at
        while end + 1 < len(pairs) and pairs[end + 1] == (pairs[end][0] + 1, pairs[end][1] + 1):
            end += 1
        length = end - at + 1
        found.append(Stretch(True, i, i + length, j, j + length))
        a, c, at = i + length, j + length, end + 1
    if (a, c) != (len(old), len(new)):
        found.append(Stretch(False, a, len(old), c, len(new)))
    return found


def _matches(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    a: int,
    b: int,
    c: int,
    d: int,
    most: int,
    budget: list[int],
) -> Iterator[tuple[int, int]]:
    """Pairs of equal positions of ``old[a:b]`` and ``new[c:d]``, both rising. No recursion: cuts lie on a stack."""
    work: list[tuple[int, int, int, int] | tuple[int, int]] = [(a, b, c, d)]
    while work:
        job = work.pop()
        if len(job) == 2:
            yield job
            continue
        a, b, c, d = job
        while a < b and c < d and old[a] == new[c]:
            yield a, c
            a, c = a + 1, c + 1
        tail = 0
        while a < b - tail and c < d - tail and old[b - 1 - tail] == new[d - 1 - tail]:
            tail += 1
        work += [(b - 1 - at, d - 1 - at) for at in range(tail)]
        b, d = b - tail, d - tail
        if a == b or c == d:
            continue
        exact = _myers(old, new, a, b, c, d, most, budget)
        if exact is not None:
            yield from exact
            continue
        anchors = _anchors(old, new, a, b, c, d)
        cuts: list[tuple[int, int, int, int] | tuple[int, int]] = []
        for i, j in anchors:
            cuts += [(a, i, c, j), (i, j)]
            a, c = i + 1, j + 1
        if anchors:
            work += reversed([*cuts, (a, b, c, d)])


def _myers(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    a: int,
    b: int,
    c: int,
    d: int,
    most: int,
    budget: list[int],
) -> list[tuple[int, int]] | None:
    """The longest common subsequence as pairs; None when it takes more than ``most`` edits or the budget is spent."""
    n, m = b - a, d - c
    reach = {1: 0}
    history: list[dict[int, int]] = []
    for edits in range(min(n + m, most) + 1):
        history.append(dict(reach))
        budget[0] -= 2 * edits + 1
        if budget[0] < 0:
            return None
        for k in range(-edits, edits + 1, 2):
            down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            y = x - k
            while x < n and y < m and old[a + x] == new[c + y]:
                x, y = x + 1, y + 1
            reach[k] = x
            if x >= n and y >= m:
                return _walked(history, a, c, n, m)
    return None


def _walked(history: list[dict[int, int]], a: int, c: int, x: int, y: int) -> list[tuple[int, int]]:
    """The way back through the furthest points of each number of edits."""
    pairs: list[tuple[int, int]] = []
    for edits in range(len(history) - 1, -1, -1):
        reach, k = history[edits], x - y
        down = k == -edits or (k != edits and reach[k - 1] < reach[k + 1])
        before = k + 1 if down else k - 1
        px = reach[before] if edits else 0
        py = px - before if edits else 0
        while x > px and y > py and (x > 0 and y > 0):
            pairs.append((a + x - 1, c + y - 1))
            x, y = x - 1, y - 1
        if edits:
            x, y = px, py
    return pairs[::-1]


def _anchors(
    old: Sequence[Hashable], new: Sequence[Hashable], a: int, b: int, c: int, d: int
) -> list[tuple[int, int]]:
    """Lines that occur once in both, as the longest rising chain of pairs."""
    once_old = {line for line, count in Counter(old[a:b]).items() if count == 1}
    once_new = {line for line, count in Counter(new[c:d]).items() if count == 1}
    both = once_old & once_new
    place = {new[j]: j for j in range(c, d) if new[j] in both}
    pairs = [(i, place[old[i]]) for i in range(a, b) if old[i] in both]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        slot = bisect_left(ends, j)
        before.append(last[slot - 1] if slot else -1)
        if slot == len(ends):
            ends.append(j)
            last.append(at)
        else:
            ends[slot], last[slot] = j, at
    chain = []
    at = last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


# --- Lines beside each other ---------------------------------------------------------------------------


def rows(old: Sequence[str], new: Sequence[str]) -> list[Row]:
    """All lines of both, each beside its other."""
    found: list[Row] = []
    for each in stretches(old, new):
        if each.same:
            found += [
                Row("same", i + 1, j + 1, (Piece(old[i], False),), (Piece(new[j], False),))
                for i, j in zip(range(each.a, each.b), range(each.c, each.d), strict=True)
            ]
        else:
            found += _rewritten(old, new, each)
    return found


def _rewritten(old: Sequence[str], new: Sequence[str], each: Stretch) -> list[Row]:
    found: list[Row] = []
    i, j = each.a, each.c
    for p, q in [*_paired(old[each.a : each.b], new[each.c : each.d]), (None, None)]:
        stop_old = each.b if p is None else each.a + p
        stop_new = each.d if q is None else each.c + q
        found += [
            Row("removed", at + 1, None, (Piece(old[at], True),)) for at in range(i, stop_old)
        ]
        found += [
            Row("added", None, at + 1, (), (Piece(new[at], True),)) for at in range(j, stop_new)
        ]
        if p is not None and q is not None:
            before, after = words(old[stop_old], new[stop_new])
            found.append(Row("changed", stop_old + 1, stop_new + 1, before, after))
            i, j = stop_old + 1, stop_new + 1
    return found


def _paired(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Which lines of a rewritten stretch are one another's: the most alike in order, by dynamic programming."""
    if not old or not new:
        return []
    if len(old) > PAIRED or len(new) > PAIRED:
        both = zip(old, new, strict=False)
        return [(at, at) for at, (one, other) in enumerate(both) if alike(one, other) >= 0.4]
    tokens_old, tokens_new = [_bag(each) for each in old], [_bag(each) for each in new]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    worth = [[0.0] * len(new) for _ in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            worth[i][j] = _overlap(tokens_old[i], tokens_new[j])
            take = best[i + 1][j + 1] + worth[i][j] if worth[i][j] >= 0.4 else 0.0
            best[i][j] = max(take, best[i + 1][j], best[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if worth[i][j] >= 0.4 and best[i][j] == best[i + 1][j + 1] + worth[i][j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def alike(one: str, other: str) -> float:
    """How alike two texts are by their words, 0 to 1 (Dice's coefficient of the bags of words)."""
    return _overlap(_bag(one), _bag(other))


def _bag(text: str) -> Counter[str]:
    tokens = [each for each in _TOKEN.findall(text[:2000].lower()) if not each.isspace()]
    return Counter([each for each in tokens if each[0].isalnum()] or tokens)


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """A line beside its other, with the words marked that changed; blanks between two of them are marked too."""
    one, other = _TOKEN.findall(old), _TOKEN.findall(new)
    found = stretches(one, other, WORDS_EDITS)
    joined = [
        Stretch(
            each.same
            and not (
                0 < at < len(found) - 1 and all(token.isspace() for token in one[each.a : each.b])
            ),
            each.a,
            each.b,
            each.c,
            each.d,
        )
        for at, each in enumerate(found)
    ]
    return (
        _pieces([(each.same, "".join(one[each.a : each.b])) for each in joined]),
        _pieces([(each.same, "".join(other[each.c : each.d])) for each in joined]),
    )


def _pieces(parts: Sequence[tuple[bool, str]]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    for same, text in parts:
        if not text:
            continue
        if found and found[-1].changed != same:
            found[-1] = Piece(found[-1].text + text, not same)
        else:
            found.append(Piece(text, not same))
    return tuple(found)


def hunks(of: Sequence[Row], context: int = CONTEXT) -> list[Hunk]:
    """Rows with what did not change folded away, but for ``context`` lines around each change."""
    near = [False] * len(of)
    for at, row in enumerate(of):
        if row.kind != "same":
            for beside in range(max(0, at - context), min(len(of), at + context + 1)):
                near[beside] = True
    found: list[Hunk] = []
    at, folded = 0, 0
    while at < len(of):
        if not near[at]:
            at, folded = at + 1, folded + 1
            continue
        end = at
        while end < len(of) and near[end]:
            end += 1
        found.append(Hunk(folded, tuple(of[at:end]), at - folded))
        at, folded = end, 0
    if folded:
        found.append(Hunk(folded, (), len(of) - folded))
    return found


def mapped(line: int, of: Sequence[Stretch]) -> int:
    """Where line ``line`` (from 0) of the old text stands in the new one, or nearest to it."""
    for each in of:
        if each.a <= line < each.b:
            return (
                each.c + line - each.a
                if each.same
                else min(each.c + line - each.a, max(each.c, each.d - 1))
            )
    return of[-1].d if of else 0
