"""Open questions and to-dos: noted in a session, they outlive it until somebody settles them."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Membership, User
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid, NotAllowed
from scoring.models import RefinementSession, SessionNote
from scoring.services.sessions.holding import entry_in, hold


@transaction.atomic
def add_note(
    *,
    actor: Actor,
    session: RefinementSession,
    words: str,
    kind: str = SessionNote.Kind.QUESTION,
    owner: User | None = None,
    due_on: date | None = None,
    entry_id: int | None = None,
    now: datetime | None = None,
) -> SessionNote:
    """Note a question or a to-do, on an entry or for the session. Raises Conflict (closed), Invalid, NotAllowed."""
    right = rights.require(actor, "session.vote", session.product)
    held = hold(session)
    words = text.one_line(words)
    problems: dict[str, list[str]] = {}
    if not 1 <= len(words) <= 500:
        problems["text"] = ["Say it in 1 to 500 characters."]
    if kind not in SessionNote.Kind.values:
        problems["kind"] = [f"Choose one of: {', '.join(SessionNote.Kind.values)}."]
    if due_on is not None and not 1970 <= due_on.year < 2300:
        problems["due_on"] = ["Choose a day before 2300."]
    if owner is not None:
        member = Membership.objects.filter(product=held.product, user=owner, user__is_active=True)
        if not member.exists():
            problems["owner"] = ["Choose a member of this product."]
    if problems:
        raise Invalid("The note was not kept.", fields=problems)
    entry = entry_in(held, entry_id) if entry_id is not None else None
    note = SessionNote.objects.create(
        session=held,
        entry=entry,
        kind=kind,
        text=words,
        owner=owner,
        due_on=due_on,
        noted_by=actor.person,
        noted_at=now or timezone.now(),
    )
    _log(actor, note, "session.noted", entry.item if entry else None, right, now)
    return note


@transaction.atomic
def settle_note(
    *, actor: Actor, note: SessionNote, settled: bool = True, now: datetime | None = None
) -> SessionNote:
    """Say that a question is answered or a to-do done, also after the session; or take that back.

    By its owner, whoever noted it, or those who plan sessions. Raises Conflict when it was settled already.
    """
    product = note.session.product
    right = rights.require(actor, "session.vote", product)
    own = actor.user is not None and actor.user.pk in (note.owner_id, note.noted_by_id)
    if not own and not rights.allowed(actor, "session.plan", product):
        raise NotAllowed(
            f"This is {note.owner or note.noted_by}'s. They can settle it, or somebody who runs sessions."
        )
    now = now or timezone.now()
    rows = SessionNote.objects.filter(pk=note.pk, settled_at__isnull=settled)
    if not rows.update(settled_at=now if settled else None):
        raise Conflict(
            "It was settled already." if settled else "It is open.", code="settled_already"
        )
    note.settled_at = now if settled else None
    _log(actor, note, "session.settled", note.entry.item if note.entry else None, right, now)
    return note


def _log(
    actor: Actor,
    note: SessionNote,
    verb: str,
    item: object,
    right: str,
    now: datetime | None,
) -> None:
    words: dict[str, tuple[object, object]] = {"note": (None, note.text)}
    if verb == "session.settled" and note.settled_at is None:
        words = {"note": (note.text, None)}
    entry = changes.Entry(verb, note.session, item, words, right=right)  # type: ignore[arg-type]
    changes.record(actor=actor, product=note.session.product, entries=[entry], now=now)
