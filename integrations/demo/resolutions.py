"""What the studio decided, and what its people asked of those who may decide. Pure data, as ``piece``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Resolved:
    """A decision, so many working days ago. ``chosen`` counts from 0; ``instead_of`` names the title it supersedes."""

    day: float
    who: str
    title: str
    about: str
    options: Sequence[tuple[str, str]]
    chosen: int
    why: str
    pieces: Sequence[str] = ()
    evidence: Sequence[tuple[str, str]] = ()
    kind: str = "general"
    instead_of: str = ""


@dataclass(frozen=True)
class Asked:
    """A request, so many working days ago, and its answer, if there is one."""

    day: float
    who: str
    piece: str
    state: str
    until: int
    reason: str
    answered: tuple[float, str, bool, str] | None = None


DECISIONS = (
    Resolved(
        84,
        "henrik",
        "Offline rounds come before the headset",
        "Both bets need the same two engineers until spring, and the budget carries one of them.",
        (
            ("Offline rounds", "Two shipping companies wait, and the film material is there."),
            ("Confined spaces with a headset", "Impressive at fairs; one customer asked, once."),
            ("Half of each", "Nobody believed in it for longer than the coffee lasted."),
        ),
        0,
        "Ships are where our films are watched least and needed most. The headset waits until somebody signs for it.",
        ("offline-rounds", "headset-scenes"),
        kind="trade",
    ),
    Resolved(
        71,
        "amara",
        "Wrong instruction is repaired within a week",
        "Three films taught something that a rule had changed. Each waited for a place in a cycle.",
        (
            ("A week, whatever else is planned", "Costs about three points a cycle."),
            ("The next cycle", "Three weeks on average, and we know that somebody is taught it."),
        ),
        0,
        "Nobody should be able to say that we knew. The stability queue holds the place for it.",
    ),
    Resolved(
        56,
        "henrik",
        "No marketplace for partner studios this year",
        "Partners ask for it, customers do not.",
        (
            ("Build the smallest one", "Sixty points, and a contract for every partner."),
            ("Decline it and say so", "Two partners will be disappointed."),
        ),
        1,
        "What customers miss are scenes in their language, not more studios. Asked again when the voices are out.",
        ("partner-market",),
    ),
    Resolved(
        45,
        "amara",
        "Voices are judged by people who speak the language, not by us",
        "The first minute of Dutch sounded right to everybody in the studio. None of us is Dutch.",
        (
            ("Twelve listeners a language", "Two days and a small fee."),
            ("The narrator decides", "Cheap, and fair to the narrator."),
            ("Our own ears", "Free."),
        ),
        0,
        "Nine of twelve have to call it natural. The narrator keeps a veto over everything in their own voice.",
        ("voice-languages", "voice-minute"),
    ),
    Resolved(
        33,
        "amara",
        "Courses get shorter before they get smarter",
        "Skipping what somebody can show needs questions with rules; the bank has them for four courses.",
        (
            ("Start with those four", "Learners notice it in spring."),
            ("Tag the whole bank first", "Complete, and nobody notices it before autumn."),
        ),
        0,
        "Four courses are a third of all starts. The rest is tagged when it is touched anyway.",
        ("adaptive-course",),
        kind="trade",
    ),
    Resolved(
        24,
        "ingrid",
        "The video engine is replaced in one go",
        "Its support ends in spring. Both engines side by side would mean two players for half a year.",
        (
            ("In one go, behind a switch for each customer", "A bad week, once."),
            ("Course by course", "Half a year in which every fault has two causes."),
        ),
        0,
        "Every customer can be switched back within a minute, so the bad week may be ended by anybody on duty.",
        ("video-engine", "low-bandwidth"),
    ),
    Resolved(
        6,
        "amara",
        "Courses get shorter for two customers first",
        "The four courses are used by everybody; a wrong skip would be seen by everybody.",
        (
            ("Two customers for three weeks", "Slower by three weeks."),
            ("Everybody at once", "As planned."),
        ),
        0,
        "Both asked for it, and both measure what people know four weeks later. We do not.",
        ("adaptive-course",),
        kind="trade",
        instead_of="Courses get shorter before they get smarter",
    ),
)

REQUESTS = (
    Asked(
        19,
        "tomas",
        "cold-store",
        "parked",
        60,
        "The cold store we could film in is being rebuilt until spring.",
        (18.4, "amara", False, "There are two others within an hour. Ask Priya for the names."),
    ),
    Asked(
        2.1,
        "tomas",
        "night-palette",
        "parked",
        30,
        "The projector that we test with went back to the hospital.",
    ),
    Asked(
        0.9,
        "camille",
        "lifecycle-cost",
        "declined",
        0,
        "The cleaning machines in the example were taken off the market; a new example is another item.",
    ),
)
