"""The one guard of everything that writes into a session: it is in a state that allows it, and one write at a time.

The conditional UPDATE takes the session's row (on PostgreSQL; SQLite lets one transaction write anyway), so whatever is
read after it is as the write before left it: a vote never meets a flip half-way, and of two flips the second is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F

from accounts import rights
from accounts.actors import Actor
from backlog.models import Item
from backlog.services import changes
from core.errors import Conflict, NotFound
from scoring.models import AgendaEntry, RefinementSession
from scoring.refinement.snapshots import snapshot

State = RefinementSession.State
OPEN = (State.PLANNED, State.LIVE)


def hold(
    session: RefinementSession, states: Collection[str] = OPEN, *, screen: bool = True
) -> RefinementSession:
    """Take the session for writing; returns it as it is now. ``screen``: more changes than who voted or is there.

    Raises Conflict when it is in none of ``states``. Call inside a transaction. Two queries.
    """
    values = {"revision": F("revision") + 1}
    if screen:
        values["screen"] = F("revision") + 1
    held = RefinementSession.objects.filter(pk=session.pk, state__in=states)
    taken = held.update(**values)
    fresh = RefinementSession.objects.select_related("facilitator", "current").get(pk=session.pk)
    fresh.product = session.product
    if not taken:
        raise Conflict(_refusal(fresh, states), code="session_state")
    return fresh


def _refusal(session: RefinementSession, states: Collection[str]) -> str:
    if session.state == State.CLOSED:
        return f"“{session.title}” is closed, and its minutes are published. Nothing in it changes any more."
    if session.state == State.CANCELLED:
        return f"“{session.title}” was cancelled. Plan another session."
    if session.state == State.PLANNED:
        return f"“{session.title}” has not begun. Open it first."
    return f"“{session.title}” is going on already."


def entry_in(session: RefinementSession, entry_id: int) -> AgendaEntry:
    """The entry as it is now, with its item. Raises NotFound."""
    entry = AgendaEntry.objects.filter(session=session, pk=entry_id).first()
    if entry is None:
        raise NotFound
    entry.session = session
    entry.item = item_of(session, entry.item_id)
    return entry


def item_of(session: RefinementSession, item_id: int) -> Item:
    """The item of an entry with what an edit and a snapshot read. One query."""
    rows = Item.objects.select_related("queue", "owner", "summary", "cycle", "program", "channel")
    item = rows.get(pk=item_id)
    item.product = session.product
    return item


def steer(
    actor: Actor, session: RefinementSession, entry_id: int, now: datetime
) -> tuple[RefinementSession, AgendaEntry]:
    """Take a running session for an act of its facilitator on an entry; what the item was before is kept now.

    Raises Conflict (not going on; somebody else runs it), NotAllowed, NotFound.
    """
    rights.require(actor, "session.plan", session.product)
    held = hold(session, (State.LIVE,))
    require_facilitator(actor, held)
    entry = entry_in(held, entry_id)
    if entry.before is None:
        entry.before = snapshot(entry.item)
        entry.opened_at = now
        entry.save(update_fields=["before", "opened_at"])
    return held, entry


def require_facilitator(actor: Actor, session: RefinementSession) -> None:
    """One hand at the wheel: another who may plan sessions takes over first, and the one before is told."""
    if actor.user is not None and session.facilitator_id != actor.user.pk:
        raise Conflict(
            f"{session.facilitator} runs this session now. Take over first, if that is agreed.",
            code="not_facilitator",
        )


def log(
    actor: Actor,
    session: RefinementSession,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    right: str,
    *,
    reason: str = "",
    now: datetime,
) -> None:
    """One line of the log about the session itself."""
    entry = changes.Entry(verb, session, fields=fields, reason=reason, right=right)
    changes.record(actor=actor, product=session.product, entries=[entry], now=now)
