"""A short film and a sound, made when needed: a forklift's lamp that turns a corner, and its reversing alarm."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from integrations.demo.edition import Edition, Round, Work

RATE = 48_000
FRAMES_A_SECOND = 12


def corner(*, slow: bool) -> bytes:
    """Four seconds in which a lamp comes round a corner and stops before a line on the floor; WebM with sound."""
    import av  # loads FFmpeg: only the demo and the bounded process need it

    target = BytesIO()
    with av.open(target, "w", format="webm", options={"fflags": "bitexact"}) as out:
        picture: Any = out.add_stream("libvpx", rate=FRAMES_A_SECOND)
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        picture.bit_rate = 120_000
        sound: Any = out.add_stream("libopus", rate=RATE)
        sound.layout = "mono"
        count = 4 * FRAMES_A_SECOND
        for at in range(count):
            share = min(1.0, at / count * (1.0 if slow else 1.6))
            out.mux(picture.encode(av.VideoFrame.from_ndarray(_frame(share), "rgb24")))
        out.mux(picture.encode(None))
        _mux(av, out, sound, _alarm(4.0, 0.9 if slow else 0.55))
    return target.getvalue()


def alarm(*, gap: float) -> bytes:
    """Three seconds of a reversing alarm, a beep every ``gap`` seconds; WAV."""
    import av

    target = BytesIO()
    with av.open(target, "w", format="wav", options={"fflags": "bitexact"}) as out:
        sound: Any = out.add_stream("pcm_s16le", rate=16_000)
        sound.layout = "mono"
        _mux(av, out, sound, _alarm(3.0, gap))
    return target.getvalue()


def _frame(share: float) -> np.ndarray[Any, Any]:
    """The floor from above: a wall, a yellow line, and light that grows as the lamp comes nearer."""
    down, across = np.mgrid[0:180, 0:320]
    far = np.hypot(across - (40 + 150 * share), down - (60 + 60 * share))
    light = np.clip(1.2 - far / 110, 0.05, 1.0)[..., None]
    colour = np.where(across[..., None] > 214, (70, 78, 92), (120, 126, 132))
    colour = np.where((across[..., None] > 204) & (across[..., None] < 211), (232, 190, 60), colour)
    lamp = (far < 9)[..., None]
    return np.where(lamp, (255, 244, 214), colour * light).astype(np.uint8)


def _alarm(seconds: float, gap: float) -> np.ndarray[Any, Any]:
    at = np.arange(int(RATE * seconds)) / RATE
    on = (at % gap) < gap * 0.45
    wave = np.sin(2 * np.pi * 1180 * at) * on * np.linspace(0.15, 0.6, len(at))
    return (wave * 32767).astype(np.int16).reshape(1, -1)


def _mux(av: Any, out: Any, stream: Any, samples: np.ndarray[Any, Any]) -> None:
    frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
    frame.sample_rate, frame.pts = RATE, 0
    fit = av.AudioResampler(
        format=stream.format.name,
        layout="mono",
        rate=stream.rate,
        frame_size=stream.frame_size or 1024,
    )
    for piece in [*fit.resample(frame), *fit.resample(None)]:
        out.mux(stream.encode(piece))
    out.mux(stream.encode(None))


MOVING: tuple[Work, ...] = (
    Work(
        "forklift-opening",
        "Forklift ahead, motion test",
        "forklift-corner.webm",
        (
            Edition(
                15.2,
                "tomas",
                "The corner from above, in the speed of the first edit.",
                lambda: corner(slow=False),
            ),
            Edition(
                8.4,
                "tomas",
                "Slower: the lamp is seen before the alarm is heard.",
                lambda: corner(slow=True),
            ),
        ),
    ),
    Work(
        "forklift-opening",
        "Reversing alarm",
        "reversing-alarm.wav",
        (
            Edition(
                14.8,
                "tomas",
                "Recorded in the hall, cut to three seconds.",
                lambda: alarm(gap=0.6),
                Round(1.0, ("ingrid",), ("camille",), opens_after=4),
            ),
        ),
    ),
)
