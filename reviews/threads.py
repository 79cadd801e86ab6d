"""Notes as pages show them, to members and guests: threads, marks in the viewer, and ways to ask for fewer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from reviews import selectors
from reviews.filters import GuestNoteFilter, NoteFilter, notes_filtered
from reviews.models import Note, Stage
from reviews.places import place_words
from reviews.vocabulary import NoteState, Weight

NOTES_PAGE = 100
#: What else the address of a round says, and a filter keeps.
KEPT = ("compare", "show", "all")


def marks(notes: Sequence[Note]) -> list[dict[str, Any]]:
    """The notes as the viewer paints them: open ones warn, those that must be met are bad, settled ones good."""
    return [
        {
            "id": note.pk,
            "anchor": note.anchor,
            "label": f"{note.who}: {note.body[:80]}",
            "tone": "good" if note.state != NoteState.OPEN else ("bad" if note.must else "warn"),
        }
        for note in notes
        if note.anchor and not note.parent_id
    ]


def threads(reader: User | None, notes: Sequence[Note]) -> list[dict[str, Any]]:
    """Notes with their answers, open ones first."""
    answers: dict[int, list[Note]] = {}
    for note in notes:
        if note.parent_id:
            answers.setdefault(note.parent_id, []).append(note)
    found = [
        {
            "note": note,
            "answers": answers.get(note.pk, []),
            "own": reader is not None and note.author_id == reader.pk,
            "place": place_words(note.anchor),
            "anchor_json": json.dumps(note.anchor) if note.anchor else "",
        }
        for note in notes
        if not note.parent_id
    ]
    return sorted(found, key=lambda row: row["note"].state != NoteState.OPEN)


def note_box(
    seen: QuerySet[Note],
    *,
    reader: User | None,
    stages: Sequence[Stage],
    asked: Mapping[str, str],
    here: str,
) -> dict[str, Any]:
    """Of the notes that ``reader`` sees (None: a guest) those that ``asked`` names, and the ways to ask for others.

    ``here``: the address of the page, whose query ``asked`` is. Its ``note`` opens the page that holds this note,
    without filters that would hide it. Three queries, up to five more for ``note``. Raises Invalid for filters or a
    cursor that cannot be used.
    """
    rules = NoteFilter if reader else GuestNoteFilter
    query = {name: asked[name] for name in rules.base_filters if asked.get(name)}
    kept = {name: asked[name] for name in KEPT if name in asked}
    rows, cursor = notes_filtered(seen, query, rules), asked.get("cursor")
    sought = _thread(seen, asked.get("note", ""))
    if sought is not None:
        if not rows.filter(pk=sought).exists():
            query, rows = {}, seen.filter(parent=None)
        cursor = selectors.note_cursor(rows, sought, size=NOTES_PAGE, open_first=True)
    page = selectors.note_page(rows, seen, cursor=cursor, size=NOTES_PAGE, open_first=True)
    written = selectors.written(seen)
    labels: dict[str, dict[str, str]] = {
        "state": dict(NoteState.choices),
        "must": {"true": _("must be met"), "false": _("may be met")},
        "weight": dict(Weight.choices),
        "author": {each.author if reader else each.name: each.name for each in written},
        "layer": {stage.kind: stage.name for stage in stages},
    }

    def address(**more: str) -> str:
        return f"{here}?{urlencode({**kept, **more})}"

    def without(name: str) -> dict[str, str]:
        return {each: value for each, value in query.items() if each != name}

    return {
        "threads": threads(reader, page.notes),
        "listed": page.notes,
        "open": sum(each.open for each in written),
        "total": sum(each.notes for each in written),
        "query": query,
        "kept": kept,
        "here": here,
        "choices": {name: list(each.items()) for name, each in labels.items()},
        "chips": [
            {
                "value": labels[name].get(value, value),
                "url": f"{address(**without(name))}#notes",
            }
            for name, value in query.items()
        ],
        "all_url": f"{address()}#notes",
        "next_url": f"{address(**query, cursor=page.cursor)}#notes" if page.cursor else "",
        "one_url": address(note=""),
        "again": urlencode({**kept, **query, "cursor": cursor or ""}) if query else "",
        "later": cursor is not None,
        "lost": bool(asked.get("note")) and sought is None,
    }


def asked_again(sent: str) -> str:
    """The query of a filtered list as a form on it sent it (``again``), without anything that is none of it."""
    known = {*NoteFilter.base_filters, *KEPT, "cursor"}
    return urlencode([(name, value) for name, value in parse_qsl(sent[:1000]) if name in known])


def _thread(seen: QuerySet[Note], asked: str) -> int | None:
    """The id of the note that is asked for, or of the one that it answers; None for none that is seen. One query."""
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        return None
    found = seen.filter(pk=int(asked)).values_list("pk", "parent").first()
    return (found[1] or found[0]) if found else None
