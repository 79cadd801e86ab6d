"""Two changes of one text put together, where they do not touch the same lines (diff3). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from assets.texts import differences


def merged(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str] | None:
    """``base`` with both changes; None where both changed the same stretch differently.

    Stretches of the base that either side rewrote are compared as a whole; those that meet count as touching.
    """
    left, right = _sure(base, mine), _sure(base, theirs)
    found: list[str] = []
    at = i = j = 0
    for line in range(len(base) + 1):
        ends = line == len(base)
        if not ends and not (line in left and line in right):
            continue
        p, q = (len(mine), len(theirs)) if ends else (left[line], right[line])
        a, b, c = base[at:line], mine[i:p], theirs[j:q]
        if b == c or a == c:
            found += b
        elif a == b:
            found += c
        else:
            return None
        if not ends:
            found.append(base[line])
            at, i, j = line + 1, p + 1, q + 1
    return found


def _sure(base: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    """Lines of the base that stand in the other one, and where."""
    return {
        each.a + step: each.c + step
        for each in differences.stretches(base, other)
        if each.same
        for step in range(each.b - each.a)
    }
