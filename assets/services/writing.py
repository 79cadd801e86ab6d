"""Scripts written in the browser: the next version of a text, and a text from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.media import TYPES, Media
from assets.models import Asset, Version
from assets.services import assets, versions
from assets.storage import store
from assets.texts import reading
from assets.vocabulary import AssetKind
from backlog.models import Increment, Item
from core import text as words
from core.errors import Conflict, Invalid

#: Characters; a longer script is uploaded.
TEXT_LIMIT = 400_000


class Overtaken(Conflict):
    """A newer version came while the text was written. Nothing that was typed is lost: the answer holds it."""

    code = "newer_version"

    def __init__(self, newest: Version, base: int) -> None:
        super().__init__(
            f"You wrote on version {base}, and version {newest.number} came meanwhile. Your text is here and not saved:"
            " put the two together, then save again.",
            extra={"version": newest.number, "version_id": newest.pk},
        )
        self.newest = newest


def write_version(
    *,
    actor: Actor,
    asset: Asset,
    text: str,
    base: int,
    rationale: str,
    now: datetime | None = None,
) -> Version:
    """The next version of a text, written on version ``base``.

    Raises Overtaken where a newer one came, Invalid, Conflict (no change), NotAllowed, NoRoom.
    """
    right = rights.require(actor, "asset.upload", asset.product)
    reason = versions.checked_rationale(rationale)
    before = versions.newest_of(asset)
    if before is None or before.kind != AssetKind.TEXT:
        raise Conflict(
            "The newest version is no text, so nothing can be written on it. Upload the text instead.",
            code="not_text",
        )
    with _written(text, before.media_type, before.original_name) as incoming:
        with transaction.atomic():
            Product.objects.select_for_update(no_key=True).get(pk=asset.product_id)
            newest = versions.newest_of(Asset.objects.locked(asset.pk))
            if newest is not None and newest.number != base:
                newest.asset = asset
                raise Overtaken(newest, base)
            return versions.add_version(
                actor=actor,
                asset=asset,
                incoming=incoming,
                rationale=reason,
                right=right,
                now=now or timezone.now(),
            )


def write_asset(
    *,
    actor: Actor,
    item: Item,
    name: str,
    media_type: str,
    text: str,
    rationale: str,
    increment: Increment | None = None,
    now: datetime | None = None,
) -> Version:
    """A new script of an item. Raises Invalid, NotAllowed, NoRoom."""
    right = rights.require(actor, "asset.upload", item.product)
    reason = versions.checked_rationale(rationale)
    known = TYPES.get(media_type)
    if known is None or known.kind != AssetKind.TEXT:
        raise Invalid("There is no such form of text.", fields={"media_type": ["Choose one."]})
    name = assets.checked_name(name, "")
    original = versions.plain_name(f"{name}.{known.extensions[0]}")
    with _written(text, media_type, original) as incoming, transaction.atomic():
        return assets.add_received(
            actor=actor,
            item=item,
            incoming=incoming,
            rationale=reason,
            name=name,
            increment=increment,
            right=right,
            now=now or timezone.now(),
        )


@contextmanager
def _written(text: str, media_type: str, original_name: str) -> Iterator[versions.Incoming]:
    """The text as a file on its way: LF line ends, one at the end, no characters that cannot be stored."""
    text = words.tidy(text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n")
    if not text.strip():
        raise Invalid(
            "There is no text yet. Nothing was saved.", fields={"text": ["Write something first."]}
        )
    if len(text) > TEXT_LIMIT:
        raise Invalid(
            "The text is too long to be written here. Nothing was saved: upload it as a file.",
            fields={"text": [f"Use at most {TEXT_LIMIT:,} characters."]},
        )
    data = (text + "\n").encode()
    with store().received([data], limit=len(data)) as draft:
        yield versions.Incoming(
            draft, Media(TYPES[media_type]), original_name, reading.decoded(data), written_here=True
        )
