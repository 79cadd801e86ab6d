"""Values as of an instant: today's, with later changes taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from core.columns import Array

Wholes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Edits:
    """What a field was before each change, oldest change first. All (E,); ``at``: microseconds since 1970."""

    row: Wholes
    at: Wholes
    before: Array

    def first_after(self, at: int) -> tuple[Wholes, npt.NDArray[np.intp]]:
        """The rows that were changed after ``at``, ascending, and the first such change of each."""
        later = np.flatnonzero(self.at > at)
        rows, first = np.unique(self.row[later], return_index=True)
        return rows, later[first]

    def unwind(self, now: Array, at: int) -> Array:
        """The field as of ``at``: today's value, or what stood before the first change after it."""
        found = now.copy()
        rows, first = self.first_after(at)
        found[rows] = self.before[first]
        return found


def edits(found: Sequence[tuple[int, int, Any]], dtype: npt.DTypeLike) -> Edits:
    """``found``: row, instant, value before."""
    return Edits(
        np.array([edit[0] for edit in found], dtype=np.int64),
        np.array([edit[1] for edit in found], dtype=np.int64),
        np.array([edit[2] for edit in found], dtype=dtype),
    )


def moment(microseconds: Any) -> datetime:
    whole_seconds, rest = divmod(int(microseconds), 1_000_000)
    return datetime.fromtimestamp(whole_seconds, UTC).replace(microsecond=rest)
