"""What was found, written as it is found."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, BinaryIO


class Refused(Exception):
    """The bytes are damaged, or ask for more than is given. The text is a sentence for people."""


@dataclass
class Found:
    """Facts about a version: sizes in pixels, duration in milliseconds, SHA-256 of its parts by name."""

    parts: dict[str, str] = field(default_factory=dict)
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    pages: int | None = None


class Findings:
    """The stream to whoever started the process."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def preview(
        self,
        kind: str,
        data: bytes,
        media_type: str,
        *,
        number: int = 1,
        size: tuple[int | None, int | None] = (None, None),
    ) -> None:
        """A picture or figures; ``size`` in pixels."""
        self._line(
            {
                "kind": kind,
                "number": number,
                "media_type": media_type,
                "width": size[0],
                "height": size[1],
                "size": len(data),
            }
        )
        self._out.write(data)

    def done(self, found: Found) -> None:
        """The end of it."""
        self._line({"done": vars(found)})

    def refused(self, sentence: str) -> None:
        """The end of it, without success."""
        self._line({"refused": sentence})

    def _line(self, value: dict[str, Any]) -> None:
        self._out.write(json.dumps(value).encode() + b"\n")
