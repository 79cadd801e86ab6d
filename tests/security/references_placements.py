"""Fields of placements that name other rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.security.matrix_placements import PLACE, a_reading, by_hand
from tests.security.world import Tenant

METRIC = {"name": "New", "slug": "new", "form": "count"}


def a_signal(tenant: Tenant) -> dict[str, Any]:
    return {
        "item": tenant.item.key,
        "kind": "incident",
        "magnitude": 1,
        "occurred_at": "2026-01-05T09:00:00Z",
    }


Body = Callable[[Tenant, Tenant], dict[str, Any]]

#: route, method, field, body: as ``references.Reference``.
PLACEMENTS: list[tuple[str, str, str, Body]] = [
    (
        "api-asset-placements",
        "POST",
        "owner",
        lambda a, b: {"channel": "C", "place": "P", "owner": b.person.email},
    ),
    ("api-placement", "PATCH", "owner", lambda a, b: {"owner": b.person.email}),
    ("api-replacement", "PATCH", "owner", lambda a, b: {"owner": b.person.email}),
    (
        "api-publish",
        "POST",
        "product",
        lambda a, b: {"product": b.product.key, "versions": [a.approved_version.pk]},
    ),
    (
        "api-publish",
        "POST",
        "versions",
        lambda a, b: {"product": a.product.key, "versions": [b.approved_version.pk]},
    ),
    ("placement-new", "POST", "owner", lambda a, b: {**PLACE, "owner": b.person.pk}),
    (
        "placement-edit",
        "POST",
        "owner",
        lambda a, b: {**PLACE, "owner": b.person.pk, "revision": 3},
    ),
    ("replacement", "POST", "owner", lambda a, b: {"owner": b.person.pk}),
    ("api-metrics", "POST", "product", lambda a, b: {**METRIC, "product": b.product.key}),
    (
        "api-readings",
        "POST",
        "product",
        lambda a, b: {"product": b.product.key, "readings": [a_reading(a)]},
    ),
    (
        "api-readings",
        "POST",
        "readings.placement",
        lambda a, b: {
            "product": a.product.key,
            "readings": [{**a_reading(a), "placement": b.placement.pk}],
        },
    ),
    (
        "api-readings",
        "POST",
        "readings.metric",
        lambda a, b: {
            "product": a.product.key,
            "readings": [{**a_reading(a), "metric": b.metric.slug}],
        },
    ),
    *(
        ("api-hook", "POST", field, body)
        for field, body in (
            ("product", lambda a, b: {"product": b.product.key, "readings": [a_reading(a)]}),
            (
                "readings.placement",
                lambda a, b: {"readings": [{**a_reading(a), "placement": b.placement.pk}]},
            ),
            (
                "readings.metric",
                lambda a, b: {"readings": [{**a_reading(a), "metric": b.metric.slug}]},
            ),
            ("signals", lambda a, b: {"signals": [a_signal(b)]}),
            ("signals.item", lambda a, b: {"signals": [a_signal(a), a_signal(b)]}),
        )
    ),
    (
        "api-asset-targets",
        "PUT",
        "item",
        lambda a, b: {"metric": a.metric.slug, "limit": 3, "item": b.item.key},
    ),
    (
        "api-asset-targets",
        "PUT",
        "metric",
        lambda a, b: {"metric": b.metric.slug, "limit": 3},
    ),
    (
        "asset-targets",
        "POST",
        "metric",
        lambda a, b: {"metric": b.metric.pk, "limit": 3, "least_n": 30},
    ),
    (
        "asset-targets",
        "POST",
        "item",
        lambda a, b: {"metric": a.metric.pk, "limit": 3, "least_n": 30, "item": b.item.key},
    ),
    ("reading-new", "POST", "metric", lambda a, b: {**by_hand(a), "metric": b.metric.pk}),
    (
        "api-asset-variant",
        "PUT",
        "source",
        lambda a, b: {"source": b.asset.pk, "kind": "format", "label": "9:16"},
    ),
    (
        "asset-variant",
        "POST",
        "source",
        lambda a, b: {"act": "set", "source": b.asset.pk, "kind": "format", "label": "9:16"},
    ),
]
