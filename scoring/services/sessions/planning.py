"""Planning a session: when, for whom, how long; changing and cancelling it; the next of a row; templates."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Membership, Product, User
from backlog import events
from backlog.services import changes
from backlog.vocabulary import QueueKind
from core import text
from core.errors import Conflict, Invalid, Stale
from scoring.models import AgendaEntry, Attendee, Function, RefinementSession, SessionTemplate
from scoring.services.sessions import agendas
from scoring.services.sessions.holding import State, hold, log

MOST_ATTENDEES = 60


@dataclass(frozen=True)
class Plan:
    """What is planned. ``attendees``: person -> function ("" for none)."""

    title: str
    starts_at: datetime
    box_minutes: int = 60
    minutes_each: int = 6
    functions: Sequence[str] = ()
    opening: str = ""
    queue_kind: str = ""
    attendees: Mapping[User, str] | None = None
    facilitator: User | None = None


@transaction.atomic
def plan_session(
    *,
    actor: Actor,
    product: Product,
    plan: Plan,
    template: SessionTemplate | None = None,
    seed: int | None = None,
    now: datetime | None = None,
) -> RefinementSession:
    """Plan a session; its agenda is built at once, and everybody invited gets a mail. Raises Invalid, NotAllowed."""
    right = rights.require(actor, "session.plan", product)
    now = now or timezone.now()
    values = _checked(product, plan, now)
    session = RefinementSession.objects.create(
        product=product,
        template=template,
        seed=seed if seed is not None else secrets.randbelow(2**31 - 1) + 1,
        facilitator=plan.facilitator or actor.person,
        created_by=actor.person,
        created_at=now,
        changed_at=now,
        **values,
    )
    _invite(session, plan, now)
    log(
        actor,
        session,
        "session.planned",
        {"starts_at": (None, session.starts_at), "title": (None, session.title)},
        right,
        now=now,
    )
    agendas.fill(session, now)
    return session


@transaction.atomic
def change_session(
    *,
    actor: Actor,
    session: RefinementSession,
    plan: Plan,
    version: int | None = None,
    now: datetime | None = None,
) -> RefinementSession:
    """Change the plan. Calendars hear of another title, time or length. Raises Stale, Conflict, Invalid, NotAllowed."""
    right = rights.require(actor, "session.plan", session.product)
    now = now or timezone.now()
    held = hold(session)
    if version is not None and version != held.version:
        raise Stale(
            "Somebody else changed this plan while you had it open. Nothing of yours was saved yet:"
            " look at what changed, then save again.",
            extra={"version": held.version},
        )
    moved = plan.starts_at != held.starts_at
    values = _checked(held.product, plan, now, in_future=moved)
    before = {name: getattr(held, name) for name in values}
    fields = {name: (before[name], new) for name, new in values.items() if before[name] != new}
    if plan.facilitator is not None and plan.facilitator.pk != held.facilitator_id:
        _must_plan(held.product, plan.facilitator)
        fields["facilitator"] = (held.facilitator, plan.facilitator)
        values["facilitator"] = plan.facilitator
    if {"title", "starts_at", "box_minutes"} & fields.keys():
        held.sequence += 1
        held.changed_at = now
    for name, new in values.items():
        setattr(held, name, new)
    held.version += 1
    held.save(update_fields=[*values, "sequence", "changed_at", "version"])
    _invite(held, plan, now)
    if fields:
        log(actor, held, "session.changed", fields, right, now=now)
    return held


@transaction.atomic
def cancel_session(
    *, actor: Actor, session: RefinementSession, reason: str = "", now: datetime | None = None
) -> RefinementSession:
    """Call off a session that has not begun; calendars take it out. Raises Conflict, NotAllowed."""
    right = rights.require(actor, "session.plan", session.product)
    now = now or timezone.now()
    held = hold(session, (State.PLANNED,))
    held.state = State.CANCELLED
    held.cancel_reason = text.one_line(reason)[:300]
    held.sequence += 1
    held.changed_at = now
    held.save(update_fields=["state", "cancel_reason", "sequence", "changed_at"])
    _mail(held, now)
    log(
        actor,
        held,
        "session.cancelled",
        {"session_state": (State.PLANNED, State.CANCELLED)},
        right,
        reason=held.cancel_reason,
        now=now,
    )
    return held


@transaction.atomic
def plan_next(
    *, actor: Actor, session: RefinementSession, days: int = 7, now: datetime | None = None
) -> RefinementSession:
    """The same again, so many days later; what this one did not reach comes first. Raises Invalid, NotAllowed.

    The hour stays that of the facilitator's clock, across a change to or from summer time.
    """
    now = now or timezone.now()
    if not 1 <= days <= 92:
        raise Invalid(
            "The next session comes within three months.", fields={"days": ["Use 1 to 92 days."]}
        )
    zone = ZoneInfo(session.facilitator.time_zone or "UTC")
    local = session.starts_at.astimezone(zone)
    starts_at = (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone)
    while starts_at <= now:
        starts_at = (starts_at.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone)
    active = set(
        Membership.objects.filter(product=session.product, user__is_active=True).values_list(
            "user_id", flat=True
        )
    )
    people = session.attendees.filter(removed_at=None, user__in=active).select_related("user")
    facilitator = session.facilitator if session.facilitator_id in active else actor.person
    made = plan_session(
        actor=actor,
        product=session.product,
        plan=Plan(
            title=session.title,
            starts_at=starts_at,
            box_minutes=session.box_minutes,
            minutes_each=session.minutes_each,
            functions=session.functions,
            opening=session.opening,
            queue_kind=session.queue_kind,
            attendees={row.user: row.function for row in people},
            facilitator=facilitator,
        ),
        template=session.template,
        now=now,
    )
    if session.state == State.CLOSED:
        left = [
            entry.item_id
            for entry in session.entries.order_by("position", "pk")
            if entry.decided_at is None
            or any(each["kind"] == AgendaEntry.Outcome.DEFERRED for each in entry.outcomes)
        ]
        agendas.carry(made, left, now)
    return made


def _checked(
    product: Product, plan: Plan, now: datetime, *, in_future: bool = True
) -> dict[str, Any]:
    problems: dict[str, list[str]] = {}
    title = text.one_line(plan.title)
    if not 1 <= len(title) <= 120:
        problems["title"] = ["Give it a title of 1 to 120 characters."]
    if in_future and plan.starts_at < now - timedelta(minutes=30):
        problems["starts_at"] = ["Choose a time that is still to come."]
    if plan.starts_at.year >= 2300:
        problems["starts_at"] = ["Choose a day before 2300."]
    if not 5 <= plan.box_minutes <= 480:
        problems["box_minutes"] = ["A session takes 5 to 480 minutes."]
    if not 1 <= plan.minutes_each <= 120:
        problems["minutes_each"] = ["An item gets 1 to 120 minutes."]
    unknown = set(plan.functions) - set(Function.values)
    if unknown or set((plan.attendees or {}).values()) - set(Function.values) - {""}:
        problems["functions"] = [f"Choose among: {', '.join(Function.values)}."]
    if plan.queue_kind and plan.queue_kind not in QueueKind.values:
        problems["queue_kind"] = [f"Choose one of: {', '.join(QueueKind.values)}; or none for all."]
    opening = text.tidy(plan.opening).strip()
    if len(opening) > 5000:
        problems["opening"] = ["Use at most 5,000 characters."]
    if len(plan.attendees or {}) > MOST_ATTENDEES:
        problems["attendees"] = [f"Invite at most {MOST_ATTENDEES} people."]
    people = [user.pk for user in plan.attendees or {}]
    known = Membership.objects.filter(
        product=product, user__in=people, user__is_active=True
    ).count()
    if known != len(people):
        problems["attendees"] = ["Invite members of this product."]
    if problems:
        raise Invalid("The session was not saved.", fields=problems)
    if plan.facilitator is not None:
        _must_plan(product, plan.facilitator)
    return {
        "title": title,
        "starts_at": plan.starts_at,
        "box_minutes": plan.box_minutes,
        "minutes_each": plan.minutes_each,
        "functions": [each for each in Function.values if each in set(plan.functions)],
        "opening": opening,
        "queue_kind": plan.queue_kind,
    }


def _must_plan(product: Product, user: User) -> None:
    role = Membership.objects.filter(product=product, user=user, user__is_active=True).values_list(
        "role", flat=True
    )
    if not set(role) & set(rights.holders("session.plan", product)):
        raise Invalid(
            f"{user} may not run sessions.",
            fields={"facilitator": ["Choose somebody who may run sessions."]},
        )


def _invite(session: RefinementSession, plan: Plan, now: datetime) -> None:
    """Bring the list of attendees to the plan's (None: as it is; the facilitator always belongs to it)."""
    wanted = dict(plan.attendees) if plan.attendees is not None else None
    rows = {row.user_id: row for row in session.attendees.all()}
    if wanted is None:
        wanted = {}
    else:
        for row in rows.values():
            if row.removed_at is None and row.user_id not in {user.pk for user in wanted}:
                if row.user_id == session.facilitator_id:
                    continue
                row.removed_at = now
                row.save(update_fields=["removed_at"])
    if session.facilitator_id not in {user.pk for user in wanted}:
        known = rows.get(session.facilitator_id)
        wanted[session.facilitator] = known.function if known else ""
    for user, function in wanted.items():
        known = rows.get(user.pk)
        if known is None:
            Attendee.objects.create(session=session, user=user, function=function, invited_at=now)
        elif known.function != function or known.removed_at is not None:
            known.function, known.removed_at = function, None
            known.save(update_fields=["function", "removed_at"])
    _mail(session, now)


def _mail(session: RefinementSession, now: datetime) -> None:
    """Mark whose calendar is behind; a worker sends the mails after the commit."""
    behind = session.attendees.filter(
        Q(removed_at=None) & (Q(mailed_sequence=None) | Q(mailed_sequence__lt=session.sequence))
        | Q(removed_at__isnull=False, mailed_sequence__isnull=False)
    )
    if session.state == State.CANCELLED:  # whoever never heard of it need not hear that it is off
        session.attendees.filter(mailed_sequence=None).update(mail_due_at=None)
        behind = behind.exclude(mailed_sequence=None)
    if behind.update(mail_due_at=now):
        events.publish("session.announced", session_id=session.pk)


@transaction.atomic
def save_template(
    *, actor: Actor, session: RefinementSession, name: str, now: datetime | None = None
) -> SessionTemplate:
    """Keep what this session has in common with those to come. Raises Invalid, Conflict (the name is taken)."""
    right = rights.require(actor, "session.plan", session.product)
    name = text.one_line(name)
    if not 1 <= len(name) <= 80:
        raise Invalid("A template needs a name.", fields={"name": ["Use 1 to 80 characters."]})
    now = now or timezone.now()
    try:
        with transaction.atomic():
            template = SessionTemplate.objects.create(
                product=session.product,
                name=name,
                minutes=session.box_minutes,
                minutes_each=session.minutes_each,
                functions=session.functions,
                opening=session.opening,
                created_at=now,
            )
    except IntegrityError as error:
        raise Conflict(
            f"There is a template “{name}” already. Choose another name.", code="name_taken"
        ) from error
    entry = changes.Entry(
        "session.template_saved", template, fields={"name": (None, name)}, right=right
    )
    changes.record(actor=actor, product=session.product, entries=[entry], now=now)
    return template


@transaction.atomic
def remove_template(
    *, actor: Actor, template: SessionTemplate, now: datetime | None = None
) -> None:
    """Remove a template; sessions made from it stay as they are."""
    right = rights.require(actor, "session.plan", template.product)
    entry = changes.Entry(
        "session.template_removed", template, fields={"name": (template.name, None)}, right=right
    )
    changes.record(actor=actor, product=template.product, entries=[entry], now=now)
    template.delete()


@transaction.atomic
def take_over(
    *, actor: Actor, session: RefinementSession, seen: int, now: datetime | None = None
) -> RefinementSession:
    """Run the session from now on. ``seen``: whose turn it was when the person looked (a user's id).

    Raises Conflict when somebody else has taken over meanwhile, NotAllowed.
    """
    right = rights.require(actor, "session.plan", session.product)
    held = hold(session)
    if held.facilitator_id == actor.person.pk:
        return held
    before = held.facilitator
    taken = RefinementSession.objects.filter(pk=held.pk, facilitator=seen).update(
        facilitator=actor.person, version=F("version") + 1
    )
    if not taken:
        raise Conflict(
            f"{held.facilitator} has taken over meanwhile. Look again, then decide.",
            code="taken_over",
        )
    held.facilitator = actor.person
    Attendee.objects.get_or_create(
        session=held, user=actor.person, defaults={"invited_at": now or timezone.now()}
    )
    log(
        actor,
        held,
        "session.taken_over",
        {"facilitator": (before, actor.person)},
        right,
        now=now or timezone.now(),
    )
    return held
