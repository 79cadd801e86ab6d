"""What people of the example claimed against the score, what became of it, and a move by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.demo.piece import Adjusted


@dataclass(frozen=True)
class Claim:
    """Points on a piece, and the verdict that somebody gave ``judged`` working days ago; an empty verdict waits."""

    slug: str
    adjusted: Adjusted
    verdict: str = ""
    judge: str = ""
    judged: float = 0
    note: str = ""


@dataclass(frozen=True)
class Lifted:
    """A piece put one place up by hand ``day`` working days ago."""

    slug: str
    day: float
    who: str
    claim: str
    evidence: str
    lasts: float


def _claim(
    who: str, day: float, points: float, lasts: float, claim: str, evidence: str = ""
) -> Adjusted:
    return Adjusted(day, who, points, lasts, claim, evidence)


CLAIMS: Sequence[Claim] = (
    Claim(
        "noise-hearing",
        _claim(
            "amara", 107, 5, 30, "Two insurers would recommend it in spring.", "Notes of both calls"
        ),
        "held",
        "henrik",
        82,
        "Both put it into their letters; 340 enrolments came that way.",
    ),
    Claim(
        "three-quotes",
        _claim("amara", 118, 6, 28, "The municipal buyers decide on it before summer."),
        "held",
        "henrik",
        95,
        "They signed in the week after the preview.",
    ),
    Claim(
        "speed-steps",
        _claim(
            "amara",
            91,
            4,
            21,
            "Every trial asks for it in the first week.",
            "Trial calls, five of six",
        ),
        "partly",
        "ingrid",
        72,
        "Asked for often, but no trial hung on it.",
    ),
    Claim(
        "transcripts",
        _claim("amara", 102, 7, 30, "The hospital groups cannot buy without it."),
        "held",
        "henrik",
        76,
        "It was on their list of conditions, in writing.",
    ),
    Claim(
        "bad-news",
        _claim("amara", 107, 3, 20, "The trade press will pick it up at once."),
        "failed",
        "ingrid",
        85,
        "Two mentions, no enquiry.",
    ),
    Claim(
        "compare-scenes",
        _claim(
            "amara",
            88,
            4,
            25,
            "The authors lose half a day a week without it.",
            "A week of notes in the suite",
        ),
        "held",
        "henrik",
        55,
        "Measured again: three hours a week less.",
    ),
    Claim(
        "self-serve-catalogue",
        _claim("henrik", 116, 8, 40, "A competitor opens a shop in June."),
        "failed",
        "amara",
        80,
        "They announced it, and it has not opened yet.",
    ),
    Claim(
        "due-zone",
        _claim("henrik", 81, 5, 14, "The Canadian customer leaves over this."),
        "held",
        "amara",
        62,
        "Said so in the renewal call, and stayed.",
    ),
    Claim(
        "gift-desk",
        _claim("henrik", 85, -3, 20, "The legal view will change in autumn; wait for it."),
        "unknown",
        "amara",
        60,
        "The ruling was put off.",
    ),
    Claim(
        "rename-character",
        _claim("amara", 56, 3, 20, "The new series starts with other names."),
    ),
)

LIFTED: Sequence[Lifted] = (
    Lifted(
        "kiosk-loop",
        5,
        "amara",
        "The fair stands run in kiosk mode all day, and everybody sees the stutter.",
        "Plan of the stands",
        28,
    ),
)
