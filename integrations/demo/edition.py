"""What an example asset is made of: its versions, and the rounds of review. Pure data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """``weight`` empty approves; ``structural`` or ``detail`` requests a change."""

    day: float
    who: str
    note: str = ""
    weight: str = ""


@dataclass(frozen=True)
class Remark:
    day: float
    who: str
    body: str
    anchor: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Round:
    """A round of review: who is asked in each stage, what they said; ``withdrawn`` = (day, reason).

    ``opens_after``: days from when it is planned to when it begins.
    """

    day: float
    subject: Sequence[str]
    legal: Sequence[str]
    verdicts: Sequence[Verdict] = ()
    remarks: Sequence[Remark] = ()
    quorum: int | None = None
    opens_after: float | None = None
    withdrawn: tuple[float, str] | None = None


@dataclass(frozen=True)
class Pointed:
    """Words of a script that are a claim, what they rest on, and who signs them ("": nobody yet)."""

    words: str
    source: str
    signer: str = ""


@dataclass(frozen=True)
class Edition:
    """A version: why it exists, its bytes (made when needed), its review, and claims that are marked in it."""

    day: float
    who: str
    why: str
    content: Callable[[], bytes]
    round: Round | None = None
    claims: Sequence[Pointed] = ()


@dataclass(frozen=True)
class Work:
    """An asset of the item ``piece``."""

    piece: str
    name: str
    file: str
    editions: Sequence[Edition]
