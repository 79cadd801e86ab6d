"""What recurs in each segment, and where it wants more than is planned (R140)."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Metric
from assets.services import readings
from backlog.models import Item, Segment
from backlog.services import items, words
from scoring.services import signals
from tests.assets.placed import an_asset, place
from tests.backlog.making import accepted
from tests.cast import Cast

PAGE = "/p/ATLAS/insights/segments/"


def item_of(cast: Cast, segment: str, **draft: Any) -> Item:
    named = words.named(Segment, product=cast.a, names=[segment])
    return accepted(cast, segments=[named[segment]], **draft)


def came(cast: Cast, days: list[int], note: str = "", kind: str = "request", **about: Any) -> None:
    """A signal so many days ago, each."""
    now = timezone.now()
    drafts = [
        signals.Draft(kind, 1, now - timedelta(days=day, hours=1), "desk", note=note, **about)
        for day in days
    ]
    signals.add_signals(actor=cast.actor("contributor"), product=cast.a, drafts=drafts)


def found(cast: Cast) -> dict[str, dict[str, Any]]:
    rows = cast.api("viewer").get("/api/v1/products/ATLAS/patterns/").json()["results"]
    return {row["segment"]: row for row in rows}


def test_what_recurs_is_counted_by_segment_with_its_trend(cast: Cast) -> None:
    hospitals = item_of(cast, "Hospitals", title="Subtitles in Finnish")
    came(cast, [1, 2, 40], item=hospitals)
    came(cast, [3, 50, 51], "The export loses its dates", segment="Towns")
    came(cast, [1], "Something else entirely", segment="Towns")
    rows = found(cast)
    first, second = rows["Hospitals"], rows["Towns"]
    assert (first["recent"], first["earlier"], sum(first["weeks"])) == (2, 1, 3)
    assert (second["recent"], second["earlier"]) == (2, 2)
    (theme,) = first["themes"]
    assert (theme["label"], theme["item"]) == ("Subtitles in Finnish", hospitals.key)
    assert (theme["count"], theme["recent"], theme["earlier"]) == (3, 2, 1)
    (theme,) = second["themes"]
    assert (theme["label"], theme["count"]) == ("The export loses its dates", 3)
    assert theme["item"] is None
    assert (first["open"], first["planned"], second["open"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("days", "kind", "horizon", "opens"),
    [
        ([1, 2, 3], "request", "", True),
        ([1, 2, 3], "request", "roadmap", True),
        ([1, 2, 3], "request", "sprint", False),
        ([1, 2, 3], "incident", "", False),
        ([1, 2], "request", "", False),
        ([1, 2, 3, 40, 41], "request", "", True),
        ([1, 2, 3, 40, 41, 42], "request", "", False),
    ],
)
def test_an_opening_is_wanted_more_and_not_planned(
    cast: Cast, days: list[int], kind: str, horizon: str, opens: bool
) -> None:
    item = item_of(cast, "Hospitals", horizon=horizon)
    came(cast, days, kind=kind, item=item)
    assert [each["item"] for each in found(cast)["Hospitals"]["openings"]] == (
        [item.key] if opens else []
    )


def test_what_belongs_to_no_item_opens_too(cast: Cast) -> None:
    came(cast, [1, 2, 3, 4], "Please a dark theme", segment="Towns")
    (opening,) = found(cast)["Towns"]["openings"]
    assert (opening["label"], opening["recent"]) == ("Please a dark theme", 4)
    viewer = cast.client("viewer")
    assert viewer.get(opening["url"]).status_code == 200
    page = viewer.get(PAGE).content.decode()
    assert "4 in 30 days, 0 before" in page
    assert "no item yet" in page


def test_satisfaction_is_the_mean_of_all_people_asked(cast: Cast) -> None:
    (one,) = an_asset(cast)
    named = words.named(Segment, product=cast.a, names=["Hospitals"])
    items.edit_item(
        actor=cast.actor("owner"),
        item=Item.objects.get(pk=one.asset.item_id),
        values={"segments": [named["Hospitals"]]},
        version=None,
    )
    where = place(cast, one.asset, one)
    now = timezone.now()
    where.deployments.update(deployed_at=now - timedelta(days=9))
    metric = Metric.objects.get(product=cast.a, slug="satisfaction")
    drafts = [
        readings.Draft(
            placement=where,
            metric=metric,
            starts_at=now - timedelta(days=day + 1),
            ends_at=now - timedelta(days=day),
            value=value,
            n=n,
        )
        for day, value, n in ((1, 5.0, 10), (2, 3.0, 30))
    ]
    readings.enter(actor=cast.actor("contributor"), product=cast.a, drafts=drafts)
    row = found(cast)["Hospitals"]
    assert (row["satisfaction"], row["readings"]) == ("3.5 of 5", 2)
    page = cast.client("viewer").get("/p/ATLAS/readings/?metric=satisfaction&segment=Hospitals")
    assert page.content.decode().count("3 of 5") + page.content.decode().count("5 of 5") >= 2
    other = cast.client("viewer").get("/p/ATLAS/readings/?metric=satisfaction&segment=Towns")
    assert "5 of 5" not in other.content.decode()


def test_every_number_leads_to_the_list_behind_it(cast: Cast) -> None:
    item = item_of(cast, "Hospitals & homes", horizon="sprint")
    item_of(cast, "Hospitals & homes")
    came(cast, [1, 2, 40, 41, 42], item=item)
    came(cast, [5], segment="Hospitals & homes")
    viewer = cast.client("viewer")
    page = viewer.get(PAGE).content.decode()
    cells = re.findall(r'<td class="num"><a href="([^"]+)">(\d+)</a>', page)
    assert [number for _url, number in cells] == ["3", "3", "2", "1"]
    for url, number in cells:
        listed = viewer.get(unescape(url))
        assert listed.status_code == 200, url
        assert len(rows_of(listed.context)) == int(number), url
    assert f'href="{PAGE}"' in viewer.get("/p/ATLAS/insights/").content.decode()


def rows_of(context: Any) -> list[Any]:
    return list(context["signals"] if "signals" in context else context["rows"])


def test_more_evidence_takes_no_more_queries(cast: Cast) -> None:
    viewer, counts = cast.client("viewer"), []
    for turn in range(2):
        for number in range(3):
            item = item_of(cast, f"Segment {turn} {number}")
            came(cast, [1, 2, 3], item=item)
            came(cast, [1, 2], f"Words {turn} {number}", segment=f"Segment {turn} {number}")
        viewer.get(PAGE)
        with CaptureQueriesContext(connection) as seen:
            assert viewer.get(PAGE).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_nobody_sees_another_products_patterns(cast: Cast) -> None:
    came(cast, [1, 2, 3], segment="Towns")
    assert cast.client("outsider").get(PAGE).status_code == 404
    assert cast.api("outsider").get("/api/v1/products/ATLAS/patterns/").status_code == 404
    mine = cast.api("outsider").get("/api/v1/products/BRAVO/patterns/").json()
    assert mine == {"results": []}


def test_a_product_without_segments_says_what_to_do(cast: Cast) -> None:
    assert "No segments yet" in cast.client("viewer").get(PAGE).content.decode()
