"""Two flips at once, a vote against a flip, two plans at once. On PostgreSQL; each with a control without the guard.

SQLite lets one transaction write at a time, so nothing meets there.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from django.db import connections, transaction
from django.utils import timezone

from backlog.models import Change
from core.errors import Conflict
from scoring.models import AgendaEntry, RefinementSession, Vote
from scoring.services.sessions import deciding, voting
from tests.cast import Cast, build
from tests.scoring.sessions.scene import accepted, criteria, entry_of, planned, vote

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
ROUNDS = int(os.environ.get("BALLAST_RACE_ROUNDS", "15"))


@pytest.fixture
def stage_cast(transactional_db: None) -> Cast:
    return build()


def together(acts: Sequence[Callable[[], object]]) -> list[object]:
    start_line = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            start_line.wait(10)
            results[place] = act()
        except BaseException as error:  # an error is a result to look at, not the end of a thread
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def running(cast: Cast) -> RefinementSession:
    """A session over one item, with a vote."""
    accepted(cast, f"Item {time.monotonic_ns()}")
    now = timezone.now()
    session = planned(cast, box_minutes=5, minutes_each=5, now=now)
    session = deciding.open_session(actor=cast.actor("owner"), session=session, now=now)
    vote(cast, session, "contributor", 4, now=now)
    return session


def flips(cast: Cast, session: RefinementSession) -> Callable[[], object]:
    return partial(
        voting.flip,
        actor=cast.actor("owner"),
        session=session,
        entry_id=entry_of(session).pk,
        round=1,
    )


def test_two_flips_at_once_turn_the_votes_over_once(stage_cast: Cast) -> None:
    for _ in range(ROUNDS):
        session = running(stage_cast)
        results = together([flips(stage_cast, session) for _ in range(4)])
        assert sum(isinstance(each, AgendaEntry) for each in results) == 1, results
        assert sum(isinstance(each, Conflict) for each in results) == 3, results
        assert Change.objects.filter(verb="session.voted", subject_id=session.pk).count() == 1


def test_a_vote_against_the_flip_counts_or_is_told(stage_cast: Cast) -> None:
    """What the flip proposed is the median of exactly the votes that are there afterwards."""
    cast = stage_cast
    ends = {"counted": 0, "told": 0}
    for _ in range(ROUNDS):
        session = running(cast)
        entry = entry_of(session)
        key = criteria(cast)[0]
        late = partial(vote, cast, session, "reviewer", 1, entry=entry, now=timezone.now())
        voted, flipped = together([late, flips(cast, session)])
        assert isinstance(flipped, AgendaEntry), flipped
        there = list(
            Vote.objects.filter(entry=entry, criterion=key).values_list("level", flat=True)
        )
        if voted is None:
            ends["counted"] += 1
            assert sorted(there) == [1, 4]
            assert flipped.agreed[key]["level"] == 2.5
        else:
            ends["told"] += 1
            assert isinstance(voted, Conflict), voted
            assert there == [4]
            assert flipped.agreed[key]["level"] == 4
    print(ends)


def test_control_without_taking_the_session_a_vote_slips_behind_the_flip(stage_cast: Cast) -> None:
    """The same two acts without the conditional UPDATE: the vote looks, the flip turns, the vote is written."""
    cast = stage_cast
    session = running(cast)
    entry = entry_of(session)
    key = criteria(cast)[0]
    looked, turned = threading.Event(), threading.Event()

    def careless() -> None:
        with transaction.atomic():
            assert AgendaEntry.objects.get(pk=entry.pk).flipped_at is None
            looked.set()
            assert turned.wait(10)
            Vote.objects.create(
                entry=entry, user=cast.reviewer, criterion=key, level=1, certainty="informed"
            )

    def turning() -> object:
        assert looked.wait(10)
        try:
            return flips(cast, session)()
        finally:
            turned.set()

    _, flipped = together([careless, turning])
    assert isinstance(flipped, AgendaEntry)
    there = Vote.objects.filter(entry=entry, criterion=key).values_list("level", flat=True)
    assert sorted(there) == [1, 4], "a vote that nobody was shown"
    assert flipped.agreed[key]["level"] == 4


def test_eight_people_voting_at_once_lose_no_vote(stage_cast: Cast) -> None:
    cast = stage_cast
    session = running(cast)
    entry = entry_of(session)
    people = ["contributor", "reviewer", "owner", "leadership", "administrator"]
    results = together(
        [partial(vote, cast, session, who, 2, entry=entry, now=timezone.now()) for who in people]
    )
    assert results == [None] * len(people)
    assert Vote.objects.filter(entry=entry).count() == len(people) * len(criteria(cast))


def test_two_records_at_once_record_once(stage_cast: Cast) -> None:
    cast = stage_cast
    for _ in range(ROUNDS):
        session = running(cast)
        entry = entry_of(session)
        flips(cast, session)()
        record = partial(
            deciding.record,
            actor=cast.actor("owner"),
            session=session,
            entry_id=entry.pk,
            round=1,
        )
        results = together([record, record])
        assert sum(isinstance(each, AgendaEntry) for each in results) == 1, results
        entry.refresh_from_db()
        assert len(entry.outcomes) == 1
