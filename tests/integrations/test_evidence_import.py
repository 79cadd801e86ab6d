"""Evidence out of CSV files, through the pages: guessed, rehearsed with errors per row, brought in, taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from backlog.models import Change, Segment
from integrations.jobs import imports as jobs
from integrations.models import ImportRun
from integrations.readers.signals import (
    SignalMapping,
    examine_signals,
    number,
    read_signals,
)
from integrations.readers.source import ReadError, Source
from scoring.models import Signal
from scoring.services import evidence
from tests.backlog.making import accepted, again, ask, rate
from tests.cast import Cast
from tests.integrations.exports import FIRST, bring, jira
from tests.shared_data import shared

State = ImportRun.State

CSV = """Ticket id;Item;Segment;Kind;Amount;Date;Subject
T-1;ATLAS-1;;support_ticket;3;14.03.2026;Export freezes
T-2;;Ports;support_ticket;1.5;15.03.2026;"Export freezes; again"
T-3;;;support_ticket;2;16.03.2026;Ünïcode: captions
T-4;ATLAS-99;;support_ticket;1;17.03.2026;No such item
T-5;;;support_ticket;lots;18.03.2026;A size in words
T-6;;;support_ticket;1;soon;A date in words
T-1;ATLAS-1;;support_ticket;3;14.03.2026;Once more
;;;;;;
"""


def upload(cast: Cast, content: bytes, name: str = "desk.csv") -> ImportRun:
    file = SimpleUploadedFile(name, content, "text/csv")
    answer = cast.client("owner").post("/p/ATLAS/evidence/import/", {"file": file})
    assert answer.status_code == 302, answer.content
    return worked(ImportRun.objects.latest("created_at"))


def worked(run: ImportRun) -> ImportRun:
    jobs.work(str(run.pk))
    run.refresh_from_db()
    return run


def post(cast: Cast, run: ImportRun, verb: str, **data: Any) -> ImportRun:
    answer = cast.client("owner").post(f"/p/ATLAS/imports/{run.pk}/{verb}/", data)
    assert answer.status_code == 302, answer.content
    return worked(run)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_file_is_guessed_rehearsed_brought_in_and_taken_back(cast: Cast, encoding: str) -> None:
    item = accepted(cast, "stability")
    rate(cast, item)
    before = again(item).summary.priority
    run = upload(cast, CSV.encode(encoding))
    assert run.state == State.MAPPING, run.last_error
    client = cast.client("owner")
    assert "Ticket id" in client.get(f"/p/ATLAS/imports/{run.pk}/mapping/").content.decode()
    run = post(cast, run, "mapping")
    assert run.state == State.REHEARSED
    counts = run.rehearsal["counts"]
    assert counts == {
        "rows": 8,
        "created": 4,
        "unchanged": 0,
        "skipped": 2,
        "errors": 2,
        "attached": 1,
        "of_segments": 1,
        "unattached": 2,
    }
    said = {(each["row"], each["kind"]): each["text"] for each in run.problems}
    assert "'lots' is no number" in said[6, "error"]
    assert "'soon' is no date" in said[7, "error"]
    assert said[8, "skipped"] == "same id as row 2"
    assert "no item ATLAS-99" in said[5, "warning"]
    assert all(each["line"] == each["row"] for each in run.problems)
    assert not Signal.objects.exists()
    assert "4 new pieces" in client.get(f"/p/ATLAS/imports/{run.pk}/").content.decode()
    run = post(cast, run, "run")
    assert run.state == State.DONE, run.last_error
    assert Signal.objects.count() == 4
    first = Signal.objects.get(external_id="T-1")
    assert (first.item, first.magnitude, first.note) == (item, 3, "Export freezes")
    assert first.occurred_at == datetime(2026, 3, 14, tzinfo=UTC)
    assert Signal.objects.get(external_id="T-2").segment == Segment.objects.get(name="Ports")
    assert Signal.objects.get(external_id="T-3").note == "Ünïcode: captions"
    assert again(item).summary.priority != before
    # the same again adds nothing
    twin = post(cast, post(cast, upload(cast, CSV.encode(encoding)), "mapping"), "run")
    assert (twin.counts["created"], twin.counts["unchanged"]) == (0, 4)
    # what somebody has touched stays, the rest goes
    third = Signal.objects.get(external_id="T-3")
    evidence.withdraw(actor=cast.actor("owner"), product=cast.a, signals=[third], reason="No.")
    run = post(cast, run, "undo")
    assert run.state == State.UNDONE, run.last_error
    assert (run.counts["removed"], run.counts["kept"]) == (3, 1)
    assert list(Signal.objects.values_list("external_id", flat=True)) == ["T-3"]
    assert not Segment.objects.filter(name="Ports").exists()
    assert again(item).summary.priority == pytest.approx(before, abs=1e-3)
    assert Change.objects.filter(verb="signal.removed").count() == 3
    back = post(cast, post(cast, upload(cast, CSV.encode(encoding)), "mapping"), "run")
    assert back.counts["created"] == 3


def test_the_mapping_is_edited_with_values_for_words(cast: Cast) -> None:
    content = b"when,what,priority\n2026-01-02,Broke,1 - Critical\n2026-01-03,Broke,3 - Low\n"
    run = upload(cast, content)
    assert run.mapping["columns"] == {"when": "occurred_at", "what": "ignore", "priority": "ignore"}
    client = cast.client("owner")
    url = f"/p/ATLAS/imports/{run.pk}/mapping/"
    chosen = {"column-1": "note", "column-2": "magnitude", "kind": "incident"}
    page = client.post(url, {**chosen, "stay": "1"})
    assert page.status_code == 200
    html = page.content.decode()
    assert "1 - Critical" in html
    values = {"magnitude-value-0": "8", "magnitude-value-1": "1,5"}
    assert client.post(url, {**chosen, **values}).status_code == 302
    run = worked(run)
    assert run.mapping["magnitudes"] == {"1 - Critical": 8, "3 - Low": 1.5}
    run = post(cast, run, "run")
    assert sorted(Signal.objects.values_list("magnitude", flat=True)) == [1.5, 8]
    bad = upload(cast, content)
    refused = client.post(
        f"/p/ATLAS/imports/{bad.pk}/mapping/", {"magnitude": "many", "kind": "kept"}
    )
    assert refused.status_code == 422
    assert 'value="kept"' in refused.content.decode(), "nothing is lost"


def test_items_are_found_by_what_an_import_called_them(cast: Cast) -> None:
    bring(cast.a, jira(FIRST))
    key = FIRST["Issue key"]
    run = upload(cast, f"kind,date,issue key\nincident,2026-01-02,{key}\n".encode())
    run = post(cast, post(cast, run, "mapping"), "run")
    assert run.counts["attached"] == 1
    assert Signal.objects.get(kind="incident").item is not None


def test_over_the_api(cast: Cast) -> None:
    file = SimpleUploadedFile("incident.csv", b"date\n2026-01-02\n2026-01-02\n", "text/csv")
    answer = cast.api("owner").post(
        "/api/v1/imports/", {"product": "ATLAS", "file": file, "subject": "signals", "run": "true"}
    )
    assert answer.status_code == 202, answer.content
    worked(ImportRun.objects.get())
    shown = ask(cast, "owner", "GET", f"imports/{answer.json()['id']}/").json()
    assert (shown["state"], shown["subject"], shown["counts"]["created"]) == ("done", "signals", 2)
    assert ask(cast, "contributor", "GET", f"imports/{answer.json()['id']}/").status_code == 403


# --- The reader -----------------------------------------------------------------------------------


def test_numbers_as_people_write_them() -> None:
    said = ["1,234.5", "1.234,5", "12 %", "1 234", "1,5", "1e3", "-2", "x", "3 - M", "", "9" * 60]
    assert [number(each) for each in said] == [
        1234.5,
        1234.5,
        12,
        1234,
        1.5,
        1000,
        -2,
        None,
        None,
        None,
        None,
    ]


def test_rows_without_ids_are_known_by_content_and_turn() -> None:
    source = Source.from_bytes(
        b"kind,date\nincident,2026-01-02\nincident,2026-01-02\nincident,2026-01-03\n"
    )
    mapping = examine_signals(source).mapping
    ids = [row.external_id for row in read_signals(source, mapping)]
    assert len(set(ids)) == 3
    assert ids == [row.external_id for row in read_signals(source, mapping)]
    assert ids[0].removesuffix(":1") == ids[1].removesuffix(":2")


def test_broken_rows_are_errors_with_lines_and_reading_goes_on() -> None:
    content = b'kind,date,note\nincident,2026-01-02,fine\nincident,2026-01-02,"never closed\nincident,2026-01-04,fine\n'
    source = Source.from_bytes(content)
    rows = list(read_signals(source, examine_signals(source).mapping))
    assert [bool(row.error) for row in rows] == [False, True, False]
    assert rows[1].line == 3


def test_formula_guards_come_off_and_unknown_members_are_refused() -> None:
    source = Source.from_bytes(b"kind,date,note\nincident,2026-01-02,'=SUM(A1)\n")
    (row,) = read_signals(source, examine_signals(source).mapping)
    assert row.note == "=SUM(A1)"
    with pytest.raises(ReadError) as refusal:
        SignalMapping.from_dict({"columns": {"a": "title"}, "colour": 1, "magnitude": -1})
    assert len(refusal.value.fields["mapping"]) == 3
    with pytest.raises(ReadError):
        examine_signals(Source.from_bytes(b'[{"a": 1}]'))


def test_a_real_event_log_is_one_signal_an_incident(cast: Cast) -> None:
    content = shared("evidence", "service_desk_incident_event_log.csv").read_bytes()
    run = post(cast, upload(cast, content, "service_desk_incident_event_log.csv"), "mapping")
    assert run.rehearsal["counts"]["created"] == 445
    run = post(cast, run, "run")
    assert (run.counts["created"], run.counts["skipped"]) == (445, 2544)
    assert set(Signal.objects.values_list("kind", flat=True)) == {"incident"}


def test_a_real_table_without_dates_asks_for_one(cast: Cast) -> None:
    content = shared("evidence", "learning_engagement_xapi_edu_480.csv").read_bytes()
    run = post(cast, upload(cast, content, "learning.csv"), "mapping", kind="discussion")
    assert run.rehearsal["counts"]["errors"] == 480
    assert "it has no date" in run.problems[0]["text"]
    run = post(cast, run, "mapping", kind="discussion", occurred_at="2026-02-01")
    assert run.rehearsal["counts"]["created"] == 480
