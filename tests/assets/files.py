"""Bytes to upload: real ones of every kind that is taken in, and the ones that should not do harm."""

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.models import Product
from backlog.models import Item
from backlog.services import items
from tests.cast import Cast

TEXT = b"INT. CONTROL ROOM - NIGHT\n\nMARA\nIt used to take <b>an hour</b>.\n"
SVG = b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!-- a page --><!DOCTYPE html><html><script>alert(1)</script></html>"
XSLT = b"<?xml version='1.0'?><?xml-stylesheet href='x.xsl'?><a/>"
SCRIPT = b"fetch('/p/ATLAS/').then(r => r.text());"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>\n"
MP4 = (
    struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp41")
    + b"\0\0\0\x08free"
    + bytes(range(256)) * 40
)
MOV = struct.pack(">I4s4sI", 16, b"ftyp", b"qt  ", 0) + b"\0\0\0\x08wide"
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + b"\0" * 40
ZIP = b"PK\x03\x04" + b"\0" * 60


def image(format: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A picture as the library writes it."""
    target = io.BytesIO()
    Image.new("RGB", size, "teal").save(target, format, **options)
    return target.getvalue()


def png_bomb(side: int = 20_000) -> bytes:
    """A PNG of a few bytes that says it is ``side`` pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 64)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def gif_polyglot() -> bytes:
    """A GIF whose bytes also read as a script."""
    return b"GIF89a/*" + image("GIF")[8:] + b"*/=1;alert(1)"


def new_item(cast: Cast, title: str = "Welcome script", product: Product | None = None) -> Item:
    product = product or cast.a
    name = "contributor" if product == cast.a else "outsider"
    return items.create_item(
        actor=cast.actor(name), product=product, draft=items.Draft(title=title)
    )


def upload(
    client: Client,
    address: str,
    content: bytes = TEXT,
    name: str = "welcome.fountain",
    rationale: str = "First draft.",
    **fields: str,
) -> Any:
    """Post a file as a browser or a program does."""
    data = {"file": SimpleUploadedFile(name, content), "rationale": rationale, **fields}
    return client.post(address, data)


def first_version(
    cast: Cast, item: Item, content: bytes = TEXT, name: str = "welcome.fountain"
) -> dict[str, Any]:
    """An asset with one version, uploaded by the contributor through the API; the asset as the API shows it."""
    answer = upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", content, name)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found
