"""Refinement sessions in a product: one closed with its minutes, one that goes on, one planned, one called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from backlog.services import items, states
from scoring.models import RefinementSession
from scoring.services.sessions import agendas, closing, deciding, notes, planning, voting
from tests.security.world import Tenant


def furnish_sessions(tenant: Tenant) -> None:
    """Everything that a session can hold, in words of the tenant."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark
    now = timezone.now()

    def plan(days: int) -> RefinementSession:
        return planning.plan_session(
            actor=actor,
            product=product,
            plan=planning.Plan(
                title=mark,
                starts_at=now + timedelta(days=days),
                functions=("design", "legal"),
                opening=mark,
                queue_kind="stability",
                attendees={tenant.person: "design"},
            ),
        )

    def talk(session: RefinementSession, item: Any) -> Any:
        agendas.add_entry(actor=actor, session=session, item=item)
        session = deciding.open_session(actor=actor, session=session)
        entry = session.entries.get(item=item)
        deciding.show(actor=actor, session=session, entry_id=entry.pk)
        voting.cast(
            actor=actor,
            session=session,
            entry_id=entry.pk,
            round=1,
            choices={tenant.criterion_key: voting.Choice(4)},
        )
        return entry

    def take_off(session: RefinementSession) -> None:
        for each in session.entries.all():
            agendas.remove_entry(actor=actor, session=session, entry_id=each.pk)

    about = items.create_item(actor=actor, product=product, draft=items.Draft(title=mark))
    states.accept_item(actor=actor, item=about, queue=product.queues.get(kind="enhancement"))
    about.refresh_from_db()
    closed = plan(1)
    take_off(closed)
    entry = talk(closed, about)
    tenant.things["session_note"] = notes.add_note(
        actor=actor, session=closed, words=mark, owner=tenant.person, entry_id=entry.pk
    )
    deciding.edit(
        actor=actor,
        session=closed,
        entry_id=entry.pk,
        values={"title": mark, "effort": 3.0},
        cut=mark,
    )
    voting.flip(actor=actor, session=closed, entry_id=entry.pk, round=1)
    deciding.record(actor=actor, session=closed, entry_id=entry.pk, round=1, note=mark)
    tenant.things["template"] = planning.save_template(actor=actor, session=closed, name=mark)
    tenant.things["closed"] = closing.close_session(actor=actor, session=closed, summary=mark)
    live = plan(2)
    take_off(live)
    tenant.things["entry"] = talk(live, about)
    tenant.things["live"] = live
    off = plan(3)
    planning.cancel_session(actor=actor, session=off, reason=mark)
    tenant.things["planned"] = plan(4)
