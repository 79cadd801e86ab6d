"""Segments of text versions, written in the upload's transaction: variants follow them by their keys (N18)."""

from __future__ import annotations

from assets.models import Asset, Segment, Version
from assets.texts import segments


def write_segments(
    asset: Asset, version: Version, text: str, before: Version | None, before_text: str
) -> None:
    """The segments of a new version, with the keys they had in the version before. The asset's row is locked."""
    found = segments.split(text, version.media_type)
    keys = segments.aligned(_known(before, before_text), found, asset.segments_count + 1)
    Segment.objects.bulk_create(
        Segment(
            product_id=version.product_id,
            version=version,
            key=key,
            position=position,
            label=each.label,
            first_line=each.first,
            last_line=each.last,
            sha256=each.sha256,
        )
        for position, (key, each) in enumerate(zip(keys, found, strict=True))
    )
    highest = max([asset.segments_count, *keys])
    if highest > asset.segments_count:
        Asset.objects.filter(pk=asset.pk).update(segments_count=highest)
        asset.segments_count = highest


def _known(before: Version | None, text: str) -> list[segments.Known]:
    if before is None:
        return []
    lines = text.split("\n")
    return [
        segments.Known(
            each.key,
            each.label,
            "\n".join(lines[each.first_line - 1 : each.last_line]),
            each.sha256,
        )
        for each in before.segments.order_by("position")
    ]
