"""Notes as pages show them, to members and guests: threads beside the viewer, marks in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from accounts.models import User
from reviews.models import Note
from reviews.places import place_words
from reviews.vocabulary import NoteState


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
