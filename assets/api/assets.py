"""Assets and versions over the API: list, read, upload, download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, resource
from assets import access, panels, selectors, serving
from assets.api import shapes
from assets.comparing import comparison
from assets.filters import AssetFilter
from assets.forms import increment_of
from assets.models import Asset, Version
from assets.services.assets import add_asset, edit_asset
from assets.services.previews import try_again
from assets.services.versions import upload_version
from backlog.access import item_for
from backlog.api.items import named_product, page_size
from core.api.serializers import checked
from core.errors import Invalid
from core.filters import rows_of
from core.uploads import file_in


def _asset(actor: Actor, asset: Asset, newest: Version) -> dict[str, Any]:
    return shapes.asset_row(asset, newest, panels.marks(actor, [newest])[newest.pk])


def _version(actor: Actor, version: Version, status: int = 200) -> Response:
    response = Response(
        shapes.version_row(version, panels.marks(actor, [version])[version.pk]), status=status
    )
    response["ETag"] = f'"{version.sha256}"'
    if status == 201:
        response["Location"] = reverse("api-version", args=[version.pk])
    return response


def _rows(actor: Actor, assets: Sequence[Asset], newest: Mapping[int, Version]) -> list[Any]:
    said = panels.marks(actor, list(newest.values()))
    return [
        shapes.asset_row(asset, newest[asset.pk], said[newest[asset.pk].pk]) for asset in assets
    ]


@documented(
    summary="List assets",
    responses={200: shapes.AssetPage},
    query=[
        OpenApiParameter("product", OpenApiTypes.STR, description="The product's key."),
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label))
            for name, each in AssetFilter.base_filters.items()
        ),
        OpenApiParameter("limit", OpenApiTypes.INT),
        OpenApiParameter("cursor", OpenApiTypes.STR),
    ],
    tags=["assets"],
)
def list_assets(request: Request) -> Response:
    """The assets of a product, the latest upload first, each with its newest version."""
    actor = actor_of(request)
    query = request.query_params
    product = named_product(actor, query.get("product"))
    asked = AssetFilter(query, access.assets_in(actor, product), product=product)
    found = selectors.latest(rows_of(asked), cursor=query.get("cursor"), size=page_size(request))
    return Response({"results": _rows(actor, found.assets, found.newest), "next": found.cursor})


@documented(summary="Assets of an item", responses={200: shapes.AssetList}, tags=["assets"])
def list_item_assets(request: Request, key: str) -> Response:
    """The assets of an item, oldest first, each with its newest version."""
    actor = actor_of(request)
    assets, newest = selectors.of_item(item_for(actor, key))
    return Response({"results": _rows(actor, assets, newest)})


@documented(
    summary="Add an asset to an item",
    request={"multipart/form-data": shapes.AssetInput},
    responses={201: shapes.AssetRow},
    tags=["assets"],
    parsers=[MultiPartParser],
)
def add_item_asset(request: Request, key: str) -> Response:
    """Upload the first version, with the reason for it. Without a name it is called as the file is."""
    actor = actor_of(request)
    item = item_for(actor, key, "asset.upload")
    file = file_in(request)
    data = checked(shapes.AssetInput, request)
    version = add_asset(
        actor=actor,
        item=item,
        file=file,
        rationale=data["rationale"],
        name=data.get("name", ""),
        increment=increment_of(item, data.get("increment")),
    )
    version.asset.item = item
    response = Response(_asset(actor, version.asset, version), status=201)
    response["Location"] = reverse("api-asset", args=[version.asset_id])
    return response


@documented(summary="Read an asset", responses={200: shapes.AssetRow}, tags=["assets"])
def read_asset(request: Request, pk: int) -> Response:
    """An asset with its newest version."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk)
    return Response(_asset(actor, asset, access.version_of(actor, asset)))


@documented(
    summary="Change an asset",
    request=shapes.AssetEdit,
    responses={200: shapes.AssetRow},
    tags=["assets"],
)
def change_asset(request: Request, pk: int) -> Response:
    """Another name, or another increment of its item that it is made for."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk, "asset.upload")
    data = checked(shapes.AssetEdit, request)
    edit_asset(
        actor=actor,
        asset=asset,
        name=data.get("name", asset.name),
        increment=increment_of(asset.item, data.get("increment", asset.increment_id)),
    )
    asset = access.asset_for(actor, pk)
    return Response(_asset(actor, asset, access.version_of(actor, asset)))


@documented(summary="Versions of an asset", responses={200: shapes.VersionList}, tags=["assets"])
def list_versions(request: Request, pk: int) -> Response:
    """All versions, newest first."""
    actor = actor_of(request)
    versions = selectors.versions_of(access.asset_for(actor, pk))
    said = panels.marks(actor, versions)
    return Response({"results": [shapes.version_row(each, said[each.pk]) for each in versions]})


@documented(
    summary="Upload a version",
    request={"multipart/form-data": shapes.UploadInput},
    responses={201: shapes.VersionRow},
    tags=["assets"],
    parsers=[MultiPartParser],
)
def add_version(request: Request, pk: int) -> Response:
    """The next version, with the reason for it. Reviews of earlier versions do not carry over."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk, "asset.upload")
    file = file_in(request)
    data = checked(shapes.UploadInput, request)
    version = upload_version(actor=actor, asset=asset, file=file, rationale=data["rationale"])
    return _version(actor, version, 201)


@documented(summary="Read a version", responses={200: shapes.VersionRow}, tags=["assets"])
def read_version(request: Request, pk: int) -> Response:
    """A version; its ETag is the SHA-256 of its bytes."""
    actor = actor_of(request)
    return _version(actor, access.version_for(actor, pk))


@documented(  # type: ignore[arg-type]
    summary="Download a version",
    responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    tags=["assets"],
)
def download_version(request: Request, pk: int) -> HttpResponseBase:
    """The bytes, always as a download. `Range` is answered with 206."""
    version = access.version_for(actor_of(request), pk)
    return serving.content(request._request, version, inline=False)


def _previews(version: Version) -> Response:
    found = version.previews.order_by("kind", "number")
    return Response(
        {
            "state": version.preview_state,
            "error": version.preview_error,
            "results": [shapes.preview_row(version, each) for each in found],
            "parts": dict(version.parts.order_by("name").values_list("name", "sha256")),
        }
    )


@documented(
    summary="Previews and parts of a version", responses={200: shapes.PreviewList}, tags=["assets"]
)
def list_previews(request: Request, pk: int) -> Response:
    """What workers made of a version, and the SHA-256 of the parts that reviews hold to."""
    return _previews(access.version_for(actor_of(request), pk))


@documented(
    summary="Make the previews of a version again",
    request=None,
    responses={202: shapes.PreviewList},
    tags=["assets"],
)
def make_previews(request: Request, pk: int) -> Response:
    """After they could not be made: 409 where they have not failed."""
    actor = actor_of(request)
    version = access.version_for(actor, pk, "asset.upload")
    try_again(actor=actor, version=version)
    response = _previews(version)
    response.status_code = 202
    return response


def _number(name: str, words: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.INT, required=True, description=words)


@documented(
    summary="Differences of two versions of a text",
    responses={200: shapes.TextDifferences},
    query=[_number("old", "Number of the one."), _number("new", "Number of the other.")],
    tags=["assets"],
)
def read_differences(request: Request, pk: int) -> Response:
    """Lines that changed, were added or removed, with the words that changed; and which parts differ."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk)
    given = [request.query_params.get(name, "") for name in ("old", "new")]
    if not all(each.isdecimal() and len(each) < 8 for each in given):
        raise Invalid(
            "Say which two versions.", fields={"old": ["Give the numbers of two versions."]}
        )
    old, new = (access.version_of(actor, asset, int(each)) for each in given)
    return Response(shapes.differences(comparison(old, new)))


asset_list = resource(GET=list_assets)
item_assets = resource(GET=list_item_assets, POST=add_item_asset)
asset = resource(GET=read_asset, PATCH=change_asset)
asset_versions = resource(GET=list_versions, POST=add_version)
version = resource(GET=read_version)
version_previews = resource(GET=list_previews, POST=make_previews)
asset_differences = resource(GET=read_differences)
version_content = resource(GET=download_version)
