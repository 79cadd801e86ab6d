"""CSV files: no cell runs as a formula, and everything can be read back."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from core.exporting import cell, csv_answer
from core.text import unguarded

_NASTY = [
    "=1+1",
    "+cmd",
    "-2",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "＝HYPERLINK()",
    "'quoted",
    "''=x",
    "a=b",
    "",
]


def read_back(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_what_looks_like_a_formula_stands_behind_a_quote() -> None:
    answer = csv_answer("x", ["text"], [[each] for each in _NASTY])
    rows = read_back(b"".join(answer.streaming_content))  # type: ignore[arg-type]
    for sent, row in zip(_NASTY, rows[1:], strict=True):
        got = row[0] if row else ""
        assert not got.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
        assert unguarded(got) == sent
    assert answer["Content-Disposition"] == 'attachment; filename="x.csv"'


def test_numbers_and_instants_stay_what_they_are() -> None:
    assert cell(-2.5) == "-2.5"
    assert cell(datetime(2026, 3, 1, 12, tzinfo=UTC)) == "2026-03-01T12:00:00+00:00"
    assert (cell(None), cell(True)) == ("", "true")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_comes_back(text: str) -> None:
    answer = csv_answer("x", ["text", "end"], [[text, "."]])
    rows = read_back(b"".join(answer.streaming_content))  # type: ignore[arg-type]
    assert unguarded(rows[1][0]) == text
