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
#: progressive JPEGs are decoded in one piece, up to eight bytes a pixel; with more of them the page would lose its
#: picture without a word, and two documents that differ in it would look the same
PIECE = 12_000_000


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
            _need_small_pieces(page, at + 1)
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


def _need_small_pieces(page: pypdfium2.PdfPage, number: int) -> None:
    """Raises Refused for a page whose progressive JPEGs do not fit into the memory that is allowed."""
    pictures = [
        each
        for each in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])
        if "DCTDecode" in each.get_filters()
    ]
    pixels = [width * height for width, height in (each.get_px_size() for each in pictures)]
    if sum(pixels) <= PIECE:
        return
    whole = sum(
        count
        for each, count in zip(pictures, pixels, strict=True)
        if _progressive(bytes(each.get_data(decode_simple=True)))
    )
    if whole > PIECE:
        raise Refused(
            f"Page {number} has progressive JPEGs of {whole / 1e6:.0f} million pixels, more than are drawn. Export the"
            " document with ordinary JPEGs, or smaller ones."
        )


def _progressive(jpeg: bytes) -> bool:
    """Whether the first frame of a JPEG is a progressive one."""
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return marker in (0xC2, 0xC6, 0xCA, 0xCE)
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return False


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
