"""Cells made fit to be stored."""

import pytest

from core.text import unguarded
from integrations.readers.text import cut, first_line, repair, title_and_body
from tests.integrations.readers.making import one, rows, source, table


def doubled(text):
    """UTF-8 read as Windows-1252, the five unassigned bytes as themselves."""
    out = ""
    for byte in text.encode():
        try:
            out += bytes([byte]).decode("cp1252")
        except UnicodeDecodeError:
            out += chr(byte)
    return out


@pytest.mark.parametrize(
    "text", ["“quoted”", "it’s – fine…", "Größe", "→ next", "5 € 😀", "é", "Привет", "日本語"]
)
def test_double_encoding_is_undone(text):
    assert repair(doubled(text)) == (text, True)
    assert repair(text) == (text, True)


@pytest.mark.parametrize("text", ["plain", "Âme", "À la carte", "naïve café", "Ça va", "10 °C"])
def test_text_that_only_looks_alike_is_left(text):
    assert repair(text)[0] == text


def test_unmistakable_runs_are_repaired_beside_good_text():
    assert repair(doubled("“") + " é") == ("“ é", True)


def test_a_pair_beside_good_text_is_left_and_said():
    mixed = "Ü " + doubled("é")
    assert repair(mixed) == (mixed, False)


def test_the_repair_is_an_option():
    cells = ["A-1", doubled("it’s")]
    assert one(["Key", "Title"], cells).title == "it’s"
    assert one(["Key", "Title"], cells, repair_mojibake=False).title == doubled("it’s")


@pytest.mark.parametrize(
    ("cell", "text"),
    [("'- [X] one", "- [X] one"), ("'=1+1", "=1+1"), ("'+1", "+1"), ("'@x", "@x"),
     ("'tis", "'tis"), ("'quoted'", "'quoted'"), ("'", "'"), ("''-x", "'-x"), ("-x", "-x")],
)  # fmt: skip
def test_guards_are_removed_before_formula_signs_only(cell, text):
    assert unguarded(cell) == text


def test_guards_stay_in_a_jira_file():
    header = ["Issue key", "Issue id", "Summary"]
    assert one(header, ["A-1", "1", "'-x"]).title == "'-x"
    assert one(["Key", "Title"], ["A-1", "'-x"]).title == "-x"


def test_composed_form_line_ends_and_control_characters():
    row = one(["Key", "Title", "Description"], ["A-1", "Cafe\u0301\x07", "a\r\nb\rc\x0b\tok"])
    assert row.title == "Café"
    assert row.description == "a\nb\nc\tok"


def test_a_long_title_is_cut_and_stands_in_full_above_the_description():
    long = "word " * 60
    row = one(["Key", "Title", "Description"], ["A-1", long, "Body"])
    assert len(row.title) <= 255
    assert row.title.endswith("word…")
    assert row.description == f"{long.strip()}\n\nBody"
    assert "299 characters" in row.warnings[0]


def test_a_title_at_the_limit_is_whole():
    row = one(["Key", "Title"], ["A-1", "x" * 255])
    assert (len(row.title), row.warnings) == (255, [])
    row = one(["Key", "Title"], ["A-1", "x" * 256])
    assert (len(row.title), row.title[-1], row.description) == (255, "…", "x" * 256)


def test_a_long_description_is_cut_with_a_warning():
    row = one(["Key", "Title", "Description"], ["A-1", "x", "y" * 50_001])
    assert len(row.description) == 50_000
    assert "cut to 50,000" in row.warnings[0]
    row = one(["Key", "Title", "Description"], ["A-1", "x", "y" * 50_000])
    assert (len(row.description), row.warnings) == (50_000, [])


def test_a_title_pushes_the_description_over_its_limit():
    warnings = []
    title, body = title_and_body("t" * 300, "y" * 49_900, warnings)
    assert (len(title), len(body), len(warnings)) == (255, 50_000, 2)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("One\nTwo", "One"),
        ("\n\n---\n# A *heading*\nx", "A *heading*"),
        ("```java\nat x\n```", "at x"),
        ("- [ ] do it", "do it"),
        ("1. first", "first"),
        ("> quoted", "quoted"),
        ("***\n  \n!!", ""),
        ("", ""),
    ],
)
def test_first_lines(text, line):
    assert first_line(text) == line


def test_first_lines_are_at_most_two_hundred_characters():
    assert len(first_line("word " * 100)) <= 200
    assert first_line("x" * 201) == "x" * 199 + "…"
    assert first_line("x" * 200) == "x" * 200


def test_cut_does_not_split_a_short_text():
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"


def test_spaces_and_nothing_are_the_same():
    found = rows(table(["Key", "Title"], ["A-1", " \t\u00a0 "], ["A-2", "x"]))
    assert [row.skipped for row in found] == ["no title", ""]


def test_emoji_and_right_to_left_text_come_through():
    text = "👩‍👩‍👧 שלום \u202e abc"
    assert rows(source(f"Key,Title\nA-1,{text}\n"))[0].title == text


def test_what_looks_doubled_and_is_no_utf8_is_left_and_said():
    overlong = "\u00e0\u20ac\u20ac"  # the bytes E0 80 80
    assert repair(overlong) == (overlong, False)


def test_a_cell_that_is_only_nul_is_blank():
    assert rows(source("Key,Title\nA-1,\x00\n"))[0].skipped == "no title"
