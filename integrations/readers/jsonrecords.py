"""Objects of a JSON file, one at a time: an array, a wrapped array, several arrays, or one object
per line.

``{"issues": [...]}`` and ``{"items": [...]}`` count as their arrays. In a file of lines a broken
line is reported and reading goes on; inside an array there is no telling where the next object
begins, so reading stops.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from integrations.readers.source import MAX_RECORD

_CHUNK = 1 << 16
_MEANING = re.compile(r"[^\s,\ufeff]")
_WRAPPED = re.compile(r'\{[^{\[]{0,2000}"(?:issues|items|nodes|data|results)"\s*:\s*\[')
_LONG_NUMBER = 400


def _integer(text: str) -> int | str:
    """Whole numbers too long for Python's converter stay text."""
    return int(text) if len(text) <= _LONG_NUMBER else text


_DECODER = json.JSONDecoder(parse_constant=lambda _: None, parse_int=_integer)


class _Buffer:
    """The part of the text that is being read, and the line it has got to."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.text = ""
        self.at = 0
        self.line = 1
        self.ended = False

    def more(self) -> None:
        """Read on: at least as much as is waiting, so that a long object is tried a few times
        only."""
        wanted = max(_CHUNK, len(self.text) - self.at)
        piece = self._stream.read(wanted)
        self.ended = not piece
        self.text = self.text[self.at :] + piece
        self.at = 0

    def skip(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def gap(self) -> str:
        """Go to the next character that means something, and give it; empty at the end."""
        while True:
            meaning = _MEANING.search(self.text, self.at)
            self.skip(meaning.start() if meaning else len(self.text))
            if self.at < len(self.text) or self.ended:
                return self.text[self.at : self.at + 1]
            self.more()

    def next_line(self) -> bool:
        """Go behind the next line end; False when there is none."""
        while True:
            found = self.text.find("\n", self.at)
            if found >= 0:
                self.skip(found + 1)
                return True
            self.skip(len(self.text))
            if self.ended:
                return False
            self.more()


def read_objects(stream: TextIO) -> Iterator[tuple[int, dict[str, Any] | None, str]]:
    """(line, object or None, error) for each record in order."""
    buffer = _Buffer(stream)
    inside = wrapped = False
    while True:
        char = buffer.gap()
        if not char:
            if inside:
                yield (
                    buffer.line,
                    None,
                    "The file ends in the middle of its list; what came before was read.",
                )
            return
        if char == "]" and inside:
            buffer.skip(buffer.at + 1)
            inside = False
            if wrapped:
                return
            continue
        if not inside and not wrapped:
            opening = _opening(buffer, char)
            if opening:
                inside, wrapped = True, char == "{"
                buffer.skip(opening)
                continue
        line = buffer.line
        value, error = _value(buffer)
        if not error and isinstance(value, dict):
            yield line, value, ""
            continue
        yield line, None, error or "This is not an object with fields; it was left out."
        if error and (inside or not buffer.next_line()):
            return


def _opening(buffer: _Buffer, char: str) -> int:
    """Where the first element of an array begins, if an array or a wrapped one starts here; else
    0."""
    if char == "[":
        return buffer.at + 1
    if len(buffer.text) - buffer.at < _CHUNK and not buffer.ended:
        buffer.more()
    match = _WRAPPED.match(buffer.text, buffer.at)
    return match.end() if match else 0


def _value(buffer: _Buffer) -> tuple[Any, str]:
    """The value at the buffer's place, reading on while it is incomplete."""
    while True:
        try:
            value, end = _DECODER.raw_decode(buffer.text, buffer.at)
        except RecursionError:
            return None, f"The record in line {buffer.line} is nested too deeply to be an issue."
        except json.JSONDecodeError as error:
            cut_off = error.msg.startswith("Unterminated") or error.pos >= len(buffer.text) - 20
            if not cut_off or buffer.ended:
                line = buffer.line + buffer.text.count("\n", buffer.at, error.pos)
                return None, f"Line {line} is not valid JSON ({error.msg.lower()})."
            if len(buffer.text) - buffer.at > MAX_RECORD:
                return (
                    None,
                    f"The record in line {buffer.line} is longer than {MAX_RECORD:,} characters.",
                )
            buffer.more()
            continue
        buffer.skip(end)
        return value, ""
