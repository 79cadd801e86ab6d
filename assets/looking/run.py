"""Start the process that decodes, hold it to its bounds, read what it found; nothing it says is believed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1 << 20
LINE = 4096
PREVIEWS = 200
PREVIEW_KINDS = {
    "thumb": ("image/webp",),
    "page": ("image/webp",),
    "poster": ("image/webp",),
    "still": ("image/webp",),
    "waveform": ("application/json",),
}
LARGEST = 1 << 31


@dataclass(frozen=True)
class Bounds:
    """``memory`` and ``output`` in bytes; ``seconds`` of processor time, by the clock half as much again."""

    memory: int
    seconds: int
    output: int = 128 * MEGABYTE


BOUNDS = {
    "image": Bounds(640 * MEGABYTE, 20),
    "drawing": Bounds(640 * MEGABYTE, 20),
    # of these some 20 MB are never resident: what is unpacked stays under 200 MB
    "pdf": Bounds(208 * MEGABYTE, 60),
    "video": Bounds(1024 * MEGABYTE, 110),
    "audio": Bounds(768 * MEGABYTE, 80),
    "stills": Bounds(1024 * MEGABYTE, 110),
}


class Broken(Exception):
    """The process ended without an answer: killed, out of its bounds, or a fault. Trying again may help."""


@dataclass(frozen=True)
class Made:
    """A preview: where its bytes stand in the output of the process."""

    kind: str
    number: int
    media_type: str
    width: int | None
    height: int | None
    offset: int
    size: int


@dataclass
class Answer:
    """What came out. ``refused``: a sentence, where the bytes cannot be decoded. ``output`` holds the previews."""

    output: BinaryIO
    previews: list[Made]
    facts: Mapping[str, int | None]
    parts: Mapping[str, str]
    refused: str = ""

    def bytes_of(self, made: Made) -> bytes:
        """The bytes of a preview."""
        self.output.seek(made.offset)
        return self.output.read(made.size)


@contextlib.contextmanager
def looked_at(path: Path, kind: str, media_type: str, folder: Path, *more: str) -> Iterator[Answer]:
    """What the process finds in the file at ``path``; the output lies in ``folder``. Raises Broken, OSError.

    ``more``: what else that kind of look is told.
    """
    bounds = BOUNDS[kind]
    with path.open("rb") as file, tempfile.TemporaryFile(dir=folder) as output:
        command = [sys.executable, "-m", "assets.looking", kind]
        command += [str(bounds.memory), str(bounds.seconds), str(bounds.output), media_type, *more]
        process = subprocess.Popen(
            command,
            stdin=file,
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
                 "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
            close_fds=True,
        )  # fmt: skip
        try:
            code = process.wait(timeout=bounds.seconds * 1.5 + 10)
        except subprocess.TimeoutExpired as error:
            raise Broken("It took too long.") from error
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if code != 0:
            raise Broken(_why(code))
        yield _read(output)


def _why(code: int) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "It took too long."
    return "It needs too much memory." if code == -signal.SIGXFSZ else "The decoder stopped."


def _read(output: Any) -> Answer:
    """The output taken apart. Raises Broken for anything that is not as it should be."""
    output.seek(0)
    previews: list[Made] = []
    try:
        while True:
            line = json.loads(output.readline(LINE))
            if "refused" in line:
                return Answer(output, [], {}, {}, str(line["refused"])[:300])
            if "done" in line:
                done = line["done"]
                names = ("width", "height", "duration_ms", "pages")
                facts = {name: _number(done[name]) for name in names}
                parts = {str(name)[:16]: _digest(sha256) for name, sha256 in done["parts"].items()}
                return Answer(output, previews, facts, parts)
            made = Made(
                str(line["kind"]),
                _required(line["number"]),
                str(line["media_type"]),
                _number(line["width"]),
                _number(line["height"]),
                output.tell(),
                _required(line["size"]),
            )
            if made.media_type not in PREVIEW_KINDS[made.kind] or len(previews) >= PREVIEWS:
                raise Broken("The decoder said something that it never says.")
            previews.append(made)
            output.seek(made.size, os.SEEK_CUR)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Broken("The decoder said something that it never says.") from error


def _number(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or not 0 <= value < LARGEST:
        raise ValueError("no such number")
    return value


def _required(value: object) -> int:
    found = _number(value)
    if found is None:
        raise ValueError("no number")
    return found


def _digest(value: object) -> str:
    if not isinstance(value, str) or len(bytes.fromhex(value)) != 32:
        raise ValueError("no digest")
    return value
