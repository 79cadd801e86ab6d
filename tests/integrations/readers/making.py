"""Small files for the tests of the readers, and one-line ways to read them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from integrations.readers import Mapping, Source, SourceRow, look_at_columns, read_rows, sniff


def source(text: str | bytes, encoding: str = "utf-8") -> Source:
    return Source.from_bytes(text if isinstance(text, bytes) else text.encode(encoding))


def table(header: Sequence[str], *rows: Sequence[str]) -> Source:
    """A CSV file with every cell quoted."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return source(out.getvalue())


def mapped(file: Source, **changes: Any) -> Mapping:
    """The mapping that is guessed for the file, with changes."""
    mapping = look_at_columns(file, sniffed=sniff(file)).mapping
    for name, value in changes.items():
        assert hasattr(mapping, name), name
        setattr(mapping, name, value)
    return mapping


def rows(file: Source, **changes: Any) -> list[SourceRow]:
    return list(read_rows(file, mapped(file, **changes)))


def items(file: Source, **changes: Any) -> list[SourceRow]:
    return [row for row in rows(file, **changes) if row.is_item]


def one(header: Sequence[str], cells: Sequence[str], **changes: Any) -> SourceRow:
    """The only row of a table of one."""
    (row,) = rows(table(header, cells), **changes)
    return row


def outcomes(found: Iterable[SourceRow]) -> list[str]:
    return [row.error or row.skipped or row.external_key or row.title for row in found]
