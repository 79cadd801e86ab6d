"""What must always hold for reviews: every state follows from the decisions, which name their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q

from assets.models import Version, VersionPart
from assets.vocabulary import VersionState
from backlog.models import ItemSummary
from core.invariants import Finding
from reviews import holding, material, selectors
from reviews.models import Approval, Assignment, Decision, ReviewCycle, Stage
from reviews.vocabulary import ApprovalState, CycleState, StageState, Verdict

CHUNK = 500


def findings(*, now: datetime | None = None) -> Iterator[Finding]:
    """Everything that is wrong, but for the summaries."""
    yield from _decisions()
    yield from _rounds()
    yield from _assignments()
    yield from _versions()
    yield from _approvals()
    yield from _newest_rounds()


def _decisions() -> Iterator[Finding]:
    made = Decision.objects.order_by("pk")
    for pk in made.exclude(sha256=F("version__sha256")).values_list("pk", flat=True):
        yield Finding(
            "decision names its bytes", f"decision {pk}", "its hash is not that of the version"
        )
    for pk in made.exclude(version=F("stage__cycle__version")).values_list("pk", flat=True):
        yield Finding(
            "decision names its bytes", f"decision {pk}", "its stage belongs to another version"
        )
    for pk in made.filter(reviewer=F("version__uploaded_by")).values_list("pk", flat=True):
        yield Finding(
            "nobody decides on own work", f"decision {pk}", "the reviewer uploaded the version"
        )
    asked = Assignment.objects.filter(stage=OuterRef("stage"), reviewer=OuterRef("reviewer"))
    for pk in made.exclude(Exists(asked)).values_list("pk", flat=True):
        yield Finding(
            "only who is asked decides",
            f"decision {pk}",
            "the reviewer was not asked in this stage",
        )
    twice = (
        made.order_by()
        .values("version", "stage", "reviewer")
        .annotate(count=Count("pk"))
        .filter(count__gt=1)
    )
    for row in twice:
        yield Finding(
            "one decision a person",
            f"stage {row['stage']}",
            f"{row['count']} by user {row['reviewer']}",
        )


def _rounds() -> Iterator[Finding]:
    rows = selectors.with_stages(ReviewCycle.objects.select_related("asset", "version")).order_by(
        "pk"
    )
    for cycle in rows.iterator(chunk_size=CHUNK):
        stages = selectors.stages_of(cycle)
        for problem in _wrong(cycle, stages):
            yield Finding("states follow from decisions", f"review {cycle.pk}", problem)


def _wrong(cycle: ReviewCycle, stages: list[Stage]) -> Iterator[str]:
    made = [decision for stage in stages for decision in stage.decisions.all()]
    if cycle.decisions_count != len(made):
        yield f"{len(made)} decisions, counted {cycle.decisions_count}"
    if cycle.state == CycleState.OPEN and cycle.version.number != cycle.asset.versions_count:
        yield "open on a version that is not the newest"
    verdicts = {stage.pk: _should(stage) for stage in stages}
    undone = [stage.step for stage in stages if verdicts[stage.pk] is not StageState.APPROVED]
    step = min(undone, default=None)
    for stage in stages:
        expected = [verdicts[stage.pk]] if verdicts[stage.pk] else _undecided(cycle, stage, step)
        if stage.state not in expected:
            words = " or ".join(each.value for each in expected if each)
            yield f"{stage} is {stage.state}, its decisions say {words}"
        behind = any(each < stage.step for each in undone)
        if behind and stage.decisions.all():
            yield f"{stage} has decisions before the stage ahead of it approved"
    if StageState.CHANGES_REQUESTED in verdicts.values():
        should: tuple[CycleState, ...] = (CycleState.CHANGES_REQUESTED,)
    elif not undone:
        # void: its content changed, or an approval was revoked, after it had been approved
        should = (CycleState.APPROVED, CycleState.VOID)
    else:
        should = (CycleState.OPEN, CycleState.SUPERSEDED, CycleState.WITHDRAWN)
    if cycle.state not in should:
        yield f"the round is {cycle.state}, its stages say {' or '.join(should)}"


def _undecided(cycle: ReviewCycle, stage: Stage, step: int | None) -> list[StageState | None]:
    if cycle.state != CycleState.OPEN:
        return [StageState.VOID]
    if stage.step != step:
        return [StageState.WAITING]
    may_wait = stage.entry or cycle.opens_at
    return [StageState.WAITING, StageState.OPEN] if may_wait else [StageState.OPEN]


def _should(stage: Stage) -> StageState | None:
    """What the decisions make of a stage; None while they settle nothing. A carried one was approved before."""
    if stage.carried_from_id is not None:
        return StageState.APPROVED
    verdicts = [decision.verdict for decision in stage.decisions.all()]
    if Verdict.REQUEST_CHANGES in verdicts:
        return StageState.CHANGES_REQUESTED
    return StageState.APPROVED if verdicts.count(Verdict.APPROVE) >= stage.quorum else None


def _assignments() -> Iterator[Finding]:
    decided = Decision.objects.filter(stage=OuterRef("stage"), reviewer=OuterRef("reviewer"))
    rows = Assignment.objects.annotate(decided=Exists(decided)).order_by("pk")
    should_wait = Q(stage__state=StageState.OPEN, decided=False)
    for pk in rows.filter(Q(waiting=False), should_wait).values_list("pk", flat=True):
        yield Finding(
            "what waits is listed",
            f"assignment {pk}",
            "it waits for a verdict and is not marked so",
        )
    for pk in rows.filter(waiting=True).exclude(should_wait).values_list("pk", flat=True):
        yield Finding(
            "what waits is listed", f"assignment {pk}", "it is marked as waiting and is not"
        )
    others = ReviewCycle.objects.exclude(asset=F("version__asset")).order_by("pk")
    for pk in others.values_list("pk", flat=True):
        yield Finding("one asset", f"review {pk}", "its version belongs to another asset")


def _versions() -> Iterator[Finding]:
    approved = ReviewCycle.objects.filter(version=OuterRef("pk"), state=CycleState.APPROVED)
    rows = Version.objects.annotate(approved=Exists(approved)).order_by("pk")
    for pk in rows.filter(state=VersionState.DRAFT, approved=True).values_list("pk", flat=True):
        yield Finding(
            "states follow from decisions", f"version {pk}", "a round approved it and it is a draft"
        )
    for pk in rows.filter(state=VersionState.APPROVED, approved=False).values_list("pk", flat=True):
        yield Finding(
            "states follow from decisions",
            f"version {pk}",
            "it is approved and no round approved it",
        )


def _approvals() -> Iterator[Finding]:
    """Approvals are bound to hashes: their own, and those of the newest version."""
    rows = Approval.objects.exclude(state=ApprovalState.REVOKED).select_related("asset")
    parts: dict[int, dict[str, str]] = {}
    for row in rows.order_by("asset", "pk").iterator(chunk_size=CHUNK):
        if material.digest(row.material) != row.sha256:
            yield Finding(
                "approvals name their content",
                f"approval {row.pk}",
                "its hash is not that of its parts",
            )
        if row.asset_id not in parts:
            newest = VersionPart.objects.filter(
                version__asset=row.asset_id, version__number=row.asset.versions_count
            )
            parts = {row.asset_id: dict(newest.values_list("name", "sha256"))}
        state, _changed = holding.held(row.material, parts[row.asset_id])
        if (state == "valid") != (row.state == ApprovalState.VALID):
            yield Finding(
                "approvals hold for their content",
                f"approval {row.pk}",
                f"it is {row.state}, the newest version's parts say {state}",
            )


def _newest_rounds() -> Iterator[Finding]:
    """The latest round on an asset's newest version is approved just as long as all its approvals hold."""
    later = ReviewCycle.objects.filter(
        version=OuterRef("version"), round__gt=OuterRef("round")
    ).exclude(state=CycleState.WITHDRAWN)
    rows = ReviewCycle.objects.filter(
        ~Exists(later),
        state__in=[CycleState.APPROVED, CycleState.VOID],
        version__number=F("asset__versions_count"),
    )
    for cycle in rows.order_by("pk").iterator(chunk_size=CHUNK):
        lost = [stage.name for stage in selectors.lapsed(cycle)]
        if bool(lost) != (cycle.state == CycleState.VOID):
            yield Finding(
                "states follow from approvals",
                f"review {cycle.pk}",
                f"it is {cycle.state}, approvals that do not hold: {', '.join(lost) or 'none'}",
            )


def summary_findings(*, now: datetime | None = None) -> Iterator[Finding]:
    """Items whose summary differs from what their assets and rounds say."""
    last = 0
    while True:
        rows = ItemSummary.objects.filter(pk__gt=last).order_by("pk")
        page = list(rows.values_list("pk", "review_state", "assets_count")[:CHUNK])
        if not page:
            return
        last = page[-1][0]
        states = selectors.item_states([pk for pk, _, _ in page])
        for pk, state, count in page:
            if states[pk] != (state, count):
                yield Finding(
                    "summaries are right",
                    f"item {pk}",
                    f"says {state or 'none'}, {count}; should be {states[pk]}",
                )
