"""Approvals as a table: what the CSV of them holds, the newest first (R116)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from reviews import selectors
from reviews.models import Approval

#: Rows a query: a file of any length is written in the memory of one such chunk.
CHUNK = 1000
HEAD = (
    *("Id", "Item", "Asset id", "Asset", "Version", "Version SHA-256", "Layer", "Given at"),
    *("Given by", "Role", "Conditions", "State", "Approved SHA-256", "Material parts"),
    *("Voided at", "Voided by version", "Changed parts", "Restored at"),
    *("Revoked at", "Revoked by", "Why revoked"),
)


def lines(rows: QuerySet[Approval]) -> Iterator[list[Any]]:
    """A line for each of ``rows`` (of ``access.approvals_in``), under ``HEAD``. Two queries a chunk."""
    cursor: str | None = None
    while True:
        page = selectors.approval_page(rows, cursor=cursor, size=CHUNK)
        for row, said in page.rows:
            yield [
                row.pk,
                row.asset.item.key,
                row.asset_id,
                row.asset.name,
                row.version.number,
                row.version.sha256,
                row.layer.name,
                row.given_at,
                "; ".join(each.reviewer.email for each in said),
                "; ".join(each.get_role_display() for each in said),
                row.conditions,
                row.get_state_display(),
                row.sha256,
                "; ".join(f"{name} {digest}" for name, digest in sorted(row.material.items())),
                row.voided_at,
                row.voided_by.number if row.voided_by else None,
                "; ".join(row.voided_parts),
                row.restored_at,
                row.revoked_at,
                row.revoked_by.email if row.revoked_by else None,
                row.revoked_reason,
            ]
        cursor = page.cursor
        if cursor is None:
            return
