"""Rows of the permission matrix: layers, plans, approvals, verdicts handed over."""

from __future__ import annotations

from typing import Any

from tests.cast import MEMBERS as ROLES
from tests.security.rows import row
from tests.security.world import Tenant

MEMBERS = frozenset(ROLES)
WORKING = MEMBERS - {"viewer"}
OWNING = frozenset({"owner", "administrator"})
DECIDING = frozenset({"owner", "leadership", "administrator"})
RUNNING = frozenset({"administrator"})
PRODUCT = "product.key"

LAYER: dict[str, Any] = {"key": PRODUCT, "slug": "layer.slug"}
PLAN: dict[str, Any] = {"key": PRODUCT, "pk": "review_plan.pk"}


def handed(tenant: Tenant) -> dict[str, Any]:
    return {
        "stage": tenant.stage.kind,
        "person": tenant.colleague.email,
        "to": tenant.person.email,
    }


def planned(tenant: Tenant) -> dict[str, Any]:
    return {"name": "Every film", "steps": [{"layer": tenant.layer.slug, "step": 0}]}


REVIEW_LAYERS = [
    row("review-record", key=PRODUCT, pk="cycle.pk", GET=MEMBERS),
    row("api-review-record", pk="cycle.pk", GET=MEMBERS),
    row("review-velocity", key=PRODUCT, GET=MEMBERS),
    row("api-review-velocity", key=PRODUCT, GET=MEMBERS),
    row("review-layers", key=PRODUCT, GET=MEMBERS),
    row("review-layer-new", key=PRODUCT, GET=OWNING, POST=OWNING, body={"name": "Safety"}),
    row("review-layer", **LAYER, GET=OWNING, POST=OWNING, body={"name": "Safety first"}),
    row("review-layer-retire", **LAYER, POST=OWNING),
    row("review-plan-new", key=PRODUCT, GET=OWNING, POST=OWNING, body={"name": "Films"}),
    row("review-plan", **PLAN, GET=OWNING, POST=OWNING, body={"name": "Films"}),
    row("review-plan-remove", **PLAN, POST=OWNING),
    row(
        "review-hand-over",
        key=PRODUCT,
        pk="cycle.pk",
        stage="stage.kind",
        person="colleague.pk",
        GET=WORKING,
        POST=WORKING,
        body=lambda t: {"to": t.person.pk},
    ),
    row("approvals", key=PRODUCT, GET=MEMBERS),
    row("approvals-export", key=PRODUCT, GET=MEMBERS),
    row("api-approvals", GET=MEMBERS | {"outsider"}),
    row("approval-revoke", key=PRODUCT, pk="approval.pk", POST=DECIDING, body={"reason": "r"}),
    row("api-review-layers", key=PRODUCT, GET=MEMBERS, POST=OWNING, body={"name": "Safety, again"}),
    row("api-review-layer", **LAYER, GET=MEMBERS, PATCH=OWNING, body={"purpose": "Is it safe?"}),
    row("api-review-layer-retire", **LAYER, POST=OWNING, body={"retired": True}),
    row("api-review-plans", key=PRODUCT, GET=MEMBERS, POST=OWNING, body=planned),
    row("api-review-plan", **PLAN, PUT=OWNING, DELETE=OWNING, body=planned),
    row("api-increment-reviews", key="built.key", number="increment.number", GET=MEMBERS),
    row("api-review-proposal", pk="version.pk", GET=MEMBERS),
    row("api-asset-approvals", pk="asset.pk", GET=MEMBERS),
    row("api-approval-revoke", pk="approval.pk", POST=DECIDING, body={"reason": "r"}),
    row("note-settle", key=PRODUCT, pk="note.pk", POST=WORKING, body={"state": "resolved"}),
    row(
        "note-reword",
        key=PRODUCT,
        pk="note.pk",
        GET=MEMBERS,
        POST=RUNNING,
        body={"body": "So?"},
    ),
    row(
        "contradiction-settle",
        key=PRODUCT,
        pk="contradiction.pk",
        POST=WORKING,
        body={"state": "dismissed"},
    ),
    row("api-note", pk="note.pk", PATCH=RUNNING, body={"body": "So?"}),
    row("api-note-settle", pk="note.pk", POST=WORKING, body={"state": "resolved"}),
    row("api-review-contradictions", pk="cycle.pk", GET=MEMBERS),
    row(
        "api-contradiction-settle",
        pk="contradiction.pk",
        POST=WORKING,
        body={"state": "dismissed"},
    ),
    row("api-review-hand-over", pk="cycle.pk", POST=WORKING, body=handed),
]
