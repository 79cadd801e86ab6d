"""Keeping drift and replacements in step with what is in force and what is deployed.

Every act that changes one of the two calls :func:`settle` in its transaction, with the asset's row locked. The
statements do not grow with the number of placements.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from assets.models import Asset, Placement, Replacement, Version
from assets.placing import in_state
from assets.vocabulary import PlacementState, TaskState, VersionState
from core.inserting import insert


@dataclass(frozen=True)
class Settled:
    """How many placements drifted or came back, and what became of replacements."""

    drifted: int = 0
    mended: int = 0
    raised: int = 0
    moved: int = 0
    done: int = 0
    moot: int = 0


def settle(
    *, asset: Asset, now: datetime, by: User | None = None, raising: bool = False
) -> Settled:
    """Compare every placement of ``asset`` with the version in force; idempotent.

    ``raising``: a version came into force, so every stale placement without an open replacement gets one. An open one
    follows to the version in force, is done once that stands there, and is moot when nothing is in force any more.
    """
    here = Placement.objects.filter(asset=asset, ended_at=None)
    current = in_state(here, PlacementState.CURRENT).values("pk")
    mended = here.filter(drifted_at__isnull=False, pk__in=current).update(drifted_at=None)
    drifted = here.filter(drifted_at=None).exclude(pk__in=current).update(drifted_at=now)
    open_ = Replacement.objects.filter(placement__asset=asset, state=TaskState.OPEN)
    ended = _close(open_.exclude(placement__ended_at=None), TaskState.MOOT, now, by)
    held = in_force(asset)
    if held is None:
        return Settled(drifted, mended, moot=ended + _close(open_, TaskState.MOOT, now, by))
    # what is tried on staging is no longer behind, so nothing is left to replace there either
    done = _close(open_.filter(placement__drifted_at=None), TaskState.DONE, now, by)
    moved = open_.exclude(version=held).update(version=held)
    raised = raise_for(held, now=now) if raising else 0
    return Settled(drifted, mended, raised, moved, done, ended)


def raise_for(version: Version, *, now: datetime, only: Collection[int] | None = None) -> int:
    """A replacement for every stale placement that has none open; how many were made. Call with the asset locked."""
    stale = Placement.objects.filter(
        asset_id=version.asset_id, ended_at=None, drifted_at__isnull=False
    ).exclude(pk__in=Replacement.objects.filter(state=TaskState.OPEN).values("placement"))
    if only is not None:
        stale = stale.filter(pk__in=only)
    rows = [
        Replacement(
            product_id=version.product_id,
            placement_id=pk,
            version=version,
            owner_id=owner,
            raised_at=now,
        )
        for pk, owner in stale.order_by("pk").values_list("pk", "owner_id")
    ]
    insert(rows)
    return len(rows)


def _close(rows: QuerySet[Replacement], state: str, now: datetime, by: User | None) -> int:
    # a join cannot be updated through, so the rows are named by a subquery
    named = Replacement.objects.filter(pk__in=rows.values("pk"))
    return named.update(state=state, settled_at=now, settled_by=by)


def in_force(asset: Asset) -> Version | None:
    """The version in force. One query."""
    if asset.published_version is None:
        return None
    found = Version.objects.filter(asset=asset, number=asset.published_version).first()
    if found is not None:
        found.asset = asset
    return found


def follow(*, asset_id: int, version_id: int, now: datetime | None = None) -> None:
    """An approval was given or became void, and with it what placements of the version are held against.

    Listens to ``version.approved`` and ``version.unapproved``; a version that lost its approval is no longer in force.
    Idempotent.
    """
    now = now or timezone.now()
    asset = Asset.objects.locked(asset_id)
    version = Version.objects.get(pk=version_id)
    if version.state == VersionState.DRAFT and asset.published_version == version.number:
        Asset.objects.filter(pk=asset_id).update(published_version=None)
        asset.published_version = None
    settle(asset=asset, now=now)
