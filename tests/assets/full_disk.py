"""A disk that fills up: when a file is made, while it is written, or when it goes to its place."""

import errno
import os
from typing import IO, Any

from assets.storage import ContentStore, Draft
from core.uploads import NoRoom


class _Filling:
    """A file that takes 4,000 bytes and no more."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.left = file, 4000

    def write(self, data: bytes) -> int:
        self.left -= len(data)
        if self.left < 0:
            self.file.write(data[: self.left])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> "_Filling":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()


class FullDisk(ContentStore):
    def __init__(self, where: str) -> None:
        self.where = where

    def _create(self) -> IO[bytes]:
        if self.where == "create":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        made = super()._create()
        return _Filling(made) if self.where == "write" else made  # type: ignore[return-value]

    def keep(self, product_id: int, draft: Draft) -> bool:
        if self.where == "keep":
            raise NoRoom
        return super().keep(product_id, draft)
