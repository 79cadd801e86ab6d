"""Variants over the API: those of a source, what one is of and follows, that it is still right."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.endpoints import actor_of, documented, resource
from assets import access, varied
from assets.models import Asset
from assets.services import variants
from assets.vocabulary import VariantKind
from core.api.serializers import Line, Shape, checked

TAGS = ["assets"]


class VariantRow(Shape):
    asset = serializers.IntegerField()
    name = serializers.CharField()
    source = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    made_from = serializers.IntegerField(allow_null=True)
    against = serializers.IntegerField(allow_null=True, help_text="the version it is held against")
    outdated = serializers.BooleanField()
    changes = serializers.ListField(child=serializers.CharField())


class VariantList(Shape):
    results = VariantRow(many=True)


class VariantInput(Shape):
    source = serializers.IntegerField(allow_null=True, min_value=1, help_text="id; null: none")  # type: ignore[assignment]
    kind = serializers.ChoiceField(VariantKind.choices, required=False)
    label = Line(max_length=60, required=False)  # type: ignore[assignment]
    made_from = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    segments = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=(1 << 31) - 1),
        required=False,
        max_length=2000,
        help_text="keys of the source's segments that it renders; empty: all",
    )


class VariantReason(Shape):
    reason = Line(max_length=500)


def _row(stand: varied.Stand) -> dict[str, Any]:
    return {
        "asset": stand.variant.pk,
        "name": stand.variant.name,
        "source": stand.variant.variant_of_id,
        "kind": stand.variant.variant_kind,
        "label": stand.variant.variant_label,
        "made_from": stand.made_from,
        "against": stand.against,
        "outdated": stand.outdated,
        "changes": stand.changes,
    }


def _one(asset: Asset) -> Response:
    stand = varied.stands([asset]).get(asset.pk) if asset.variant_of_id else None
    if stand is not None:
        return Response(_row(stand))
    none: dict[str, Any] = {"asset": asset.pk, "name": asset.name, "source": None, "kind": ""}
    none |= {"label": "", "made_from": None, "against": None, "outdated": False, "changes": []}
    return Response(none)


@documented(summary="Variants of an asset", responses={200: VariantList}, tags=TAGS)
def list_variants(request: Request, pk: int) -> Response:
    """Its languages, formats and cuts, each with what outdates it."""
    asset = access.asset_for(actor_of(request), pk)
    return Response({"results": [_row(each) for each in varied.of_source(asset)]})


@documented(summary="Read a variant", responses={200: VariantRow}, tags=TAGS)
def read_variant(request: Request, pk: int) -> Response:
    """What the asset is a variant of, and what outdates it."""
    return _one(access.asset_for(actor_of(request), pk))


@documented(summary="Set a variant", request=VariantInput, responses={200: VariantRow}, tags=TAGS)
def set_variant(request: Request, pk: int) -> Response:
    """What the asset is a variant of, and which segments it renders."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk, "asset.upload")
    data = checked(VariantInput, request)
    source = data["source"]
    found = access.asset_named(actor, asset.product, source) if source else None
    asset = variants.set_variant(
        actor=actor,
        asset=asset,
        source=found,
        kind=data.get("kind", ""),
        label=data.get("label", ""),
        made_from=data.get("made_from"),
    )
    if found is not None and "segments" in data:
        variants.follow_segments(actor=actor, asset=asset, keys=data["segments"])
    return _one(asset)


@documented(
    summary="Confirm a variant", request=VariantReason, responses={200: VariantRow}, tags=TAGS
)
def confirm_variant(request: Request, pk: int) -> Response:
    """It is still right, although what it follows changed."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk, "asset.upload")
    variants.confirm(actor=actor, asset=asset, reason=checked(VariantReason, request)["reason"])
    return _one(access.asset_for(actor, pk))


asset_variants = resource(GET=list_variants)
asset_variant = resource(GET=read_variant, PUT=set_variant)
asset_variant_confirm = resource(POST=confirm_variant)
