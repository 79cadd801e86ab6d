"""Closing a session: its minutes are written once, the decision is recorded, and nothing in it changes any more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog.models import Decision
from backlog.services import decisions
from core import text
from core.errors import Conflict
from scoring.models import RefinementSession
from scoring.refinement import minutes
from scoring.services.sessions.holding import State, hold, log, require_facilitator


@transaction.atomic
def close_session(
    *,
    actor: Actor,
    session: RefinementSession,
    summary: str = "",
    now: datetime | None = None,
) -> RefinementSession:
    """End a running session and publish its minutes. One decision stands for all items that were decided.

    ``summary``: what the facilitator wants to say above the list. Raises Conflict (not going on, somebody else runs
    it), NotAllowed.
    """
    right = rights.require(actor, "session.plan", session.product)
    now = now or timezone.now()
    held = hold(session, (State.LIVE,))
    require_facilitator(actor, held)
    paper = minutes.written(held, text.tidy(summary).strip()[:2000], now)
    keys = {each["key"] for each in paper["entries"] if not minutes.is_put_off(each)}
    decided = [entry for entry in minutes.entries_of(held) if entry.item.key in keys]
    if decided:
        decision = decisions.record(
            actor=actor,
            product=held.product,
            kind=Decision.Kind.REFINEMENT,
            title=minutes.decision_title(held, len(decided)),
            rationale=minutes.rationale(paper),
            right=right,
            facts={"session": held.pk, "entries": len(paper["entries"])},
            items=[entry.item for entry in decided],
            now=now,
        )
        paper["decision"] = decision.key
    closing = RefinementSession.objects.filter(pk=held.pk, state=State.LIVE)
    if not closing.update(
        state=State.CLOSED,
        closed_at=now,
        closed_by=actor.user,
        minutes=paper,
        current=None,
    ):
        raise Conflict("The session was closed already.", code="session_state")
    held.refresh_from_db()
    held.product = session.product
    log(
        actor,
        held,
        "session.closed",
        {"session_state": (State.LIVE, State.CLOSED)},
        right,
        now=now,
    )
    return held
