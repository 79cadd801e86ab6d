"""What text may enter: one rule for pages, API and imports."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import text
from core.errors import Invalid

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00b\x07c\x7f", "abc"),
        ("a\ud800b\udfffc", "abc"),
        ("tab\tstays", "tab\tstays"),
        ("e\u0301", "é"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\u202eright to left", "\u202eright to left"),
    ],
)
def test_tidy(given_text: str, kept: str) -> None:
    assert text.tidy(given_text) == kept


@given(ANY_TEXT)
def test_tidy_text_can_be_stored_and_is_tidy_already(raw: str) -> None:
    tidied = text.tidy(raw)
    assert tidied.encode().decode() == tidied
    assert "\x00" not in tidied
    assert "\r" not in tidied
    assert unicodedata.is_normalized("NFC", tidied)
    assert text.tidy(tidied) == tidied


@given(ANY_TEXT)
def test_one_line_has_neither_line_ends_nor_white_space_at_its_ends(raw: str) -> None:
    line = text.one_line(raw)
    assert line == line.strip()
    assert "\n" not in line
    assert "  " not in line
    assert text.one_line(line) == line


def test_a_title_counts_characters_as_the_database_does() -> None:
    assert text.title("é" * 255) == "é" * 255
    assert text.title("e\u0301" * 255) == "é" * 255, "counted after composing"
    assert len(text.title("👩\u200d🚀" * 85)) == 255
    with pytest.raises(Invalid, match="too long") as refused:
        text.title("é" * 256, field="name")
    assert refused.value.fields == {"name": ["Use at most 255 characters; this has 256."]}


@pytest.mark.parametrize("empty", ["", "  ", "\n\t", "\x00", "\ud800", "\u2028"])
def test_a_title_of_nothing_is_refused(empty: str) -> None:
    with pytest.raises(Invalid, match="needed"):
        text.title(empty)


def test_a_body_keeps_its_lines_and_its_limit() -> None:
    assert text.body("\n\n  a\r\n\r\n  b\n\n") == "  a\n\n  b"
    assert len(text.body("x" * 50_000)) == 50_000
    with pytest.raises(Invalid, match="too long"):
        text.body("x" * 50_001)
