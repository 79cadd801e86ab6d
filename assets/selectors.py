"""Reads over assets: lists, versions, what a version has in common with others, the lines of a text."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from assets.models import Asset, ClaimMark, Preview, Version
from assets.storage import store
from assets.texts import reading
from assets.vocabulary import ClaimState
from backlog.models import BriefLine, Item
from core import keyset

PAGE_SIZE = 50
SHOWN_BYTES = 1 << 20
SHOWN_LINES = 5000
#: What a row of a list shows beside the asset.
ROW = ("product", "item", "created_by", "variant_of")


@dataclass
class Page:
    """Assets of a list with the newest version of each (by asset id). ``cursor``: where the next page begins."""

    assets: list[Asset]
    newest: dict[int, Version]
    cursor: str | None


def latest(
    rows: QuerySet[Asset],
    *,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """A page of ``rows``, the latest upload first. Two queries. Raises Invalid for a bad cursor.

    Which rows these are is asked of the table alone: what is shown of them is joined to the few, not to all.
    """
    order = ("-updated_at", "-id")
    chosen = rows.order_by(*order)
    if cursor:
        at, pk = _position(cursor)
        chosen = chosen.filter(Q(updated_at__lt=at) | Q(pk__lt=pk), updated_at__lte=at)
    shown = Asset.objects.filter(pk__in=chosen.values("pk")[: size + 1])
    found = list(shown.select_related(*ROW).order_by(*order))
    assets = found[:size]
    for asset in assets:
        asset.item.product = asset.product
    last = assets[-1] if len(found) > size else None
    return Page(
        assets, newest_of(assets), keyset.encode([last.updated_at, last.pk]) if last else None
    )


def _position(cursor: str) -> tuple[datetime, int]:
    try:
        at, pk = keyset.decode(cursor)
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None or not isinstance(pk, int) or abs(pk) >= 1 << 63:
            raise keyset.broken()
        return instant, pk
    except (TypeError, ValueError) as error:
        raise keyset.broken() from error


def of_item(item: Item) -> tuple[list[Asset], dict[int, Version]]:
    """The assets of an item, oldest first, and the newest version of each. Two queries."""
    rows = Asset.objects.filter(item=item).select_related("variant_of")
    assets = list(rows.order_by("pk")[:500])
    for asset in assets:
        asset.item, asset.product = item, item.product
    return assets, newest_of(assets)


def newest_of(assets: Sequence[Asset]) -> dict[int, Version]:
    """The newest version of each asset, by asset id. One query."""
    if not assets:
        return {}
    by_pk = {asset.pk: asset for asset in assets}
    newest = {}
    rows = Version.objects.filter(asset_id__in=by_pk, number=F("asset__versions_count"))
    for version in rows.select_related("uploaded_by"):
        version.asset = by_pk[version.asset_id]
        newest[version.asset_id] = version
    return newest


def thumbs_of(versions: Sequence[Version]) -> dict[int, Preview]:
    """The small picture of each version that has one, by version id. One query."""
    if not versions:
        return {}
    rows = Preview.objects.filter(version__in=versions, kind="thumb", number=1)
    return {row.version_id: row for row in rows.only("version_id", "width", "height")}


def versions_of(asset: Asset) -> list[Version]:
    """All versions, newest first. One query."""
    versions = list(asset.versions.select_related("uploaded_by").order_by("-number"))
    for version in versions:
        version.asset = asset
    return versions


def twins(version: Version, limit: int = 5) -> list[Version]:
    """Other versions in the product with the same bytes, oldest first. One query."""
    return list(
        Version.objects.filter(product_id=version.product_id, sha256=version.sha256)
        .exclude(pk=version.pk)
        .select_related("asset")
        .order_by("pk")[:limit]
    )


def claims_of(version: Version) -> list[ClaimMark]:
    """The claims of a version as they stand there, gone ones last. One query."""
    marks = ClaimMark.objects.filter(version=version, claim__withdrawn_at=None)
    found = list(
        marks.select_related("claim__brief_line__brief", "signed_by").order_by("claim__number")
    )
    for mark in found:
        mark.version = version
        mark.claim.asset = version.asset
    return sorted(found, key=lambda mark: mark.state == ClaimState.GONE)


def brief_lines_of(item: Item) -> list[BriefLine]:
    """The lines of briefs that govern an item, in the order of the documents. One query."""
    lines = BriefLine.objects.filter(brief__governed__item=item, removed_at=None)
    return list(lines.select_related("brief").order_by("brief__number", "position", "pk")[:300])


def claim_spans(
    marks: Sequence[ClaimMark], text: Lines | None
) -> dict[int, list[tuple[int, int, str]]]:
    """Where claims stand within lines: {line: [(start, end, kind)]}, columns in characters."""
    spans: dict[int, list[tuple[int, int, str]]] = {}
    starts = [0]
    for line in text.lines if text else ():
        starts.append(starts[-1] + len(line) + 1)
    for mark in marks:
        if mark.start is None or mark.end is None or mark.first_line is None:
            continue
        kind = "signed" if mark.state == ClaimState.SIGNED else "claim"
        for number in range(mark.first_line, min(mark.last_line or 0, len(starts) - 1) + 1):
            left = starts[number - 1]
            spans.setdefault(number, []).append((mark.start - left, mark.end - left, kind))
    return spans


@dataclass
class Lines:
    """The lines of a text as they are shown; ``cut``: there is more than that. None where the file is missing."""

    lines: list[str]
    cut: bool


def text_of(version: Version) -> str | None:
    """The whole text of a version; None where the file is missing. Reads the file."""
    try:
        with store().open(version.product_id, version.sha256) as file:
            return reading.decoded(file.read())
    except FileNotFoundError:
        return None


def lines_of(version: Version) -> Lines | None:
    """The text of a version, at most 5,000 lines of the first megabyte. Reads the file."""
    try:
        with store().open(version.product_id, version.sha256) as file:
            data = file.read(SHOWN_BYTES + 1)
    except FileNotFoundError:
        return None
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    lines = decoder.decode(data[:SHOWN_BYTES]).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return Lines(lines[:SHOWN_LINES], len(data) > SHOWN_BYTES or len(lines) > SHOWN_LINES)
