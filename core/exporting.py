"""Tables as CSV files that a spreadsheet opens without running anything (reliability.md, T25)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import StreamingHttpResponse

from core.text import guarded


def cell(value: Any) -> str:
    """A value as a CSV cell: instants in UTC, nothing as an empty cell, numbers as they are, text guarded."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, int | float):
        return repr(value)
    return guarded(str(value).replace("\x00", ""))


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_answer(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """A download, written row by row. ``name`` without the ending; UTF-8 with a mark, so that spreadsheets see it."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff" + str(writer.writerow(header))
        for row in rows:
            yield str(writer.writerow([cell(value) for value in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
