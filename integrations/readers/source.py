"""An uploaded file that can be read from its start as often as needed, and the limits that hold
for it.

Nothing here keeps more than one record in memory. Sizes are in characters unless said otherwise.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import Invalid

#: One cell, one line and one record may not be longer than this.
MAX_CELL = 1_000_000
MAX_LINE = 4_000_000
MAX_RECORD = 4_000_000
#: A real export has some hundreds of columns; more than this is not a table of work items.
MAX_COLUMNS = 2_000
#: Reading stops when more rows than this, and more than this share of all, cannot be read.
MAX_BROKEN = 1_000
MAX_BROKEN_SHARE = 0.2


class ReadError(Invalid):
    """The file as a whole cannot be read. ``code`` is stable; the sentence says what to do."""

    code = "unreadable_file"


@dataclass(frozen=True)
class Source:
    """A named file. ``open_`` gives a new binary stream at its start each time it is called."""

    name: str
    open_: Callable[[], BinaryIO]

    @classmethod
    def from_path(cls, path: str | Path) -> Source:
        path = Path(path)
        return cls(path.name, lambda: path.open("rb"))

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "upload") -> Source:
        return cls(name, lambda: io.BytesIO(data))

    @classmethod
    def from_file(cls, file: BinaryIO, name: str = "upload") -> Source:
        """A seekable file that belongs to somebody else: it is wound back, and left open.

        Only one reading at a time: a second one moves the first one's place.
        """

        def rewind() -> BinaryIO:
            file.seek(0)
            return cast(BinaryIO, _Borrowed(file))

        return cls(name, rewind)

    @contextmanager
    def bytes(self) -> Iterator[BinaryIO]:
        stream = self.open_()
        try:
            yield stream
        finally:
            stream.close()

    @contextmanager
    def text(self, encoding: str, *, damaged: bool = False) -> Iterator[io.TextIOWrapper]:
        """The file as text with its line ends as they are. ``damaged`` replaces what cannot be
        decoded by U+FFFD."""
        with self.bytes() as stream:
            wrapped = io.TextIOWrapper(
                stream, encoding=encoding, errors="replace" if damaged else "strict", newline=""
            )
            try:
                yield wrapped
            finally:
                wrapped.detach()


class _Borrowed(io.BufferedIOBase):
    """Reads from a file without closing it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        return self._file.read(size)
