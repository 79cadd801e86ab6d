"""What text may enter the product: one rule for pages, API and imports."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from core.errors import Invalid

DESCRIPTION_LIMIT = 50_000
TITLE_LIMIT = 255

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: With any number of guards before it; the full-width forms are formulas to some spreadsheets, too.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def tidy(text: str) -> str:
    """NFC, line ends as LF, control characters (NUL among them) and lone surrogates removed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _SURROGATE.sub("", _CONTROL.sub("", text))
    return unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """``tidy`` with every run of white space as one blank: for titles and names."""
    return " ".join(tidy(text).split())


def title(text: str, *, field: str = "title") -> str:
    """A title of 1 to 255 characters; raises :class:`Invalid`."""
    text = one_line(text)
    if not text:
        raise Invalid("A title is needed.", fields={field: ["Enter a title."]})
    if len(text) > TITLE_LIMIT:
        raise Invalid(
            "The title is too long.",
            fields={field: [f"Use at most {TITLE_LIMIT} characters; this has {len(text)}."]},
        )
    return text


def body(text: str, *, field: str = "description", limit: int = DESCRIPTION_LIMIT) -> str:
    """Markdown text of at most ``limit`` characters; raises :class:`Invalid`."""
    text = tidy(text).strip("\n")
    if len(text) > limit:
        raise Invalid(
            "The text is too long.",
            fields={field: [f"Use at most {limit} characters; this has {len(text)}."]},
        )
    return text


def guarded(text: str) -> str:
    """Text for a cell of a spreadsheet: a ``'`` before what could be run as a formula (reliability.md, T25)."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """What ``guarded`` was given: imports take the ``'`` off again, and no other."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def tidy_data(value: Any) -> Any:
    """``tidy`` for every text in plain data, keys too, so that any database can store it as JSON."""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, Mapping):
        return {tidy(str(name)): tidy_data(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [tidy_data(each) for each in value]
    return value
