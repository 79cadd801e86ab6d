"""Rows of a CSV file, one at a time, going on after a row that is broken.

Python's ``csv`` swallows everything up to the next quote when a quote is not closed, and says
nothing. Here every record is read strictly. When that fails, or when a record over several lines
has the wrong number of cells and holds lines that are rows by themselves, its first line is
reported and reading goes on with the line after it.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TextIO

from integrations.readers.source import (
    MAX_BROKEN,
    MAX_BROKEN_SHARE,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_LINE,
    MAX_RECORD,
    ReadError,
)

# The module-wide limit of ``csv`` is 131,072 by default: less than one long comment.
csv.field_size_limit(MAX_CELL)

_GIVEN_UP = (
    "{:,} rows so far cannot be read; reading stopped here. Check the delimiter and the quotes."
)
_TOO_LONG_CELL = "field larger than field limit"


@dataclass(slots=True)
class Record:
    """One record. ``line`` is where it starts (1-based); ``cells`` is empty when ``error`` is set.

    A cell is text, or a list of texts where the format has lists (JSON).
    """

    line: int
    cells: list[str] | list[str | list[str]]
    error: str = ""
    warnings: list[str] = field(default_factory=list)


class _State(Enum):
    """Whether a record has the header's width, another one, or cannot be read."""

    FULL = auto()
    RAGGED = auto()
    BROKEN = auto()


_Step = tuple[Record, int, _State]


class _TooLong(Exception):
    pass


class _Lines:
    """Physical lines with their ends, those of the record that is being read kept for another
    try."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._back: deque[str] = deque()
        self.pending: list[str] = []
        self.size = 0
        self.start = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._back:
            line = self._back.popleft()
        else:
            line = self._stream.readline(MAX_LINE)
            if not line:
                raise StopIteration
            if len(line) == MAX_LINE and line[-1] not in "\r\n":
                self._skip_line()
                self.pending.append(line[:200])
                raise _TooLong
        self.pending.append(line)
        self.size += len(line)
        if self.size > MAX_RECORD:
            raise _TooLong
        return line

    def _skip_line(self) -> None:
        while True:
            piece = self._stream.readline(MAX_LINE)
            if not piece or piece[-1] in "\r\n":
                return

    def accept(self) -> int:
        """The record is complete: forget its lines and give the number of the first one."""
        start = self.start
        self.start += len(self.pending)
        self.pending = []
        self.size = 0
        return start

    def resume_after_first(self) -> int:
        """Give up the record's first line only; the others are read again."""
        self._back.extendleft(reversed(self.pending[1:]))
        del self.pending[1:]
        return self.accept()


def read_header(stream: TextIO, delimiter: str, *, preface: int = 0) -> tuple[list[str], _Lines]:
    """The column names as they are, with blanks and byte order marks trimmed, and the lines after
    them."""
    lines = _Lines(stream)
    try:
        for _ in range(preface):
            next(lines)
            lines.accept()
        for cells in csv.reader(lines, delimiter=delimiter):
            lines.accept()
            if any(cell.strip("\ufeff ") for cell in cells):
                break
        else:
            raise ReadError("The file has no header row. Nothing was read.", code="no_header")
    except (_TooLong, csv.Error) as error:
        raise ReadError(
            "The header row is longer than anything that can be read. Is this a CSV file?",
            code="header_too_long",
        ) from error
    names = [" ".join(name.replace("\x00", "").strip("\ufeff").split()) for name in cells]
    if len(names) > MAX_COLUMNS:
        raise ReadError(
            f"The file has {len(names):,} columns; {MAX_COLUMNS:,} is the most that is read. "
            "Export fewer fields.",
            code="too_many_columns",
        )
    return names, lines


def read_records(lines: _Lines, delimiter: str, width: int) -> Iterator[Record]:
    """Every record below the header, those that cannot be read with ``error`` set.

    Lines without any character are left out. What follows a broken row counts as its rest up to the
    next full row. Reading stops when more is broken than not.
    """
    held: Record | None = None  # a broken row, kept back until it is known how far it reaches
    last = broken = rows = 0
    for record, end, state in _walk(lines, delimiter, width):
        rows += 1
        broken += state is _State.BROKEN
        if broken > MAX_BROKEN and broken > rows * MAX_BROKEN_SHARE:
            if held is not None:
                yield _closed(held, last)
            yield Record(record.line, [], _GIVEN_UP.format(broken))
            return
        if held is not None:
            if state is _State.RAGGED or (state is _State.BROKEN and record.line <= last + 1):
                last = end
                continue
            yield _closed(held, last)
            held = None
        if state is _State.BROKEN:
            held, last = record, end
        else:
            yield record
    if held is not None:
        yield _closed(held, last)


def _closed(held: Record, last: int) -> Record:
    if last > held.line:
        held.error += f" Lines {held.line} to {last} were left out."
    return held


def _walk(lines: _Lines, delimiter: str, width: int) -> Iterator[_Step]:
    """(record, its last line, its state)."""
    while True:
        try:
            for cells in csv.reader(lines, delimiter=delimiter, strict=True):
                count = len(lines.pending)
                if len(cells) == width:
                    record = Record(lines.start, cells)
                    if count > 1:
                        _suspect(record, lines.pending, delimiter, width)
                    lines.accept()
                    yield record, record.line + count - 1, _State.FULL
                elif not cells:
                    lines.accept()
                elif count > 1 and _holds_rows(lines.pending[1:], delimiter, width):
                    line = lines.resume_after_first()
                    yield Record(line, [], _unclosed(line)), line, _State.BROKEN
                    break
                else:
                    line = lines.accept()
                    yield _ragged(line, cells, width), line + count - 1, _State.RAGGED
            else:
                return
        except _TooLong:
            line = lines.accept()
            text = f"Line {line} is too long to be one row ({MAX_LINE:,} characters)."
            yield Record(line, [], text), line, _State.BROKEN
        except csv.Error as error:
            yield _failed(lines, str(error), delimiter, width)


def _failed(lines: _Lines, error: str, delimiter: str, width: int) -> _Step:
    """What to make of a record that strict reading refuses."""
    if not error.startswith(_TOO_LONG_CELL):
        forgiven = _forgiven(lines.pending, delimiter, width)
        if forgiven is not None:
            count = len(lines.pending)
            line = lines.accept()
            return Record(line, forgiven[0], warnings=forgiven[1]), line + count - 1, _State.FULL
        line = lines.resume_after_first()
        return Record(line, [], _unclosed(line)), line, _State.BROKEN
    line = lines.resume_after_first()
    text = (
        f"A cell of line {line} is longer than {MAX_CELL:,} characters, "
        "or a quote in it is never closed."
    )
    return Record(line, [], text), line, _State.BROKEN


def _forgiven(pending: list[str], delimiter: str, width: int) -> tuple[list[str], list[str]] | None:
    """(cells, warnings) if the fault is only blanks behind a closing quote, or a stray quote within
    one line."""
    behind = re.compile(rf'"[ \t]+(?={re.escape(delimiter)}|\r?\n?$)')
    row = _only_row([behind.sub('"', line) for line in pending], delimiter, strict=True)
    if row is not None and len(row) == width:
        return row, []
    row = _only_row(pending, delimiter, strict=False) if len(pending) == 1 else None
    if row is not None and len(row) == width:
        return row, ["A quote inside a cell is not doubled; the text was kept as it is."]
    return None


def _only_row(lines: list[str], delimiter: str, *, strict: bool) -> list[str] | None:
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=strict))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _unclosed(line: int) -> str:
    return (
        f"A quote that is opened in line {line} is not closed where it should be; "
        "the row cannot be read."
    )


def _ragged(line: int, cells: list[str], width: int) -> Record:
    """Too few cells are filled with blanks; too many are an error unless those over are blank."""
    count = len(cells)
    if count < width:
        return Record(
            line,
            cells + [""] * (width - count),
            warnings=[
                f"The row has {count} cells where the header has {width}; "
                "the rest is taken as blank."
            ],
        )
    if not any(cell.strip() for cell in cells[width:]):
        return Record(line, cells[:width])
    return Record(
        line,
        [],
        f"The row has {count} cells where the header has {width}. "
        "Probably a delimiter inside a cell that is not in quotes.",
    )


def _holds_rows(rest: list[str], delimiter: str, width: int) -> bool:
    """Whether one of these lines, taken alone, is a full row: then a quote above it was never
    closed."""
    if width < 2:
        return False
    for line in rest:
        if line.count(delimiter) < width - 1:
            continue
        row = _only_row([line], delimiter, strict=True)
        if row is not None and len(row) == width:
            return True
    return False


def _suspect(record: Record, pending: list[str], delimiter: str, width: int) -> None:
    """Warn when a record over several lines has the right width and yet seems to have swallowed
    another row."""
    shape = _shape(str(record.cells[0]))
    if width < 3 or not shape:
        return
    for line in pending[1:]:
        if line.count(delimiter) >= width - 1 and _shape(line.split(delimiter, 1)[0]) == shape:
            record.warnings.append(
                f"The row runs over {len(pending)} lines and seems to contain another row. "
                f"Check the quotes from line {record.line}."
            )
            return


def _shape(cell: str) -> str:
    """``ABC-123`` and ``XY-4`` have the same shape; free text has none."""
    cell = cell.strip().strip('"')
    if len(cell) > 40 or not any(char.isdigit() for char in cell):
        return ""
    return re.sub(r"[A-Za-z]+", "A", re.sub(r"\d+", "9", cell))
