"""What an example item is made of. Pure data, without a clock: days are working days ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: The rubric's criteria in the order in which ``Piece.rated`` names their levels.
CRITERIA = (
    ("business_value", "strategic_fit", "reach_reuse"),
    ("customer_pain", "users_affected", "trust"),
    ("technical_risk", "compliance_risk", "recurrence"),
)


@dataclass(frozen=True)
class Step:
    """One step of an item's life: a verb, the day, and what it needs: a queue, another piece, a day to come back."""

    verb: str
    day: float
    what: str = ""
    who: str = ""


@dataclass(frozen=True)
class Sign:
    """A piece of evidence: so much of a kind, so many working days ago."""

    day: float
    kind: str
    magnitude: float
    source: str
    note: str = ""


@dataclass(frozen=True)
class Piece:
    """An item with its life.

    ``by`` reported it ``came`` working days ago. ``life`` names what happened then, such as ``"accepted 120, started
    110, reviewed 104, reworked 102, reviewed 100, done 99"``; besides there are ``parked 60 until 30`` (calendar days
    from now), ``declined 12``, ``merged 3 other-slug``, ``moved 50 hotfix``; each may end with ``by somebody``. ``why``
    gives reasons by verb. ``rated`` holds levels by pillar (``"432 341 2-0"``), ``sure`` a certainty for each pillar
    (g, i or c). ``due`` counts calendar days from now.
    """

    slug: str
    title: str
    kind: str
    text: str
    came: float
    life: str = ""
    by: str = "amara"
    queue: str = ""
    why: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    effort: float | None = None
    efforts: Sequence[tuple[float, str, float, str]] = ()
    due: float | None = None
    severity: int | None = None
    horizon: str = ""
    program: str = ""
    channel: str = ""
    segments: Sequence[str] = ()
    labels: Sequence[str] = ()
    rated: str = ""
    sure: str = ""
    again: Sequence[tuple[float, str, Mapping[str, tuple[float, str]], str]] = ()
    criteria: Sequence[str | tuple[str, str]] = ()
    verified: int = 0
    said: Sequence[tuple[float, str, str]] = ()
    signs: Sequence[Sign] = ()
    adjusted: Sequence[Adjusted] = ()
    links: Sequence[tuple[str, str]] = ()
    next_cycle: bool = False

    @property
    def steps(self) -> list[Step]:
        return [_step(words) for words in self.life.split(",") if words.strip()]

    @property
    def description(self) -> str:
        """The text with its lines joined into paragraphs; lists and headings keep their lines."""
        lines: list[str] = []
        for line in self.text.strip().splitlines():
            line = line.strip()
            fresh = not line or line.startswith(("- ", "> ", "#", "|", "1. ", "2. ", "3. ", "4. "))
            if fresh or not lines or not lines[-1] or lines[-1].startswith(("#", "|")):
                lines.append(line)
            else:
                lines[-1] += f" {line}"
        return "\n".join(lines)


@dataclass(frozen=True)
class Adjusted:
    """Points of judgement from ``day`` on for ``lasts`` calendar days, or until it was ended by hand."""

    day: float
    who: str
    points: float
    lasts: float
    claim: str
    evidence: str = ""
    ended: float | None = None
    ended_why: str = ""


def series(
    kind: str, days: Sequence[float], magnitudes: Sequence[float], source: str, *notes: str
) -> tuple[Sign, ...]:
    """Several pieces of evidence of one kind; notes are taken in turn."""
    pairs = zip(days, magnitudes, strict=True)
    return tuple(
        Sign(day, kind, size, source, notes[at % len(notes)] if notes else "")
        for at, (day, size) in enumerate(pairs)
    )


def _step(words: str) -> Step:
    parts = words.split()
    verb, day, rest = parts[0], float(parts[1]), parts[2:]
    who = ""
    if len(rest) >= 2 and rest[-2] == "by":
        who, rest = rest[-1], rest[:-2]
    if rest and rest[0] == "until":
        rest = rest[1:]
    return Step(verb, day, rest[0] if rest else "", who)
