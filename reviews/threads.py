"""Notes as pages show them, to members and guests: threads, marks in the viewer, and ways to ask for fewer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from assets.models import Version
from reviews import selectors
from reviews.filters import NoteFilter, notes_filtered
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
    actor: Actor, version: Version, stages: Sequence[Stage], asked: Mapping[str, str]
) -> dict[str, Any]:
    """The notes on a version that ``asked`` (of the address) names, and the ways to ask for others. Three queries.

    Raises Invalid for filters or a cursor that cannot be used.
    """
    query = {name: asked[name] for name in NoteFilter.base_filters if asked.get(name)}
    kept = {name: asked[name] for name in KEPT if name in asked}
    seen = selectors.notes_seen(actor, version)
    page = selectors.note_page(
        notes_filtered(seen, query),
        seen,
        cursor=asked.get("cursor"),
        size=NOTES_PAGE,
        open_first=True,
    )
    written = selectors.written(seen)
    layers = {stage.kind: stage.name for stage in stages}
    names = {each.author: each.name for each in written}
    labels: dict[str, dict[str, str]] = {
        "state": dict(NoteState.choices),
        "must": {"true": _("must be met"), "false": _("may be met")},
        "weight": dict(Weight.choices),
        "author": names,
        "layer": layers,
    }
    return {
        "threads": threads(actor.user, page.notes),
        "listed": page.notes,
        "open": sum(each.open for each in written),
        "total": sum(each.notes for each in written),
        "query": query,
        "kept": kept,
        "choices": {name: list(each.items()) for name, each in labels.items()},
        "chips": [
            {"value": labels[name].get(value, value), "url": _url({**kept, **query, name: ""})}
            for name, value in query.items()
        ],
        "all_url": _url(kept),
        "next_url": _url({**kept, **query, "cursor": page.cursor}) if page.cursor else "",
        "later": "cursor" in asked,
    }


def _url(query: Mapping[str, str]) -> str:
    return (
        "?"
        + urlencode({name: value for name, value in query.items() if value or name in KEPT})
        + "#notes"
    )
