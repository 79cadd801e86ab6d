"""Uploads in parts over the API: begin, send slices, ask how far it is, complete, give up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, resource
from assets import access, panels
from assets.api import shapes
from assets.forms import increment_of
from assets.models import Asset, Upload
from assets.services import uploads
from assets.services.assets import NAME_LIMIT
from assets.services.versions import ORIGINAL_NAME_LIMIT, RATIONALE_LIMIT
from assets.vocabulary import UploadState
from backlog.access import item_for
from core.api.serializers import Line, Prose, Shape, checked
from core.errors import Invalid

READ_BYTES = 1 << 18


class BytesParser(BaseParser):
    """A slice is read by its handler as it comes, not parsed."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return {}


class UploadBegin(Shape):
    """What will come: for the next version of ``asset``, or for a new asset of ``item``."""

    item = Line(max_length=40, required=False)
    asset = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    increment = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    name = Line(max_length=NAME_LIMIT, required=False, allow_blank=True)
    file_name = Line(max_length=4 * ORIGINAL_NAME_LIMIT)
    size = serializers.IntegerField(min_value=0, max_value=2**62, help_text="bytes")
    sha256 = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="of the whole; duplicates are told at once, and a file that came differently is refused",
    )
    rationale = Prose(max_length=RATIONALE_LIMIT)


class TwinRow(Shape):
    version = serializers.IntegerField()
    asset = serializers.IntegerField()
    name = serializers.CharField()
    number = serializers.IntegerField()


class UploadRow(Shape):
    """An upload in parts."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(UploadState.choices)
    file_name = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")
    offset = serializers.IntegerField(
        help_text="bytes that have arrived: the next slice begins there"
    )
    same_bytes = TwinRow(many=True, help_text="versions that have these bytes already")


class UploadDone(Shape):
    version = shapes.VersionRow()
    page = serializers.CharField(help_text="address of the version's page")
    same_bytes = TwinRow(many=True, help_text="other versions with these bytes")


OFFSET = OpenApiParameter(
    "offset", OpenApiTypes.INT64, required=True, description="Where the slice begins, in bytes."
)


def _row(upload: Upload, sha256: str) -> dict[str, Any]:
    return {
        "id": upload.pk,
        "state": upload.state,
        "file_name": upload.original_name,
        "size": upload.size,
        "offset": upload.received,
        "same_bytes": _twins(upload, sha256),
    }


def _twins(upload: Upload, sha256: str) -> list[dict[str, Any]]:
    found = [each.version for each in uploads.twins(upload.product, sha256, upload.asset)]
    return [
        {
            "version": each.pk,
            "asset": each.asset_id,
            "name": each.asset.name,
            "number": each.number,
        }
        for each in found
        if each.pk != upload.version_id
    ]


@documented(
    summary="Begin an upload in parts",
    request=UploadBegin,
    responses={201: UploadRow},
    tags=["assets"],
    parsers=[JSONParser],
)
def begin_upload(request: Request) -> Response:
    """Say what will come; then send it by PATCH, slice by slice, and complete it."""
    actor = actor_of(request)
    data = checked(UploadBegin, request)
    asset: Asset | None = None
    if "asset" in data:
        asset = access.asset_for(actor, data["asset"], "asset.upload")
        item = asset.item
    elif "item" in data:
        item = item_for(actor, data["item"], "asset.upload")
    else:
        raise Invalid(
            "Say where it belongs. Nothing was saved.",
            fields={"item": ["Give an item for a new asset, or an asset for its next version."]},
        )
    upload = uploads.begin(
        actor=actor,
        item=item,
        asset=asset,
        increment=increment_of(item, data.get("increment")),
        original_name=data["file_name"],
        size=data["size"],
        rationale=data["rationale"],
        name=data.get("name", ""),
        sha256=data.get("sha256", ""),
    )
    response = Response(_row(upload, upload.sha256), status=201)
    response["Location"] = reverse("api-upload", args=[upload.pk])
    return response


@documented(summary="Read an upload", responses={200: UploadRow}, tags=["assets"])
def read_upload(request: Request, pk: Any) -> Response:
    """How far it is: a sender that was cut off goes on from ``offset``."""
    upload = access.upload_for(actor_of(request), pk)
    return Response(_row(upload, upload.sha256))


@documented(
    summary="Send a slice",
    request={"application/octet-stream": OpenApiTypes.BINARY},
    responses={200: UploadRow},
    query=[OFFSET],
    tags=["assets"],
    parsers=[BytesParser, JSONParser],
)
def send_slice(request: Request, pk: Any) -> Response:
    """The bytes from ``offset`` on, as the body. 409 `wrong_offset` says where to go on instead."""
    actor = actor_of(request)
    upload = access.upload_for(actor, pk, "asset.upload")
    given = request.query_params.get("offset", "")
    if not given.isdecimal() or len(given) > 18:
        raise Invalid("Say where the slice begins.", fields={"offset": ["Give a number of bytes."]})
    upload = uploads.receive(
        actor=actor, upload=upload, offset=int(given), chunks=_chunks(request._request)
    )
    return Response(_row(upload, ""))


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    """The body as it comes, never held as a whole. A sender that is gone ends it."""
    try:
        while chunk := request.read(READ_BYTES):
            yield chunk
    except UnreadablePostError:
        return


@documented(summary="Give up an upload", responses={204: None}, tags=["assets"])
def give_up_upload(request: Request, pk: Any) -> Response:
    """What has arrived is removed."""
    actor = actor_of(request)
    uploads.give_up(actor=actor, upload=access.upload_for(actor, pk, "asset.upload"))
    return Response(status=204)


@documented(
    summary="Complete an upload", request=None, responses={201: UploadDone}, tags=["assets"]
)
def complete_upload(request: Request, pk: Any) -> Response:
    """Make the version from what arrived. 409 `incomplete` where bytes are missing; a second time answers the same."""
    actor = actor_of(request)
    upload = access.upload_for(actor, pk, "asset.upload")
    version = uploads.complete(actor=actor, upload=upload)
    return Response(_done(actor, upload, version.pk), status=201)


def _done(actor: Actor, upload: Upload, pk: int) -> dict[str, Any]:
    version = access.version_for(actor, pk)
    return {
        "version": shapes.version_row(version, panels.marks(actor, [version])[version.pk]),
        "page": reverse(
            "asset-version", args=[version.asset.product.key, version.asset_id, version.number]
        ),
        "same_bytes": _twins(upload, version.sha256),
    }


all_uploads = resource(POST=begin_upload)
upload = resource(GET=read_upload, PATCH=send_slice, DELETE=give_up_upload)
upload_complete = resource(POST=complete_upload)
