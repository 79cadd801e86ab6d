"""Records as rows: fields, skipping, repeats, hashes, identities."""

import json

import pytest

from integrations.readers import Comment, Link, Mapping, read_rows
from tests.integrations.readers.making import (
    items,
    mapped,
    one,
    outcomes,
    rows,
    source,
    table,
)

JIRA = ["Issue key", "Issue id", "Summary"]


def test_blank_rows_and_rows_without_a_title_are_skipped():
    found = rows(
        table(["Key", "Title", "Status"], ["", " ", "\t"], ["A-1", "", "Done"], ["A-2", "x", ""])
    )
    assert outcomes(found) == ["empty row", "no title", "A-2"]


def test_a_file_without_titles_takes_the_first_line_of_the_description():
    file = table(
        ["Issue key", "Issue id", "Description"],
        ["A-1", "1", "\n{code:java}\nat java.lang.X\n{code}\nThe rest"],
        ["A-2", "2", "h2. *Steps* to see it\nmore"],
        ["A-3", "3", ""],
        ["", "", ""],
    )
    found = rows(file)
    assert [row.title for row in found[:3]] == ["at java.lang.X", "Steps to see it", "A-3"]
    assert "key stands for the title" in found[2].warnings[0]
    assert found[1].description.startswith("## **Steps**")
    assert found[3].skipped == "empty row"


def test_an_identical_repeat_is_the_same_row():
    found = rows(table(["Key", "Title"], ["A-1", "x"], ["A-2", "y"], ["A-1", "x"], ["A-1", "x"]))
    assert [row.skipped for row in found] == ["", "", "same as row 2", "same as row 2"]
    assert found[0].warnings == []


def test_of_different_repeats_the_last_one_wins_and_is_reported():
    found = rows(
        table(["Key", "Title"], ["A-1", "old"], ["A-2", "y"], ["A-1", "older"], ["A-1", "new"])
    )
    assert [row.skipped for row in found] == [
        "row 5 has the same key and replaces it",
        "",
        "row 5 has the same key and replaces it",
        "",
    ]
    assert found[3].title == "new"
    assert "other rows too (2, 4)" in found[3].warnings[0]


def test_a_repeat_that_returns_to_what_was_said_first():
    found = rows(table(["Key", "Title"], ["A-1", "x"], ["A-1", "y"], ["A-1", "x"]))
    assert [row.is_item for row in found] == [True, False, False]
    assert found[2].skipped == "same as row 2"


def test_keys_are_compared_without_padding():
    assert rows(table(["Key", "Title"], ["A-1 ", "x"], [" A-1", "y"]))[0].skipped


def test_rows_without_keys_do_not_repeat_each_other():
    found = rows(table(["Title", "Status"], ["x", "Done"], ["x", "Done"]))
    assert [row.is_item for row in found] == [True, True]


def test_rows_with_a_label_can_be_left_out():
    file = table(["Key", "Title", "Labels"], ["A-1", "x", "question, bug"], ["A-2", "y", "bug"])
    assert outcomes(rows(file, skip_labels=["question"])) == ["label question", "A-2"]


# --- lists, people, numbers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("one", ("one",)),
        ("V1, ✨ Nice-to-have", ("V1", "✨ Nice-to-have")),
        ("a;b ; c", ("a", "b", "c")),
        ("a,b,a", ("a", "b")),
        (" , ;", ()),
    ],
)
def test_labels_in_one_cell(cell, labels):
    assert one(["Key", "Title", "Labels"], ["A-1", "x", cell]).labels == labels


def test_components_of_jira_may_hold_commas():
    row = one(
        [*JIRA, "Component/s", "Labels"], ["A-1", "1", "x", "Samples, Templates;iOS", "a,b, c"]
    )
    assert row.components == ("Samples, Templates", "iOS")
    assert row.labels == ("a,b", "c")


def test_a_sprint_as_old_servers_wrote_it():
    cell = "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=3,state=CLOSED,name=Sprint 5,endDate=x]"
    assert one([*JIRA, "Sprint"], ["A-1", "1", "x", cell]).sprints == ("Sprint 5",)


@pytest.mark.parametrize(
    ("cell", "points"),
    [
        ("3", 3.0),
        ("3.0", 3.0),
        ("2,5", 2.5),
        ("5 points", 5.0),
        ("0", 0.0),
        ("XL", 8.0),
        ("m", 3.0),
    ],
)
def test_effort(cell, points):
    assert one(["Key", "Title", "Estimate"], ["A-1", "x", cell]).effort == points


@pytest.mark.parametrize("cell", ["lots", "-3", "99999", "3 days"])
def test_effort_that_is_not_points(cell):
    row = one(["Key", "Title", "Estimate"], ["A-1", "x", cell])
    assert row.effort is None
    assert "not understood as points" in row.warnings[0]


def test_no_effort_is_no_warning():
    row = one(["Key", "Title", "Estimate"], ["A-1", "x", ""])
    assert (row.effort, row.warnings) == (None, [])


def test_watchers_by_name_leave_out_who_watches_by_themselves():
    header = [*JIRA, "Assignee", "Reporter", "Watchers", "Watchers", "Watchers", "Votes"]
    row = one(header, ["A-1", "1", "x", "ada", "bob", "bob", "eve", "ada", "2"])
    assert (row.watchers, row.votes) == (1, 2)


def test_watchers_as_a_number():
    assert one(["Key", "Title", "Watchers"], ["A-1", "x", "7"]).watchers == 7


def test_people_places_and_the_rest():
    header = ["Key", "Title", "Segment", "Program", "Channel", "URL", "Severity", "Browser"]
    cells = ["A-1", "x", "Schools", "training", "web", "https://x.test/1", "S2", "Firefox"]
    row = one(header, cells)
    assert (row.segment, row.program, row.channel) == ("Schools", "training", "web")
    assert (row.url, row.severity) == ("https://x.test/1", "S2")
    assert row.extra == {"Browser": "Firefox"}


# --- relations -----------------------------------------------------------------------------------


def test_a_parent_by_key_by_inner_number_or_both():
    assert one([*JIRA, "Parent"], ["A-1", "1", "x", "10180"]).parent_id == "10180"
    assert one([*JIRA, "Parent"], ["A-1", "1", "x", "A-9"]).parent_key == "A-9"
    both = one([*JIRA, "Parent", "Parent key"], ["A-1", "1", "x", "10180", "A-9"])
    assert (both.parent_id, both.parent_key) == ("10180", "A-9")
    assert one(["id", "title", "parent"], ["7", "x", "3"]).parent_key == "3"


def test_an_epic_by_key_or_by_name():
    header = [*JIRA, "Custom field (Epic Link)"]
    assert one(header, ["A-1", "1", "x", "A-5"]).epic_key == "A-5"
    assert one(header, ["A-1", "1", "x", "Big plan"]).extra == {"Epic": "Big plan"}


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ("Outward issue link (Blocks)", Link("blocks", "A-2", False, "Blocks")),
        ("Inward issue link (Blocks)", Link("blocks", "A-2", True, "Blocks")),
        ("Outward issue link (Blocker)", Link("blocks", "A-2", False, "Blocker")),
        ("Outward issue link (Depends)", Link("blocks", "A-2", True, "Depends")),
        ("Inward issue link (dependent)", Link("blocks", "A-2", False, "dependent")),
        ("Outward issue link (Duplicate)", Link("duplicates", "A-2", False, "Duplicate")),
        ("Inward issue link (Cloners)", Link("duplicates", "A-2", True, "Cloners")),
        ("Outward issue link (Incorporates)", Link("part_of", "A-2", True, "Incorporates")),
        ("Inward issue link (Includes)", Link("part_of", "A-2", False, "Includes")),
        ("Outward issue link (Relates)", Link("relates", "A-2")),
        ("Inward issue link (Regression)", Link("relates", "A-2", False, "Regression")),
        ("Enlace de incidencia saliente (Blocks)", Link("blocks", "A-2", False, "Blocks")),
    ],
)
def test_links(header, link):
    assert one([*JIRA, header], ["A-1", "1", "x", "A-2"]).links == (link,)


def test_links_of_linear():
    header = [
        "ID",
        "Title",
        "Related to",
        "Blocked by",
        "Duplicate of",
        "UUID",
        "Cycle Number",
        "SLA Status",
    ]
    row = one(header, ["K-1", "x", "K-2, K-3", "K-4", "K-5", "u", "", ""])
    assert [(link.kind, link.other, link.inward) for link in row.links] == [
        ("relates", "K-2", False),
        ("relates", "K-3", False),
        ("blocks", "K-4", True),
        ("duplicates", "K-5", False),
    ]


# --- comments and files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "body", "author", "at"),
    [
        ("19/Jul/23 10:36 AM;acct-1;a; b; c", "a; b; c", "acct-1", "2023-07-19T10:36:00+00:00"),
        ("17/Jun/15 06:09;ada;[~bob] fyi..;;;", "@bob fyi..", "ada", "2015-06-17T06:09:00+00:00"),
        (
            "19/Jul/23 10:36 AM;557058:f5-8;\n\n*x*",
            "**x**",
            "557058:f5-8",
            "2023-07-19T10:36:00+00:00",
        ),
        ("raised 9/11/2022; and later; again", "raised 9/11/2022; and later; again", "", None),
        ("plain", "plain", "", None),
    ],
)
def test_comments(cell, body, author, at):
    (comment,) = one([*JIRA, "Comment"], ["A-1", "1", "x", cell]).comments
    assert (comment.body, comment.author) == (body, author)
    assert (comment.at and comment.at.isoformat()) == at


def test_comments_of_repeated_columns_are_counted_and_empty_ones_are_none():
    header = [*JIRA, "Comment", "Comment", "Comment"]
    row = one(header, ["A-1", "1", "x", "one", "", "19/Jul/23 10:36 AM;ada;"])
    assert row.comments == (Comment("one"),)
    assert row.comment_count == 1


def test_attachments():
    header = [*JIRA, "Attachment", "Attachment", "Attachment"]
    cells = [
        "19/Jul/23 10:36 AM;ada;a.png;https://x.test/1",
        "07/Jan/19 11:30 PM;bob;b.mov",
        "c.txt",
    ]
    row = one(header, ["A-1", "1", "x", *cells])
    assert [(file.name, file.url) for file in row.attachments] == [
        ("a.png", "https://x.test/1"),
        ("b.mov", ""),
        ("c.txt", ""),
    ]


# --- hash and identity ---------------------------------------------------------------------------


def hashes(file, **changes):
    return [row.content_hash for row in rows(file, **changes)]


def test_the_hash_depends_on_values_and_not_on_place_or_padding():
    plain = table(["Key", "Title"], ["A-1", "x"], ["A-2", "y"])
    moved = table(["Title ", "Other", "Key"], ["", "", ""], ["y", "", "A-2  "], [" x", "", "A-1"])
    assert hashes(plain) == hashes(moved)[:0:-1]
    assert len(set(hashes(plain))) == 2


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [("Title", "x", "y"), ("Status", "To Do", "Done"), ("Labels", "a", "a, b"), ("Estimate", "", "0"),
     ("Browser", "a", "b"), ("Votes", "1", "2"), ("Comment", "a", "b"), ("Created", "", "2024-01-01")],
)  # fmt: skip
def test_the_hash_changes_with_every_value(column, before, after):
    header = [
        "Key",
        "Title",
        "Status",
        "Labels",
        "Estimate",
        "Browser",
        "Votes",
        "Comment",
        "Created",
    ]

    def made(value):
        return one(header, [{"Key": "A-1", "Title": "x", column: value}.get(name, "") for name in header],
                   columns={**FULL})  # fmt: skip

    assert made(before).content_hash == made(before).content_hash
    assert made(before).content_hash != made(after).content_hash


FULL = {"Key": "external_key", "Title": "title", "Status": "status", "Labels": "labels",
        "Estimate": "effort", "Browser": "extra", "Votes": "votes", "Comment": "comments",
        "Created": "created"}  # fmt: skip


def test_the_hash_is_the_same_in_every_process():
    row = one(["Key", "Title"], ["A-1", "x"])
    assert row.content_hash == "d3bb2400ac713815878e54d342cb9d34"


def test_ignored_columns_do_not_touch_the_hash():
    one_day = one([*JIRA, "Last Viewed"], ["A-1", "1", "x", "20/Jul/23 3:25 PM"])
    next_day = one([*JIRA, "Last Viewed"], ["A-1", "1", "x", "21/Jul/23 3:25 PM"])
    assert one_day.content_hash == next_day.content_hash


def test_identities():
    assert one(["Key", "Title"], ["A-1", "x"]).identity == "key:A-1"
    assert one(["UUID", "Title"], ["u-1", "x"]).identity == "id:u-1"
    first, second, other, again = (
        row.identity
        for row in rows(table(["Title", "Status"], ["x", ""], ["X", ""], ["y", ""], ["x", ""]))
    )
    assert first.rsplit(":", 1)[0] == second.rsplit(":", 1)[0] == again.rsplit(":", 1)[0]
    assert [name.rsplit(":", 1)[1] for name in (first, second, other, again)] == [
        "1",
        "2",
        "1",
        "3",
    ]


def test_a_key_prefix_goes_before_every_key():
    row = one(["#", "Title", "Parent", "Blocks"], ["7", "x", "3", "9"], key_prefix="acme/film#")
    assert (row.external_key, row.parent_key) == ("acme/film#7", "acme/film#3")
    assert [link.other for link in row.links] == ["acme/film#9"]


# --- mapping and streaming -----------------------------------------------------------------------


def test_columns_that_are_not_named_are_left_out():
    file = table(["Key", "Title", "Secret"], ["A-1", "x", "y"])
    (row,) = read_rows(file, Mapping(columns={"Key": "external_key", "Title": "title"}))
    assert row.extra == {}


def test_a_mapping_serves_a_later_export_with_other_columns():
    mapping = mapped(table(["Key", "Title", "Status"], ["A-1", "x", "Done"]))
    later = table(["Status", "New", "Key", "Title"], ["To Do", "?", "A-1", "x"])
    (row,) = read_rows(later, mapping)
    assert (row.external_key, row.title, row.status) == ("A-1", "x", "To Do")


def test_rows_come_one_at_a_time():
    """The second row of a file that breaks off after it can be had before the rest is read."""
    file = source("Key,Title\n" + "A-1,x\nA-2,y\n" + "A-3,z\n" * 1_000)
    walking = read_rows(file, mapped(file))
    assert next(walking).external_key == "A-1"
    walking.close()


def test_markdown_is_kept_where_the_file_has_markdown():
    file = source(json.dumps([{"number": 1, "title": "x", "body": "# Head\n* item\n**b**\r\n"}]))
    assert items(file)[0].description == "# Head\n* item\n**b**"


def test_resolved_before_created_is_said():
    row = one(["Key", "Title", "Created", "Resolved"], ["A-1", "x", "2024-02-02", "2024-02-01"])
    assert "before it was created" in row.warnings[0]
    assert row.resolved < row.created


def test_a_row_without_anything_to_know_it_by():
    (row,) = rows(table(["Title", "Status"], ["", "Done"]))
    assert (row.skipped, row.identity) == ("no title", "")


def test_an_address_is_an_attachment_with_a_name():
    row = one([*JIRA, "Attachment"], ["A-1", "1", "x", "https://x.test/files/a.png"])
    assert [(file.name, file.url) for file in row.attachments] == [
        ("a.png", "https://x.test/files/a.png")
    ]


def test_comment_counts_by_number_and_by_name():
    assert one(["Key", "Title", "Comment count"], ["A-1", "x", "4"]).comment_count == 4
    assert one(["Key", "Title", "Comment count"], ["A-1", "x", "many"]).comment_count == 1


def test_repeated_counts_count_their_names():
    row = one(["Key", "Title", "Comment count", "Comment count"], ["A-1", "x", "4", "5"])
    assert row.comment_count == 2
