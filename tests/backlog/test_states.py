"""States: every way that exists and every one that does not, and what each asks for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backlog.jobs import parking
from backlog.models import Change, Item
from backlog.services import items, states
from backlog.vocabulary import ACCEPTED_STATES, TRANSITIONS, QueueKind, State
from core.errors import Conflict, DomainError, Invalid, NotAllowed, Stale
from tests.backlog.making import accepted, again, ask, in_state, make, queue
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = date(2999, 1, 1)


@pytest.mark.slow
def test_every_pair_of_states(cast: Cast) -> None:
    """A transition either exists and is logged once, or is refused and nothing is written."""
    actor = cast.actor("administrator")
    tried = 0
    for start in State.values:
        for end in State.values:
            item = in_state(cast, start)
            before = Change.objects.count()
            wanted: dict[str, Any] = {"reason": "Because.", "until": LATER}
            if end == start:
                continue
            tried += 1
            if end in TRANSITIONS[start]:
                done = states.set_state(actor=actor, item=item, state=end, **wanted)
                assert (done.state, done.version) == (end, item.version + 1)
                assert again(item).state == end
                assert Change.objects.count() == before + 1, (start, end)
                assert again(item).summary.state == end
                assert again(item).summary.is_open is (end in ("triage", *ACCEPTED_STATES[:3]))
            else:
                with pytest.raises(Conflict) as refused:
                    states.set_state(actor=actor, item=item, state=end, **wanted)
                assert refused.value.code == "no_such_transition"
                assert again(item).state == start
                assert Change.objects.count() == before
    assert tried == 42


def test_instants_follow_the_states(cast: Cast) -> None:
    actor = cast.actor("administrator")
    item = make(cast)
    assert (item.accepted_at, item.started_at, item.finished_at) == (None, None, None)
    t = [NOW + timedelta(hours=hour) for hour in range(6)]
    item = states.accept_item(actor=actor, item=item, queue=queue(cast.a, "stability"), now=t[0])
    item = states.set_state(actor=actor, item=item, state="in_progress", now=t[1])
    item = states.set_state(actor=actor, item=item, state="in_review", now=t[2])
    item = states.set_state(actor=actor, item=item, state="done", now=t[3])
    assert (item.accepted_at, item.started_at, item.finished_at) == (t[0], t[1], t[3])
    item = states.set_state(actor=actor, item=item, state="in_progress", now=t[4])
    assert (item.accepted_at, item.started_at, item.finished_at) == (t[0], t[1], None)
    assert again(item).updated_at == t[4]


def test_a_state_that_does_not_exist(cast: Cast) -> None:
    item = make(cast)
    with pytest.raises(Invalid):
        states.set_state(actor=cast.actor("owner"), item=item, state="nonsense")
    page = cast.client("owner").post(
        f"/p/{cast.a.key}/board/move/", {"item": item.key, "to": "nonsense"}
    )
    assert page.status_code == 422
    answer = ask(
        cast, "owner", "POST", f"items/{item.key}/state/", {"state": "nonsense"}, version=1
    )
    assert answer.status_code == 400


def test_the_same_state_again_is_nothing_for_those_who_may_and_refused_to_others(
    cast: Cast,
) -> None:
    item = in_state(cast, State.IN_PROGRESS)
    before = Change.objects.count()
    same = states.set_state(actor=cast.actor("contributor"), item=item, state="in_progress")
    assert same.version == item.version
    assert Change.objects.count() == before
    with pytest.raises(NotAllowed):
        states.set_state(actor=cast.actor("viewer"), item=item, state="in_progress")


def test_leaving_triage_needs_a_queue(cast: Cast) -> None:
    item = make(cast)
    for state in ("accepted", "in_progress"):
        with pytest.raises(Invalid) as refused:
            states.set_state(actor=cast.actor("owner"), item=item, state=state)
        assert "queue" in refused.value.fields


# --- Hotfixes -----------------------------------------------------------------------------------


def ways_into_hotfix(cast: Cast, item: Item) -> list[Any]:
    """Every single act that could make the item a hotfix somebody works on."""
    actor, hotfix = cast.actor("administrator"), queue(cast.a, "hotfix")
    if item.state == State.TRIAGE:
        return [
            lambda: states.accept_item(actor=actor, item=item, queue=hotfix),
            lambda: states.move_item(actor=actor, item=item, queue=hotfix, reason="Burns."),
            lambda: states.set_state(actor=actor, item=item, state="accepted"),
            lambda: states.set_state(actor=actor, item=item, state="in_progress"),
        ]
    return [lambda: states.move_item(actor=actor, item=item, queue=hotfix, reason="Burns.")]


@pytest.mark.parametrize("start", ["triage", "accepted"])
def test_no_way_into_hotfix_without_severity_and_owner(cast: Cast, start: str) -> None:
    if start == "triage":
        item = make(cast, queue=queue(cast.a, "hotfix"))
    else:
        item = accepted(cast, "stability")
    for enter in ways_into_hotfix(cast, item):
        with pytest.raises(Invalid) as refused:
            enter()
        assert set(refused.value.fields) == {"severity", "owner"}
    items.edit_item(
        actor=cast.actor("owner"), item=item, values={"severity": 2}, version=item.version
    )
    item = again(item)
    for enter in ways_into_hotfix(cast, item):
        with pytest.raises(Invalid) as refused:
            enter()
        assert set(refused.value.fields) == {"owner"}
    assert again(item).state == start


def test_a_reopened_hotfix_proposal_is_asked_as_well(cast: Cast) -> None:
    actor = cast.actor("administrator")
    item = make(cast, queue=queue(cast.a, "hotfix"))
    item = states.decline_item(actor=actor, item=item, reason="No.")
    with pytest.raises(Invalid, match="severity and an owner"):
        states.set_state(actor=actor, item=item, state="accepted")


@pytest.mark.parametrize(("severity", "hours"), [(1, 4), (2, 24), (3, 72), (4, 168)])
def test_a_hotfix_gets_its_deadline(cast: Cast, severity: int, hours: float) -> None:
    hotfix = queue(cast.a, "hotfix")
    hotfix.deadline_hours = {"1": 4, "2": 24, "3": 72, "4": 168}
    hotfix.save()
    item = states.accept_item(
        actor=cast.actor("contributor"),
        item=make(cast),
        queue=hotfix,
        severity=severity,
        owner=cast.contributor,
        now=NOW,
    )
    assert item.due_at == NOW + timedelta(hours=hours)
    assert again(item).summary.due_order == item.due_at


def test_a_hotfix_keeps_the_date_it_had(cast: Cast) -> None:
    due = NOW + timedelta(days=90)
    item = make(cast, due_at=due, severity=1, owner=cast.owner)
    item = states.accept_item(
        actor=cast.actor("owner"), item=item, queue=queue(cast.a, "hotfix"), now=NOW
    )
    assert item.due_at == due


def test_a_hotfix_that_is_one_already_is_not_asked_again(cast: Cast) -> None:
    actor = cast.actor("owner")
    item = make(cast, severity=1, owner=cast.owner)
    item = states.accept_item(actor=actor, item=item, queue=queue(cast.a, "hotfix"))
    items.edit_item(actor=actor, item=item, values={"owner": None}, version=item.version)
    assert (
        states.set_state(actor=actor, item=again(item), state="in_progress").state == "in_progress"
    )


# --- Queues -------------------------------------------------------------------------------------


def test_a_reclassification_needs_a_reason_and_the_right(cast: Cast) -> None:
    item = accepted(cast, "stability")
    bet = queue(cast.a, QueueKind.STRATEGIC_BET)
    with pytest.raises(Invalid) as refused:
        states.move_item(actor=cast.actor("owner"), item=item, queue=bet, reason=" ")
    assert "reason" in refused.value.fields
    with pytest.raises(NotAllowed):
        states.move_item(actor=cast.actor("contributor"), item=item, queue=bet, reason="Why.")
    done = states.move_item(actor=cast.actor("owner"), item=item, queue=bet, reason=" A\x00 bet. ")
    row = Change.objects.filter(item_id=item.pk).latest("id")
    assert (row.verb, row.right) == ("item.moved", "item.move")
    assert row.reason == " A bet. "
    assert [each["label"] for each in row.fields["queue"]] == ["Stability", "Strategic bet"]
    assert again(done).summary.queue_kind == "strategic_bet"


def test_a_second_triage_of_the_same_item_is_a_conflict(cast: Cast) -> None:
    item = accepted(cast)
    with pytest.raises(Conflict, match="triaged already"):
        states.accept_item(actor=cast.actor("owner"), item=item, queue=queue(cast.a, "stability"))


def test_two_who_triage_from_the_same_page_cannot_both(cast: Cast) -> None:
    """The second holds an item as it was read before the first decided."""
    item = make(cast)
    seen_by_both = again(item)
    states.accept_item(actor=cast.actor("owner"), item=item, queue=queue(cast.a, "stability"))
    with pytest.raises(Stale):
        states.accept_item(
            actor=cast.actor("contributor"), item=seen_by_both, queue=queue(cast.a, "enhancement")
        )
    assert again(item).queue.kind == "stability"


# --- Parking and declining ----------------------------------------------------------------------


@pytest.mark.parametrize("until", [None, date(2026, 3, 2), date(2026, 3, 1)])
def test_parking_needs_a_day_to_come(cast: Cast, until: date | None) -> None:
    with pytest.raises(Invalid) as refused:
        states.park_item(actor=cast.actor("owner"), item=make(cast), until=until, now=NOW)
    assert "until" in refused.value.fields


@pytest.mark.unsound
def test_what_is_parked_comes_back_on_its_day_and_only_once(cast: Cast) -> None:
    actor = cast.actor("owner")
    item = states.park_item(
        actor=actor, item=accepted(cast), until=date(2026, 3, 9), reason="Budget.", now=NOW
    )
    other = states.park_item(actor=actor, item=make(cast), until=date(2026, 3, 10), now=NOW)
    assert (item.state_reason, item.parked_until) == ("Budget.", date(2026, 3, 9))
    day = datetime(2026, 3, 8, 23, 59, tzinfo=UTC)
    assert parking.unpark_due(now=day) == 0
    assert parking.unpark_due(now=day + timedelta(minutes=1)) == 1
    assert parking.unpark_due(now=day + timedelta(minutes=2)) == 0
    back = again(item)
    assert (back.state, back.parked_until, back.state_reason) == ("triage", None, "")
    assert back.queue is not None
    assert again(other).state == "parked"
    row = Change.objects.filter(item_id=item.pk).latest("id")
    assert (row.verb, row.actor, row.actor_name, row.channel) == (
        "item.unparked",
        None,
        "Ballast",
        "task",
    )


@pytest.mark.unsound
def test_a_parked_item_may_be_parked_for_longer(cast: Cast) -> None:
    actor = cast.actor("owner")
    item = states.park_item(actor=actor, item=make(cast), until=date(2026, 3, 9), now=NOW)
    item = states.park_item(actor=actor, item=item, until=date(2026, 4, 9), now=NOW)
    assert item.parked_until == date(2026, 4, 9)


@pytest.mark.parametrize("reason", ["", "  ", "\n\n", "\x00"])
def test_declining_needs_a_reason(cast: Cast, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        states.decline_item(actor=cast.actor("owner"), item=make(cast), reason=reason)
    assert "reason" in refused.value.fields


def test_who_may_park_and_decline_what(cast: Cast) -> None:
    """What waits in triage: who triages. What was accepted: who decides."""
    contributor = cast.actor("contributor")
    states.decline_item(actor=contributor, item=make(cast), reason="No.")
    states.park_item(actor=contributor, item=make(cast), until=LATER)
    for act in (
        lambda item: states.decline_item(actor=contributor, item=item, reason="No."),
        lambda item: states.park_item(actor=contributor, item=item, until=LATER),
    ):
        with pytest.raises(NotAllowed, match="As contributor you may not"):
            act(accepted(cast))


def test_a_reason_has_a_limit(cast: Cast) -> None:
    item = make(cast)
    with pytest.raises(DomainError) as refused:
        states.decline_item(actor=cast.actor("owner"), item=item, reason="x" * 2001)
    assert "reason" in refused.value.fields
    assert states.decline_item(actor=cast.actor("owner"), item=item, reason="x" * 2000)
