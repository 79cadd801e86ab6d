"""Where the bytes of versions lie: ``<MEDIA_ROOT>/<product id>/<sha256>``, written once and never changed.

A file is received into ``<MEDIA_ROOT>/.tmp`` (same file system), hashed on the way, flushed to the disk, and renamed
to its place. Names are made here; nothing that a person typed is part of a path.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages

from core.errors import Conflict
from core.uploads import NoRoom, TooLarge

SHA256 = re.compile(r"[0-9a-f]{64}")
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Draft:
    """A received file that is not in its place yet. ``size`` in bytes."""

    path: Path
    sha256: str
    size: int


class Busy(Conflict):
    """Another slice of the same upload is being written."""

    code = "upload_busy"

    def __init__(self) -> None:
        super().__init__(
            "Another slice of this upload is being received. Nothing was lost: wait for it, then ask how far it is."
        )


class Slice:
    """A file that takes a slice of an upload."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        """All of it. Raises OSError."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def settle(self) -> None:
        """On the disk before anybody is told."""
        os.fsync(self._file.fileno())


class ContentStore:
    """Files of one installation on a local disk."""

    def _root(self) -> Path:
        return Path(settings.MEDIA_ROOT)

    def temporary(self) -> Path:
        """The folder of what is not in its place yet."""
        folder = self._root() / ".tmp"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def path(self, product_id: int, sha256: str) -> Path:
        """Where the file with this hash belongs."""
        if not SHA256.fullmatch(sha256):
            raise ValueError("not a SHA-256")
        return self._root() / str(int(product_id)) / sha256

    def _create(self) -> IO[bytes]:
        return tempfile.NamedTemporaryFile(dir=self.temporary(), prefix="asset-", delete=False)

    @contextmanager
    def received(self, chunks: Iterable[bytes], *, limit: int) -> Iterator[Draft]:
        """Write ``chunks`` to a temporary file, hashing them; whatever is not kept is removed at the end.

        Raises TooLarge beyond ``limit`` bytes and NoRoom when the disk refuses.
        """
        path: Path | None = None
        try:
            try:
                with self._create() as file:
                    path = Path(file.name)
                    digest, size = hashlib.sha256(), 0
                    for chunk in chunks:
                        size += len(chunk)
                        if size > limit:
                            raise TooLarge(limit)
                        digest.update(chunk)
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                path.chmod(settings.FILE_UPLOAD_PERMISSIONS or 0o640)
            except OSError as error:
                raise NoRoom from error
            yield Draft(path, digest.hexdigest(), size)
        finally:
            if path is not None:
                path.unlink(missing_ok=True)

    def parts_path(self, upload_id: UUID) -> Path:
        """Where the bytes of an upload in parts lie until it is complete."""
        return self._root() / ".parts" / upload_id.hex

    @contextmanager
    def slice_at(self, upload_id: UUID, offset: int) -> Iterator[Slice]:
        """The file of an upload, to be written from ``offset`` on; what lay behind it is cut off.

        Raises Busy while somebody else writes to it, NoRoom when the disk refuses.
        """
        path = self.parts_path(upload_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._parts_file(path) as file:
                try:
                    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise Busy from error
                if os.fstat(file.fileno()).st_size < offset:
                    raise FileNotFoundError(path)
                file.truncate(offset)
                file.seek(offset)
                yield Slice(file)
        except OSError as error:
            raise NoRoom from error

    def _parts_file(self, path: Path) -> IO[bytes]:
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o640), "r+b", buffering=0)

    def drop_parts(self, upload_id: UUID) -> None:
        """Take the bytes of an upload away, if any lie there."""
        with suppress(OSError):
            self.parts_path(upload_id).unlink()

    def parts(self) -> Iterator[tuple[Path, float]]:
        """Files of uploads in parts and when each was written last (seconds since 1970)."""
        folder = self._root() / ".parts"
        if folder.is_dir():
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        if entry.is_file(follow_symlinks=False):
                            yield Path(entry.path), entry.stat().st_mtime

    def keep(self, product_id: int, draft: Draft) -> bool:
        """Put a draft in its place; False when these bytes lie there already. Call with the product's row locked."""
        target = self.path(product_id, draft.sha256)
        try:
            if target.exists() and target.stat().st_size == draft.size:
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.path.replace(target)
            _flush_folder(target.parent)
        except OSError as error:
            raise NoRoom from error
        return True

    def open(self, product_id: int, sha256: str) -> BufferedReader:
        """The bytes, for reading. Raises FileNotFoundError."""
        return self.path(product_id, sha256).open("rb")

    def size(self, product_id: int, sha256: str) -> int | None:
        """Bytes of the file; None when it is missing."""
        try:
            return self.path(product_id, sha256).stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, product_id: int, sha256: str) -> None:
        """Take a file away. Call with the product's row locked and no version pointing at it."""
        with suppress(FileNotFoundError):
            self.path(product_id, sha256).unlink()

    def digest(self, product_id: int, sha256: str) -> str:
        """The SHA-256 that the stored bytes have now. Raises FileNotFoundError."""
        with self.open(product_id, sha256) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def listing(self, product_id: int) -> Iterator[tuple[str, float]]:
        """Hashes of the files of a product and when each was written (seconds since 1970)."""
        folder = self._root() / str(int(product_id))
        if folder.is_dir():
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):  # another sweep was quicker
                        if SHA256.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                            yield entry.name, entry.stat().st_mtime

    def drafts(self) -> Iterator[tuple[Path, float]]:
        """Temporary files and when each was written (seconds since 1970): an upload in progress, or a leftover."""
        with os.scandir(self.temporary()) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False):
                        yield Path(entry.path), entry.stat().st_mtime


def _flush_folder(folder: Path) -> None:
    """A rename is on the disk when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def store() -> ContentStore:
    """The store that ``STORAGES["assets"]`` names."""
    found: Any = storages["assets"]
    return found  # type: ignore[no-any-return]
