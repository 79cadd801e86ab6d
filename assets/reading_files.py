"""Readings from a CSV file: which column says what, and each row as it can be used or why not.

Columns are found by their heads; ``placement`` (an id), or ``asset`` with ``channel`` and ``place``, say where it was
read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from core import text

#: What a column can say, and the heads that are taken for it.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "placement": ("placement", "placement_id"),
    "asset": ("asset", "title", "module"),
    "channel": ("channel", "platform"),
    "place": ("place", "where", "page", "url"),
    "metric": ("metric", "measure", "signal"),
    "starts_at": ("starts_at", "from", "start", "period_start", "begins"),
    "ends_at": ("ends_at", "to", "end", "period_end", "until", "date"),
    "value": ("value", "figure"),
    "n": ("n", "people", "sample", "count", "enrolled"),
    "hits": ("hits", "completed", "successes"),
    "spread": ("spread", "sd", "standard_deviation"),
    "version": ("version",),
    "note": ("note", "comment"),
    "external_id": ("external_id", "id", "reference"),
}
ROWS = 5000
CELL = 1000


@dataclass
class Row:
    """A line of the file: what it says, by field, and what is wrong with it. ``line`` counts from 1, the head is 1."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass
class Table:
    heads: list[str]
    rows: list[list[str]]
    problem: str = ""


def read(data: bytes) -> Table:
    """The cells of a file. ``problem`` says why it cannot be read; never raises for what is in the file."""
    try:
        words = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = data.decode("cp1252", "replace")
    words = words.replace("\x00", "")
    first = words.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        lines = [
            [text.unguarded(cell.strip()[:CELL]) for cell in line]
            for line in csv.reader(io.StringIO(words), delimiter=mark)
            if any(cell.strip() for cell in line)
        ]
    except csv.Error as error:
        return Table([], [], f"This is no table: {error}.")
    if len(lines) < 2:
        return Table([], [], "The file has no rows below its head.")
    if len(lines) > ROWS + 1:
        return Table([], [], f"The file has more than {ROWS:,} rows. Send it in several parts.")
    return Table(lines[0], lines[1:])


def guessed(heads: Sequence[str]) -> dict[str, int]:
    """Field -> column, by the heads."""
    tidy = ["_".join(head.lower().replace("-", " ").split()) for head in heads]
    found: dict[str, int] = {}
    for name, words in FIELDS.items():
        for word in words:
            if word in tidy and tidy.index(word) not in found.values():
                found[name] = tidy.index(word)
                break
    return found


def rows(table: Table, mapping: Mapping[str, int]) -> list[Row]:
    """Each line as fields of the right kind."""
    found = []
    for number, cells in enumerate(table.rows, start=2):
        row = Row(number)
        for name, column in mapping.items():
            cell = cells[column] if 0 <= column < len(cells) else ""
            if cell:
                _take(row, name, cell)
        for name in ("metric", "starts_at", "ends_at"):
            if name not in row.values and not row.problems:
                row.problems.append(f"{name}: nothing stands there.")
        found.append(row)
    return found


def _take(row: Row, name: str, cell: str) -> None:
    try:
        if name in ("starts_at", "ends_at"):
            row.values[name] = _instant(cell)
        elif name in ("value", "spread"):
            row.values[name] = float(cell.rstrip("% ").replace(",", "."))
        elif name in ("n", "hits", "version", "placement"):
            number = float(cell.replace(" ", ""))
            if number != int(number) or abs(number) >= 1 << 62:
                raise ValueError
            row.values[name] = int(number)
        else:
            row.values[name] = text.one_line(cell)
    except (ValueError, OverflowError):
        row.problems.append(f"{name}: “{cell[:40]}” cannot be read.")


def _instant(cell: str) -> datetime:
    day = parse_date(cell)
    if day is not None:
        return datetime.combine(day, time(), UTC)
    found = parse_datetime(cell)
    if found is None:
        raise ValueError
    return found if found.tzinfo else found.replace(tzinfo=UTC)
