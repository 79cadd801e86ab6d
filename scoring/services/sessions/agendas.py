"""The agenda: built by itself from the worth of discussing, and changed by hand before and during the session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog.models import Item
from backlog.vocabulary import CLOSED_STATES
from core.errors import Conflict, Invalid, NotFound
from scoring import agenda
from scoring.models import AgendaEntry, RefinementSession
from scoring.refinement import facts
from scoring.services.sessions.holding import entry_in, hold

MOST_ENTRIES = 100


@transaction.atomic
def rebuild(
    *, actor: Actor, session: RefinementSession, now: datetime | None = None
) -> list[AgendaEntry]:
    """Build the agenda anew from the facts of now; what was put there by hand, voted on or begun stays where it is."""
    rights.require(actor, "session.plan", session.product)
    held = hold(session)
    return fill(held, now or timezone.now())


def fill(session: RefinementSession, now: datetime) -> list[AgendaEntry]:
    """Take out what nobody has touched and put in what is most worth the minutes that are left. In a transaction."""
    kept: list[AgendaEntry] = []
    for entry in session.entries.order_by("position", "pk").prefetch_related("votes"):
        if entry.by_hand or entry.opened_at or entry.decided_at or entry.votes.all():
            kept.append(entry)
        else:
            entry.delete()
    room = agenda.room_for(session.box_minutes, session.minutes_each) - len(kept)
    picks = facts.most_worth(session, room=room, without=[entry.item_id for entry in kept], now=now)
    last = kept[-1].position if kept else 0.0
    made = [
        AgendaEntry(
            session=session,
            item_id=pick.item_id,
            position=last + place,
            worth=pick.worth,
            factors=pick.factors,
            reasons=list(pick.reasons),
        )
        for place, pick in enumerate(picks, 1)
    ]
    AgendaEntry.objects.bulk_create(made)
    return [*kept, *made]


def carry(session: RefinementSession, item_ids: Sequence[int], now: datetime) -> None:
    """Put what an earlier session did not reach at the head, as if by hand. In a transaction."""
    open_ids = set(
        Item.objects.filter(pk__in=item_ids)
        .exclude(state__in=CLOSED_STATES)
        .values_list("pk", flat=True)
    )
    carried = [pk for pk in item_ids if pk in open_ids]
    AgendaEntry.objects.filter(session=session, item_id__in=carried).delete()
    for place, pk in enumerate(carried):
        AgendaEntry.objects.create(
            session=session,
            item_id=pk,
            position=float(place - len(carried)),
            by_hand=True,
            reasons=["not reached last time"],
        )
    fill(session, now)


@transaction.atomic
def add_entry(
    *, actor: Actor, session: RefinementSession, item: Item, now: datetime | None = None
) -> AgendaEntry:
    """Put an item on the agenda by hand, at the end. Raises Conflict (there already, or full), Invalid, NotAllowed."""
    rights.require(actor, "session.plan", session.product)
    held = hold(session)
    if item.product_id != held.product_id:
        raise Invalid("Choose an item of this product.", fields={"item": ["Choose another item."]})
    if item.state in CLOSED_STATES:
        raise Conflict(
            f"{item.key} is {item.get_state_display().lower()}: nothing is left to refine."
        )
    places = list(held.entries.values_list("position", flat=True))
    if len(places) >= MOST_ENTRIES:
        raise Conflict(f"An agenda holds at most {MOST_ENTRIES} items.")
    why = facts.reasons_of(held, item.pk, now or timezone.now())
    try:
        with transaction.atomic():
            return AgendaEntry.objects.create(
                session=held,
                item=item,
                position=max(places, default=0.0) + 1,
                by_hand=True,
                worth=why.worth if why else None,
                factors=why.factors if why else {},
                reasons=list(why.reasons) if why else [],
            )
    except IntegrityError as error:
        raise Conflict(f"{item.key} is on the agenda already.", code="there_already") from error


@transaction.atomic
def remove_entry(*, actor: Actor, session: RefinementSession, entry_id: int) -> None:
    """Take an item off the agenda. Raises Conflict when something was decided on it."""
    rights.require(actor, "session.plan", session.product)
    held = hold(session)
    entry = entry_in(held, entry_id)
    if entry.decided_at is not None or entry.outcomes:
        raise Conflict(f"{entry.item.key} was decided on, so it stays in the minutes.")
    if held.current_id == entry.pk:
        following = held.entries.filter(decided_at=None).exclude(pk=entry.pk)
        held.current = following.order_by("position", "pk").first()
        held.save(update_fields=["current"])
    entry.delete()


@transaction.atomic
def move_entry(
    *, actor: Actor, session: RefinementSession, entry_id: int, place: int
) -> AgendaEntry:
    """Bring an entry to a place of the agenda, 1 the first. One row is written."""
    rights.require(actor, "session.plan", session.product)
    held = hold(session)
    entry = entry_in(held, entry_id)
    others = list(
        held.entries.exclude(pk=entry.pk)
        .order_by("position", "pk")
        .values_list("position", flat=True)
    )
    at = min(max(place - 1, 0), len(others))
    before = others[at - 1] if at else (others[0] - 2 if others else 0.0)
    behind = others[at] if at < len(others) else before + 2
    entry.position = (before + behind) / 2
    entry.save(update_fields=["position"])
    return entry


@transaction.atomic
def shift_entry(*, actor: Actor, session: RefinementSession, entry_id: int, by: int) -> AgendaEntry:
    """Bring an entry ``by`` places down (negative: up)."""
    ids = list(session.entries.order_by("position", "pk").values_list("pk", flat=True))
    if entry_id not in ids:
        raise NotFound
    return move_entry(
        actor=actor, session=session, entry_id=entry_id, place=ids.index(entry_id) + 1 + by
    )
