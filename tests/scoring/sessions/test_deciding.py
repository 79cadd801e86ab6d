"""What a session does with items: every act with before and after, and taken back again."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from backlog.models import Change, Item, ItemLink, Queue
from backlog.services import editing
from backlog.services.splitting import Part, split_item, take_back
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from scoring.models import AgendaEntry, Rating, RefinementSession
from scoring.services import ratings
from scoring.services.sessions import agendas, closing, deciding, notes, planning, voting
from tests.cast import Cast
from tests.scoring.sessions.scene import (
    NOW,
    accepted,
    criteria,
    entry_of,
    flip,
    live,
    planned,
    vote,
)


def act(cast: Cast, run: Any, session: RefinementSession, **values: Any) -> AgendaEntry:
    entry = values.pop("entry", None) or entry_of(session)
    found = run(actor=cast.actor("owner"), session=session, entry_id=entry.pk, now=NOW, **values)
    assert isinstance(found, AgendaEntry)
    return found


def undo(cast: Cast, session: RefinementSession, entry: AgendaEntry) -> AgendaEntry:
    return act(
        cast,
        deciding.take_back,
        session,
        entry=entry,
        batch=uuid.UUID(entry.outcomes[-1]["batch"]),
    )


def test_edit_and_rescope(cast: Cast) -> None:
    session = live(cast, "One")
    entry = act(
        cast,
        deciding.edit,
        session,
        values={"title": "One, smaller", "effort": 1.0},
        statements=["It holds", "It is fast"],
        cut="the second language",
    )
    assert entry.before["title"] == "One"
    assert entry.after["title"] == "One, smaller"
    assert entry.after["criteria"] == ["It holds", "It is fast"]
    assert entry.outcomes[0]["words"] == "title, effort 3 → 1, criteria; cut: the second language"
    assert entry.decided_at is None
    kept = entry.item.criteria.get(text="It holds")
    again = act(cast, deciding.edit, session, values={}, statements=["It holds", "Nobody asks"])
    assert again.after["criteria"] == ["It holds", "Nobody asks"]
    assert entry.item.criteria.get(text="It holds").pk == kept.pk
    with pytest.raises(Invalid):
        act(cast, deciding.edit, session, values={"title": "One, smaller"})
    change = Change.objects.get(item_id=entry.item_id, verb="item.edited")
    assert change.reason == "Cut in refinement: the second language"


def test_an_edit_names_the_version_that_was_read(cast: Cast) -> None:
    session = live(cast, "One")
    entry = entry_of(session)
    editing.apply(
        actor=cast.actor("contributor"),
        product=cast.a,
        edits=[editing.Edit(entry.item_id, {"title": "Theirs"})],
    )
    with pytest.raises(Conflict):
        act(cast, deciding.edit, session, values={"title": "Mine"}, version=1)
    entry.refresh_from_db()
    assert not entry.outcomes


@pytest.mark.parametrize("keep", [False, True])
def test_split(cast: Cast, keep: bool) -> None:
    session = live(cast, "One", "Two")
    entry = entry_of(session)
    key = criteria(cast)[0]
    ratings.rate_item(
        actor=cast.actor("contributor"),
        item=deciding.item_of(session, entry.item_id),
        entries={key: ratings.Entry(4, "certain")},
        now=NOW - timedelta(days=40),
    )
    done = act(cast, deciding.split, session, parts=[Part("Left", 1.0), Part("Right")], keep=keep)
    parts = list(Item.objects.filter(title__in=["Left", "Right"]).order_by("number"))
    assert [part.effort for part in parts] == [1.0, None]
    assert {part.queue_id for part in parts} == {entry.item.queue_id}
    assert ItemLink.objects.filter(kind="part_of", target=entry.item).count() == 2
    for row in Rating.objects.filter(item__in=parts):
        assert (row.level, row.certainty, row.rated_at) == (4, "guess", NOW - timedelta(days=40))
    assert Rating.objects.filter(item__in=parts).count() == 2
    original = Item.objects.get(pk=entry.item_id)
    assert original.state == ("accepted" if keep else "declined")
    assert (done.decided_at is None) == keep
    assert done.outcomes[-1]["kind"] == "split"
    for part in parts:
        part.refresh_from_db()
        assert part.summary.scored_at is not None
    back = undo(cast, session, done)
    assert back.outcomes == []
    assert back.decided_at is None
    assert Item.objects.get(pk=entry.item_id).state == "accepted"
    assert set(
        Item.objects.filter(pk__in=[part.pk for part in parts]).values_list("state", flat=True)
    ) == {"declined"}
    assert not ItemLink.objects.filter(kind="part_of").exists()


def test_a_split_is_not_taken_back_over_somebodys_work(cast: Cast) -> None:
    (item,) = accepted(cast, "One")
    batch = uuid.uuid4()
    item.product = cast.a
    left, _ = split_item(
        actor=cast.actor("owner"), item=item, parts=[Part("Left"), Part("Right")], batch=batch
    )
    editing.apply(
        actor=cast.actor("contributor"),
        product=cast.a,
        edits=[editing.Edit(left.pk, {"title": "Left, begun"})],
    )
    with pytest.raises(Conflict):
        take_back(actor=cast.actor("owner"), item=item, batch=batch)
    assert Item.objects.get(pk=item.pk).state == "declined", "all or nothing"
    with pytest.raises(NotFound):
        take_back(actor=cast.actor("administrator"), item=item, batch=batch)


@pytest.mark.parametrize("parts", [[], [Part("One")], [Part(f"P{n}") for n in range(21)]])
def test_a_split_makes_two_or_more(cast: Cast, parts: list[Part]) -> None:
    session = live(cast, "One")
    with pytest.raises(Invalid):
        act(cast, deciding.split, session, parts=parts, keep=False)
    assert Item.objects.count() == 1


def test_merge_park_and_requeue(cast: Cast) -> None:
    session = live(cast, "One", "Two", "Three")
    first, second, third = session.entries.order_by("position")
    other = Item.objects.select_related("product").get(pk=second.item_id)
    merged = act(cast, deciding.merge, session, entry=first, into=other, reason="The same")
    assert merged.after["state"] == "declined"
    session.refresh_from_db()
    assert session.current_id == second.pk, "on to the next"
    assert undo(cast, session, merged).after is None
    assert Item.objects.get(pk=first.item_id).state == "accepted"

    until = (NOW + timedelta(days=300)).date()
    parked = act(cast, deciding.park, session, entry=second, until=until, reason="After the audit")
    assert parked.after["state"] == "parked"
    assert "After the audit" in parked.outcomes[0]["words"]
    undo(cast, session, parked)
    assert Item.objects.get(pk=second.item_id).state == "accepted"

    queue = Queue.objects.get(product=cast.a, kind="stability")
    moved = act(cast, deciding.requeue, session, entry=third, queue=queue, reason="It breaks")
    assert (moved.before["queue"], moved.after["queue"]) == ("enhancement", "stability")
    assert moved.decided_at is None
    hotfix = Queue.objects.get(product=cast.a, kind="hotfix")
    with pytest.raises(Invalid):
        act(cast, deciding.requeue, session, entry=third, queue=hotfix, reason="Now")
    urgent = act(
        cast,
        deciding.requeue,
        session,
        entry=third,
        queue=hotfix,
        reason="Now",
        severity=1,
        owner=cast.contributor,
    )
    assert urgent.after["queue"] == "hotfix"


def test_states(cast: Cast) -> None:
    """What a session allows in each of its states."""
    accepted(cast, "One", "Two")
    session = planned(cast)
    owner = cast.actor("owner")
    entry = entry_of(session)
    for run in (deciding.show, deciding.put_off, deciding.reopen):
        with pytest.raises(Conflict):
            act(cast, run, session)
    with pytest.raises(Conflict):
        closing.close_session(actor=owner, session=session, now=NOW)
    deciding.open_session(actor=owner, session=session, now=NOW)
    with pytest.raises(Conflict):
        deciding.open_session(actor=owner, session=session, now=NOW)
    with pytest.raises(Conflict):
        planning.cancel_session(actor=owner, session=session, now=NOW)
    with pytest.raises(Conflict, match="Nobody has voted"):
        flip(cast, session)
    vote(cast, session, "contributor")
    with pytest.raises(Conflict, match="Turn the votes over"):
        act(cast, deciding.record, session, round=1)
    flip(cast, session)
    with pytest.raises(Conflict, match="already"):
        flip(cast, session)
    with pytest.raises(Conflict, match="turned over"):
        vote(cast, session, "reviewer")
    with pytest.raises(Conflict):
        act(cast, deciding.record, session, round=2)
    act(cast, deciding.record, session, round=1)
    with pytest.raises(Conflict, match="decided already"):
        act(cast, deciding.record, session, entry=entry, round=1)
    with pytest.raises(Conflict):
        agendas.remove_entry(actor=owner, session=session, entry_id=entry.pk)
    act(cast, deciding.reopen, session, entry=entry)
    act(cast, voting.new_round, session, entry=entry, round=1)
    with pytest.raises(Conflict):
        vote(cast, session, "contributor", entry=entry, round=1)
    vote(cast, session, "contributor", entry=entry, round=2)
    closing.close_session(actor=owner, session=session, now=NOW)
    with pytest.raises(Conflict, match="published"):
        notes.add_note(actor=owner, session=session, words="x")


def test_rights(cast: Cast) -> None:
    session = live(cast, "One")
    entry = entry_of(session)
    with pytest.raises(NotAllowed):
        vote(cast, session, "viewer")
    with pytest.raises(NotFound):
        vote(cast, session, "outsider")
    for run in (deciding.show, deciding.put_off):
        with pytest.raises(NotAllowed):
            run(actor=cast.actor("contributor"), session=session, entry_id=entry.pk)
    with pytest.raises(NotAllowed):
        planning.plan_session(
            actor=cast.actor("contributor"),
            product=cast.a,
            plan=planning.Plan("T", NOW + timedelta(days=1)),
            now=NOW,
        )
    note = notes.add_note(
        actor=cast.actor("contributor"), session=session, words="x", owner=cast.reviewer
    )
    with pytest.raises(NotAllowed):
        notes.settle_note(actor=cast.actor("viewer"), note=note)
    notes.settle_note(actor=cast.actor("reviewer"), note=note)
    with pytest.raises(Conflict):
        notes.settle_note(actor=cast.actor("owner"), note=note)


def test_the_database_refuses_to_change_a_closed_session(cast: Cast) -> None:
    from django.db import DatabaseError, transaction

    session = live(cast, "One")
    vote(cast, session, "contributor")
    closing.close_session(actor=cast.actor("owner"), session=session, now=NOW)
    rows = RefinementSession.objects.filter(pk=session.pk)
    for change in (
        lambda: rows.update(minutes={}),
        lambda: rows.update(state="live"),
        lambda: session.entries.update(note="x"),
        lambda: session.entries.get().votes.update(level=0),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_agreement_settles_what_was_disputed(cast: Cast) -> None:
    session = live(cast, "One")
    key = criteria(cast)[0]
    vote(cast, session, "contributor", 5, keys=[key])
    vote(cast, session, "reviewer", 1, keys=[key])
    entry = flip(cast, session)
    act(cast, deciding.put_off, session)
    closing.close_session(actor=cast.actor("owner"), session=session, now=NOW)
    later = planned(cast, now=NOW + timedelta(days=7))
    disputed = later.entries.get(item=entry.item)
    assert disputed.reasons[0] == "two scorers 4 levels apart on business value"
    deciding.open_session(actor=cast.actor("owner"), session=later, now=NOW + timedelta(days=8))
    for who in ("contributor", "reviewer"):
        vote(cast, later, who, 3, keys=[key], now=NOW + timedelta(days=8))
    voting.flip(
        actor=cast.actor("owner"),
        session=later,
        entry_id=disputed.pk,
        round=1,
        now=NOW + timedelta(days=8),
    )
    deciding.record(
        actor=cast.actor("owner"),
        session=later,
        entry_id=disputed.pk,
        round=1,
        now=NOW + timedelta(days=8),
    )
    closing.close_session(actor=cast.actor("owner"), session=later, now=NOW + timedelta(days=8))
    third = planned(cast, now=NOW + timedelta(days=30))
    assert third.entries.get(item=entry.item).reasons[0] == "certainty 70%, no second opinion"


def test_an_item_is_on_one_open_agenda(cast: Cast) -> None:
    accepted(cast, "One", "Two")
    first = planned(cast, box_minutes=5, minutes_each=5)
    second = planned(cast)
    assert first.entries.count() == 1
    assert {entry.item_id for entry in first.entries.all()}.isdisjoint(
        entry.item_id for entry in second.entries.all()
    )
