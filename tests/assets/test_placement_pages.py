"""Placements and publication as people and programs meet them."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, Deployment, Metric, Placement, Reading, Replacement
from tests.assets.placed import an_asset, place, publish
from tests.cast import Cast


def ask(cast: Cast, who: str, method: str, path: str, data: Any = None, **headers: str) -> Any:
    send = getattr(cast.api(who), method.lower())
    if method == "GET":
        return send(f"/api/v1/{path}", data or {})
    return send(f"/api/v1/{path}", data or {}, content_type="application/json", headers=headers)


def test_a_publication_from_the_page_to_the_last_replacement(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, one)
    where = place(cast, one.asset, one)
    owner, key = cast.client("owner"), f"/p/ATLAS/assets/{one.asset_id}"
    page = owner.get(f"{key}/2/publication/").content.decode()
    assert "This placement will be stale" in page
    assert "Module 1" in page
    seen = {"act": "publish", "in_force": "1", "reason": "The sound is better."}
    answer = owner.post(f"{key}/2/publication/", seen, follow=True)
    assert "1 placement is to be replaced" in answer.content.decode()
    stale = owner.post(f"{key}/1/publication/", seen)
    assert stale.status_code == 409
    assert "Somebody was quicker" in stale.content.decode()
    report = cast.client("viewer").get("/p/ATLAS/placements/drift/").content.decode()
    assert "Behind by 1" in report
    worker = cast.client("contributor")
    done = worker.post(f"/p/ATLAS/placements/{where.pk}/deploy/", {"version": "2"}, follow=True)
    assert "Version 2 stands there now." in done.content.decode()
    assert Replacement.objects.get().state == "done"
    assert "Nothing has drifted" in worker.get("/p/ATLAS/placements/drift/").content.decode()
    # the version in force is marked wherever versions are listed
    listed = worker.get(f"{key}/").content.decode()
    assert "In force" in listed
    assert "Was in force" in listed
    assert "New in force" in worker.get("/p/ATLAS/work/").content.decode()


def test_many_are_published_together_or_none(cast: Cast) -> None:
    firsts = [an_asset(cast, 1, name=f"asset {n}")[0] for n in range(3)]
    (draft,) = an_asset(cast, approved=False, name="draft")
    owner = cast.client("owner")
    page = owner.get("/p/ATLAS/assets/publish/").content.decode()
    assert len(re.findall('name="version"', page)) == 3
    refused = owner.post("/p/ATLAS/assets/publish/", {"version": [firsts[0].pk, draft.pk]})
    assert refused.status_code == 409
    assert not Asset.objects.filter(published_version__isnull=False).exists()
    owner.post("/p/ATLAS/assets/publish/", {"version": [each.pk for each in firsts]})
    assert Asset.objects.filter(published_version=1).count() == 3


def test_the_registry_is_walked_in_every_order_and_group(cast: Cast) -> None:
    (one,) = an_asset(cast)
    names = ["Website", "App", "Learning platform"]
    for number in range(55):
        place(cast, one.asset, one, f"Place {number:02}", on=names[number % 3])
    viewer = cast.client("viewer")
    for group in ("", "channel", "asset"):
        seen: list[str] = []
        url = f"/p/ATLAS/placements/?group={group}"
        while url:
            page = viewer.get(url).content.decode()
            seen += re.findall(r"/p/ATLAS/placements/(\d+)/\" data-row-link", page)
            more = re.search(r'href="(\?[^"]*cursor=[^"]*)"', page)
            url = f"/p/ATLAS/placements/{more[1].replace('&amp;', '&')}" if more else ""
        assert len(seen) == len(set(seen)) == 55, group
    assert viewer.get("/p/ATLAS/placements/?cursor=W10").status_code == 422
    assert viewer.get("/p/ATLAS/placements/?color=red").status_code == 422
    page = viewer.get("/p/ATLAS/placements/?channel=App&state=unapproved").content.decode()
    assert len(re.findall(r"data-row-link", page)) == 18
    csv = b"".join(viewer.get("/p/ATLAS/placements.csv?channel=App")).decode()
    assert csv.count("\r\n") == 1 + 18


def test_the_lists_queries_do_not_grow(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, one)
    viewer, counts = cast.client("viewer"), []
    for turn in range(2):
        for number in range(4):
            place(cast, one.asset, one, f"Place {turn} {number}")
        if turn == 0:
            publish(cast, two)
        with CaptureQueriesContext(connection) as seen:
            for path in ("placements/", "placements/drift/", f"assets/{one.asset_id}/"):
                assert viewer.get(f"/p/ATLAS/{path}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_registry_over_the_api(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    path = f"assets/{one.asset_id}/placements/"
    body = {"channel": "Website", "place": "/welcome", "program": "Training", "version": 1}
    made = ask(cast, "contributor", "POST", path, body)
    assert made.status_code == 201
    row = made.json()
    assert (row["state"], row["version"], row["in_force"]) == ("unapproved", 1, None)
    again = ask(cast, "contributor", "POST", path, body)
    assert (again.status_code, again.json()["code"]) == (409, "placed_already")
    published = ask(cast, "owner", "POST", f"versions/{two.pk}/publish/", {"in_force": None})
    assert published.status_code == 200
    assert published.json()["replacements"] == 1
    late = ask(cast, "owner", "POST", f"versions/{one.pk}/publish/", {"in_force": None})
    assert (late.status_code, late.json()["code"]) == (409, "stale")
    address = f"placements/{row['id']}/"
    edited = ask(cast, "contributor", "PATCH", address, {"place": "/hello"}, **{"If-Match": '"1"'})
    assert edited.status_code == 200
    late = ask(cast, "contributor", "PATCH", address, {"place": "/x"}, **{"If-Match": '"1"'})
    assert late.status_code == 409
    drift = ask(cast, "viewer", "GET", "drift/").json()
    assert drift["counts"]["behind"] == 1
    assert drift["drifted"][0]["says"].startswith("Version 1 stands here")
    task = ask(cast, "viewer", "GET", "replacements/").json()["results"][0]
    item = ask(cast, "contributor", "POST", f"replacements/{task['id']}/item/")
    assert item.status_code == 201
    assert item.json()["item"].startswith("ATLAS-")
    file = SimpleUploadedFile("found.txt", b"welcome 2")
    found = cast.api("contributor").post(f"/api/v1/{address}check-in/file/", {"file": file})
    assert (found.json()["version"], found.json()["placement"]["state"]) == (2, "current")
    said = ask(cast, "contributor", "POST", f"{address}check-in/", {"sha256": two.sha256})
    assert said.json()["changed"] is False
    read = ask(cast, "read", "POST", f"{address}check-in/", {"sha256": two.sha256})
    assert read.status_code == 403
    assert Placement.objects.get().version == two


# --- Readings -----------------------------------------------------------------------------------


def test_versions_are_compared_with_intervals_on_the_page_and_over_the_api(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, two)
    where = place(cast, one.asset, one)
    where.deployments.update(deployed_at="2026-01-01T00:00Z")
    deployed = {"version": 2, "at": "2026-03-01T00:00:00Z"}
    ask(cast, "contributor", "POST", f"placements/{where.pk}/deployments/", deployed)
    rows = [
        {
            "placement": where.pk,
            "metric": "completion",
            "starts_at": f"2026-{month}-01T00:00:00Z",
            "ends_at": f"2026-{month}-20T00:00:00Z",
            "hits": hits,
            "n": n,
            "source": "LMS",
            "external_id": month,
        }
        for month, hits, n in (("02", 48, 80), ("03", 56, 70))
    ]
    body = {"product": "ATLAS", "readings": rows}
    assert ask(cast, "contributor", "POST", "readings/", body).json()["added"] == 2
    assert ask(cast, "contributor", "POST", "readings/", body).json()["unchanged"] == 2
    found = ask(cast, "viewer", "GET", f"assets/{one.asset_id}/comparison/").json()
    later = found["metrics"][0]["versions"][1]
    assert (later["version"], later["against"], later["verdict"]) == (2, 1, "more")
    # Newcombe 1998, table II (a)
    assert round(later["amount_low"], 4) == 0.0524
    assert round(later["amount_high"], 4) == 0.3339
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{one.asset_id}/readings/").content.decode()
    assert "+20%" in page
    assert "+5.24% to +33.4%" in page


def test_a_reading_by_hand_asks_where_the_version_changed_within_the_period(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, two)
    where = place(cast, one.asset, one)
    where.deployments.update(deployed_at="2026-01-01T00:00Z")
    worker, address = cast.client("contributor"), f"/p/ATLAS/placements/{where.pk}/readings/"
    worker.post(
        f"/p/ATLAS/placements/{where.pk}/deploy/", {"version": "2", "at": "2026-03-10T00:00"}
    )
    metric = Metric.objects.get(product=cast.a, slug="completion").pk
    form = {"metric": metric, "first_day": "2026-03-01", "last_day": "2026-03-31"}
    form |= {"hits": "60", "n": "100"}
    asked = worker.post(address, form)
    assert asked.status_code == 422
    assert "Say which one it is about" in asked.content.decode()
    assert worker.post(address, {**form, "version": "2"}).status_code == 302
    assert Reading.objects.get().version == two


def test_an_instant_in_antiquity_is_a_slip_of_the_hand(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    where = place(cast, one.asset, one)
    worker = cast.client("contributor")
    for at in ("0001-01-01T00:00", "1999-12-31T23:59"):
        said = worker.post(
            f"/p/ATLAS/placements/{where.pk}/deploy/", {"version": "2", "at": at, "note": "So"}
        )
        assert (said.status_code, "before the year 2000" in said.content.decode()) == (422, True)
    body = {"channel": "Site", "place": "/a", "version": 1, "since": "0001-01-01T00:00:00Z"}
    path = f"/api/v1/assets/{one.asset_id}/placements/"
    assert cast.api("contributor").post(path, body, "application/json").status_code == 400
    assert Deployment.objects.filter(placement=where).count() == 1


def test_what_stands_somewhere_already_says_since_when(cast: Cast) -> None:
    (one,) = an_asset(cast, 1)
    path = f"assets/{one.asset_id}/placements/"
    body = {"channel": "Site", "place": "/a", "version": 1, "since": "2026-03-05T10:30:00Z"}
    made = ask(cast, "contributor", "POST", path, body)
    assert made.status_code == 201, made.content
    first = Placement.objects.get(pk=made.json()["id"]).deployments.get()
    assert first.deployed_at.isoformat() == "2026-03-05T10:30:00+00:00"
    for wrong in ({"since": "2199-01-01T00:00:00Z"}, {"version": None}):
        refused = ask(cast, "contributor", "POST", path, {**body, "place": "/b", **wrong})
        assert refused.status_code == 400
        assert "since" in refused.content.decode()
    form = {"channel": "Site", "place": "/c", "environment": "production", "version": "1"}
    page = cast.client("contributor")
    address = f"/p/ATLAS/assets/{one.asset_id}/place/"
    late = page.post(address, {**form, "since": "2199-01-01T00:00"})
    assert "That lies in the future." in late.content.decode()
    assert page.post(address, {**form, "since": "2026-03-05T10:30"}).status_code == 302
    assert Placement.objects.get(place="/c").deployments.get().deployed_at.year == 2026
    assert not Placement.objects.filter(place="/b").exists()
