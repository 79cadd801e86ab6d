"""Matrix, what-if and lenses through HTTP."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backlog.models import Change, Item, ItemSummary
from backlog.vocabulary import State
from scoring import matrix
from scoring.models import Rating
from tests.backlog.making import accepted, again, ask, make, many, rate
from tests.cast import Cast


def page(cast: Cast, path: str, who: str = "viewer") -> str:
    answer = cast.client(who).get(f"/p/{cast.a.key}/{path}")
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def drawn(html: str) -> dict[str, Any]:
    found = re.search(
        r'<script id="matrix-data" type="application/json">(.*?)</script>', html, re.S
    )
    assert found is not None
    return json.loads(found[1])


@pytest.fixture
def three(cast: Cast) -> list[Item]:
    items = [accepted(cast, title=f"Item {n}", effort=float(n)) for n in (1, 3, 8)]
    for number, item in enumerate(items):
        rate(cast, item, (5 - number, 3, 2))
    return items


# --- matrix ----------------------------------------------------------------------------------------


def test_points_and_table_say_the_same(cast: Cast, three: list[Item]) -> None:
    bare = make(cast, "Not rated")
    html = page(cast, "matrix/?x=value&y=impact&size=effort")
    points = {each["key"]: each for each in drawn(html)["points"]}
    assert set(points) == {item.key for item in three}
    assert points[three[1].key]["x"] == pytest.approx(4)
    assert points[three[1].key]["y"] == pytest.approx(3)
    assert points[three[1].key]["size"] == 3
    table = html[html.index('class="matrix-table"') :]
    for item in (*three, bare):
        assert f'id="row-{item.key}"' in table
    assert "1 item has no place on these axes yet" in html


def test_filters_are_those_of_the_list(cast: Cast, three: list[Item]) -> None:
    other = accepted(cast, "hotfix", title="Burning")
    rate(cast, other)
    html = page(cast, "matrix/?queue=hotfix")
    assert [each["key"] for each in drawn(html)["points"]] == [other.key]
    refused = cast.client("viewer").get(f"/p/{cast.a.key}/matrix/?colour=red")
    assert refused.status_code in (400, 422)
    refused = cast.client("viewer").get(f"/p/{cast.a.key}/matrix/?x=beauty")
    assert refused.status_code in (400, 422)


def test_more_than_can_be_read_is_cut_and_said(cast: Cast) -> None:
    many(cast.a, matrix.LIMIT + 5, kind="stability", state=State.ACCEPTED)
    html = page(cast, "matrix/")
    assert html.count("<tr data-row") == matrix.LIMIT
    assert f"The first {matrix.LIMIT} items of the list are shown" in html


def test_an_empty_matrix_says_what_to_do(cast: Cast) -> None:
    assert "Nothing to place" in page(cast, "matrix/")


def test_queries_do_not_grow_with_the_items(cast: Cast, three: list[Item]) -> None:
    page(cast, "matrix/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(cast, "matrix/")
    for item in many(cast.a, 30, kind="enhancement", state=State.ACCEPTED):
        rate(cast, again(item))
    with CaptureQueriesContext(connection) as more:
        page(cast, "matrix/")
    assert len(more) == len(few)


def test_list_board_and_matrix_lead_to_each_other(cast: Cast, three: list[Item]) -> None:
    for path in ("backlog/?queue=enhancement", "board/", "matrix/?queue=enhancement"):
        html = page(cast, path)
        for way in ("backlog", "board", "matrix"):
            assert f'href="/p/{cast.a.key}/{way}/' in html
    assert f"/p/{cast.a.key}/matrix/?queue=enhancement" in page(cast, "backlog/?queue=enhancement")


# --- what if ---------------------------------------------------------------------------------------


def test_rate_it_so_fills_the_form_that_makes_it_so(cast: Cast, three: list[Item]) -> None:
    """From the try to the deed: the filled form is sent as it stands, and the value is the one that was wished."""
    last = three[2]
    client = cast.client("contributor")
    tried = client.post(
        f"/items/{last.key}/what-if/",
        {"axis": "value", "value": "5"},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "Rate it so…" in tried
    assert 'name="value" value="5"' in tried
    page = client.post(f"/items/{last.key}/what-if/", {"axis": "value", "value": "5"})
    form = re.search(
        r'<form method="post" action="/items/[^"]+/ratings/".*?</form>', page.content.decode(), re.S
    )
    assert form
    sent = dict(re.findall(r'name="(\w+)" value="(\d)" checked', form[0]))
    assert set(sent.values()) == {"5"}
    assert client.post(f"/items/{last.key}/ratings/", sent).status_code == 302
    stored = Rating.objects.filter(item=last, criterion__in=sent)
    assert set(stored.values_list("level", flat=True)) == {5.0}
    assert stored.count() == len(sent)
    assert (
        "Save the ratings"
        not in cast.client("viewer")
        .post(f"/items/{last.key}/what-if/", {"axis": "value", "value": "5"})
        .content.decode()
    )


def test_adjust_it_so_fills_the_points(cast: Cast, three: list[Item]) -> None:
    last = three[2]
    told = ask(cast, "viewer", "GET", f"items/{last.key}/").json()
    wanted = told["priority"] + 4
    page = (
        cast.client("owner")
        .post(f"/items/{last.key}/what-if/", {"axis": "priority", "value": f"{wanted:.3f}"})
        .content.decode()
    )
    assert f'action="/items/{last.key}/adjustments/"' in page
    assert 'value="4.00"' in page


def test_what_if_shows_and_writes_nothing(cast: Cast, three: list[Item]) -> None:
    last = three[2]
    before = (
        list(Rating.objects.order_by("pk").values()),
        list(ItemSummary.objects.order_by("pk").values()),
        Change.objects.count(),
    )
    client = cast.client("viewer")
    assert client.get(f"/items/{last.key}/what-if/").status_code == 200
    html = client.post(
        f"/items/{last.key}/what-if/", {"axis": "effort", "value": "1"}
    ).content.decode()
    assert "Nothing has been changed." in html
    part = client.post(
        f"/items/{last.key}/what-if/",
        {"axis": "value", "value": "4,5"},
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "<html" not in part
    assert "It takes level 4.5 on the criteria of value." in part
    after = (
        list(Rating.objects.order_by("pk").values()),
        list(ItemSummary.objects.order_by("pk").values()),
        Change.objects.count(),
    )
    assert after == before


def test_the_rank_it_would_have_is_the_one_it_gets(cast: Cast, three: list[Item]) -> None:
    last = three[2]
    asked = f"items/{last.key}/what-if/?axis=value&value=5"
    told = ask(cast, "viewer", "GET", asked).json()
    assert told["rank"] == 3
    assert told["level"] == 5
    passed = told["passed"]
    rate(cast, last, (5, 3, 2))
    fresh = ask(cast, "viewer", "GET", f"items/{last.key}/").json()
    assert fresh["rank"] == told["rank_then"]
    assert fresh["priority"] == pytest.approx(told["priority_then"], abs=1e-6)
    assert len(passed) == told["rank"] - told["rank_then"]


def test_a_fall_names_who_passes(cast: Cast, three: list[Item]) -> None:
    told = ask(cast, "viewer", "GET", f"items/{three[0].key}/what-if/?axis=value&value=0").json()
    assert (told["rank"], told["rank_then"]) == (1, 2)
    assert told["passed"] == [three[1].key]


def test_what_enters_the_next_cycle_is_said(cast: Cast) -> None:
    big = [
        accepted(cast, "enhancement", effort=8.0) for _ in range(3)
    ]  # 16 points: two of them fit
    for number, item in enumerate(big):
        rate(cast, item, (5 - number, 3, 2))
    told = ask(cast, "viewer", "GET", f"items/{big[2].key}/what-if/?axis=value&value=5").json()
    assert told["enters_next_cycle"] is (told["rank_then"] <= 2)
    told = ask(cast, "viewer", "GET", f"items/{big[0].key}/what-if/?axis=priority&value=1").json()
    assert told["leaves_next_cycle"] is True
    html = cast.client("viewer").post(
        f"/items/{big[0].key}/what-if/", {"axis": "priority", "value": "1"}
    )
    assert "no longer be among the 2" in html.content.decode()


def test_what_cannot_be_tried_is_refused(cast: Cast, three: list[Item]) -> None:
    url = f"items/{three[0].key}/what-if/"
    for query in (
        "?axis=value&value=6",
        "?axis=beauty&value=1",
        "?axis=value&value=x",
        "?axis=value&value=nan",
        "",
        "?axis=value&value=1&more=1",
    ):
        assert ask(cast, "viewer", "GET", url + query).status_code == 400, query
    bare = make(cast, "No queue yet")
    assert (
        ask(cast, "viewer", "GET", f"items/{bare.key}/what-if/?axis=value&value=1").status_code
        == 400
    )
    page_answer = cast.client("viewer").post(
        f"/items/{three[0].key}/what-if/", {"axis": "value", "value": "x"}
    )
    assert page_answer.status_code in (400, 422)


def test_trying_on_an_item_without_a_score(cast: Cast) -> None:
    bare = accepted(cast)
    told = ask(cast, "viewer", "GET", f"items/{bare.key}/what-if/?axis=value&value=3").json()
    assert (told["priority"], told["priority_then"], told["rank_then"]) == (None, None, None)
    html = cast.client("viewer").post(
        f"/items/{bare.key}/what-if/", {"axis": "value", "value": "3"}
    )
    assert "something else is not rated yet" in html.content.decode()


# --- lenses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lens", ["wsjf", "rice", "ice", "value_class"])
def test_a_lens_on_page_and_api(cast: Cast, three: list[Item], lens: str) -> None:
    accepted(cast, title="Not rated")
    told = ask(cast, "viewer", "GET", f"products/{cast.a.key}/lenses/?lens={lens}").json()
    assert {each["item"] for each in told["results"]} == {item.key for item in three}
    queue = next(each for each in told["queues"] if each["queue"] == "enhancement")
    assert (queue["items"], queue["unscored"]) == (3, 1)
    for row in told["results"]:
        assert row["difference"] == row["rank"] - row["lens_rank"]
    apart = [abs(row["difference"]) for row in told["results"]]
    assert apart == sorted(apart, reverse=True)
    html = page(cast, f"lenses/?lens={lens}&queue=enhancement")
    for row in told["results"]:
        assert row["item"] in html
        assert row["why"].replace("'", "&#x27;") in html


def test_lens_scores_follow_from_the_figures(cast: Cast, three: list[Item]) -> None:
    told = ask(cast, "viewer", "GET", f"products/{cast.a.key}/lenses/?lens=wsjf").json()
    for row in told["results"]:
        given = row["figures"]
        total = given["business value"] + given["time criticality"] + given["risk reduction"]
        assert row["score"] == pytest.approx(total / given["job size"])
    order = sorted(told["results"], key=lambda row: -row["score"])
    assert [row["lens_rank"] for row in order] == [1, 2, 3]


def test_a_lens_without_items_and_bad_questions(cast: Cast) -> None:
    assert "Nothing to compare yet" in page(cast, "lenses/")
    base = f"products/{cast.a.key}/lenses/"
    for query in (
        "",
        "?lens=x",
        "?lens=ice&queue=x",
        "?lens=ice&limit=0",
        "?lens=ice&limit=x",
        "?lens=ice&a=1",
    ):
        assert ask(cast, "viewer", "GET", base + query).status_code == 400, query
