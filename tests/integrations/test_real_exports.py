"""Every export of the shared folder, all the way into the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from backlog.models import Comment, Item, ItemLink
from integrations.models import ImportedRecord, ImportRun
from integrations.services import imports as services
from scoring.jobs import rescore
from tests.cast import Cast
from tests.integrations.exports import bring, counts, item, start, take_back, work
from tests.shared_data import needs_shared_data, shared

pytestmark = needs_shared_data

#: file, rows, created, skipped
FILES = [
    ("jira/cloud_nautilus_wallet_192.csv", 192, 192, 0),
    ("jira/cloud_student_team_bom_130.csv", 130, 130, 0),
    ("jira/cloud_dutch_student_26.csv", 26, 26, 0),
    ("jira/cloud_spanish_headers_39.csv", 39, 39, 0),
    ("jira/edited_cp1252_crlf_44.csv", 44, 44, 0),
    ("jira/asf_hive_2.0.0_all_fields_59.csv", 59, 59, 0),
    ("jira/asf_hive_current_fields/Hive_2.0.0.csv", 399, 399, 0),
    ("jira/asf_hive_current_fields/Hive_2.0.0_padded_cells.csv", 399, 399, 0),
    ("jira/asf_hive_current_fields/Hive_2.0.1.csv", 29, 29, 0),
    ("jira/asf_hive_current_fields/Hive_2.1.0.csv", 347, 347, 0),
    ("jira/asf_hive_current_fields/Hive_2.1.1.csv", 102, 102, 0),
    ("jira/asf_activemq_no_summary_blank_rows_1838.csv", 1838, 470, 1368),
    ("linear/linear_export_kap_176.csv", 176, 176, 0),
    ("linear/linear_export_onboarding_4.csv", 4, 4, 0),
    ("linear/linear_import_template_style_28.csv", 28, 28, 0),
    ("github/hf_datasets_issues_rest.json", 700, 326, 374),
]
LARGE = [
    ("github/fastapi_issues_compact.json", 3500, 3500, 0),
    ("titanium/timob_2019_2020_jira_csv_layout.csv", 1197, 1197, 0),
    ("titanium/aloy_2015_2021_issues.jsonl", 358, 358, 0),
    ("titanium/timob_flow.csv", 16206, 16206, 0),
]
ALL = [*FILES, *(pytest.param(*each, marks=pytest.mark.slow) for each in LARGE)]


def content(name: str) -> bytes:
    path: Path = shared(*name.split("/"))
    return path.read_bytes()


@pytest.mark.parametrize(("name", "rows", "created", "skipped"), ALL)
def test_every_item_arrives_and_the_second_time_changes_nothing(
    cast: Cast, name: str, rows: int, created: int, skipped: int
) -> None:
    file = content(name)
    first = bring(cast.a, file, name=name.rsplit("/")[-1])
    assert first.state == ImportRun.State.DONE
    assert (first.counts["rows"], *counts(first)) == (rows, created, 0, 0, skipped, 0)
    assert Item.objects.filter(product=cast.a).count() == created
    assert ImportedRecord.objects.filter(product=cast.a).count() == created
    rescore.rescore_stale()
    assert not Item.objects.filter(summary__priority=None, summary__is_open=True).exists()
    second = bring(cast.a, file, name=name.rsplit("/")[-1])
    assert counts(second) == (0, 0, created, skipped, 0)
    assert Item.objects.filter(product=cast.a).count() == created


def test_what_comes_with_the_items(cast: Cast) -> None:
    run = bring(cast.a, content("jira/cloud_nautilus_wallet_192.csv"))
    assert (Comment.objects.count(), ItemLink.objects.count()) == (
        run.counts["comments"],
        run.counts["links"],
    )
    assert ItemLink.objects.filter(kind="part_of").count() == 24
    found = item(cast.a, "NW-219")
    assert (found.created_at.date().isoformat(), found.kind) == ("2023-07-20", "fix")
    assert Item.objects.filter(finished_at__isnull=False).count() == 113


def test_files_that_overlap_are_one_set_of_items(cast: Cast) -> None:
    """Issues that affect several versions stand in several files: 877 rows, 778 keys."""
    folder = "jira/asf_hive_current_fields"
    names = ("Hive_2.0.0.csv", "Hive_2.0.1.csv", "Hive_2.1.0.csv", "Hive_2.1.1.csv")
    runs = [bring(cast.a, content(f"{folder}/{name}")) for name in names]
    assert sum(run.counts["rows"] for run in runs) == 877
    assert Item.objects.count() == 778
    padded = bring(cast.a, content(f"{folder}/Hive_2.0.0_padded_cells.csv"))
    assert counts(padded) == (0, 0, 399, 0, 0)


def test_a_rehearsal_tells_the_truth(cast: Cast) -> None:
    run = start(cast.a, content("github/hf_datasets_issues_rest.json"), name="issues.json")
    services.rehearse(actor=cast.actor("owner"), run=run)
    work(run)
    assert run.rehearsal is not None
    expected = run.rehearsal["counts"]
    states = run.rehearsal["states"]
    services.carry_out(actor=cast.actor("owner"), run=run)
    work(run)
    assert {name: run.counts[name] for name in expected} == expected
    assert {state: Item.objects.filter(state=state).count() for state in states} == states


def test_the_largest_is_taken_back(cast: Cast) -> None:
    run = bring(cast.a, content("jira/asf_hive_2.0.0_all_fields_59.csv"))
    assert Comment.objects.count() == run.counts["comments"] > 300
    take_back(run)
    assert (Item.objects.count(), Comment.objects.count(), ItemLink.objects.count()) == (0, 0, 0)
    assert not cast.a.labels.exists()
