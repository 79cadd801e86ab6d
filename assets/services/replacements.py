"""The tasks that bring stale placements to the version in force: who does it, until when, as which item."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product, User
from assets.models import Asset, Placement, Replacement
from assets.services import drift
from assets.vocabulary import TaskState
from backlog.models import Item
from backlog.services import changes, items
from core import text
from core.errors import Conflict

NOTE_LIMIT = 500


@transaction.atomic
def assign(
    *,
    actor: Actor,
    replacement: Replacement,
    owner: User | None,
    due_on: date | None,
    note: str = "",
    now: datetime | None = None,
) -> Replacement:
    """Say who replaces it, and until when. Raises Conflict (settled meanwhile), NotAllowed."""
    right = rights.require(actor, "placement.edit", replacement.product)
    now = now or timezone.now()
    note = text.one_line(note)[:NOTE_LIMIT]
    before = (replacement.owner, replacement.due_on)
    if not Replacement.objects.filter(pk=replacement.pk, state=TaskState.OPEN).update(
        owner=owner, due_on=due_on, note=note
    ):
        raise _settled()
    replacement.owner, replacement.due_on, replacement.note = owner, due_on, note
    _record(
        actor,
        replacement,
        "replacement.assigned",
        {"owner": (before[0], owner), "due": (before[1], due_on)},
        note,
        right,
        now,
    )
    return replacement


@transaction.atomic
def drop(
    *, actor: Actor, replacement: Replacement, reason: str, now: datetime | None = None
) -> Replacement:
    """Say that it will not be replaced; the drift stays in the report. Raises Conflict, NotAllowed."""
    right = rights.require(actor, "placement.deploy", replacement.product)
    now = now or timezone.now()
    reason = text.one_line(reason)[:NOTE_LIMIT]
    if not Replacement.objects.filter(pk=replacement.pk, state=TaskState.OPEN).update(
        state=TaskState.MOOT, settled_at=now, settled_by=actor.user, note=reason
    ):
        raise _settled()
    replacement.state = TaskState.MOOT
    fields = {"task": (TaskState.OPEN.value, TaskState.MOOT.value)}
    _record(actor, replacement, "replacement.dropped", fields, reason, right, now)
    return replacement


@transaction.atomic
def to_item(
    *, actor: Actor, replacement: Replacement, now: datetime | None = None
) -> tuple[Replacement, Item]:
    """Make the task an item of the backlog, in triage. Asked twice, the same item is answered. Raises NotAllowed."""
    rights.require(actor, "placement.edit", replacement.product)
    right = rights.require(actor, "item.create", replacement.product)
    now = now or timezone.now()
    placement = replacement.placement
    Asset.objects.locked(placement.asset_id)
    replacement.refresh_from_db(fields=["item", "state"])
    if replacement.item is not None:
        return replacement, replacement.item
    if replacement.state != TaskState.OPEN:
        raise _settled()
    asset, version = placement.asset, replacement.version
    item = items.create_item(
        actor=actor,
        product=replacement.product,
        draft=items.Draft(
            title=f"Replace {asset.name} on {placement.channel}: {placement.place}"[:255],
            description=f"Version {version.number} of {asset.name} is in force;"
            f" {_there(placement)} stands on {placement.channel}, {placement.place}.",
            owner=replacement.owner,
            program=placement.program,
            channel=placement.channel,
        ),
        now=now,
    )
    Replacement.objects.filter(pk=replacement.pk).update(item=item)
    replacement.item = item
    _record(actor, replacement, "replacement.made_item", {"item": (None, item)}, "", right, now)
    return replacement, item


@transaction.atomic
def raise_some(
    *,
    actor: Actor,
    product: Product,
    placements: Collection[Placement],
    now: datetime | None = None,
) -> int:
    """A replacement for each of these that drifted and has none open; how many were made. Raises NotAllowed.

    For what drifted after the publication: a roll-back, a place registered late.
    """
    right = rights.require(actor, "placement.edit", product)
    now = now or timezone.now()
    made = 0
    by_asset: dict[int, list[int]] = {}
    for placement in placements:
        by_asset.setdefault(placement.asset_id, []).append(placement.pk)
    for asset_id in sorted(by_asset):
        asset = Asset.objects.locked(asset_id)
        version = drift.in_force(asset)
        if version is not None:
            raised = drift.raise_for(version, now=now, only=by_asset[asset_id])
            made += raised
            if raised:
                fields = {
                    "asset": (None, asset.name),
                    "version": (None, version.number),
                    "tasks": (None, raised),
                }
                entry = changes.Entry(
                    "replacement.raised", version, asset.item, fields, right=right
                )
                changes.record(actor=actor, product=product, entries=[entry], now=now)
    return made


def _there(placement: Placement) -> str:
    return f"version {placement.version.number}" if placement.version else "an unknown version"


def _settled() -> Conflict:
    return Conflict("The replacement was settled meanwhile. Nothing was changed.", code="settled")


def _record(
    actor: Actor,
    replacement: Replacement,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    reason: str,
    right: str,
    now: datetime,
) -> None:
    placement = replacement.placement
    changes.record(
        actor=actor,
        product=replacement.product,
        now=now,
        entries=[
            changes.Entry(
                verb,
                replacement,
                placement.asset.item,
                {"place": (None, f"{placement.channel}: {placement.place}"), **fields},
                reason=reason,
                right=right,
            )
        ],
    )
