"""Sessions, made through services, and the people who vote in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from backlog.models import Item, Queue
from backlog.services import items
from scoring.current import rubric_in_force
from scoring.models import AgendaEntry, RefinementSession
from scoring.services.sessions import deciding, planning, voting
from tests.cast import Cast

NOW = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)


def accepted(
    cast: Cast, *titles: str, queue: str = "enhancement", effort: float | None = 3.0, **more: Any
) -> list[Item]:
    """Accepted items, one a title."""
    into = Queue.objects.get(product=cast.a, kind=queue)
    drafts = [
        items.Draft(title=title, queue=into, state="accepted", effort=effort, **more)
        for title in titles
    ]
    return items.create_items(
        actor=cast.actor("administrator"), product=cast.a, drafts=drafts, right="item.create"
    )


def planned(
    cast: Cast,
    *,
    people: Sequence[str] = ("contributor", "reviewer"),
    by: str = "owner",
    now: datetime = NOW,
    **values: Any,
) -> RefinementSession:
    """A session of an hour for tomorrow, with its agenda."""
    functions: Mapping[str, str] = values.pop("functions_of", {})
    plan = planning.Plan(
        **{
            "title": "Weekly refinement",
            "starts_at": now + timedelta(days=1),
            "functions": ("engineering", "design"),
            "attendees": {cast.people[name]: functions.get(name, "") for name in people},
            **values,
        }
    )
    return planning.plan_session(actor=cast.actor(by), product=cast.a, plan=plan, seed=7, now=now)


def live(cast: Cast, *titles: str, now: datetime = NOW, **values: Any) -> RefinementSession:
    """A session that is going on over these items."""
    if titles:
        accepted(cast, *titles)
    session = planned(cast, now=now, **values)
    return deciding.open_session(
        actor=cast.actor(values.get("by", "owner")), session=session, now=now
    )


def entry_of(session: RefinementSession, title: str = "") -> AgendaEntry:
    """The entry of an item by its title; without one the first of the agenda."""
    rows = session.entries.order_by("position", "pk").select_related("item")
    return rows.get(item__title=title) if title else rows[0]


def criteria(cast: Cast, count: int = 3) -> list[str]:
    return [each.key for each in rubric_in_force(cast.a.pk)[1].criteria][:count]


def vote(
    cast: Cast,
    session: RefinementSession,
    who: str,
    level: float = 3,
    *,
    entry: AgendaEntry | None = None,
    round: int = 1,
    keys: Sequence[str] = (),
    certainty: str = "informed",
    now: datetime = NOW,
) -> None:
    entry = entry or entry_of(session)
    voting.cast(
        actor=cast.actor(who),
        session=session,
        entry_id=entry.pk,
        round=round,
        choices={key: voting.Choice(level, certainty) for key in keys or criteria(cast)},
        now=now,
    )


def flip(
    cast: Cast, session: RefinementSession, *, by: str = "owner", round: int = 1
) -> AgendaEntry:
    return voting.flip(
        actor=cast.actor(by), session=session, entry_id=entry_of(session).pk, round=round, now=NOW
    )
