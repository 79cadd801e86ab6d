"""One way to walk through any file: column names, and records under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TextIO

from integrations.readers import jsontables
from integrations.readers.jsonrecords import read_objects
from integrations.readers.sniff import GITHUB_JSON, JIRA_JSON, Sniff
from integrations.readers.source import MAX_BROKEN, MAX_BROKEN_SHARE, MAX_COLUMNS, ReadError, Source
from integrations.readers.tables import Record, read_header, read_records

_SEEN_FOR_COLUMNS = 200


@dataclass
class Table:
    """``columns`` may hold a name several times. ``records`` can be walked through once."""

    columns: list[str]
    records: Iterator[Record]


@contextmanager
def open_table(source: Source, sniffed: Sniff) -> Iterator[Table]:
    """Raises :class:`ReadError` when there is no header, or the text does not fit the encoding."""
    try:
        with source.text(sniffed.encoding, damaged=sniffed.damaged) as stream:
            if sniffed.is_json:
                columns, layout = _layout(source, sniffed)
                yield Table(columns, _objects(stream, layout))
            else:
                columns, lines = read_header(stream, sniffed.delimiter, preface=sniffed.preface)
                yield Table(columns, read_records(lines, sniffed.delimiter, len(columns)))
    except UnicodeError as error:
        raise ReadError(
            f"The file holds bytes that are not {sniffed.encoding}. Choose another encoding.",
            code="wrong_encoding",
        ) from error


def _layout(
    source: Source, sniffed: Sniff
) -> tuple[list[str], Callable[[dict[str, Any]], list[jsontables.Cell]]]:
    if sniffed.kind == GITHUB_JSON:
        return jsontables.GITHUB_COLUMNS, jsontables.github_row
    if sniffed.kind == JIRA_JSON:
        return jsontables.JIRA_COLUMNS, jsontables.jira_row
    with source.text(sniffed.encoding, damaged=sniffed.damaged) as stream:
        seen = islice(read_objects(stream), _SEEN_FOR_COLUMNS)
        columns = jsontables.plain_columns(value for _, value, _ in seen if value)
    if len(columns) > MAX_COLUMNS:
        raise ReadError(
            f"The records have {len(columns):,} fields; {MAX_COLUMNS:,} is the most that is read.",
            code="too_many_columns",
        )
    return columns, jsontables.plain_row(columns)


def _objects(
    stream: TextIO, layout: Callable[[dict[str, Any]], list[jsontables.Cell]]
) -> Iterator[Record]:
    broken = 0
    for number, (line, value, error) in enumerate(read_objects(stream), start=1):
        if value is not None:
            yield Record(line, layout(value))
            continue
        broken += 1
        if broken > MAX_BROKEN and broken > number * MAX_BROKEN_SHARE:
            yield Record(
                line, [], f"{broken:,} records so far cannot be read; reading stopped here."
            )
            return
        yield Record(line, [], error)
