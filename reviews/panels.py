"""What reviews show on pages of the apps below: where versions stand, and what waits for me."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.models import Version
from assets.panels import Mark
from assets.vocabulary import VersionState
from backlog.models import Increment
from backlog.panels import Panel
from backlog.vocabulary import IncrementState
from reviews import entry, planning, selectors
from reviews.models import ReviewCycle, Stage
from reviews.vocabulary import TONES, ApprovalState, CycleState, StageState, Verdict

HOME_ROWS = 8
STAGE_TONES = {
    StageState.OPEN: "warn",
    StageState.APPROVED: "good",
    StageState.CHANGES_REQUESTED: "bad",
}


def version_marks(*, actor: Actor, versions: Sequence[Version]) -> dict[int, Mark]:
    """Where each version stands."""
    found = selectors.standings([version.pk for version in versions])
    marks = {}
    for version in versions:
        standing = found[version.pk]
        cycle = standing.cycle
        url = reverse("review", args=[version.asset.product.key, cycle.pk]) if cycle else ""
        data: dict[str, Any] = {"state": standing.state, "id": cycle.pk if cycle else None}
        marks[version.pk] = Mark("review", standing.word, TONES[standing.state], url, data)
    return marks


def version_panel(*, actor: Actor, version: Version) -> Panel:
    """The rounds of a version, and the way to start one."""
    product = version.asset.product
    rounds = selectors.newest_first(
        ReviewCycle.objects.filter(version=version), cursor=None, size=20
    ).cycles
    for cycle in rounds:
        cycle.product = product
    newest = version.number == version.asset.versions_count
    open_ = any(cycle.state == CycleState.OPEN for cycle in rounds)
    outstanding = (
        planning.outstanding(version)
        if version.state in (VersionState.APPROVED, VersionState.PUBLISHED)
        else []
    )
    context = {
        "rounds": [{"cycle": cycle, "stages": stage_rows(cycle)} for cycle in rounds],
        "may_start": newest
        and not open_
        and (version.state == VersionState.DRAFT or bool(outstanding))
        and rights.allowed(actor, "review.start", product),
        "is_newest": newest,
        "outstanding": outstanding,
    }
    return Panel("review", "Review", "reviews/_version_panel.html", context)


def foreseen_panel(*, actor: Actor, increment: Increment) -> Panel | None:
    """Which layers the versions of an increment go through, whom each asks, what for and until when (R107)."""
    if increment.state == IncrementState.CUT:
        return None
    found = planning.foreseen(increment.item, increment)
    context = {
        "plan": found.plan,
        "steps": [
            {"number": number, "layers": [each for each in found.needed if each.step == step]}
            for number, step in enumerate(sorted({each.step for each in found.needed}), start=1)
        ],
    }
    return Panel("foreseen", "Who reviews it", "reviews/_foreseen.html", context)


def conditions_panel(*, actor: Actor, version: Version) -> Panel | None:
    """Under what conditions the version was approved, layer by layer (R116). One query."""
    newest = version.number == version.asset.versions_count
    found = [
        each
        for each in selectors.approvals_of(version.asset)
        if each.conditions
        and each.state != ApprovalState.REVOKED
        and (each.version_id == version.pk or (newest and each.state == ApprovalState.VALID))
    ]
    if not found:
        return None
    context = {"approvals": found}
    return Panel("conditions", "Approved under conditions", "reviews/_conditions.html", context)


def outstanding_marks(*, actor: Actor, versions: Sequence[Version]) -> dict[int, Mark]:
    """Which layers still have to approve, since a signed brief demands them. At most nine queries."""
    found = planning.outstanding_of(versions)
    return {
        pk: Mark(
            "outstanding",
            _("waits for %(layers)s") % {"layers": ", ".join(each.layer.name for each in lacking)},
            "warn",
        )
        for pk, lacking in found.items()
    }


def outstanding_panel(*, actor: Actor, version: Version) -> Panel | None:
    """Which layers a signed brief demands that have not approved the version: it is not published before (R117)."""
    found = planning.outstanding(version)
    if not found:
        return None
    context = {
        "outstanding": found,
        "may_start": version.number == version.asset.versions_count
        and rights.allowed(actor, "review.start", version.asset.product),
    }
    title = _("Not to be published yet")
    return Panel("outstanding", title, "reviews/_outstanding.html", context, stops=True)


def approvals_panel(*, actor: Actor, version: Version) -> Panel | None:
    """Every approval of the asset as a record: who gave it, when, for which version, and whether it holds (R116)."""
    rows = selectors.approvals_of(version.asset)
    if not rows:
        return None
    said = selectors.given_by(rows)
    context = {
        "rows": [{"approval": row, "given_by": said[row.pk]} for row in rows],
        "may_revoke": rights.allowed(actor, "review.revoke", version.asset.product),
    }
    return Panel("approvals", "Approvals", "reviews/_approvals.html", context)


def stage_rows(cycle: ReviewCycle) -> list[dict[str, Any]]:
    """Stages with who is asked and what they said. Needs the round loaded by ``selectors.with_stages``."""
    return [
        {
            "stage": stage,
            "product_key": cycle.product.key,
            "tone": STAGE_TONES.get(StageState(stage.state), ""),
            "approvals": selectors.approvals(stage),
            "people": _people(stage),
            "planned": stage.state == StageState.WAITING and selectors.is_planned(cycle),
            "missing": entry.missing(cycle, stage)
            if stage.state == StageState.WAITING and stage.entry and not selectors.is_planned(cycle)
            else [],
        }
        for stage in selectors.stages_of(cycle)
    ]


def _people(stage: Stage) -> list[dict[str, Any]]:
    said = {decision.reviewer_id: decision for decision in stage.decisions.all()}
    return [
        {
            "person": asked.reviewer,
            "decision": said.get(asked.reviewer_id),
            "approved": asked.reviewer_id in said
            and said[asked.reviewer_id].verdict == Verdict.APPROVE,
            "waiting": asked.waiting,
            "stands_in_for": asked.stands_in_for,
        }
        for asked in sorted(stage.assignments.all(), key=lambda each: each.pk)
    ]


def cycle_rows(cycles: Sequence[ReviewCycle]) -> list[dict[str, Any]]:
    """Rounds for lists, as ``selectors.as_listed`` loads them."""
    rows = []
    for cycle in cycles:
        stage = selectors.open_stage(cycle)
        until = stage.until if stage else cycle.due_at
        begins = cycle.opens_at if stage is None and selectors.is_planned(cycle) else None
        rows.append({"cycle": cycle, "stage": stage, "until": until, "begins": begins})
    return rows


def home_panel(*, actor: Actor, product: Product) -> Panel | None:
    """What waits for the person's verdict."""
    waiting = selectors.waiting_for(actor, product, limit=HOME_ROWS + 1)
    if not waiting:
        return None
    context = {"cycle_rows": cycle_rows(waiting[:HOME_ROWS]), "more": len(waiting) > HOME_ROWS}
    return Panel("reviews", "Waiting for your review", "reviews/_home.html", context)
