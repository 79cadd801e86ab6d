"""Exports as they lie in the shared folder, against the figures of its README."""

import csv
import subprocess
import sys
from collections import Counter
from datetime import date
from functools import cache

import pytest
from django.conf import settings

from integrations.readers import Source, decide, examine, read_rows
from integrations.readers.text import repair
from tests.shared_data import needs_shared_data, shared

pytestmark = needs_shared_data


@cache
def looked_at(*parts):
    """(examination, every row) of a shared file. Nothing may change what it gives."""
    source = Source.from_path(shared(*parts))
    looked = examine(source)
    return looked, list(read_rows(source, looked.proposal.mapping, sniffed=looked.sniffed))


def items(*parts):
    return [row for row in looked_at(*parts)[1] if row.is_item]


@pytest.mark.parametrize(
    ("parts", "kind", "rows", "imported", "skipped"),
    [
        (("jira", "cloud_nautilus_wallet_192.csv"), "jira_csv", 192, 192, {}),
        (("jira", "cloud_student_team_bom_130.csv"), "jira_csv", 130, 130, {}),
        (("jira", "cloud_dutch_student_26.csv"), "jira_csv", 26, 26, {}),
        (("jira", "cloud_spanish_headers_39.csv"), "jira_csv", 39, 39, {}),
        (("jira", "edited_cp1252_crlf_44.csv"), "jira_csv", 44, 44, {}),
        (("jira", "asf_hive_2.0.0_all_fields_59.csv"), "jira_csv", 59, 59, {}),
        (("jira", "asf_hive_current_fields", "Hive_2.0.0.csv"), "jira_csv", 399, 399, {}),
        (("jira", "asf_hive_current_fields", "Hive_2.0.0_padded_cells.csv"), "jira_csv", 399, 399, {}),
        (("jira", "asf_hive_current_fields", "Hive_2.0.1.csv"), "jira_csv", 29, 29, {}),
        (("jira", "asf_hive_current_fields", "Hive_2.1.0.csv"), "jira_csv", 347, 347, {}),
        (("jira", "asf_hive_current_fields", "Hive_2.1.1.csv"), "jira_csv", 102, 102, {}),
        (("jira", "asf_activemq_no_summary_blank_rows_1838.csv"), "jira_csv", 1838, 470,
         {"empty row": 1368}),
        (("titanium", "timob_2019_2020_jira_csv_layout.csv"), "jira_csv", 1197, 1197, {}),
        (("titanium", "timob_flow.csv"), "jira_csv", 16206, 16206, {}),
        (("titanium", "aloy_2015_2021_issues.jsonl"), "jira_json", 358, 358, {}),
        (("linear", "linear_export_kap_176.csv"), "linear_csv", 176, 176, {}),
        (("linear", "linear_export_onboarding_4.csv"), "linear_csv", 4, 4, {}),
        (("linear", "linear_import_template_style_28.csv"), "csv", 28, 28, {}),
        (("github", "hf_datasets_issues_rest.json"), "github_json", 700, 326,
         {"pull request": 274, "same as another row": 100}),
        (("github", "fastapi_issues_compact.json"), "github_json", 3500, 3500, {}),
    ],
)  # fmt: skip
def test_counts(parts, kind, rows, imported, skipped):
    looked, found = looked_at(*parts)
    assert (looked.sniffed.kind, looked.columns.rows, len(found)) == (kind, rows, rows)
    assert sum(row.is_item for row in found) == imported == looked.survey.items
    assert dict(looked.survey.skipped) == skipped
    assert not any(row.error for row in found)
    assert all(row.title and len(row.title) <= 255 for row in found if row.is_item)
    assert all(len(row.description) <= 50_000 for row in found)
    names = [row.identity for row in found if row.is_item]
    assert len(set(names)) == len(names)


def test_every_item_gets_a_whole_decision():
    for parts in (
        ("jira", "cloud_nautilus_wallet_192.csv"),
        ("github", "hf_datasets_issues_rest.json"),
    ):
        looked, found = looked_at(*parts)
        for row in found:
            if row.is_item:
                made = decide(row, looked.proposal.mapping)
                assert len(made.ratings) == 9
                assert not made.warnings


def test_nautilus():
    looked, found = looked_at("jira", "cloud_nautilus_wallet_192.csv")
    assert Counter(row.type for row in found) == {"Task": 135, "Bug": 38, "Story": 13, "Epic": 6}
    assert Counter(row.status for row in found) == {
        "Done": 113, "Deploy": 45, "To Do": 32, "Research/Analysis": 2,
    }  # fmt: skip
    assert sum(row.resolved is not None for row in found) == 158
    assert Counter(row.status_category for row in found)["Done"] == 113
    assert Counter(row.resolution for row in found)["Done"] == 158
    assert looked.proposal.mapping.states == {
        "Done": "done", "Deploy": "in_review", "To Do": "triage", "Research/Analysis": "triage",
    }  # fmt: skip
    assert any("45 items in 'Deploy'" in note for note in looked.proposal.notes)
    # Parents are inner numbers, and all of them are in the file.
    parents = {row.parent_id for row in found if row.parent_id}
    assert sum(bool(row.parent_id) for row in found) == 24
    assert parents <= {row.external_id for row in found}
    assert sum(row.comment_count for row in found) == 42 + 22 + 13 + 10 + 4 + 2 + 1
    assert all(comment.at for row in found for comment in row.comments)
    assert max(len(row.sprints) for row in found) == 5
    assert [link.other for row in found for link in row.links if row.external_key == "NW-219"] == [
        "NW-134"
    ]
    assert not any("{color" in row.description for row in found)


def test_nautilus_double_encoding_is_all_undone():
    found = items("jira", "cloud_nautilus_wallet_192.csv")
    texts = [row.title + row.description for row in found]
    texts += [comment.body for row in found for comment in row.comments]
    assert not any("â€" in text for text in texts)
    path = shared("jira", "cloud_nautilus_wallet_192.csv")
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    changed = [repair(cell) for cell in cells if repair(cell)[0] != cell]
    assert len(changed) == 15
    assert all(exact for _, exact in changed)


def test_student_team():
    looked, found = looked_at("jira", "cloud_student_team_bom_130.csv")
    assert (looked.sniffed.encoding, looked.sniffed.encoding_confidence) == ("utf-8-sig", 1.0)
    assert found[0].title
    keys = {row.external_key for row in found}
    subtasks = [row for row in found if row.type == "Subtask"]
    assert len(subtasks) == 94
    assert all(row.parent_key in keys and row.parent_id for row in subtasks)
    assert sum(bool(row.parent_key) for row in found) == 113
    assert sum(row.resolved is not None for row in found) == 51
    asset_types = next(c for c in looked.columns.columns if c.name == "Custom field (Asset type)")
    assert (len(asset_types.places), asset_types.field) == (21, "ignore")


def test_dutch():
    looked, found = looked_at("jira", "cloud_dutch_student_26.csv")
    assert Counter(len(row.sprints) for row in found) == {0: 14, 1: 9, 2: 2, 3: 1}
    assert looked.proposal.mapping.states["Backlog"] == "triage"
    assert any("'Backlog' counts as 'In Progress'" in note for note in looked.proposal.notes)


def test_spanish():
    looked, found = looked_at("jira", "cloud_spanish_headers_39.csv")
    assert Counter(row.type for row in found) == {"Historia": 24, "Subtarea": 10, "Epic": 5}
    assert looked.proposal.mapping.states == {"Por hacer": "triage", "En curso": "in_progress"}
    assert all(row.created and row.created.date() >= date(2026, 8, 4) for row in found)
    assert sum(bool(row.parent_key and row.parent_id) for row in found) == 34
    assert sorted(len(row.labels) for row in found).count(6) == 26
    assert not any(row.title.startswith("\t") for row in found)
    # Each "blocks" is said from both sides.
    said = {
        (row.external_key, link.other) for row in found for link in row.links if not link.inward
    }
    heard = {(link.other, row.external_key) for row in found for link in row.links if link.inward}
    assert said == heard
    assert len(said) == 15
    moscow = [row.extra.get("Campo personalizado (Prioridad MoSCoW)") for row in found]
    assert moscow.count("Must Have") == 24


def test_edited_in_a_spreadsheet():
    looked, found = looked_at("jira", "edited_cp1252_crlf_44.csv")
    assert looked.sniffed.encoding == "cp1252"
    assert looked.columns.date_order.order == "day_first"
    assert any("two ways" in warning for warning in looked.columns.warnings)
    assert {row.created.date() for row in found} == {date(2023, 1, 10), date(2023, 1, 11)}
    assert Counter(row.priority for row in found) == {
        "Urgent": 13,
        "High": 12,
        "Medium": 10,
        "Low": 9,
    }
    assert sum(row.comment_count for row in found) == 39
    assert not any("\r" in row.description for row in found)
    assert not any(comment.at for row in found for comment in row.comments)


def test_hive_with_all_fields():
    _, found = looked_at("jira", "asf_hive_2.0.0_all_fields_59.csv")
    with shared("jira", "asf_hive_2.0.0_all_fields_59.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        header, *body = csv.reader(file)
    places = [place for place, name in enumerate(header) if name == "Comment"]
    assert len(places) == 45
    assert sum(row.comment_count for row in found) == sum(
        bool(line[place].strip()) for line in body for place in places
    )
    assert all(comment.at and comment.author for row in found for comment in row.comments)
    assert not any(comment.body.endswith(";;;") for row in found for comment in row.comments)
    assert sum(row.resolved is not None for row in found) == 59
    files = [place for place, name in enumerate(header) if name == "Attachment"]
    assert sum(len(row.attachments) for row in found) == sum(
        bool(line[place].strip()) for line in body for place in files
    )
    kinds = Counter(link.kind for row in found for link in row.links)
    assert set(kinds) == {"blocks", "duplicates", "part_of", "relates"}


def test_hive_padded_is_hive_plain():
    folder = ("jira", "asf_hive_current_fields")
    plain = {row.external_key: row.content_hash for row in items(*folder, "Hive_2.0.0.csv")}
    padded = {
        row.external_key: row.content_hash for row in items(*folder, "Hive_2.0.0_padded_cells.csv")
    }
    assert plain == padded
    assert len(plain) == 399


def test_hive_files_overlap_with_the_same_values():
    """An issue of several versions stands in several files: importing them all adds 778 items."""
    folder = ("jira", "asf_hive_current_fields")
    hashes = {}
    total = 0
    for name in ("Hive_2.0.0.csv", "Hive_2.0.1.csv", "Hive_2.1.0.csv", "Hive_2.1.1.csv"):
        for row in items(*folder, name):
            total += 1
            assert hashes.setdefault(row.external_key, row.content_hash) == row.content_hash
    assert (total, len(hashes)) == (877, 778)
    everything = {row.external_key for row in items("jira", "asf_hive_2.0.0_all_fields_59.csv")}
    assert everything <= {row.external_key for row in items(*folder, "Hive_2.0.0.csv")}


def test_activemq():
    looked, found = looked_at("jira", "asf_activemq_no_summary_blank_rows_1838.csv")
    assert looked.proposal.mapping.title_from == "description"
    imported = [row for row in found if row.is_item]
    assert all(len(row.title) <= 200 for row in imported)
    assert sum(row.title == row.external_key for row in imported) == 7
    assert sum(bool(row.parent_id) for row in imported) == 8


def test_titanium_layout_agrees_with_titanium_flow():
    """The same issues in two layouts: equal keys, states and instants."""
    layout = {
        row.external_key: row for row in items("titanium", "timob_2019_2020_jira_csv_layout.csv")
    }
    flow = {row.external_key: row for row in items("titanium", "timob_flow.csv")}
    assert set(layout) <= set(flow)
    for key, row in layout.items():
        other = flow[key]
        assert (row.status, row.resolution, row.type, set(row.labels)) == (
            other.status, other.resolution, other.type, set(other.labels),
        )  # fmt: skip
        assert row.created == other.created.replace(second=0)
        assert (row.resolved is None) == (other.resolved is None)
        assert row.comment_count <= other.comment_count


def test_titanium_flow_gives_the_expected_weeks():
    """Arrivals and throughput of 25 weeks, as they were computed from the same issues by another hand."""
    found = items("titanium", "timob_flow.csv")
    assert Counter(row.status_category for row in found)["Done"] == 13882
    assert sum(row.resolved is not None for row in found) == 13826
    arrivals, throughput = Counter(), Counter()
    for row in found:
        arrivals[row.created.date().isocalendar()[:2]] += 1
        if row.resolved:
            throughput[row.resolved.date().isocalendar()[:2]] += 1
    with shared("titanium", "timob_2020_first_half_expected_flow_weekly.csv").open() as file:
        weeks = list(csv.DictReader(file))
    for week in weeks:
        year, number = week["iso_week"].split("-W")
        assert arrivals[int(year), int(number)] == int(week["arrivals"])
        assert throughput[int(year), int(number)] == int(week["throughput"])
    assert len(weeks) == 25


def test_titanium_json_lines():
    _, found = looked_at("titanium", "aloy_2015_2021_issues.jsonl")
    assert sum(row.resolved is not None for row in found) == 248
    assert sum(bool(row.epic_key) for row in found) == 11
    assert sum(bool(row.parent_key) for row in found) == 3
    assert not any("\r" in row.description for row in found)


def test_linear():
    _, found = looked_at("linear", "linear_export_kap_176.csv")
    assert Counter(row.status for row in found) == {
        "Backlog": 118, "Done": 46, "In Progress": 5, "Canceled": 4, "Todo": 3,
    }  # fmt: skip
    assert sum(row.resolved is not None for row in found) == 46 + 4
    with shared("linear", "linear_export_kap_176.csv").open(encoding="utf-8", newline="") as file:
        guarded = {
            line["ID"] for line in csv.DictReader(file) if line["Description"].startswith("'-")
        }
    by_key = {row.external_key: row for row in found}
    assert len(guarded) == 10
    assert all(by_key[key].description.startswith("- ") for key in guarded)
    assert by_key["KAP-176"].title.startswith("@")
    assert sum(row.labels == ("V1", "✨ Nice-to-have") for row in found) == 2
    assert all(row.created and row.external_id for row in found)
    onboarding = items("linear", "linear_export_onboarding_4.csv")
    assert all(row.created.year == 2026 for row in onboarding)
    assert [row.description[:10] for row in onboarding][0] == "Welcome to"


def test_linear_states():
    looked, found = looked_at("linear", "linear_export_kap_176.csv")
    states = Counter(decide(row, looked.proposal.mapping).state for row in found)
    assert states == {"triage": 121, "done": 46, "in_progress": 5, "declined": 4}


def test_github():
    _, found = looked_at("github", "hf_datasets_issues_rest.json")
    issues = [row for row in found if row.is_item]
    assert Counter(row.status for row in issues) == {"closed": 191, "open": 135}
    assert sum(bool(row.labels) for row in issues) == 81
    assert sum(row.resolved is not None for row in issues) == 191
    assert len({row.external_key for row in found}) == 600
    assert sum(row.is_pull_request and row.skipped == "pull request" for row in found) == 274
    assert all(row.external_key.startswith("huggingface/datasets#") for row in found)
    compact = items("github", "fastapi_issues_compact.json")
    assert Counter(row.status for row in compact) == {"closed": 3471, "open": 29}
    assert {row.created.year for row in compact} == set(range(2019, 2027))


def test_unquoted_commas_are_reported_with_their_lines():
    """Twelve rows of this file have a cell or two too many."""
    _, found = looked_at("sprints", "jira_iteration_0.csv")
    errors = [row for row in found if row.error]
    assert len(found) == 1873
    assert len(errors) == 12
    lines = shared("sprints", "jira_iteration_0.csv").read_text("utf-8").split("\n")
    assert all(len(next(csv.reader([lines[row.line - 1]]))) > 19 for row in errors)


def test_a_second_reading_gives_the_same_rows():
    _, once = looked_at.__wrapped__("jira", "cloud_nautilus_wallet_192.csv")
    _, twice = looked_at.__wrapped__("jira", "cloud_nautilus_wallet_192.csv")
    assert once == twice


_MEASURED = """
import resource, sys, time
from integrations.readers import Source, look_at_columns, read_rows

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

source = Source.from_path(sys.argv[1])
before, start = peak(), time.process_time()
rows = sum(1 for row in read_rows(source, look_at_columns(source).mapping))
print(rows, time.process_time() - start, (peak() - before) / 1024)
"""


def test_time_and_memory_of_a_large_file():
    """16,206 rows, columns and all, in under 2.5 s of processor; memory does not grow with them."""
    path = str(shared("titanium", "timob_flow.csv"))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, path],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows, seconds, megabytes = map(float, done.stdout.split())
    assert rows == 16_206
    assert seconds < 2.5
    assert megabytes < 60
