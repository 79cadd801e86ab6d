"""What must always hold of what stands in versions: parts, previews, claims, segments, uploads in parts."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Max, OuterRef, Q, Subquery

from assets.jobs import parts
from assets.models import Asset, ClaimMark, Upload, Version, VersionPart
from assets.storage import store
from assets.texts import reading
from assets.vocabulary import PART_NAMES, AssetKind, ClaimState, PreviewState, UploadState
from core.invariants import Finding

CHUNK = 500


def content_findings(*, read_files: bool) -> Iterator[Finding]:
    """Everything that is wrong. ``read_files`` False leaves the texts unread."""
    yield from _parts()
    yield from _numbers()
    yield from _claims(read_files)
    yield from _uploads()


def _parts() -> Iterator[Finding]:
    whole = VersionPart.objects.filter(version=OuterRef("pk"), name="bytes").values("sha256")
    odd = Version.objects.annotate(whole=Subquery(whole[:1]))
    for pk in odd.exclude(whole=F("sha256")).order_by("pk").values_list("pk", flat=True):
        yield Finding("parts of versions", f"version {pk}", "its whole file is no part of it")
    looked_at = Version.objects.exclude(preview_state=PreviewState.DUE).prefetch_related("parts")
    for version in looked_at.order_by("pk").iterator(chunk_size=CHUNK):
        missing = set(PART_NAMES[version.kind]) - {each.name for each in version.parts.all()}
        if missing:
            yield Finding(
                "parts of versions",
                f"version {version.pk}",
                f"{', '.join(sorted(missing))} missing",
            )


def _numbers() -> Iterator[Finding]:
    counted = Asset.objects.annotate(
        claim=Max("claims__number"), segment=Max("versions__segments__key")
    )
    behind = Q(claim__gt=F("claims_count")) | Q(segment__gt=F("segments_count"))
    for asset in counted.filter(behind).order_by("pk"):
        yield Finding(
            "numbers given once",
            f"asset {asset.pk}",
            f"claim {asset.claim} and segment {asset.segment} exist, it says {asset.claims_count} and"
            f" {asset.segments_count}",
        )


def _claims(read_files: bool) -> Iterator[Finding]:
    signed = Q(state=ClaimState.SIGNED)
    nobody = Q(signed_by=None) | Q(signed_at=None) | Q(signed_in=None)
    for mark in ClaimMark.objects.filter(signed & nobody).order_by("pk"):
        yield Finding("claims signed by somebody", f"claim mark {mark.pk}", "nobody signed it")
    newest = Version.objects.filter(
        asset__claims_count__gt=0, number=F("asset__versions_count")
    ).prefetch_related("parts")
    for version in newest.order_by("pk").iterator(chunk_size=CHUNK):
        if version.kind != AssetKind.TEXT:
            continue
        held = {each.name: each.sha256 for each in version.parts.all()}
        if held.get("claims") != parts.claims_part(version):
            yield Finding("part of claims", f"version {version.pk}", "its claims have another hash")
        if read_files:
            yield from _words(version)


def _words(version: Version) -> Iterator[Finding]:
    try:
        with store().open(version.product_id, version.sha256) as file:
            text = reading.decoded(file.read())
    except (FileNotFoundError, ValueError):
        return  # told by the check of files
    for mark in version.claim_marks.exclude(start=None).order_by("pk"):
        if text[mark.start : mark.end] != mark.text:
            yield Finding(
                "claims stand in the text", f"claim mark {mark.pk}", "other words are there"
            )


def _uploads() -> Iterator[Finding]:
    there = {path.name: path.stat().st_size for path, _ in store().parts() if path.exists()}
    for upload in Upload.objects.filter(state=UploadState.OPEN).order_by("pk"):
        size = there.get(upload.pk.hex, 0)
        if size < upload.received:
            yield Finding(
                "slices present",
                f"upload {upload.pk}",
                f"{size} bytes instead of {upload.received}",
            )
