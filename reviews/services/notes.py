"""Notes on versions: at a place, answered, settled, carried on to the next version, held against each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from accounts import rights
from accounts.actors import Actor
from assets.models import Asset, Claim, Version
from assets.selectors import text_of
from assets.vocabulary import AssetKind
from backlog.models import BriefLine
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid, NotAllowed
from core.queueing import enqueue_on_commit
from reviews.contradictions import Wish, pairs
from reviews.models import Contradiction, GuestLink, Note, ReviewCycle, Stage
from reviews.places import carried_anchor, carried_lines
from reviews.vocabulary import ContradictionState, NoteState, Weight

QUOTE_LIMIT = 300
#: How each kind of asset is pointed into.
PLACES: dict[str, frozenset[str]] = {
    AssetKind.TEXT: frozenset({"line", "end_line"}),
    AssetKind.IMAGE: frozenset({"region"}),
    AssetKind.PDF: frozenset({"page", "region"}),
    AssetKind.VIDEO: frozenset({"second", "end_second", "region"}),
    AssetKind.AUDIO: frozenset({"second", "end_second"}),
}
#: Seconds by which players and what a file says of its length may differ.
SLACK = 0.5
#: Notes that go on to the next version by themselves.
CARRIED = 500
BODY_LIMIT = 5000


@transaction.atomic
def add_note(
    *,
    actor: Actor,
    version: Version,
    body: str,
    anchor: Mapping[str, Any] | None = None,
    cycle: ReviewCycle | None = None,
    weight: str = "",
    must: bool = False,
    answers: Note | None = None,
    brief_line: int | None = None,
    claim: int | None = None,
    now: datetime | None = None,
) -> Note:
    """Note something on the newest version; ``anchor`` as in :class:`reviews.models.Note`.

    ``brief_line``: id of the line that the note is about, of a brief that governs the item. ``claim``: number of the
    asset's claim that it is about. ``answers``: the note that it answers; an answer has no place, subject, weight or
    state of its own. Who is asked in a private stage of the round writes for its reviewers only.
    Raises Invalid, Conflict (an older version is locked), NotAllowed.
    """
    right = rights.require(actor, "comment.add", version.asset.product)
    body = _words(body)
    if weight and weight not in Weight.values:
        raise Invalid(
            "Nothing was noted.", fields={"weight": [f"Use one of: {', '.join(Weight.values)}."]}
        )
    _need_newest(version)
    stage = _private_stage(actor, cycle)
    if answers is not None:
        answers = answers.parent or answers
        if answers.version_id != version.pk:
            raise Invalid("An answer stands on the version of its note.")
        anchor, must, weight, stage = None, False, "", answers.stage
        brief_line = claim = None
    note = Note(
        cycle=cycle,
        stage=stage,
        parent=answers,
        author=actor.user,
        body=body,
        brief_line=_line(version, brief_line),
        claim=_claim(version, claim),
        weight=weight or Weight.DETAIL,
        must=must,
        private=answers.private if answers else bool(stage and stage.private),
    )
    return _write(actor, note, version, anchor, right=right, now=now)


@transaction.atomic
def add_guest_note(
    *, link: GuestLink, body: str, anchor: Mapping[str, Any] | None, now: datetime | None = None
) -> Note:
    """What a guest remarks by a link that ``services.guests`` has let in: a detail, open to everybody in the round.

    Raises Invalid, Conflict (an older version is locked).
    """
    version = link.cycle.version
    _need_newest(version)
    note = Note(cycle=link.cycle, guest=link, body=_words(body))
    return _write(Actor.system(), note, version, anchor)


def _write(
    actor: Actor,
    note: Note,
    version: Version,
    anchor: Mapping[str, Any] | None,
    *,
    right: str = "",
    now: datetime | None = None,
) -> Note:
    """A note in its place, with its record and what it contradicts: the one way in, for members and guests."""
    note.product, note.version = version.asset.product, version
    note.anchor = checked_anchor(anchor, version)
    note.quote = quoted(version, note.anchor)
    note.created_at = now or timezone.now()
    note.save(force_insert=True)
    fields: dict[str, tuple[object, object]] = {"note": (None, note.body[:500])}
    if note.guest is not None:
        fields["guest"] = (None, note.guest.name)
    _record(actor, note, "review.noted", fields, right=right, now=now)
    if note.parent is None:
        find_contradictions(version)
    if version.kind == AssetKind.VIDEO and "second" in (note.anchor or {}):
        enqueue_on_commit("reviews.stills", {"film_id": version.pk})
    return note


def _line(version: Version, pk: int | None) -> BriefLine | None:
    """A line of a brief that governs the item. Raises Invalid when there is none with this id."""
    if pk is None:
        return None
    lines = BriefLine.objects.filter(pk=pk, brief__governed__item=version.asset.item_id)
    found = lines.select_related("brief").first()
    if found is None:
        wrong = "Choose a line of a brief that governs the item."
        raise Invalid("There is no such line of a brief.", fields={"brief_line": [wrong]})
    return found


def _claim(version: Version, number: int | None) -> Claim | None:
    """A claim that the asset makes. Raises Invalid when there is none with this number."""
    if number is None:
        return None
    claims = Claim.objects.filter(asset=version.asset_id, withdrawn_at=None)
    found = claims.filter(number=number).first()
    if found is None:
        raise Invalid(
            "There is no such claim.", fields={"claim": ["Choose a claim of this asset."]}
        )
    return found


def _words(body: str) -> str:
    """What a note says. Raises Invalid when that is nothing."""
    body = text.body(body, field="body", limit=BODY_LIMIT).strip()
    if not body:
        raise Invalid("Write something first.", fields={"body": ["A note needs some text."]})
    return body


@transaction.atomic
def reword_note(*, actor: Actor, note: Note, body: str, now: datetime | None = None) -> Note:
    """Change one's own words, until somebody has answered or settled them. Raises Invalid, Conflict, NotAllowed."""
    right = rights.require(actor, "comment.add", note.product)
    _need_newest(note.version)
    if actor.user is None or note.author_id != actor.user.pk:
        raise NotAllowed("Only who wrote a note rewords it. Answer it instead.")
    if note.state != NoteState.OPEN or note.answers.exists():
        raise Conflict(
            "Others have answered or settled this note. Write an answer instead.", code="answered"
        )
    body = _words(body)
    if body == note.body:
        return note
    before, note.body, note.edited_at = note.body, body, now or timezone.now()
    note.save(update_fields=["body", "edited_at"])
    fields = {"note": (before[:500], body[:500])}
    _record(actor, note, "review.note_reworded", fields, right=right, now=now)
    find_contradictions(note.version)
    return note


@transaction.atomic
def settle_note(*, actor: Actor, note: Note, state: str, now: datetime | None = None) -> Note:
    """Resolve a note, say that it is not to be done, or open it again. Raises Invalid, Conflict, NotAllowed.

    By its author, or by whoever may start reviews: a note that must be met keeps a version from its approval.
    """
    own = actor.user is not None and note.author_id == actor.user.pk
    right = rights.require(actor, "comment.add" if own else "review.start", note.product)
    if note.parent_id is not None:
        raise Invalid("An answer is settled with its note.")
    if state not in NoteState.values:
        raise Invalid(
            "There is no such state.", fields={"state": ["Use open, resolved, declined."]}
        )
    _need_newest(note.version)
    if note.state == state:
        return note
    done = None if state == NoteState.OPEN else (now or timezone.now())
    moved = Note.objects.filter(pk=note.pk, state=note.state).update(
        state=state, resolved_at=done, resolved_by=actor.user if done else None
    )
    if not moved:
        raise Conflict("Somebody else settled this note a moment ago.", code="settled")
    before = note.state
    note.refresh_from_db(fields=["state", "resolved_at", "resolved_by"])
    _record(
        actor, note, "review.note_settled", {"note_state": (before, state)}, right=right, now=now
    )
    find_contradictions(note.version)
    return note


def carry_notes(*, asset_id: int, version_id: int, now: datetime | None = None) -> int:
    """Listens to ``version.uploaded``: what is unresolved on the version before goes on to the new one (T14).

    Lines are followed through the change of the text; a place that is gone keeps its words as a quote. Idempotent.
    """
    version = Version.objects.select_related("asset").get(pk=version_id)
    if version.number == 1:
        return 0
    before = Version.objects.filter(asset=asset_id, number=version.number - 1).first()
    rows = Note.objects.filter(version=before, parent=None, state=NoteState.OPEN).order_by("pk")
    notes = list(rows[:CARRIED])
    if before is None or not notes:
        return 0
    places = _followed(before, version, notes)
    made = Note.objects.bulk_create(
        [
            Note(
                product_id=note.product_id,
                version=version,
                carried_from=note,
                author_id=note.author_id,
                guest_id=note.guest_id,
                body=note.body,
                anchor=places.get(note.pk),
                quote=note.quote,
                weight=note.weight,
                must=note.must,
                private=note.private,
                stage_id=note.stage_id,
                brief_line_id=note.brief_line_id,
                claim_id=note.claim_id,
                created_at=note.created_at,
            )
            for note in notes
        ],
        ignore_conflicts=True,
    )
    _carry_settled(before, version)
    find_contradictions(version)
    return len(made)


def _carry_settled(before: Version, after: Version) -> None:
    """What somebody settled between two notes is settled between them on the next version too. Two queries, a write."""
    settled = Contradiction.objects.filter(version=before).exclude(state=ContradictionState.OPEN)
    rows = list(settled.order_by("pk"))
    if not rows:
        return
    there = dict(
        Note.objects.filter(version=after, carried_from__isnull=False).values_list(
            "carried_from", "pk"
        )
    )
    Contradiction.objects.bulk_create(
        [
            Contradiction(
                product_id=row.product_id,
                version=after,
                first_id=there[row.first_id],
                second_id=there[row.second_id],
                why=row.why,
                state=row.state,
                outcome=row.outcome,
                found_at=row.found_at,
                settled_by_id=row.settled_by_id,
                settled_at=row.settled_at,
            )
            for row in rows
            if row.first_id in there and row.second_id in there
        ],
        ignore_conflicts=True,
    )


def _followed(before: Version, after: Version, notes: Sequence[Note]) -> dict[int, Any]:
    """Where each note stands in the newer version; None where its place is gone."""
    found: dict[int, Any] = {note.pk: note.anchor for note in notes}
    lined = [note for note in notes if note.anchor and "line" in note.anchor]
    if not lined:
        return found
    old, new = text_of(before), text_of(after)
    if old is None or new is None:
        return found | dict.fromkeys((note.pk for note in lined), None)
    moved = carried_lines(old.split("\n"), new.split("\n"))
    for note in lined:
        assert note.anchor is not None
        found[note.pk] = carried_anchor(note.anchor, moved)
    return found


def quoted(version: Version, anchor: Mapping[str, Any] | None) -> str:
    """The first words at a place of a text; empty for anything else. Reads the file."""
    if not anchor or "line" not in anchor:
        return ""
    whole = text_of(version)
    lines = whole.split("\n") if whole is not None else []
    first = int(anchor["line"])
    last = int(anchor.get("end_line") or first)
    return text.one_line(" ".join(lines[first - 1 : min(last, first + 20)]))[:QUOTE_LIMIT]


def find_contradictions(version: Version) -> None:
    """Bring the raised pairs of a version in step with its open notes (N19). Three queries and at most two writes.

    Notes are held against those that the same people see. A pair that somebody settled stays settled; one whose notes
    say something else by now is taken back.
    """
    notes = Note.objects.filter(version=version, parent=None, state=NoteState.OPEN)
    circles: dict[int, list[Wish]] = {}
    for note in notes.order_by("pk")[:CARRIED]:
        circle = (note.stage_id or -1) if note.private else 0
        circles.setdefault(circle, []).append(Wish(note.pk, note.body, note.anchor or {}))
    wanted = {
        (first, second): why for wishes in circles.values() for first, second, why in pairs(wishes)
    }
    rows = Contradiction.objects.filter(version=version)
    known = {(row.first_id, row.second_id): row for row in rows}
    gone = [
        row.pk
        for pair, row in known.items()
        if row.state == ContradictionState.OPEN and pair not in wanted
    ]
    if gone:
        rows.filter(pk__in=gone).delete()
    Contradiction.objects.bulk_create(
        [
            Contradiction(
                product_id=version.product_id,
                version=version,
                first_id=first,
                second_id=second,
                why=why[:200],
            )
            for (first, second), why in wanted.items()
            if (first, second) not in known
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def settle_contradiction(
    *,
    actor: Actor,
    contradiction: Contradiction,
    state: str,
    outcome: str,
    now: datetime | None = None,
) -> Contradiction:
    """Say which of two opposite wishes holds, or that they are none. Raises Invalid, Conflict, NotAllowed."""
    right = rights.require(actor, "review.start", contradiction.product)
    outcome = text.one_line(outcome)[:500]
    if state not in (ContradictionState.RECONCILED, ContradictionState.DISMISSED):
        raise Invalid("Say what it came to.", fields={"state": ["Use reconciled or dismissed."]})
    if state == ContradictionState.RECONCILED and not outcome:
        raise Invalid("Say what was agreed.", fields={"outcome": ["Both authors will read this."]})
    _need_newest(contradiction.first.version)
    moved = Contradiction.objects.filter(pk=contradiction.pk, state=ContradictionState.OPEN).update(
        state=state, outcome=outcome, settled_by=actor.user, settled_at=now or timezone.now()
    )
    if not moved:
        raise Conflict("This was settled already. Nothing was changed.", code="settled")
    contradiction.refresh_from_db()
    _record(
        actor,
        contradiction.first,
        "review.contradiction_settled",
        {"contradiction": (None, contradiction.why), "outcome": (None, outcome)},
        right=right,
        now=now,
    )
    return contradiction


def _private_stage(actor: Actor, cycle: ReviewCycle | None) -> Stage | None:
    """The stage with private notes that the person is asked in, if any."""
    if cycle is None or actor.user is None:
        return None
    mine = Stage.objects.filter(cycle=cycle, private=True, assignments__reviewer=actor.user)
    return mine.order_by("position").first()


def _need_newest(version: Version) -> None:
    """An upload locks the asset too: a note is on the newest version, or it is refused. Call inside a transaction."""
    newest = Asset.objects.locked(version.asset_id).versions_count
    if version.number != newest:
        raise Conflict(
            f"Version {newest} was uploaded, so the notes of version {version.number} are closed. What was open went on"
            " to it: write there.",
            code="locked",
            extra={"newest": newest},
        )


def _record(
    actor: Actor,
    note: Note,
    verb: str,
    fields: Mapping[str, tuple[object, object]],
    *,
    right: str,
    now: datetime | None,
) -> None:
    version = note.version
    about: dict[str, tuple[object, object]] = {
        "asset": (None, version.asset.name),
        "version": (None, version.number),
        "sha256": (None, version.sha256),
    }
    hidden = (
        {
            name: (None, "Private.")
            for name in ("note", "contradiction", "outcome")
            if name in fields
        }
        if note.private
        else {}
    )
    entry = changes.Entry(
        verb, note, version.asset.item, {**about, **fields, **hidden}, right=right
    )
    changes.record(actor=actor, product=note.product, entries=[entry], now=now)


def checked_anchor(anchor: Mapping[str, Any] | None, version: Version) -> dict[str, Any] | None:
    """The place in the form in which it is stored; None for the whole. Raises Invalid. Reads the text pointed into."""
    if not anchor:
        return None
    found: dict[str, Any] = {}
    for name, value in anchor.items():
        if value is None:
            continue
        rule = _RULES.get(name)
        if rule is None or not rule(value):
            raise Invalid(
                "This place cannot be used.",
                code="bad_anchor",
                fields={
                    "anchor": [
                        "Use line or page (from 1), second (from 0), or region [x, y, width, height] in 0 … 1."
                    ]
                },
            )
        found[name] = value
    for end, start in (("end_line", "line"), ("end_second", "second")):
        if end in found and found[end] < found.get(start, math.inf):
            raise Invalid(
                "This place cannot be used.",
                code="bad_anchor",
                fields={"anchor": ["A range ends behind where it begins."]},
            )
    foreign = found.keys() - PLACES.get(version.kind, frozenset())
    if foreign:
        raise Invalid(
            "This place cannot be used.",
            code="bad_anchor",
            fields={
                "anchor": [f"This kind of asset has no {sorted(foreign)[0].replace('_', ' ')}."]
            },
        )
    beyond = _beyond(found, version)
    if beyond:
        raise Invalid("This place cannot be used.", code="bad_anchor", fields={"anchor": [beyond]})
    if "line" in found:
        whole = text_of(version)
        count = len(whole.split("\n")) if whole is not None else 0
        if max(found["line"], found.get("end_line", 0)) > max(count, 1):
            raise Invalid(
                "This place cannot be used.",
                code="bad_anchor",
                fields={
                    "anchor": [
                        ngettext("The text has %(n)d line.", "The text has %(n)d lines.", count)
                        % {"n": count}
                    ]
                },
            )
    return found or None


def _beyond(anchor: Mapping[str, Any], version: Version) -> str:
    """What a place lies beyond: the last page, or the end of a film; empty where it does not, or nobody knows yet."""
    if version.pages is not None and anchor.get("page", 0) > version.pages:
        return f"The document has {version.pages} pages."
    last = max(anchor.get("second", 0), anchor.get("end_second", 0))
    if version.duration_ms is not None and last > version.duration_ms / 1000 + SLACK:
        return f"It is {version.duration_ms / 1000:g} seconds long."
    return ""


def _counted(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10_000_000


def _measured(value: Any, most: float) -> bool:
    """A number from 0 to ``most``; whole numbers may be longer than any float."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and bool(0 <= value <= most)
    )


def _region(value: Any) -> bool:
    if (
        not isinstance(value, list)
        or len(value) != 4
        or not all(_measured(each, 1) for each in value)
    ):
        return False
    x, y, width, height = value
    return bool(width > 0 and height > 0 and x + width <= 1.000001 and y + height <= 1.000001)


_RULES = {
    "line": _counted,
    "end_line": _counted,
    "page": _counted,
    "second": lambda value: _measured(value, 1_000_000),
    "end_second": lambda value: _measured(value, 1_000_000),
    "region": _region,
}
