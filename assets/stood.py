"""What stood at a placement in a period, by its deployments. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Stand:
    """From ``at`` on, the version with this number."""

    at: datetime
    number: int


def stood(history: Sequence[Stand], begins: datetime, ends: datetime) -> list[int]:
    """Numbers of the versions that stood there within [begins, ends), each once, in order of their coming.

    ``history`` is in order of time. Of two deployments at the same instant the later one counts. A period without
    length asks for the instant itself.
    """
    found: list[int] = []
    for place, stand in enumerate(history):
        gone = history[place + 1].at if place + 1 < len(history) else None
        if gone is not None and (gone <= begins or gone == stand.at):
            continue
        if stand.at < ends or stand.at <= begins:
            if stand.number not in found:
                found.append(stand.number)
    return found
