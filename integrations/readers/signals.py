"""Evidence out of a CSV file: what its columns are, and one signal for each row.

    looked = examine_signals(source)                   # encoding, columns with samples, a first mapping
    for row in read_signals(source, looked.mapping):   # a signal, or skipped / error with a reason

The mapping is one JSON object, of which every member may be left out::

    {
      "columns": {"priority": "magnitude", "category": "note", "opened_at": "occurred_at"},
      "kind": "incident", "kinds": {"Outage": "incident"},
      "magnitude": 1, "magnitudes": {"1 - Critical": 8},
      "occurred_at": null, "source": "service desk",
      "encoding": null, "delimiter": null, "date_order": "day_first", "zone": "UTC"
    }

columns
    Column name -> one of :data:`SIGNAL_FIELDS`; one that is not named is left out. Several may be notes: they are put
    together. Of the others the first filled one of a row counts.
kind, magnitude, source, occurred_at
    For rows without one of their own.
kinds, magnitudes
    What a value of that column means; other magnitudes are read as numbers.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from core.text import one_line, unguarded
from integrations.readers.columns import SAMPLES, named
from integrations.readers.dates import ORDERS, DateEvidence, DateOrder, DateReader, zone_named
from integrations.readers.records import open_table
from integrations.readers.sniff import Sniff, sniff
from integrations.readers.source import ReadError, Source

SIGNAL_FIELDS = (
    "kind",
    "magnitude",
    "occurred_at",
    "item",
    "segment",
    "source",
    "external_id",
    "note",
    "ignore",
)
#: A column with more values than this is text, not a list to choose meanings from.
MOST_VALUES = 30
_SAMPLE = 60
#: A column of sizes may hold a slip or two.
_NEARLY_ALL = 0.8
_NOTE, _KIND, _SOURCE, _SEGMENT, _ID = 500, 40, 40, 80, 120
_LARGEST = 1e12
#: What people write for nothing.
BLANK = frozenset({"", "?", "-", "–", "n/a", "null", "none", "nan"})

#: Field -> names of columns that mean it, the surest first; compared without blanks, dashes and case.
_NAMES: dict[str, list[str]] = {
    "occurred_at": (
        "occurredat occurred seenat happenedat openedat opened reportedat reported createdat created createdon"
        " timestamp datetime date time when day syscreatedat"
    ).split(),
    "external_id": "externalid ticketid incidentid eventid signalid id uuid number reference ticket".split(),
    "item": "item itemkey issuekey issue key backlogitem jirakey".split(),
    "segment": "segment customersegment customer account accountname tenant plan tier cohort".split(),
    "source": "source system origin".split(),
    "kind": "kind signal signalkind metric eventtype type".split(),
    "magnitude": "magnitude amount count value quantity size users usersaffected affectedusers votes".split(),
    "note": (
        "note notes summary subject title description text message comment category subcategory symptom usymptom topic"
    ).split(),
}
#: Words of a file's or column's name -> the kind that its rows are.
_KINDS = (
    ("incident", "incident"),
    ("outage", "incident"),
    ("ticket", "support_ticket"),
    ("support", "support_ticket"),
    ("satisfaction", "satisfaction_drop"),
    ("survey", "satisfaction_drop"),
)


@dataclass
class SignalMapping:
    columns: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    magnitude: float = 1.0
    magnitudes: dict[str, float] = field(default_factory=dict)
    occurred_at: str | None = None
    source: str = "csv"
    encoding: str | None = None
    delimiter: str | None = None
    date_order: str = ORDERS[0]
    zone: str = "UTC"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Any) -> SignalMapping:
        """Raises :class:`ReadError` (code ``bad_mapping``) that lists every problem."""
        problems: list[str] = []
        mapping = cls()
        if not isinstance(data, dict):
            problems.append("The mapping has to be an object.")
            data = {}
        known = {each.name for each in dataclasses.fields(cls)}
        problems += [f"The mapping has no {name!r}." for name in data if name not in known]
        for name, value in data.items():
            if name in known:
                wrong = _CHECKS[name](value)
                if wrong:
                    problems.append(f"{name}: {wrong}")
                else:
                    setattr(mapping, name, float(value) if name == "magnitude" else value)
        if problems:
            raise ReadError(
                "The mapping cannot be used: " + " ".join(problems[:20]),
                code="bad_mapping",
                fields={"mapping": problems},
            )
        return mapping


def table_of(value: Any, allowed: Any, hint: str) -> str:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value):
        return "an object is needed."
    bad = [key for key, each in value.items() if not allowed(each)]
    return f"{bad[0]!r} cannot be {value[bad[0]]!r}; use {hint}." if bad else ""


def _is_size(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= _LARGEST


def text_up_to(most: int) -> Any:
    def check(value: Any) -> str:
        good = isinstance(value, str) and len(value) <= most
        return "" if good else f"text of at most {most} characters is needed."

    return check


def maybe(check: Any) -> Any:
    return lambda value: "" if value is None else check(value)


def zone_problem(value: Any) -> str:
    if not isinstance(value, str):
        return "the name of a time zone is needed."
    try:
        zone_named(value)
    except ReadError as error:
        return error.detail
    return ""


def _instant(value: Any) -> str:
    if isinstance(value, str) and DateReader().instant(value) is not None:
        return ""
    return "a date is needed, such as 2026-03-14."


_CHECKS: dict[str, Any] = {
    "columns": lambda value: table_of(
        value, lambda each: each in SIGNAL_FIELDS, ", ".join(SIGNAL_FIELDS)
    ),
    "kind": text_up_to(_KIND),
    "kinds": lambda value: table_of(
        value, lambda each: isinstance(each, str) and len(each) <= _KIND, "the name of a kind"
    ),
    "magnitude": lambda value: "" if _is_size(value) else "a number of 0 or more is needed.",
    "magnitudes": lambda value: table_of(value, _is_size, "a number of 0 or more"),
    "occurred_at": maybe(_instant),
    "source": text_up_to(_SOURCE),
    "encoding": maybe(text_up_to(40)),
    "delimiter": maybe(text_up_to(1)),
    "date_order": lambda value: "" if value in ORDERS else f"use one of {', '.join(ORDERS)}.",
    "zone": zone_problem,
}


@dataclass
class SignalColumn:
    """``values``: how often each occurs; None where there are too many to be a list. ``numeric``: nearly all are
    numbers."""

    name: str
    filled: int = 0
    numbers: int = 0
    numeric: bool = True
    samples: list[str] = field(default_factory=list)
    values: dict[str, int] | None = field(default_factory=dict)

    def see(self, cell: str) -> None:
        self.filled += 1
        self.numbers += number(cell) is not None
        self.numeric = self.numbers >= _NEARLY_ALL * self.filled
        short = " ".join(cell[: 2 * _SAMPLE].split())[:_SAMPLE]
        if len(self.samples) < SAMPLES and short not in self.samples:
            self.samples.append(short)
        if self.values is not None:
            if len(cell) > 2 * _SAMPLE or (
                cell not in self.values and len(self.values) == MOST_VALUES
            ):
                self.values = None
            else:
                self.values[cell] = self.values.get(cell, 0) + 1


@dataclass
class LookedAt:
    sniffed: Sniff
    columns: list[SignalColumn]
    rows: int
    mapping: SignalMapping
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


def scanned(
    source: Source, sniffed: Sniff
) -> tuple[list[SignalColumn], dict[str, DateEvidence], int]:
    """One pass over a table: its columns with their samples, what each says of its dates by name, and its rows."""
    with open_table(source, sniffed) as table:
        names = named(table.columns)
        columns = [SignalColumn(name) for name in names]
        dates = {name: DateEvidence() for name in names}
        rows = 0
        for record in table.records:
            rows += 1
            if record.error:
                continue
            for column, evidence, cell in zip(columns, dates.values(), record.cells, strict=False):
                text = str(cell).strip()
                if text.casefold() not in BLANK:
                    column.see(text)
                    if text[4:5] != "-" and text[:1].isdigit() and len(text) < 40:
                        evidence.observe(text)
    return columns, dates, rows


def examine_signals(
    source: Source,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    zone: str = "UTC",
) -> LookedAt:
    """One pass over the file: columns with samples and values, and a first mapping. Raises :class:`ReadError`."""
    sniffed = sniff(source, encoding=encoding, delimiter=delimiter)
    if sniffed.is_json:
        raise ReadError("Evidence is read from CSV files. Save it as CSV, or send JSON to the API.")
    columns, dates, rows = scanned(source, sniffed)
    mapping = _proposed(source.name, columns, sniffed, zone)
    order = order_of(mapping.columns, dates, ("occurred_at",))
    mapping.date_order = order.order if order else mapping.date_order
    warnings = [*sniffed.warnings, *([order.warning] if order and order.warning else [])]
    return LookedAt(sniffed, columns, rows, mapping, warnings)


def order_of(
    columns: Mapping[str, str], dates: Mapping[str, DateEvidence], targets: Sequence[str]
) -> DateOrder | None:
    """Which of day and month comes first in the first column that becomes one of ``targets``; None without such."""
    dated = [name for name, target in columns.items() if target in targets]
    return dates[dated[0]].decide() if dated else None


def _proposed(name: str, columns: list[SignalColumn], sniffed: Sniff, zone: str) -> SignalMapping:
    mapping = SignalMapping(
        encoding=sniffed.encoding, delimiter=sniffed.delimiter, zone=zone, source=plain_name(name)
    )
    taken: dict[str, str] = {}
    for target, words in _NAMES.items():
        fitting = sorted(
            (words.index(bare(column.name)), place, column)
            for place, column in enumerate(columns)
            if column.filled and bare(column.name) in words and column.name not in taken
        )
        if target == "magnitude":
            fitting = [each for each in fitting if each[2].numeric]
        for _, _, column in fitting if target == "note" else fitting[:1]:
            taken[column.name] = target
    mapping.columns = {column.name: taken.get(column.name, "ignore") for column in columns}
    if "kind" not in taken.values():
        file_name, headers = name.casefold(), [bare(column.name) for column in columns]
        mapping.kind = next(
            (
                kind
                for word, kind in _KINDS
                if word in file_name or any(each.startswith(word) for each in headers)
            ),
            "",
        )
    return mapping


def bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def plain_name(name: str) -> str:
    stem = re.sub(r"\.[A-Za-z]{2,4}$", "", one_line(name))
    return re.sub(r"[_\s]+", " ", stem)[:_SOURCE].strip() or "csv"


@dataclass(slots=True)
class SignalRow:
    """One row. ``row`` counts as a spreadsheet does (the header is row 1), ``line`` is that of the file.

    ``skipped`` or ``error`` says why it is no signal; then the values may be blank. ``item`` is what the file says:
    a key of ours or of an import. ``external_key``: what a list of problems calls it.
    """

    row: int
    line: int
    kind: str = ""
    magnitude: float = 0.0
    occurred_at: datetime | None = None
    item: str = ""
    segment: str = ""
    source: str = ""
    external_id: str = ""
    note: str = ""
    skipped: str = ""
    error: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def external_key(self) -> str:
        return self.external_id if not self.external_id.startswith("row:") else ""

    @property
    def is_signal(self) -> bool:
        return not self.skipped and not self.error


def read_signals(source: Source, mapping: SignalMapping) -> Iterator[SignalRow]:
    """Every row in the order of the file, skipped and broken ones too. One pass; kept are eight bytes a row.

    A row without an id of its own is known by its content and its turn among equal ones, so that reading a file again
    finds the same signals.
    """
    sniffed = sniff(source, encoding=mapping.encoding, delimiter=mapping.delimiter)
    dates = DateReader(mapping.date_order, mapping.zone)
    given = dates.instant(mapping.occurred_at) if mapping.occurred_at else None
    seen: dict[int, int] = {}
    turns: Counter[int] = Counter()
    with open_table(source, sniffed) as table:
        names = named(table.columns)
        places: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            places.setdefault(mapping.columns.get(name, "ignore"), []).append(place)
        for number_of_row, record in enumerate(table.records, start=2):
            row = SignalRow(number_of_row, record.line, warnings=list(record.warnings))
            if record.error:
                row.error = record.error
                yield row
                continue
            cells = [one_line(unguarded(str(cell))) for cell in record.cells]
            cells = ["" if cell.casefold() in BLANK else cell for cell in cells]
            if not any(cells):
                row.skipped = "empty row"
                yield row
                continue
            _fill(row, cells, places, mapping, dates, given)
            if not row.error:
                _name(row, seen, turns)
            yield row


def _fill(
    row: SignalRow,
    cells: list[str],
    places: dict[str, list[int]],
    mapping: SignalMapping,
    dates: DateReader,
    given: datetime | None,
) -> None:
    def first(target: str) -> str:
        return next(
            (cells[at] for at in places.get(target, ()) if at < len(cells) and cells[at]), ""
        )

    said = first("kind")
    row.kind = one_line(mapping.kinds.get(said, said) or mapping.kind)
    size = first("magnitude")
    when = first("occurred_at")
    row.occurred_at = dates.instant(when) if when else given
    row.item, row.segment = first("item"), first("segment")[:_SEGMENT]
    row.source = (first("source") or mapping.source)[:_SOURCE] or "csv"
    row.external_id = first("external_id")
    note = ", ".join(cells[at] for at in places.get("note", ()) if at < len(cells) and cells[at])
    row.note = note[:_NOTE]
    if len(note) > _NOTE:
        row.warnings.append(f"The note is cut off after {_NOTE} characters.")
    found = mapping.magnitudes.get(size)
    if found is None:
        found = number(size) if size else mapping.magnitude
    problems = []
    if not row.kind:
        problems.append("it has no kind: choose a column, or a kind for all rows, in the mapping")
    elif len(row.kind) > _KIND:
        problems.append(f"its kind is longer than {_KIND} characters")
    if found is None:
        problems.append(f"{size[:40]!r} is no number; say what it counts in the mapping")
    elif not 0 <= found <= _LARGEST:
        problems.append(f"{size[:40]!r} is no size: a number of 0 or more is needed")
    if row.occurred_at is None:
        problems.append(
            f"{when[:40]!r} is no date that is understood"
            if when
            else "it has no date: choose a column, or a date for all rows, in the mapping"
        )
    elif row.occurred_at.year < 1970:
        problems.append("its date lies before 1970")
    if problems:
        row.error = f"It cannot be used: {'; '.join(problems)}."
    row.magnitude = found or 0.0


def _name(row: SignalRow, seen: dict[int, int], turns: Counter[int]) -> None:
    if row.external_id:
        if len(row.external_id) > _ID:
            row.external_id = hashlib.blake2b(row.external_id.encode(), digest_size=16).hexdigest()
        mark = _digest(row.source, row.external_id)
        if mark in seen:
            row.skipped = f"same id as row {seen[mark]}"
        seen.setdefault(mark, row.row)
        return
    content = (row.kind, repr(row.magnitude), str(row.occurred_at), row.item, row.segment, row.note)
    mark = _digest(*content)
    turns[mark] += 1
    row.external_id = f"row:{mark & (2**64 - 1):016x}:{turns[mark]}"


def _digest(*parts: str) -> int:
    data = "\x1f".join(parts).encode(errors="replace")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


_GROUPED = re.compile(r"^[+-]?\d{1,3}([,.’' ]\d{3})+([.,]\d+)?$")


def number(cell: str) -> float | None:
    """``1,234.5``, ``1.234,5``, ``12%``, ``3`` as a number; None for anything else."""
    text = cell.strip().removesuffix("%").strip().replace("\u00a0", " ").replace("\u202f", " ")
    if not text or len(text) > 40:
        return None
    if _GROUPED.match(text) and not (text.count(",") + text.count(".") == 1 and text[-4] == "."):
        decimal = (
            text[max(text.rfind(","), text.rfind("."))] if len(set(text) & {",", "."}) == 2 else ""
        )
        text = "".join(
            "." if char == decimal else char
            for char in text
            if char.isdigit() or char in "+-" or char == decimal
        )
    else:
        text = text.replace(",", ".")
    try:
        return (
            float(text)
            if re.fullmatch(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?|[+-]?\.\d+", text)
            else None
        )
    except ValueError:
        return None


__all__ = [
    "LookedAt",
    "SIGNAL_FIELDS",
    "SignalMapping",
    "SignalRow",
    "examine_signals",
    "read_signals",
]
