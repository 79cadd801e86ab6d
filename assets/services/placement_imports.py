"""Placements out of a file: what each line means here, registering or bringing up to date, taking it back exactly."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product, User
from assets.models import Asset, Deployment, Placement, Replacement, Version
from assets.services import placements
from assets.services.drift import settle
from assets.vocabulary import Environment, TaskState, VersionState
from backlog.access import members
from backlog.models import Channel, Program
from backlog.services import changes, words
from core import text

NOTE = "Said by an import."
#: What people call environments.
ENVIRONMENTS = {
    **{name: name for name in Environment.values},
    **dict.fromkeys(("prod", "live", "published", "public"), Environment.PRODUCTION.value),
    **dict.fromkeys(("stage", "test", "testing", "qa", "uat"), Environment.STAGING.value),
    **dict.fromkeys(("draft", "review"), Environment.PREVIEW.value),
}


@dataclass
class Found:
    """A line as it is understood. ``known``: the placement that is here already; ``changes``: what of it differs.

    ``version`` None: the line does not say what stands there, so what is recorded stays.
    ``since``: when the version that it brings was deployed there; what is recorded of the past stays.
    """

    problems: list[str] = field(default_factory=list)
    asset: Asset | None = None
    draft: placements.Draft | None = None
    version: Version | None = None
    since: datetime | None = None
    known: Placement | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        if self.problems:
            return "errors"
        if self.known is None:
            return "created"
        return "updated" if self.changes else "unchanged"


def look(
    *, product: Product, lines: Sequence[Mapping[str, Any]], now: datetime | None = None
) -> list[Found]:
    """What each line means here; nothing is written. As many queries for five hundred as for one."""
    now = now or timezone.now()
    assets = _assets(product, lines)
    versions = _versions(assets)
    owners = {user.email.casefold(): user for user in members(product)}
    channels = words.proposed(
        Channel, product=product, names=[line.get("channel", "") for line in lines]
    )
    programs = words.proposed(
        Program, product=product, names=[line.get("program", "") for line in lines]
    )
    known = _known(product, assets)
    found = []
    for line in lines:
        each = Found()
        found.append(each)
        each.asset = _one_asset(line, assets, each.problems)
        values = _values(line, channels, programs, owners, each.problems)
        if each.asset is not None:
            each.version = _version(line, versions.get(each.asset.pk, []), each.problems)
        if each.problems or each.asset is None:
            continue
        each.draft = placements.Draft(**values)
        here = (each.asset.pk, values["channel"].pk, *_where(values))
        each.known = known.get(here)
        if each.known is None or (each.version and each.known.version_id != each.version.pk):
            last = each.known.last_deployed_at if each.known else None
            each.since = line.get("since")
            wrong = placements.since_problem(each.since, version=each.version, last=last, now=now)
            if wrong:
                each.problems.append(f"since: {wrong}")
        if each.known is None:
            continue
        each.known.asset = each.asset
        for name in ("program", "owner"):
            if name in line and getattr(each.known, name) != values[name]:
                each.changes[name] = values[name]
        if each.version is not None and each.known.version_id != each.version.pk:
            each.changes["version"] = each.version
    return found


def environment_of(line: Mapping[str, Any]) -> str | None:
    """The environment that a line names, production where it names none; None for a word that is none."""
    return ENVIRONMENTS.get(str(line.get("environment") or "production").casefold())


def _where(values: Mapping[str, Any]) -> tuple[str, str, str]:
    return values["environment"], values["locale"], values["place"]


def _assets(product: Product, lines: Sequence[Mapping[str, Any]]) -> dict[str, list[Asset]]:
    names = {line["asset"] for line in lines if line.get("asset")}
    found: dict[str, list[Asset]] = {}
    for row in Asset.objects.filter(product=product, name__in=names).select_related("item"):
        row.product = product
        found.setdefault(row.name, []).append(row)
    return found


def _versions(assets: Mapping[str, list[Asset]]) -> dict[int, list[Version]]:
    ids = [row.pk for rows in assets.values() for row in rows]
    found: dict[int, list[Version]] = {}
    for row in Version.objects.filter(asset__in=ids).order_by("-number"):
        found.setdefault(row.asset_id, []).append(row)
    return found


def _known(product: Product, assets: Mapping[str, list[Asset]]) -> dict[Any, Any]:
    ids = [row.pk for rows in assets.values() for row in rows]
    rows = Placement.objects.filter(product=product, asset__in=ids, ended_at=None).annotate(
        last_deployed_at=Max("deployments__deployed_at")
    )
    return {
        (row.asset_id, row.channel_id, row.environment, row.locale, row.place): row
        for row in rows.select_related("channel", "program", "owner", "version")
    }


def _one_asset(
    line: Mapping[str, Any], assets: Mapping[str, list[Asset]], problems: list[str]
) -> Asset | None:
    name = line.get("asset", "")
    here = assets.get(name, [])
    if not name:
        problems.append("asset: name the asset that is placed")
    elif len(here) != 1:
        problems.append(
            f"asset: several are called {name[:60]!r}"
            if here
            else f"asset: there is none called {name[:60]!r}"
        )
    return here[0] if len(here) == 1 else None


def _values(
    line: Mapping[str, Any],
    channels: Mapping[str, Channel],
    programs: Mapping[str, Program],
    owners: Mapping[str, User],
    problems: list[str],
) -> dict[str, Any]:
    environment = environment_of(line)
    if environment is None:
        said = line["environment"]
        problems.append(f"environment: {said[:40]!r} is none; use {', '.join(Environment.values)}")
    if not line.get("channel"):
        problems.append("channel: name it, or one for all rows")
    place = text.one_line(line.get("place", ""))
    if not place or len(place) > placements.PLACE_LIMIT:
        problems.append(f"place: say where, in 1 to {placements.PLACE_LIMIT} characters")
    locale = text.one_line(line.get("locale", ""))
    if len(locale) > placements.LOCALE_LIMIT:
        problems.append(f"locale: at most {placements.LOCALE_LIMIT} characters, such as de-DE")
    owner = line.get("owner", "")
    if owner and owner.casefold() not in owners:
        problems.append(f"owner: {owner[:60]!r} is no member's e-mail address")
    return {
        "channel": channels.get(line.get("channel", "")),
        "program": programs.get(line.get("program", "")),
        "environment": environment,
        "locale": locale,
        "place": place,
        "owner": owners.get(owner.casefold()),
    }


def _version(
    line: Mapping[str, Any], versions: Sequence[Version], problems: list[str]
) -> Version | None:
    number, digest = line.get("version"), str(line.get("sha256", "")).casefold()
    if number is None and not digest:
        return None
    fitting = [
        row for row in versions if number in (None, row.number) and digest in ("", row.sha256)
    ]
    if fitting:
        return fitting[0]
    problems.append(
        f"version: the asset has no version {number}"
        if number is not None and number not in {row.number for row in versions}
        else "sha256: these bytes are no version of this asset"
        if number is None
        else f"sha256: version {number} has other bytes"
    )
    return None


@dataclass(frozen=True)
class Written:
    """A placement that a file made or changed. ``before`` None: it made it; else what :func:`take_back` puts back.

    ``revision``: what the file left it at.
    """

    placement: Placement
    before: dict[str, Any] | None


@transaction.atomic
def bring(
    *, actor: Actor, product: Product, found: Sequence[Found], now: datetime | None = None
) -> list[Written]:
    """Register what is new and bring up to date what differs. Raises NotAllowed."""
    rights.require(actor, "placement.edit", product)
    now = now or timezone.now()
    words.keep(
        value
        for each in found
        if each.draft is not None and not each.problems
        for value in (each.draft.channel, each.draft.program)
    )
    written = []
    for each in found:
        if each.outcome == "created" and each.asset is not None and each.draft is not None:
            made = placements.add_placement(
                actor=actor,
                asset=each.asset,
                draft=each.draft,
                version=each.version,
                since=each.since,
                now=now,
            )
            written.append(Written(made, None))
        elif each.outcome == "updated" and each.known is not None:
            written.append(_changed(actor, each, each.known, now))
    return written


def _changed(actor: Actor, each: Found, known: Placement, now: datetime) -> Written:
    values = each.changes
    before: dict[str, Any] = {
        "program": known.program_id,
        "owner": known.owner_id,
        "version": known.version_id,
        "found_sha256": known.found_sha256,
        "drifted_at": known.drifted_at.isoformat() if known.drifted_at else None,
        "replacement": None,
        "deployment": None,
    }
    place = known
    where = {name: value for name, value in values.items() if name != "version"}
    if where:
        place = placements.edit_placement(
            actor=actor, placement=place, values=where, revision=place.revision, now=now
        )
    if "version" in values:
        waiting = Replacement.objects.filter(placement=place, state=TaskState.OPEN).first()
        before["replacement"] = waiting.pk if waiting else None
        loose = values["version"].state in (VersionState.DRAFT, VersionState.RETIRED)
        done = placements.deploy(
            actor=actor,
            placement=place,
            version=values["version"],
            note=NOTE if loose else "",
            at=each.since,
            now=now,
        )
        place, before["deployment"] = done.placement, done.deployment.pk
    before["revision"] = place.revision
    return Written(place, before)


@dataclass
class TakenBack:
    removed: int = 0
    restored: int = 0
    kept: list[Placement] = field(default_factory=list)


@transaction.atomic
def take_back(
    *,
    actor: Actor,
    product: Product,
    done: Mapping[int, dict[str, Any] | None],
    undoes: uuid.UUID,
    reason: str,
    now: datetime | None = None,
) -> TakenBack:
    """Take back what :func:`bring` did: placement -> ``before``. What somebody has touched since stays as it is.

    Raises NotAllowed. Done again it finds nothing left to do.
    """
    right = rights.require(actor, "placement.edit", product)
    now = now or timezone.now()
    result = TakenBack()
    entries: list[changes.Entry] = []
    rows = Placement.objects.filter(product=product, pk__in=done).order_by("asset", "-pk")
    for asset_id in sorted(set(rows.values_list("asset", flat=True))):
        asset = Asset.objects.locked(asset_id)
        for row in rows.filter(asset=asset).select_related("channel"):
            row.asset = asset
            before = done[row.pk]
            if _touched(row, before):
                result.kept.append(row)
                continue
            if before is None:
                entries.append(_removed(row, reason, right))
                row.delete()
                result.removed += 1
            else:
                entries.append(_restored(row, before, reason, right))
                result.restored += 1
        settle(asset=asset, now=now, by=actor.user)
        for pk, before in done.items():
            # settling compares with now; what had drifted before the file has drifted since then
            if before is not None and before["drifted_at"]:
                Placement.objects.filter(pk=pk, asset=asset, drifted_at=now).update(
                    drifted_at=before["drifted_at"]
                )
    changes.record(actor=actor, product=product, entries=entries, undoes=undoes, now=now)
    return result


def _touched(row: Placement, before: Mapping[str, Any] | None) -> bool:
    left = 1 if before is None else before["revision"]
    if row.revision != left or row.ended_at is not None:
        return True
    return before is None and (row.checked_at is not None or row.readings.exists())


def _removed(row: Placement, reason: str, right: str) -> changes.Entry:
    return changes.Entry(
        "placement.removed",
        Placement(pk=row.pk),
        row.asset.item,
        {
            "asset": (row.asset.name, None),
            "channel": (row.channel, None),
            "place": (row.place, None),
        },
        reason=reason,
        right=right,
    )


def _restored(row: Placement, before: Mapping[str, Any], reason: str, right: str) -> changes.Entry:
    fields = {
        name: (getattr(row, f"{name}_id"), before[name])
        for name in ("program", "owner", "version")
        if getattr(row, f"{name}_id") != before[name]
    }
    row.program_id, row.owner_id = before["program"], before["owner"]
    row.version_id, row.found_sha256 = before["version"], before["found_sha256"]
    row.revision += 1
    row.save(update_fields=["program", "owner", "version", "found_sha256", "revision"])
    Deployment.objects.filter(pk=before["deployment"], placement=row).delete()
    Replacement.objects.filter(
        pk=before["replacement"], placement=row, state=TaskState.DONE
    ).update(state=TaskState.OPEN, settled_at=None, settled_by=None)
    return changes.Entry(
        "placement.restored", row, row.asset.item, fields, reason=reason, right=right
    )
