"""Moving items through their states: triage decisions, progress, parking, declining, merging."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import User
from accounts.rights import Wish
from backlog import events
from backlog.models import Item, Queue, Segment
from backlog.services import editing, governance, increments, links
from backlog.vocabulary import (
    ACCEPTED_STATES,
    CLOSED_STATES,
    OPEN_STATES,
    TRANSITIONS,
    LinkKind,
    QueueKind,
    State,
)
from core import text
from core.errors import Conflict, Invalid


def accept_item(
    *,
    actor: Actor,
    item: Item,
    queue: Queue,
    version: int | None = None,
    severity: int | None = None,
    owner: User | None = None,
    segments: Sequence[Segment] | None = None,
    reason: str = "",
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
) -> Item:
    """Take an item out of triage into ``queue``. A hotfix needs a severity and an owner, and gets its deadline.

    Raises Invalid (what a hotfix lacks), Conflict (not in triage), Stale, NotAllowed.
    """
    given = {"severity": severity, "owner": owner.email if owner else None}
    named = {name: value for name, value in given.items() if value is not None}
    wish = Wish("item.queue", {"item": item.key, "queue": queue.kind, **named})
    right = rights.require(actor, "item.triage", item.product, wish)
    if item.state not in (State.TRIAGE, State.PARKED, State.DECLINED):
        raise Conflict(f"{item.key} was triaged already: it is {item.get_state_display().lower()}.")
    now = now or timezone.now()
    values: dict[str, Any] = {
        "queue": queue,
        **state_values(item, State.ACCEPTED, now, reason="", until=None, queue=queue),
        "accepted_at": now,
    }
    if severity is not None:
        values["severity"] = severity
    if owner is not None:
        values["owner"] = owner
    if segments is not None:
        values["segments"] = segments
    values.update(hotfix_values(item, values, now))
    edit = editing.Edit(
        item.pk, values, version=version, verb="item.accepted", reason=reason, right=right
    )
    return _apply(actor, item, edit, now, batch)


def hotfix_values(item: Item, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What follows when ``values`` make ``item`` a hotfix that is worked on: its deadline. Every way in asks this.

    Raises Invalid when severity or owner is lacking. Empty for what is no hotfix or was one already.
    """
    queue = values.get("queue", item.queue)
    if (
        queue is None
        or queue.kind != QueueKind.HOTFIX
        or values.get("state", item.state) not in ACCEPTED_STATES
    ):
        return {}
    if item.queue_id == queue.pk and item.state in ACCEPTED_STATES:
        return {}
    lacking: dict[str, list[str]] = {}
    severity = values.get("severity", item.severity)
    if not severity:
        lacking["severity"] = ["A hotfix needs a severity: its deadline follows from it."]
    if not values.get("owner", item.owner):
        lacking["owner"] = ["A hotfix needs an owner at once."]
    if lacking:
        raise Invalid(
            "A hotfix needs a severity and an owner before it is accepted.", fields=lacking
        )
    return {"due_at": item.due_at or deadline(queue, severity, now)}


def deadline(queue: Queue, severity: int | None, now: datetime) -> datetime | None:
    """The instant by which an item of this severity is due, from the queue's policy; None without one."""
    hours = queue.deadline_hours.get(str(severity))
    return now + timedelta(hours=float(hours)) if hours else None


def move_item(
    *,
    actor: Actor,
    item: Item,
    queue: Queue,
    version: int | None = None,
    reason: str = "",
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
) -> Item:
    """Reclassify an accepted item into another queue, with a reason (logged, R27)."""
    if item.state == State.TRIAGE:
        return accept_item(
            actor=actor,
            item=item,
            queue=queue,
            version=version,
            reason=reason,
            now=now,
            batch=batch,
        )
    wish = Wish("item.queue", {"item": item.key, "queue": queue.kind})
    right = rights.require(actor, "item.move", item.product, wish)
    if item.queue_id != queue.pk and not reason.strip():
        raise Invalid(
            "Say why the item changes its queue.",
            fields={"reason": ["A reclassification is recorded with its reason."]},
        )
    now = now or timezone.now()
    values: dict[str, Any] = {"queue": queue}
    values.update(hotfix_values(item, values, now))
    edit = editing.Edit(
        item.pk, values, version=version, verb="item.moved", reason=text.tidy(reason), right=right
    )
    return _apply(actor, item, edit, now, batch)


@transaction.atomic
def set_state(
    *,
    actor: Actor,
    item: Item,
    state: str,
    version: int | None = None,
    reason: str = "",
    until: date | None = None,
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
) -> Item:
    """Bring an item to ``state``, along the transitions that exist: the one door for board, verbs and API.

    Parking needs ``until``, declining a ``reason``, leaving triage a queue, and what is done with open increments a
    ``reason``. Raises Invalid, Conflict, Stale, NotAllowed.
    """
    if state not in State.values:
        raise Invalid(
            "There is no such state.",
            fields={"state": [f"Choose one of: {', '.join(State.values)}."]},
        )
    if state == item.state and not (state == State.PARKED and until):
        rights.require(actor, "item.progress", item.product)
        return item
    if item.state == State.TRIAGE and state == State.ACCEPTED and item.queue is not None:
        return accept_item(
            actor=actor,
            item=item,
            queue=item.queue,
            version=version,
            reason=reason,
            now=now,
            batch=batch,
        )
    action, verb = action_and_verb(item, state)
    wish = Wish(
        "item.state", {"item": item.key, "state": state, "until": until and until.isoformat()}
    )
    right = rights.require(actor, action, item.product, wish)
    now = now or timezone.now()
    reason = text.body(reason, field="reason", limit=2000).strip()
    if state == State.DONE:
        increments.locked_item(item)  # nothing is planned between the look and the act
        governance.refuse_done(item, governance.building([item]).get(item.pk, 0), reason)
    values = state_values(item, state, now, reason=reason, until=until, queue=item.queue)
    values.update(hotfix_values(item, values, now))
    edit = editing.Edit(item.pk, values, version=version, verb=verb, reason=reason, right=right)
    return _apply(actor, item, edit, now, batch)


def park_item(*, actor: Actor, item: Item, until: date | None, **rest: Any) -> Item:
    """Set an item aside until a day, when it comes back to triage."""
    return set_state(actor=actor, item=item, state=State.PARKED, until=until, **rest)


def decline_item(*, actor: Actor, item: Item, reason: str, **rest: Any) -> Item:
    """Say no, with a reason that whoever asked can read."""
    return set_state(actor=actor, item=item, state=State.DECLINED, reason=reason, **rest)


def action_and_verb(item: Item, state: str) -> tuple[str, str]:
    """The right that bringing ``item`` to ``state`` takes, and what the log calls it."""
    in_triage = item.state == State.TRIAGE
    if state == State.PARKED:
        return ("item.triage" if in_triage else "item.park"), "item.parked"
    if state == State.DECLINED:
        return ("item.triage" if in_triage else "item.decline"), "item.declined"
    if item.state in (State.DONE, State.DECLINED, State.PARKED):
        return "item.progress", "item.reopened"
    if in_triage and state == State.ACCEPTED:
        return "item.triage", "item.accepted"
    verb = {
        State.DONE: "item.finished",
        State.IN_PROGRESS: "item.started",
        State.TRIAGE: "item.returned",
    }.get(State(state), "item.progressed")
    return "item.progress", verb


def state_values(
    item: Item, state: str, now: datetime, *, reason: str, until: date | None, queue: Queue | None
) -> dict[str, Any]:
    """The columns that follow from a new state, after its rules. Raises Invalid or Conflict."""
    if state not in TRANSITIONS[item.state] and state != item.state:
        ways = ", ".join(State(each).label.lower() for each in TRANSITIONS[item.state])
        raise Conflict(
            f"{item.key} is {item.get_state_display().lower()}; from there it can go to: {ways}.",
            code="no_such_transition",
        )
    if state in ACCEPTED_STATES and queue is None:
        raise Invalid("Choose a queue first.", fields={"queue": ["Choose one of the four queues."]})
    if state == State.PARKED and (until is None or until <= now.date()):
        raise Invalid(
            "Choose a day in the future on which the item comes back.",
            fields={"until": ["A day after today is needed."]},
        )
    if state == State.DECLINED and not reason:
        raise Invalid(
            "Say why the item is declined.",
            fields={"reason": ["Whoever asked for it will read this reason."]},
        )
    values: dict[str, Any] = {
        "state": state,
        "state_reason": reason if state in (State.PARKED, State.DECLINED) else "",
        "parked_until": until if state == State.PARKED else None,
        "finished_at": now if state in CLOSED_STATES else None,
    }
    if state in (State.IN_PROGRESS, State.IN_REVIEW, State.DONE) and item.started_at is None:
        values["started_at"] = now
    if state in ACCEPTED_STATES and item.accepted_at is None:
        values["accepted_at"] = now
    return values


@transaction.atomic
def merge_item(
    *,
    actor: Actor,
    item: Item,
    into: Item,
    version: int | None = None,
    reason: str = "",
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
) -> Item:
    """Fold a duplicate into another item: a link says so, its evidence moves along, and it is closed."""
    right = rights.require(
        actor, "item.triage" if item.state == State.TRIAGE else "item.decline", item.product
    )
    if into.product_id != item.product_id or into.pk == item.pk:
        raise Invalid(
            "Choose another item of the same product.", fields={"into": ["Choose another item."]}
        )
    if into.state not in OPEN_STATES and into.state != State.PARKED:
        raise Conflict(
            f"{into.key} is {into.get_state_display().lower()}. Reopen it first, or choose an open item."
        )
    governance.refuse_while_building(item, "merged away")
    now = now or timezone.now()
    note = text.body(reason, field="reason", limit=2000).strip() or f"Merged into {into.key}."
    values = state_values(item, State.DECLINED, now, reason=note, until=None, queue=item.queue)
    link = links.link_in_transaction(source=item, target=into, kind=LinkKind.DUPLICATES, now=now)
    fields = {"link": (None, links.as_words(link))} if link else {}
    edit = editing.Edit(
        item.pk,
        values,
        version=version,
        verb="item.merged",
        reason=note,
        right=right,
        fields={**fields, "merged_into": (None, into)},
    )
    done = _apply(actor, item, edit, now, batch)
    events.publish("item.merged", source_id=item.pk, target_id=into.pk, now=now)
    return done


def _apply(
    actor: Actor, item: Item, edit: editing.Edit, now: datetime, batch: uuid.UUID | None
) -> Item:
    """One act, one batch: what undo takes back. The state must still be the one that the rules were checked on."""
    if edit.version is None:
        edit.version = item.version
    return editing.apply(
        actor=actor, product=item.product, edits=[edit], now=now, batch=batch or uuid.uuid4()
    )[0]
