"""Claims in scripts: marked, given a source, signed one by one, and followed from version to version (N16).

Claims are worked on in the newest version: what is signed there is carried on where its words stay. Whoever marks or
signs holds the asset's row, as an upload does, so that no signature falls between two versions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.jobs import parts
from assets.models import Asset, Claim, ClaimMark, Version
from assets.storage import store
from assets.texts import claims as finding
from assets.texts import parts as text_parts
from assets.texts import reading
from assets.vocabulary import AssetKind, ClaimState, VersionState
from backlog import events
from backlog.models import BriefLine
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid, NotFound

SOURCE_LIMIT = 500
WORDS_LIMIT = 2000
MOST_CLAIMS = 500
OPEN_STATES = (ClaimState.UNSIGNED, ClaimState.CHANGED)


@dataclass(frozen=True)
class Span:
    """Words of a text: lines from 1, columns in characters from 0, the last one exclusive (None: the line's end)."""

    first_line: int
    last_line: int
    first_column: int = 0
    last_column: int | None = None


def mark_claim(
    *,
    actor: Actor,
    version: Version,
    span: Span,
    source: str = "",
    source_url: str = "",
    brief_line: BriefLine | None = None,
    now: datetime | None = None,
) -> ClaimMark:
    """A new claim of the newest version, unsigned.

    Raises Invalid (the words), Conflict (a newer version; an approved one), NotAllowed.
    """
    right = rights.require(actor, "claim.mark", version.asset.product)
    given = _given(version, source, source_url, brief_line)
    now = now or timezone.now()
    with transaction.atomic():
        asset = _newest(version)
        _need_loose(actor, asset)
        place = _place(version, span)
        if asset.claims.filter(withdrawn_at=None).count() >= MOST_CLAIMS:
            raise Invalid(f"A script holds at most {MOST_CLAIMS} claims. Nothing was saved.")
        Asset.objects.filter(pk=asset.pk).update(claims_count=F("claims_count") + 1)
        claim = Claim.objects.create(
            product_id=asset.product_id,
            asset=asset,
            number=asset.claims_count + 1,
            text=place.text,
            made_by=actor.user,
            made_at=now,
            **given,
        )
        mark = ClaimMark.objects.create(
            product_id=asset.product_id, claim=claim, version=version, **_stands(place, claim)
        )
        fields = {"claim": (None, claim.number), "text": (None, claim.text)}
        _recorded(actor, asset, claim, "claim.marked", fields, right, now, version)
    return mark


def edit_claim(
    *,
    actor: Actor,
    claim: Claim,
    source: str,
    source_url: str = "",
    brief_line: BriefLine | None = None,
    now: datetime | None = None,
) -> Claim:
    """Another source, address or line of the brief. What was signed for the old ones has to be signed again.

    Raises Invalid, Conflict (withdrawn; the newest version is approved), NotAllowed.
    """
    right = rights.require(actor, "claim.mark", claim.asset.product)
    now = now or timezone.now()
    with transaction.atomic():
        asset = Asset.objects.locked(claim.asset_id)
        _need_loose(actor, asset)
        version = _newest_of(asset)
        given = _given(version, source, source_url, brief_line)
        claim = _open(asset, claim.pk)
        before = {
            "source": claim.source,
            "source_url": claim.source_url,
            "brief_line": claim.brief_line_id,
        }
        after = {
            "source": given["source"],
            "source_url": given["source_url"],
            "brief_line": brief_line.pk if brief_line else None,
        }
        changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
        if not changed:
            return claim
        for name, value in given.items():
            setattr(claim, name, value)
        claim.save(update_fields=list(given))
        mark = claim.marks.filter(version=version).exclude(state=ClaimState.GONE).first()
        if mark is not None:
            mark.claim = claim
            mark.sha256 = _said(mark.text, claim)
            _restore(mark, _signatures([mark]))
            mark.save(update_fields=["sha256", "state", "signed_by", "signed_at", "signed_in"])
        _recorded(actor, asset, claim, "claim.edited", changed, right, now, version)
    return claim


def withdraw_claim(
    *, actor: Actor, claim: Claim, reason: str = "", now: datetime | None = None
) -> None:
    """It is no claim any more. Its marks in older versions stay as a record.

    Raises Conflict (withdrawn already; the newest version is approved), NotAllowed.
    """
    right = rights.require(actor, "claim.mark", claim.asset.product)
    now = now or timezone.now()
    with transaction.atomic():
        asset = Asset.objects.locked(claim.asset_id)
        _need_loose(actor, asset)
        claim = _open(asset, claim.pk)
        claim.withdrawn_at = now
        claim.save(update_fields=["withdrawn_at"])
        fields = {"claim": (claim.number, None), "text": (claim.text, None)}
        _recorded(
            actor, asset, claim, "claim.withdrawn", fields, right, now, _newest_of(asset), reason
        )


def sign_claims(
    *, actor: Actor, version: Version, numbers: Sequence[int], now: datetime | None = None
) -> list[ClaimMark]:
    """Sign claims for the words that they have in the newest version. Those that are signed stay as they are.

    Raises Invalid (no such claim, no source), Conflict (a newer version came), NotAllowed.
    """
    right = rights.require(actor, "claim.sign", version.asset.product)
    now = now or timezone.now()
    if not numbers:
        raise Invalid(
            "Choose at least one claim. Nothing was signed.", fields={"claims": ["Choose one."]}
        )
    with transaction.atomic():
        asset = _newest(version)
        marks = list(
            ClaimMark.objects.filter(
                version=version, claim__number__in=numbers, claim__withdrawn_at=None
            )
            .exclude(state=ClaimState.GONE)
            .select_related("claim")
            .order_by("claim__number")
        )
        missing = sorted(set(numbers) - {mark.claim.number for mark in marks})
        if missing:
            raise Invalid(
                f"Claim {missing[0]} is not in version {version.number}, or was withdrawn. Nothing was signed.",
                fields={"claims": ["Choose claims of this version."]},
            )
        bare = [
            mark.claim.number for mark in marks if not (mark.claim.source or mark.claim.source_url)
        ]
        if bare:
            raise Invalid(
                f"Claim {bare[0]} has no source, so nobody can answer for it. Name the source, then sign."
                " Nothing was signed.",
                code="no_source",
                fields={"claims": ["Name a source first."]},
            )
        signed = [mark for mark in marks if mark.state in OPEN_STATES]
        for mark in signed:
            mark.state, mark.signed_by, mark.signed_at = ClaimState.SIGNED, actor.user, now
            mark.signed_in = version.number
        ClaimMark.objects.bulk_update(signed, ["state", "signed_by", "signed_at", "signed_in"])
        changes.record(
            actor=actor,
            product=asset.product,
            now=now,
            entries=[
                changes.Entry(
                    "claim.signed",
                    mark.claim,
                    asset.item,
                    {
                        "claim": (None, mark.claim.number),
                        "asset": (None, asset.name),
                        "version": (None, version.number),
                        "text": (None, mark.text),
                    },
                    right=right,
                )
                for mark in signed
            ],
        )
    return marks


def follow_claims(
    asset: Asset, version: Version, new_text: str, before: Version, old_text: str
) -> None:
    """The claims of the version before, in the new one. In the upload's transaction, the asset's row locked.

    The same words keep their signature; words that were signed in any version before get it back; others need it.
    """
    old_marks = list(
        ClaimMark.objects.filter(version=before, claim__withdrawn_at=None)
        .select_related("claim")
        .order_by("claim__number")
    )
    if not old_marks:
        return
    follower = finding.Follower(old_text, new_text)
    earlier = _signatures(old_marks)
    made = []
    for old in old_marks:
        found = follower.follow(old.text or old.claim.text, old.first_line)
        mark = ClaimMark(product_id=asset.product_id, claim=old.claim, version=version)
        if found.place is None:
            mark.state = ClaimState.GONE
        else:
            for name, value in _stands(found.place, old.claim).items():
                setattr(mark, name, value)
            if found.same and old.state != ClaimState.GONE:
                mark.state = old.state
            else:
                ever = any(claim_id == old.claim_id for claim_id, _ in earlier)
                mark.state = ClaimState.CHANGED if ever else ClaimState.UNSIGNED
            _restore(mark, earlier)
            old.claim.text = mark.text
        made.append(mark)
    ClaimMark.objects.bulk_create(made)
    Claim.objects.bulk_update([old.claim for old in old_marks], ["text"])


def _signatures(marks: Sequence[ClaimMark]) -> dict[tuple[int, str], ClaimMark]:
    """The newest signature of each claim for each of its wordings."""
    rows = ClaimMark.objects.filter(
        claim_id__in=[each.claim_id for each in marks], state=ClaimState.SIGNED
    ).order_by("version__number")
    return {(each.claim_id, each.sha256): each for each in rows}


def _restore(mark: ClaimMark, earlier: dict[tuple[int, str], ClaimMark]) -> None:
    signed = earlier.get((mark.claim.pk, mark.sha256))
    if signed is not None:
        mark.state = ClaimState.SIGNED
        mark.signed_by_id, mark.signed_at = signed.signed_by_id, signed.signed_at
        mark.signed_in = signed.signed_in
    elif mark.state == ClaimState.SIGNED:
        mark.state = ClaimState.CHANGED
        mark.signed_by, mark.signed_at, mark.signed_in = None, None, None


def _newest(version: Version) -> Asset:
    """The asset, locked, once ``version`` is its newest. Raises Conflict, and Invalid where it is no text."""
    Product.objects.select_for_update(no_key=True).get(pk=version.product_id)
    asset = Asset.objects.locked(version.asset_id)
    if version.kind != AssetKind.TEXT:
        raise Invalid(
            "Claims are marked in scripts and other texts. Nothing was saved.", code="not_text"
        )
    if asset.versions_count != version.number:
        raise Conflict(
            f"Version {asset.versions_count} was uploaded meanwhile. Nothing was saved: look at the claims there.",
            code="newer_version",
            extra={"version": asset.versions_count},
        )
    return asset


def holds_claims(version: Version) -> bool:
    """Whether its claims are a part of what was approved: another claim may take approvals, and it out of force."""
    return version.state in (VersionState.APPROVED, VersionState.PUBLISHED)


def _need_loose(actor: Actor, asset: Asset) -> None:
    """What an approved version claims is changed by those who publish. Raises Conflict. Asset locked."""
    version = asset.versions.get(number=asset.versions_count)
    if holds_claims(version) and not rights.allowed(actor, "asset.publish", asset.product):
        raise Conflict(
            f"Version {version.number} is {version.get_state_display().lower()}, and its claims are a part of what was"
            " approved: another one may take its approvals, and it out of force. Ask whoever may publish, or do it in"
            " the next version. Nothing was saved.",
            code="approved",
        )


def _newest_of(asset: Asset) -> Version:
    version = asset.versions.get(number=asset.versions_count)
    version.asset = asset
    return version


def _open(asset: Asset, pk: int) -> Claim:
    claim = asset.claims.filter(pk=pk, withdrawn_at=None).first()
    if claim is None:
        raise Conflict(
            "This claim was withdrawn meanwhile. Nothing was saved.", code="claim_withdrawn"
        )
    claim.asset = asset
    return claim


def _place(version: Version, span: Span) -> finding.Place:
    try:
        with store().open(version.product_id, version.sha256) as file:
            whole = reading.decoded(file.read())
    except FileNotFoundError as error:
        raise NotFound("The file of this version is missing on the server.") from error
    lines = reading.lines(whole)
    try:
        if not 1 <= span.first_line <= span.last_line <= len(lines):
            raise ValueError
        end = len(lines[span.last_line - 1]) if span.last_column is None else span.last_column
        place = finding.at(
            whole,
            finding.offset(lines, span.first_line, span.first_column),
            finding.offset(lines, span.last_line, end),
        )
    except ValueError as error:
        raise Invalid(
            "There are no words at this place. Nothing was saved.",
            code="no_words",
            fields={"first_line": ["Select the words of the claim."]},
        ) from error
    if len(place.text) > WORDS_LIMIT:
        raise Invalid(
            "A claim is a statement, not a chapter. Nothing was saved.",
            fields={"last_line": [f"Select at most {WORDS_LIMIT:,} characters."]},
        )
    return place


def _given(
    version: Version, source: str, source_url: str, brief_line: BriefLine | None
) -> dict[str, Any]:
    source = text.one_line(source)
    if len(source) > SOURCE_LIMIT:
        raise Invalid(
            "The source is too long. Nothing was saved.",
            fields={"source": [f"Use at most {SOURCE_LIMIT} characters."]},
        )
    source_url = source_url.strip()
    if source_url and not source_url.startswith(("https://", "http://")):
        raise Invalid(
            "The address of the source is not one. Nothing was saved.",
            fields={"source_url": ["Begin with https://."]},
        )
    if brief_line is not None and brief_line.product_id != version.product_id:
        raise Invalid(
            "There is no such line of a brief.", fields={"brief_line": ["Choose another."]}
        )
    return {"source": source, "source_url": source_url, "brief_line": brief_line}


def _said(words: str, claim: Claim) -> str:
    """What a signature is given for: the words, and the source that they rest on."""
    return text_parts.digest("\x1f".join((words, claim.source, claim.source_url)))


def _stands(place: finding.Place, claim: Claim) -> dict[str, Any]:
    return {
        "text": place.text,
        "sha256": _said(place.text, claim),
        "start": place.start,
        "end": place.end,
        "first_line": place.first_line,
        "last_line": place.last_line,
    }


def _recorded(
    actor: Actor,
    asset: Asset,
    claim: Claim,
    verb: str,
    fields: Mapping[str, tuple[object, object]],
    right: str,
    now: datetime,
    version: Version,
    reason: str = "",
) -> None:
    """The change in the log, the part in the version, and everybody who holds to it told."""
    changes.record(
        actor=actor,
        product=asset.product,
        now=now,
        entries=[
            changes.Entry(
                verb,
                claim,
                asset.item,
                {"asset": (None, asset.name), "version": (None, version.number), **fields},
                reason=reason,
                right=right,
            )
        ],
    )
    if version.kind == AssetKind.TEXT and parts.set_parts(
        version, {"claims": parts.claims_part(version)}
    ):
        events.publish("version.parts_known", asset_id=asset.pk, version_id=version.pk, now=now)
