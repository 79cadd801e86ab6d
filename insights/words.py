"""Counts, parts and lengths of time as they stand in a sentence, and sentences whose parts lead somewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Part:
    """A stretch of a sentence; with ``url`` (a path of this site) it leads to what it speaks of."""

    text: str
    url: str = ""


def plain(parts: Iterable[Part]) -> str:
    """The sentence without its links."""
    return "".join(part.text for part in parts)


def count(number: int, one: str, many: str) -> str:
    """``1 item``, ``2,400 items``."""
    return f"{number:,} {one if number == 1 else many}"


def percent(part: float, whole: float) -> str:
    """``79%``. Needs a whole that is not 0."""
    return f"{100 * part / whole:.0f}%"


def hours(number: float | None) -> str:
    """A time in hours, in days from two days on."""
    if number is None:
        return "an unknown time"
    if number >= 48:
        return f"{number / 24:.0f} days"
    return "an hour" if number < 1.5 else f"{number:.0f} hours"


def days(span: timedelta) -> str:
    """Whole days of a span."""
    return "less than a day" if span.days < 1 else count(span.days, "day", "days")


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def series(values: Iterable[float | None], form: str = "{:.2f}") -> str:
    """The numbers behind a trend, read aloud; "none" where nothing was measured."""
    return ", ".join("none" if value is None else form.format(value) for value in values)
