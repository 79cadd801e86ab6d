"""Imports over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backlog.models import Item
from integrations.models import ImportRun
from tests.cast import Cast
from tests.integrations.exports import FIRST, ISSUES, bring, jira, start

State = ImportRun.State


def upload(api: Client, content: bytes = b"", **fields: Any) -> Any:
    file = SimpleUploadedFile(
        fields.pop("name", "export.csv"), content or jira(*ISSUES), "text/csv"
    )
    headers = fields.pop("headers", None)
    return api.post(
        "/api/v1/imports/", {"file": file, "product": "ATLAS", **fields}, headers=headers
    )


def put(api: Client, url: str, body: Any) -> Any:
    return api.put(url, json.dumps(body), content_type="application/json")


def test_upload_waits_for_the_mapping(cast: Cast) -> None:
    api = cast.api("owner")
    answer = upload(api)
    assert answer.status_code == 202
    where = answer["Location"]
    assert where == f"/api/v1/imports/{answer.json()['id']}/"
    found = api.get(where).json()
    assert (found["state"], found["busy"], found["product"]) == ("mapping", False, "ATLAS")
    assert found["mapping"]["columns"]["Summary"] == "title"
    assert found["found"]["rows"] == found["rows_total"] == 3
    assert found["found"]["survey"]["types"][0] == ["Bug", "High", 1]
    assert not Item.objects.exists()


def test_a_dry_run_counts_and_stops(cast: Cast) -> None:
    api = cast.api("owner")
    found = api.get(upload(api, dry_run="true")["Location"]).json()
    assert found["state"] == "rehearsed"
    assert found["rehearsal"]["counts"] == {
        "rows": 3,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "skipped": 0,
        "errors": 0,
    }
    assert not Item.objects.exists()


def test_run_goes_straight_through(cast: Cast) -> None:
    api = cast.api("owner")
    mapping = {"ratings": None, "kinds": {"default": "module"}}
    found = api.get(upload(api, run="true", mapping=json.dumps(mapping))["Location"]).json()
    assert found["state"] == "done"
    assert (found["counts"]["created"], found["counts"]["ratings"]) == (3, 0)
    assert found["finished_at"] is not None
    assert Item.objects.count() == 3
    again = api.get(upload(api, run="true")["Location"]).json()
    assert again["counts"]["unchanged"] == 0
    assert again["counts"]["updated"] == 3  # kinds and ratings are as proposed now


def test_the_verbs(cast: Cast) -> None:
    api = cast.api("owner")
    where = upload(api)["Location"]
    changed = put(api, f"{where}mapping/", {"states": {"To Do": "accepted"}})
    assert (changed.status_code, changed.json()["state"]) == (200, "mapping")
    assert changed.json()["mapping"]["columns"]["Summary"] == "title"
    assert api.post(f"{where}rehearse/").status_code == 202
    assert api.get(where).json()["rehearsal"]["states"]["accepted"] == 1
    assert api.post(f"{where}run/").status_code == 202
    assert api.get(where).json()["state"] == "done"
    assert Item.objects.filter(state="accepted").count() == 1
    assert api.post(f"{where}undo/").status_code == 202
    undone = api.get(where).json()
    assert (undone["state"], undone["counts"]["removed"]) == ("undone", 3)
    assert not Item.objects.exists()


def test_stopping_and_what_comes_too_late(cast: Cast) -> None:
    api = cast.api("owner")
    where = upload(api)["Location"]
    assert api.post(f"{where}cancel/").json()["state"] == "cancelled"
    for verb in ("cancel", "run", "rehearse", "undo", "retry"):
        answer = api.post(f"{where}{verb}/")
        assert answer.status_code == 409, verb
        assert answer["Content-Type"] == "application/problem+json"
    assert put(api, f"{where}mapping/", {}).status_code == 409


def test_another_import_meanwhile(cast: Cast) -> None:
    api = cast.api("owner")
    running = start(cast.a, jira(*ISSUES))
    ImportRun.objects.filter(pk=running.pk).update(state=State.IMPORTING)
    where = upload(api)["Location"]
    answer = api.post(f"{where}run/")
    assert (answer.status_code, answer.json()["code"]) == (409, "import_running")
    found = api.get(upload(api, run="true")["Location"]).json()
    assert found["state"] == "mapping"
    assert found["error"].startswith("Another import of this product is running.")


def test_the_later_import_first(cast: Cast) -> None:
    api = cast.api("owner")
    first = bring(cast.a, jira(FIRST), actor=cast.actor("owner"))
    bring(cast.a, jira({**FIRST, "Summary": "Two"}), actor=cast.actor("owner"))
    answer = api.post(f"/api/v1/imports/{first.pk}/undo/")
    assert (answer.status_code, answer.json()["code"]) == (409, "later_import")


def test_the_list_is_of_one_product_and_goes_on(cast: Cast) -> None:
    api = cast.api("owner")
    for n in range(52):
        ImportRun.objects.create(product=cast.a, file_name=f"{n}.csv", file_path="x")
    ImportRun.objects.create(product=cast.b, file_name="other.csv", file_path="x")
    page = api.get("/api/v1/imports/?product=ATLAS").json()
    assert [row["file_name"] for row in page["results"][:2]] == ["51.csv", "50.csv"]
    assert "problems" not in page["results"][0]
    rest = api.get(f"/api/v1/imports/?product=ATLAS&cursor={page['next']}").json()
    assert [row["file_name"] for row in rest["results"]] == ["1.csv", "0.csv"]
    assert rest["next"] is None
    answer = api.get("/api/v1/imports/?product=ATLAS&cursor=abc")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
    assert api.get("/api/v1/imports/?colour=red").status_code == 400


def test_a_retry_with_a_key_uploads_once(cast: Cast) -> None:
    api = cast.api("owner")
    first = upload(api, headers={"Idempotency-Key": "one"})
    again = upload(api, headers={"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"mapping": "{"}, "mapping"),
        ({"mapping": '{"colour": 1}'}, "mapping"),
        ({"dry_run": "true", "run": "true"}, "run"),
        ({"state": "done"}, "state"),
        ({"dry_run": "perhaps"}, "dry_run"),
    ],
)
def test_what_cannot_be_used_is_named(cast: Cast, fields: dict[str, str], names: str) -> None:
    answer = upload(cast.api("owner"), **fields)
    assert answer.status_code == 400
    assert names in answer.json()["fields"]
    assert not ImportRun.objects.exists()


def test_every_problem_of_a_mapping_is_listed(cast: Cast) -> None:
    api = cast.api("owner")
    where = upload(api)["Location"]
    body = {
        "kind": "pdf",
        "states": {"a": "b"},
        "zone": 3,
        "x\x00y": 1,
        "ratings": {"trust": {"default": 9}},
    }
    answer = put(api, f"{where}mapping/", body)
    lines = answer.json()["fields"]["mapping"]
    assert len(lines) == 5
    assert put(api, f"{where}mapping/", []).status_code == 400
    long = put(api, f"{where}mapping/", {"zone": "x" * 100_000})
    assert len(long.content) < 2000


def test_texts_that_no_database_holds_are_taken_out_of_a_mapping(cast: Cast) -> None:
    api = cast.api("owner")
    where = upload(api)["Location"]
    answer = put(
        api, f"{where}mapping/", {"states": {"To\x00 Do": "accepted"}, "skip_labels": ["\ud800x"]}
    )
    assert answer.status_code == 200
    assert answer.json()["mapping"]["states"] == {"To Do": "accepted"}
    assert answer.json()["mapping"]["skip_labels"] == ["x"]


def test_who_may(cast: Cast) -> None:
    run = bring(cast.a, jira(*ISSUES), actor=cast.actor("owner"))
    where = f"/api/v1/imports/{run.pk}/"
    for name, status in (("viewer", 403), ("outsider", 404), ("anonymous", 401), ("read", 403)):
        api = cast.api(name)
        assert api.get(where).status_code == status, name
        for verb in ("rehearse", "run", "cancel", "retry", "undo"):
            assert api.post(f"{where}{verb}/").status_code == status, (name, verb)
        assert put(api, f"{where}mapping/", {}).status_code == status, name
        assert upload(api).status_code == status, name
    assert cast.api("elsewhere").get(where).status_code == 404
    assert Item.objects.count() == 3
