"""PDF: its text, how its pages look, where its links lead, and pictures of the pages. No script of it is ever run."""

from __future__ import annotations

import codecs
import ctypes
import hashlib
from typing import BinaryIO

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from assets.looking import pictures
from assets.looking.findings import Findings, Found, Refused

SHOWN_PAGES = 150
PAGES = 1000
#: longest and largest a page is drawn, in pixels
SIDE, AREA = 2200, 4_000_000
WIDE = 1300
#: pages that have no picture are drawn this large, only to be compared
SMALL = 400


def load() -> None:
    """Everything that drawing needs, before the door is closed."""
    pictures.load()
    document = pypdfium2.PdfDocument.new()
    document.new_page(20, 20)
    document[0].render(scale=1).to_pil()
    document[0].get_textpage().get_text_range()
    for encoding in ("utf-16-le", "utf-8", "ascii", "latin-1"):
        codecs.lookup(encoding)
    document.close()


def look(file: BinaryIO, findings: Findings, media_type: str) -> Found:
    """Raises Refused."""
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        raise Refused(
            "The document cannot be opened: it is damaged, or locked with a password."
        ) from error
    count = len(document)
    if not count:
        raise Refused("The document has no pages.")
    if count > PAGES:
        raise Refused(f"The document has {count:,} pages, more than are looked at.")
    text, picture, links = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    for at in range(count):
        try:
            page = document[at]
            shown = at < SHOWN_PAGES
            image = _draw(page, WIDE if shown else SMALL)
            words = page.get_textpage().get_text_range()
        except pypdfium2.PdfiumError as error:
            raise Refused(f"Page {at + 1} is damaged and cannot be drawn.") from error
        text.update(words.replace("\r\n", "\n").encode() + b"\f")
        picture.update(f"{image.size};".encode() + image.tobytes())
        for address in _links(document, page):
            links.update(address + b"\n")
        links.update(b"\f")
        if at == 0:
            findings.preview("thumb", *pictures.thumb(image), size=pictures.thumb_size(image.size))
        if shown:
            data, kind = pictures.thumb(image, max(image.size), quality=85)
            findings.preview("page", data, kind, number=at + 1, size=image.size)
        page.close()
    return Found(
        parts={
            "text": text.hexdigest(),
            "picture": picture.hexdigest(),
            "links": links.hexdigest(),
        },
        pages=count,
    )


def _draw(page: pypdfium2.PdfPage, wide: int) -> Image.Image:
    """A page ``wide`` pixels wide, less where it is very long or very large."""
    width, height = (max(1.0, each) for each in page.get_size())
    scale = min(wide / width, SIDE / max(width, height), (AREA / (width * height)) ** 0.5)
    image: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    return image


def _links(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> list[bytes]:
    """Where the links of a page lead, in their order."""
    found: list[bytes] = []
    position, link = ctypes.c_int(0), pdfium.FPDF_LINK()
    while len(found) < 5000 and pdfium.FPDFLink_Enumerate(page, position, link):
        action = pdfium.FPDFLink_GetAction(link)
        length = pdfium.FPDFAction_GetURIPath(document, action, None, 0) if action else 0
        if 0 < length < 10_000:
            text = ctypes.create_string_buffer(length)
            pdfium.FPDFAction_GetURIPath(document, action, text, length)
            found.append(text.value)
    return found
