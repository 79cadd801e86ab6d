"""The parts of a version (N15): written with it where it is text, by a worker where bytes have to be decoded first."""

from __future__ import annotations

from collections.abc import Mapping

from assets.models import ClaimMark, Version, VersionPart
from assets.texts import parts as text_parts
from assets.vocabulary import PART_NAMES, AssetKind, ClaimState


def write_parts(version: Version, text: str | None) -> None:
    """The parts of a new version. ``text``: its text, None where it is none or too long to take apart."""
    found: dict[str, str] = {"bytes": version.sha256}
    if version.kind == AssetKind.TEXT:
        if text is None:  # any change of it changes every part: nothing is missed
            found = dict.fromkeys(PART_NAMES[AssetKind.TEXT], version.sha256)
        else:
            found |= text_parts.digests(text, version.media_type)
        found["claims"] = text_parts.claims([])
    VersionPart.objects.bulk_create(
        VersionPart(product_id=version.product_id, version=version, name=name, sha256=sha256)
        for name, sha256 in found.items()
    )


def set_parts(version: Version, found: Mapping[str, str]) -> bool:
    """Write or replace parts of a version; whether any of them is another than before. Call inside a transaction."""
    before = dict(version.parts.values_list("name", "sha256"))
    changed = {name: sha256 for name, sha256 in found.items() if before.get(name) != sha256}
    for name, sha256 in changed.items():
        VersionPart.objects.update_or_create(
            version=version,
            name=name,
            defaults={"product_id": version.product_id, "sha256": sha256},
        )
    return bool(changed)


def claims_part(version: Version) -> str:
    """SHA-256 of the claims that stand in a version. One query."""
    marks = ClaimMark.objects.filter(version=version, claim__withdrawn_at=None)
    return text_parts.claims(
        (
            mark.claim.number,
            mark.text,
            mark.claim.source,
            mark.claim.source_url,
            mark.claim.brief_line_id,
        )
        for mark in marks.exclude(state=ClaimState.GONE).select_related("claim")
    )
