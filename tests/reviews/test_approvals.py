"""The approvals of a product as records: page, file and API say the same (R116)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews.models import Approval, ReviewCycle
from reviews.services import approvals
from reviews.services.decisions import decide
from tests.cast import Cast
from tests.reviews.rounds import approve, new_version, start


def approved(cast: Cast, text: str = "first", conditions: str = "") -> ReviewCycle:
    """A round of two layers, both of which approved; the first on conditions."""
    cycle = start(cast, new_version(cast, text))
    decide(
        actor=cast.actor("reviewer"),
        cycle=cycle,
        verdict="approve",
        sha256=cycle.version.sha256,
        conditions=conditions,
    )
    approve(cast, cycle, "leadership")
    return cycle


def listed(cast: Cast, query: str = "", who: str = "viewer") -> list[dict[str, Any]]:
    answer = cast.api(who).get(f"/api/v1/approvals/?product=ATLAS{query}")
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def exported(cast: Cast, query: str = "") -> list[dict[str, str]]:
    answer = cast.client("viewer").get(f"/p/ATLAS/approvals.csv{query}")
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_who_approved_what_on_which_conditions_and_what_became_of_it(cast: Cast) -> None:
    cycle = approved(cast, conditions="=Only until May")
    taken = Approval.objects.get(layer__slug="legal")
    approvals.revoke(actor=cast.actor("owner"), approval=taken, reason="The price changed.")
    legal, subject = listed(cast)
    assert (legal["layer"], legal["state"]) == ("legal", "revoked")
    assert (legal["revoked_by"], legal["revoked_reason"]) == (
        "owner@example.org",
        "The price changed.",
    )
    assert subject["given_by"] == [{"reviewer": "reviewer@example.org", "role": "reviewer"}]
    assert (subject["asset"], subject["version"]) == (cycle.asset_id, 1)
    assert subject["version_sha256"] == cycle.version.sha256
    page = cast.client("viewer").get("/p/ATLAS/approvals/").content.decode()
    assert "=Only until May" in page
    assert "The price changed." in page
    assert "/p/ATLAS/approvals/" in cast.client("viewer").get("/p/ATLAS/reviews/").content.decode()
    first, second = exported(cast)
    assert (first["Layer"], first["State"]) == (taken.layer.name, "Revoked")
    assert second["Conditions"] == "'=Only until May"  # a spreadsheet does not run it
    assert (second["Given by"], second["Role"]) == ("reviewer@example.org", "Reviewer")


@pytest.mark.parametrize(
    ("query", "layers"),
    [
        ("&layer=legal", ["legal"]),
        ("&state=revoked", ["legal"]),
        ("&state=valid,void", ["subject_matter"]),
        ("&person=Reviewer@example.org", ["subject_matter"]),
        ("&person=viewer@example.org", []),
        ("&from=2020-01-01", ["legal", "subject_matter"]),
        ("&to=2020-01-01", []),
        ("&asset=999999", []),
    ],
)
def test_page_file_and_api_are_asked_the_same(cast: Cast, query: str, layers: list[str]) -> None:
    approved(cast)
    taken = Approval.objects.get(layer__slug="legal")
    approvals.revoke(actor=cast.actor("owner"), approval=taken, reason="The price changed.")
    assert [row["layer"] for row in listed(cast, query)] == layers
    rows = exported(cast, f"?{query[1:]}")
    assert len(rows) == len(layers)
    page = cast.client("viewer").get(f"/p/ATLAS/approvals/?{query[1:]}").content.decode()
    assert page.count("<tr data-row>") == len(layers)


def test_a_page_follows_the_one_before_and_takes_no_more_queries_with_rows(cast: Cast) -> None:
    for number in range(3):
        approved(cast, f"text {number}")
    whole = [row["id"] for row in listed(cast)]
    first = cast.api("viewer").get("/api/v1/approvals/?product=ATLAS&limit=4").json()
    then = cast.api("viewer").get(f"/api/v1/approvals/?limit=4&cursor={first['next']}").json()
    assert [row["id"] for row in first["results"] + then["results"]] == whole
    assert len(whole) == 6
    assert then["next"] is None
    assert cast.api("viewer").get("/api/v1/approvals/?cursor=nonsense").status_code == 400
    counts = []
    for _turn in range(2):
        with CaptureQueriesContext(connection) as seen:
            listed(cast)
        counts.append(len(seen))
        approved(cast, "one more")
    assert counts[0] == counts[1]


def test_nobody_sees_another_products_approvals(cast: Cast) -> None:
    approved(cast)
    assert cast.api("outsider").get("/api/v1/approvals/").json()["results"] == []
    assert cast.api("outsider").get("/api/v1/approvals/?product=ATLAS").status_code == 404
    assert cast.client("outsider").get("/p/ATLAS/approvals.csv").status_code == 404
