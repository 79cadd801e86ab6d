"""Drawings (SVG) as pictures. Nothing in them runs: resvg draws shapes and text, and knows no scripts.

What a drawing points at outside itself is not shown: once the door is closed no file can be opened.
"""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path
from typing import BinaryIO

import reportlab
import resvg
from PIL import Image
from resvg import usvg

from assets.looking import pictures
from assets.looking.findings import Findings, Found, Refused

LARGEST = 20_000_000
#: The longer side of the picture that pages show, in pixels.
SIDE = 2000
#: What resvg falls back on where a drawing names a font that is not there; ours is given this name.
FALLBACK = "Times New Roman"
FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FONT_BYTES = 48_000_000

_options: usvg.Options


def load() -> None:
    """Everything that drawing needs, before the door is closed: fonts are held in memory."""
    global _options
    pictures.load()
    _options = usvg.Options.default()
    ours = Path(reportlab.__file__).parent / "fonts"
    for name in ("Vera.ttf", "VeraBd.ttf", "VeraIt.ttf", "VeraBI.ttf"):
        data = (ours / name).read_bytes()
        _options.load_font_data(data)
        _options.load_font_data(renamed(data, FALLBACK))
    room = FONT_BYTES
    for path in sorted(each for folder in FONTS for each in folder.rglob("*.[to]tf")):
        size = path.stat().st_size
        if size <= room:
            room -= size
            _options.load_font_data(path.read_bytes())


def renamed(font: bytes, family: str) -> bytes:
    """A TrueType font under another name of at most its own length. The table is that of ISO/IEC 14496-22, 5.2.5."""
    data = bytearray(font)
    tables = struct.unpack_from(">H", data, 4)[0]
    start = next(
        struct.unpack_from(">I", data, at + 8)[0]
        for at in range(12, 12 + tables * 16, 16)
        if data[at : at + 4] == b"name"
    )
    count, strings = struct.unpack_from(">HH", data, start + 2)
    for at in range(start + 6, start + 6 + count * 12, 12):
        platform, _encoding, _language, kind, length, offset = struct.unpack_from(">6H", data, at)
        name = family.encode("utf-16-be" if platform in (0, 3) else "ascii")
        if kind in (1, 16) and len(name) <= length:
            struct.pack_into(">H", data, at + 8, len(name))
            begin = start + strings + offset
            data[begin : begin + len(name)] = name
    return bytes(data)


def look(file: BinaryIO, findings: Findings, media_type: str) -> Found:
    """Raises Refused. Both parts are the whole file: any change of it counts."""
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Refused(f"The drawing is larger than {LARGEST // 1_000_000} MB.")
    try:
        drawn, of = _drawn(data.decode().removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise Refused("The drawing is damaged: it cannot be drawn.") from error
    with Image.open(io.BytesIO(drawn), formats=["PNG"]) as image:
        image.load()
        size = image.size
        findings.preview("page", *pictures.thumb(image, SIDE, quality=90), size=size)
        findings.preview("thumb", *pictures.thumb(image), size=pictures.thumb_size(size))
    digest = hashlib.sha256(data).hexdigest()
    return Found({"picture": digest, "metadata": digest}, width=of[0], height=of[1])


def _drawn(text: str) -> tuple[bytes, tuple[int, int]]:
    """A PNG whose longer side is ``SIDE``, and the size that the drawing gives itself. Raises Refused."""
    try:
        tree = usvg.Tree.from_str(text, _options)
        width, height = tree.int_size()
        scale = SIDE / max(width, height, 1)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        step = (scale, 0, 0, 0, scale, 0)
        return resvg.render(tree, step, bg_size=size, bg_color=(0, 0, 0, 0)), (width, height)
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":
            raise
        # the library ends in a panic on what it cannot read, or where it asks for more than may be given
        raise Refused("The drawing is damaged, or too intricate to be drawn.") from error
