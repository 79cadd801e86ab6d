"""Approvals over the API: of a product, of an asset, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from assets.access import asset_for
from core.api.serializers import Line, Shape, checked
from reviews import access, selectors
from reviews.api.reviews import PAGING, page_size
from reviews.filters import ApprovalFilter, approvals_filtered
from reviews.models import Approval, Decision
from reviews.services import approvals
from reviews.vocabulary import ApprovalState


class GivenBy(Shape):
    """Whose verdict gave an approval, and the role that they had that day."""

    reviewer = serializers.EmailField()
    role = serializers.CharField()


class ApprovalRow(Shape):
    """An approval: bound to ``material``, the SHA-256 of each part that its layer declared; ``sha256`` over them."""

    id = serializers.IntegerField()
    layer = serializers.CharField()
    state = serializers.ChoiceField(ApprovalState.choices)
    version = serializers.IntegerField(help_text="number it was given on")
    material = serializers.DictField(child=serializers.CharField())
    sha256 = serializers.CharField()
    conditions = serializers.CharField()
    given_at = serializers.DateTimeField()
    given_by = GivenBy(many=True)
    voided_by = serializers.IntegerField(allow_null=True, help_text="number of the version")
    voided_parts = serializers.ListField(child=serializers.CharField())
    voided_at = serializers.DateTimeField(allow_null=True)
    restored_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_by = serializers.EmailField(allow_null=True)
    revoked_reason = serializers.CharField()


class ListedApproval(ApprovalRow):
    """An approval of a list, with what it is about."""

    product = serializers.CharField()
    item = serializers.CharField()
    asset = serializers.IntegerField()
    asset_name = serializers.CharField()
    version_sha256 = serializers.CharField()


class ApprovalPage(Shape):
    results = ListedApproval(many=True)
    next = serializers.CharField(allow_null=True)


class RevokeInput(Shape):
    reason = Line(max_length=approvals.REASON_LIMIT)


def _approval_rows(rows: Sequence[Approval]) -> list[dict[str, Any]]:
    said = selectors.given_by(rows)
    return [_approval_row(row, said[row.pk]) for row in rows]


def _approval_row(row: Approval, said: Sequence[Decision]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "layer": row.layer.slug,
        "state": row.state,
        "version": row.version.number,
        "material": row.material,
        "sha256": row.sha256,
        "conditions": row.conditions,
        "given_at": row.given_at,
        "given_by": [{"reviewer": each.reviewer.email, "role": each.role} for each in said],
        "voided_by": row.voided_by.number if row.voided_by else None,
        "voided_parts": row.voided_parts,
        "voided_at": row.voided_at,
        "restored_at": row.restored_at,
        "revoked_at": row.revoked_at,
        "revoked_by": row.revoked_by.email if row.revoked_by else None,
        "revoked_reason": row.revoked_reason,
    }


@documented(
    summary="Approvals of an asset", responses={200: ApprovalRow(many=True)}, tags=["reviews"]
)
def list_approvals(request: Request, pk: int) -> Response:
    """What is approved, void or revoked, the newest first."""
    asset = asset_for(actor_of(request), pk)
    return Response(_approval_rows(selectors.approvals_of(asset)))


@documented(
    summary="List approvals",
    query=[
        *PAGING,
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label))
            for name, each in ApprovalFilter.base_filters.items()
        ),
    ],
    responses={200: ApprovalPage},
    tags=["reviews"],
)
def list_all_approvals(request: Request) -> Response:
    """Who approved what, when, on which conditions, and what became of it; the newest first."""
    actor = actor_of(request)
    query = request.query_params.dict()
    key = query.get("product")
    rows = access.approvals_in(actor, product_for(actor, key) if key else None)
    page = selectors.approval_page(
        approvals_filtered(rows, query), cursor=query.get("cursor"), size=page_size(query)
    )
    listed = [
        {
            **_approval_row(row, said),
            "product": row.product.key,
            "item": row.asset.item.key,
            "asset": row.asset_id,
            "asset_name": row.asset.name,
            "version_sha256": row.version.sha256,
        }
        for row, said in page.rows
    ]
    return Response({"results": listed, "next": page.cursor})


@documented(
    summary="Revoke an approval",
    request=RevokeInput,
    responses={200: ApprovalRow},
    tags=["reviews"],
)
def revoke_approval(request: Request, pk: int) -> Response:
    """For good, with a reason. The layer can be asked anew."""
    actor = actor_of(request)
    approval = access.approval_for(actor, pk, "review.revoke")
    data = checked(RevokeInput, request)
    done = approvals.revoke(actor=actor, approval=approval, reason=data["reason"])
    return Response(_approval_rows([access.approval_for(actor, done.pk)])[0])


asset_approvals = resource(GET=list_approvals)
approvals_list = resource(GET=list_all_approvals)
approval_revoke = resource(POST=revoke_approval)
