"""What a session does with an item: record the rating that was agreed, edit, split, merge, park, re-queue, put off.

Every act goes through the service that people use elsewhere, with its right; the entry keeps what the item was before
and after, what was done, and by which act it can be taken back.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import User
from backlog.models import Item, Queue
from backlog.services import criteria, items, splitting, states, undo
from core import text
from core.errors import Conflict, Invalid
from scoring.current import rubric_in_force
from scoring.models import AgendaEntry, Rating, RefinementSession, Vote
from scoring.refinement.snapshots import snapshot
from scoring.services import ratings
from scoring.services.sessions.holding import (
    State,
    hold,
    item_of,
    log,
    require_facilitator,
    steer,
)
from scoring.services.sessions.voting import Choice

Kind = AgendaEntry.Outcome


@transaction.atomic
def show(
    *, actor: Actor, session: RefinementSession, entry_id: int, now: datetime | None = None
) -> AgendaEntry:
    """Bring everybody's screen to an entry; what its item is now is kept as before."""
    held, entry = steer(actor, session, entry_id, now or timezone.now())
    held.current = entry
    held.save(update_fields=["current"])
    return entry


@transaction.atomic
def record(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    round: int,
    choices: Mapping[str, Choice] | None = None,
    note: str = "",
    now: datetime | None = None,
) -> AgendaEntry:
    """Record the decision on an entry and go on: the agreed rating, or that the item stays as it is.

    ``choices``: agreed levels that differ from what was proposed. The item is rescored before the answer. Raises
    Conflict (decided already; votes not turned over; another round), Invalid, NotAllowed.
    """
    now = now or timezone.now()
    held, entry = steer(actor, session, entry_id, now)
    if entry.decided_at is not None:
        raise Conflict(f"{entry.item.key} is decided already.", code="decided_already")
    if round != entry.round:
        raise Conflict("A new round has begun meanwhile.", code="another_round")
    voted = Vote.objects.filter(entry=entry, round=round).exists()
    if voted and entry.flipped_at is None:
        raise Conflict("Turn the votes over first.", code="not_turned_over")
    agreed = {
        key: Choice(each["level"], each["certainty"]) for key, each in entry.agreed.items()
    } | dict(choices or {})
    agreed = {key: choice for key, choice in agreed.items() if choice.level is not None}
    entry.note = text.one_line(note)[:1000] or entry.note
    if agreed:
        people = len(
            set(Vote.objects.filter(entry=entry, round=round).values_list("user_id", flat=True))
        )
        before = {row.criterion: row.level for row in Rating.objects.filter(item=entry.item)}
        ratings.rate_item(
            actor=actor,
            item=entry.item,
            entries={
                key: ratings.Entry(choice.level, choice.certainty) for key, choice in agreed.items()
            },
            reason=f"Agreed in “{held.title}” by {people} {'person' if people == 1 else 'people'}."
            + (f" {entry.note}" if entry.note else ""),
            now=now,
        )
        _note(entry, actor, Kind.RATED, _moves(held.product_id, before, agreed), now)
    elif not entry.outcomes:
        _note(entry, actor, Kind.KEPT, "left as it is", now)
    return _decided(held, entry, actor, now)


def _moves(product_id: int, before: Mapping[str, float], agreed: Mapping[str, Choice]) -> str:
    """ "customer pain 2 → 4, effort …", or that the ratings were confirmed."""
    _, rubric = rubric_in_force(product_id)
    found = []
    for criterion in rubric.criteria:
        choice = agreed.get(criterion.key)
        if choice is None or choice.level is None or before.get(criterion.key) == choice.level:
            continue
        old = before.get(criterion.key)
        was = "not rated" if old is None else f"{old:g}"
        found.append(f"{criterion.label.lower()} {was} → {choice.level:g}")
    return ", ".join(found) or "ratings confirmed"


@transaction.atomic
def edit(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    values: Mapping[str, Any],
    statements: Sequence[str] | None = None,
    cut: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> AgendaEntry:
    """Clarify or re-scope the item in place. ``statements``: the success criteria as they should be, in order.

    ``cut``: what was left out of the scope, in words. Raises Stale, Invalid, NotAllowed.
    """
    now = now or timezone.now()
    _, entry = steer(actor, session, entry_id, now)
    batch = uuid.uuid4()
    cut = text.one_line(cut)[:500]
    before = snapshot(entry.item)
    items.edit_item(
        actor=actor,
        item=entry.item,
        values=values,
        version=version,
        reason=f"Cut in refinement: {cut}" if cut else "Clarified in refinement.",
        now=now,
        batch=batch,
    )
    if statements is not None:
        _restate(actor, entry.item, statements, now)
    entry.item = item_of(entry.session, entry.item_id)
    after = snapshot(entry.item)
    names = [
        name
        for name in ("title", "description", "effort", "criteria")
        if before[name] != after[name]
    ]
    if not names and not cut:
        raise Invalid("Nothing was changed.", code="no_change")
    words = ", ".join(
        f"effort {_points(before[name])} → {_points(after[name])}" if name == "effort" else name
        for name in names
    )
    words = (words or "scope") + (f"; cut: {cut}" if cut else "")
    undoable = batch if set(names) - {"criteria"} else None
    return _after(entry, actor, Kind.CHANGED, words, now, batch=undoable)


def _points(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _restate(actor: Actor, item: Item, statements: Sequence[str], now: datetime) -> None:
    """Add the statements that are new, take away those that are gone; the others keep their verification."""
    wanted = [line for each in statements if (line := text.one_line(each))]
    there = {row.text: row for row in item.criteria.order_by("position", "pk")}
    for words, row in there.items():
        if words not in wanted:
            row.item = item
            criteria.remove_criterion(actor=actor, criterion=row)
    for words in dict.fromkeys(wanted):
        if words not in there:
            criteria.add_criterion(actor=actor, item=item, statement=words, now=now)


@transaction.atomic
def split(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    parts: Sequence[splitting.Part],
    keep: bool,
    now: datetime | None = None,
) -> AgendaEntry:
    """One item into several (see ``splitting``). Unless the original is kept open, the entry is decided with it."""
    now = now or timezone.now()
    held, entry = steer(actor, session, entry_id, now)
    batch = uuid.uuid4()
    made = splitting.split_item(
        actor=actor, item=entry.item, parts=parts, keep=keep, now=now, batch=batch
    )
    words = f"into {', '.join(part.key for part in made)}"
    _after(entry, actor, Kind.SPLIT, words, now, batch=batch)
    return entry if keep else _decided(held, entry, actor, now)


@transaction.atomic
def merge(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    into: Item,
    reason: str = "",
    now: datetime | None = None,
) -> AgendaEntry:
    """Fold the item into another that says the same; decided with that."""
    now = now or timezone.now()
    held, entry = steer(actor, session, entry_id, now)
    batch = uuid.uuid4()
    states.merge_item(actor=actor, item=entry.item, into=into, reason=reason, now=now, batch=batch)
    _after(entry, actor, Kind.MERGED, f"into {into.key}", now, batch=batch)
    return _decided(held, entry, actor, now)


@transaction.atomic
def park(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    until: date | None,
    reason: str = "",
    now: datetime | None = None,
) -> AgendaEntry:
    """Set the item aside until a day; decided with that."""
    now = now or timezone.now()
    held, entry = steer(actor, session, entry_id, now)
    batch = uuid.uuid4()
    states.park_item(actor=actor, item=entry.item, until=until, reason=reason, now=now, batch=batch)
    why = f": {text.one_line(reason)[:200]}" if reason.strip() else ""
    _after(entry, actor, Kind.PARKED, f"until {until:%-d %B %Y}{why}", now, batch=batch)
    return _decided(held, entry, actor, now)


@transaction.atomic
def requeue(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    queue: Queue,
    reason: str,
    severity: int | None = None,
    owner: User | None = None,
    now: datetime | None = None,
) -> AgendaEntry:
    """Move the item to another queue, with the reason; it can be rated there. A hotfix needs severity and owner."""
    now = now or timezone.now()
    _, entry = steer(actor, session, entry_id, now)
    if entry.item.queue_id == queue.pk:
        raise Invalid("It is in this queue.", fields={"queue": ["Choose another queue."]})
    batch = uuid.uuid4()
    values: dict[str, Any] = {}
    if severity is not None:
        values["severity"] = severity
    if owner is not None:
        values["owner"] = owner
    item = entry.item
    if values:
        items.edit_item(actor=actor, item=item, values=values, version=None, now=now, batch=batch)
        item = item_of(entry.session, item.pk)
    was = item.queue.name if item.queue else "triage"
    states.move_item(actor=actor, item=item, queue=queue, reason=reason, now=now, batch=batch)
    words = f"from {was.lower()} to {queue.name.lower()}: {text.one_line(reason)[:200]}"
    return _after(entry, actor, Kind.REQUEUED, words, now, batch=batch)


@transaction.atomic
def put_off(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    note: str = "",
    now: datetime | None = None,
) -> AgendaEntry:
    """Leave the item for another session; the next one planned from this carries it."""
    now = now or timezone.now()
    held, entry = steer(actor, session, entry_id, now)
    if entry.decided_at is not None:
        raise Conflict(f"{entry.item.key} is decided already.", code="decided_already")
    entry.note = text.one_line(note)[:1000] or entry.note
    _note(entry, actor, Kind.DEFERRED, entry.note or "for another session", now)
    return _decided(held, entry, actor, now)


@transaction.atomic
def take_back(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    batch: uuid.UUID,
    now: datetime | None = None,
) -> AgendaEntry:
    """Undo an act of the session, unless its fields were changed since; the entry is open again. Raises Conflict."""
    now = now or timezone.now()
    held, entry = steer(actor, session, entry_id, now)
    found = next((each for each in entry.outcomes if each.get("batch") == str(batch)), None)
    if found is None:
        raise Conflict(
            "This was taken back already, or was not done here. Nothing was changed.",
            code="no_such_act",
        )
    if found["kind"] == Kind.SPLIT:
        splitting.take_back(actor=actor, item=entry.item, batch=batch, now=now)
    else:
        undo.undo(actor=actor, product=held.product, batch=batch)
    entry.outcomes = [each for each in entry.outcomes if each is not found]
    entry.decided_at = entry.decided_by = None
    entry.item = item_of(held, entry.item_id)
    entry.after = snapshot(entry.item) if entry.outcomes else None
    entry.save(update_fields=["outcomes", "decided_at", "decided_by", "after"])
    return entry


@transaction.atomic
def reopen(
    *, actor: Actor, session: RefinementSession, entry_id: int, now: datetime | None = None
) -> AgendaEntry:
    """Talk about a decided entry again: a new round can be voted, another decision recorded."""
    held, entry = steer(actor, session, entry_id, now or timezone.now())
    entry.decided_at = entry.decided_by = None
    held.current = entry
    held.save(update_fields=["current"])
    entry.save(update_fields=["decided_at", "decided_by"])
    return entry


@transaction.atomic
def open_session(
    *, actor: Actor, session: RefinementSession, now: datetime | None = None
) -> RefinementSession:
    """Begin: the clock runs from now, and the first entry is on everybody's screen. Raises Conflict, NotAllowed."""
    right = rights.require(actor, "session.plan", session.product)
    now = now or timezone.now()
    held = hold(session, (State.PLANNED,))
    require_facilitator(actor, held)
    first = held.entries.order_by("position", "pk").first()
    held.state, held.opened_at, held.current = State.LIVE, now, first
    held.save(update_fields=["state", "opened_at", "current"])
    if first is not None:
        first.before, first.opened_at = snapshot(item_of(held, first.item_id)), now
        first.save(update_fields=["before", "opened_at"])
    log(
        actor,
        held,
        "session.opened",
        {"session_state": (State.PLANNED, State.LIVE)},
        right,
        now=now,
    )
    return held


def _note(
    entry: AgendaEntry, actor: Actor, kind: str, words: str, now: datetime, batch: str = ""
) -> None:
    entry.outcomes = [
        *entry.outcomes,
        {
            "kind": str(kind),
            "words": words,
            "by": str(actor.user),
            "at": now.isoformat(),
            "batch": batch,
        },
    ]


def _after(
    entry: AgendaEntry,
    actor: Actor,
    kind: str,
    words: str,
    now: datetime,
    *,
    batch: uuid.UUID | None,
) -> AgendaEntry:
    _note(entry, actor, kind, words, now, str(batch) if batch else "")
    entry.item = item_of(entry.session, entry.item_id)
    entry.after = snapshot(entry.item)
    entry.save(update_fields=["outcomes", "after"])
    return entry


def _decided(
    session: RefinementSession, entry: AgendaEntry, actor: Actor, now: datetime
) -> AgendaEntry:
    """Close an entry and, where the room was at it, go on to the next one that is open."""
    entry.item = item_of(session, entry.item_id)
    entry.after = snapshot(entry.item)
    entry.decided_at, entry.decided_by = now, actor.user
    entry.save(update_fields=["outcomes", "after", "note", "decided_at", "decided_by"])
    if session.current_id == entry.pk:
        waiting = session.entries.filter(decided_at=None).order_by("position", "pk")
        following = waiting.filter(position__gte=entry.position).first() or waiting.first()
        if following is not None:
            if following.before is None:
                following.before = snapshot(item_of(session, following.item_id))
                following.opened_at = now
                following.save(update_fields=["before", "opened_at"])
            session.current = following
            session.save(update_fields=["current"])
    return entry
