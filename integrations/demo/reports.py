"""Evidence that belongs to no item yet: what customers of the example product report, and figures about segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """So much of a kind, so many working days ago; about an item of the example, a segment, or nothing yet."""

    day: float
    kind: str
    magnitude: float
    source: str
    note: str = ""
    segment: str = ""
    piece: str = ""


def _tickets(days: Sequence[float], segment: str, *notes: str) -> tuple[Report, ...]:
    """Support tickets, one a day given; notes are taken in turn."""
    return tuple(
        Report(day, "support_ticket", 1, "helpdesk", notes[at % len(notes)], segment)
        for at, day in enumerate(days)
    )


REPORTS: tuple[Report, ...] = (
    # a pain that grows: nobody has an item for it
    *_tickets(
        (33, 21, 17.5, 14, 11.2, 9, 7.6, 5, 3.4, 2.1, 0.8),
        "",
        "Certificate shows the wrong name after a marriage",
        "Wrong name on the certificate: she changed her name last year",
        "How do we correct a name on a certificate that was issued already?",
        "Name on certificates cannot be changed, the employee has a new surname",
        "Certificate still has the old name of our colleague",
    ),
    # one that is steady
    *_tickets(
        (41, 36, 30, 24, 19, 12, 6),
        "",
        "Night shift cannot open films: the site blocks streaming after 22:00",
        "Films do not open on the night shift, our network blocks streaming",
        "Streaming is blocked at night by our firewall, films do not start",
    ),
    # one that fades
    *_tickets(
        (52, 50, 49, 47, 44, 28),
        "",
        "Quiz marks a right answer as wrong in the forklift film",
        "Forklift quiz: question 4 marks the right answer wrong",
        "Right answer counted as wrong in the forklift quiz",
    ),
    # a monitor that says the same again and again
    *(
        Report(
            day, "incident", 1, "monitor", f"Subtitle service timed out, {place} requests failed"
        )
        for day, place in ((26, 41), (20, 12), (13, 77), (8, 19), (4, 33), (1.5, 58))
    ),
    # like nothing else
    Report(15, "support_ticket", 1, "helpdesk", "Invoice lacks our purchase order number"),
    Report(
        6.5,
        "support_ticket",
        1,
        "helpdesk",
        "Can the narrator be muted and the captions read aloud instead?",
    ),
    Report(
        2.7, "support_ticket", 1, "helpdesk", "Where is the transcript of the new induction film?"
    ),
    # about segments: they count for every item that names them
    Report(
        40,
        "satisfaction_drop",
        6,
        "survey",
        "Autumn survey: fewer would recommend us",
        "Hospital groups",
    ),
    Report(12, "satisfaction_drop", 3, "survey", "Follow-up call round", "Hospital groups"),
    Report(
        18,
        "support_ticket",
        9,
        "helpdesk",
        "Tickets of the port accounts this month",
        "Port operators",
    ),
    Report(
        9,
        "affected_users",
        240,
        "analytics",
        "Learners who gave up half-way in the last release",
        "Municipal buyers",
    ),
    Report(
        3, "incident", 2, "monitor", "Two outages of the airport network link", "Regional airports"
    ),
    # what was said long ago about items that still wait: stale by now, or soon
    Report(
        50,
        "support_ticket",
        6,
        "helpdesk",
        "Blind learners ask for described films",
        "",
        "audio-description",
    ),
    Report(
        55,
        "support_ticket",
        4,
        "helpdesk",
        "Player warns that it will no longer run",
        "",
        "video-engine",
    ),
    Report(
        58,
        "affected_users",
        900,
        "analytics",
        "Learners who skip to the end",
        "",
        "adaptive-course",
    ),
    Report(47, "support_ticket", 3, "helpdesk", "Typos in the Dutch edition", "", "spell-check"),
    Report(
        36, "support_ticket", 2, "helpdesk", "Waited an hour for a film to render", "", "render-two"
    ),
)
