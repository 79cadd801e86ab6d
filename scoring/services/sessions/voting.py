"""Blind votes: saved at once, changed until the flip, seen by nobody else before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog.services import changes
from core.errors import Conflict, Invalid
from scoring import ballots
from scoring.current import rubric_in_force
from scoring.models import AgendaEntry, Attendee, RefinementSession, Vote
from scoring.rubrics import CERTAINTY, MAX_LEVEL, Rubric
from scoring.services.sessions.holding import State, entry_in, hold, steer


@dataclass(frozen=True)
class Choice:
    """A level 0 to 5; None takes the vote back."""

    level: float | None
    certainty: str = "informed"


@transaction.atomic
def cast(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    round: int,
    choices: Mapping[str, Choice],
    now: datetime | None = None,
) -> list[Vote]:
    """Save one's votes on some criteria; the others stay. Idempotent. Returns all of one's votes in this round.

    Possible from planning to closing, until the votes are turned over. Nothing of it is logged before that.
    Raises Conflict (turned over, another round, closed), Invalid, NotAllowed.
    """
    rights.require(actor, "session.vote", session.product)
    now = now or timezone.now()
    held = hold(session, screen=not _is_listed(actor, session))
    entry = entry_in(held, entry_id)
    if entry.flipped_at is not None:
        raise Conflict(
            "The votes were turned over meanwhile. Yours from before count; this change does not.",
            code="turned_over",
        )
    if round != entry.round:
        raise Conflict("A new round has begun. Vote again.", code="another_round")
    _, rubric = rubric_in_force(held.product_id)
    check(rubric, choices)
    person = actor.person
    taken_back = [criterion for criterion, choice in choices.items() if choice.level is None]
    Vote.objects.filter(entry=entry, round=round, user=person, criterion__in=taken_back).delete()
    Vote.objects.bulk_create(
        [
            Vote(
                entry=entry,
                user=person,
                round=round,
                criterion=criterion,
                level=choice.level,
                certainty=choice.certainty,
                voted_at=now,
            )
            for criterion, choice in choices.items()
            if choice.level is not None
        ],
        update_conflicts=True,
        unique_fields=["entry", "round", "user", "criterion"],
        update_fields=["level", "certainty", "voted_at"],
    )
    be_there(actor, held, now)
    return list(Vote.objects.filter(entry=entry, round=round, user=person).order_by("criterion"))


def check(rubric: Rubric, choices: Mapping[str, Choice]) -> None:
    """Raise Invalid naming each choice that cannot be."""
    problems: dict[str, list[str]] = {}
    for criterion, choice in choices.items():
        if criterion not in rubric.criterion_index:
            problems[criterion] = ["The rubric has no such criterion."]
        elif choice.level is not None and not 0 <= choice.level <= MAX_LEVEL:
            problems[criterion] = [f"A level is between 0 and {MAX_LEVEL}."]
        elif choice.certainty not in CERTAINTY:
            problems[criterion] = [f"Certainty is one of: {', '.join(CERTAINTY)}."]
    if problems:
        raise Invalid("Some votes cannot be used. Nothing was saved.", fields=problems)


def _is_listed(actor: Actor, session: RefinementSession) -> bool:
    """Whether everybody's screen shows this person already. A first vote may come before the first sign of life."""
    known = Attendee.objects.filter(session=session, user=actor.person, removed_at=None)
    if session.state == State.LIVE:
        known = known.filter(joined_at__isnull=False)
    return known.exists()


def be_there(actor: Actor, session: RefinementSession, now: datetime) -> Attendee:
    """Note that a person is in the room; whoever comes by the link belongs to it from then on. In a transaction."""
    attendee, _ = Attendee.objects.get_or_create(
        session=session, user=actor.person, defaults={"invited_at": now}
    )
    attendee.seen_at = now
    attendee.removed_at = None
    if attendee.joined_at is None and session.state == State.LIVE:
        attendee.joined_at = now
    attendee.save(update_fields=["seen_at", "joined_at", "removed_at"])
    return attendee


@transaction.atomic
def seen(*, actor: Actor, session: RefinementSession, now: datetime | None = None) -> None:
    """A screen of this person is open: what presence is derived from. Takes no lock that a vote waits for."""
    rights.require(actor, "session.vote", session.product)
    now = now or timezone.now()
    known = Attendee.objects.filter(session=session, user=actor.person, removed_at=None)
    if session.state == State.LIVE:
        if known.filter(joined_at__isnull=False).update(seen_at=now):
            return
        be_there(actor, hold(session, (State.LIVE,), screen=True), now)
    elif session.state == State.PLANNED:
        known.update(seen_at=now)


@transaction.atomic
def flip(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    round: int,
    now: datetime | None = None,
) -> AgendaEntry:
    """Turn the votes over: from now on everybody sees them, and they stand in the log.

    Raises Conflict when somebody did so already, another round has begun, or nobody has voted.
    """
    now = now or timezone.now()
    held, entry = steer(actor, session, entry_id, now)
    if round != entry.round:
        raise Conflict("A new round has begun meanwhile.", code="another_round")
    turned = AgendaEntry.objects.filter(pk=entry.pk, round=round, flipped_at=None)
    if not turned.update(flipped_at=now):
        raise Conflict("The votes were turned over already.", code="turned_over")
    entry.flipped_at = now
    votes = list(
        Vote.objects.filter(entry=entry, round=round).select_related("user").order_by("pk")
    )
    if not votes:
        raise Conflict("Nobody has voted yet. Vote, or leave the item as it is.", code="no_votes")
    found = tallies(votes)
    entry.agreed = ballots.proposal(found)
    entry.save(update_fields=["agreed"])
    _, rubric = rubric_in_force(held.product_id)
    names = {vote.user_id: str(vote.user) for vote in votes}
    words = "; ".join(
        f"{criterion.label}: "
        + ", ".join(f"{names[each.person]} {each.level:g}" for each in found[criterion.key].ballots)
        for criterion in rubric.criteria
        if criterion.key in found
    )
    changes.record(
        actor=actor,
        product=held.product,
        entries=[
            changes.Entry(
                "session.voted",
                held,
                entry.item,
                {"votes": (None, words)},
                right="session.plan",
            )
        ],
        now=now,
    )
    return entry


def tallies(votes: list[Vote]) -> dict[str, ballots.Tally]:
    """Votes of one round, by criterion."""
    return ballots.tally(
        ballots.Ballot(vote.user_id, vote.criterion, vote.level, vote.certainty) for vote in votes
    )


@transaction.atomic
def new_round(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    round: int,
    now: datetime | None = None,
) -> AgendaEntry:
    """Vote again, blind, after the votes were seen and talked about. Raises Conflict when a new round has begun."""
    _, entry = steer(actor, session, entry_id, now or timezone.now())
    anew = AgendaEntry.objects.filter(pk=entry.pk, round=round, flipped_at__isnull=False)
    if round >= 99 or not anew.update(round=round + 1, flipped_at=None, agreed={}):
        raise Conflict("A new round has begun already.", code="another_round")
    entry.refresh_from_db(fields=["round", "flipped_at", "agreed"])
    return entry


@transaction.atomic
def agree(
    *,
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    round: int,
    choices: Mapping[str, Choice],
    now: datetime | None = None,
) -> AgendaEntry:
    """Change what is proposed to be agreed, after the flip; everybody sees it and what it does to the order."""
    held, entry = steer(actor, session, entry_id, now or timezone.now())
    if entry.flipped_at is None or round != entry.round:
        raise Conflict("The votes are not turned over.", code="not_turned_over")
    _, rubric = rubric_in_force(held.product_id)
    check(rubric, choices)
    for criterion, choice in choices.items():
        if choice.level is None:
            entry.agreed.pop(criterion, None)
        else:
            entry.agreed[criterion] = {"level": choice.level, "certainty": choice.certainty}
    entry.save(update_fields=["agreed"])
    return entry
