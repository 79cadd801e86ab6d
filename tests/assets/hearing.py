"""Wiring in which somebody listens for the parts of versions."""

from typing import Any

from config import wiring
from config.wiring import *  # noqa: F403

HEARD: list[dict[str, Any]] = []


def hear(**payload: Any) -> None:
    HEARD.append(payload)


INLINE = wiring.INLINE | {"version.parts_known": ["tests.assets.hearing.hear"]}
