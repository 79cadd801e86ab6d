"""The columns of a file, what is in them, and which field each one probably is."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict, dataclass
from typing import Any

from integrations.readers.dates import DateEvidence, DateOrder, DateReader
from integrations.readers.headers import DATES, MANY, HeaderGuess, field_of, plain
from integrations.readers.mapping import Mapping
from integrations.readers.records import open_table
from integrations.readers.rows import named
from integrations.readers.sniff import CSV, GITHUB_JSON, JIRA_CSV, JIRA_JSON, Sniff, sniff
from integrations.readers.source import Source

SAMPLES = 3
_SAMPLE_LENGTH = 120
#: So many filled cells are looked at to see whether a column holds dates.
_TRIED = 40
#: Seconds of estimate that make a point where a file has an estimate in time only: a working day.
DAY_OF_WORK = 28_800

_GITHUB = {
    "number": "external_key",
    "id": "external_id",
    "title": "title",
    "body": "description",
    "state": "status",
    "state_reason": "resolution",
    "type": "type",
    "labels": "labels",
    "assignee": "assignee",
    "author": "reporter",
    "milestone": "fix_version",
    "due_on": "due",
    "created_at": "created",
    "updated_at": "updated",
    "closed_at": "resolved",
    "comments": "comment_count",
    "comment texts": "comments",
    "reactions": "reactions",
    "html_url": "url",
    "repository": "ignore",
    "pull_request": "pull_request",
}
#: Where a count stands in the place of the thing.
_COUNTED = {"comments": "comment_count", "links": "ignore", "attachments": "ignore"}


@dataclass
class Column:
    """``places`` are positions from 0; ``filled`` counts cells that are not blank."""

    name: str
    places: list[int]
    field: str = "extra"
    confidence: float = 0.0
    filled: int = 0
    samples: list[str] = dataclasses.field(default_factory=list)
    numeric: bool = True
    tried: list[str] = dataclasses.field(default_factory=list, repr=False)

    def see(self, cell: str) -> None:
        self.filled += 1
        if self.filled <= _TRIED:
            self.tried.append(cell[:_SAMPLE_LENGTH])
        if self.numeric and not cell.replace(".", "", 1).isdigit():
            self.numeric = False
        if len(self.samples) < SAMPLES:
            short = " ".join(cell[: 2 * _SAMPLE_LENGTH].split())[:_SAMPLE_LENGTH]
            if short not in self.samples:
                self.samples.append(short)


@dataclass
class Columns:
    """``rows`` counts the records below the header, blank and broken ones too."""

    columns: list[Column]
    rows: int
    broken: int
    date_order: DateOrder
    mapping: Mapping
    warnings: list[str] = dataclasses.field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        data = asdict(self)
        for column in data["columns"]:
            del column["tried"]
        return data


def look_at_columns(source: Source, *, sniffed: Sniff | None = None, zone: str = "UTC") -> Columns:
    """One pass over the whole file: fill, samples, order of day and month, a first mapping of the
    columns."""
    sniffed = sniffed or sniff(source)
    with open_table(source, sniffed) as table:
        names = named(table.columns)
        columns: dict[str, Column] = {}
        for place, name in enumerate(names):
            columns.setdefault(name, Column(name, [])).places.append(place)
        by_place = [columns[name] for name in names]
        guesses = {name: _guess(name, sniffed.kind) for name in columns}
        dated = [place for place, name in enumerate(names) if guesses[name].field in DATES]
        evidence = DateEvidence()
        rows = broken = 0
        for record in table.records:
            rows += 1
            if record.error:
                broken += 1
                continue
            for column, cell in zip(by_place, record.cells, strict=False):
                for text in cell if isinstance(cell, list) else (cell,):
                    if text and not text.isspace():
                        column.see(text.strip())
            for place in dated:
                cell = record.cells[place]
                if isinstance(cell, str) and cell and cell[4:5] != "-":
                    evidence.observe(cell)
    found = Columns(list(columns.values()), rows, broken, evidence.decide(), Mapping())
    _settle(found, guesses, sniffed, zone)
    return found


def _guess(name: str, kind: str) -> HeaderGuess:
    if kind == GITHUB_JSON:
        return HeaderGuess(_GITHUB[name], 1.0)
    return field_of(name)


def _settle(found: Columns, guesses: dict[str, HeaderGuess], sniffed: Sniff, zone: str) -> None:
    """Decide between columns that claim the same field, and write the mapping."""
    dates = DateReader(found.date_order.order, zone)
    for column in found.columns:
        guess = guesses[column.name]
        column.field, column.confidence = guess.field or "extra", guess.confidence
        if column.numeric and column.filled and column.field in _COUNTED and not guess.direction:
            column.field = _COUNTED[column.field]
        if column.field in DATES and column.filled:
            read = sum(dates.instant(cell) is not None for cell in column.tried)
            if read < len(column.tried) / 2:
                found.warnings.append(
                    f"The column {column.name!r} is named like a date and holds something else "
                    f"({column.samples[0]!r}); it is kept as an extra value."
                )
                column.field, column.confidence = "extra", 0.5
        if not column.filled and column.field == "extra":
            column.field = "ignore"
    for name in {column.field for column in found.columns} - {"extra", "ignore"}:
        _choose(name, [column for column in found.columns if column.field == name])
    _second_key(found.columns)
    mapping = found.mapping
    mapping.kind = sniffed.kind
    mapping.delimiter = None if sniffed.is_json else sniffed.delimiter
    mapping.encoding = sniffed.encoding
    mapping.date_order, mapping.zone = found.date_order.order, zone
    mapping.markup = "jira" if sniffed.kind in (JIRA_CSV, JIRA_JSON) else "markdown"
    mapping.columns = {column.name: column.field for column in found.columns}
    effort = [column for column in found.columns if column.field == "effort"]
    if effort and effort[0].filled and guesses[effort[0].name].seconds:
        mapping.effort_points.per_point = DAY_OF_WORK
        found.warnings.append(
            f"There are no story points; {effort[0].name!r} is taken, 28,800 seconds (a working "
            "day) as one point."
        )
    _titles(found)
    found.warnings += [*sniffed.warnings, found.date_order.warning]
    found.warnings = [warning for warning in found.warnings if warning]


def _choose(name: str, claiming: list[Column]) -> None:
    """Fields with many values take all sure columns; others the surest, and of those the
    fullest."""
    best = max(claiming, key=lambda column: (bool(column.filled), column.confidence, column.filled))
    for column in claiming:
        together = name in MANY or name in ("parent", "resolved")
        if column is best or (together and column.confidence >= 0.85):
            continue
        weak = name == "reporter" or not column.filled
        column.field, column.confidence = ("ignore" if weak else "extra"), 0.5


def _second_key(columns: list[Column]) -> None:
    """A column ``id`` beside a better key is the tracker's inner number."""
    if any(column.field == "external_id" for column in columns):
        return
    for column in columns:
        if plain(column.name) == "id" and column.field == "extra":
            column.field, column.confidence = "external_id", 0.7


def _titles(found: Columns) -> None:
    fields = set(found.mapping.columns.values())
    if "title" in fields:
        return
    if "description" in fields:
        found.mapping.title_from = "description"
        found.warnings.append(
            "No column holds a title. The first line of the description (at most 200 characters) "
            "is taken."
        )
    else:
        found.warnings.append(
            "No column was recognised as a title. Name one, or every row will be left out."
        )


__all__ = ["CSV", "Column", "Columns", "look_at_columns"]
