"""Where uploaded exports lie: under the product, named by the server, removed with the run."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from core.errors import Invalid
from core.uploads import NoRoom, TooLarge
from integrations.readers import Source

if TYPE_CHECKING:
    from typing_extensions import Buffer


@dataclass(frozen=True)
class Stored:
    """A file that is on disk: its path below the media folder, size in bytes, SHA-256."""

    path: str
    size: int
    digest: str


def keep(chunks: Iterable[bytes], *, product_id: int) -> Stored:
    """Write an upload: temporary file, fsync, rename. Raises Invalid (empty), TooLarge, NoRoom, leaving nothing."""
    folder = Path(settings.MEDIA_ROOT) / "imports" / str(product_id)
    name = uuid.uuid4().hex
    partial = folder / f".{name}.part"
    digest = hashlib.sha256()
    size = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > settings.UPLOAD_LIMIT_BYTES:
                    raise TooLarge(settings.UPLOAD_LIMIT_BYTES)
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if not size:
            raise Invalid(
                "The file is empty.", fields={"file": ["Choose a file that holds something."]}
            )
        partial.rename(folder / name)
    except OSError as error:
        raise NoRoom from error
    finally:
        partial.unlink(missing_ok=True)
    return Stored(f"imports/{product_id}/{name}", size, digest.hexdigest())


def source(path: str, name: str, tick: Callable[[], None]) -> Source:
    """A stored file for the readers. ``tick`` is called as it is read, about every 64 kB. Raises Invalid."""
    full = Path(settings.MEDIA_ROOT) / path
    if not full.is_file():
        raise Invalid("The uploaded file is not there any more. Upload it again.", code="file_gone")
    return Source(name, lambda: io.BufferedReader(_Ticking(full, tick), 1 << 16))


class _Ticking(io.FileIO):
    def __init__(self, path: Path, tick: Callable[[], None]) -> None:
        super().__init__(path, "rb")
        self._tick = tick

    def readinto(self, buffer: Buffer, /) -> int:
        self._tick()
        return super().readinto(buffer) or 0


def remove(path: str) -> None:
    """Delete a stored file; fine when it is gone already."""
    (Path(settings.MEDIA_ROOT) / path).unlink(missing_ok=True)
