"""A file of somebody who may not import: it waits for those who may, and is carried out or let go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from backlog.models import Item, Request
from integrations.models import ImportRun
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")
State = ImportRun.State
PAGE = "/p/ATLAS/imports/new/"
TABLE = b"Title,Description\nSubtitles are late,Two seconds\nThe map is old,\n"


def table(content: bytes = TABLE) -> SimpleUploadedFile:
    return SimpleUploadedFile("wishes.csv", content, "text/csv")


def handed_over(cast: Cast, **more: Any) -> ImportRun:
    form = {"file": table(), "asking": "The crew wrote these down.", **more}
    answer = cast.client("contributor").post(PAGE, form)
    assert (answer.status_code, answer["Location"]) == (302, "/p/ATLAS/work/")
    return ImportRun.objects.get()


def kept(run: ImportRun) -> Path:
    return Path(settings.MEDIA_ROOT) / run.file_path


def answered(cast: Cast, who: str, request: Request, verb: str) -> Any:
    body = {} if verb == "withdraw" else {"accept": verb == "accept", "reason": "We looked."}
    path = "withdraw" if verb == "withdraw" else "answer"
    url = f"/api/v1/products/ATLAS/requests/{request.pk}/{path}/"
    return cast.api(who).post(url, body, "application/json")


def test_the_page_takes_a_file_and_a_reason_from_those_who_may_not(cast: Cast) -> None:
    html = cast.client("contributor").get(PAGE).content.decode()
    assert "Ask them to bring it in" in html
    assert "Administrator" in html  # who may
    run = handed_over(cast)
    assert (run.state, run.started_by) == (State.ASKED, cast.contributor)
    request = Request.objects.get()
    assert request.summary == f"import wishes.csv ({len(TABLE)} bytes)"
    assert request.reason == "The crew wrote these down."
    work = cast.client("owner").get("/p/ATLAS/work/").content.decode()
    assert "import wishes.csv" in work


def test_agreeing_makes_it_the_import_of_whoever_agreed(cast: Cast) -> None:
    run = handed_over(cast)
    assert answered(cast, "owner", Request.objects.get(), "accept").status_code == 200
    run.refresh_from_db()
    assert (run.state, run.started_by) == (State.MAPPING, cast.owner)
    assert not Item.objects.exists()  # looked at, and nothing written before the owner says so
    assert cast.client("owner").get(f"/p/ATLAS/imports/{run.pk}/mapping/").status_code == 200


def test_by_api_it_goes_as_far_as_it_was_asked_to(cast: Cast) -> None:
    body = {"product": "ATLAS", "file": table(), "run": "true", "asking": "They are all real."}
    answer = cast.api("contributor").post("/api/v1/imports/", body)
    assert (answer.status_code, answer.json()["state"]) == (202, "asked")
    assert answered(cast, "owner", Request.objects.get(), "accept").status_code == 200
    assert sorted(Item.objects.values_list("title", flat=True)) == [
        "Subtitles are late",
        "The map is old",
    ]


@pytest.mark.parametrize(("who", "verb"), [("owner", "decline"), ("contributor", "withdraw")])
def test_declined_or_withdrawn_nothing_is_kept(cast: Cast, who: str, verb: str) -> None:
    run = handed_over(cast)
    assert kept(run).exists()
    assert answered(cast, who, Request.objects.get(), verb).status_code == 200
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert not kept(run).exists()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"file": table(), "asking": " "}, "Say why, so that somebody can decide."),
        ({"file": table(b""), "asking": "Please."}, "The file is empty."),
        ({"asking": "Please."}, "file"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_left(
    cast: Cast, form: dict[str, Any], said: str
) -> None:
    answer = cast.client("contributor").post(PAGE, form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ImportRun.objects.exists()
    assert not [each for each in Path(settings.MEDIA_ROOT).rglob("*") if each.is_file()]


def test_the_same_is_asked_once(cast: Cast) -> None:
    handed_over(cast)
    answer = cast.client("contributor").post(PAGE, {"file": table(), "asking": "Once more."})
    assert answer.status_code == 409
    assert "You have asked for this already" in answer.content.decode()
    assert ImportRun.objects.count() == 1


def test_nobody_asks_with_the_file_of_another(cast: Cast) -> None:
    run = handed_over(cast)
    body = {"verb": "import.run", "payload": {"run": str(run.pk)}, "reason": "Mine."}
    url = "/api/v1/products/ATLAS/requests/"
    answer = cast.api("viewer").post(url, body, "application/json")
    assert answer.status_code == 400
    assert Request.objects.count() == 1


def test_nobody_starts_it_but_by_an_answer(cast: Cast) -> None:
    run = handed_over(cast)
    for verb in ("rehearse", "run", "cancel"):
        answer = cast.api("owner").post(f"/api/v1/imports/{run.pk}/{verb}/")
        assert answer.status_code == 409, verb
    page = cast.client("owner").get(f"/p/ATLAS/imports/{run.pk}/")
    assert "asks to bring this file in" in page.content.decode()
    assert cast.client("contributor").get(f"/p/ATLAS/imports/{run.pk}/").status_code == 403
