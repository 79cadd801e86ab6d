"""What is proposed for a file, and what a mapping makes of a row."""

from datetime import UTC, datetime

import pytest

from integrations.readers import Mapping, SourceRow, decide, examine, preview, read_rows, words
from integrations.readers.mapping import CRITERIA, Choice, Horizons, Queues
from tests.integrations.readers.making import table

HEADER = ["Issue key", "Issue id", "Summary", "Issue Type", "Status", "Status Category", "Resolution",
          "Priority", "Labels", "Created", "Resolved", "Sprint"]  # fmt: skip


def export(*rows):
    """Rows of (type, status, category, resolution, priority, labels)."""
    body = [
        [f"A-{n}", str(n), f"Title {n}", *row, "2024-01-01", "2024-02-01" if row[3] else "", ""]
        for n, row in enumerate(rows, start=1)
    ]
    return table(HEADER, *body)


def row(**values):
    made = SourceRow(2, 2, external_key="A-1", identity="key:A-1", title="x")
    for name, value in values.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("status", "category", "state"),
    [
        ("To Do", "To Do", "triage"),
        ("Backlog", "In Progress", "triage"),
        ("Open", "", "triage"),
        ("Reopened", "", "triage"),
        ("Por hacer", "Por hacer", "triage"),
        ("À faire", "", "triage"),
        ("Zu erledigen", "", "triage"),
        ("Selected for Development", "To Do", "accepted"),
        ("Ready for dev", "", "accepted"),
        ("In Progress", "In Progress", "in_progress"),
        ("En curso", "En curso", "in_progress"),
        ("In Arbeit", "", "in_progress"),
        ("Em andamento", "", "in_progress"),
        ("Blocked by legal", "In Progress", "in_progress"),
        ("In Review", "In Progress", "in_review"),
        ("QA", "In Progress", "in_review"),
        ("Ready for QA", "", "in_review"),
        ("Deploy", "In Progress", "in_review"),
        ("Waiting for approval", "", "in_review"),
        ("Done", "Done", "done"),
        ("Closed", "", "done"),
        ("Fertig", "", "done"),
        ("Terminé(e)", "", "done"),
        ("Concluído", "", "done"),
        ("Gereed", "", "done"),
        ("Ready for deploy", "Done", "done"),
        ("Canceled", "", "declined"),
        ("Won't Do", "Done", "declined"),
        ("On Hold", "", "parked"),
        ("Icebox", "To Do", "parked"),
        ("Research/Analysis", "To Do", "triage"),
        ("Filming", "In Progress", "in_progress"),
        ("Wat", "", "triage"),
    ],
)
def test_states_by_status_and_category(status, category, state):
    assert words.state_of(status, category)[0] == state


def test_an_unknown_status_is_less_sure_and_named():
    assert words.state_of("Wat")[1] < 0.5
    looked = examine(export(("Bug", "Wat", "", "", "", "")))
    assert any("'Wat' is not known" in note for note in looked.proposal.notes)


@pytest.mark.parametrize(
    ("resolution", "state"),
    [("Fixed", "done"), ("Done", "done"), ("Implemented", "done"), ("Won't Fix", "declined"),
     ("Duplicate", "declined"), ("Cannot Reproduce", "declined"), ("Not Our Bug", "declined"),
     ("not_planned", "declined"), ("Needs more info", "declined"), ("Later", "parked"),
     ("Hold", "parked"), ("No longer wanted", "declined"), ("Shipped it", "done")],
)  # fmt: skip
def test_resolutions(resolution, state):
    assert words.resolution_of(resolution)[0] == state


@pytest.mark.parametrize(
    ("priority", "level", "severity"),
    [("Blocker", 1, 1), ("Highest", 1, 1), ("Urgent", 1, 1), ("P0", 1, 1), ("Critical", 1, 2),
     ("1 - Critical", 1, 2), ("High", 2, None), ("Alta", 2, None), ("Major", 3, None),
     ("Medium", 3, None), ("Mittel", 3, None), ("3", 3, None), ("P2: normal", 3, None),
     ("Minor", 4, None), ("Trivial", 5, None), ("None", None, None), ("No priority", None, None),
     ("", None, None), ("purple", None, None), ("Must Have", 1, 1)],
)  # fmt: skip
def test_priorities(priority, level, severity):
    assert (words.level_of(priority), words.severity_of(priority)) == (level, severity)


def decisions(*rows, **changes):
    file = export(*rows)
    mapping = examine(file).proposal.mapping
    for name, value in changes.items():
        setattr(mapping, name, value)
    return [decide(found, mapping) for found in read_rows(file, mapping)]


@pytest.mark.parametrize(
    ("kind", "priority", "labels", "queue", "severity"),
    [
        ("Bug", "Blocker", "", "hotfix", 1),
        ("Bug", "Critical", "", "hotfix", 2),
        ("Bug", "Major", "", "stability", None),
        ("Bug", "", "", "stability", None),
        ("Bug", "Low", "hotfix", "hotfix", 2),
        ("Story", "Blocker", "", "enhancement", None),
        ("New Feature", "Low", "", "enhancement", None),
        ("Improvement", "", "", "enhancement", None),
        ("Task", "Critical", "", "enhancement", None),
        ("Epic", "Highest", "", "strategic_bet", None),
        ("Initiative", "", "", "strategic_bet", None),
        ("Technical task", "", "", "stability", None),
        ("Technical Debt", "", "", "stability", None),
        ("", "", "bug", "stability", None),
        ("", "Urgent", "bug", "hotfix", 1),
        ("", "", "enhancement, security", "stability", None),
        ("", "", "Feature", "enhancement", None),
        ("", "", "roadmap", "strategic_bet", None),
        ("", "", "critical", "hotfix", 2),
        ("", "", "", "enhancement", None),
        ("Spell", "", "", "enhancement", None),
    ],
)
def test_queues(kind, priority, labels, queue, severity):
    (made,) = decisions((kind, "Open", "", "", priority, labels))
    assert (made.queue, made.severity) == (queue, severity)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Bug", "fix"), ("Incident", "fix"), ("Story", "feature"), ("Epic", "feature"), ("Task", "task"),
     ("Subtarea", "task"), ("Script", "script"), ("Scene", "scene"), ("Course", "module"),
     ("Style guide", "visual_system"), ("Whatever", "task")],
)  # fmt: skip
def test_kinds(name, kind):
    assert decisions((name, "Open", "", "", "", ""))[0].kind == kind


def test_a_resolution_counts_only_at_an_end():
    made = decisions(
        ("Bug", "Closed", "Done", "Fixed", "", ""),
        ("Bug", "Closed", "Done", "Duplicate", "", ""),
        ("Bug", "Open", "To Do", "Duplicate", "", ""),
        ("Bug", "Closed", "Done", "", "", ""),
        ("Bug", "Canceled", "Done", "", "", ""),
    )
    assert [(d.state, d.decline_reason) for d in made] == [
        ("done", ""),
        ("declined", "Duplicate"),
        ("triage", ""),
        ("done", ""),
        ("declined", "Canceled"),
    ]


def test_resolved_work_in_a_status_that_is_no_end_is_noted():
    looked = examine(export(("Bug", "Deploy", "In Progress", "Done", "", "")))
    assert looked.proposal.mapping.states == {"Deploy": "in_review"}
    assert any("1 item in 'Deploy' carries a resolution" in note for note in looked.proposal.notes)


def test_a_status_that_the_mapping_lacks_is_guessed_and_said():
    made = decide(row(status="In Progress"), Mapping())
    assert made.state == "in_progress"
    assert "not in the mapping" in made.warnings[0]
    assert decide(row(), Mapping()).warnings == []


def test_every_criterion_has_a_level_so_that_an_item_is_scored():
    for made in decisions(
        ("Bug", "Open", "", "", "Blocker", "security"), ("", "Open", "", "", "", ""),
    ):  # fmt: skip
        assert tuple(made.ratings) == CRITERIA
        assert all(0 <= level <= 5 for level in made.ratings.values())


def test_ratings_follow_priority_type_and_labels():
    low, high, secure, epic = decisions(
        ("Bug", "Open", "", "", "Low", ""),
        ("Bug", "Open", "", "", "Highest", ""),
        ("Bug", "Open", "", "", "Low", "security"),
        ("Epic", "Open", "", "", "Low", ""),
    )
    assert (low.ratings["customer_pain"], high.ratings["customer_pain"]) == (2, 5)
    assert (low.ratings["users_affected"], high.ratings["users_affected"]) == (2, 4)
    assert (low.ratings["compliance_risk"], secure.ratings["compliance_risk"]) == (1, 4)
    assert (low.ratings["strategic_fit"], epic.ratings["strategic_fit"]) == (1, 4)
    assert low.ratings["technical_risk"] == 3


def test_the_highest_level_that_fits_counts():
    rule = Choice(1, by_type={"Bug": 2}, by_priority={"High": 4}, by_label={"a": 3})
    mapping = Mapping(ratings={"trust": rule})
    found = [
        decide(row(type=kind, priority=priority, labels=labels), mapping).ratings["trust"]
        for kind, priority, labels in [
            ("", "", ()), ("Bug", "", ()), ("Bug", "", ("a",)), ("Bug", "High", ("a",)), ("", "x", ("b",)),
        ]
    ]  # fmt: skip
    assert found == [1, 2, 3, 4, 1]
    assert decide(row(), Mapping(ratings=None)).ratings == {}


def test_signals_are_counts_with_a_key_of_their_own():
    crowd = row(
        votes=3, watchers=2, reactions=0, comment_count=5, updated=datetime(2024, 1, 2, tzinfo=UTC)
    )
    found = decide(crowd, Mapping()).signals
    assert [(s.kind, s.magnitude, s.key) for s in found] == [
        ("vote", 3.0, "key:A-1:votes"),
        ("watcher", 2.0, "key:A-1:watchers"),
        ("comment", 5.0, "key:A-1:comments"),
    ]
    assert {s.occurred_at for s in found} == {datetime(2024, 1, 2, tzinfo=UTC)}
    quiet = Mapping(signals={"votes": None, "watchers": None, "reactions": None, "comments": None})
    assert decide(crowd, quiet).signals == []


def test_horizons():
    rules = Mapping(
        horizons=Horizons(current_sprints=["S9"]),
        states={"To Do": "triage", "Doing": "in_progress"},
    )
    assert decide(row(status="To Do"), rules).horizon == "roadmap"
    assert decide(row(status="To Do", sprints=("S1",)), rules).horizon == "roadmap"
    assert decide(row(status="To Do", sprints=("S8", "S9")), rules).horizon == "sprint"
    assert decide(row(status="Doing"), rules).horizon == "sprint"
    assert decide(row(status="To Do", fix_versions=("2.0",)), rules).horizon == "release"
    assert decide(row(status="To Do", due=datetime(2024, 1, 1).date()), rules).horizon == "release"


def test_current_sprints_are_those_with_work_under_way():
    rows = [
        ["A-1", "1", "x", "Story", "In Progress", "", "", "", "", "2024-01-01", "", "S2"],
        ["A-2", "2", "x", "Story", "To Do", "", "", "", "", "2024-01-01", "", "S3"],
        ["A-3", "3", "x", "Story", "Done", "", "", "", "", "2024-01-01", "", "S1"],
    ]
    assert examine(table(HEADER, *rows)).proposal.mapping.horizons.current_sprints == ["S2"]


def test_old_open_hotfixes_can_be_sent_to_stability():
    rules = Mapping(
        as_of="2024-03-01T00:00:00+00:00",
        states={"Open": "triage", "Closed": "done"},
        queues=Queues(
            by_type={"Bug": "stability"}, by_priority={"Top": "hotfix"}, hotfix_max_age_days=30
        ),
    )

    def queue(status, month):
        return decide(
            row(
                type="Bug",
                priority="Top",
                status=status,
                created=datetime(2024, month, 15, tzinfo=UTC),
            ),
            rules,
        ).queue

    assert queue("Open", 2) == "hotfix"
    assert queue("Open", 1) == "stability"
    assert queue("Closed", 1) == "hotfix"


def test_a_severity_column_goes_before_the_priority():
    rules = Mapping(
        queues=Queues(default="hotfix"),
        severities={"S3": 3, "Blocker": 1},
        states={"Open": "triage"},
    )
    assert decide(row(severity="S3", priority="Blocker"), rules).severity == 3
    assert decide(row(priority="Blocker"), rules).severity == 1
    assert decide(row(), rules).severity == 2


def test_one_priority_for_all_is_noted():
    looked = examine(export(*[("Task", "To Do", "", "", "Medium", "")] * 11))
    assert any("says nothing about the order" in note for note in looked.proposal.notes)


def test_questions_are_noted():
    looked = examine(export(*[("", "Open", "", "", "", "question")] * 3))
    assert any("skip_labels" in note for note in looked.proposal.notes)


def test_a_preview_counts_and_lists():
    file = table(
        ["Key", "Title", "Type", "Status", "Priority", "Created"],
        *[[f"A-{n}", "x", "Bug", "Open", "Urgent", f"20{n:02}-01-01"] for n in range(10, 35)],
        ["A-40", "", "Bug", "Open", "", ""],
        ["A-41", "x" * 300, "Task", "Done", "", ""],
    )
    mapping = examine(file).proposal.mapping
    found = preview(read_rows(file, mapping), mapping)
    assert (found.items, found.skipped, found.errors, found.warnings) == (26, 1, 0, 1)
    assert found.states == {"triage": 25, "done": 1}
    assert found.open_queues == {"hotfix": 25}
    assert found.severities == {"1": 25}
    assert [(p.kind, p.row) for p in found.problems] == [("skipped", 27), ("warning", 28)]
    assert (
        "25 open items would enter the hotfix lane, the oldest from 2010-01-01" in found.notes()[0]
    )
    assert found.as_dict()["queues"] == {"hotfix": 25, "enhancement": 1}


def test_a_severity_column_is_proposed_whole():
    file = table(
        ["Key", "Title", "Type", "Severity", "Status"],
        ["A-1", "x", "Bug", "1 - Critical", "Open"],
        ["A-2", "y", "Bug", "Low", "Open"],
        ["A-3", "z", "Bug", "Trivial", "Open"],
        ["A-4", "z", "Bug", "purple", "Open"],
    )
    assert examine(file).proposal.mapping.severities == {"1 - Critical": 1, "Low": 4, "Trivial": 4}


def test_an_estimate_silences_its_note():
    file = table(["Key", "Title", "Estimate"], ["A-1", "x", "3"])
    assert not any("estimate" in note for note in examine(file).proposal.notes)


def test_types_written_with_a_prefix():
    assert words.type_of("kind: crash") == "bug"
    assert words.type_of("type/epic") == "epic"
    assert words.type_of("kind: spell") is None


def test_a_preview_lists_errors_and_no_more_than_a_thousand_problems():
    file = table(["Key", "Title"], *[[f"A-{n}", ""] for n in range(1_200)])
    mapping = Mapping(columns={"Key": "external_key", "Title": "title"})
    found = preview(read_rows(file, mapping), mapping)
    assert (found.skipped, len(found.problems)) == (1_200, 1_000)
    broken = SourceRow(7, 9, error="It cannot be read.")
    found = preview([broken], Mapping())
    assert (found.errors, found.items) == (1, 0)
    assert vars(found.problems[0]) == {
        "row": 7, "line": 9, "key": "", "kind": "error", "text": "It cannot be read.",
    }  # fmt: skip
