"""Adding assets to items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from assets.models import Asset, Version
from assets.services import versions
from backlog.models import Increment, Item
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid

NAME_LIMIT = 120


def add_asset(
    *,
    actor: Actor,
    item: Item,
    file: File[bytes],
    rationale: str,
    name: str = "",
    increment: Increment | None = None,
    now: datetime | None = None,
) -> Version:
    """A new asset of ``item`` with its first version, which is returned. Without a name it is called as the file is.

    Raises Invalid (file or reason), TooLarge, NoRoom, NotAllowed. Nothing stays behind when it raises.
    """
    right = rights.require(actor, "asset.upload", item.product)
    reason = versions.checked_rationale(rationale)
    original = versions.plain_name(file.name or "")
    name = checked_name(name, original)
    with versions.received(file, original) as incoming, transaction.atomic():
        return add_received(
            actor=actor,
            item=item,
            incoming=incoming,
            rationale=reason,
            name=name,
            increment=increment,
            right=right,
            now=now or timezone.now(),
        )


def add_received(
    *,
    actor: Actor,
    item: Item,
    incoming: versions.Incoming,
    rationale: str,
    name: str,
    increment: Increment | None,
    right: str,
    now: datetime,
) -> Version:
    """A new asset with a file that was received. Call inside a transaction; rights, reason and name were checked."""
    _check_increment(item, increment)
    asset = Asset.objects.create(
        product=item.product,
        item=item,
        increment=increment,
        name=name,
        kind=incoming.media.type.kind,
        created_by=actor.user,
        created_at=now,
        updated_at=now,
    )
    fields: dict[str, tuple[object, object]] = {
        "asset": (None, asset.name),
        "asset_kind": (None, asset.kind),
    }
    if increment is not None:
        fields["increment"] = (None, increment.title)
    changes.record(
        actor=actor,
        product=item.product,
        now=now,
        entries=[changes.Entry("asset.added", asset, item, fields, reason=rationale, right=right)],
    )
    return versions.add_version(
        actor=actor, asset=asset, incoming=incoming, rationale=rationale, right=right, now=now
    )


def edit_asset(
    *,
    actor: Actor,
    asset: Asset,
    name: str,
    increment: Increment | None,
    now: datetime | None = None,
) -> Asset:
    """Another name, or another increment. Raises Invalid, NotAllowed."""
    right = rights.require(actor, "asset.upload", asset.product)
    name = checked_name(name, "")
    now = now or timezone.now()
    with transaction.atomic():
        asset = Asset.objects.locked(asset.pk)
        _check_increment(asset.item, increment)
        before = {"asset": asset.name, "increment": asset.increment_id}
        after = {"asset": name, "increment": increment.pk if increment else None}
        changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
        if not changed:
            return asset
        asset.name, asset.increment = name, increment
        asset.save(update_fields=["name", "increment"])
        changes.record(
            actor=actor,
            product=asset.product,
            now=now,
            entries=[changes.Entry("asset.edited", asset, asset.item, changed, right=right)],
        )
    return asset


def checked_name(name: str, original: str) -> str:
    """What an asset is called: as given, else as its file. Raises Invalid."""
    name = (
        text.one_line(name) or (original.rpartition(".")[0] or original or "Untitled")[:NAME_LIMIT]
    )
    if len(name) > NAME_LIMIT:
        raise Invalid(
            "The name is too long.", fields={"name": [f"Use at most {NAME_LIMIT} characters."]}
        )
    return name


def _check_increment(item: Item, increment: Increment | None) -> None:
    if increment is not None and increment.item_id != item.pk:
        raise Invalid(
            "There is no such increment of this item. Nothing was saved.",
            fields={"increment": ["Choose one of this item."]},
        )


def refuse_deletion(*, item_ids: Sequence[int]) -> None:
    """An item that holds assets is not deleted by undoing an import. Listens to ``item.deleted``; raises Conflict."""
    asset = (
        Asset.objects.filter(item_id__in=item_ids)
        .select_related("item__product")
        .order_by("pk")
        .first()
    )
    if asset is not None:
        raise Conflict(
            f"{asset.item.key} holds the asset “{asset.name}”, so it cannot be taken away. Nothing was undone.",
            code="holds_assets",
        )
