"""Reading nested data field by field, with every problem named by its place. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_TEXT = 500

_KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: `path` like `criteria.2.weight`, `message` a sentence."""

    path: str
    message: str


class FieldChecker:
    """Reads fields and collects problems instead of stopping at the first.

    A field that is wrong reads as a harmless placeholder; the caller raises before using it.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, path: str, message: str) -> None:
        self.problems.append(Problem(path or "rubric", message))

    def mapping(
        self, value: object, path: str, *, required: set[str], optional: set[str] | None = None
    ) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self.add(path, "This must be an object with named fields.")
            return {}
        for name in sorted(required - set(value)):
            self.add(_join(path, name), "This is missing.")
        for name in sorted(map(str, set(value) - required - (optional or set()))):
            self.add(_join(path, name), "There is no such field; check the spelling.")
        return value

    def items(self, value: object, path: str, what: str) -> list[Any]:
        if not isinstance(value, list | tuple) or not value:
            self.add(path, f"This must be a list with at least one {what}.")
            return []
        return list(value)

    def number(
        self,
        source: Mapping[str, Any],
        path: str,
        name: str,
        low: float,
        high: float,
        *,
        above: bool = False,
        default: float | None = None,
    ) -> float:
        """A finite number in [low, high], or in (low, high] when `above`.

        A field that is not there reads as `default`; `mapping` has reported it if it is required.
        """
        if name not in source:
            return default if default is not None else low
        value = source[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.add(_join(path, name), "This must be a number.")
            return low
        try:
            number = float(value)
        except OverflowError:  # an integer beyond any float
            number = math.inf
        if not math.isfinite(number) or not low <= number <= high or (above and number == low):
            bounds = f"more than {low:g} and at most" if above else f"between {low:g} and"
            self.add(_join(path, name), f"This must be {bounds} {high:g}; it is {number:g}.")
            return low
        return number

    def text(self, value: object, path: str, *, empty: bool = False) -> str:
        if not isinstance(value, str) or (not empty and not value.strip()):
            self.add(path, "This must be a text that is not empty.")
            return ""
        if len(value) > MAX_TEXT:
            self.add(path, f"This text is too long: at most {MAX_TEXT} characters.")
        return value.strip()

    def key(self, value: object, path: str) -> str:
        if not isinstance(value, str) or not _KEY.fullmatch(value):
            self.add(
                path,
                "A key starts with a small letter and has only small letters, digits and _ "
                "(at most 50).",
            )
            return ""
        return value

    def choice(self, source: Mapping[str, Any], path: str, name: str, among: Sequence[str]) -> str:
        value = source.get(name)
        if name in source and value not in among:
            self.add(_join(path, name), f"This must be one of {', '.join(among)}; it is {value!r}.")
        return value if isinstance(value, str) and value in among else among[0]


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
