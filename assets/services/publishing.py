"""Bringing versions into force, and taking them out of it (R121, R127; docs/decisions/0021).

A version that another takes the place of goes back to approved: its approval still holds for its bytes, so that it can
be put back. Retired is a decision of its own: such a version may stand nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.models import Asset, Placement, Version
from assets.services import drift
from assets.services.drift import Settled
from assets.vocabulary import VersionState
from backlog import events
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid, Stale

REASON_LIMIT = 500
#: Assets published in one request.
BULK_LIMIT = 200
#: No expectation about the version in force was stated.
ANY = -1


@dataclass(frozen=True)
class Published:
    """What publishing did: the version, the number that was in force before, and what became of placements."""

    version: Version
    before: int | None
    settled: Settled


@transaction.atomic
def publish(
    *,
    actor: Actor,
    version: Version,
    seen: int | None = ANY,
    reason: str = "",
    now: datetime | None = None,
) -> Published:
    """Put an approved version into force; every stale placement gets one replacement.

    ``seen``: the number that was in force when the person decided (None: none was); of two who publish at once the
    second is told. Raises Conflict (not approved, in force already, a listener to ``version.publishing`` refuses),
    Stale, NotAllowed.
    """
    right = rights.require(actor, "asset.publish", version.asset.product)
    now = now or timezone.now()
    asset, version = _locked(version)
    if asset.published_version == version.number:
        raise Conflict(
            f"Version {version.number} is in force already. Nothing was changed.", code="in_force"
        )
    _as_seen(asset, seen)
    if version.state != VersionState.APPROVED:
        raise Conflict(
            f"Version {version.number} is {version.get_state_display().lower()}, and only approved versions are"
            " published. Nothing was changed.",
            code="not_approved",
        )
    events.publish("version.publishing", asset_id=asset.pk, version_id=version.pk)
    before = _supersede(asset)
    _into_force(asset, version, actor, now)
    settled = drift.settle(asset=asset, now=now, by=actor.user, raising=True)
    _record(actor, version, "version.published", before, reason, right, now)
    _announce(asset, version, now)
    return Published(version, before, settled)


@transaction.atomic
def publish_many(
    *, actor: Actor, product: Product, versions: Sequence[Version], now: datetime | None = None
) -> list[Published]:
    """Put several versions into force, all or none. Raises as :func:`publish`, naming the asset."""
    rights.require(actor, "asset.publish", product)
    if len(versions) > BULK_LIMIT:
        raise Invalid(f"At most {BULK_LIMIT} assets at once. Choose fewer.")
    done = []
    # always in the same order, so that two who publish the same assets do not wait for each other
    for version in sorted(versions, key=lambda each: each.asset_id):
        try:
            done.append(publish(actor=actor, version=version, now=now))
        except Conflict as error:
            raise Conflict(f"{version.asset.name}: {error.detail}", code=error.code) from error
    return done


@transaction.atomic
def unpublish(
    *, actor: Actor, version: Version, reason: str, now: datetime | None = None
) -> Version | None:
    """Take back a publication: the version that was in force before it is again, and is returned; None: none was.

    Raises Conflict (it is not in force), Invalid (no reason), NotAllowed.
    """
    right = rights.require(actor, "asset.publish", version.asset.product)
    reason = _reason(reason)
    now = now or timezone.now()
    asset, version = _locked(version)
    if asset.published_version != version.number:
        raise Conflict(
            f"Version {version.number} is not in force. Nothing was changed.", code="not_in_force"
        )
    before = (
        asset.versions.filter(state=VersionState.APPROVED, published_at__isnull=False)
        .order_by("-published_at", "-number")
        .first()
    )
    Version.objects.filter(pk=version.pk).update(
        state=VersionState.APPROVED, published_at=None, published_by=None
    )
    version.state, version.published_at = VersionState.APPROVED, None
    Asset.objects.filter(pk=asset.pk).update(published_version=None)
    asset.published_version = None
    if before is not None:
        _into_force(asset, before, actor, before.published_at or now)
    drift.settle(asset=asset, now=now, by=actor.user)
    _record(
        actor,
        version,
        "version.unpublished",
        version.number,
        reason,
        right,
        now,
        after=asset.published_version,
    )
    if before is not None:
        _announce(asset, before, now)
    return before


@transaction.atomic
def retire(*, actor: Actor, version: Version, reason: str, now: datetime | None = None) -> Version:
    """Say that a version may not be used any more; where it still stands is drift.

    Raises Conflict (never approved, retired already), Invalid (no reason), NotAllowed.
    """
    right = rights.require(actor, "asset.publish", version.asset.product)
    reason = _reason(reason)
    now = now or timezone.now()
    asset, version = _locked(version)
    if version.state not in (VersionState.PUBLISHED, VersionState.APPROVED):
        raise Conflict(
            f"Version {version.number} is {version.get_state_display().lower()}; what was never approved, or is retired"
            " already, cannot be retired. Nothing was changed.",
            code="not_retirable",
        )
    before = asset.published_version
    if before == version.number:
        Asset.objects.filter(pk=asset.pk).update(published_version=None)
        asset.published_version = None
    Version.objects.filter(pk=version.pk).update(
        state=VersionState.RETIRED, retired_at=now, retired_by=actor.user
    )
    version.state, version.retired_at = VersionState.RETIRED, now
    drift.settle(asset=asset, now=now, by=actor.user)
    _record(
        actor, version, "version.retired", before, reason, right, now, after=asset.published_version
    )
    return version


@transaction.atomic
def unretire(
    *, actor: Actor, version: Version, reason: str, now: datetime | None = None
) -> Version:
    """Let a retired version be used again: it is approved where its approval still holds, and not in force.

    Raises Conflict, Invalid, NotAllowed.
    """
    right = rights.require(actor, "asset.publish", version.asset.product)
    reason = _reason(reason)
    now = now or timezone.now()
    asset, version = _locked(version)
    if version.state != VersionState.RETIRED:
        raise Conflict(
            f"Version {version.number} is not retired. Nothing was changed.", code="not_retired"
        )
    Version.objects.filter(pk=version.pk).update(
        state=VersionState.APPROVED, retired_at=None, retired_by=None
    )
    events.publish("version.unretired", asset_id=asset.pk, version_id=version.pk, now=now)
    version.refresh_from_db(fields=["state", "retired_at"])
    drift.settle(asset=asset, now=now, by=actor.user)
    number = asset.published_version
    _record(actor, version, "version.unretired", number, reason, right, now, after=number)
    return version


@dataclass(frozen=True)
class Candidate:
    """An approved version that is newer than the one in force, and how many placements would be stale."""

    version: Version
    in_force: int | None
    stale: int


def candidates(product: Product, limit: int = BULK_LIMIT) -> list[Candidate]:
    """What could be published: the newest approved version of each asset that is newer than what is in force.

    Two queries.
    """
    rows = (
        Version.objects.filter(product=product, state=VersionState.APPROVED)
        .exclude(number__lte=F("asset__published_version"))
        .select_related("asset__item", "asset__product", "uploaded_by")
        .order_by("asset_id", "-number")
    )
    newest: dict[int, Version] = {}
    for version in rows[: limit * 4]:
        newest.setdefault(version.asset_id, version)
    versions = list(newest.values())[:limit]
    placed = Placement.objects.filter(asset__in=newest, ended_at=None)
    stale: dict[int, int] = {}
    for asset_id, number in placed.values_list("asset_id", "version__number"):
        if number != newest[asset_id].number:
            stale[asset_id] = stale.get(asset_id, 0) + 1
    return [
        Candidate(each, each.asset.published_version, stale.get(each.asset_id, 0))
        for each in versions
    ]


def _locked(version: Version) -> tuple[Asset, Version]:
    """The asset's row is the lock that uploads, verdicts, deployments and publications meet at."""
    asset = Asset.objects.locked(version.asset_id)
    fresh = Version.objects.select_related("uploaded_by").get(pk=version.pk)
    fresh.asset = asset
    return asset, fresh


def _as_seen(asset: Asset, seen: int | None) -> None:
    if seen != ANY and seen != asset.published_version:
        now_there = (
            f"version {asset.published_version}" if asset.published_version else "no version"
        )
        raise Stale(
            f"Somebody was quicker: {now_there} is in force now. Nothing was changed; look again and decide.",
            extra={"changed": {"in_force": [seen, asset.published_version]}},
        )


def _supersede(asset: Asset) -> int | None:
    before = asset.published_version
    Version.objects.filter(asset=asset, state=VersionState.PUBLISHED).update(
        state=VersionState.APPROVED
    )
    return before


def _into_force(asset: Asset, version: Version, actor: Actor, at: datetime) -> None:
    Version.objects.filter(pk=version.pk).update(
        state=VersionState.PUBLISHED, published_at=at, published_by=actor.user
    )
    Asset.objects.filter(pk=asset.pk).update(published_version=version.number)
    version.state, version.published_at, version.published_by = (
        VersionState.PUBLISHED,
        at,
        actor.user,
    )
    asset.published_version = version.number


def _record(
    actor: Actor,
    version: Version,
    verb: str,
    before: int | None,
    reason: str,
    right: str,
    now: datetime,
    after: int | None = ANY,
) -> None:
    fields = {
        "asset": (None, version.asset.name),
        "version": (None, version.number),
        "in_force": (before, version.number if after == ANY else after),
    }
    changes.record(
        actor=actor,
        product=version.asset.product,
        now=now,
        entries=[
            changes.Entry(
                verb,
                version,
                version.asset.item,
                fields,
                reason=text.one_line(reason)[:REASON_LIMIT],
                right=right,
            )
        ],
    )


def _announce(asset: Asset, version: Version, now: datetime) -> None:
    events.publish("version.published", asset_id=asset.pk, version_id=version.pk, now=now)


def _reason(reason: str) -> str:
    reason = text.one_line(reason)[:REASON_LIMIT]
    if not reason:
        raise Invalid("Say why. Nothing was changed.", fields={"reason": ["Say it in a sentence."]})
    return reason
