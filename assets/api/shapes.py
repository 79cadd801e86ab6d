"""Shapes of the API of assets and versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from rest_framework import serializers

from assets.comparing import Comparison
from assets.models import Asset, Preview, Version
from assets.panels import Mark
from assets.services.assets import NAME_LIMIT
from assets.services.versions import RATIONALE_LIMIT
from assets.vocabulary import AssetKind, PreviewState, VersionState
from core.api.serializers import Line, Prose, Shape


class VersionRow(Shape):
    """A version: its bytes are named by ``sha256`` and never change."""

    id = serializers.IntegerField()
    asset = serializers.IntegerField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(VersionState.choices)
    rationale = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")
    media_type = serializers.CharField(help_text="judged by content")
    width = serializers.IntegerField(
        allow_null=True, help_text="pixels; films once a worker has looked"
    )
    height = serializers.IntegerField(allow_null=True, help_text="pixels, images only")
    duration_ms = serializers.IntegerField(allow_null=True, help_text="films and sound")
    pages = serializers.IntegerField(allow_null=True, help_text="PDF")
    written_here = serializers.BooleanField(help_text="edited in the browser")
    file_name = serializers.CharField(help_text="as the sender called it")
    uploaded_by = serializers.EmailField(allow_null=True)
    uploaded_at = serializers.DateTimeField()
    content = serializers.CharField(help_text="address of the bytes")
    publication = serializers.DictField(
        required=False, help_text="in_force, published_at and retired_at, where there is one"
    )
    review = serializers.DictField(
        required=False, help_text="state, and the round with its id when there is one"
    )


class AssetRow(Shape):
    """An asset with its newest version."""

    id = serializers.IntegerField()
    item = serializers.CharField()
    product = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(AssetKind.choices)
    versions = serializers.IntegerField(help_text="how many there are")
    in_force = serializers.IntegerField(allow_null=True, help_text="number of the version in force")
    increment = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    newest = VersionRow()


class AssetList(Shape):
    results = AssetRow(many=True)


class AssetPage(Shape):
    results = AssetRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="cursor of the next page")


class VersionList(Shape):
    results = VersionRow(many=True)


class PreviewRow(Shape):
    """A picture, or figures, that a worker made of a version."""

    kind = serializers.CharField(help_text="thumb, page, poster or waveform")
    number = serializers.IntegerField(help_text="of the page, from 1")
    media_type = serializers.CharField()
    sha256 = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")
    width = serializers.IntegerField(allow_null=True, help_text="pixels")
    height = serializers.IntegerField(allow_null=True, help_text="pixels")
    url = serializers.CharField(help_text="address of the bytes")


class PreviewList(Shape):
    state = serializers.ChoiceField(PreviewState.choices)
    error = serializers.CharField(help_text="why they could not be made")
    results = PreviewRow(many=True)
    parts = serializers.DictField(child=serializers.CharField(), help_text="SHA-256 by name")


class TextDifferencePiece(Shape):
    text = serializers.CharField()
    changed = serializers.BooleanField()


class TextDifferenceRow(Shape):
    """A line that differs; numbers from 1, null where it is not in that version."""

    kind = serializers.ChoiceField(["changed", "added", "removed"])
    old_number = serializers.IntegerField(allow_null=True)
    new_number = serializers.IntegerField(allow_null=True)
    old = TextDifferencePiece(many=True)
    new = TextDifferencePiece(many=True)


class TextDifferences(Shape):
    """What differs between two versions. Only texts have lines."""

    same = serializers.BooleanField(help_text="the same bytes")
    kind = serializers.ChoiceField(AssetKind.choices)
    changed = serializers.IntegerField(help_text="lines")
    added = serializers.IntegerField(help_text="lines")
    removed = serializers.IntegerField(help_text="lines")
    cut = serializers.BooleanField(help_text="only the beginning of a very long text")
    parts = serializers.DictField(child=serializers.BooleanField(), help_text="changed, by words")
    lines = TextDifferenceRow(many=True)


class UploadInput(Shape):
    """A file and the reason for it, as multipart/form-data."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    rationale = Prose(max_length=RATIONALE_LIMIT)


class AssetInput(UploadInput):
    name = Line(max_length=NAME_LIMIT, required=False, allow_blank=True)
    increment = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class AssetEdit(Shape):
    name = Line(max_length=NAME_LIMIT, required=False)
    increment = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1
    )


def differences(found: Comparison) -> dict[str, Any]:
    """A comparison as the API shows it."""
    return {
        "same": found.same,
        "kind": found.kind,
        "changed": found.changed,
        "added": found.added,
        "removed": found.removed,
        "cut": found.cut,
        "parts": dict(found.parts),
        "lines": [
            {
                "kind": row.kind,
                "old_number": row.old_number,
                "new_number": row.new_number,
                "old": [vars(piece) for piece in row.old],
                "new": [vars(piece) for piece in row.new],
            }
            for hunk in found.hunks
            for row in hunk.rows
            if row.kind != "same"
        ],
    }


def preview_row(version: Version, made: Preview) -> dict[str, Any]:
    """A preview as the API shows it."""
    address = [version.asset.product.key, version.asset_id, version.number, made.kind, made.number]
    return {
        "kind": made.kind,
        "number": made.number,
        "media_type": made.media_type,
        "sha256": made.sha256,
        "size": made.size,
        "width": made.width,
        "height": made.height,
        "url": reverse("version-preview", args=address),
    }


def version_row(version: Version, marks: Sequence[Mark]) -> dict[str, Any]:
    """A version as the API shows it."""
    return {
        "id": version.pk,
        "asset": version.asset_id,
        "number": version.number,
        "state": version.state,
        "rationale": version.rationale,
        "sha256": version.sha256,
        "size": version.size,
        "media_type": version.media_type,
        "width": version.width,
        "height": version.height,
        "duration_ms": version.duration_ms,
        "pages": version.pages,
        "written_here": version.written_here,
        "file_name": version.original_name,
        "uploaded_by": version.uploaded_by.email if version.uploaded_by else None,
        "uploaded_at": version.uploaded_at,
        "content": reverse("api-version-content", args=[version.pk]),
        **{mark.name: dict(mark.data) for mark in marks},
    }


def asset_row(asset: Asset, newest: Version, marks: Sequence[Mark]) -> dict[str, Any]:
    """An asset as the API shows it."""
    return {
        "id": asset.pk,
        "item": asset.item.key,
        "product": asset.product.key,
        "name": asset.name,
        "kind": asset.kind,
        "versions": asset.versions_count,
        "in_force": asset.published_version,
        "increment": asset.increment_id,
        "created_at": asset.created_at,
        "updated_at": asset.updated_at,
        "newest": version_row(newest, marks),
    }
