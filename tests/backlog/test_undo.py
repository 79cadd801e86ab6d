"""Taking back: one act, a merge with its evidence, a bulk edit as one; never over somebody's later change."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest

from backlog import selectors
from backlog.models import Change, Item, ItemLink, Label
from backlog.services import bulk, editing, items, states, undo
from backlog.services.bulk import BulkChange
from backlog.vocabulary import State
from core.errors import Conflict, NotAllowed, NotFound
from scoring.models import Signal
from scoring.services import signals
from tests.backlog.making import accepted, again, ask, in_state, label, make, many, queue, rate
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")

COLUMNS = (
    *("title", "state", "state_reason", "parked_until", "queue_id", "owner_id", "effort", "due_at"),
    *("severity", "accepted_at", "started_at", "finished_at", "horizon"),
)


def columns(item: Item) -> dict[str, Any]:
    fresh = again(item)
    return {name: getattr(fresh, name) for name in COLUMNS} | {
        "labels": sorted(fresh.labels.values_list("name", flat=True))
    }


def batch_of(item: Item) -> uuid.UUID:
    """What the page offers to undo right after an act."""
    found = selectors.last_batch(item)
    assert found is not None
    return found


def test_every_act_can_be_taken_back(cast: Cast) -> None:
    """Each verb in turn: done, undone, and every column is as it was; the score too."""
    actor = cast.actor("administrator")
    stability, bet = queue(cast.a, "stability"), queue(cast.a, "strategic_bet")
    hotfix = queue(cast.a, "hotfix")
    day = date(2999, 1, 1)

    def to(state: str) -> Any:
        return lambda item: states.set_state(
            actor=actor, item=item, state=state, reason="Why.", until=day
        )

    acts = [
        (State.TRIAGE, lambda item: states.accept_item(actor=actor, item=item, queue=stability)),
        (
            State.TRIAGE,
            lambda item: states.accept_item(
                actor=actor, item=item, queue=hotfix, severity=1, owner=cast.owner
            ),
        ),
        (State.TRIAGE, to("parked")),
        (State.TRIAGE, to("declined")),
        (
            State.ACCEPTED,
            lambda item: states.move_item(actor=actor, item=item, queue=bet, reason="Why."),
        ),
        (State.ACCEPTED, to("in_progress")),
        (State.ACCEPTED, to("triage")),
        (State.IN_PROGRESS, to("in_review")),
        (State.IN_PROGRESS, to("done")),
        (State.DONE, to("in_progress")),
        (State.PARKED, to("accepted")),
        (State.DECLINED, to("triage")),
    ]
    for start, act in acts:
        item = in_state(cast, start)
        rate(cast, item)
        before = columns(item)
        summary = again(item).summary
        done = act(again(item))
        assert columns(item) != before
        (back,) = undo.undo(actor=actor, product=cast.a, batch=batch_of(item))
        assert columns(item) == before, start
        assert back.version == done.version + 1
        after = again(item).summary
        for name in ("queue_kind", "state", "is_open", "due_order"):
            assert getattr(after, name) == getattr(summary, name), (start, name)
        assert (after.priority is None) == (summary.priority is None)
        row = Change.objects.filter(item_id=item.pk, verb="item.undone").get()
        assert row.undoes is not None
        assert row.reason.startswith("Undo of “")


def test_an_act_is_undone_once(cast: Cast) -> None:
    actor = cast.actor("owner")
    item = states.accept_item(actor=actor, item=make(cast), queue=queue(cast.a, "stability"))
    batch = batch_of(item)
    undo.undo(actor=actor, product=cast.a, batch=batch)
    with pytest.raises(Conflict) as refused:
        undo.undo(actor=actor, product=cast.a, batch=batch)
    assert refused.value.code == "undone_already"
    with pytest.raises(NotFound):  # an undo is no act that can be undone
        undo.undo(actor=actor, product=cast.a, batch=batch_of(item))


def test_an_act_of_somebody_else_or_somewhere_else(cast: Cast) -> None:
    item = states.accept_item(
        actor=cast.actor("owner"), item=make(cast), queue=queue(cast.a, "stability")
    )
    batch = batch_of(item)
    for actor, product in (
        (cast.actor("administrator"), cast.a),
        (cast.actor("outsider"), cast.b),
        (cast.actor("outsider"), cast.a),
    ):
        with pytest.raises(NotFound):
            undo.undo(actor=actor, product=product, batch=batch)
    for path in (f"products/ATLAS/undo/{uuid.uuid4()}/", f"products/BRAVO/undo/{batch}/"):
        assert ask(cast, "owner", "POST", path).status_code == 404
    done = ask(cast, "owner", "POST", f"products/ATLAS/undo/{batch}/")
    assert done.json() == {"items": [item.key]}


def test_not_over_a_later_change_of_the_same_field(cast: Cast) -> None:
    actor = cast.actor("owner")
    item = states.accept_item(actor=actor, item=make(cast), queue=queue(cast.a, "stability"))
    batch = batch_of(item)
    states.move_item(
        actor=actor, item=again(item), queue=queue(cast.a, "enhancement"), reason="Why."
    )
    with pytest.raises(Conflict, match=f"{item.key}: queue was changed since") as refused:
        undo.undo(actor=actor, product=cast.a, batch=batch)
    assert refused.value.code == "changed_since"
    assert again(item).queue.kind == "enhancement"


def test_beside_a_later_change_of_another_field(cast: Cast) -> None:
    actor = cast.actor("owner")
    item = states.accept_item(actor=actor, item=make(cast), queue=queue(cast.a, "stability"))
    items.edit_item(actor=actor, item=item, values={"title": "Better"}, version=item.version)
    undo.undo(actor=actor, product=cast.a, batch=batch_of_verb(item, "item.accepted"))
    after = again(item)
    assert (after.state, after.queue, after.title) == ("triage", None, "Better")


def batch_of_verb(item: Item, verb: str) -> uuid.UUID:
    found = Change.objects.get(item_id=item.pk, verb=verb).batch
    assert found is not None
    return found


def test_an_instant_from_another_zone_is_the_same_instant(cast: Cast) -> None:
    """A due instant that came from a page in another zone is no later change."""
    due = datetime.fromisoformat("2026-12-24T12:00:00+05:45")
    item = make(cast, severity=1, owner=cast.owner)
    batch = uuid.uuid4()
    editing.apply(
        actor=cast.actor("owner"),
        product=cast.a,
        edits=[editing.Edit(item.pk, {"due_at": due}, right="item.edit")],
        batch=batch,
    )
    undo.undo(actor=cast.actor("owner"), product=cast.a, batch=batch)
    assert again(item).due_at is None


def test_every_right_that_an_act_took_is_asked_again(cast: Cast) -> None:
    actor = cast.actor("contributor")
    item = states.decline_item(actor=actor, item=make(cast), reason="No.")
    cast.a.decision_rights.create(action="item.triage", role="contributor", allowed=False)
    with pytest.raises(NotAllowed):
        undo.undo(actor=cast.actor("contributor"), product=cast.a, batch=batch_of(item))


def test_the_last_act_that_can_be_undone(cast: Cast) -> None:
    actor = cast.actor("owner")
    assert undo.last_act(actor, cast.a) is None
    first = states.accept_item(actor=actor, item=make(cast), queue=queue(cast.a, "stability"))
    second = states.decline_item(actor=actor, item=make(cast), reason="No.")
    states.decline_item(actor=cast.actor("reviewer"), item=make(cast), reason="No.")
    assert undo.last_act(actor, cast.a) == batch_of(second)
    undo.undo(actor=actor, product=cast.a, batch=batch_of(second))
    assert undo.last_act(actor, cast.a) == batch_of(first)
    undo.undo(actor=actor, product=cast.a, batch=batch_of(first))
    assert undo.last_act(actor, cast.a) is None


# --- Merges -------------------------------------------------------------------------------------


def evidence(cast: Cast, item: Item, name: str) -> None:
    signals.add_signals(
        actor=cast.actor("owner"),
        product=cast.a,
        drafts=[
            signals.Draft(
                "support_ticket", 5, datetime(2026, 1, 1, tzinfo=UTC), "desk", name, item=item
            )
        ],
    )


def where(*names: str) -> dict[str, int | None]:
    rows = Signal.objects.filter(external_id__in=names) if names else Signal.objects.all()
    return dict(rows.values_list("external_id", "item__number"))


def test_a_merge_moves_the_evidence_and_undo_brings_it_back(cast: Cast) -> None:
    actor = cast.actor("owner")
    one, two = accepted(cast), accepted(cast)
    rate(cast, two)
    evidence(cast, one, "of one")
    evidence(cast, two, "of two")
    lone = again(two).summary.priority
    merged = states.merge_item(actor=actor, item=again(one), into=again(two))
    assert (merged.state, merged.state_reason) == ("declined", f"Merged into {two.key}.")
    assert where() == {"of one": two.number, "of two": two.number}
    assert again(two).summary.priority > lone
    link = ItemLink.objects.get()
    assert (link.source_id, link.target_id, link.kind) == (one.pk, two.pk, "duplicates")
    undo.undo(actor=actor, product=cast.a, batch=batch_of(one))
    assert where() == {"of one": one.number, "of two": two.number}
    assert again(two).summary.priority == pytest.approx(lone, abs=1e-6)
    assert not ItemLink.objects.exists()
    assert again(one).state == "accepted"


def test_a_link_that_was_there_before_a_merge_stays_after_its_undo(cast: Cast) -> None:
    actor = cast.actor("owner")
    one, two = accepted(cast), accepted(cast)
    ask(cast, "owner", "POST", f"items/{one.key}/links/", {"kind": "duplicates", "target": two.key})
    states.merge_item(actor=actor, item=again(one), into=again(two))
    undo.undo(actor=actor, product=cast.a, batch=batch_of(one))
    assert ItemLink.objects.count() == 1


@pytest.mark.parametrize("order", ["newest first", "oldest first"])
def test_a_chain_of_merges_comes_apart_as_it_was(cast: Cast, order: str) -> None:
    actor = cast.actor("owner")
    one, two, three = accepted(cast), accepted(cast), accepted(cast)
    for item, name in ((one, "1"), (two, "2"), (three, "3")):
        evidence(cast, item, name)
    states.merge_item(actor=actor, item=again(one), into=again(two))
    states.merge_item(actor=actor, item=again(two), into=again(three))
    assert set(where().values()) == {three.number}
    first, second = batch_of(one), batch_of(two)
    if order == "newest first":
        undo.undo(actor=actor, product=cast.a, batch=second)
        assert where() == {"1": two.number, "2": two.number, "3": three.number}
        undo.undo(actor=actor, product=cast.a, batch=first)
    else:
        undo.undo(actor=actor, product=cast.a, batch=first)
        assert where() == {"1": one.number, "2": three.number, "3": three.number}
        undo.undo(actor=actor, product=cast.a, batch=second)
    assert where() == {"1": one.number, "2": two.number, "3": three.number}
    assert not Signal.objects.exclude(merged_from=None).exists()


def test_what_a_merge_refuses(cast: Cast) -> None:
    actor = cast.actor("owner")
    item, closed = accepted(cast), in_state(cast, State.DONE)
    with pytest.raises(Conflict, match="done"):
        states.merge_item(actor=actor, item=item, into=closed)
    body = {"into": item.key}
    assert (
        ask(cast, "owner", "POST", f"items/{item.key}/merge/", body, version=1).status_code == 400
    )
    for into in ("BRAVO-1", "ATLAS-999", "nonsense", "ATLAS-0", ""):
        answer = ask(cast, "owner", "POST", f"items/{item.key}/merge/", {"into": into}, version=1)
        assert answer.status_code == 400, into
    merged = states.merge_item(actor=actor, item=accepted(cast), into=item)
    with pytest.raises(Conflict):  # back the other way: it is closed now
        states.merge_item(actor=actor, item=again(item), into=merged)


# --- Bulk edits ---------------------------------------------------------------------------------


def test_a_bulk_edit_is_undone_as_one(cast: Cast) -> None:
    actor = cast.actor("owner")
    red = label(cast.a, "red")
    made = many(cast.a, 60, kind="stability", state="accepted", labels=[red])
    before = {item.pk: columns(item) for item in made[:5]}
    change = BulkChange(
        queue=queue(cast.a, "enhancement"),
        owner=cast.reviewer,
        horizon="release",
        add_labels=[label(cast.a, "blue")],
        remove_labels=[red],
        reason="New plan.",
    )
    done, refused, batch, *_ = bulk.apply(
        actor=actor, product=cast.a, item_ids=[item.pk for item in made], change=change
    )
    assert (len(done), refused) == (60, [])
    assert columns(made[0])["labels"] == ["blue"]
    back = undo.undo(actor=cast.actor("owner"), product=cast.a, batch=batch)
    assert len(back) == 60
    for item in made[:5]:
        assert columns(item) == before[item.pk]
    assert Change.objects.filter(undoes=batch).count() == 60


def test_all_of_a_bulk_edit_or_nothing(cast: Cast) -> None:
    actor = cast.actor("owner")
    made = many(cast.a, 5, kind="stability", state="accepted")
    _, _, batch, *_ = bulk.apply(
        actor=actor,
        product=cast.a,
        item_ids=[item.pk for item in made],
        change=BulkChange(owner=cast.owner),
    )
    items.edit_item(actor=actor, item=again(made[3]), values={"owner": cast.reviewer}, version=None)
    with pytest.raises(Conflict, match="ATLAS-4: owner"):
        undo.undo(actor=cast.actor("owner"), product=cast.a, batch=batch)
    assert again(made[0]).owner == cast.owner


def test_what_is_gone_since_comes_back_as_far_as_it_can(cast: Cast) -> None:
    actor = cast.actor("owner")
    red, blue = label(cast.a, "red"), label(cast.a, "blue")
    item = make(cast, labels=[red, blue])
    _, _, batch, *_ = bulk.apply(
        actor=actor,
        product=cast.a,
        item_ids=[item.pk],
        change=BulkChange(remove_labels=[red, blue]),
    )
    Label.objects.filter(pk=red.pk).delete()
    undo.undo(actor=cast.actor("owner"), product=cast.a, batch=batch)
    assert columns(item)["labels"] == ["blue"]


@pytest.mark.slow
def test_bulk_edit_and_undo_of_2000_items_in_bounded_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    red, blue = label(cast.a, "red"), label(cast.a, "blue")
    made = many(cast.a, 2000, kind="stability", state="accepted", labels=[red], owner=cast.owner)
    ids = [item.pk for item in made]
    change = BulkChange(
        queue=queue(cast.a, "enhancement"),
        owner=cast.reviewer,
        add_labels=[blue],
        remove_labels=[red],
        reason="New plan.",
    )
    with django_assert_max_num_queries(150):
        done, refused, batch, *_ = bulk.apply(
            actor=cast.actor("owner"), product=cast.a, item_ids=ids, change=change
        )
    assert (len(done), refused) == (2000, [])
    with django_assert_max_num_queries(150):
        back = undo.undo(actor=cast.actor("owner"), product=cast.a, batch=batch)
    assert len(back) == 2000
    assert set(Item.objects.values_list("queue__kind", "owner")) == {("stability", cast.owner.pk)}
    assert Item.labels.through.objects.filter(label=red).count() == 2000
    assert Item.labels.through.objects.filter(label=blue).count() == 0
