"""Uploads in parts: begun, sent slice by slice, resumed after a break, completed into a version.

Bytes lie in ``<MEDIA_ROOT>/.parts/<id>``, written at the offset that the row says and flushed before the row moves on:
after a crash the file may hold more than ``received``, never less. Who sends holds the file's lock; where there is
none, two who send at once are told apart by a conditional update.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets import media
from assets.models import Asset, Upload, Version
from assets.services import assets, versions
from assets.storage import SHA256, Draft, store
from assets.vocabulary import UploadState
from backlog.models import Increment, Item
from core.errors import Conflict, Invalid, NotFound
from core.uploads import NoRoom, TooLarge

#: Unfinished uploads of one person, and bytes of them.
MOST_OPEN = 20


class WrongOffset(Conflict):
    """A slice that does not begin where the last one ended."""

    code = "wrong_offset"

    def __init__(self, received: int) -> None:
        super().__init__(
            f"{received:,} bytes have arrived, so the next slice begins there. Nothing was lost: go on from it.",
            extra={"offset": received},
        )


@dataclass(frozen=True)
class Twin:
    """Where the same bytes are already."""

    version: Version
    newest: bool


def begin(
    *,
    actor: Actor,
    item: Item,
    original_name: str,
    size: int,
    rationale: str,
    asset: Asset | None = None,
    increment: Increment | None = None,
    name: str = "",
    sha256: str = "",
    now: datetime | None = None,
) -> Upload:
    """Say what will come. Raises Invalid, TooLarge, Conflict (identical to the newest, too many open), NotAllowed."""
    rights.require(actor, "asset.upload", item.product)
    assert actor.user is not None
    reason = versions.checked_rationale(rationale)
    original = versions.plain_name(original_name)
    name = assets.checked_name(name, original) if asset is None else ""
    if size < 1:
        raise Invalid(
            "The file is empty, so nothing was saved.",
            code="empty_file",
            fields={"size": ["Choose another file."]},
        )
    if size > settings.UPLOAD_PARTS_LIMIT_BYTES:
        raise TooLarge(settings.UPLOAD_PARTS_LIMIT_BYTES)
    sha256 = sha256.strip().lower()
    if sha256 and not SHA256.fullmatch(sha256):
        raise Invalid(
            "The hash is none.", fields={"sha256": ["Give a SHA-256 in hex, or nothing."]}
        )
    if asset is not None and sha256:
        versions.refuse_identical(asset, sha256)
    now = now or timezone.now()
    with transaction.atomic():
        # two tabs that begin at once are counted one after the other
        Product.objects.select_for_update(no_key=True).get(pk=item.product_id)
        open_ = Upload.objects.filter(made_by=actor.user, state=UploadState.OPEN)
        if open_.count() >= MOST_OPEN:
            raise Conflict(
                f"{MOST_OPEN} of your uploads are unfinished. Finish one or give it up, then begin this one.",
                code="too_many_uploads",
            )
        return Upload.objects.create(
            product=item.product,
            item=item,
            asset=asset,
            increment=increment,
            name=name,
            original_name=original,
            rationale=reason,
            size=size,
            sha256=sha256,
            made_by=actor.user,
            made_at=now,
            touched_at=now,
        )


def receive(
    *,
    actor: Actor,
    upload: Upload,
    offset: int,
    chunks: Iterable[bytes],
    now: datetime | None = None,
) -> Upload:
    """Take a slice that begins at ``offset``, as far as it comes: what a cut connection brought is kept.

    Raises WrongOffset (it says where to go on), TooLarge, NoRoom, Conflict (done or given up), NotAllowed.
    """
    _still_open(actor, upload)
    if offset != upload.received:
        raise WrongOffset(upload.received)
    with store().slice_at(upload.pk, offset) as file:
        received = offset
        problem: Exception | None = None
        try:
            for chunk in chunks:
                if received + len(chunk) > upload.size:
                    raise TooLarge(upload.size)
                file.write(chunk)
                received += len(chunk)
        except (NoRoom, TooLarge):
            raise
        except OSError as error:  # the sender is gone, or the disk is full: what is written stays
            problem = error
        file.settle()
    moved = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN, received=offset).update(
        received=received, touched_at=now or timezone.now()
    )
    if not moved:
        upload.refresh_from_db()
        _still_open(actor, upload)
        raise WrongOffset(upload.received)
    upload.received = received
    if problem is not None and received == offset:
        raise NoRoom from problem
    return upload


def complete(*, actor: Actor, upload: Upload, now: datetime | None = None) -> Version:
    """Make the version. Twice is as once. Raises Invalid (another hash, the type), Conflict (bytes are missing)."""
    if upload.state == UploadState.DONE and upload.version is not None:
        return _own(actor, upload).version  # type: ignore[return-value]
    _still_open(actor, upload)
    if upload.received != upload.size:
        raise Conflict(
            f"{upload.size - upload.received:,} bytes are still missing. Nothing was lost: go on from"
            f" {upload.received:,}.",
            code="incomplete",
            extra={"offset": upload.received},
        )
    right = rights.require(actor, "asset.upload", upload.product)
    now = now or timezone.now()
    with _arrived(upload) as draft:
        if upload.sha256 and draft.sha256 != upload.sha256:
            give_up(actor=actor, upload=upload)
            raise Invalid(
                "The bytes that arrived are not those that were announced: their SHA-256 differs. Nothing was saved;"
                " send the file again.",
                code="wrong_hash",
                fields={"sha256": [f"The bytes have {draft.sha256}."]},
            )
        with draft.path.open("rb") as file:
            found = media.recognise(file, upload.original_name)
        incoming = versions.Incoming(
            draft, found, upload.original_name, versions.read_text(draft, found)
        )
        with transaction.atomic():
            claimed = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN)
            if not claimed.update(state=UploadState.DONE, touched_at=now):
                raise Conflict("This upload was finished or given up elsewhere.", code="not_open")
            if upload.asset is None:
                version = assets.add_received(
                    actor=actor,
                    item=upload.item,
                    incoming=incoming,
                    rationale=upload.rationale,
                    name=upload.name,
                    increment=upload.increment,
                    right=right,
                    now=now,
                )
            else:
                version = versions.add_version(
                    actor=actor,
                    asset=upload.asset,
                    incoming=incoming,
                    rationale=upload.rationale,
                    right=right,
                    now=now,
                )
            Upload.objects.filter(pk=upload.pk).update(version=version)
    upload.state, upload.version = UploadState.DONE, version
    store().drop_parts(upload.pk)
    return version


def give_up(*, actor: Actor, upload: Upload, now: datetime | None = None) -> None:
    """Take back what has arrived. Twice is as once."""
    _own(actor, upload)
    if Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN).update(
        state=UploadState.GIVEN_UP, touched_at=now or timezone.now()
    ):
        upload.state = UploadState.GIVEN_UP
        store().drop_parts(upload.pk)


def twins(product: Product, sha256: str, asset: Asset | None = None) -> list[Twin]:
    """Versions of the product that have these bytes already, oldest first, at most five."""
    if not SHA256.fullmatch(sha256):
        return []
    found = Version.objects.filter(product=product, sha256=sha256).select_related("asset")
    return [
        Twin(
            each,
            asset is not None and each.asset_id == asset.pk and each.number == asset.versions_count,
        )
        for each in found.order_by("pk")[:5]
    ]


@contextmanager
def _arrived(upload: Upload) -> Iterator[Draft]:
    """The whole file with its hash, read in pieces."""
    path = store().parts_path(upload.pk)
    try:
        with path.open("rb") as file:
            if file.seek(0, 2) < upload.size:
                raise FileNotFoundError
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise NotFound(
            "The bytes of this upload are missing on the server. Give it up, and send the file again."
        ) from error
    yield Draft(path, digest, upload.size)


def _own(actor: Actor, upload: Upload) -> Upload:
    if actor.user is None or upload.made_by_id != actor.user.pk:
        raise NotFound
    return upload


def _still_open(actor: Actor, upload: Upload) -> None:
    rights.require(actor, "asset.upload", upload.product)
    _own(actor, upload)
    if upload.state != UploadState.OPEN:
        raise Conflict(
            f"This upload is {upload.get_state_display().lower()}; nothing more is taken for it. Begin a new one.",
            code="not_open",
        )
