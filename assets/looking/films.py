"""Film and sound: packets of their streams, length and size, a poster, and how loud it is over time."""

from __future__ import annotations

import hashlib
import io
import json
import resource
from fractions import Fraction
from typing import Any, BinaryIO

import av
import numpy as np
from PIL import Image

from assets.looking import pictures
from assets.looking.findings import Findings, Found, Refused

#: Readers of containers that may be used, by type.
CONTAINERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "audio/webm": "matroska",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
}
PART_OF = {"video": "picture", "audio": "sound", "subtitle": "subtitles"}
PEAKS = 1200
RATE = 8000  # samples a second that the wave is drawn from
POSTER = 1280
PIXELS = 40_000_000
#: seconds of processor time after which the wave ends where it is
LISTENED = 60.0


def load() -> None:
    """Everything that decoding needs, before the door is closed."""
    pictures.load()
    av.logging.set_level(av.logging.PANIC)
    target = io.BytesIO()
    with av.open(target, "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 160), np.int16), "s16", "mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
    target.seek(0)
    _wave(target, "wav")
    av.VideoFrame(16, 16, "yuv420p").to_image()


def look(file: BinaryIO, findings: Findings, media_type: str) -> Found:
    """Raises Refused. Parts: SHA-256 of the packets of each kind of stream, so another container gives the same."""
    reader = CONTAINERS.get(media_type)
    if reader is None:
        raise Refused("Films and sounds of this type are not looked into.")
    try:
        found = _packets(file, reader)
        if found.width:
            _poster(file, reader, findings, (found.duration_ms or 0) / 1000)
        wave, rate = _wave(file, reader)
    except (av.error.FFmpegError, ValueError, IndexError, TypeError, OverflowError) as error:
        raise Refused("The file is damaged: it cannot be played to its end.") from error
    data = {"duration_ms": found.duration_ms, "frame_rate": rate, "peaks": wave}
    findings.preview("waveform", json.dumps(data).encode(), "application/json")
    return found


def opened(file: BinaryIO, reader: str) -> Any:
    """The container, from its beginning."""
    file.seek(0)
    return av.open(file, "r", format=reader, metadata_errors="replace")


def need_size(stream: Any) -> None:
    """Raises Refused for a moving picture whose single frames are too large to decode."""
    context = stream.codec_context
    if context.width * context.height > PIXELS:
        raise Refused("The moving picture has more than 40 million pixels.")


def _packets(file: BinaryIO, reader: str) -> Found:
    digests = {name: hashlib.sha256() for name in PART_OF.values()}
    found = Found()
    with opened(file, reader) as container:
        streams = [each for each in container.streams if each.type in PART_OF]
        if not streams:
            raise Refused("There is neither picture nor sound in the file.")
        for stream in streams:
            digests[PART_OF[stream.type]].update(f"{stream.codec_context.name};".encode())
        last = Fraction(0)
        for packet in container.demux(streams):
            if packet.size:
                digest = digests[PART_OF[packet.stream.type]]
                digest.update(packet.size.to_bytes(8, "big"))
                digest.update(memoryview(packet))
                if packet.pts is not None and packet.time_base:
                    last = max(last, (packet.pts + (packet.duration or 0)) * packet.time_base)
        length = Fraction(container.duration or 0, av.time_base) or last
        found.duration_ms = min(max(0, round(length * 1000)), 2**31 - 1)
        for stream in container.streams.video[:1]:
            found.width, found.height = stream.codec_context.width, stream.codec_context.height
    found.parts = {name: digest.hexdigest() for name, digest in digests.items()}
    return found


def _poster(file: BinaryIO, reader: str, findings: Findings, length: float) -> None:
    """A frame from a tenth into the film: the first is often black."""
    with opened(file, reader) as container:
        stream = container.streams.video[0]
        need_size(stream)
        stream.thread_type, stream.codec_context.thread_count = "NONE", 1
        if length > 2:
            container.seek(int(length / 10 * av.time_base))
        image: Image.Image | None = None
        for frame in container.decode(stream):
            image = frame.to_image()
            break
        if image is None:
            raise Refused("No frame of the moving picture can be decoded.")
        size = pictures.thumb_size(image.size, POSTER)
        data, kind = pictures.thumb(image, POSTER)
        findings.preview("poster", data, kind, size=size)
        findings.preview("thumb", *pictures.thumb(image), size=pictures.thumb_size(image.size))


def _wave(file: BinaryIO, reader: str) -> tuple[list[float], float]:
    """The loudest sample (0 to 1) of each of at most ``PEAKS`` equal stretches, and the picture's frames a second."""
    loudest: list[float] = []
    with opened(file, reader) as container:
        rate = float(
            (container.streams.video[0].average_rate or 0) if container.streams.video else 0
        )
        if container.streams.audio:
            stream = container.streams.audio[0]
            stream.codec_context.thread_count = 1
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in container.decode(stream):
                for piece in resampler.resample(frame):
                    samples = np.abs(piece.to_ndarray()[0].astype(np.int32))
                    loudest += [
                        float(part.max())
                        for part in np.array_split(samples, max(1, len(samples) // 160))
                        if len(part)
                    ]
                if resource.getrusage(resource.RUSAGE_SELF).ru_utime > LISTENED:
                    break
    if not loudest:
        return [], rate
    parts = np.array_split(np.array(loudest), min(PEAKS, len(loudest)))
    return [round(float(part.max()) / 32768, 3) for part in parts], rate
