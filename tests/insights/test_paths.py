"""From a rank to the line of the brief behind it, and back, without a dead end (N27)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Breach, Metric
from assets.services import readings, targets
from backlog.models import Brief, BriefItem, BriefLine, Item
from scoring.jobs import rescore
from tests.assets.placed import an_asset, place, publish
from tests.cast import Cast

UP = [
    "rank",
    "contribution",
    "input",
    "signal",
    "reading",
    "version",
    "placement",
    "asset",
    "deliverable",
    "line",
]


@pytest.fixture
def broken(cast: Cast) -> Breach:
    """A deliverable with a brief, an asset placed, and a reading that opened an item."""
    (one,) = an_asset(cast)
    publish(cast, one)
    deliverable = one.asset.item
    brief = Brief.objects.create(product=cast.a, number=1, title="Welcome")
    BriefItem.objects.create(product=cast.a, brief=brief, item=deliverable)
    BriefLine.objects.create(
        product=cast.a,
        brief=brief,
        number=1,
        kind="accuracy",
        text="Never say instant.",
        position=1,
    )
    where = place(cast, one.asset, one)
    now = timezone.now()
    where.deployments.update(deployed_at=now - timedelta(days=9))
    metric = Metric.objects.get(product=cast.a, slug="completion")
    targets.set_target(actor=cast.actor("owner"), asset=one.asset, metric=metric, limit=0.6)
    draft = readings.Draft(
        placement=where,
        metric=metric,
        starts_at=now - timedelta(days=8),
        ends_at=now - timedelta(days=1),
        hits=20,
        n=100,
    )
    readings.enter(actor=cast.actor("contributor"), product=cast.a, drafts=[draft])
    breach = Breach.objects.select_related("item").get()
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[breach.item_id], now=timezone.now())
    return breach


def kinds(strand: dict[str, Any]) -> list[str]:
    return [step["kind"] for step in strand["steps"]]


def test_the_path_is_walked_up_and_down_and_every_step_opens(cast: Cast, broken: Breach) -> None:
    viewer = cast.client("viewer")
    assert broken.item is not None
    opened = Item.objects.select_related("product").get(pk=broken.item_id)
    deliverable = broken.target.asset.item
    up = cast.api("viewer").get(f"/api/v1/items/{opened.key}/path/").json()["up"]
    assert [kinds(each) for each in up] == [UP]
    down = cast.api("viewer").get(f"/api/v1/items/{deliverable.key}/path/").json()["down"]
    assert [kinds(each) for each in down] == [
        ["line", "deliverable", "asset", "placement", "version", "reading", "rank"]
    ]
    assert down[0]["steps"][-1]["url"] == f"/items/{opened.key}/path/"
    for step in [*up[0]["steps"], *down[0]["steps"]]:
        if step["kind"] != "line":  # briefs have pages of their own
            assert viewer.get(step["url"].partition("#")[0]).status_code == 200, step
    page = viewer.get(f"/items/{opened.key}/path/").content.decode()
    assert "Never say instant." in page
    assert f"/items/{opened.key}/path/" in viewer.get(f"/items/{opened.key}/").content.decode()
    reading = viewer.get(f"/p/ATLAS/readings/{broken.reading_id}/").content.decode()
    assert f"/items/{opened.key}/path/" in reading


def test_more_readings_take_no_more_queries(cast: Cast, broken: Breach) -> None:
    deliverable = broken.target.asset.item
    viewer, counts = cast.client("viewer"), []
    viewer.get(f"/items/{deliverable.key}/path/")
    for turn in range(2):
        for number in range(3):
            place(cast, broken.target.asset, broken.reading.version, f"More {turn} {number}")
        with CaptureQueriesContext(connection) as seen:
            assert viewer.get(f"/items/{deliverable.key}/path/").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
