"""Taking imports back: everything is as it was, but for what people have done since."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.actors import Actor
from backlog.models import Change, Comment, Cycle, Item, ItemLink, Label
from backlog.services import comments, cycles, items
from core.errors import Conflict
from integrations.models import ImportedRecord, ImportEffect, ImportRun
from integrations.services import imports as services
from scoring.models import Rating
from scoring.services import ratings
from tests.backlog.making import label as make_label
from tests.cast import Cast
from tests.integrations.exports import (
    FIRST,
    ISSUES,
    SECOND,
    THIRD,
    bring,
    dump,
    item,
    jira,
    many,
    take_back,
    work,
)

pytestmark = pytest.mark.usefixtures("sound")

State = ImportRun.State


@pytest.fixture
def owner(cast: Cast) -> Actor:
    return cast.actor("owner")


def furnish(cast: Cast, owner: Actor) -> None:
    """Something that was there before: items, a label that the import uses too."""
    label = [make_label(cast.a, "player")]
    for title in ("Here before", "This too"):
        draft = items.Draft(title=title, labels=label)
        items.create_item(actor=owner, product=cast.a, draft=draft)


@pytest.mark.slow
def test_everything_is_as_before(cast: Cast, owner: Actor) -> None:
    furnish(cast, owner)
    before = dump(cast.a)
    run = bring(cast.a, many(700), actor=owner)
    assert dump(cast.a) != before
    take_back(run, owner)
    assert run.state == State.UNDONE
    assert dump(cast.a) == before
    assert (run.counts["removed"], run.counts.get("kept", 0)) == (700, 0)
    assert not ImportEffect.objects.exists()


def test_everything_is_as_before_a_later_export(cast: Cast, owner: Actor) -> None:
    furnish(cast, owner)
    first = bring(cast.a, jira(*ISSUES), actor=owner)
    before = dump(cast.a)
    later = jira(
        {
            **FIRST,
            "Summary": "Renamed",
            "Description": "Other words",
            "Priority": "Highest",
            "Labels": ["new word"],
            "Sprint": ["Sprint 9"],
            "Votes": "40",
            "Watchers": ["x", "y"],
            "Comment": [*FIRST["Comment"], "09/Apr/23 4:00 PM;jo;Worse now."],
            "Outward issue link (Blocks)": ["AT-3"],
        },
        {**SECOND, "Parent": "10001", "Status": "In Progress", "Resolution": "", "Resolved": ""},
        THIRD,
        {**THIRD, "Issue key": "AT-5", "Issue id": "10005", "Parent": "10003"},
    )
    run = bring(cast.a, later, actor=owner)
    assert (run.counts["created"], run.counts["updated"], run.counts["unchanged"]) == (1, 2, 1)
    take_back(run, owner)
    assert dump(cast.a) == before
    assert ImportedRecord.objects.filter(run=first).count() == 3
    take_back(first, owner)
    assert not ImportedRecord.objects.exists()


def test_it_can_be_imported_again_afterwards(cast: Cast, owner: Actor) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=owner)
    take_back(run, owner)
    again = bring(cast.a, jira(*ISSUES), actor=owner)
    assert again.counts["created"] == 3
    assert sorted(Item.objects.values_list("number", flat=True)) == [4, 5, 6]


def test_an_item_that_somebody_has_worked_on_stays(cast: Cast, owner: Actor) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=owner)
    first = item(cast.a, "AT-1")
    items.edit_item(actor=owner, item=first, values={"title": "Ours"}, version=first.version)
    take_back(run, owner)
    assert run.state == State.UNDONE
    (kept,) = Item.objects.all()
    assert kept.title == "Ours"
    assert (run.counts["removed"], run.counts["kept"]) == (2, 1)
    assert run.problems[0]["text"] == (
        "ATLAS-1 was changed by somebody after the import, so that stays."
    )
    assert sorted(kept.labels.values_list("name", flat=True)) == ["captions", "player"]
    assert Comment.objects.filter(item=kept).count() == 2


@pytest.mark.parametrize("what", ["comment", "rating"])
def test_so_does_one_that_somebody_has_spoken_about(cast: Cast, owner: Actor, what: str) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=owner)
    first = item(cast.a, "AT-1")
    if what == "comment":
        comments.add_comment(actor=cast.actor("viewer"), item=first, body="Mine")
    else:
        ratings.rate_item(actor=owner, item=first, entries={"trust": ratings.Entry(2)})
    take_back(run, owner)
    assert [each.pk for each in Item.objects.all()] == [first.pk]


def test_kept_items_keep_the_link_between_them(cast: Cast, owner: Actor) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=owner)
    for key in ("AT-1", "AT-2"):
        each = item(cast.a, key)
        items.edit_item(actor=owner, item=each, values={"effort": 9.0}, version=each.version)
    take_back(run, owner)
    assert [link.kind for link in ItemLink.objects.all()] == ["blocks"]


def test_a_kept_item_is_known_again(cast: Cast, owner: Actor) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=owner)
    first = item(cast.a, "AT-1")
    items.edit_item(actor=owner, item=first, values={"effort": 9.0}, version=first.version)
    take_back(run, owner)
    again = bring(cast.a, jira(*ISSUES), actor=owner)
    assert (again.counts["created"], again.counts["unchanged"]) == (2, 1)


def test_a_field_edited_since_keeps_the_edit(cast: Cast, owner: Actor) -> None:
    bring(cast.a, jira(FIRST), actor=owner)
    run = bring(cast.a, jira({**FIRST, "Summary": "Theirs", "Description": "Two"}), actor=owner)
    first = item(cast.a, "AT-1")
    items.edit_item(actor=owner, item=first, values={"title": "Ours"}, version=first.version)
    take_back(run, owner)
    first = item(cast.a, "AT-1")
    assert (first.title, first.description) == ("Ours", "Two **seconds** late.")
    assert run.counts["kept"] == 1


def test_a_guess_that_was_confirmed_since_stays(cast: Cast, owner: Actor) -> None:
    bring(cast.a, jira(FIRST), actor=owner)
    run = bring(cast.a, jira({**FIRST, "Priority": "Highest"}), actor=owner)
    first = item(cast.a, "AT-1")
    ratings.rate_item(
        actor=owner, item=first, entries={"customer_pain": ratings.Entry(5, "informed")}
    )
    take_back(run, owner)
    found = {each.criterion: each.level for each in Rating.objects.filter(item=first)}
    assert (found["customer_pain"], found["users_affected"]) == (5, 3)


def test_words_that_somebody_uses_or_has_planned_with_stay(cast: Cast, owner: Actor) -> None:
    run = bring(cast.a, jira(FIRST), actor=owner)
    draft = items.Draft(title="Uses it", labels=[make_label(cast.a, "captions")])
    items.create_item(actor=owner, product=cast.a, draft=draft)
    days = {"starts_on": date(2026, 1, 5), "ends_on": date(2026, 1, 16)}
    cycles.plan_cycle(actor=owner, product=cast.a, name="Sprint 1", **days)
    take_back(run, owner)
    assert [each.name for each in Label.objects.all()] == ["captions"]
    assert [each.name for each in Cycle.objects.all()] == ["Sprint 1"]


def test_the_log_keeps_what_was_taken_back(cast: Cast, owner: Actor) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=owner)
    take_back(run, owner)
    removed = Change.objects.filter(undoes=run.batch, verb="item.removed")
    assert removed.count() == 3
    assert Change.objects.filter(verb="import.undone", undoes=run.batch).count() == 1


def test_the_later_import_goes_first(cast: Cast, owner: Actor) -> None:
    first = bring(cast.a, jira(*ISSUES), actor=owner)
    second = bring(cast.a, jira({**FIRST, "Summary": "Two"}), actor=owner, name="later.csv")
    with pytest.raises(Conflict, match=r"The import of later\.csv .* Undo that one first"):
        services.undo_import(actor=owner, run=first)
    take_back(second, owner)
    take_back(first, owner)
    assert not Item.objects.exists()


def test_a_link_made_by_a_later_import_is_taken_back_with_it(cast: Cast, owner: Actor) -> None:
    first = bring(cast.a, jira(SECOND), actor=owner)
    before = dump(cast.a)
    second = bring(cast.a, jira(FIRST, THIRD), actor=owner)
    with pytest.raises(Conflict):
        services.undo_import(actor=owner, run=first)
    take_back(second, owner)
    assert dump(cast.a) == before
    bring(cast.a, jira(FIRST, THIRD), actor=owner)
    assert ItemLink.objects.count() == 2


def test_twice_is_refused(cast: Cast, owner: Actor) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=owner)
    take_back(run, owner)
    with pytest.raises(Conflict, match="This import is undone now"):
        services.undo_import(actor=owner, run=run)
    before = dump(cast.a)
    work(run)
    assert dump(cast.a) == before


def test_an_import_that_wrote_nothing_cannot_be_taken_back(cast: Cast, owner: Actor) -> None:
    run = services.start_import(actor=owner, product=cast.a, name="a.csv", chunks=[jira(FIRST)])
    services.cancel(actor=owner, run=run)
    with pytest.raises(Conflict, match="nothing to take back"):
        services.undo_import(actor=owner, run=run)
