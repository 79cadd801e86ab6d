"""The file as a calendar program reads it: unfolded, split at the first colon outside quotes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from scoring.calendars import CANCEL, Appointment, Person, calendar_file

IT = Appointment(
    uid="ballast-session-7@ballast.example",
    sequence=2,
    stamp=datetime(2026, 5, 1, 9, 30, tzinfo=UTC),
    starts_at=datetime(2026, 5, 12, 14, 0, tzinfo=timezone(timedelta(hours=2))),
    minutes=45,
    title="Refinement; first, with \\ and a very long title that goes on and on until it must be folded twice åäö",
    description="Read this.\nThen vote, please; thanks.",
    url="https://ballast.example/p/ATLAS/refinement/7/",
    organizer=Person('Åsa "Captain" O\'Neill', "asa@example.org"),
    attendees=[Person("Jo: the cook; really", "jo@example.org")],
)


def read(file: bytes) -> list[tuple[str, str]]:
    """Name with parameters, and value, of each content line. Written from RFC 5545 3.1, not from our writer."""
    assert file.endswith(b"\r\n")
    physical = file[:-2].split(b"\r\n")
    assert all(b"\n" not in each and b"\r" not in each for each in physical)
    assert all(len(each) <= 75 for each in physical), "folded at 75 octets"
    lines: list[bytes] = []
    for each in physical:
        each.decode()  # no character is broken
        if each.startswith(b" "):
            lines[-1] += each[1:]
        else:
            lines.append(each)
    found = []
    for line in lines:
        words, quoted = line.decode(), False
        for place, character in enumerate(words):
            quoted ^= character == '"'
            if character == ":" and not quoted:
                found.append((words[:place], words[place + 1 :]))
                break
    return found


def text(value: str) -> str:
    out, rest = "", iter(value)
    for character in rest:
        if character == "\\":
            escaped = next(rest)
            out += "\n" if escaped in "nN" else escaped
        else:
            assert character not in ";,", "unescaped"
            out += character
    return out


def test_the_file_says_what_was_planned() -> None:
    lines = read(calendar_file(IT))
    found = dict(lines)
    assert lines[0] == ("BEGIN", "VCALENDAR")
    assert lines[-1] == ("END", "VCALENDAR")
    assert found["METHOD"] == "REQUEST"
    assert found["UID"] == IT.uid
    assert found["SEQUENCE"] == "2"
    assert found["DTSTAMP"] == "20260501T093000Z"
    assert found["DTSTART"] == "20260512T120000Z"
    assert found["DTEND"] == "20260512T124500Z"
    assert text(found["SUMMARY"]) == IT.title
    assert text(found["DESCRIPTION"]) == IT.description
    assert found["STATUS"] == "CONFIRMED"
    organizer = next(name for name, value in lines if value == "mailto:asa@example.org")
    assert organizer == "ORGANIZER;CN=\"Åsa ^'Captain^' O'Neill\""
    attendee = next(name for name, value in lines if value == "mailto:jo@example.org")
    assert 'CN="Jo: the cook; really"' in attendee


def test_a_cancellation_takes_it_out_again() -> None:
    found = dict(read(calendar_file(replace(IT, sequence=3), method=CANCEL)))
    assert (found["METHOD"], found["STATUS"], found["SEQUENCE"]) == ("CANCEL", "CANCELLED", "3")
    assert found["UID"] == IT.uid


@given(st.text(max_size=300), st.text(max_size=120))
def test_any_words_come_back(title: str, name: str) -> None:
    clean = "".join(c for c in title if c == "\n" or c == "\t" or (ord(c) >= 32 and c != "\x7f"))
    clean = clean.encode("utf-8", "replace").decode()
    it = replace(IT, title=title, description="", organizer=Person(name, "a@example.org"))
    lines = read(calendar_file(it))
    assert text(dict(lines)["SUMMARY"]) == clean.replace("\r", "\n") if "\r" not in title else True
    assert [name for name, _ in lines].count("BEGIN") == 2
