"""The wizard, through its pages and without script: upload, mapping, rehearsal, import, undo."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from accounts.models import Product
from backlog.models import Item
from backlog.services import items
from integrations.forms import MOST
from integrations.models import ImportedRecord, ImportRun
from integrations.services import imports as services
from tests.cast import Cast
from tests.integrations.exports import (
    FIRST,
    ISSUES,
    SECOND,
    bring,
    github,
    item,
    jira,
    many,
    start,
    table,
    work,
)

State = ImportRun.State


def upload(client: Client, product: Product, content: bytes, name: str = "export.csv") -> Any:
    file = SimpleUploadedFile(name, content, "text/csv")
    return client.post(f"/p/{product.key}/imports/new/", {"file": file})


def newest() -> ImportRun:
    run = ImportRun.objects.order_by("created_at").last()
    assert run is not None
    return run


def at(run: ImportRun, rest: str = "") -> str:
    return f"/p/{run.product.key}/imports/{run.pk}/{rest}"


def fields_of(html: str) -> dict[str, str]:
    """What a browser would send for the mapping's form: its selects, boxes and lines as they stand."""
    form = html.split('id="mapping">')[1].split("</form>")[0]
    found: dict[str, str] = {}
    for name, inner in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        first = re.search(r'<option value="([^"]*)"', inner)
        found[name] = (chosen or first)[1]  # type: ignore[index]
    for name, value in re.findall(r'<input name="([^"]+)"[^>]*value="([^"]*)"', form):
        found[name] = value
    for name in re.findall(r'<input type="checkbox" name="([^"]+)" checked', form):
        found[name] = "on"
    return found


# --- The way through ----------------------------------------------------------------------------


def test_the_whole_way(cast: Cast) -> None:
    client = cast.client("owner")
    answer = upload(client, cast.a, jira(*ISSUES))
    run = newest()
    assert (answer.status_code, answer.url) == (302, at(run))
    assert client.get(at(run)).url == at(run, "mapping/")
    page = client.get(at(run, "mapping/")).content.decode()
    assert "Subtitles are late" in page
    fields = fields_of(page)
    answer = client.post(at(run, "mapping/"), fields)
    assert answer.url == at(run)
    page = client.get(at(run)).content.decode()
    assert "<b>3 new items</b>" in page
    assert "Import 3 items" in page
    assert not Item.objects.exists()
    answer = client.post(at(run, "run/"))
    assert answer.url == at(run)
    page = client.get(at(run)).content.decode()
    assert "The items are here." in page
    assert Item.objects.filter(product=cast.a).count() == 3
    page = client.get(f"/p/{cast.a.key}/imports/").content.decode()
    assert "export.csv" in page
    assert "Imported" in page
    page = client.get(at(run, "undo/")).content.decode()
    assert "3 items that it made go away" in page
    assert Item.objects.filter(product=cast.a).count() == 3
    answer = client.post(at(run, "undo/"))
    assert answer.url == at(run)
    assert "3 items were taken away" in client.get(at(run)).content.decode()
    assert not Item.objects.exists()


def test_what_the_form_shows_is_the_mapping_unchanged(cast: Cast) -> None:
    """Sent as it stands, the form changes nothing of the proposal."""
    client = cast.client("owner")
    labelled = {
        **FIRST,
        "Labels": ["bug", "security", "player"],
        "Custom field (Story Points)": "2,5",
    }
    for content, name in (
        (jira(labelled, SECOND), "a.csv"),
        (
            github({"number": 1, "title": "A", "state": "open", "labels": [{"name": "bug"}]}),
            "a.json",
        ),
        (table(["Title", "Time Estimate"], ["x", "28800"]), "b.csv"),
    ):
        upload(client, cast.a, content, name)
        run = newest()
        before = run.mapping
        client.post(
            at(run, "mapping/"), fields_of(client.get(at(run, "mapping/")).content.decode())
        )
        run.refresh_from_db()
        assert run.state == State.REHEARSED
        assert run.mapping == before


def test_choices_are_taken(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, jira({**FIRST, "Custom field (Room)": "blue"}, SECOND))
    run = newest()
    assert run.examination is not None
    names = [column["name"] for column in run.examination["columns"]]
    fields = fields_of(client.get(at(run, "mapping/")).content.decode())
    del fields["ratings"], fields["signal-votes"]
    fields |= {
        f"column-{names.index('Custom field (Room)')}": "segment",
        "state-0": "accepted",
        "type-queue-0": "strategic_bet",
        "type-kind-1": "",
        "priority-severity-0": "3",
        "queue-default": "stability",
        "hotfix_max_age_days": "30",
        "date_order": "month_first",
        "zone": "Europe/Berlin",
        "key_prefix": "X/",
        "skip_labels": "one\ntwo ",
    }
    client.post(at(run, "mapping/"), fields)
    run.refresh_from_db()
    mapping = run.mapping
    assert mapping is not None
    assert mapping["columns"]["Custom field (Room)"] == "segment"
    assert mapping["states"] == {"To Do": "accepted", "Done": "done"}
    assert mapping["queues"]["by_type"] == {"Bug": "strategic_bet", "Story": "enhancement"}
    assert mapping["kinds"]["by_type"] == {"Bug": "fix"}
    assert mapping["severities"]["High"] == 3
    assert (mapping["queues"]["default"], mapping["queues"]["hotfix_max_age_days"]) == (
        "stability",
        30,
    )
    assert (mapping["date_order"], mapping["zone"]) == ("month_first", "Europe/Berlin")
    assert (mapping["key_prefix"], mapping["skip_labels"]) == ("X/", ["one", "two"])
    assert mapping["ratings"] is None
    assert mapping["signals"]["votes"] is None
    assert mapping["signals"]["comments"] == "comment"


def test_levels_of_starting_ratings_can_be_changed(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, jira(FIRST))
    run = newest()
    fields = fields_of(client.get(at(run, "mapping/")).content.decode())
    fields |= {
        "rating-trust-default": "",
        "rating-trust-priority-0": "5",
        "rating-trust-type-0": "",
    }
    client.post(at(run, "mapping/"), fields)
    run.refresh_from_db()
    assert run.mapping is not None
    assert run.mapping["ratings"]["trust"]["by_priority"] == {"High": 5}
    assert run.mapping["ratings"]["trust"]["default"] is None
    client.post(at(run, "run/"))
    assert item(cast.a, "AT-1").ratings.get(criterion="trust").level == 5


def test_the_mapping_as_json(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, jira(FIRST))
    run = newest()
    file = client.get(at(run, "mapping.json"))
    assert file["Content-Disposition"] == 'attachment; filename="mapping.json"'
    mapping = json.loads(file.content)
    assert mapping == run.mapping
    mapping["kinds"]["default"] = "module"
    client.post(at(run, "mapping/"), {"json": json.dumps(mapping)})
    run.refresh_from_db()
    assert run.mapping == mapping


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Expecting property name"),
        ("[]", "The mapping has to be an object."),
        ('{"kind": "pdf", "colour": 1}', "The mapping has no &#x27;colour&#x27;."),
        ('{"states": {"Done": "finished"}}', "use one of triage, accepted"),
        ("[" * 3000 + "]" * 3000, "recursion"),
        ('{"zone": "Mars/Olympus"}', "has to be a time zone"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why_and_is_kept(
    cast: Cast, text: str, says: str
) -> None:
    client = cast.client("owner")
    upload(client, cast.a, jira(FIRST))
    run = newest()
    answer = client.post(at(run, "mapping/"), {"json": text})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert "Nothing was changed" in page
    run.refresh_from_db()
    assert run.state == State.MAPPING


def test_a_choice_that_cannot_be_used_stands_in_the_form_again(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, jira(FIRST))
    run = newest()
    fields = fields_of(client.get(at(run, "mapping/")).content.decode())
    answer = client.post(
        at(run, "mapping/"), fields | {"hotfix_max_age_days": "soon", "key_prefix": "X/"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "a number of days above 0, or nothing, not &#x27;soon&#x27;" in page
    assert fields_of(page)["key_prefix"] == "X/"


def test_the_file_can_be_read_in_another_encoding(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, "Title;Größe\nTür;2\n".encode("cp1252"))
    run = newest()
    client.post(at(run, "reading/"), {"encoding": "cp1251", "delimiter": ";"})
    run.refresh_from_db()
    assert run.state == State.MAPPING
    assert run.mapping is not None
    assert run.mapping["encoding"] == "cp1251"
    client.post(at(run, "reading/"), {"encoding": "no such thing"})
    run.refresh_from_db()
    assert (run.state, run.last_error) == (
        State.FAILED,
        "There is no encoding named 'no such thing'. Try utf-8 or cp1252.",
    )


def test_many_columns_and_values_fit_one_form(cast: Cast) -> None:
    """Django takes at most a thousand fields; what is not shown stays as proposed."""
    client = cast.client("owner")
    header = [
        *("Key", "Title", "Status", "Type", "Priority", "Labels"),
        *(f"c{n}" for n in range(494)),
    ]
    rows = [
        [f"K-{n}", f"t{n}", f"s{n}", f"y{n}", f"p{n}", f"l{n}", *("x" for _ in range(494))]
        for n in range(150)
    ]
    upload(client, cast.a, table(header, *rows))
    run = newest()
    page = client.get(at(run, "mapping/")).content.decode()
    fields = fields_of(page)
    assert MOST["columns"] < len(fields) < 950
    assert "and 300 that are empty or too many to show" in page
    before = run.mapping
    answer = client.post(at(run, "mapping/"), fields)
    assert answer.status_code == 302
    run.refresh_from_db()
    assert run.mapping == before
    assert run.rehearsal is not None
    assert run.rehearsal["counts"]["created"] == 150


def test_a_later_export_begins_with_what_was_chosen_for_the_one_before(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, jira(*ISSUES), "first.csv")
    first = newest()
    fields = fields_of(client.get(at(first, "mapping/")).content.decode())
    del fields["ratings"]
    fields |= {"kind-default": "module", "type-queue-0": "strategic_bet"}
    client.post(at(first, "mapping/"), fields)
    client.post(at(first, "run/"))
    upload(client, cast.a, jira(*ISSUES), "second.csv")
    second = newest()
    page = client.get(at(second, "mapping/")).content.decode()
    assert "What was chosen for first.csv is chosen here too" in page
    client.post(at(second, "mapping/"), fields_of(page))
    second.refresh_from_db()
    assert second.rehearsal is not None
    assert second.rehearsal["counts"]["unchanged"] == len(ISSUES)

    client.post(at(second, "mapping/"), {"guess": "yes"})
    second.refresh_from_db()
    assert second.state == State.MAPPING
    assert second.mapping == second.examination["mapping"]  # type: ignore[index]
    assert "What was chosen for" not in client.get(at(second, "mapping/")).content.decode()
    upload(cast.client("outsider"), cast.b, jira(*ISSUES), "elsewhere.csv")
    assert (newest().examination or {})["like"] is None


def test_a_rehearsal_in_which_nothing_would_come_in_says_so(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, jira(*ISSUES))
    run = newest()
    fields = fields_of(client.get(at(run, "mapping/")).content.decode())
    fields = {name: "ignore" if value == "title" else value for name, value in fields.items()}
    client.post(at(run, "mapping/"), fields)
    page = client.get(at(run)).content.decode()
    assert "No row of this file would come in." in page
    assert "is here already" not in page


# --- Files that are none --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b"", 422, "The file is empty."),
        (None, 422, "No file arrived"),
    ],
)
def test_an_upload_that_is_refused_at_once(
    cast: Cast, content: bytes | None, status: int, says: str
) -> None:
    client = cast.client("owner")
    if content is None:
        answer = client.post(f"/p/{cast.a.key}/imports/new/", {})
    else:
        answer = upload(client, cast.a, content)
    assert answer.status_code == status
    assert says in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_a_file_that_is_too_large(cast: Cast, settings: Settings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 3_000_000
    answer = upload(cast.client("owner"), cast.a, b"Title\n" + b"x" * 3_100_000)
    assert answer.status_code == 413
    assert "larger than 3 MB" in answer.content.decode()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04 a workbook", "Save it as CSV|save it as CSV"),
        (b"%PDF-1.7", "This is a PDF"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"<!doctype html><html>", "web page"),
        (b"   \n\n  ", "empty"),
    ],
)
def test_a_file_that_is_no_table_fails_with_a_sentence(
    cast: Cast, content: bytes, says: str
) -> None:
    client = cast.client("owner")
    upload(client, cast.a, content)
    run = newest()
    assert run.state == State.FAILED
    page = client.get(at(run)).content.decode()
    assert re.search(says, page)
    assert "Nothing was written, and nothing was lost." in page
    assert "Try again" in page


def test_a_column_of_text_can_be_mapped(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, b"Ideas\nfirst thing\nsecond thing\n")
    run = newest()
    assert "No column was recognised as a title" in client.get(at(run, "mapping/")).content.decode()
    fields = fields_of(client.get(at(run, "mapping/")).content.decode())
    client.post(at(run, "mapping/"), fields | {"column-0": "title"})
    client.post(at(run, "run/"))
    assert sorted(Item.objects.values_list("title", flat=True)) == ["first thing", "second thing"]


NASTY = [
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(A1)",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 }}{% now %}",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "é" + "\u0301" * 200,
    "\ufeffmark",
    "half \\ud800 pair",
    "line\u2028separator",
    "' OR 1=1 --",
    "%s %(x)s {0}",
]


def test_nasty_texts_arrive_as_text(cast: Cast) -> None:
    client = cast.client("owner")
    rows = [
        [f"K-{n}", text, text, text, text, text, "javascript:alert(1)", text]
        for n, text in enumerate(NASTY)
    ]
    header = ["Key", "Title", "Status", "Type", "Labels", "Description", "URL", "<b>Room</b>"]
    upload(client, cast.a, table(header, *rows))
    run = newest()
    assert "<img src=x" not in client.get(at(run, "mapping/")).content.decode()
    client.post(at(run, "mapping/"), fields_of(client.get(at(run, "mapping/")).content.decode()))
    assert "<img src=x" not in client.get(at(run)).content.decode()
    client.post(at(run, "run/"))
    run.refresh_from_db()
    assert run.state == State.DONE, run.last_error
    assert Item.objects.count() == len(NASTY)
    found = item(cast.a, "K-4")
    assert found.title == NASTY[4]
    page = client.get(f"/items/{found.key}/").content.decode()
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


def test_what_no_database_can_hold_is_taken_out(cast: Cast) -> None:
    client = cast.client("owner")
    content = json.dumps(
        [{"number": 1, "title": "a\x00b", "state": "op\ud800en", "labels": ["\x00", "x"]}]
    )
    upload(client, cast.a, content.encode(), "issues.json")
    upload(client, cast.a, b"Ti\x00tle,St\x00atus\nx\x00y,To\x00 Do\n")
    for run in ImportRun.objects.all():
        assert run.state == State.MAPPING, run.last_error
        client.post(at(run, "run/"))
    assert sorted(Item.objects.values_list("title", flat=True)) == ["ab", "xy"]


# --- States, and who may ----------------------------------------------------------------------------


def test_busy_pages_show_how_far_it_is(cast: Cast) -> None:
    client = cast.client("owner")
    run = start(cast.a, jira(*ISSUES), actor=cast.actor("owner"))
    ImportRun.objects.filter(pk=run.pk).update(
        state=State.IMPORTING, rows_total=16206, rows_done=500, counts={"rows": 500, "created": 499}
    )
    page = client.get(at(run)).content.decode()
    assert "500 of 16,206" in page
    assert f'hx-get="{at(run, "progress/")}"' in page
    assert "Stop" in page
    part = client.get(at(run, "progress/"), headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div class="stack-s" id="progress"')
    assert client.get(at(run, "mapping/")).url == at(run)
    ImportRun.objects.filter(pk=run.pk).update(state=State.DONE)
    part = client.get(at(run, "progress/"), headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (204, at(run))


def test_stopping(cast: Cast) -> None:
    client = cast.client("owner")
    upload(client, cast.a, jira(*ISSUES))
    run = newest()
    client.post(at(run, "cancel/"))
    page = client.get(at(run)).content.decode()
    assert "It was stopped before anything was written." in page
    answer = client.post(at(run, "cancel/"), follow=True)
    assert "This import is cancelled now, so there is nothing to stop." in answer.content.decode()
    answer = client.post(at(run, "run/"), follow=True)
    assert "This import is cancelled now." in answer.content.decode()


def test_a_second_import_meanwhile_is_refused_with_a_sentence(cast: Cast) -> None:
    client = cast.client("owner")
    running = start(cast.a, jira(*ISSUES))
    ImportRun.objects.filter(pk=running.pk).update(state=State.IMPORTING)
    upload(client, cast.a, jira(*ISSUES), "second.csv")
    run = newest()
    answer = client.post(at(run, "run/"), follow=True)
    assert "Another import of this product is running." in answer.content.decode()
    run.refresh_from_db()
    assert run.state == State.MAPPING
    upload(cast.client("outsider"), cast.b, jira(*ISSUES))
    cast.client("outsider").post(at(newest(), "run/"))
    assert newest().state == State.DONE


def test_the_database_holds_to_one_import_at_a_time(cast: Cast) -> None:
    first, second = start(cast.a, jira(FIRST)), start(cast.a, jira(SECOND))
    ImportRun.objects.filter(pk=first.pk).update(state=State.IMPORTING)
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRun.objects.filter(pk=second.pk).update(state=State.UNDOING)


def test_who_may(cast: Cast) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=cast.actor("owner"))
    new = f"/p/{cast.a.key}/imports/new/"  # whoever may not reads there how to hand a file over
    pages = [f"/p/{cast.a.key}/imports/"]
    pages += [at(run, rest) for rest in ("", "mapping.json", "undo/", "progress/")]
    posts = [
        new,
        *(at(run, rest) for rest in ("run/", "cancel/", "retry/", "undo/", "mapping/", "reading/")),
    ]
    assert cast.client("outsider").get(new).status_code == 404
    for url in pages:
        assert cast.client("viewer").get(url).status_code == 403, url
        assert cast.client("outsider").get(url).status_code == 404, url
    for url in posts:
        assert cast.client("viewer").post(url).status_code == 403, url
        assert cast.client("outsider").post(url).status_code == 404, url
    assert Item.objects.count() == 3


def test_an_import_of_another_product_is_not_found(cast: Cast) -> None:
    run = bring(cast.b, jira(*ISSUES))
    mixed = f"/p/{cast.a.key}/imports/{run.pk}/"
    random = f"/p/{cast.a.key}/imports/{uuid.uuid4()}/"
    for rest in ("", "mapping/", "undo/"):
        answers = [cast.client("owner").get(url + rest) for url in (mixed, random)]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert cast.client("owner").post(mixed + "undo/").status_code == 404
    assert Item.objects.count() == 3


def test_the_rail_leads_here(cast: Cast) -> None:
    link = f'href="/p/{cast.a.key}/imports/"'
    assert link in cast.client("owner").get(f"/p/{cast.a.key}/work/").content.decode()
    assert link not in cast.client("viewer").get(f"/p/{cast.a.key}/work/").content.decode()


def test_the_list_goes_on(cast: Cast) -> None:
    client = cast.client("owner")
    page = client.get(f"/p/{cast.a.key}/imports/").content.decode()
    assert "Nothing imported yet" in page
    for n in range(53):
        ImportRun.objects.create(product=cast.a, file_name=f"file-{n:02}.csv", file_path="x")
    page = client.get(f"/p/{cast.a.key}/imports/").content.decode()
    assert "file-52.csv" in page
    assert "file-02.csv" not in page
    cursor = re.search(r'href="\?cursor=([^"]+)"', page)
    assert cursor is not None
    older = client.get(f"/p/{cast.a.key}/imports/?cursor={cursor[1]}").content.decode()
    assert re.findall(r"file-\d\d\.csv", older) == ["file-02.csv", "file-01.csv", "file-00.csv"]
    assert client.get(f"/p/{cast.a.key}/imports/?cursor=abc").status_code == 422


def test_where_an_item_came_from_stands_on_its_page(cast: Cast) -> None:
    bring(
        cast.a,
        jira(
            {
                **FIRST,
                "Custom field (Room)": "blue",
                "Attachment": ["05/Apr/23 4:00 PM;mara;a.png;https://files.example/a.png"],
            }
        ),
    )
    ImportedRecord.objects.update(url="https://tracker.example/AT-1")
    found = item(cast.a, "AT-1")
    page = cast.client("viewer").get(f"/items/{found.key}/").content.decode()
    assert (
        '<a href="https://tracker.example/AT-1" rel="noopener noreferrer nofollow">AT-1</a>' in page
    )
    assert (
        '<a href="https://files.example/a.png" rel="noopener noreferrer nofollow">a.png</a>' in page
    )
    assert "<dt>Custom field (Room)</dt><dd>blue</dd>" in page
    detail = cast.api("viewer").get(f"/api/v1/items/{found.key}/").json()
    assert detail["source"]["key"] == "AT-1"
    made_here = items.create_item(
        actor=cast.actor("owner"), product=cast.a, draft=items.Draft(title="Ours")
    )
    assert (
        "From the import"
        not in cast.client("viewer").get(f"/items/{made_here.key}/").content.decode()
    )
    assert cast.api("viewer").get(f"/api/v1/items/{made_here.key}/").json()["source"] is None


def test_going_on_after_a_failure(cast: Cast) -> None:
    client = cast.client("owner")
    run = start(cast.a, many(30), actor=cast.actor("owner"))
    services.carry_out(actor=cast.actor("owner"), run=run)
    ImportRun.objects.filter(pk=run.pk).update(
        state=State.FAILED, failed_in=State.IMPORTING, last_error="The disk was full."
    )
    page = client.get(at(run)).content.decode()
    assert "The disk was full." in page
    client.post(at(run, "retry/"))
    run.refresh_from_db()
    assert (run.state, run.counts["created"]) == (State.DONE, 30)
    answer = client.post(at(run, "retry/"), follow=True)
    assert "This import is imported now." in answer.content.decode()


def test_problems_are_listed_row_by_row(cast: Cast) -> None:
    client = cast.client("owner")
    rows = [[f"K-{n}", ""] for n in range(150)]
    content = table(["Key", "Title"], *rows) + b"K-999,a,b,c\n"
    upload(client, cast.a, content)
    run = newest()
    services.rehearse(actor=cast.actor("owner"), run=run)
    work(run)
    page = client.get(at(run)).content.decode()
    assert "1 row cannot be read." in page
    assert page.count("Left out: no title") == 100
    assert "51 more" in page
    page = client.get(at(run) + "?problems=all").content.decode()
    assert page.count("Left out: no title") == 150
    assert '<td class="num">152</td>' in page
