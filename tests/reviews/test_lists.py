"""The lists of reviews: what waits for me first; the API's list to its end."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import ReviewCycle
from reviews.views import reviews as views
from tests.cast import Cast
from tests.reviews.rounds import CHANGES, approve, decide_as, new_version, start


def ids(cast: Cast, name: str, query: str = "") -> list[int]:
    """The ids that the API lists, page after page."""
    found: list[int] = []
    cursor = ""
    for _ in range(50):
        answer = cast.api(name).get(f"/api/v1/reviews/?limit=2&{query}{cursor}")
        assert answer.status_code == 200, answer.content
        found += [each["id"] for each in answer.json()["results"]]
        if answer.json()["next"] is None:
            return found
        cursor = f"&cursor={answer.json()['next']}"
    raise AssertionError("the cursor does not end")


def test_the_api_lists_to_the_end_and_filters(cast: Cast) -> None:
    cycles = [start(cast) for _ in range(5)]
    decide_as(cast, "reviewer", cycles[0])
    decide_as(cast, "reviewer", cycles[1], **CHANGES)
    new_version(cast, "second", cycles[2].asset)
    every = [each.pk for each in reversed(cycles)]
    assert ids(cast, "viewer") == every
    assert ids(cast, "viewer", "product=ATLAS") == every
    assert ids(cast, "viewer", "state=open") == [cycles[4].pk, cycles[3].pk, cycles[0].pk]
    assert ids(cast, "viewer", "state=superseded,changes_requested") == [cycles[2].pk, cycles[1].pk]
    assert ids(cast, "reviewer", "mine=true") == every
    assert ids(cast, "owner", "mine=true") == []
    assert ids(cast, "owner", "mine=false") == every
    assert ids(cast, "reviewer", "waiting=true") == [cycles[4].pk, cycles[3].pk]
    assert ids(cast, "leadership", "waiting=true") == [cycles[0].pk]
    assert ids(cast, "viewer", f"asset={cycles[3].asset_id}") == [cycles[3].pk]
    assert ids(cast, "viewer", f"version={cycles[3].version_id}&state=approved") == []
    assert ids(cast, "outsider") == []
    row = cast.api("leadership").get("/api/v1/reviews/?waiting=true").json()["results"][0]
    assert row["waits_for_me"] is True
    assert row["stage"] == "legal"
    assert row["sha256"] == cycles[0].version.sha256
    assert row["stages"][0]["decisions"][0]["reviewer"] == "reviewer@example.org"


@pytest.mark.parametrize(
    "query", ["asset=1e30", "version=1e400", "asset=-1", "asset=1.5", "asset=9223372036854775807"]
)
def test_a_number_that_no_row_has_finds_nothing(cast: Cast, query: str) -> None:
    start(cast)
    answer = cast.api("viewer").get(f"/api/v1/reviews/?{query}")
    assert answer.status_code in (200, 400)
    assert not answer.json().get("results")


@pytest.mark.parametrize(
    "query",
    [
        "state=maybe",
        "mine=perhaps",
        "asset=x",
        "limit=0",
        "limit=201",
        "cursor=xx",
        "cursor=W10",
        "page=2",
        "limit=a",
    ],
)
def test_a_bad_question_is_refused(cast: Cast, query: str) -> None:
    answer = cast.api("viewer").get(f"/api/v1/reviews/?{query}")
    assert answer.status_code == 400
    assert answer.json()["fields"]


def test_another_products_reviews_are_not_there(cast: Cast) -> None:
    cycle = start(cast)
    for address in (f"/api/v1/reviews/{cycle.pk}/", f"/api/v1/reviews/{cycle.pk}/notes/"):
        missing = cast.api("outsider").get(address.replace(f"/{cycle.pk}/", "/999999999/"))
        seen = cast.api("outsider").get(address)
        assert seen.status_code == 404
        assert seen.content == missing.content
    assert cast.api("outsider").get("/api/v1/reviews/?product=ATLAS").status_code == 404
    for key in ("ATLAS", "BRAVO"):
        assert cast.client("outsider").get(f"/p/{key}/reviews/{cycle.pk}/").status_code == 404
    assert cast.api("elsewhere").get(f"/api/v1/reviews/{cycle.pk}/").status_code == 404
    assert cast.api("bound").get(f"/api/v1/reviews/{cycle.pk}/").status_code == 200


def sections(page: str) -> dict[str, list[int]]:
    found = {}
    for part in re.split(r"<h2>", page)[1:]:
        title = part.split("<")[0]
        found[title] = [
            int(pk) for pk in re.findall(r'/p/ATLAS/reviews/(\d+)/" data-row-link', part)
        ]
    return found


def test_the_page_shows_what_waits_for_me_first(cast: Cast) -> None:
    first, second, third, fourth = (start(cast) for _ in range(4))
    approve(cast, second, "reviewer")
    decide_as(cast, "reviewer", fourth, **CHANGES)
    seen = sections(cast.client("reviewer").get("/p/ATLAS/reviews/").content.decode())
    assert seen["Waiting for you"] == [first.pk, third.pk]  # the longest first
    assert seen["Open"] == [second.pk]
    assert seen["Closed"] == [fourth.pk]
    viewer = cast.client("viewer").get("/p/ATLAS/reviews/").content.decode()
    assert "Nothing waits for your verdict" in viewer
    assert sections(viewer)["Open"] == [third.pk, second.pk, first.pk]


@pytest.mark.parametrize("section", ["Open", "Closed"])
def test_reviews_are_walked_to_their_end(
    cast: Cast, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    cycles = [start(cast) for _ in range(3)]
    start(cast)
    if section == "Closed":
        for each in cycles:
            ReviewCycle.objects.filter(pk=each.pk).update(
                state="withdrawn", closed_at=each.started_at
            )
    else:
        cycles.append(ReviewCycle.objects.latest("pk"))
    client = cast.client("viewer")
    first = client.get("/p/ATLAS/reviews/").content.decode()
    older = re.search(rf'href="(\?{section.lower()}=[\w-]+)"', first)
    assert older
    rest = client.get(f"/p/ATLAS/reviews/{older[1]}").content.decode()
    assert list(sections(rest)) == [section]
    assert {"Open": ">Since<", "Closed": ">Closed</th>"}[section] in rest
    listed = sections(first)[section] + sections(rest)[section]
    assert listed == [each.pk for each in reversed(cycles)]
    assert "Waiting for you" not in rest


def test_an_empty_page_says_what_to_do(cast: Cast) -> None:
    assert "No reviews yet" in cast.client("viewer").get("/p/ATLAS/reviews/").content.decode()


def test_the_rail_counts_what_waits_for_me(cast: Cast) -> None:
    cycle = start(cast)
    start(cast)

    def count(name: str) -> str:
        page = cast.client(name).get("/p/ATLAS/reviews/").content.decode()
        entry = page[page.index('title="Reviews"') :]
        return re.sub(r"<[^>]+>|\s", "", entry[entry.index(">") + 1 : entry.index("</a>")])

    assert count("reviewer") == "Reviews2"
    assert count("viewer") == "Reviews"
    approve(cast, cycle, "reviewer")
    assert count("reviewer") == "Reviews1"
    assert count("leadership") == "Reviews1"


def test_my_work_shows_what_waits_for_my_review(cast: Cast) -> None:
    assert (
        "Waiting for your review"
        not in cast.client("reviewer").get("/p/ATLAS/work/").content.decode()
    )
    cycle = start(cast)
    page = cast.client("reviewer").get("/p/ATLAS/work/").content.decode()
    assert "Waiting for your review" in page
    assert f"/p/ATLAS/reviews/{cycle.pk}/" in page
    assert (
        "Waiting for your review"
        not in cast.client("leadership").get("/p/ATLAS/work/").content.decode()
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "address", ["/p/ATLAS/reviews/", "/api/v1/reviews/", "/p/ATLAS/assets/", "/p/ATLAS/work/"]
)
def test_queries_do_not_grow_with_rows(cast: Cast, address: str) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            start(cast, subject=("reviewer", "owner"))
            approve(cast, start(cast), "reviewer")
            decide_as(cast, "reviewer", start(cast), **CHANGES)
        client = cast.api("reviewer") if address.startswith("/api/") else cast.client("reviewer")
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.slow
def test_the_review_pages_queries_do_not_grow_with_versions_and_notes(cast: Cast) -> None:
    cycle = start(cast)
    counts = []
    client = cast.client("leadership")
    for number in range(2):
        for step in range(3):
            decide_as(cast, "reviewer", cycle, **CHANGES)
            version = new_version(cast, f"{number} {step}", cycle.asset)
            cycle = start(cast, version)
            cast.api("viewer").post(
                f"/api/v1/reviews/{cycle.pk}/notes/", {"body": "A note"}, "application/json"
            )
        client.get(f"/p/ATLAS/reviews/{cycle.pk}/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/p/ATLAS/reviews/{cycle.pk}/").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
