"""Files that come in by a form: bounded while they stream, and no leftovers when the disk is full.

Django limits form fields but not files, and leaves a partial temporary file behind when one cannot be written.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

from core.errors import DomainError, Invalid


class TooLarge(DomainError):
    """More bytes than are taken in."""

    code = "too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        words = f"{limit / 1_000_000:,.0f} MB" if limit >= 1_000_000 else f"{limit:,} bytes"
        super().__init__(
            f"The file is larger than {words}, the most that is taken. Nothing was saved.",
            fields={"file": [f"Choose a file of at most {words}."]},
        )


class NoRoom(DomainError):
    """The disk refuses."""

    code = "no_room"
    status = 507

    def __init__(self) -> None:
        super().__init__(
            "The file could not be stored: the disk is full or cannot be written. Nothing was saved and nothing was"
            " lost. Try again later, or tell whoever runs this server."
        )


class BoundedUpload(TemporaryFileUploadHandler):
    """Writes a large upload to a temporary file, up to ``settings.UPLOAD_LIMIT_BYTES``.

    What goes wrong is kept on the request for :func:`file_in` to raise; the rest of the body is read and dropped, so
    that the browser gets the answer, unless there is very much of it.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        self.body_length = int(
            kwargs.get("content_length") or (args[2] if len(args) > 2 else 0) or 0
        )
        super().handle_raw_input(*args, **kwargs)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.received = 0
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self._stop(NoRoom(), error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        limit = settings.UPLOAD_LIMIT_BYTES
        if self.received > limit:
            self._stop(TooLarge(limit), None)
        try:
            super().receive_data_chunk(raw_data, start)
            self.file.flush()
        except OSError as error:
            self._stop(NoRoom(), error)

    def _stop(self, problem: DomainError, cause: Exception | None) -> None:
        if self.request is not None:
            self.request._upload_problem = problem  # type: ignore[attr-defined]
        self._drop()
        much = self.body_length > 4 * settings.UPLOAD_LIMIT_BYTES
        raise StopUpload(connection_reset=much) from cause

    def _drop(self) -> None:
        file = getattr(self, "file", None)
        if file is not None:
            with contextlib.suppress(OSError):  # closing a file on a full disk may fail once more
                Path(file.temporary_file_path()).unlink()
            with contextlib.suppress(OSError):
                file.close()


def file_in(request: HttpRequest, field: str = "file") -> UploadedFile[Any]:
    """The uploaded file of a page or an API request. Raises TooLarge, NoRoom, or Invalid when none arrived."""
    inner: HttpRequest = getattr(request, "_request", request)
    found = request.FILES.get(field)
    problem = getattr(inner, "_upload_problem", None)
    if problem is not None:
        raise problem
    if found is None:
        raise Invalid(
            "No file arrived, so nothing was saved. Choose a file, then send it again.",
            code="no_file",
            fields={field: ["Choose a file."]},
        )
    return found  # type: ignore[no-any-return]
