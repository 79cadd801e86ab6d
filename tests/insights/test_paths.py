"""From a rank to the line of the brief behind it, and back, without a dead end (N27)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Breach, Metric
from assets.services import readings, targets
from assets.services.assets import add_asset
from backlog.models import Brief, BriefItem, BriefLine, Increment, IncrementKind, Item
from backlog.services import brief_lines, increments, states
from scoring.jobs import rescore
from scoring.services import signals
from tests.assets.files import new_item
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


def an_increment(cast: Cast, item: Item) -> Increment:
    kind = IncrementKind.objects.get(product=cast.a, slug="script_block")
    draft = increments.Draft(kind=kind, title="A piece")
    return increments.add_increment(actor=cast.actor("contributor"), item=item, draft=draft)


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
        ["line", "deliverable", "asset", "placement", "version", "reading", "signal", "rank"]
    ]
    assert down[0]["steps"][-1]["url"] == f"/items/{opened.key}/path/"
    for step in [*up[0]["steps"], *down[0]["steps"]]:
        address, _mark, anchor = step["url"].partition("#")
        found = viewer.get(address)
        assert found.status_code == 200, step
        if step["kind"] == "line":
            assert f'id="{anchor}"' in found.content.decode(), step
    page = viewer.get(f"/items/{opened.key}/path/").content.decode()
    assert "Never say instant." in page
    assert f"/items/{opened.key}/path/" in viewer.get(f"/items/{opened.key}/").content.decode()
    reading = viewer.get(f"/p/ATLAS/readings/{broken.reading_id}/").content.decode()
    assert f"/items/{opened.key}/path/" in reading


def through(cast: Cast, address: str, who: str = "viewer") -> list[dict[str, Any]]:
    strands: list[dict[str, Any]] = cast.api(who).get(f"/api/v1/{address}/path/").json()["strands"]
    return strands


def opens(cast: Cast, strands: list[dict[str, Any]], who: str = "viewer") -> None:
    for strand in strands:
        for step in strand["steps"]:
            address = step["url"].partition("#")[0]
            assert cast.client(who).get(address).status_code == 200, step


def test_the_same_walk_is_seen_from_everything_that_lies_on_it(cast: Cast, broken: Breach) -> None:
    whole = ["line", "deliverable", "asset", "placement", "version", "reading", "signal", "rank"]
    read = [kind for kind in whole if kind != "version"]
    asset, where = broken.target.asset, broken.placement
    for address, page, wanted in (
        ("products/ATLAS/briefs/1/lines/1", "/p/ATLAS/briefs/1/", whole),
        (f"assets/{asset.pk}", f"/p/ATLAS/assets/{asset.pk}/", whole),
        (f"placements/{where.pk}", f"/p/ATLAS/placements/{where.pk}/", whole),
        (f"readings/{broken.reading_id}", f"/p/ATLAS/readings/{broken.reading_id}/", read),
    ):
        strands = through(cast, address)
        assert [kinds(each) for each in strands] == [wanted], address
        opens(cast, strands)
        led = f"{page}path/" if "briefs" not in address else "/p/ATLAS/briefs/1/lines/1/path/"
        assert led in cast.client("viewer").get(page).content.decode()
        shown = cast.client("viewer").get(led).content.decode()
        assert shown.count('aria-current="step"') == 1, led


def test_where_nothing_follows_yet_the_last_step_leads_to_where_it_is_done(cast: Cast) -> None:
    (one,) = an_asset(cast)
    asset = one.asset
    for who, then in (
        ("contributor", f"/p/ATLAS/assets/{asset.pk}/place/"),
        ("viewer", f"/p/ATLAS/assets/{asset.pk}/#use"),
    ):
        (strand,) = through(cast, f"assets/{asset.pk}", who)
        assert strand["steps"][0]["label"] == "no brief governs it"
        assert strand["steps"][-1]["label"] == "not placed yet"
        assert strand["steps"][-1]["url"] == then
        opens(cast, [strand], who)
    where = place(cast, asset, one)
    (strand,) = through(cast, f"placements/{where.pk}", "contributor")
    assert strand["steps"][-1]["url"] == f"/p/ATLAS/placements/{where.pk}/readings/"
    (strand,) = through(cast, f"placements/{where.pk}")
    assert strand["steps"][-1]["url"] == f"/p/ATLAS/assets/{asset.pk}/readings/"
    opens(cast, [strand])
    item = new_item(cast)
    down = cast.api("contributor").get(f"/api/v1/items/{item.key}/path/").json()["down"]
    assert down[0]["steps"][-1]["url"] == f"/items/{item.key}/assets/"


def test_a_line_leads_to_the_increments_that_point_at_it(cast: Cast, broken: Breach) -> None:
    deliverable, line = broken.target.asset.item, BriefLine.objects.get()
    piece = an_increment(cast, deliverable)
    brief_lines.point(actor=cast.actor("contributor"), line=line, increment=piece)
    strands = through(cast, "products/ATLAS/briefs/1/lines/1")
    assert [kinds(each)[:3] for each in strands] == [
        ["line", "deliverable", "asset"],
        ["line", "increment", "deliverable"],
    ]
    assert strands[1]["steps"][-1]["label"] == "no asset made yet"
    opens(cast, strands)


def test_evidence_that_no_placed_version_gave_goes_on_to_its_source_and_its_item(
    cast: Cast, broken: Breach
) -> None:
    actor, deliverable = cast.actor("contributor"), broken.target.asset.item
    duplicate = new_item(cast)
    drafts = [
        signals.Draft("support_ticket", 1, timezone.now(), "desk", "ZD-1", item=duplicate),
        signals.Draft("support_ticket", 2, timezone.now(), "desk", item=deliverable, segment="Pro"),
    ]
    signals.add_signals(actor=actor, product=cast.a, drafts=drafts)
    states.merge_item(actor=cast.actor("owner"), item=duplicate, into=deliverable)
    up = cast.api("viewer").get(f"/api/v1/items/{deliverable.key}/path/").json()["up"]
    assert {tuple(kinds(each)[-4:]) for each in up} == {
        ("source", "merged", "deliverable", "line"),
        ("source", "segment", "deliverable", "line"),
    }
    opens(cast, up)


def test_an_old_reading_is_not_said_to_be_missing_where_another_place_has_many(
    cast: Cast, broken: Breach
) -> None:
    """What is walked is counted by placement, so that no placement takes another's room."""
    where = place(cast, broken.target.asset, broken.reading.version, "Busy")
    now = timezone.now()
    where.deployments.update(deployed_at=now - timedelta(days=40))
    drafts = [
        readings.Draft(
            placement=where,
            metric=broken.reading.metric,
            starts_at=now - timedelta(days=day + 1),
            ends_at=now - timedelta(days=day),
            hits=90,
            n=100,
        )
        for day in range(1, 30)
    ]
    readings.enter(actor=cast.actor("contributor"), product=cast.a, drafts=drafts)
    strands = through(cast, f"assets/{broken.target.asset_id}")
    assert [kinds(each)[-1] for each in strands] == ["reading"] * 3 + ["rank"]


@pytest.mark.parametrize("seen_from", ["item", "asset", "line"])
def test_more_of_everything_takes_no_more_queries(
    cast: Cast, broken: Breach, seen_from: str
) -> None:
    deliverable = broken.target.asset.item
    address = {
        "item": f"/items/{deliverable.key}/path/",
        "asset": f"/p/ATLAS/assets/{broken.target.asset_id}/path/",
        "line": "/p/ATLAS/briefs/1/lines/1/path/",
    }[seen_from]
    viewer, counts = cast.client("viewer"), []
    viewer.get(address)
    for turn in range(2):
        for number in range(3):
            place(cast, broken.target.asset, broken.reading.version, f"More {turn} {number}")
            (other,) = an_asset(cast, name=f"other {turn} {number}")
            BriefItem.objects.create(
                product=cast.a, brief=Brief.objects.get(), item=other.asset.item
            )
            add_asset(
                actor=cast.actor("contributor"),
                item=deliverable,
                increment=an_increment(cast, deliverable),
                file=ContentFile(b"More", name="more.txt"),
                rationale="More",
                name=f"more {turn} {number}",
            )
        with CaptureQueriesContext(connection) as seen:
            assert viewer.get(address).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
