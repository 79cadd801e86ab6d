"""Pictures: their pixels as displayed, what else stands in the file, and a small one for lists."""

from __future__ import annotations

import hashlib
import io
import warnings
from typing import BinaryIO

from PIL import Image, ImageOps, ImageSequence

from assets.looking.findings import Findings, Found, Refused

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
PIXELS = 50_000_000
FRAMES = 600
#: of all frames of an animation together
FRAME_PIXELS = 400_000_000
THUMB = 320
ORIENTATION = 0x0112  # of EXIF
STRIP = 256  # rows that are looked at at once


def load() -> None:
    """Everything that decoding needs, before the door is closed."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for each in (*FORMATS, "BMP"):  # every plugin that is used reads and writes once
        if each != "BMP":
            target = io.BytesIO()
            Image.new("RGB", (2, 2)).save(target, each)
            with Image.open(io.BytesIO(target.getvalue()), formats=[each]) as image:
                image.load()


def look(file: BinaryIO, findings: Findings, media_type: str) -> Found:
    """Raises Refused. Parts: "picture" over RGBA pixels of all frames, "metadata" over what it says of itself."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            frames = getattr(image, "n_frames", 1)
            if frames > FRAMES or frames * width * height > FRAME_PIXELS:
                raise Refused(
                    f"The picture moves through {frames:,} frames, more than are looked at."
                )
            found = Found(parts={"metadata": _metadata(image)})
            digest = hashlib.sha256()
            for at, frame in enumerate(ImageSequence.Iterator(image)):
                turned = frame
                if frame.getexif().get(ORIENTATION, 1) != 1:
                    turned = ImageOps.exif_transpose(frame) or frame
                if at == 0:
                    found.width, found.height = turned.size
                    findings.preview("thumb", *thumb(turned), size=thumb_size(turned.size))
                _hash(digest, turned)
            found.parts["picture"] = digest.hexdigest()
            return found
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("The picture has more than 50 million pixels.") from error
    except Refused:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError) as error:
        raise Refused("The picture is damaged: it cannot be decoded to its end.") from error


def thumb(image: Image.Image, side: int = THUMB, quality: int = 80) -> tuple[bytes, str]:
    """A small picture of one, as WebP without anything but its pixels."""
    mode = "RGBA" if _transparent(image) else "RGB"
    small = image if image.mode in (mode, "L") else image.convert(mode)
    small = small.resize(thumb_size(image.size, side), Image.Resampling.LANCZOS).convert(mode)
    target = io.BytesIO()
    small.save(target, "WEBP", quality=quality, method=4)
    return target.getvalue(), "image/webp"


def thumb_size(size: tuple[int, int], side: int = THUMB) -> tuple[int, int]:
    """What ``size`` becomes within a square of ``side`` pixels; never larger than it is."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _hash(digest: hashlib._Hash, image: Image.Image) -> None:
    """Pixels in strips, so that a large picture is not held three times. What is wholly transparent has no colour."""
    width, height = image.size
    digest.update(f"{width}x{height};".encode())
    for top in range(0, height, STRIP):
        strip = image.crop((0, top, width, min(height, top + STRIP))).convert("RGBA")
        clear = Image.new("RGBA", strip.size)
        digest.update(Image.composite(strip, clear, strip.getchannel("A").point(_seen)).tobytes())


def _seen(alpha: int) -> int:
    return 255 if alpha else 0


def _metadata(image: Image.Image) -> str:
    """EXIF, colour profile, XMP, texts, resolution; not what only one form of container has."""
    kept = {}
    texts = getattr(image, "text", {})
    for name, value in {**image.info, **texts}.items():
        if name in ("exif", "icc_profile", "dpi", "comment", "photoshop", "adobe") or name in texts:
            kept[str(name)] = value if isinstance(value, bytes) else str(value).encode()
        elif str(name).lower() in ("xmp", "xml:com.adobe.xmp"):
            kept["xmp"] = value if isinstance(value, bytes) else str(value).encode()
    digest = hashlib.sha256()
    for name in sorted(kept):
        digest.update(f"{name};{len(kept[name])};".encode() + kept[name])
    return digest.hexdigest()
