"""The backlog as a file: the list in its order, what a spreadsheet may not run, and back in by the import."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backlog import tables
from backlog.models import Channel, Item, Program, Segment
from backlog.services import words
from backlog.vocabulary import State
from tests.backlog.making import in_state, label, make, many, queue, rate
from tests.cast import Cast
from tests.integrations.exports import bring

DUE = (timezone.now() + timedelta(days=9)).replace(hour=23, minute=59, second=0, microsecond=0)


def read(cast: Cast, query: str = "", who: str = "viewer") -> list[dict[str, str]]:
    answer = cast.client(who).get(f"/p/ATLAS/backlog/export.csv{query}")
    assert answer.status_code == 200, answer.content
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def furnish(cast: Cast) -> list[Item]:
    def word(model: Any, name: str) -> Any:
        return words.named(model, product=cast.a, names=[name])[name]

    first = make(
        cast,
        "Subtitles, late",
        queue=queue(cast.a, "stability"),
        description="Two *seconds*.\nOn tablets.",
        effort=5.0,
        due_at=DUE,
        owner=cast.people["owner"],
        labels=[label(cast.a, "captions"), label(cast.a, "player")],
        segments=[word(Segment, "Schools")],
        program=word(Program, "Training"),
        channel=word(Channel, "Web"),
    )
    rate(cast, first)
    return [first, *(in_state(cast, state) for state in State.values)]


def test_the_file_is_the_list_in_its_order(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(cast)
    for kind in ("hotfix", "stability", "strategic_bet"):
        many(cast.a, 7, kind=kind, state="accepted")
    for query in ("", "?queue=stability", "?open=all", "?label=captions", "?state=done,parked"):
        page = cast.api("viewer").get(
            "/api/v1/items/", {"product": "ATLAS", "limit": "100"} | dict_of(query)
        )
        assert page.status_code == 200, page.content
        wanted = [row["key"] for row in page.json()["results"]]
        for size in (1000, 3):
            monkeypatch.setattr(tables, "CHUNK", size)
            assert [row["Key"] for row in read(cast, query)] == wanted, (query, size)
    assert [row["Place in queue"] for row in read(cast, "?queue=hotfix")] == list("1234567")


def dict_of(query: str) -> dict[str, str]:
    given = dict([query[1:].split("=")]) if query else {}
    if given.get("open") == "all":
        return {}
    return given if "state" in given else {"open": "true"} | given


def test_what_the_cells_say(cast: Cast) -> None:
    first = furnish(cast)[0]
    [row] = read(cast, "?label=player")
    first.refresh_from_db()
    assert row["Key"] == first.key
    assert (row["Title"], row["Queue"], row["Status"]) == ("Subtitles, late", "Stability", "Triage")
    assert (row["Effort"], row["Due"]) == ("5.0", DUE.isoformat())
    assert (row["Labels"], row["Segment"]) == ("captions, player", "Schools")
    assert (row["Program"], row["Channel"]) == ("Training", "Web")
    assert row["Owner"] == cast.people["owner"].email
    assert row["Description"] == "Two *seconds*.\nOn tablets."
    assert float(row["Priority"]) == first.summary.priority


def test_a_title_that_is_a_formula_stays_a_title(cast: Cast) -> None:
    make(cast, '=HYPERLINK("http://example.org")')
    [row] = read(cast)
    assert row["Title"].startswith("'=")


def test_a_strange_filter_is_refused_and_nothing_of_others_is_in_it(cast: Cast) -> None:
    furnish(cast)
    assert cast.client("viewer").get("/p/ATLAS/backlog/export.csv?colour=red").status_code == 422
    assert cast.client("outsider").get("/p/ATLAS/backlog/export.csv").status_code == 404


def test_it_comes_back_in_as_it_went_out(cast: Cast) -> None:
    made = furnish(cast)
    client = cast.client("viewer")
    answer = client.get("/p/ATLAS/backlog/export.csv?open=all")
    run = bring(cast.b, b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert (run.counts["created"], run.counts["errors"]) == (len(made), 0)
    for item in made:
        item.refresh_from_db()
        back = Item.objects.get(product=cast.b, imported_records__external_key=item.key)
        for name in ("title", "kind", "effort", "due_at", "description", "created_at", "state"):
            assert getattr(back, name) == getattr(item, name), (name, item.key)
        for name in ("labels", "segments"):
            assert names(back, name) == names(item, name)


def names(item: Item, of: str) -> list[str]:
    return sorted(getattr(item, of).values_list("name", flat=True))
