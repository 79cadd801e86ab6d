"""Files whose rows come in one by one: what each subject's jobs have to bring, and the pieces they work in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from integrations.models import ImportRun
from integrations.readers.preview import LISTED
from integrations.readers.source import Source

CHUNK = 500
NAMES = ("rows", "created", "updated", "unchanged", "skipped", "errors")


class Row(Protocol):
    """What is said of a row of any file."""

    row: int
    line: int

    @property
    def external_key(self) -> str: ...


@dataclass
class Chunk:
    """Rows behind the first ones up to ``end`` (counted in records of the file)."""

    rows: list[Any]
    end: int


def chunks(rows: Iterable[Any], done: int = 0, size: int = CHUNK) -> Iterator[Chunk]:
    """Rows behind the first ``done``, ``size`` at a time."""
    found: list[Any] = []
    place = 0
    for place, row in enumerate(rows, start=1):
        if place <= done:
            continue
        found.append(row)
        if len(found) == size:
            yield Chunk(found, place)
            found = []
    if found:
        yield Chunk(found, place)


def note(problems: list[dict[str, Any]], row: Row, kind: str, text: str) -> None:
    """Say something about a row; the first thousand are kept."""
    if len(problems) < LISTED:
        problems.append(
            {"row": row.row, "line": row.line, "key": row.external_key, "kind": kind, "text": text}
        )


@dataclass(frozen=True)
class Way:
    """How files of one subject come in.

    ``mapping``: plain data as a mapping, raises Invalid. ``examine(source, **reading)``: columns and a first mapping.
    ``rehearse(run, mapping, source, say=)`` writes nothing. ``write(run, chunk)`` returns counts and problems so far,
    inside the caller's transaction. ``undo_steps(run)``: pieces that each commit by themselves and can be done again.
    """

    mapping: Callable[[Any], Any]
    examine: Callable[..., Any]
    rehearse: Callable[..., dict[str, Any]]
    rows: Callable[[Source, Any], Iterator[Any]]
    write: Callable[[ImportRun, Chunk], tuple[dict[str, int], list[dict[str, Any]]]]
    undo_steps: Callable[[ImportRun], Iterator[Callable[[], int]]]
    size: int = CHUNK
