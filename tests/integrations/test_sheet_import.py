"""Placements and readings out of CSV files: guessed, rehearsed, brought in, known again, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Breach, Deployment, Metric, Placement, Reading, Replacement
from assets.services import placements, readings, targets
from backlog.models import Change, Channel, Item, Program
from integrations.jobs import imports as jobs
from integrations.models import ImportRun
from integrations.readers.sheets import (
    PLACEMENTS,
    READINGS,
    SheetMapping,
    examine_sheet,
    read_sheet,
)
from integrations.readers.source import ReadError, Source
from tests.assets.placed import an_asset, place, publish
from tests.backlog.making import ask
from tests.cast import Cast

State = ImportRun.State


def upload(
    cast: Cast, what: str, content: str, name: str = "lms.csv", who: str = "contributor"
) -> ImportRun:
    file = SimpleUploadedFile(name, content.encode(), "text/csv")
    answer = cast.client(who).post(f"/p/ATLAS/{what}/import/", {"file": file})
    assert answer.status_code == 302, answer.content
    return worked(ImportRun.objects.latest("created_at"))


def worked(run: ImportRun) -> ImportRun:
    jobs.work(str(run.pk))
    run.refresh_from_db()
    return run


def post(cast: Cast, run: ImportRun, verb: str, **data: Any) -> ImportRun:
    answer = cast.client("contributor").post(f"/p/ATLAS/imports/{run.pk}/{verb}/", data)
    assert answer.status_code == 302, answer.content
    return worked(run)


def brought(cast: Cast, what: str, content: str) -> ImportRun:
    run = post(cast, post(cast, upload(cast, what, content), "mapping"), "run")
    assert run.state == State.DONE, run.last_error
    return run


def told(run: ImportRun) -> dict[tuple[int, str], str]:
    return {(each["row"], each["kind"]): each["text"] for each in run.problems}


def everything() -> list[Any]:
    """What placements are, to the last column that matters."""
    return [
        list(
            Placement.objects.order_by("pk").values(
                "pk", "program", "owner", "version", "drifted_at"
            )
        ),
        list(Deployment.objects.order_by("pk").values_list("pk", flat=True)),
        list(Replacement.objects.order_by("pk").values("pk", "state", "settled_at")),
        sorted(Channel.objects.values_list("name", flat=True)),
        sorted(Program.objects.values_list("name", flat=True)),
    ]


PLACES = """Module,Platform,URL,Programme,Env,Language,Owner e-mail,Version,Remark
welcome,Learning platform,Module 1,Onboarding,,,{who},2,there already
welcome,Help centre,/start,,prod,de-DE,,1,
welcome,Help centre,/start,,live,de-DE,,1,said twice
welcome,Help centre,/trial,,Staging,,,,
goodbye,Help centre,/end,,,,,1,
welcome,Help centre,/x,,moon,,nobody@example.org,9,
welcome,Help centre,,,,,,,
"""


def test_placements_are_guessed_rehearsed_brought_in_known_again_and_taken_back(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, one)
    old = place(cast, one.asset, one)
    publish(cast, two)  # the old place drifts and gets a replacement
    before = everything()
    content = PLACES.format(who=cast.contributor.email)
    run = upload(cast, "placements", content)
    assert run.state == State.MAPPING, run.last_error
    assert run.mapping["columns"] == {
        "Module": "asset",
        "Platform": "channel",
        "URL": "place",
        "Programme": "program",
        "Env": "environment",
        "Language": "locale",
        "Owner e-mail": "owner",
        "Version": "version",
        "Remark": "ignore",
    }
    client = cast.client("contributor")
    assert "Owner e-mail" in client.get(f"/p/ATLAS/imports/{run.pk}/mapping/").content.decode()
    run = post(cast, run, "mapping")
    assert run.state == State.REHEARSED
    assert run.rehearsal["counts"] == {
        "rows": 7,
        "created": 2,
        "updated": 1,
        "unchanged": 0,
        "skipped": 1,
        "errors": 3,
    }
    said = told(run)
    assert said[4, "skipped"] == "same placement as row 3"
    assert "none called 'goodbye'" in said[6, "error"]
    assert all(word in said[7, "error"] for word in ("moon", "no member", "no version 9"))
    assert "say where" in said[8, "error"]
    assert everything() == before, "a rehearsal writes nothing"
    assert "/start" in client.get(f"/p/ATLAS/imports/{run.pk}/").content.decode()
    run = post(cast, run, "run")
    assert run.state == State.DONE, run.last_error
    assert (run.counts["created"], run.counts["updated"], run.counts["errors"]) == (2, 1, 3)
    old.refresh_from_db()
    assert (old.version, old.drifted_at) == (two, None)
    assert old.program is not None
    assert (old.program.name, old.owner) == ("Onboarding", cast.contributor)
    assert Replacement.objects.get(placement=old).state == "done"
    new = Placement.objects.get(place="/start")
    assert (new.environment, new.locale, new.version) == ("production", "de-DE", one)
    assert Placement.objects.get(place="/trial").version is None
    twin = brought(cast, "placements", content)
    assert [twin.counts[name] for name in ("created", "updated", "unchanged")] == [0, 0, 3]
    page = client.get(f"/p/ATLAS/imports/{run.pk}/undo/").content.decode()
    assert "2 rows that it brought go away" in page
    run = post(cast, run, "undo")
    assert run.state == State.UNDONE, run.last_error
    assert [run.counts[name] for name in ("removed", "restored", "kept")] == [2, 1, 0]
    assert everything() == before
    assert Change.objects.filter(verb="placement.removed").count() == 2
    assert brought(cast, "placements", content).counts["created"] == 2, "and again"


def test_a_file_says_since_when_a_version_stands_somewhere(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, one)
    old = place(cast, one.asset, one)
    head = "Asset,Channel,Place,Version,Since\n"
    name = one.asset.name
    first = brought(
        cast,
        "placements",
        head
        + f"{name},Site,/a,1,2026-03-05 10:30\n"
        + f"{name},Site,/b,1,\n"
        + f"{name},Site,/c,,2026-03-05\n"
        + f"{name},Site,/d,1,2199-01-01\n"
        + f"{name},{old.channel.name},{old.place},2,2001-01-01\n",
    )
    assert first.mapping["columns"]["Since"] == "since"
    assert (first.counts["created"], first.counts["errors"]) == (2, 3)
    said = told(first)
    assert "Say which version" in said[4, "error"]
    assert "in the future" in said[5, "error"]
    assert "deployed there later" in said[6, "error"]
    at = Deployment.objects.get(placement__place="/a").deployed_at
    assert at.isoformat() == "2026-03-05T10:30:00+00:00"
    assert Deployment.objects.get(placement__place="/b").deployed_at > old.made_at
    again = brought(cast, "placements", head + f"{name},Site,/a,1,2025-01-01\n")
    assert again.counts["unchanged"] == 1, "what is recorded of the past stays"
    brought(cast, "placements", head + f"{name},Site,/a,2,2026-04-01\n")
    newest = Deployment.objects.filter(placement__place="/a").latest("deployed_at")
    assert (newest.version, newest.deployed_at.isoformat()) == (two, "2026-04-01T00:00:00+00:00")


def test_what_somebody_has_touched_since_stays(cast: Cast) -> None:
    (one,) = an_asset(cast)
    publish(cast, one)
    content = "asset,channel,place,version\nwelcome,App,One,1\nwelcome,App,Two,1\n"
    run = brought(cast, "placements", content)
    kept = Placement.objects.get(place="One")
    placements.check_in(actor=cast.actor("contributor"), placement=kept, sha256=one.sha256)
    run = post(cast, run, "undo")
    assert [run.counts[name] for name in ("removed", "restored", "kept")] == [1, 0, 1]
    assert list(Placement.objects.values_list("place", flat=True)) == ["One"]
    assert Channel.objects.filter(name="App").exists(), "a channel in use stays"


def test_a_column_is_chosen_and_the_rest_said_for_all_rows(cast: Cast) -> None:
    (one,) = an_asset(cast)
    run = upload(cast, "placements", f"lieu,empreinte\nHall,{one.sha256}\nAttic,{'0' * 64}\n")
    assert set(run.mapping["columns"].values()) == {"ignore"}
    url = f"/p/ATLAS/imports/{run.pk}/mapping/"
    client = cast.client("contributor")
    refused = client.post(url, {"column-0": "colour", "value-channel": "kept"})
    assert refused.status_code == 422
    assert 'value="kept"' in refused.content.decode(), "nothing is lost"
    chosen = {
        "column-0": "place",
        "column-1": "sha256",
        "value-asset": "welcome",
        "value-channel": "TV",
    }
    run = post(cast, post(cast, run, "mapping", **chosen), "run")
    assert Placement.objects.get().version == one
    assert "these bytes are no version" in told(run)[3, "error"]


def test_rehearsing_placements_takes_as_many_queries_for_many(cast: Cast) -> None:
    an_asset(cast)
    counts = []
    for size in (5, 60):
        lines = "".join(f"welcome,App,Page {at},1\n" for at in range(size))
        run = upload(cast, "placements", "asset,channel,place,version\n" + lines)
        client = cast.client("contributor")
        client.post(f"/p/ATLAS/imports/{run.pk}/mapping/", {})
        with CaptureQueriesContext(connection) as seen:
            worked(run)
        assert run.rehearsal["counts"]["created"] == size
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- Readings -------------------------------------------------------------------------------------

HEAD = "asset,channel,place,metric,from,to,hits,n,id\n"
ROWS = [
    "welcome,Learning platform,Module 1,completion,2026-02-01,2026-02-08,62,100,1",
    "welcome,Learning platform,Module 1,Completion,2026-02-08,2026-02-15,150,100,2",
    "welcome,Website,Module 1,completion,2026-02-08,2026-02-15,50,100,3",
    "welcome,Learning platform,Module 1,joy,2026-02-08,soon,50,100,4",
    "welcome,Learning platform,Module 1,completion,2026-02-15,2026-02-22,41,100,5",
    "welcome,Learning platform,Module 1,completion,2026-02-15,2026-02-22,41,100,5",
]


@pytest.fixture
def where(cast: Cast) -> Placement:
    """A placement where version 1 has stood since January."""
    (one,) = an_asset(cast)
    publish(cast, one)
    found = place(cast, one.asset, one)
    found.deployments.update(deployed_at="2026-01-01T00:00Z")
    return found


def test_readings_are_rehearsed_entered_corrected_known_again_and_taken_back(
    cast: Cast, where: Placement
) -> None:
    metric = Metric.objects.get(product=cast.a, slug="completion")
    targets.set_target(actor=cast.actor("owner"), asset=where.asset, metric=metric, limit=0.6)
    first = readings.Draft(
        placement=where,
        metric=metric,
        starts_at=timezone.datetime(2026, 2, 1, tzinfo=timezone.get_default_timezone()),
        ends_at=timezone.datetime(2026, 2, 8, tzinfo=timezone.get_default_timezone()),
        hits=70,
        n=100,
        source="lms",
        external_id="1",
    )
    readings.enter(actor=cast.actor("contributor"), product=cast.a, drafts=[first])
    run = post(cast, upload(cast, "readings", HEAD + "\n".join(ROWS)), "mapping")
    assert run.mapping["values"] == {"source": "lms"}
    assert run.rehearsal["counts"] == {
        "rows": 6,
        "created": 1,
        "updated": 1,
        "unchanged": 0,
        "skipped": 1,
        "errors": 3,
    }
    said = told(run)
    assert "between 0 and n" in said[3, "error"]
    assert "not registered at Website" in said[4, "error"]
    assert "'soon' cannot be read" in said[5, "error"]
    assert said[7, "skipped"] == "same reading as row 6"
    assert Reading.objects.count() == 1
    run = post(cast, run, "run")
    assert run.state == State.DONE, run.last_error
    assert sorted(Reading.objects.values_list("hits", flat=True)) == [41, 62]
    assert Breach.objects.filter(mended_at=None).count() == 1
    assert Item.objects.filter(title__startswith="Completion of welcome").count() == 1
    twin = brought(cast, "readings", HEAD + "\n".join(ROWS))
    assert [twin.counts[name] for name in ("created", "updated", "unchanged")] == [0, 0, 2]
    run = post(cast, run, "undo")
    assert run.state == State.UNDONE, run.last_error
    assert [run.counts[name] for name in ("removed", "restored", "kept")] == [1, 1, 0]
    (left,) = Reading.objects.filter(withdrawn_at=None)
    assert (left.hits, left.value, left.external_id) == (70, 0.7, "1")
    assert not Breach.objects.filter(mended_at=None).exists()
    again = brought(cast, "readings", HEAD + "\n".join(ROWS))
    assert [again.counts[name] for name in ("created", "updated")] == [1, 1]
    assert Breach.objects.filter(mended_at=None).count() == 1


def test_a_reading_that_somebody_withdrew_since_stays_withdrawn(
    cast: Cast, where: Placement
) -> None:
    run = brought(cast, "readings", HEAD + ROWS[0])
    row = Reading.objects.get()
    readings.withdraw(actor=cast.actor("contributor"), reading=row, reason="Counted twice.")
    run = post(cast, run, "undo")
    assert (run.counts["removed"], run.counts["kept"]) == (0, 1)
    assert Reading.objects.get().external_id == "1"


def test_over_the_api_and_who_may(cast: Cast, where: Placement) -> None:
    content = f"placement,from,to,value\n{where.pk},2026-02-01,2026-02-08,3\n".encode()
    body = {"product": "ATLAS", "subject": "readings", "run": "true"}
    body["mapping"] = '{"values": {"metric": "errors", "source": "Monitor"}}'
    file = SimpleUploadedFile("r.csv", content, "text/csv")
    answer = cast.api("contributor").post("/api/v1/imports/", {**body, "file": file})
    assert answer.status_code == 202, answer.content
    worked(ImportRun.objects.get())
    shown = ask(cast, "contributor", "GET", f"imports/{answer.json()['id']}/").json()
    assert (shown["state"], shown["counts"]["created"]) == ("done", 1)
    assert Reading.objects.get().source == "Monitor"
    assert ask(cast, "viewer", "GET", f"imports/{answer.json()['id']}/").status_code == 403
    file = SimpleUploadedFile("r.csv", content, "text/csv")
    refused = cast.api("viewer").post("/api/v1/imports/", {**body, "file": file})
    assert refused.status_code == 403
    file = SimpleUploadedFile("r.csv", content, "text/csv")
    items = cast.api("contributor").post("/api/v1/imports/", {"product": "ATLAS", "file": file})
    assert items.status_code == 403, "items are another right"


# --- The reader -----------------------------------------------------------------------------------


def test_rows_are_read_in_any_encoding_with_guards_off_and_broken_ones_named() -> None:
    content = "asset;place;version\n'=Ä;\"never\n".encode("cp1252")
    source = Source.from_bytes("asset;place;version\n'=SUM(Ä);Wand;v3\n;;\n".encode("cp1252"))
    first, empty = read_sheet(PLACEMENTS, source, examine_sheet(PLACEMENTS, source).mapping)
    assert first.values == {"asset": "=SUM(Ä)", "place": "Wand", "version": 3}
    assert empty.skipped == "empty row"
    broken = Source.from_bytes(content)
    (row,) = read_sheet(PLACEMENTS, broken, examine_sheet(PLACEMENTS, broken).mapping)
    assert row.error


def test_a_mapping_is_refused_with_every_problem() -> None:
    with pytest.raises(ReadError) as refusal:
        SheetMapping.from_dict(
            {"columns": {"a": "title"}, "colour": 1, "values": {"owner": "x"}}, PLACEMENTS
        )
    assert len(refusal.value.fields["mapping"]) == 3
    with pytest.raises(ReadError):
        examine_sheet(READINGS, Source.from_bytes(b'[{"a": 1}]'))
