"""Rows of the permission matrix: publication, placements, what replaces them."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.cast import MEMBERS as ROLES
from tests.security.rows import row
from tests.security.world import Tenant

MEMBERS = frozenset(ROLES)
WORKING = MEMBERS - {"viewer"}
OWNING = frozenset({"owner", "administrator"})
DECIDING = frozenset({"owner", "leadership", "administrator"})
PRODUCT = "product.key"

PLACED: dict[str, Any] = {"key": PRODUCT, "pk": "placement.pk"}
TASK: dict[str, Any] = {"key": PRODUCT, "pk": "replacement.pk"}
PLACE = {
    "channel": "A new channel",
    "program": "A new program",
    "environment": "production",
    "place": "A new place",
}
WHY = {"reason": "It is time."}


def checked_in(tenant: Tenant) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("found.txt", b"what is there", "text/plain")}


def chosen(tenant: Tenant) -> dict[str, Any]:
    return {"version": [tenant.approved_version.pk]}


def a_reading(tenant: Tenant) -> dict[str, Any]:
    return {
        "placement": tenant.placement.pk,
        "metric": tenant.metric.slug,
        "starts_at": "2020-01-01T00:00:00Z",
        "ends_at": "2020-01-08T00:00:00Z",
        "value": 4,
        "version": 1,
        "source": "A platform",
        "external_id": "1",
    }


def by_hand(tenant: Tenant) -> dict[str, Any]:
    return {
        "metric": tenant.metric.pk,
        "first_day": "2020-01-01",
        "last_day": "2020-01-07",
        "value": 4,
        "version": 1,
    }


def sheet(tenant: Tenant) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("sheet.csv", b"asset,channel\nOne,App\n", "text/csv")}


PLACEMENTS = [
    row(
        "version-publication",
        key=PRODUCT,
        pk="placed_asset.pk",
        number="approved_version.number",
        GET=OWNING,
        POST=OWNING,
        body={"act": "publish"},
    ),
    row("publish-many", key=PRODUCT, GET=OWNING, POST=OWNING, body=chosen),
    row("placements", key=PRODUCT, GET=MEMBERS),
    row("placements-export", key=PRODUCT, GET=MEMBERS),
    row("drift", key=PRODUCT, GET=MEMBERS),
    row("drift-raise", key=PRODUCT, POST=WORKING),
    row(
        "placement-new",
        key=PRODUCT,
        pk="placed_asset.pk",
        GET=WORKING,
        POST=WORKING,
        body=PLACE,
    ),
    row("placement", **PLACED, GET=MEMBERS),
    row("placement-edit", **PLACED, GET=WORKING, POST=WORKING, body={**PLACE, "revision": 3}),
    row("placement-deploy", **PLACED, POST=WORKING, body={"version": 2}),
    row("placement-roll-back", **PLACED, POST=WORKING, body=WHY),
    row("placement-check-in", **PLACED, POST=WORKING, body=checked_in),
    row("placement-end", **PLACED, POST=WORKING, body=WHY),
    row("replacement", **TASK, GET=MEMBERS, POST=WORKING, body={"note": "Soon."}),
    row("replacement-item", **TASK, POST=WORKING),
    row("replacement-drop", **TASK, POST=WORKING, body=WHY),
    row("api-placements", GET=MEMBERS | {"outsider"}),
    row(
        "api-asset-placements",
        pk="placed_asset.pk",
        GET=MEMBERS,
        POST=WORKING,
        body={"channel": "A new channel", "place": "A new place", "program": "A new program"},
    ),
    row("api-placement", pk="placement.pk", GET=MEMBERS, PATCH=WORKING, body={"place": "Moved"}),
    row("api-placement-end", pk="placement.pk", POST=WORKING, body=WHY),
    row(
        "api-placement-deployments",
        pk="placement.pk",
        GET=MEMBERS,
        POST=WORKING,
        body={"version": 2},
    ),
    row("api-placement-roll-back", pk="placement.pk", POST=WORKING, body={"note": "It froze."}),
    row("api-placement-check-in", pk="placement.pk", POST=WORKING, body={"sha256": "1" * 64}),
    row(
        "api-placement-check-in-file",
        pk="placement.pk",
        POST=WORKING,
        body=checked_in,
        form=True,
    ),
    row("api-drift", GET=MEMBERS | {"outsider"}),
    row("api-replacements", GET=MEMBERS | {"outsider"}),
    row("api-replacement", pk="replacement.pk", PATCH=WORKING, body={"note": "Soon."}),
    row("api-replacement-item", pk="replacement.pk", POST=WORKING),
    row("api-replacement-drop", pk="replacement.pk", POST=WORKING, body=WHY),
    row(
        "api-publish",
        POST=OWNING,
        body=lambda tenant: {
            "product": tenant.product.key,
            "versions": [tenant.approved_version.pk],
        },
    ),
    *(
        row(f"api-version-{verb}", pk="approved_version.pk", POST=OWNING, body=WHY)
        for verb in ("publish", "unpublish", "retire", "unretire")
    ),
    row("readings", key=PRODUCT, GET=MEMBERS),
    row("placements-import", key=PRODUCT, GET=MEMBERS, POST=WORKING, body=sheet),
    row("readings-import", key=PRODUCT, GET=MEMBERS, POST=WORKING, body=sheet),
    row("reading", key=PRODUCT, pk="reading.pk", GET=MEMBERS, POST=WORKING, body=WHY),
    row("reading-new", **PLACED, GET=WORKING, POST=WORKING, body=by_hand),
    row("asset-readings", key=PRODUCT, pk="placed_asset.pk", GET=MEMBERS),
    row(
        "asset-targets",
        key=PRODUCT,
        pk="placed_asset.pk",
        POST=DECIDING,
        body=lambda tenant: {"metric": tenant.metric.pk, "limit": 3, "least_n": 30},
    ),
    row("target-drop", key=PRODUCT, pk="target.pk", POST=DECIDING),
    row(
        "metrics",
        key=PRODUCT,
        GET=MEMBERS,
        POST=DECIDING,
        body={"name": "New", "slug": "new", "form": "count"},
    ),
    row("metric-retire", key=PRODUCT, pk="metric.pk", POST=DECIDING),
    row(
        "api-metrics",
        GET=MEMBERS | {"outsider"},
        POST=DECIDING,
        body=lambda tenant: {
            "product": tenant.product.key,
            "name": "New",
            "slug": "new",
            "form": "count",
        },
    ),
    row("api-metric-retire", pk="metric.pk", POST=DECIDING, body={}),
    row(
        "api-readings",
        GET=MEMBERS | {"outsider"},
        POST=WORKING,
        body=lambda tenant: {"product": tenant.product.key, "readings": [a_reading(tenant)]},
    ),
    row("api-reading", pk="reading.pk", GET=MEMBERS),
    row("api-reading-withdraw", pk="reading.pk", POST=WORKING, body=WHY),
    row("api-reading-restore", pk="reading.pk", POST=WORKING),
    row(
        "api-asset-targets",
        pk="placed_asset.pk",
        GET=MEMBERS,
        PUT=DECIDING,
        body=lambda tenant: {"metric": tenant.metric.slug, "limit": 3},
    ),
    row("api-target", pk="target.pk", DELETE=DECIDING),
    row("api-asset-comparison", pk="placed_asset.pk", GET=MEMBERS),
    row("item-path", key="other.key", GET=MEMBERS),
    row("api-item-path", key="other.key", GET=MEMBERS),
    row("asset-path", key=PRODUCT, pk="placed_asset.pk", GET=MEMBERS),
    row("api-asset-path", pk="placed_asset.pk", GET=MEMBERS),
    row("placement-path", **PLACED, GET=MEMBERS),
    row("api-placement-path", pk="placement.pk", GET=MEMBERS),
    row("reading-path", key=PRODUCT, pk="reading.pk", GET=MEMBERS),
    row("api-reading-path", pk="reading.pk", GET=MEMBERS),
    row(
        "asset-variant",
        key=PRODUCT,
        pk="variant.pk",
        GET=WORKING,
        POST=WORKING,
        body={"act": "confirm", **WHY},
    ),
    row("api-asset-variants", pk="asset.pk", GET=MEMBERS),
    row(
        "api-asset-variant",
        pk="variant.pk",
        GET=MEMBERS,
        PUT=WORKING,
        body={"source": None},
    ),
    row("api-asset-variant-confirm", pk="variant.pk", POST=WORKING, body=WHY),
]
