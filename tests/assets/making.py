"""Films, sounds, documents and bombs that tests make for themselves."""

from __future__ import annotations

import io
import zlib
from typing import Any

import av
import numpy as np
from PIL import Image


def tone(
    container: str = "wav", codec: str = "pcm_s16le", *, seconds: float = 1.0, pitch: float = 440.0
) -> bytes:
    """A sound that swells to half loudness. Containers as FFmpeg calls them: wav, mp3, ogg, flac, ipod (M4A)."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=48_000)
        stream.layout = "mono"
        _speak(out, stream, seconds, pitch)
    return target.getvalue()


def film(
    container: str = "mp4",
    codecs: tuple[str, str | None] = ("mpeg4", "aac"),
    *,
    frames: int = 30,
    shade: int = 90,
    comment: str = "",
) -> bytes:
    """Some frames of 160 × 90 pixels in which a bar wanders, 15 a second, perhaps with sound."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        if comment:
            out.metadata["comment"] = comment
        picture: Any = out.add_stream(codecs[0], rate=15)
        picture.width, picture.height, picture.pix_fmt = 160, 90, "yuv420p"
        sound: Any = None
        if codecs[1]:
            sound = out.add_stream(codecs[1], rate=48_000)
            sound.layout = "mono"
        for at in range(frames):
            pixels = np.full((90, 160, 3), shade, np.uint8)
            pixels[:, at * 4 % 150 : at * 4 % 150 + 10] = 250
            out.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        out.mux(picture.encode(None))
        if sound is not None:
            _speak(out, sound, frames / 15, 330.0)
    return target.getvalue()


def _speak(out: Any, stream: Any, seconds: float, pitch: float) -> None:
    at = np.arange(int(48_000 * seconds)) / 48_000
    wave = np.sin(2 * np.pi * pitch * at) * np.linspace(0, 0.5, len(at))
    samples = (wave * 32767).astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
    frame.sample_rate, frame.pts = 48_000, 0
    fit = av.AudioResampler(
        format=stream.format.name, layout="mono", rate=48_000, frame_size=stream.frame_size or 1024
    )
    for piece in [*fit.resample(frame), *fit.resample(None)]:
        out.mux(stream.encode(piece))
    out.mux(stream.encode(None))


def pdf(
    text: bytes = b"BT /F 24 Tf 72 700 Td (Ready) Tj ET",
    *,
    box: bytes = b"0 0 612 792",
    link: bytes = b"https://example.org/a",
    pages: int = 1,
    deflated: bool = False,
) -> bytes:
    """A document of some equal pages with a line of text and a link."""
    body = zlib.compress(text, 9) if deflated else text
    kids = b" ".join(b"%d 0 R" % (3 + at) for at in range(pages))
    here = 3 + pages
    annotation = b"<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A<</S/URI/URI(" + link + b")>>>>"
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[" + box + b"]/Contents %d 0 R/Annots[%d 0 R]"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>"
    ) % (here, here + 1)
    things = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[" % pages + kids + b"]>>",
        *[page] * pages,
        b"<</Length %d%s>>stream\n" % (len(body), b"/Filter/FlateDecode" if deflated else b"")
        + body
        + b"\nendstream",
        annotation,
    ]
    out, places = b"%PDF-1.4\n", []
    for number, thing in enumerate(things, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + thing + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(things) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(things) + 1,
        start,
    )


def flicker(frames: int) -> bytes:
    """A GIF in which every frame differs from the one before."""
    target = io.BytesIO()
    made = [Image.new("P", (8, 8), at % 2 * 7) for at in range(frames)]
    for at, each in enumerate(made):
        each.putpalette([(at * 7) % 256, at % 256, 9] * 256)
    made[0].save(target, "GIF", save_all=True, append_images=made[1:], duration=20, disposal=2)
    return target.getvalue()
