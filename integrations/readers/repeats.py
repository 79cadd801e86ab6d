"""Records of one file that carry the same key."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import pairwise

from integrations.readers.tables import Record


def raw_key(record: Record, places: list[int]) -> str:
    for place in places:
        cell = record.cells[place] if record.cells else ""
        if isinstance(cell, str) and cell.strip():
            return cell.strip()
    return ""


class Repeats:
    """Keys that occur more than once, and what their last record says."""

    def __init__(self, last: dict[int, tuple[int, int]] | None = None) -> None:
        self._last = last or {}  # hash of the key -> (row, hash of the cells)
        self._kept: dict[str, int] = {}  # key -> the row that was taken
        self._rows: dict[str, list[int]] = {}

    @classmethod
    def of(cls, records: Iterator[Record], places: list[int], first: int) -> Repeats:
        """One pass over the keys: sixteen bytes a row are kept, more only for keys that repeat."""
        keys, contents = array("q"), array("q")
        for record in records:
            key = raw_key(record, places)
            keys.append(hash(key) if key else 0)
            contents.append(hash(repr(record.cells)) if key else 0)
        ordered = sorted(keys)
        again = {a for a, b in pairwise(ordered) if a == b and a}
        return cls(
            {
                key: (place + first, contents[place])
                for place, key in enumerate(keys)
                if key in again
            }
            if again
            else None
        )

    def judge(self, key: str, row: int, record: Record) -> tuple[str, str]:
        """(reason to skip, warning) for a record with this key."""
        last = self._last.get(hash(key)) if key else None
        if last is None:
            return "", ""
        last_row, content = last
        seen = self._rows.setdefault(key, [])
        seen.append(row)
        if hash(repr(record.cells)) != content:
            return f"row {last_row} has the same key and replaces it", ""
        if key in self._kept:
            return f"same as row {self._kept[key]}", ""
        self._kept[key] = row
        others = ", ".join(str(other) for other in seen[:-1][:10])
        if not others:
            return "", ""
        return "", f"The key {key} stands in other rows too ({others}); this last one was taken."
