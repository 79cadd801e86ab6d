"""Variants by segment: only those whose segments changed become outdated (N18)."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from assets import varied
from assets.models import Asset, Segment, Version
from assets.services import variants
from assets.services.versions import upload_version
from assets.variants import Change, changed_parts, changed_segments, held_against
from core.errors import Conflict, Invalid
from tests.assets.placed import an_asset, publish
from tests.cast import Cast


def test_only_what_is_followed_counts() -> None:
    then, now = {1: "a", 2: "b", 3: "c"}, {1: "a", 2: "B", 4: "d"}
    everything = [Change(2, "changed"), Change(3, "gone"), Change(4, "new")]
    assert changed_segments(then, now, None) == everything
    assert changed_segments(then, now, {1}) == []
    assert changed_segments(then, now, {1, 2}) == [Change(2, "changed")]
    assert changed_segments(then, now, {3}) == [Change(3, "gone")]
    assert changed_segments(then, now, {4}) == []
    assert changed_segments(then, then, None) == []


def test_metadata_alone_outdates_nothing() -> None:
    picture = {"bytes": "1", "picture": "p", "metadata": "m"}
    assert changed_parts(picture, {"bytes": "2", "picture": "p", "metadata": "n"}) == []
    assert changed_parts(picture, {"bytes": "2", "picture": "q", "metadata": "m"}) == [
        Change("picture", "changed")
    ]
    assert changed_parts(picture, {"bytes": "2"}) == [Change("bytes", "changed")]
    assert changed_parts({"bytes": "1"}, {"bytes": "1"}) == []


def test_a_draft_of_the_source_outdates_nobody() -> None:
    assert held_against(1, in_force=2, newest=3) == 2
    assert held_against(3, in_force=2, newest=3) == 3
    assert held_against(1, in_force=None, newest=3) == 3


def scenes(version: Version, **hashes: str) -> None:
    Segment.objects.filter(version=version).delete()
    Segment.objects.bulk_create(
        Segment(
            product_id=version.product_id,
            version=version,
            key=int(name.removeprefix("s")),
            position=place,
            label=f"Scene {name.removeprefix('s')}",
            first_line=place + 1,
            last_line=place + 1,
            sha256=sha256,
        )
        for place, (name, sha256) in enumerate(hashes.items())
    )


def said(source: Asset) -> dict[str, list[str]]:
    fresh = Asset.objects.get(pk=source.pk)
    return {stand.variant.variant_label: stand.changes for stand in varied.of_source(fresh)}


def test_variants_are_outdated_by_the_segments_they_render_and_confirmed_with_a_reason(
    cast: Cast,
) -> None:
    one, two = an_asset(cast, 2)
    scenes(one, s1="a", s2="b", s3="c")
    scenes(two, s1="a", s2="B", s3="c", s4="d")
    publish(cast, one)
    source = one.asset
    actor = cast.actor("contributor")
    made = {}
    for label, keys in (("de-DE", None), ("9:16", [1, 3]), ("30 s", [2])):
        (first,) = an_asset(cast, name=label)
        kind = "language" if label == "de-DE" else "format"
        asset = variants.set_variant(
            actor=actor, asset=first.asset, source=source, kind=kind, label=label
        )
        variants.follow_segments(actor=actor, asset=asset, keys=keys)
        made[label] = asset
    assert said(source) == {"de-DE": [], "9:16": [], "30 s": []}
    # what publishing would outdate is known before
    would = varied.of_source(source, against=two)
    assert [each.variant.variant_label for each in would if each.outdated] == ["30 s", "de-DE"]
    publish(cast, two)
    assert said(source) == {
        "de-DE": ["Scene 2 changed", "Scene 4 is new"],
        "9:16": [],
        "30 s": ["Scene 2 changed"],
    }
    assert varied.outdated_ids(cast.a) == {made["30 s"].pk, made["de-DE"].pk}
    sent = cast.api("viewer").get("/api/v1/assets/?product=ATLAS&outdated=true").json()["results"]
    assert {row["id"] for row in sent} == {made["30 s"].pk, made["de-DE"].pk}
    current = cast.api("viewer").get("/api/v1/assets/?product=ATLAS&outdated=false").json()
    assert source.pk in {row["id"] for row in current["results"]}
    assert made["de-DE"].pk not in {row["id"] for row in current["results"]}
    listed = cast.client("viewer").get("/p/ATLAS/assets/?outdated=true")
    rows = {row["asset"].name: row["stand"].changes for row in listed.context["asset_rows"]}
    assert rows == {"de-DE": ["Scene 2 changed", "Scene 4 is new"], "30 s": ["Scene 2 changed"]}
    assert listed.content.decode().count("Outdated</span>") == 2
    everything = cast.client("viewer").get("/p/ATLAS/assets/").context["asset_rows"]
    assert {row["asset"].name for row in everything if row["stand"]} == {"de-DE", "9:16", "30 s"}
    with pytest.raises(Invalid):
        variants.confirm(actor=actor, asset=made["30 s"], reason=" ")
    variants.confirm(actor=actor, asset=made["30 s"], reason="Only a comma.")
    file = ContentFile(b"de 2", name="de.txt")
    upload_version(actor=actor, asset=made["de-DE"], file=file, rationale="Translated anew.")
    assert said(source) == {"de-DE": [], "9:16": [], "30 s": []}
    assert varied.outdated_ids(cast.a) == set()
    none = cast.client("viewer").get("/p/ATLAS/assets/?outdated=true").content.decode()
    assert "No variant is outdated" in none


def test_variants_are_of_sources(cast: Cast) -> None:
    actor = cast.actor("contributor")
    source, first, other = (an_asset(cast, name=name)[0].asset for name in ("s", "v", "w"))
    with pytest.raises(Invalid):
        variants.set_variant(actor=actor, asset=first, source=first, kind="format", label="9:16")
    variants.set_variant(actor=actor, asset=first, source=source, kind="format", label="9:16")
    for asset, of in ((other, first), (source, other)):
        with pytest.raises(Conflict):
            variants.set_variant(actor=actor, asset=asset, source=of, kind="format", label="1:1")
    with pytest.raises(Invalid):
        variants.follow_segments(actor=actor, asset=first, keys=[99])
    variants.set_variant(actor=actor, asset=first, source=None)
    assert said(source) == {}


def test_a_variant_from_the_page_and_over_the_api(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    scenes(one, s1="a", s2="b")
    scenes(two, s1="a", s2="B")
    publish(cast, one)
    (first,) = an_asset(cast, name="de")
    worker, address = cast.client("contributor"), f"/p/ATLAS/assets/{first.asset_id}/variant/"
    form = {"act": "set", "source": one.asset_id, "kind": "language", "label": "de-DE"}
    assert worker.post(address, form).status_code == 302
    owner = cast.client("owner")
    page = owner.get(f"/p/ATLAS/assets/{one.asset_id}/2/publication/").content.decode()
    assert "Variants that would be outdated" in page
    publish(cast, two)
    source = owner.get(f"/p/ATLAS/assets/{one.asset_id}/").content.decode()
    assert "1 of 1 outdated" in source
    found = cast.api("viewer").get(f"/api/v1/assets/{one.asset_id}/variants/").json()
    assert found["results"][0]["changes"] == ["Scene 2 changed"]
    assert worker.post(address, {"act": "confirm", "reason": ""}).status_code == 422
    assert worker.post(address, {"act": "follow", "segment": "1"}).status_code == 302
    assert "Up to date" in worker.get(address).content.decode()
    body = {"source": one.asset_id, "kind": "language", "label": "de-DE", "segments": [2]}
    api = f"/api/v1/assets/{first.asset_id}/variant/"
    sent = cast.api("contributor").put(api, body, content_type="application/json")
    assert sent.json()["outdated"] is True
