"""Rows of a CSV file as fields of a :class:`Sheet`: placements, or readings of them.

    looked = examine_sheet(READINGS, source)                  # encoding, columns with samples, a first mapping
    for row in read_sheet(READINGS, source, looked.mapping):  # values by field, or skipped / error with a reason

The mapping is one JSON object, of which every member may be left out::

    {
      "columns": {"Module": "asset", "Learners": "n", "Week from": "starts_at"},
      "values": {"metric": "Completion", "source": "LMS"},
      "encoding": null, "delimiter": null, "date_order": "day_first", "zone": "UTC"
    }

columns
    Column name -> a field of the sheet, or ``ignore``; one that is not named is left out. The first filled one counts.
values
    Field -> what rows without their own are taken to say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from core.text import one_line, unguarded
from integrations.readers.columns import named
from integrations.readers.dates import ORDERS, DateReader
from integrations.readers.records import open_table
from integrations.readers.signals import (
    BLANK,
    SignalColumn,
    bare,
    maybe,
    number,
    order_of,
    plain_name,
    scanned,
    table_of,
    text_up_to,
    zone_problem,
)
from integrations.readers.sniff import Sniff, sniff
from integrations.readers.source import ReadError, Source

IGNORE = "ignore"
_CELL = 1000
_WHOLE = 1 << 62


@dataclass(frozen=True)
class Sheet:
    """What a row can say. ``heads``: field -> names of columns that mean it, compared without blanks and case.

    ``defaults``: fields that can be said once for all rows. Beside ``wholes``, ``numbers`` and ``instants`` are words.
    """

    what: str
    heads: Mapping[str, tuple[str, ...]]
    defaults: tuple[str, ...] = ()
    wholes: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    instants: tuple[str, ...] = ()


PLACEMENTS = Sheet(
    what="placements",
    heads={
        "asset": ("asset", "assetname", "title", "module", "script"),
        "channel": ("channel", "platform", "system"),
        "place": ("place", "where", "page", "location", "address", "url", "lesson"),
        "program": ("program", "programme"),
        "environment": ("environment", "env", "stage"),
        "locale": ("locale", "language", "lang"),
        "owner": ("owneremail", "owner", "responsible", "contact"),
        "version": ("version", "versionnumber", "standsthere"),
        "sha256": ("sha256", "hash", "checksum", "digest"),
        "since": (
            "since",
            "placedon",
            "placedat",
            "placed",
            "deployedon",
            "deployedat",
            "livesince",
        ),
    },
    defaults=("asset", "channel", "program", "environment", "locale", "since"),
    wholes=("version",),
    instants=("since",),
)
READINGS = Sheet(
    what="readings",
    heads={
        "placement": ("placement", "placementid"),
        "asset": ("asset", "assetname", "title", "module"),
        "channel": ("channel", "platform"),
        "place": ("place", "where", "page", "location", "address", "url"),
        "metric": ("metric", "measure", "signal", "kpi"),
        "starts_at": ("startsat", "from", "start", "periodstart", "begins", "weekof"),
        "ends_at": ("endsat", "to", "end", "periodend", "until", "date"),
        "value": ("value", "figure", "score", "mean", "average"),
        "hits": ("hits", "completed", "completions", "successes"),
        "n": ("n", "people", "sample", "samplesize", "count", "enrolled", "learners", "responses"),
        "spread": ("spread", "sd", "stddev", "standarddeviation"),
        "version": ("version", "versionnumber"),
        "note": ("note", "comment", "remark"),
        "external_id": ("externalid", "id", "reference", "readingid"),
        "source": ("source", "system", "origin"),
    },
    defaults=("source", "metric", "asset", "channel", "place", "starts_at", "ends_at"),
    wholes=("placement", "hits", "n", "version"),
    numbers=("value", "spread"),
    instants=("starts_at", "ends_at"),
)


@dataclass
class SheetMapping:
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    date_order: str = ORDERS[0]
    zone: str = "UTC"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Any, sheet: Sheet) -> SheetMapping:
        """Raises :class:`ReadError` (code ``bad_mapping``) that lists every problem."""
        problems: list[str] = []
        mapping = cls()
        if not isinstance(data, dict):
            problems.append("The mapping has to be an object.")
            data = {}
        known = {each.name for each in dataclasses.fields(cls)}
        problems += [f"The mapping has no {name!r}." for name in data if name not in known]
        checks = _checks(sheet)
        for name, value in data.items():
            if name in known:
                wrong = checks[name](value)
                if wrong:
                    problems.append(f"{name}: {wrong}")
                else:
                    setattr(mapping, name, value)
        unknown = [name for name in mapping.values if name not in sheet.defaults]
        if unknown:
            problems.append(
                f"values: {unknown[0]!r} cannot be said for all rows; use {', '.join(sheet.defaults)}."
            )
        if problems:
            raise ReadError(
                "The mapping cannot be used: " + " ".join(problems[:20]),
                code="bad_mapping",
                fields={"mapping": problems},
            )
        return mapping


def _checks(sheet: Sheet) -> dict[str, Any]:
    return {
        "columns": lambda value: table_of(
            value,
            lambda each: each == IGNORE or (isinstance(each, str) and each in sheet.heads),
            ", ".join((*sheet.heads, IGNORE)),
        ),
        "values": lambda value: table_of(
            value,
            lambda each: isinstance(each, str) and len(each) <= _CELL,
            f"text of at most {_CELL} characters",
        ),
        "encoding": maybe(text_up_to(40)),
        "delimiter": maybe(text_up_to(1)),
        "date_order": lambda value: "" if value in ORDERS else f"use one of {', '.join(ORDERS)}.",
        "zone": zone_problem,
    }


@dataclass
class LookedAt:
    sniffed: Sniff
    columns: list[SignalColumn]
    rows: int
    mapping: SheetMapping
    warnings: list[str]

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.sniffed.as_dict(),
            "columns": [asdict(each) for each in self.columns],
            "rows": self.rows,
            "mapping": self.mapping.as_dict(),
            "warnings": self.warnings,
            "notes": [],
        }


def examine_sheet(
    sheet: Sheet,
    source: Source,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    zone: str = "UTC",
) -> LookedAt:
    """One pass over the file: columns with samples, and a first mapping. Raises :class:`ReadError`."""
    sniffed = sniff(source, encoding=encoding, delimiter=delimiter)
    if sniffed.is_json:
        raise ReadError(
            f"{sheet.what.capitalize()} are read from CSV files. Save it as CSV, or send JSON to the API."
        )
    columns, dates, rows = scanned(source, sniffed)
    mapping = _proposed(sheet, source.name, columns, sniffed, zone)
    order = order_of(mapping.columns, dates, sheet.instants)
    mapping.date_order = order.order if order else mapping.date_order
    warnings = [*sniffed.warnings, *([order.warning] if order and order.warning else [])]
    return LookedAt(sniffed, columns, rows, mapping, warnings)


def _proposed(
    sheet: Sheet, name: str, columns: list[SignalColumn], sniffed: Sniff, zone: str
) -> SheetMapping:
    mapping = SheetMapping(encoding=sniffed.encoding, delimiter=sniffed.delimiter, zone=zone)
    taken: dict[str, str] = {}
    for target, words in sheet.heads.items():
        fitting = sorted(
            (words.index(bare(column.name)), place, column)
            for place, column in enumerate(columns)
            if column.filled and bare(column.name) in words and column.name not in taken
        )
        if target in (*sheet.wholes, *sheet.numbers) and target != "version":  # v3 is one
            fitting = [each for each in fitting if each[2].numeric]
        for _, _, column in fitting[:1]:
            taken[column.name] = target
    mapping.columns = {column.name: taken.get(column.name, IGNORE) for column in columns}
    if "source" in sheet.defaults and "source" not in taken.values():
        mapping.values["source"] = plain_name(name)
    return mapping


@dataclass(slots=True)
class SheetRow:
    """One row. ``row`` counts as a spreadsheet does (the header is row 1), ``line`` is that of the file.

    ``skipped`` or ``error`` says why it cannot be used. ``problems`` gather into ``error``.
    """

    row: int
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    skipped: str = ""
    error: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def external_key(self) -> str:
        return str(self.values.get("external_id") or self.values.get("place") or "")[:120]

    @property
    def is_good(self) -> bool:
        return not self.skipped and not self.error

    def refuse(self, problems: list[str]) -> None:
        self.error = f"It cannot be used: {'; '.join(each.rstrip('.') for each in problems)}."


def read_sheet(sheet: Sheet, source: Source, mapping: SheetMapping) -> Iterator[SheetRow]:
    """Every row in the order of the file, skipped and broken ones too. One pass; nothing is kept."""
    sniffed = sniff(source, encoding=mapping.encoding, delimiter=mapping.delimiter)
    dates = DateReader(mapping.date_order, mapping.zone)
    with open_table(source, sniffed) as table:
        names = named(table.columns)
        places: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            places.setdefault(mapping.columns.get(name, IGNORE), []).append(place)
        for number_of_row, record in enumerate(table.records, start=2):
            row = SheetRow(number_of_row, record.line, warnings=list(record.warnings))
            cells = [one_line(unguarded(str(cell)))[:_CELL] for cell in record.cells]
            cells = ["" if cell.casefold() in BLANK else cell for cell in cells]
            if record.error:
                row.error = record.error
            elif not any(cells):
                row.skipped = "empty row"
            else:
                _fill(row, sheet, cells, places, mapping.values, dates)
            yield row


def _fill(
    row: SheetRow,
    sheet: Sheet,
    cells: list[str],
    places: Mapping[str, list[int]],
    otherwise: Mapping[str, str],
    dates: DateReader,
) -> None:
    problems = []
    for name in sheet.heads:
        said = next((cells[at] for at in places.get(name, ()) if at < len(cells) and cells[at]), "")
        said = said or one_line(otherwise.get(name, ""))
        if not said:
            continue
        found = _understood(sheet, name, said, dates)
        if found is None:
            problems.append(f"{name}: {said[:40]!r} cannot be read")
        else:
            row.values[name] = found
    if problems:
        row.refuse(problems)


def _understood(sheet: Sheet, name: str, said: str, dates: DateReader) -> Any:
    if name in sheet.instants:
        found: datetime | None = dates.instant(said)
        return found
    if name in sheet.numbers:
        return number(said)
    if name in sheet.wholes:
        size = number(said.removeprefix("v").removeprefix("V") if name == "version" else said)
        return int(size) if size is not None and size == int(size) and abs(size) < _WHOLE else None
    return said
