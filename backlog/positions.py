"""Places in an order that people make by hand: a move writes one row. Pure."""

from __future__ import annotations

from collections.abc import Sequence

GAP = 1024.0


def between(before: float | None, after: float | None) -> float | None:
    """A position behind ``before`` and ahead of ``after`` (None: no neighbour there).

    None when doubles have run out between the two: then the whole list is spread out again with ``spread``.
    """
    if before is None and after is None:
        return GAP
    if before is None:
        return (after or 0.0) - GAP
    if after is None:
        return before + GAP
    middle = before + (after - before) / 2
    return middle if before < middle < after else None


def spread(count: int) -> Sequence[float]:
    """Positions for a list of ``count`` with the same room between all."""
    return [GAP * (place + 1) for place in range(count)]
