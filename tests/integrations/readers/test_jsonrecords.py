"""Objects of JSON files in all the shapes that people save them in."""

import io
import json

import pytest

from integrations.readers import ReadError
from integrations.readers.jsonrecords import read_objects
from tests.integrations.readers.making import items, rows, source


def objects(text):
    return list(read_objects(io.StringIO(text)))


def issue(number, **more):
    return {"number": number, "title": f"Title {number}", "state": "open", **more}


TWO = [issue(1), issue(2)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(TWO),
        json.dumps(TWO, indent=2),
        "\n".join(json.dumps(entry) for entry in TWO),
        "\r\n".join(json.dumps(entry) for entry in TWO) + "\r\n",
        "".join(json.dumps([entry]) for entry in TWO),
        json.dumps({"total_count": 2, "items": TWO}),
        "\ufeff" + json.dumps({"issues": TWO, "total": 2}),
        json.dumps(TWO[0], indent=1) + "\n" + json.dumps(TWO[1], indent=1),
    ],
)
def test_shapes(text):
    assert [value for _, value, error in objects(text) if not error] == TWO
    assert [row.external_key for row in items(source(text))] == ["#1", "#2"]


def test_line_numbers_count_from_the_top():
    assert [line for line, _, _ in objects(json.dumps(TWO, indent=1))] == [2, 7]


def test_unusual_line_separators_do_not_split_a_record():
    text = json.dumps(issue(1, body="one\u2028two\u0085three"), ensure_ascii=False)
    (row,) = items(source(text + "\n"))
    assert "two" in row.description


def test_a_broken_line_among_lines_costs_only_itself():
    text = '{"number": 1, "title": "a"}\n{"number": 2, "title: b}\n{"number": 3, "title": "c"}\n'
    found = objects(text)
    assert [value and value["number"] for _, value, _ in found] == [1, None, 3]
    assert "Line 2" in found[1][2]


def test_a_broken_array_says_where_it_breaks_and_keeps_what_came_before():
    found = objects('[{"a": 1},\n{"a": 2},\n{"a": oops},\n{"a": 4}]')
    assert [value for _, value, _ in found] == [{"a": 1}, {"a": 2}, None]
    assert "Line 3" in found[2][2]


def test_a_file_that_was_cut_off():
    assert "ends in the middle" in objects('[{"a": 1},')[1][2]
    assert "not valid JSON" in objects('[{"a": 1}, {"a": "x')[1][2]


def test_a_record_is_read_across_chunks():
    value = {"number": 1, "title": "x", "body": "y" * 300_000}
    assert objects(json.dumps([value, value])) == [(1, value, ""), (1, value, "")]


def test_a_record_over_the_limit_is_refused():
    text = '[{"number": 1, "title": "' + "x" * 9_000_000 + '"}]'
    (found,) = objects(text)
    assert "longer than" in found[2]


def test_deep_nesting_is_refused():
    ((_, value, error),) = objects('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]")
    assert value is None
    assert "nested too deeply" in error


def test_huge_numbers_and_infinity_are_no_trouble():
    ((_, value, error),) = objects('{"a": ' + "9" * 5_000 + ', "b": NaN, "c": -Infinity}')
    assert not error
    assert value["b"] is None
    assert value["c"] is None
    assert len(value["a"]) == 5_000


def test_lone_surrogates_are_removed_with_a_warning():
    (row,) = items(source('[{"number": 1, "title": "half \\ud83d and whole \\ud83d\\ude00"}]'))
    assert row.title == "half and whole 😀"
    assert "cannot be stored" in row.warnings[0]


def test_what_is_no_object_is_reported():
    found = rows(source('[{"number": 1, "title": "a"}, 7, "x"]'))
    assert [bool(row.error) for row in found] == [False, True, True]


# --- GitHub --------------------------------------------------------------------------------------


def rest(number, **more):
    return issue(
        number,
        id=9000 + number,
        node_id=f"I_{number}",
        html_url=f"https://github.com/acme/film/issues/{number}",
        repository_url="https://api.github.com/repos/acme/film",
        body="Text",
        labels=[{"name": "bug"}, {"name": "good, first"}],
        assignees=[{"login": "ada"}],
        user={"login": "bob"},
        milestone={"title": "v2", "due_on": "2024-05-01T07:00:00Z"},
        comments=4,
        reactions={"total_count": 9, "+1": 6, "-1": 2, "confused": 1},
        created_at="2024-01-01T10:00:00Z",
        updated_at="2024-01-02T10:00:00Z",
        closed_at=None,
        state_reason=None,
        **more,
    )


def test_the_rest_shape():
    (row,) = items(source(json.dumps([rest(7)])))
    assert row.external_key == "acme/film#7"
    assert row.external_id == "I_7"
    assert row.labels == ("bug", "good, first")
    assert (row.assignee, row.reporter) == ("ada", "bob")
    assert row.fix_versions == ("v2",)
    assert row.due.isoformat() == "2024-05-01"
    assert (row.comment_count, row.reactions) == (4, 6)
    assert row.created.isoformat() == "2024-01-01T10:00:00+00:00"
    assert row.resolved is None
    assert row.url.endswith("/issues/7")


def test_the_command_line_and_graphql_shape():
    value = {
        "number": 3,
        "title": "x",
        "state": "CLOSED",
        "stateReason": "NOT_PLANNED",
        "url": "https://github.com/acme/film/issues/3",
        "author": {"login": "bob"},
        "labels": {"nodes": [{"name": "docs"}]},
        "comments": [
            {"author": {"login": "ada"}, "body": "see; here", "createdAt": "2024-01-03T00:00:00Z"}
        ],
        "createdAt": "2024-01-01T00:00:00Z",
        "closedAt": "2024-01-05T00:00:00Z",
    }
    (row,) = items(source(json.dumps([value])))
    assert row.external_key == "acme/film#3"
    assert (row.status, row.resolution) == ("closed", "not_planned")
    assert row.labels == ("docs",)
    assert [(c.author, c.body) for c in row.comments] == [("ada", "see; here")]
    assert row.comment_count == 1


def test_the_compact_shape_takes_its_resolution_from_labels():
    compact = issue(5, author="eve", labels=["question", "duplicate"], closed_at="2024-01-05")
    compact["state"] = "closed"
    (row,) = items(source(json.dumps([compact])), key_prefix="acme/film")
    assert row.external_key == "acme/film#5"
    assert (row.reporter, row.resolution) == ("eve", "duplicate")


def test_reopened_is_not_a_resolution():
    (row,) = items(source(json.dumps([issue(1, state_reason="reopened")])))
    assert row.resolution == ""


@pytest.mark.parametrize(
    "mark",
    [
        {"pull_request": {"url": "x"}},
        {"html_url": "https://github.com/acme/film/pull/1"},
        {"headRefName": "fix"},
    ],
)
def test_pull_requests_are_skipped_unless_wanted(mark):
    file = source(json.dumps([issue(1, **mark), issue(2)]))
    assert [row.skipped for row in rows(file)] == ["pull request", ""]
    assert [row.is_item for row in rows(file, pull_requests=True)] == [True, True]


# --- Jira's REST interface -----------------------------------------------------------------------


def test_jira_issues_as_json():
    value = {
        "id": "12",
        "key": "AB-1",
        "fields": {
            "summary": "Sound is late",
            "issuetype": {"name": "Bug"},
            "status": {"name": "Closed", "statusCategory": {"name": "Done"}},
            "resolution": {"name": "Fixed"},
            "priority": None,
            "labels": ["audio"],
            "components": [{"name": "Mix, master"}],
            "fixVersions": [{"name": "2.0"}],
            "description": "h1. Steps\r\n{code}x{code}",
            "created": "2024-01-01T10:00:00.000+0200",
            "resolutiondate": "2024-01-02T10:00:00.000+0000",
            "assignee": {"name": "ada", "displayName": "Ada L."},
            "parent": {"key": "AB-9"},
            "epic": {"key": "AB-5", "name": "Audio"},
            "closedSprints": [{"name": "S1"}, {"name": "S2"}],
            "issuelinks": [
                {"type": {"name": "Blocks"}, "outwardIssue": {"key": "AB-2"}},
                {"type": {"name": "Depends"}, "outwardIssue": {"key": "AB-3"}},
            ],
            "comment": {
                "comments": [
                    {
                        "author": {"name": "bob"},
                        "body": "*yes*; no",
                        "created": "2024-01-01T11:00:00Z",
                    }
                ]
            },
            "attachment": [{"filename": "a.png", "created": "2024-01-01T11:00:00Z"}],
            "votes": {"votes": 3},
        },
    }
    (row,) = items(source(json.dumps(value) + "\n"))
    assert (row.external_key, row.external_id, row.title) == ("AB-1", "12", "Sound is late")
    assert (row.status, row.status_category, row.resolution) == ("Closed", "Done", "Fixed")
    assert (row.priority, row.type, row.assignee) == ("", "Bug", "ada")
    assert row.description.startswith("# Steps\n")
    assert row.components == ("Mix, master",)
    assert row.sprints == ("S1", "S2")
    assert (row.parent_key, row.epic_key) == ("AB-9", "AB-5")
    assert row.created.isoformat() == "2024-01-01T08:00:00+00:00"
    assert [(link.kind, link.other, link.inward) for link in row.links] == [
        ("blocks", "AB-2", False),
        ("blocks", "AB-3", True),
    ]
    assert [(c.author, c.body) for c in row.comments] == [("bob", "**yes**; no")]
    assert row.votes == 3
    assert row.attachments[0].name == "a.png"


def test_json_of_no_known_kind_is_mapped_like_a_table():
    text = json.dumps([{"name": "One", "meta": {"prio": "High", "n": 3}, "tags": ["a", "b"]}])
    (row,) = items(source(text))
    assert (row.title, row.labels) == ("One", ("a", "b"))
    assert row.extra == {"meta.prio": "High", "meta.n": "3"}


def test_small_shapes_of_members():
    value = {
        "number": 4.0,
        "title": "x",
        "state": "open",
        "repository": {"nameWithOwner": "acme/film"},
        "labels": [{"name": "a"}, {}],
        "comments": ["said; so", {"body": "no date"}],
        "reactions": 3,
        "assignees": [],
        "assignee": {"login": "ada"},
    }
    (row,) = items(source(json.dumps([value])))
    assert (row.external_key, row.labels, row.assignee) == ("acme/film#4", ("a",), "ada")
    assert [comment.body for comment in row.comments] == ["said; so", ";;no date"]
    assert row.reactions == 3


def test_jira_members_of_unusual_shape():
    fields = {"summary": "x", "issuelinks": ["?", {"type": {"name": "Blocks"}}], "attachment": ["a.png"],
              "issuetype": {"name": "Bug"}, "status": "Open", "assignee": "ada"}  # fmt: skip
    (row,) = items(source(json.dumps({"key": "A-1", "fields": fields}) + "\n"))
    assert (row.links, row.attachments[0].name) == ((), "a.png")
    assert (row.status, row.assignee) == ("Open", "ada")
    (blank,) = rows(source(json.dumps({"key": "A-1", "fields": None}) + "\n"), kind="jira_json")
    assert blank.skipped == "no title"


def test_objects_without_a_name_are_kept_as_json():
    (row,) = items(source(json.dumps([{"name": "One", "sizes": [{"w": 1}], "tags": [["a"]]}])))
    assert row.extra == {"sizes": '{"w": 1}'}


def test_too_many_members_are_refused():
    with pytest.raises(ReadError) as refused:
        rows(source(json.dumps([{f"m{n}": 1 for n in range(3_000)}])))
    assert refused.value.code == "too_many_columns"


def test_reading_stops_when_nearly_every_line_is_broken():
    found = rows(source('{"number": 1, "title": "a"}\n' + '{"number": 2, "title: b}\n' * 3_000))
    assert [row.is_item for row in found].count(True) == 1
    assert "reading stopped" in found[-1].error
    assert len(found) < 1_100


def test_a_broken_last_line():
    found = objects('{"a": 1}\n{"a": ')
    assert [bool(error) for _, _, error in found] == [False, True]
    found = objects('{"a": 1}\n{"a" 2' + " " * 400_000 + "\n" + '{"a": 3}')
    assert [value for _, value, _ in found] == [{"a": 1}, None, {"a": 3}]
