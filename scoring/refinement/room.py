"""What a session's screen shows: agenda, item, votes as far as they may be seen, people, the order with new numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from accounts import rights
from accounts.actors import Actor
from backlog.models import Item
from backlog.selectors import rank_of
from core.errors import NotFound
from scoring import agenda, ballots
from scoring.current import rubric_in_force
from scoring.models import AgendaEntry, Attendee, Function, RefinementSession, SessionNote, Vote
from scoring.refinement import facts, minutes, order
from scoring.rubrics import CERTAINTY, Rubric
from scoring.selectors import made_from
from scoring.session_access import PRESENT_FOR, Pulse

State = RefinementSession.State

# The strip on which votes are drawn, in units of its view box.
STRIP_WIDTH, _EDGE, _STEP, _DOT = 340.0, 20.0, 60.0, 18.0


@dataclass
class Room:
    """Everything for one screen. ``entry`` is the one that this person looks at; ``at`` the one the room is at."""

    session: RefinementSession
    may_plan: bool
    may_vote: bool
    leads: bool
    entries: list[AgendaEntry]
    entry: AgendaEntry | None
    item: Item | None
    at: AgendaEntry | None
    people: list[dict[str, Any]]
    missing: list[str]
    pillars: list[tuple[str, list[dict[str, Any]]]]
    spread: list[dict[str, Any]]
    effect: order.Effect | None
    mine: int
    asked: int
    context: dict[str, Any] = field(default_factory=dict)


def room_of(
    actor: Actor, session: RefinementSession, now: datetime, *, entry_id: int | None = None
) -> Room:
    """The screen of ``actor``. A vote of somebody else is read only where it was turned over. About 25 queries.

    Raises NotFound for an entry that is not of this session.
    """
    may_plan = rights.allowed(actor, "session.plan", session.product)
    may_vote = rights.allowed(actor, "session.vote", session.product)
    leads = session.facilitator_id == (actor.user.pk if actor.user else None) and may_plan
    entries = list(
        session.entries.select_related("item__queue", "item__summary", "item__owner", "item__cycle")
        .defer("item__description")
        .order_by("position", "pk")
    )
    for each in entries:
        each.session = session
        each.item.product = session.product
    at = next((each for each in entries if each.pk == session.current_id), None)
    entry = at or (entries[0] if entries else None)
    if entry_id is not None:
        entry = next((each for each in entries if each.pk == entry_id), None)
        if entry is None:
            raise NotFound
    _, rubric = rubric_in_force(session.product_id)
    room = Room(
        session=session,
        may_plan=may_plan,
        may_vote=may_vote and session.state in (State.PLANNED, State.LIVE),
        leads=leads,
        entries=entries,
        entry=entry,
        item=entry.item if entry else None,
        at=at,
        people=people_of(session, now, at or entry),
        missing=[],
        pillars=[],
        spread=[],
        effect=None,
        mine=0,
        asked=len(rubric.criteria),
    )
    there = [each["function"] for each in room.people if each["counts"]]
    room.missing = minutes.missing_functions(session, there)
    if entry is not None:
        _look_at(room, actor, rubric, now)
    return room


def _look_at(room: Room, actor: Actor, rubric: Rubric, now: datetime) -> None:
    entry, item = room.entry, room.item
    assert entry is not None
    assert item is not None
    made = made_from(item)
    own = {
        vote.criterion: vote
        for vote in Vote.objects.filter(entry=entry, round=entry.round, user=actor.user)
    }
    room.mine = len(own)
    room.pillars = _blind(rubric, own)
    if entry.flipped_at is not None:
        room.spread = spread_of(entry, rubric)
        room.effect = order.effect_of(item, entry.agreed, now)
    else:
        room.effect = order.effect_of(item, {}, now)
    signals, count = facts.since_last_time(item, made.ratings)
    last = max((row.rated_at for row in made.ratings.values()), default=None)
    room.context = {
        "rank": rank_of(item),
        "criteria": list(item.criteria.order_by("position", "pk")),
        "signals": signals,
        "signals_more": max(0, count - len(signals)),
        "last_rated": last,
        "last": [
            {
                "label": each.label,
                "level": made.ratings[each.key].level,
                "certainty": made.ratings[each.key].certainty,
                "row": made.ratings[each.key],
            }
            for each in rubric.criteria
            if each.key in made.ratings
        ],
        "why": agenda.sentence(entry.reasons),
        "notes": list(
            SessionNote.objects.filter(session=room.session, entry=entry)
            .select_related("owner", "noted_by")
            .order_by("noted_at", "pk")
        ),
        "left_for_item": entry.opened_at + timedelta(minutes=room.session.minutes_each)
        if entry.opened_at
        else None,
    }


def _blind(rubric: Rubric, own: Mapping[str, Vote]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Criteria by pillar with one's own votes, for ``components/rating.html``."""
    pillars: dict[str, list[dict[str, Any]]] = {}
    for criterion in rubric.criteria:
        vote = own.get(criterion.key)
        pillars.setdefault(criterion.pillar.title(), []).append(
            {
                "name": criterion.label,
                "field": criterion.key,
                "level": None if vote is None else round(vote.level),
                "certainty": vote.certainty if vote else "informed",
                "texts": criterion.levels,
                "last": "",
            }
        )
    return list(pillars.items())


def spread_of(entry: AgendaEntry, rubric: Rubric) -> list[dict[str, Any]]:
    """Who voted what, a row a criterion, with the places of the dots; only ever of an entry that is turned over."""
    votes = list(
        Vote.objects.filter(entry=entry, round=entry.round)
        .select_related("user")
        .order_by("level", "user__name", "pk")
    )
    names = {vote.user_id: str(vote.user) for vote in votes}
    found = ballots.tally(
        ballots.Ballot(vote.user_id, vote.criterion, vote.level, vote.certainty) for vote in votes
    )
    rows = []
    for criterion in rubric.criteria:
        tally = found.get(criterion.key)
        agreed = entry.agreed.get(criterion.key)
        if tally is None and agreed is None:
            continue
        dots, height = _dots(tally.ballots if tally else (), names)
        rows.append(
            {
                "key": criterion.key,
                "label": criterion.label,
                "pillar": criterion.pillar,
                "dots": dots,
                "height": height,
                "base": height - 16,
                "ticks": [
                    {"x": _EDGE + _STEP * level, "level": level, "text": criterion.levels[level]}
                    for level in range(6)
                ],
                "apart": tally.apart if tally else 0,
                "far": bool(tally and tally.apart >= ballots.FAR_APART),
                "votes": [
                    {
                        "name": names[each.person],
                        "level": each.level,
                        "certainty": each.certainty,
                        "text": criterion.levels[round(each.level)],
                    }
                    for each in (tally.ballots if tally else ())
                ],
                "agreed": agreed,
                "proposed": tally.level if tally else None,
            }
        )
    return rows


def _dots(
    given: Sequence[ballots.Ballot], names: Mapping[int, str]
) -> tuple[list[dict[str, Any]], float]:
    """Dots stacked upwards from the line, one a voter."""
    stacks: dict[float, int] = {}
    for each in given:
        stacks[each.level] = stacks.get(each.level, 0) + 1
    height = _DOT * max(stacks.values(), default=1) + 26
    used: dict[float, int] = {}
    dots = []
    for each in given:
        place = used.get(each.level, 0)
        used[each.level] = place + 1
        dots.append(
            {
                "x": _EDGE + _STEP * each.level,
                "y": height - 16 - _DOT / 2 - 2 - _DOT * place,
                "name": names[each.person],
                "certainty": each.certainty,
                "level": each.level,
            }
        )
    return dots, height


def people_of(
    session: RefinementSession, now: datetime, entry: AgendaEntry | None
) -> list[dict[str, Any]]:
    """Who is invited or came, whether their screen is open, and whether (never what) they have voted. Two queries."""
    voted = set()
    if entry is not None:
        voted = set(
            Vote.objects.filter(entry=entry, round=entry.round).values_list("user_id", flat=True)
        )
    since = now - PRESENT_FOR
    rows: list[Attendee] = list(
        session.attendees.filter(removed_at=None)
        .select_related("user")
        .order_by("user__name", "user__email", "pk")
    )
    return [
        {
            "id": row.user_id,
            "name": str(row.user),
            "user": row.user,
            "function": row.function,
            "label": Function(row.function).label if row.function else "",
            "here": bool(row.seen_at and row.seen_at >= since),
            "joined": row.joined_at is not None,
            "voted": row.user_id in voted,
            "leads": row.user_id == session.facilitator_id,
            # before the session those invited count as there, in it those who came
            "counts": session.state == State.PLANNED or row.joined_at is not None,
        }
        for row in rows
    ]


def voting_progress(
    actor: Actor, sessions: Sequence[RefinementSession]
) -> dict[int, tuple[int, int]]:
    """Session -> (entries that still want this person's vote, entries). Two queries.

    An entry has one's vote as soon as one criterion has; skipping the others is allowed.
    """
    open_entries = AgendaEntry.objects.filter(
        session__in=sessions, decided_at=None, flipped_at=None
    )
    totals = dict(
        open_entries.values("session_id")
        .annotate(count=Count("pk"))
        .order_by("session_id")
        .values_list("session_id", "count")
    )
    voted = set(
        Vote.objects.filter(entry__in=open_entries, user=actor.user).values_list(
            "entry__session_id", "entry_id"
        )
    )
    done: dict[int, int] = {}
    for session_id, _ in voted:
        done[session_id] = done.get(session_id, 0) + 1
    return {pk: (count - done.get(pk, 0), count) for pk, count in totals.items()}


def sessions_of(
    session_rows: Any, *, now: datetime
) -> tuple[list[RefinementSession], list[RefinementSession]]:
    """A product's sessions: what is to come (soonest first), and the newest forty that are over. Two queries."""
    rows = session_rows.select_related("facilitator").annotate(entries_count=Count("entries"))
    ahead = rows.filter(state__in=[State.PLANNED, State.LIVE]).order_by("starts_at", "pk")
    over = rows.filter(state__in=[State.CLOSED, State.CANCELLED]).order_by("-starts_at", "-pk")
    return list(ahead[:50]), list(over[:40])


def open_notes(product_id: int, *, limit: int = 30) -> list[SessionNote]:
    """Questions and to-dos of closed sessions that nobody has settled, the oldest first. One query."""
    rows = SessionNote.objects.filter(
        session__product=product_id, session__state=State.CLOSED, settled_at=None
    ).select_related("owner", "session", "entry__item")
    return list(rows.order_by("noted_at", "pk")[:limit])


def sureness() -> list[tuple[str, str]]:
    """Certainties for a choice."""
    return [(name, name.title()) for name in CERTAINTY]


def pulse_data(pulse: Pulse) -> dict[str, Any]:
    """A pulse as JSON."""
    return {
        "tag": pulse.tag,
        "revision": pulse.revision,
        "screen": pulse.screen,
        "state": pulse.state,
        "current": pulse.current,
        "present": list(pulse.present),
        "voted": list(pulse.voted),
    }
