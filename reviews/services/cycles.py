"""Rounds of review: started on the newest version, closed by a newer one or by whoever may start them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import User
from assets.models import Asset, Version
from assets.vocabulary import VersionState
from backlog.brief_lines import versions_in_force
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid
from reviews import material, planning, selectors
from reviews.access import possible_reviewers, possible_reviewers_of
from reviews.jobs.opening import advance
from reviews.models import Assignment, Contradiction, Layer, ReviewCycle, Stage
from reviews.services import approvals
from reviews.services.states import recount
from reviews.vocabulary import ContradictionState, CycleState, StageState

REASON_LIMIT = 2000
PURPOSE_LIMIT = 300
#: How far ahead a round can be planned.
FURTHEST = timedelta(days=366)


@dataclass(frozen=True)
class StagePlan:
    """Who is asked in a layer (its slug), and how many of them must approve (None: as the plan or the layer says, else
    all). ``step`` None: as the plan says, else behind everything.
    """

    kind: str
    reviewers: Sequence[User]
    quorum: int | None = None
    step: int | None = None


@dataclass(frozen=True)
class _Asked:
    """A stage as it will be made."""

    layer: Layer
    reviewers: Sequence[User]
    quorum: int
    step: int
    deadline_hours: int | None


@transaction.atomic
def start_review(
    *,
    actor: Actor,
    version: Version,
    stages: Sequence[StagePlan],
    purpose: str = "",
    opens_at: datetime | None = None,
    due_at: datetime | None = None,
    now: datetime | None = None,
) -> ReviewCycle:
    """Open a round on the newest version: every layer that plan or brief want and whose approval does not hold.

    A layer whose approval holds for this content is carried (N15) unless somebody is named for it. Nobody reviews what
    they uploaded themselves. An approved version is asked about again where a brief demands more by now. With
    ``opens_at`` it is planned: nobody is asked before that day.

    Raises Invalid (who is asked, by layer; dates), Conflict (not the newest version, approved already, a round is
    open), NotAllowed.
    """
    product = version.asset.product
    right = rights.require(actor, "review.start", product)
    now = now or timezone.now()
    _need_dates(opens_at, due_at, now)
    purpose = text.one_line(purpose)[:PURPOSE_LIMIT]
    asset = Asset.objects.locked(version.asset_id)
    version.refresh_from_db(fields=["state"])
    _may_start(asset, version)
    proposal = planning.proposal(asset)
    asked = _checked(version, stages, proposal)
    named = {each.layer.pk for each in asked}
    carried = [each for each in proposal.needed if each.holds and each.layer.pk not in named]
    opposite = Contradiction.objects.filter(version=version, state=ContradictionState.OPEN).count()
    before = ReviewCycle.objects.filter(version=version).count()
    cycle = ReviewCycle.objects.create(
        product=product,
        asset=asset,
        version=version,
        round=before + 1,
        plan=proposal.plan,
        purpose=purpose,
        opens_at=opens_at,
        due_at=due_at,
        started_by=actor.user,
        started_at=now,
    )
    approvals.carry(cycle, carried, now, first=len(asked))
    for position, each in enumerate(asked):
        _ask(actor, cycle, each, position, now)
    fields = {
        **about(cycle),
        "review": (None, CycleState.OPEN.value),
        **{each.layer.slug: (None, [str(one) for one in each.reviewers]) for each in asked},
        **({"opens_at": (None, opens_at)} if opens_at else {}),
        **({"carried": (None, [each.layer.name for each in carried])} if carried else {}),
        **({"contradictions": (None, opposite)} if opposite else {}),
    }
    _record(actor, cycle, "review.started", fields, right=right, reason=purpose, now=now)
    advance(cycle, now)
    recount([asset.item_id])
    return cycle


def _ask(actor: Actor, cycle: ReviewCycle, asked: _Asked, position: int, now: datetime) -> None:
    """A stage with its reviewers. Its deadline counts from when the round begins and moves to when it opens."""
    layer, hours = asked.layer, asked.deadline_hours
    stage = Stage.objects.create(
        cycle=cycle,
        layer=layer,
        kind=layer.slug,
        name=layer.name,
        purpose=layer.purpose,
        position=position,
        step=asked.step,
        quorum=asked.quorum,
        checklist=layer.checklist,
        answers_needed=layer.answers_needed,
        material=material.declared(layer.material, cycle.version.kind),
        private=layer.private,
        entry=layer.entry,
        due_at=cycle.begins + timedelta(hours=hours) if hours else None,
    )
    Assignment.objects.bulk_create(
        [
            Assignment(
                product=cycle.product,
                stage=stage,
                reviewer=reviewer,
                assigned_by=actor.user,
                assigned_at=now,
            )
            for reviewer in asked.reviewers
        ]
    )


def ask_demanded(cycle: ReviewCycle, now: datetime) -> bool:
    """Ask, as the last step of an open round, what signed briefs demand by now and nobody approved (R117).

    A layer whose group nobody of may decide is left out: publishing waits for it. True when a stage was added. Call
    with the asset locked.
    """
    version = cycle.version
    there = dict(cycle.stages.values_list("layer", "step"))
    able = set(possible_reviewers_of(version).values_list("pk", flat=True))
    added: list[tuple[planning.Needed, _Asked]] = []
    for each in planning.outstanding(version):
        group = [person for person in each.layer.reviewers.all() if person.pk in able]
        if each.layer.pk in there or not group:
            continue
        quorum = min(each.quorum or len(group), len(group))
        step = max(there.values(), default=-1) + 1
        asked = _Asked(each.layer, group, quorum, step, each.deadline_hours)
        _ask(Actor.system(), cycle, asked, len(there) + len(added), now)
        added.append((each, asked))
    if not added:
        return False
    fields: dict[str, tuple[object, object]] = {
        **about(cycle),
        **{each.layer.slug: (None, [str(one) for one in asked.reviewers]) for each, asked in added},
    }
    keys = dict.fromkeys(line.key for each, _asked in added for line in each.demanded)
    reason = f"Demanded by {', '.join(keys)}."
    _record(Actor.system(), cycle, "review.extended", fields, reason=reason, now=now)
    advance(cycle, now)
    return True


def brief_signed(*, brief_id: int, number: int, now: datetime) -> None:
    """Listens to ``brief.signed``: open rounds on what the brief governs ask the layers that its lines demand."""
    rounds = ReviewCycle.objects.filter(
        asset__item__governed_by__brief=brief_id, state=CycleState.OPEN
    )
    for pk, asset_id in list(rounds.order_by("asset_id").values_list("pk", "asset_id")):
        Asset.objects.locked(asset_id)
        cycle = (
            ReviewCycle.objects.filter(pk=pk, state=CycleState.OPEN)
            .select_related("product", "asset__item__product", "version")
            .first()
        )
        if cycle is not None:
            ask_demanded(selectors.within(cycle, cycle.product), now)


def _checked(
    version: Version, stages: Sequence[StagePlan], proposal: planning.Proposal
) -> list[_Asked]:
    """What will be asked, in the order of the steps. Raises Invalid naming each layer that is not right."""
    given = {plan.kind: plan for plan in stages}
    needed = {each.layer.slug: each for each in proposal.needed}
    layers = {layer.slug: layer for layer in proposal.others} | {
        slug: each.layer for slug, each in needed.items()
    }
    if len(given) != len(stages) or given.keys() - layers.keys():
        raise Invalid(
            "Each layer is named once.",
            fields={"stages": [f"Use {', '.join(sorted(layers))}, each once."]},
        )
    problems: dict[str, list[str]] = {}
    able = set(possible_reviewers(version.asset.product).values_list("pk", flat=True))
    last = max((each.step for each in proposal.needed), default=-1) + 1
    asked = []
    for slug, layer in layers.items():
        plan, wanted = given.get(slug), needed.get(slug)
        people = list({each.pk: each for each in plan.reviewers}.values()) if plan else []
        if not people:
            if wanted is not None and wanted.holds is None:
                problems[slug] = [_why_needed(wanted)]
            continue
        unable = [str(each) for each in people if each.pk not in able]
        quorum = plan.quorum if plan else None
        if any(each.pk == version.uploaded_by_id for each in people):
            problems[slug] = [f"{version.uploaded_by} uploaded this version and cannot review it."]
        elif unable:
            problems[slug] = [
                f"{unable[0]} may not decide in reviews of {version.asset.product.name}."
            ]
        elif quorum is not None and not 1 <= quorum <= len(people):
            problems[slug] = [f"At least 1 and at most {len(people)}: so many are chosen."]
        standard = (wanted.quorum if wanted else layer.quorum) or len(people)
        step = plan.step if plan and plan.step is not None else wanted.step if wanted else last
        hours = wanted.deadline_hours if wanted else layer.deadline_hours
        asked.append(_Asked(layer, people, quorum or min(standard, len(people)), step, hours))
    if problems:
        raise Invalid("The review was not started.", fields=problems)
    if not asked:
        raise Invalid(
            "Everything that this version needs is approved already. Name reviewers of a layer to ask it again.",
            code="nothing_to_ask",
        )
    return sorted(asked, key=lambda each: (each.step, each.layer.position, each.layer.pk))


def _why_needed(wanted: planning.Needed) -> str:
    if wanted.demanded:
        line = wanted.demanded[0]
        return f"Choose at least one reviewer: {line.key} of the brief demands it."
    return "Choose at least one reviewer."


def _may_start(asset: Asset, version: Version) -> None:
    if version.number != asset.versions_count:
        raise Conflict(
            f"Version {asset.versions_count} was uploaded after version {version.number}. Review the newest one.",
            code="not_newest",
        )
    approved = version.state in (VersionState.APPROVED, VersionState.PUBLISHED)
    if version.state != VersionState.DRAFT and not (approved and planning.outstanding(version)):
        raise Conflict(
            f"Version {version.number} is {version.get_state_display().lower()} already.",
            code="decided",
        )
    if ReviewCycle.objects.filter(asset=asset, state=CycleState.OPEN).exists():
        raise Conflict(f"Version {version.number} is in review already.", code="in_review")


def _need_dates(
    opens_at: datetime | None,
    due_at: datetime | None,
    now: datetime,
    known: Collection[datetime | None] = (),
) -> None:
    """Raises Invalid for days that are over, too far away, or in the wrong order; ``known`` ones may be over."""
    problems: dict[str, list[str]] = {}
    if opens_at is not None and opens_at not in known:
        if opens_at <= now:
            problems["opens_at"] = ["This moment is over. Leave it empty to begin at once."]
        elif opens_at > now + FURTHEST:
            problems["opens_at"] = [f"At most {FURTHEST.days} days from now."]
    if due_at is not None and due_at not in known and due_at <= now:
        problems["due_at"] = ["This moment is over. Give the reviewers a later one, or none."]
    elif due_at is not None and opens_at is not None and due_at <= opens_at:
        problems["due_at"] = ["This is before the review begins."]
    if problems:
        raise Invalid("These days do not fit. Nothing was changed.", fields=problems)


@transaction.atomic
def set_dates(
    *,
    actor: Actor,
    cycle: ReviewCycle,
    opens_at: datetime | None,
    due_at: datetime | None,
    now: datetime | None = None,
) -> ReviewCycle:
    """When an open round begins (None: at once), and until when its verdicts are wanted.

    Raises Invalid, Conflict (closed; ``opens_at`` of a round that has begun), NotAllowed.
    """
    right = rights.require(actor, "review.start", cycle.product)
    now = now or timezone.now()
    Asset.objects.locked(cycle.asset_id)
    cycle.refresh_from_db(fields=["state", "opens_at", "due_at"])
    if cycle.state != CycleState.OPEN:
        raise Conflict("This review is closed already. Nothing was changed.", code="closed")
    before = {"opens_at": cycle.opens_at, "due_at": cycle.due_at}
    begun = cycle.opens_at is None or cycle.opens_at <= now
    if begun and opens_at != cycle.opens_at:
        raise Conflict(
            "This review has begun already, so its beginning cannot be moved. Nothing was changed.",
            code="begun",
        )
    _need_dates(opens_at, due_at, now, known=before.values())
    moved = (opens_at or now) - cycle.begins if not begun else timedelta()
    late = cycle.stages.filter(state=StageState.WAITING, due_at__isnull=False)
    for stage in late:
        stage.due_at = stage.due_at and stage.due_at + moved
        stage.save(update_fields=["due_at"])
    cycle.opens_at = opens_at if begun else (opens_at or now)
    cycle.due_at = due_at
    cycle.save(update_fields=["opens_at", "due_at"])
    fields = {
        name: (was, getattr(cycle, name))
        for name, was in before.items()
        if was != getattr(cycle, name)
    }
    if fields:
        _record(actor, cycle, "review.dated", {**about(cycle), **fields}, right=right, now=now)
    advance(cycle, now)
    return cycle


@transaction.atomic
def withdraw_review(
    *, actor: Actor, cycle: ReviewCycle, reason: str, now: datetime | None = None
) -> ReviewCycle:
    """Close an open round without a verdict, with a reason. Decisions made in it stay as records.

    Raises Invalid (no reason), Conflict (not open any more), NotAllowed.
    """
    right = rights.require(actor, "review.start", cycle.product)
    reason = text.body(reason, field="reason", limit=REASON_LIMIT).strip()
    if not reason:
        raise Invalid(
            "Say why the review is withdrawn.", fields={"reason": ["The reviewers will read this."]}
        )
    Asset.objects.locked(cycle.asset_id)
    now = now or timezone.now()
    if not close(cycle, CycleState.WITHDRAWN, now):
        raise Conflict("This review is closed already. Nothing was changed.", code="closed")
    fields = {**about(cycle), "review": (CycleState.OPEN.value, CycleState.WITHDRAWN.value)}
    _record(actor, cycle, "review.withdrawn", fields, right=right, reason=reason, now=now)
    recount([cycle.asset.item_id])
    return cycle


def version_uploaded(*, asset_id: int, version_id: int, now: datetime | None = None) -> None:
    """Listens to ``version.uploaded``, inside its transaction: an open round on an older version is closed as
    superseded. Its decisions stay, as records of the old bytes; the new version begins unreviewed.
    """
    now = now or timezone.now()
    rows = ReviewCycle.objects.filter(asset_id=asset_id, state=CycleState.OPEN).exclude(
        version_id=version_id
    )
    for cycle in rows.select_related("product", "asset__item", "version").order_by("pk"):
        close(cycle, CycleState.SUPERSEDED, now, by_version=version_id)
        number = Version.objects.values_list("number", flat=True).get(pk=version_id)
        fields = {**about(cycle), "review": (CycleState.OPEN.value, CycleState.SUPERSEDED.value)}
        reason = f"Version {number} was uploaded."
        _record(Actor.system(), cycle, "review.superseded", fields, reason=reason, now=now)
    recount([Asset.objects.values_list("item_id", flat=True).get(pk=asset_id)])


def close(cycle: ReviewCycle, state: str, now: datetime, by_version: int | None = None) -> bool:
    """Bring an open round to its end, once; False when it was closed meanwhile. Stages without a verdict are void.

    The versions of briefs in force now are kept with it.
    """
    moved = ReviewCycle.objects.filter(pk=cycle.pk, state=CycleState.OPEN).update(
        state=state, closed_at=now, closed_by_version=by_version
    )
    if not moved:
        return False
    cycle.state, cycle.closed_at, cycle.closed_by_version_id = state, now, by_version
    Stage.objects.filter(cycle=cycle, state__in=[StageState.OPEN, StageState.WAITING]).update(
        state=StageState.VOID, closed_at=now
    )
    Assignment.objects.filter(stage__cycle=cycle, waiting=True).update(waiting=False)
    cycle.brief_versions.add(*versions_in_force(cycle.asset.item))
    return True


def about(cycle: ReviewCycle) -> dict[str, tuple[object, object]]:
    """What every line of the log about a round says: asset, version, its hash, round."""
    return {
        "asset": (None, cycle.asset.name),
        "version": (None, cycle.version.number),
        "round": (None, cycle.round),
        "sha256": (None, cycle.version.sha256),
    }


def _record(
    actor: Actor,
    cycle: ReviewCycle,
    verb: str,
    fields: dict[str, tuple[object, object]],
    *,
    right: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    entry = changes.Entry(verb, cycle, cycle.asset.item, fields, reason=reason, right=right)
    changes.record(actor=actor, product=cycle.product, entries=[entry], now=now)
