"""Answers that carry the bytes of a version: never as anything that a browser would run.

Only allowlisted types go inline, everything else as a download; both under a policy that forbids scripts, forms and
requests, in a sandbox of their own origin. Chromium shows PDF in such a sandbox (tried with 156).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header

from assets.media import TYPES
from assets.models import Preview, Version
from assets.storage import store
from core.errors import NotFound

CHUNK_BYTES = 256 * 1024
#: What workers make, with the ending of a download.
PREVIEW_TYPES = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "application/json": "json",
}
_RANGE = re.compile(r"^bytes=(\d{0,15})-(\d{0,15})$")


def content(request: HttpRequest, version: Version, *, inline: bool) -> HttpResponseBase:
    """The bytes, or the part that ``Range`` asks for. Raises NotFound when the file is missing on the disk."""
    known = TYPES.get(version.media_type)
    return _safely(
        request,
        version,
        known.served if known else "application/octet-stream",
        download_name(version),
        inline=inline and version.shown,
        framed=inline and version.shown,
    )


def preview(request: HttpRequest, made: Preview) -> HttpResponseBase:
    """The bytes that a worker made of a version: a picture, or figures. As safely as the version's own.

    Raises NotFound when the file is missing on the disk.
    """
    name = f"{made.kind}-{made.number}.{PREVIEW_TYPES.get(made.media_type, 'bin')}"
    known = made.media_type in PREVIEW_TYPES
    return _safely(
        request,
        made,
        made.media_type if known else "application/octet-stream",
        name,
        inline=known,
        framed=False,
    )


def _safely(
    request: HttpRequest,
    stored: Version | Preview,
    served: str,
    name: str,
    *,
    inline: bool,
    framed: bool,
) -> HttpResponseBase:
    try:
        file = store().open(stored.product_id, stored.sha256)
    except FileNotFoundError as error:
        raise NotFound(
            "The file of this version is missing on the server. Tell whoever runs it: the backup may have it."
        ) from error
    etag = f'"{stored.sha256}"'
    if etag in request.headers.get("If-None-Match", ""):
        file.close()
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = _body(request, stored.size, file, etag)
    response["Content-Type"] = served
    response["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    ancestors = "'self'" if framed else "'none'"
    response["Content-Security-Policy"] = (
        f"sandbox; default-src 'none'; frame-ancestors {ancestors}"
    )
    response["X-Frame-Options"] = "SAMEORIGIN" if framed else "DENY"
    return response


def download_name(version: Version) -> str:
    """The sender's name for the file, with an ending that fits what the file is."""
    known = TYPES.get(version.media_type)
    endings = known.extensions if known else ("bin",)
    name = version.original_name or f"version-{version.number}"
    stem, _, ending = name.rpartition(".")
    if ending.lower() in endings and stem:
        return name
    return f"{name}.{endings[0]}"


def _body(request: HttpRequest, size: int, file: BinaryIO, etag: str) -> HttpResponseBase:
    asked = request.headers.get("Range", "")
    if not asked or request.headers.get("If-Range", etag) != etag:
        return FileResponse(file)
    part = _part(asked, size)
    if part is None:  # several ranges, or another unit: the whole is a right answer
        return FileResponse(file)
    start, end = part
    if start >= size or end < start:
        file.close()
        response: HttpResponseBase = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    response = StreamingHttpResponse(_slice(file, start, end), status=206)
    response["Content-Range"] = f"bytes {start}-{end}/{size}"
    response["Content-Length"] = str(end - start + 1)
    return response


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range; None where the header is not one."""
    match = _RANGE.match(asked.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        length = int(match[2])
        return (max(0, size - length), size - 1) if length else (size, size)
    start = int(match[1])
    end = int(match[2]) if match[2] else size - 1
    if match[2] and end < start:
        return None
    return start, min(end, size - 1)


def _slice(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = end - start + 1
        while left > 0 and (chunk := file.read(min(CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
