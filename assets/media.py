"""What a file is, judged by its bytes: the allowlist of what is taken in, and of what is shown in the page.

Nothing is decoded here: headers are read, and text is checked to be UTF-8. What the sender called the file decides
nothing but which kind of plain text it is.
"""

from __future__ import annotations

import codecs
import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

import puremagic

from assets.vocabulary import AssetKind
from core.errors import Invalid

HEAD_BYTES = 4096
CHUNK_BYTES = 1 << 20
#: Larger images are stored but not shown: a browser that decodes one needs 200 MB for it.
SHOWN_PIXELS = 50_000_000


@dataclass(frozen=True)
class MediaType:
    """A type that may be stored. ``shown``: its bytes may be served inline, as ``served`` (else as a download only)."""

    name: str
    kind: str
    extensions: tuple[str, ...]
    shown: bool = True
    served: str = ""


SVG = "image/svg+xml"
_PLAIN = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"

TYPES: dict[str, MediaType] = {
    each.name: each
    for each in (
        MediaType("text/plain", AssetKind.TEXT, ("txt", "srt", "vtt", "csv"), served=_PLAIN),
        MediaType("text/markdown", AssetKind.TEXT, ("md", "markdown"), served=_PLAIN),
        MediaType("text/fountain", AssetKind.TEXT, ("fountain",), served=_PLAIN),
        MediaType("image/png", AssetKind.IMAGE, ("png",), served="image/png"),
        MediaType("image/jpeg", AssetKind.IMAGE, ("jpg", "jpeg"), served="image/jpeg"),
        MediaType("image/webp", AssetKind.IMAGE, ("webp",), served="image/webp"),
        MediaType("image/gif", AssetKind.IMAGE, ("gif",), served="image/gif"),
        MediaType("application/pdf", AssetKind.PDF, ("pdf",), served="application/pdf"),
        MediaType("video/mp4", AssetKind.VIDEO, ("mp4", "m4v"), served="video/mp4"),
        MediaType("video/webm", AssetKind.VIDEO, ("webm",), served="video/webm"),
        MediaType("video/quicktime", AssetKind.VIDEO, ("mov", "qt"), served="video/quicktime"),
        MediaType("audio/mpeg", AssetKind.AUDIO, ("mp3",), served="audio/mpeg"),
        MediaType("audio/wav", AssetKind.AUDIO, ("wav",), served="audio/wav"),
        MediaType("audio/ogg", AssetKind.AUDIO, ("ogg", "oga", "opus"), served="audio/ogg"),
        MediaType("audio/flac", AssetKind.AUDIO, ("flac",), served="audio/flac"),
        MediaType("audio/mp4", AssetKind.AUDIO, ("m4a", "m4b"), served="audio/mp4"),
        MediaType(SVG, AssetKind.IMAGE, ("svg",), shown=False, served=_BYTES),
        MediaType("text/html", AssetKind.FILE, ("html", "htm"), shown=False, served=_BYTES),
        MediaType("application/xml", AssetKind.FILE, ("xml",), shown=False, served=_BYTES),
    )
}
ACCEPTED_WORDS = (
    "text (plain, Markdown, Fountain), PNG, JPEG, WebP, GIF, PDF, MP4, WebM and QuickTime video, MP3, WAV, Ogg,"
    " FLAC and M4A sound, SVG as a picture of it, and HTML and XML as downloads"
)

_MP4_BRANDS = {
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"dash",
    b"M4V ",
    b"MSNV",
}
_MARKUP = re.compile(
    r"\ufeff?\s*(?:<!--.*?-->\s*)*<(\?xml|!doctype|svg|html|head|body|script|iframe)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Media:
    """What a file was found to be. ``width`` and ``height`` in pixels, images only."""

    type: MediaType
    width: int | None = None
    height: int | None = None


def recognise(file: BinaryIO, name: str) -> Media:
    """What ``file`` is, from its bytes; ``name`` only tells one kind of text from another. Raises Invalid."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    found = signature(head)
    if found is None:
        found = _text(file, head, name)
    media = TYPES[found]
    if found not in _SIZES:
        return Media(media)
    try:
        width, height = _SIZES[found](file)
    except (struct.error, ValueError, IndexError) as error:
        raise _refused(
            "The image is damaged: its size cannot be read. Export it again, then upload that."
        ) from error
    return Media(media, width, height)


def may_be_shown(media_type: str, width: int | None, height: int | None) -> bool:
    """Whether a browser may be given these bytes to show."""
    known = TYPES.get(media_type)
    return known is not None and known.shown and (width or 0) * (height or 0) <= SHOWN_PIXELS


def signature(head: bytes) -> str | None:
    """The type by the first bytes of a file that is not text; None where they say nothing."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    return _sound_file(head) or _film(head)


def _sound_file(head: bytes) -> str | None:
    """Sound by its first bytes. An MP3 without a tag begins with a frame: its sync word, a layer, a rate that exist."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"fLaC":
        return "audio/flac"
    if head[:4] == b"OggS" and any(
        each in head[:128] for each in (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
    ):
        return "audio/ogg"
    if head[4:8] == b"ftyp" and head[8:12] in (b"M4A ", b"M4B "):
        return "audio/mp4"
    if head[:3] == b"ID3" and len(head) > 10:
        return "audio/mpeg"
    frame = int.from_bytes(head[:4], "big")
    layer_3 = frame >> 17 & 3 == 1 and frame >> 19 & 3 != 1
    rates = frame >> 12 & 15 not in (0, 15) and frame >> 10 & 3 != 3
    return "audio/mpeg" if len(head) > 4 and frame >> 21 == 0x7FF and layer_3 and rates else None


def _film(head: bytes) -> str | None:
    """MP4 and QuickTime: the first box says which family, its brands which member."""
    if head[4:8] in (b"moov", b"mdat", b"wide"):
        return "video/quicktime"
    if head[4:8] != b"ftyp":
        return None
    brand = head[8:12]
    if brand == b"qt  ":
        return "video/quicktime"
    size = min(int.from_bytes(head[:4], "big"), len(head))
    others = {head[at : at + 4] for at in range(16, size - 3, 4)}
    return "video/mp4" if brand in _MP4_BRANDS or others & _MP4_BRANDS else None


def _text(file: BinaryIO, head: bytes, name: str) -> str:
    """Which text it is; raises Invalid for what is neither text nor known. Reads the file once."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(CHUNK_BYTES):
            if "\0" in decoder.decode(chunk):
                raise _unknown(head)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _unknown(head) from error
    start = codecs.getincrementaldecoder("utf-8")().decode(
        head
    )  # a character cut at the end is left out
    markup = _MARKUP.match(start)
    if markup:
        if "<svg" in start.lower():
            return SVG
        return "application/xml" if markup[1].lower() == "?xml" else "text/html"
    extension = name.rpartition(".")[2].lower()
    if extension in TYPES["text/markdown"].extensions:
        return "text/markdown"
    return "text/fountain" if extension == "fountain" else "text/plain"


def _unknown(head: bytes) -> Invalid:
    """The refusal names what the file seems to be, where that can be told."""
    try:
        guesses = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        guesses = []
    if guesses and guesses[0].name:
        return _refused(
            f"This looks like “{guesses[0].name[:60]}”, which cannot be kept as an asset."
        )
    return _refused("This is neither a known format nor text in UTF-8.")


def _refused(why: str) -> Invalid:
    return Invalid(
        f"{why} Nothing was saved.",
        code="unknown_type",
        fields={"file": [f"Accepted: {ACCEPTED_WORDS}."]},
    )


def _png_size(file: BinaryIO) -> tuple[int, int]:
    file.seek(12)
    kind, width, height = struct.unpack(">4sII", file.read(12))
    return _sound(kind == b"IHDR", width, height)


def _gif_size(file: BinaryIO) -> tuple[int, int]:
    file.seek(6)
    return _sound(True, *struct.unpack("<HH", file.read(4)))


def _jpeg_size(file: BinaryIO) -> tuple[int, int]:
    """Walk the segments to the frame header (SOF0 … SOF15 without DHT, JPG and DAC)."""
    file.seek(2)
    for _ in range(2000):
        mark, kind = struct.unpack(">BB", file.read(2))
        while kind == 0xFF:
            kind = file.read(1)[0]
        if mark != 0xFF:
            raise ValueError("no marker")
        if kind == 0x01 or 0xD0 <= kind <= 0xD8:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            _, height, width = struct.unpack(">BHH", file.read(5))
            return _sound(True, width, height)
        file.seek(max(0, length - 2), 1)
    raise ValueError("no frame header")


def _webp_size(file: BinaryIO) -> tuple[int, int]:
    file.seek(12)
    kind = file.read(4)
    file.seek(20)
    data = file.read(10)
    if kind == b"VP8X":
        return _sound(
            True, 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
        )
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return _sound(data[0] == 0x2F, 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[6:10])
        return _sound(data[3:6] == b"\x9d\x01\x2a", width & 0x3FFF, height & 0x3FFF)
    raise ValueError("no image in it")


def _sound(right: bool, width: int, height: int) -> tuple[int, int]:
    if not right or not width or not height:
        raise ValueError("no size")
    return width, height


_SIZES = {
    "image/png": _png_size,
    "image/gif": _gif_size,
    "image/jpeg": _jpeg_size,
    "image/webp": _webp_size,
}
