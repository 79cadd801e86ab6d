"""What an import writes, and what it writes the second time."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.actors import Actor, Via
from backlog.models import Change, Comment, Item, ItemLink, Label
from backlog.services import comments, items, links
from backlog.vocabulary import State
from integrations.models import ImportedRecord, ImportEffect, ImportRun
from integrations.services import imports as services
from scoring.models import Rating, Signal
from scoring.services import ratings
from tests.cast import Cast
from tests.integrations.exports import (
    FIRST,
    ISSUES,
    SECOND,
    THEN,
    THIRD,
    bring,
    counts,
    dump,
    github,
    item,
    jira,
    many,
    rescored,
    start,
    table,
    work,
)

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def owner(cast: Cast) -> Actor:
    return cast.actor("owner")


# --- What arrives ---------------------------------------------------------------------------------


def test_fields_arrive(cast: Cast, owner: Actor) -> None:
    bring(cast.a, jira(*ISSUES), actor=owner)
    first = item(cast.a, "AT-1")
    assert (first.title, first.description, first.kind) == (
        "Subtitles are late",
        "Two **seconds** late.",
        "fix",
    )
    assert first.queue is not None
    assert (first.queue.kind, first.state, first.effort) == ("stability", State.TRIAGE, 5)
    assert first.created_at.isoformat() == "2023-04-03T09:15:00+00:00"
    assert first.updated_at.isoformat() == "2023-04-05T16:00:00+00:00"
    assert first.due_at is not None
    assert first.due_at.isoformat() == "2023-06-30T23:59:00+00:00"
    assert sorted(label.name for label in first.labels.all()) == ["captions", "player"]
    assert [cycle.name for cycle in first.cycles.order_by("name")] == ["Sprint 1", "Sprint 2"]
    assert first.cycle is not None
    assert first.cycle.name == "Sprint 2"
    second = item(cast.a, "AT-2")
    assert second.state == State.DONE
    assert second.finished_at is not None
    assert second.finished_at.isoformat() == "2023-03-20T08:00:00+00:00"
    assert second.accepted_at == second.created_at


def test_comments_arrive_with_author_and_date(cast: Cast) -> None:
    bring(cast.a, jira(*ISSUES))
    found = Comment.objects.filter(item=item(cast.a, "AT-1")).order_by("created_at")
    assert [(each.author, each.author_name, each.body) for each in found] == [
        (None, "mara", "Seen on the tablet too."),
        (None, "jo", "Looking."),
    ]
    assert found[0].created_at.isoformat() == "2023-04-03T10:00:00+00:00"


def test_parents_and_links_arrive_whichever_comes_first(cast: Cast) -> None:
    run = bring(cast.a, jira(*ISSUES))
    found = {
        (link.source.title, link.kind, link.target.title)
        for link in ItemLink.objects.select_related("source", "target")
    }
    assert found == {
        ("Second scene", "part_of", "The course as a whole"),
        ("Second scene", "blocks", "Subtitles are late"),
    }
    assert run.counts["links"] == 2


def test_people_of_the_product_become_owners_and_reporters_by_address_or_name(
    cast: Cast, owner: Actor
) -> None:
    content = jira(
        {**FIRST, "Assignee": "Contributor", "Reporter": "somebody else"},
        {**SECOND, "Assignee": "nobody we know", "Reporter": "reviewer@example.org"},
        {**THIRD, "Assignee": "OWNER@example.org"},
    )
    bring(cast.a, content, actor=owner)
    reporters = [item(cast.a, f"AT-{number}").reporter for number in (1, 2, 3)]
    assert reporters == [None, cast.reviewer, None]  # whoever brings a file in did not report it
    assert item(cast.a, "AT-1").owner == cast.contributor
    assert item(cast.a, "AT-2").owner is None
    assert item(cast.a, "AT-3").owner == cast.owner
    record = ImportedRecord.objects.get(external_key="AT-2")
    assert record.extra["assignee"] == "nobody we know"


def test_what_has_no_field_is_kept(cast: Cast) -> None:
    bring(cast.a, jira({**FIRST, "Custom field (Room)": "blue", "Fix versions": ["2.0"]}))
    extra = ImportedRecord.objects.get().extra
    assert extra["columns"] == {"Custom field (Room)": "blue"}
    assert (extra["type"], extra["priority"], extra["fix versions"]) == ("Bug", "High", ["2.0"])


def test_the_log_says_what_came_in(cast: Cast, owner: Actor) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=owner)
    rows = Change.objects.filter(batch=run.batch, verb="item.imported")
    assert rows.count() == 3
    assert {(row.actor, row.channel, row.right) for row in rows} == {
        (cast.owner, Via.IMPORT, "import.run")
    }
    started = Change.objects.get(verb="import.started")
    assert started.fields["file"] == [None, "export.csv"]


# --- Starting ratings and evidence ---------------------------------------------------------------


def test_open_items_get_guesses_and_a_score(cast: Cast) -> None:
    bring(cast.a, jira(*ISSUES))
    rated = Rating.objects.filter(item=item(cast.a, "AT-1"))
    assert rated.count() == 9
    assert {(each.certainty, each.source) for each in rated} == {("guess", Rating.Source.IMPORT)}
    assert rated.get(criterion="customer_pain").level == 4
    assert item(cast.a, "AT-1").summary.priority is not None
    assert not Rating.objects.filter(item=item(cast.a, "AT-2")).exists()


def test_who_declines_guesses_gets_unscored_items(cast: Cast) -> None:
    bring(cast.a, jira(*ISSUES), mapping={"ratings": None})
    rescored(cast.a)
    assert not Rating.objects.exists()
    assert set(Item.objects.values_list("summary__priority", flat=True)) == {None}


def test_guesses_that_come_later_are_counted(cast: Cast) -> None:
    bring(cast.a, jira(*ISSUES), mapping={"ratings": None})
    again = bring(cast.a, jira(*ISSUES), mapping={"skip_labels": []})
    made = Rating.objects.filter(product=cast.a, source=Rating.Source.IMPORT).count()
    assert again.counts["ratings"] == made > 0
    page = cast.client("owner").get(f"/p/ATLAS/imports/{again.pk}/").content.decode()
    assert f"{made} starting ratings" in page
    assert "0 comments" not in page


def test_votes_become_evidence_once(cast: Cast) -> None:
    bring(cast.a, jira(FIRST))
    signal = Signal.objects.get(kind="vote")
    assert (signal.magnitude, signal.source) == (3, "import")
    bring(cast.a, jira(FIRST))
    assert Signal.objects.get(kind="vote").pk == signal.pk
    bring(cast.a, jira({**FIRST, "Votes": "8"}))
    signal.refresh_from_db()
    assert signal.magnitude == 8
    bring(cast.a, jira({**FIRST, "Votes": "0"}))
    signal.refresh_from_db()
    assert signal.magnitude == 0


def test_evidence_of_a_very_long_key_is_told_apart(cast: Cast) -> None:
    key = "AT" + "X" * 140
    bring(
        cast.a,
        table(
            ["Key", "Title", "Votes", "Watchers"],
            [f"{key}-1", "one", "4", "2"],
            [f"{key}-2", "two", "5", "2"],
        ),
    )
    assert sorted(Signal.objects.values_list("kind", "magnitude")) == [
        ("vote", 4),
        ("vote", 5),
        ("watcher", 2),
        ("watcher", 2),
    ]


def test_new_evidence_has_the_item_scored_again(cast: Cast) -> None:
    bring(cast.a, jira(FIRST))
    rescored(cast.a)
    before = item(cast.a, "AT-1").summary
    bring(cast.a, jira({**FIRST, "Votes": "400"}))
    after = item(cast.a, "AT-1").summary
    assert (before.scored_at, after.stale_since) == (THEN, None)
    assert after.scored_at != THEN


# --- The second time ---------------------------------------------------------------------------------


def test_twice_changes_nothing(cast: Cast) -> None:
    content = many(60)
    first = bring(cast.a, content)
    before, changes = dump(cast.a), Change.objects.count()
    second = bring(cast.a, content)
    assert counts(first) == (60, 0, 0, 0, 0)
    assert counts(second) == (0, 0, 60, 0, 0)
    assert dump(cast.a) == before
    assert Change.objects.count() == changes + 1  # that an import began
    assert not ImportEffect.objects.filter(run=second).exists()


def test_a_later_export_changes_what_differs_and_nothing_else(cast: Cast, owner: Actor) -> None:
    bring(cast.a, jira(*ISSUES), actor=owner)
    first = item(cast.a, "AT-1")
    items.edit_item(
        actor=owner, item=first, values={"title": "Ours", "effort": 8.0}, version=first.version
    )
    later = {
        **FIRST,
        "Description": "Three seconds late.",
        "Labels": ["player", "tablet"],
        "Updated": "09/Apr/23 4:00 PM",
        "Comment": [*FIRST["Comment"], "09/Apr/23 4:00 PM;jo;Worse now."],
    }
    run = bring(cast.a, jira(later, SECOND, THIRD), actor=owner)
    assert counts(run) == (0, 1, 2, 0, 0)
    first = item(cast.a, "AT-1")
    assert (first.title, first.effort) == ("Ours", 8)
    assert first.description == "Three seconds late."
    assert sorted(label.name for label in first.labels.all()) == ["player", "tablet"]
    assert [each.body for each in Comment.objects.filter(item=first).order_by("created_at")] == [
        "Seen on the tablet too.",
        "Looking.",
        "Worse now.",
    ]
    change, counted = Change.objects.filter(batch=run.batch, item_id=first.pk).order_by("verb")
    assert (change.verb, counted.verb) == ("item.reimported", "signal.reimported")
    assert set(change.fields) == {"description", "labels"}
    assert change.reason == counted.reason == "Import of export.csv"
    assert counted.fields["magnitude"] != counted.fields["magnitude"][::-1]


def test_a_comment_taken_away_here_does_not_come_back(cast: Cast) -> None:
    bring(cast.a, jira(FIRST))
    gone = Comment.objects.order_by("created_at").first()
    assert gone is not None
    comments.remove_comment(actor=cast.actor("administrator"), comment=gone)
    run = bring(cast.a, jira({**FIRST, "Summary": "Subtitles are very late"}))
    assert counts(run) == (0, 1, 0, 0, 0)
    assert Comment.objects.count() == 1


def test_a_field_that_changed_in_both_places_follows_the_file(cast: Cast, owner: Actor) -> None:
    bring(cast.a, jira(FIRST), actor=owner)
    first = item(cast.a, "AT-1")
    items.edit_item(actor=owner, item=first, values={"title": "Ours"}, version=first.version)
    bring(cast.a, jira({**FIRST, "Summary": "Theirs"}), actor=owner)
    assert item(cast.a, "AT-1").title == "Theirs"


def test_another_mapping_changes_what_nobody_has_touched(cast: Cast, owner: Actor) -> None:
    bring(cast.a, jira(*ISSUES), actor=owner)
    first = item(cast.a, "AT-1")
    items.edit_item(actor=owner, item=first, values={"kind": "task"}, version=first.version)
    kinds = {"default": "module"}
    run = bring(cast.a, jira(*ISSUES), actor=owner, mapping={"kinds": kinds})
    assert counts(run) == (0, 3, 0, 0, 0)
    assert item(cast.a, "AT-1").kind == "task"
    assert item(cast.a, "AT-3").kind == "module"
    again = bring(cast.a, jira(*ISSUES), actor=owner, mapping={"kinds": kinds})
    assert counts(again) == (0, 0, 3, 0, 0)


def test_guesses_follow_the_file_and_entered_ratings_stay(cast: Cast, owner: Actor) -> None:
    bring(cast.a, jira(FIRST, THIRD), actor=owner)
    ratings.rate_item(
        actor=owner,
        item=item(cast.a, "AT-1"),
        entries={"trust": ratings.Entry(1, "certain")},
    )
    bring(cast.a, jira({**FIRST, "Priority": "Highest"}, THIRD), actor=owner)
    found = {each.criterion: each for each in Rating.objects.filter(item=item(cast.a, "AT-1"))}
    assert (found["customer_pain"].level, found["customer_pain"].certainty) == (5, "guess")
    assert (found["trust"].level, found["trust"].certainty) == (1, "certain")
    change = Change.objects.filter(verb="item.reimported").get()
    assert change.fields["customer_pain"] == [
        {"level": 4, "certainty": "guess"},
        {"level": 5, "certainty": "guess"},
    ]


def test_an_item_that_is_opened_again_gets_guesses(cast: Cast) -> None:
    bring(cast.a, jira(SECOND, THIRD))
    assert not Rating.objects.filter(item=item(cast.a, "AT-2")).exists()
    reopened = {**SECOND, "Status": "In Progress", "Resolution": "", "Resolved": ""}
    bring(cast.a, jira(reopened, THIRD))
    second = item(cast.a, "AT-2")
    assert (second.state, second.finished_at) == (State.IN_PROGRESS, None)
    assert Rating.objects.filter(item=second).count() == 9


def test_another_parent_takes_the_place_of_the_first(cast: Cast) -> None:
    fourth = {**THIRD, "Summary": "Another course", "Issue key": "AT-4", "Issue id": "10004"}
    bring(cast.a, jira(*ISSUES, fourth))
    run = bring(cast.a, jira(FIRST, {**SECOND, "Parent": "10004"}, THIRD, fourth))
    assert counts(run) == (0, 1, 3, 0, 0)
    parents = ItemLink.objects.filter(kind="part_of")
    assert [link.target.title for link in parents] == ["Another course"]
    assert ItemLink.objects.filter(kind="blocks").count() == 1


def test_a_link_removed_here_does_not_come_back(cast: Cast, owner: Actor) -> None:
    bring(cast.a, jira(*ISSUES), actor=owner)
    link = ItemLink.objects.select_related("source__product", "target__product").get(kind="blocks")
    links.unlink_items(actor=owner, link=link)
    bring(cast.a, jira(*ISSUES), actor=owner)
    bring(cast.a, jira(FIRST, {**SECOND, "Summary": "Renamed"}, THIRD), actor=owner)
    assert not ItemLink.objects.filter(kind="blocks").exists()


def test_a_link_waits_for_its_other_end(cast: Cast) -> None:
    first = bring(cast.a, jira(SECOND))
    assert not ItemLink.objects.exists()
    assert first.counts["links"] == 0
    bring(cast.a, jira(FIRST, THIRD))
    assert ItemLink.objects.count() == 2
    assert not ImportedRecord.objects.filter(pending__isnull=False).exists()


def test_links_in_a_circle_are_left_out_with_a_word(cast: Cast) -> None:
    run = bring(
        cast.a,
        jira(
            {**FIRST, "Outward issue link (Blocks)": ["AT-2"]},
            {**SECOND, "Outward issue link (Blocks)": ["AT-1"]},
        ),
    )
    assert ItemLink.objects.filter(kind="blocks").count() == 1
    assert [problem["text"] for problem in run.problems if "circle" in problem["text"]] == [
        "The link “ATLAS-2 blocks ATLAS-1” would close a circle; it was left out."
    ]


def test_what_an_import_reports_is_what_the_rehearsal_said(cast: Cast) -> None:
    bring(cast.a, jira(*ISSUES))
    later = jira(
        {**FIRST, "Summary": "Renamed"},
        SECOND,
        {**THIRD, "Summary": ""},
        {**THIRD, "Issue key": "AT-9", "Issue id": "10009"},
    )
    run = start(cast.a, later)
    services.rehearse(actor=Actor.system(), run=run)
    work(run)
    assert run.state == ImportRun.State.REHEARSED
    assert run.rehearsal is not None
    expected = {"rows": 4, "created": 1, "updated": 1, "unchanged": 1, "skipped": 1, "errors": 0}
    assert run.rehearsal["counts"] == expected
    assert (run.problems[0]["row"], run.problems[0]["text"]) == (4, "no title")
    before = dump(cast.a)
    services.rehearse(actor=Actor.system(), run=run)
    work(run)
    assert dump(cast.a) == before
    services.carry_out(actor=Actor.system(), run=run)
    work(run)
    assert {name: run.counts[name] for name in expected} == expected


def test_pull_requests_are_left_out_unless_wanted(cast: Cast) -> None:
    issue = {"number": 1, "title": "A", "state": "open", "created_at": "2024-01-01T00:00:00Z"}
    pull = {**issue, "number": 2, "title": "B", "pull_request": {"url": "x"}}
    run = bring(cast.a, github(issue, pull, issue), name="issues.json")
    assert counts(run) == (1, 0, 0, 2, 0)
    assert {problem["text"] for problem in run.problems if problem["kind"] == "skipped"} == {
        "pull request",
        "same as row 1",
    }
    run = bring(cast.a, github(issue, pull), name="issues.json", mapping={"pull_requests": True})
    assert counts(run) == (1, 0, 1, 0, 0)


@pytest.mark.slow
def test_words_are_made_once_whatever_the_chunk(cast: Cast) -> None:
    bring(cast.a, many(1100))
    assert Label.objects.filter(product=cast.a).count() == 2
    assert Item.objects.filter(product=cast.a).count() == 1100
    assert ItemLink.objects.count() == 110


def test_imports_of_other_products_do_not_meet(cast: Cast) -> None:
    bring(cast.a, jira(*ISSUES))
    before = dump(cast.a)
    run = bring(cast.b, jira(*ISSUES))
    assert counts(run) == (3, 0, 0, 0, 0)
    assert dump(cast.a) == before


def test_numbers_go_on(cast: Cast, owner: Actor) -> None:
    items.create_item(actor=owner, product=cast.a, draft=items.Draft(title="Here before"))
    bring(cast.a, jira(*ISSUES))
    assert sorted(Item.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_nothing_is_dated_later_than_now(cast: Cast) -> None:
    bring(cast.a, jira({**FIRST, "Updated": "05/Apr/48 4:00 PM"}))
    assert Signal.objects.get(kind="vote").occurred_at <= timezone.now()
