"""What a file is: its encoding, its delimiter and where it comes from. Each answer says how sure
it is."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from integrations.readers.headers import LINEAR_MARKS, field_of
from integrations.readers.source import MAX_COLUMNS, MAX_LINE, ReadError, Source

JIRA_CSV, LINEAR_CSV, CSV = "jira_csv", "linear_csv", "csv"
GITHUB_JSON, JIRA_JSON, JSON = "github_json", "jira_json", "json"
KINDS = (JIRA_CSV, LINEAR_CSV, CSV, GITHUB_JSON, JIRA_JSON, JSON)

DELIMITERS = (",", ";", "\t", "|")
#: First bytes of what people upload by mistake, and what to tell them.
_NOT_TEXT = (
    (
        b"PK\x03\x04",
        "This is an Excel workbook or another ZIP file. Open it and save it as CSV (UTF-8).",
    ),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook. Open it and save it as CSV (UTF-8)."),
    (b"\x1f\x8b", "This is a compressed file. Unpack it first."),
    (b"%PDF", "This is a PDF. Export the items as CSV or JSON."),
)
_MARKUP = re.compile(r"^<(?:!doctype|html|\?xml|rss|table|meta)\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_CHUNK = 1 << 20
_HEAD = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Bytes that mean nothing in Windows-1252.
_NOT_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
#: Typographic quotes, dashes and the ellipsis in Windows-1252: control characters in Latin-1.
_TYPICAL_1252 = re.compile(rb"[\x80\x85\x91-\x97]")
_SEP_LINE = re.compile(r'^"?sep=(.)"?\r?$', re.IGNORECASE)


@dataclass
class Sniff:
    """``confidence`` values are between 0 and 1. ``preface`` counts lines to leave out before the
    header."""

    kind: str
    encoding: str
    encoding_confidence: float
    encoding_why: str
    delimiter: str = ","
    delimiter_confidence: float = 1.0
    damaged: bool = False
    preface: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def is_json(self) -> bool:
        return self.kind in (GITHUB_JSON, JIRA_JSON, JSON)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def sniff(source: Source, *, encoding: str | None = None, delimiter: str | None = None) -> Sniff:
    """Look at the bytes (all of them, once, for the encoding) and at the head (for the rest).

    Raises :class:`ReadError` for an empty file, an unknown encoding, or one that does not fit.
    """
    _refuse_binary(source)
    found = _given(encoding) if encoding else _encoding(source)
    with source.text(found.encoding, damaged=found.damaged) as stream:
        try:
            head = stream.read(_HEAD)
        except UnicodeError as error:
            raise ReadError(
                f"The file is not written in {found.encoding}. Leave the encoding to be found, "
                "or name another.",
                code="wrong_encoding",
            ) from error
    if not head.strip("\ufeff\x00 \t\r\n"):
        raise ReadError("The file is empty. Nothing was read.", code="empty_file")
    if _MARKUP.match(head.lstrip("\ufeff \t\r\n")):
        raise ReadError(
            "This is a web page or XML, not a table. Export as CSV or JSON instead.",
            code="not_a_table",
        )
    if head.lstrip("\ufeff \t\r\n")[:1] in ("[", "{"):
        found.kind = _json_kind(head)
        return found
    lines = head.splitlines()
    named = _SEP_LINE.match(lines[0]) if lines else None
    if named:
        found.preface = 1
        head = head.split("\n", 1)[1] if "\n" in head else ""
        delimiter = delimiter or named.group(1)
    if delimiter:
        found.delimiter = delimiter
    else:
        found.delimiter, found.delimiter_confidence = _delimiter(head)
        if found.delimiter_confidence < 0.5:
            found.warnings.append(
                "It is not clear which character separates the columns; "
                f"{_spelled(found.delimiter)} was taken."
            )
    found.kind = _csv_kind(_header(head, found.delimiter))
    return found


def _refuse_binary(source: Source) -> None:
    with source.bytes() as stream:
        head = stream.read(_HEAD)
    for magic, text in _NOT_TEXT:
        if head.startswith(magic):
            raise ReadError(text, code="not_a_table")
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(head)
    if not wide and len(_CONTROL.findall(head)) > len(head) / 20 + 8:
        raise ReadError(
            "This is not a text file. Export the items as CSV or JSON.", code="not_a_table"
        )


def _given(encoding: str) -> Sniff:
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise ReadError(
            f"There is no encoding named {encoding!r}. Try utf-8 or cp1252.",
            code="unknown_encoding",
        ) from error
    name = "utf-8-sig" if name == "utf-8" else name
    return Sniff(CSV, name, 1.0, "chosen by you", damaged=True)


def _encoding(source: Source) -> Sniff:
    with source.bytes() as stream:
        head = stream.read(_HEAD)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return Sniff(CSV, name, 1.0, "byte order mark")
        wide = _wide(head)
        if wide:
            return Sniff(CSV, wide, 0.9, "every other byte is zero")
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        ascii_only = True
        chunk = head
        try:
            while chunk:
                ascii_only = ascii_only and chunk.isascii()
                decoder.decode(chunk)
                chunk = stream.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            why = "plain ASCII" if ascii_only else "every byte is valid UTF-8"
            return Sniff(CSV, "utf-8", 1.0 if ascii_only else 0.99, why)
    return _eight_bit(source)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: Latin text has a zero in every second byte."""
    if len(head) < 4 or b"\x00" not in head:
        return None
    even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
    if odd > 0.3 and even < 0.05:
        return "utf-16-le"
    if even > 0.3 and odd < 0.05:
        return "utf-16-be"
    return None


def _eight_bit(source: Source) -> Sniff:
    """Not valid UTF-8: damaged UTF-8 when nearly all of it is valid, else Windows-1252, else
    Latin-1."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    bad = good = 0
    odd = typical = False
    with source.bytes() as stream:
        while True:
            chunk = stream.read(_CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            broken = len(re.findall("[\udc80-\udcff]", text))
            bad += broken
            good += len(re.findall("[^\x00-\x7f]", text)) - broken
            odd = odd or bool(_NOT_1252.search(chunk))
            typical = typical or bool(_TYPICAL_1252.search(chunk))
            if not chunk:
                break
    if good >= 20 * bad:
        return Sniff(
            CSV,
            "utf-8",
            0.8,
            f"UTF-8 with {bad} damaged bytes",
            damaged=True,
            warnings=[
                f"{bad} bytes of the file are damaged; each is shown as \ufffd. "
                "Export the file once more if that matters."
            ],
        )
    doubt = "The file is not UTF-8; {} was taken. If names look wrong, choose the encoding by hand."
    if odd:
        return Sniff(
            CSV,
            "latin-1",
            0.4,
            "neither UTF-8 nor Windows-1252",
            warnings=[doubt.format("Latin-1")],
        )
    return Sniff(
        CSV,
        "cp1252",
        0.9 if typical else 0.7,
        "not UTF-8; Windows-1252 fits",
        warnings=[doubt.format("Windows-1252")],
    )


def _delimiter(head: str) -> tuple[str, float]:
    """The delimiter under which the first rows agree best with the header, and how sure that is."""
    scores: dict[str, float] = {}
    for delimiter in DELIMITERS:
        rows = _rows(head, delimiter)
        if not rows or len(rows[0]) < 2:
            continue
        width = len(rows[0])
        body = [row for row in rows[1:] if row]
        agreeing = sum(len(row) == width for row in body) / len(body) if body else 1.0
        known = sum(bool(field_of(name).field) for name in rows[0])
        scores[delimiter] = (0.2 + agreeing) * min(width, 8) + 2 * known
    if not scores:
        return ",", 0.6 if len(head.splitlines()) == 1 else 0.3
    ranked = sorted(scores.values(), reverse=True)
    best = max(scores, key=lambda delimiter: scores[delimiter])
    rest = ranked[1] if len(ranked) > 1 else 0.0
    return best, round(1 - rest / (ranked[0] + rest) if rest else 1.0, 2)


def _rows(head: str, delimiter: str, limit: int = 60) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
        rows.append(row)
        if len(rows) == limit:
            return rows
    return rows[:-1] if len(rows) > 1 and len(head) >= _HEAD else rows


def _header(head: str, delimiter: str) -> list[str]:
    rows = _rows(head, delimiter, limit=1)
    return [name.strip().strip("\ufeff") for name in rows[0]] if rows else []


def _csv_kind(header: list[str]) -> str:
    names = {name.casefold() for name in header}
    if len(LINEAR_MARKS & names) >= 3:
        return LINEAR_CSV
    jira = sum(field_of(name).jira for name in header)
    return JIRA_CSV if jira >= 2 else CSV


def _json_kind(head: str) -> str:
    """By the member names at the beginning. One that is cut off by the end of ``head`` is still a
    name."""
    names = set(re.findall(r'"([A-Za-z_]+)"\s*:', head))
    if "fields" in names and ("issuetype" in names or "key" in names):
        return JIRA_JSON
    if "number" in names and "title" in names:
        return GITHUB_JSON
    return JSON


def _spelled(delimiter: str) -> str:
    return {"\t": "the tab", ",": "the comma", ";": "the semicolon"}.get(delimiter, delimiter)


__all__ = ["KINDS", "MAX_COLUMNS", "MAX_LINE", "Sniff", "sniff"]
