"""Single frames of a film: what was to be seen at given milliseconds."""

from __future__ import annotations

from typing import Any, BinaryIO

import av
from PIL import Image

from assets.looking import films, pictures
from assets.looking.findings import Findings, Found, Refused

SIDE = 960
#: Frames that are decoded on the way from a key frame to one still.
MOST_FRAMES = 2000


def load() -> None:
    """Everything that decoding needs, before the door is closed."""
    films.load()


def look(file: BinaryIO, findings: Findings, media_type: str, at: str) -> Found:
    """``at``: milliseconds, with commas. A moment behind the end gives the last frame. Raises Refused."""
    reader = films.CONTAINERS.get(media_type)
    if reader is None:
        raise Refused("Films of this type are not looked into.")
    try:
        with films.opened(file, reader) as container:
            stream = container.streams.video[0]
            films.need_size(stream)
            stream.thread_type, stream.codec_context.thread_count = "NONE", 1
            for moment in sorted(map(int, at.split(","))):
                image = _frame(container, stream, moment / 1000)
                if image is not None:
                    size = pictures.thumb_size(image.size, SIDE)
                    findings.preview(
                        "still", *pictures.thumb(image, SIDE), number=moment, size=size
                    )
    except (av.error.FFmpegError, ValueError, IndexError, TypeError, OverflowError) as error:
        raise Refused("The file is damaged: it cannot be played to its end.") from error
    return Found()


def _frame(container: Any, stream: Any, second: float) -> Image.Image | None:
    """The last frame that begins at ``second`` or before it."""
    container.seek(int(second * av.time_base))
    shown = None
    for count, frame in enumerate(container.decode(stream)):
        if shown is not None and (frame.time or 0) > second + 0.0005:
            break
        shown = frame
        if count >= MOST_FRAMES:
            break
    return shown.to_image() if shown is not None else None
