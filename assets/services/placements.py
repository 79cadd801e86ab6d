"""The registry of placements: where versions stand, what was deployed there, and what the places say themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import User
from assets.drift import drift as drift_of
from assets.drift import says
from assets.models import Asset, Deployment, Placement, Version
from assets.placing import standing
from assets.services.drift import settle
from assets.vocabulary import DeploymentKind, Environment, PlacementState, VersionState
from backlog.models import Channel, Program
from backlog.services import changes, words
from core import text
from core.errors import Conflict, Invalid, Stale

PLACE_LIMIT, LOCALE_LIMIT, NOTE_LIMIT = 300, 20, 500
#: Before it a date is a slip of the hand, and a calendar that counts back from there has no end.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
TOO_EARLY = "That lies before the year 2000."
FIELDS = ("channel", "program", "environment", "locale", "place", "owner")


@dataclass(frozen=True)
class Draft:
    """A place where an asset is shown. Channel and program may be words that are not kept yet."""

    channel: Channel
    place: str
    program: Program | None = None
    environment: str = Environment.PRODUCTION
    locale: str = ""
    owner: User | None = None


@transaction.atomic
def add_placement(
    *,
    actor: Actor,
    asset: Asset,
    draft: Draft,
    version: Version | None = None,
    since: datetime | None = None,
    now: datetime | None = None,
) -> Placement:
    """Register a place; with ``version``, that it stands there already (recorded as its first deployment).

    ``since``: when that was deployed; left out, now. Raises Invalid, Conflict (the same place twice), NotAllowed.
    """
    right = rights.require(actor, "placement.edit", asset.product)
    now = now or timezone.now()
    wrong = since_problem(since, version=version, last=None, now=now)
    if wrong:
        raise Invalid("The placement cannot be saved like this.", fields={"since": [wrong]})
    values = _checked({name: getattr(draft, name) for name in FIELDS})
    words.keep(values.values())
    asset = Asset.objects.locked(asset.pk)
    placement = Placement(
        product=asset.product,
        asset=asset,
        version=version,
        made_by=actor.user,
        made_at=now,
        **values,
    )
    _saved(placement)
    if version is not None:
        _deployment(placement, version, None, actor, "", since or now)
    settle(asset=asset, now=now, by=actor.user)
    fields: dict[str, tuple[Any, Any]] = {
        "asset": (None, asset.name),
        **{name: (None, value) for name, value in values.items() if value},
        "version": (None, version.number if version else None),
    }
    if since is not None:
        fields["deployed"] = (None, since)
    _record(actor, placement, "placement.added", fields, "", right, now)
    return _fresh(placement)


def since_problem(
    since: datetime | None, *, version: Version | None, last: datetime | None, now: datetime
) -> str:
    """Why ``version`` cannot stand somewhere since then; empty where it can. ``last``: the latest deployment there."""
    if since is None:
        return ""
    if version is None:
        return "Say which version stands there since then."
    if since > now:
        return "That lies in the future."
    if since < EARLIEST:
        return TOO_EARLY
    if last is not None and since < last:
        return f"Something was deployed there later, on {last:%Y-%m-%d}."
    return ""


@transaction.atomic
def edit_placement(
    *,
    actor: Actor,
    placement: Placement,
    values: Mapping[str, Any],
    revision: int,
    now: datetime | None = None,
) -> Placement:
    """Change where it is. Raises Stale (409 with what changed), Invalid, Conflict, NotAllowed."""
    right = rights.require(actor, "placement.edit", placement.product)
    now = now or timezone.now()
    values = _checked(values)
    words.keep(values.values())
    asset = Asset.objects.locked(placement.asset_id)
    found = _again(placement)
    if found.revision != revision:
        changed = {
            name: [str(values[name] or ""), str(getattr(found, name) or "")]
            for name in values
            if values[name] != getattr(found, name)
        }
        raise Stale(
            "The placement was changed meanwhile. Nothing of yours was saved; look at what it is now.",
            extra={"changed": changed, "version": found.revision},
        )
    _standing_still(found)
    fields = {
        name: (getattr(found, name), value)
        for name, value in values.items()
        if getattr(found, name) != value
    }
    if not fields:
        return found
    for name, (_before, after) in fields.items():
        setattr(found, name, after)
    found.revision += 1
    _saved(found, [*fields, "revision"])
    settle(asset=asset, now=now, by=actor.user)  # production counts otherwise than staging
    _record(actor, found, "placement.edited", fields, "", right, now)
    return _fresh(found)


@transaction.atomic
def end_placement(
    *, actor: Actor, placement: Placement, reason: str = "", now: datetime | None = None
) -> Placement:
    """It was taken down: its open replacement is moot, its history stays. Raises Conflict, NotAllowed."""
    right = rights.require(actor, "placement.edit", placement.product)
    now = now or timezone.now()
    asset = Asset.objects.locked(placement.asset_id)
    found = _again(placement)
    _standing_still(found)
    found.ended_at, found.drifted_at, found.revision = now, None, found.revision + 1
    found.save(update_fields=["ended_at", "drifted_at", "revision"])
    settle(asset=asset, now=now, by=actor.user)
    _record(actor, found, "placement.ended", {"ended": (None, now)}, reason, right, now)
    return found


@dataclass(frozen=True)
class Deployed:
    """What a deployment made of a placement. ``warning``: it does not stand as it should; in a sentence."""

    placement: Placement
    deployment: Deployment
    warning: str = ""


@transaction.atomic
def deploy(
    *,
    actor: Actor,
    placement: Placement,
    version: Version,
    note: str = "",
    at: datetime | None = None,
    now: datetime | None = None,
) -> Deployed:
    """Record that ``version`` stands at ``placement`` since ``at``. Deploying the version in force completes its task.

    A version that is not approved, or retired, can be recorded, because it may be the truth; it takes a note that says
    why, and shows as what it is. Raises Invalid (note, instant, another asset's version), Conflict, NotAllowed.
    """
    right = rights.require(actor, "placement.deploy", placement.product)
    now = now or timezone.now()
    note = _note(note)
    asset = Asset.objects.locked(placement.asset_id)
    found = _again(placement)
    _standing_still(found)
    version = _version_of(asset, version)
    if version.state in (VersionState.DRAFT, VersionState.RETIRED) and not note:
        raise Invalid(
            f"Version {version.number} is {'retired' if version.state == VersionState.RETIRED else 'not approved'}."
            " Say why it stands there all the same. Nothing was recorded.",
            code="note_needed",
            fields={"note": ["Say why in a sentence."]},
        )
    return _put(actor, found, version, DeploymentKind.DEPLOY, note, right, at, now)


@transaction.atomic
def roll_back(
    *,
    actor: Actor,
    placement: Placement,
    note: str,
    at: datetime | None = None,
    now: datetime | None = None,
) -> Deployed:
    """Record that the version before came back. Raises Invalid (no note), Conflict (there is none), NotAllowed.

    Rolled back twice, it goes back twice: what a roll-back took away is left out when the one before is looked for.
    """
    right = rights.require(actor, "placement.deploy", placement.product)
    now = now or timezone.now()
    note = _note(note)
    if not note:
        raise Invalid(
            "Say why it was rolled back. Nothing was recorded.",
            fields={"note": ["Say why in a sentence."]},
        )
    Asset.objects.locked(placement.asset_id)
    found = _again(placement)
    _standing_still(found)
    before = version_before(found)
    if before is None:
        raise Conflict(
            "No version stood here before this one, so there is nothing to roll back to.",
            code="nothing_before",
        )
    return _put(actor, found, before, DeploymentKind.ROLL_BACK, note, right, at, now)


def version_before(placement: Placement) -> Version | None:
    """What a roll-back would bring back: the history as a stack, each roll-back takes its top off. One query."""
    stack: list[Version] = []
    for row in placement.deployments.select_related("version").order_by("deployed_at", "pk"):
        if row.kind == DeploymentKind.ROLL_BACK and len(stack) > 1:
            stack.pop()
        elif not stack or stack[-1].pk != row.version_id:
            stack.append(row.version)
    return stack[-2] if len(stack) > 1 else None


@dataclass(frozen=True)
class CheckIn:
    """What a place said of itself. ``version``: the one with these bytes, None where it is none of the asset's."""

    placement: Placement
    version: Version | None
    changed: bool


@transaction.atomic
def check_in(
    *, actor: Actor, placement: Placement, sha256: str, now: datetime | None = None
) -> CheckIn:
    """Take what a place says it shows. Said again, nothing changes but when it was last heard of.

    Bytes of another version than was recorded are recorded as deployed, found by a check-in; bytes of none leave the
    state unknown. Raises Invalid, Conflict (taken down), NotAllowed.
    """
    right = rights.require(actor, "placement.deploy", placement.product)
    now = now or timezone.now()
    sha256 = sha256.strip().lower()
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise Invalid(
            "This is no SHA-256. Nothing was recorded.",
            fields={"sha256": ["64 hexadecimal digits."]},
        )
    asset = Asset.objects.locked(placement.asset_id)
    found = _again(placement)
    _standing_still(found)
    version = _with_bytes(asset, found, sha256)
    before, found_before = found.version, found.found_sha256
    found.checked_at, found.found_sha256 = now, sha256
    if version is not None and version != before:
        found.version, found.revision = version, found.revision + 1
        at = max(now, _last(found) or now)
        _deployment(found, version, before, actor, "Found by a check-in.", at)
    found.save(update_fields=["checked_at", "found_sha256", "version", "revision"])
    settled = settle(asset=asset, now=now, by=actor.user)
    changed = found.version != before or (version is None and found_before != sha256)
    if changed or settled.mended or settled.drifted:
        fields: dict[str, tuple[Any, Any]] = {
            "asset": (None, asset.name),
            "place": (None, found.place),
            "version": (
                before.number if before else None,
                found.version.number if found.version else None,
            ),
            "sha256": (found_before or None, sha256),
        }
        _record(actor, found, "placement.checked_in", fields, "", right, now)
    return CheckIn(_fresh(found), version, changed)


def _with_bytes(asset: Asset, placement: Placement, sha256: str) -> Version | None:
    """Bytes may come back in a later version: what is recorded there wins, then what is in force, then the newest."""
    rows = list(asset.versions.filter(sha256=sha256).order_by("-number"))
    for row in rows:
        row.asset = asset
    by_number = {row.number: row for row in rows}
    recorded = placement.version.number if placement.version else None
    for number in (recorded, asset.published_version):
        if number in by_number:
            return by_number[number]
    return rows[0] if rows else None


def _put(
    actor: Actor,
    found: Placement,
    version: Version,
    kind: str,
    note: str,
    right: str,
    at: datetime | None,
    now: datetime,
) -> Deployed:
    last = _last(found)
    if at is not None and at < EARLIEST:
        raise Invalid(f"{TOO_EARLY} Nothing was recorded.", fields={"at": [TOO_EARLY]})
    if at is not None and (at > now or at < (last or at)):
        raise Invalid(
            "That instant lies in the future, or before what was deployed there last. Nothing was recorded.",
            fields={"at": ["Use an instant between the last deployment and now."]},
        )
    # whoever waited for the lock came later, whatever their clock said when they began
    at = at or max(now, last or now)
    before = found.version
    # a place whose own word is older than the deployment is not believed any more
    found.version, found.found_sha256, found.revision = version, "", found.revision + 1
    found.save(update_fields=["version", "found_sha256", "revision"])
    deployment = _deployment(found, version, before, actor, note, at, kind)
    asset = found.asset
    if kind == DeploymentKind.ROLL_BACK:
        _moot_here(found, actor, now)
    settle(asset=asset, now=now, by=actor.user)
    fields: dict[str, tuple[Any, Any]] = {
        "asset": (None, asset.name),
        "place": (None, f"{found.channel}: {found.place}"),
        "version": (before.number if before else None, version.number),
    }
    if at != now:
        fields["deployed"] = (None, at)
    rolled = kind == DeploymentKind.ROLL_BACK
    verb = "placement.rolled_back" if rolled else "placement.deployed"
    _record(actor, found, verb, fields, note, right, now)
    result = _fresh(found)
    held = standing(asset, version, result)
    bad = drift_of(held).state not in (PlacementState.CURRENT, PlacementState.UNKNOWN)
    return Deployed(result, deployment, says(held) if bad else "")


def _last(placement: Placement) -> datetime | None:
    """When something was deployed there last."""
    newest = placement.deployments.order_by("-deployed_at", "-pk").first()
    return newest.deployed_at if newest is not None else None


def _moot_here(placement: Placement, actor: Actor, now: datetime) -> None:
    """Whoever rolls back does not want the task that would undo it."""
    placement.replacements.filter(state="open").update(
        state="moot", settled_at=now, settled_by=actor.user
    )


def _deployment(
    placement: Placement,
    version: Version,
    before: Version | None,
    actor: Actor,
    note: str,
    at: datetime,
    kind: str = DeploymentKind.DEPLOY,
) -> Deployment:
    return Deployment.objects.create(
        product_id=placement.product_id,
        placement=placement,
        version=version,
        kind=kind,
        replaced=before,
        note=note,
        deployed_by=actor.user,
        deployed_at=at,
    )


def _version_of(asset: Asset, version: Version) -> Version:
    found = asset.versions.filter(pk=version.pk).first()
    if found is None:
        raise Invalid(
            "That is a version of another asset. Nothing was recorded.",
            fields={"version": ["Choose a version of this asset."]},
        )
    found.asset = asset
    return found


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    problems: dict[str, list[str]] = {}
    if "place" in found:
        found["place"] = text.one_line(found["place"])
        if not found["place"] or len(found["place"]) > PLACE_LIMIT:
            problems["place"] = [f"Say where, in 1 to {PLACE_LIMIT} characters."]
    if "locale" in found:
        found["locale"] = text.one_line(found["locale"] or "")
        if len(found["locale"]) > LOCALE_LIMIT:
            problems["locale"] = [f"At most {LOCALE_LIMIT} characters, such as de-DE."]
    if "environment" in found and found["environment"] not in Environment.values:
        problems["environment"] = [f"Use one of: {', '.join(Environment.values)}."]
    if "channel" in found and found["channel"] is None:
        problems["channel"] = ["Name the channel."]
    if problems:
        raise Invalid("The placement cannot be saved like this.", fields=problems)
    return found


def _saved(placement: Placement, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            placement.save(update_fields=fields)
    except IntegrityError as error:
        twin = Placement.objects.filter(
            Q(asset=placement.asset, channel=placement.channel, place=placement.place),
            environment=placement.environment,
            locale=placement.locale,
            ended_at=None,
        ).exclude(pk=placement.pk)
        if not twin.exists():
            raise
        raise Conflict(
            "This place is registered already for this asset. Nothing was saved.",
            code="placed_already",
            extra={"placement": twin.values_list("pk", flat=True)[0]},
        ) from error


def _again(placement: Placement) -> Placement:
    """The row as it is under the asset's lock. It stays locked, for roll-backs read its history."""
    return (
        Placement.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "product", "asset__product", "asset__item", "channel", "program", "version", "owner"
        )
        .get(pk=placement.pk)
    )


def _fresh(placement: Placement) -> Placement:
    """With ``drifted_at`` as it was settled."""
    placement.refresh_from_db(fields=["drifted_at"])
    return placement


def _standing_still(placement: Placement) -> None:
    if placement.ended_at is not None:
        raise Conflict(
            "The placement was taken down. Register it again if it is in use.", code="ended"
        )


def _note(note: str) -> str:
    return text.one_line(note)[:NOTE_LIMIT]


def _record(
    actor: Actor,
    placement: Placement,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    reason: str,
    right: str,
    now: datetime,
) -> None:
    changes.record(
        actor=actor,
        product=placement.product,
        now=now,
        entries=[
            changes.Entry(
                verb,
                placement,
                placement.asset.item,
                fields,
                reason=text.one_line(reason)[:NOTE_LIMIT],
                right=right,
            )
        ],
    )
