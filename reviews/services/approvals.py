"""Approvals: given with a stage, void when their material part changes, restored by identical content, revocable (N15).

Whatever changes content (an upload, a worker that found the parts, a claim that was marked) comes here inside its own
transaction, with the asset's row locked first, as a verdict does. What is approved of the newest version is worked out
anew from hashes each time; nothing is carried by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from assets.models import Asset, Version
from assets.services.versions import mark_approved, mark_unapproved
from assets.vocabulary import PART_NAMES, VersionState
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid
from reviews import holding, material, planning, selectors
from reviews.models import Approval, ReviewCycle, Stage
from reviews.services.states import recount
from reviews.vocabulary import ApprovalState, CycleState, StageState

REASON_LIMIT = 2000


def grant(
    *, actor: Actor, cycle: ReviewCycle, stage: Stage, conditions: str, right: str, now: datetime
) -> Approval | None:
    """What an approved stage gives: an approval of the content that its layer declared material. In a transaction."""
    if stage.layer is None:
        return None
    version = cycle.version
    parts = planning.parts_of(version)
    given_for = planning.material_of(stage.layer, version.kind, parts)
    digest = material.digest(given_for)
    approval, made = Approval.objects.exclude(state=ApprovalState.REVOKED).get_or_create(
        asset=cycle.asset,
        layer=stage.layer,
        sha256=digest,
        defaults={
            "product": cycle.product,
            "version": version,
            "stage": stage,
            "material": given_for,
            "conditions": conditions,
            "given_at": now,
        },
    )
    if not made:
        Approval.objects.filter(pk=approval.pk).update(
            state=ApprovalState.VALID, version=version, stage=stage, conditions=conditions, given_at=now,
            voided_at=None, voided_by=None, voided_parts=[],
        )  # fmt: skip
    _record(
        actor,
        version,
        "approval.given",
        approval,
        {"parts": (None, sorted(given_for)), "conditions": (None, conditions)}
        if conditions
        else {"parts": (None, sorted(given_for))},
        right=right,
        now=now,
    )
    return approval


def content_changed(*, asset_id: int, version_id: int, now: datetime | None = None) -> None:
    """Listens to ``version.uploaded`` and ``version.parts_known``: hold every approval against the newest version.

    Idempotent. A version whose every needed layer holds already is approved at once, by a round that records it.
    """
    asset = Asset.objects.locked(asset_id)
    newest = asset.versions.filter(number=asset.versions_count).first()
    if newest is None or newest.pk != version_id:
        return  # an older version: nothing is decided on it any more
    newest.asset = asset
    settle(asset=asset, version=newest, now=now or timezone.now())


def settle(*, asset: Asset, version: Version, now: datetime) -> None:
    """Bring the asset's approvals, its newest version's round and that version's state in step. Asset locked."""
    rows = list(
        Approval.objects.filter(asset=asset)
        .exclude(state=ApprovalState.REVOKED)
        .select_related("layer")
        .order_by("pk")
    )
    if not rows:
        return
    by_pk = {row.pk: row for row in rows}
    parts = planning.parts_of(version)
    given = [
        holding.Given(
            row.pk,
            row.material,
            counted=row.state == ApprovalState.VALID,
            pending=row.state == ApprovalState.VOID and not row.voided_parts,
        )
        for row in rows
    ]
    for outcome in holding.settle(given, parts):
        _write(by_pk[outcome.key], outcome, version, now)
    _settle_version(asset, version, now)


def _write(row: Approval, outcome: holding.Outcome, version: Version, now: datetime) -> None:
    if outcome.state == "valid":
        if row.state == ApprovalState.VALID:
            return
        row.state, row.voided_at, row.voided_by, row.voided_parts = (
            ApprovalState.VALID,
            None,
            None,
            [],
        )
        if outcome.told:
            row.restored_at = now
    else:
        parts = list(outcome.parts)
        if row.state == ApprovalState.VOID and row.voided_parts == parts:
            return
        if row.state == ApprovalState.VALID or outcome.told:
            row.voided_at, row.voided_by = now, version
        row.state, row.voided_parts = ApprovalState.VOID, parts
    row.save(update_fields=["state", "voided_at", "voided_by", "voided_parts", "restored_at"])
    if outcome.told:
        verb = "approval.restored" if outcome.state == "valid" else "approval.voided"
        fields = {"parts": (None, list(outcome.parts))} if outcome.parts else {}
        _record(Actor.system(), version, verb, row, fields, now=now)


def _settle_version(asset: Asset, version: Version, now: datetime) -> None:
    """The round of the version follows: approved while all of its layers' hold, void when one does not."""
    rounds = ReviewCycle.objects.filter(version=version).order_by("-round")
    if not rounds.exists():
        _approve_at_once(asset, version, now)
        return
    newest = rounds.exclude(state=CycleState.WITHDRAWN).first()
    if newest is not None and newest.state == CycleState.OPEN:
        # what an approved version is asked about besides does not keep it approved once it has lost something
        newest = rounds.filter(state=CycleState.APPROVED).first()
    if newest is None or newest.state not in (CycleState.APPROVED, CycleState.VOID):
        return
    whole = not selectors.lapsed(newest)
    state = CycleState.APPROVED if whole else CycleState.VOID
    if newest.state == state:
        return
    if whole:
        ReviewCycle.objects.filter(pk=newest.pk).update(state=state)
        mark_approved(version=version)
    else:
        take_back(version, now)
    recount([asset.item_id])


def take_back(version: Version, now: datetime) -> None:
    """A version is not approved any more, where it was: its rounds are void, and it is a draft. Asset locked."""
    ReviewCycle.objects.filter(version=version, state=CycleState.APPROVED).update(
        state=CycleState.VOID
    )
    mark_unapproved(version=version, now=now)


def refuse_publication(*, asset_id: int, version_id: int) -> None:
    """Listens to ``version.publishing``: a layer that a signed brief demands has not approved it (R117). Conflict."""
    version = Version.objects.select_related("asset__item__product").get(pk=version_id)
    lacking = planning.outstanding(version)
    if lacking:
        each = lacking[0]
        raise Conflict(
            f"{each.demanded[0].key} demands {each.layer.name.lower()}, which has not approved version"
            f" {version.number}. Start a review that asks it. Nothing was changed.",
            code="layer_outstanding",
            extra={"layers": [one.layer.slug for one in lacking]},
        )


def back_in_use(*, asset_id: int, version_id: int, now: datetime) -> None:
    """Listens to ``version.unretired``: it is a draft where its approval was lost while it was retired."""
    version = Version.objects.select_related("asset").get(pk=version_id)
    rounds = ReviewCycle.objects.filter(version=version).exclude(state=CycleState.WITHDRAWN)
    newest = rounds.order_by("-round").first()
    if newest is not None and newest.state == CycleState.VOID:
        mark_unapproved(version=version, now=now)


def _settle_earlier(asset: Asset, approval: Approval, now: datetime) -> None:
    """Earlier versions that the revoked approval held for are not approved any more, in force or not."""
    earlier = asset.versions.exclude(number=asset.versions_count).exclude(state=VersionState.DRAFT)
    for version in earlier.order_by("number"):
        rounds = ReviewCycle.objects.filter(version=version).exclude(state=CycleState.WITHDRAWN)
        latest = rounds.order_by("-round").first()
        if latest is None or latest.state != CycleState.APPROVED:
            continue
        if not latest.stages.filter(layer=approval.layer).exists():
            continue
        given_for = planning.material_of(approval.layer, version.kind, planning.parts_of(version))
        if material.digest(given_for) != approval.sha256:
            continue
        version.asset = asset
        take_back(version, now)
    recount([asset.item_id])


def _approve_at_once(asset: Asset, version: Version, now: datetime) -> None:
    """A round that nobody was asked in: every layer needed approved this very content before."""
    if (
        version.state != VersionState.DRAFT
        or asset.review_cycles.filter(state=CycleState.OPEN).exists()
    ):
        return
    needed = planning.proposal(asset).needed
    if not needed or planning.still_missing(needed):
        return
    cycle = ReviewCycle.objects.create(
        product=asset.product,
        asset=asset,
        version=version,
        round=1,
        state=CycleState.APPROVED,
        purpose="Approved before: the parts that matter are the same.",
        started_at=now,
        closed_at=now,
    )
    carry(cycle, needed, now)
    mark_approved(version=version)
    _record_round(cycle, now)
    recount([asset.item_id])


def carry(cycle: ReviewCycle, needed: list[planning.Needed], now: datetime, first: int = 0) -> None:
    """Stages of a round whose approvals hold already: approved, and nobody asked."""
    Stage.objects.bulk_create(
        [
            Stage(
                cycle=cycle,
                layer=each.layer,
                kind=each.layer.slug,
                name=each.layer.name,
                purpose=each.layer.purpose,
                position=position,
                step=each.step,
                quorum=1,
                checklist=each.layer.checklist,
                answers_needed=each.layer.answers_needed,
                material=material.declared(each.layer.material, cycle.version.kind),
                state=StageState.APPROVED,
                closed_at=now,
                carried_from=each.holds,
            )
            for position, each in enumerate(needed, start=first)
        ]
    )


@transaction.atomic
def revoke(
    *, actor: Actor, approval: Approval, reason: str, now: datetime | None = None
) -> Approval:
    """Take an approval back, for good. What it approved is open again; the layer can be asked anew.

    Every version that it held for is a draft again, also an earlier one that is in force.

    Raises Invalid (no reason), Conflict (revoked already), NotAllowed.
    """
    right = rights.require(actor, "review.revoke", approval.product)
    reason = text.body(reason, field="reason", limit=REASON_LIMIT).strip()
    if not reason:
        raise Invalid(
            "Say why the approval is revoked.",
            fields={"reason": ["Whoever relied on it will read this."]},
        )
    now = now or timezone.now()
    asset = Asset.objects.locked(approval.asset_id)
    moved = (
        Approval.objects.filter(pk=approval.pk)
        .exclude(state=ApprovalState.REVOKED)
        .update(
            state=ApprovalState.REVOKED,
            revoked_at=now,
            revoked_by=actor.user,
            revoked_reason=reason,
        )
    )
    if not moved:
        raise Conflict("This approval was revoked already. Nothing was changed.", code="revoked")
    approval.refresh_from_db()
    newest = asset.versions.get(number=asset.versions_count)
    newest.asset = asset
    _record(actor, newest, "approval.revoked", approval, {}, right=right, reason=reason, now=now)
    _settle_version(asset, newest, now)
    _settle_earlier(asset, approval, now)
    return approval


def part_words(kind: str, names: list[str]) -> list[str]:
    """Names of parts in words: "what is said"."""
    words = PART_NAMES.get(kind, {})
    return [words.get(name, name) for name in names]


def _record(
    actor: Actor,
    version: Version,
    verb: str,
    approval: Approval,
    fields: Mapping[str, tuple[object, object]],
    *,
    right: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    asset = version.asset
    about: dict[str, tuple[object, object]] = {
        "asset": (None, asset.name),
        "version": (None, version.number),
        "stage": (None, approval.layer.name),
        "sha256": (None, approval.sha256),
    }
    entry = changes.Entry(
        verb, approval, asset.item, {**about, **fields}, reason=reason, right=right
    )
    changes.record(actor=actor, product=asset.product, entries=[entry], now=now)


def _record_round(cycle: ReviewCycle, now: datetime) -> None:
    fields: dict[str, tuple[object, object]] = {
        "asset": (None, cycle.asset.name),
        "version": (None, cycle.version.number),
        "round": (None, cycle.round),
        "sha256": (None, cycle.version.sha256),
        "review": (None, CycleState.APPROVED.value),
    }
    entry = changes.Entry("review.carried", cycle, cycle.asset.item, fields)
    changes.record(actor=Actor.system(), product=cycle.product, entries=[entry], now=now)
