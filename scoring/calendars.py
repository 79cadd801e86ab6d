"""An appointment as a calendar file (RFC 5545, sent by RFC 5546): one event, CRLF, folded at 75 octets, times in UTC.

The UID stays the same for the life of a session and SEQUENCE rises with every change of the plan, so that a calendar
updates what it has instead of adding another. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

REQUEST, CANCEL = "REQUEST", "CANCEL"
_FOLD_OCTETS = 75
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True)
class Person:
    """Somebody by name and address."""

    name: str
    email: str


@dataclass(frozen=True)
class Appointment:
    """`stamp`: when the plan was last changed; `minutes`: how long it takes."""

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    minutes: int
    title: str
    description: str
    url: str
    organizer: Person
    attendees: Sequence[Person]


def calendar_file(appointment: Appointment, *, method: str = REQUEST) -> bytes:
    """The file, as it is downloaded and attached. `method`: `REQUEST`, or `CANCEL` to take the appointment out."""
    lines = _lines(appointment, method)
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _lines(it: Appointment, method: str) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Ballast//Refinement//EN"
    yield "CALSCALE:GREGORIAN"
    yield f"METHOD:{method}"
    yield "BEGIN:VEVENT"
    yield f"UID:{it.uid}"
    yield f"SEQUENCE:{it.sequence}"
    yield f"DTSTAMP:{_instant(it.stamp)}"
    yield f"DTSTART:{_instant(it.starts_at)}"
    yield f"DTEND:{_instant(it.starts_at + timedelta(minutes=it.minutes))}"
    yield f"SUMMARY:{_text(it.title)}"
    if it.description:
        yield f"DESCRIPTION:{_text(it.description)}"
    yield f"URL:{it.url}"
    yield f"STATUS:{'CANCELLED' if method == CANCEL else 'CONFIRMED'}"
    yield f"ORGANIZER;CN={_parameter(it.organizer.name)}:mailto:{_address(it.organizer.email)}"
    for person in it.attendees:
        yield (
            f"ATTENDEE;CN={_parameter(person.name)};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE"
            f":mailto:{_address(person.email)}"
        )
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"
    yield "END:VCALENDAR"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """A TEXT value (3.3.11): backslash, semicolon, comma and line ends are escaped."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\\", "\\\\")
    value = value.replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return _CONTROL.sub("", value)


def _parameter(value: str) -> str:
    """A parameter's value, quoted; what a quoted string may not hold is written as RFC 6868 says."""
    value = value.replace("^", "^^").replace('"', "^'").replace("\r", "").replace("\n", "^n")
    return f'"{_CONTROL.sub("", value)}"'


def _address(value: str) -> str:
    return re.sub(r"[\s\x00-\x1f]", "", value)


def _folded(line: str) -> bytes:
    """The line in octets, broken before 76 of them, never inside a character (3.1)."""
    parts: list[bytes] = []
    part = b""
    for character in line:
        octets = character.encode("utf-8", "replace")
        if len(part) + len(octets) > _FOLD_OCTETS:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part])
