"""Uploading versions: bytes first, row last, numbers 1 … n without a gap."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets import media
from assets.jobs import parts
from assets.looking import run
from assets.models import Asset, Version
from assets.services import claims, segments
from assets.storage import Draft, store
from assets.texts import reading
from assets.vocabulary import AssetKind, PreviewState, VersionState
from backlog import events
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid
from core.queueing import enqueue_on_commit

RATIONALE_LIMIT = 2000
#: Longer texts are kept and shown, but not taken apart: any change of theirs changes all of their parts.
TEXT_BYTES = 4_000_000
ORIGINAL_NAME_LIMIT = 255


@dataclass(frozen=True)
class Incoming:
    """A file that was received and recognised, and is not in its place yet."""

    draft: Draft
    media: media.Media
    original_name: str
    text: str | None = None
    written_here: bool = False


def upload_version(
    *, actor: Actor, asset: Asset, file: File[bytes], rationale: str, now: datetime | None = None
) -> Version:
    """The next version of ``asset``.

    Raises Invalid (file or reason), Conflict (identical to the newest version), TooLarge, NoRoom, NotAllowed. Nothing
    stays behind when it raises: no row, no file.
    """
    right = rights.require(actor, "asset.upload", asset.product)
    reason = checked_rationale(rationale)
    with received(file, plain_name(file.name or "")) as incoming, transaction.atomic():
        return add_version(
            actor=actor,
            asset=asset,
            incoming=incoming,
            rationale=reason,
            right=right,
            now=now or timezone.now(),
        )


def read_text(draft: Draft, found: media.Media) -> str | None:
    """What stands in a received text; None for other kinds, and for texts that are too long to take apart."""
    if found.type.kind != AssetKind.TEXT or draft.size > TEXT_BYTES:
        return None
    return reading.decoded(draft.path.read_bytes())


@contextmanager
def received(file: File[bytes], original_name: str) -> Iterator[Incoming]:
    """Write the upload to a temporary file and recognise it; outside of any transaction, because it may take long."""
    with store().received(
        file.chunks(media.CHUNK_BYTES), limit=settings.UPLOAD_LIMIT_BYTES
    ) as draft:
        if draft.size == 0:
            raise Invalid(
                "The file is empty, so nothing was saved.",
                code="empty_file",
                fields={"file": ["Choose another file."]},
            )
        with draft.path.open("rb") as stored:
            found = media.recognise(stored, original_name)
        yield Incoming(draft, found, original_name, read_text(draft, found))


def add_version(
    *, actor: Actor, asset: Asset, incoming: Incoming, rationale: str, right: str, now: datetime
) -> Version:
    """Put the file in its place and write its row. Call inside a transaction; rights and reason were checked.

    The product's row is locked first: whoever removes files that nobody needs holds the same lock.
    """
    product = Product.objects.select_for_update(no_key=True).get(pk=asset.product_id)
    asset = Asset.objects.locked(asset.pk)
    newest = newest_of(asset)
    draft = incoming.draft
    _refuse_identical(newest, draft.sha256)
    created = store().keep(product.pk, draft)
    try:
        return _write(actor, product, asset, incoming, rationale, right, now)
    except BaseException:
        if created:
            store().remove(product.pk, draft.sha256)
        raise


def newest_of(asset: Asset) -> Version | None:
    """The newest version of an asset. One query."""
    return asset.versions.filter(number=asset.versions_count).first()


def refuse_identical(asset: Asset, sha256: str) -> None:
    """Raises Conflict where the newest version has these bytes. One query."""
    _refuse_identical(newest_of(asset), sha256)


def _refuse_identical(newest: Version | None, sha256: str) -> None:
    if newest is not None and newest.sha256 == sha256:
        raise Conflict(
            f"This file is identical to version {newest.number} (sha256 {newest.short_hash}…), the newest one, so no"
            " version was added.",
            code="identical",
            extra={"version": newest.number},
        )


def _write(
    actor: Actor,
    product: Product,
    asset: Asset,
    incoming: Incoming,
    rationale: str,
    right: str,
    now: datetime,
) -> Version:
    kind = incoming.media.type.kind
    Asset.objects.filter(pk=asset.pk).update(
        versions_count=F("versions_count") + 1, kind=kind, updated_at=now
    )
    before = asset.versions_count
    asset.versions_count, asset.kind, asset.updated_at = before + 1, kind, now
    version = Version.objects.create(
        product=product,
        asset=asset,
        number=asset.versions_count,
        rationale=rationale,
        sha256=incoming.draft.sha256,
        size=incoming.draft.size,
        media_type=incoming.media.type.name,
        width=incoming.media.width,
        height=incoming.media.height,
        original_name=incoming.original_name,
        uploaded_by=actor.user,
        uploaded_at=now,
        written_here=incoming.written_here,
        preview_state=PreviewState.DUE if kind in run.BOUNDS else PreviewState.NONE,
    )
    if version.preview_state == PreviewState.DUE:
        enqueue_on_commit("assets.look", {"version_id": version.pk})
    parts.write_parts(version, incoming.text)
    if incoming.text is not None:
        _follow(asset, version, incoming.text)
    changes.record(
        actor=actor,
        product=product,
        now=now,
        entries=[
            changes.Entry(
                "version.uploaded",
                version,
                asset.item,
                {
                    "asset": (None, asset.name),
                    "version": (before or None, asset.versions_count),
                    "sha256": (None, version.sha256),
                    "size": (None, version.size),
                    "media_type": (None, version.media_type),
                    "file_name": (None, version.original_name),
                },
                reason=rationale,
                right=right,
            )
        ],
    )
    events.publish("version.uploaded", asset_id=asset.pk, version_id=version.pk, now=now)
    return version


def _follow(asset: Asset, version: Version, text: str) -> None:
    """Segments and claims, from the version before where it is a text too."""
    before = asset.versions.filter(number=version.number - 1).first()
    old_text = ""
    if before is not None and (before.kind != AssetKind.TEXT or before.size > TEXT_BYTES):
        before = None
    if before is not None:
        try:
            with store().open(before.product_id, before.sha256) as file:
                old_text = reading.decoded(file.read())
        except FileNotFoundError:  # checks tell of it; claims are found by their words alone then
            old_text = ""
    segments.write_segments(asset, version, text, before, old_text)
    if before is not None and asset.claims_count:
        claims.follow_claims(asset, version, text, before, old_text)
        parts.set_parts(version, {"claims": parts.claims_part(version)})


def mark_approved(*, version: Version) -> None:
    """A draft whose last review stage approved it. Called by the app that holds the verdicts, which logs them."""
    if Version.objects.filter(pk=version.pk, state=VersionState.DRAFT).update(
        state=VersionState.APPROVED
    ):
        version.state = VersionState.APPROVED
        events.publish("version.approved", asset_id=version.asset_id, version_id=version.pk)


def mark_unapproved(*, version: Version, now: datetime) -> None:
    """A version whose approval is void or revoked is a draft again, and no longer in force. The caller logs why."""
    standing = [VersionState.APPROVED, VersionState.PUBLISHED]
    if Version.objects.filter(pk=version.pk, state__in=standing).update(state=VersionState.DRAFT):
        version.state = VersionState.DRAFT
        events.publish(
            "version.unapproved", asset_id=version.asset_id, version_id=version.pk, now=now
        )


def checked_rationale(rationale: str) -> str:
    """Why this version exists. Raises Invalid when nothing is said."""
    rationale = text.body(rationale, field="rationale", limit=RATIONALE_LIMIT).strip()
    if not rationale:
        raise Invalid(
            "Say why this version exists. Nothing was saved.",
            fields={"rationale": ["Say in a sentence what changed, and why."]},
        )
    return rationale


def plain_name(name: str) -> str:
    """A file name as metadata: no folders, no control or direction marks, at most 255 characters, its ending kept."""
    name = text.one_line(name.replace("\\", "/").rpartition("/")[2])
    name = "".join(each for each in name if unicodedata.category(each) not in ("Cc", "Cf")).strip()
    if len(name) > ORIGINAL_NAME_LIMIT:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 12 else ""
        name = name[: ORIGINAL_NAME_LIMIT - len(ending)] + ending
    return name
