"""Verdicts: approve, or request changes.

A verdict counts for the bytes that the reviewer saw and for nothing else. Three may meet: two reviewers and an upload.
The asset's row is locked first (an upload locks it too), then the round is claimed by a conditional update that only
succeeds while it is open: whoever comes second sees what the first one wrote, so the last approval always advances the
stage, and a verdict on a version that is not the newest any more is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from assets.models import Asset
from assets.services.versions import mark_approved
from backlog.services import changes
from core import text
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from reviews import entry, selectors
from reviews.jobs.opening import advance
from reviews.models import Assignment, Decision, ReviewCycle, Stage
from reviews.services import approvals
from reviews.services.cycles import about, ask_demanded, close
from reviews.services.states import recount
from reviews.vocabulary import CycleState, StageState, Verdict, Weight

NOTE_LIMIT = 5000


class OwnWork(NotAllowed):
    """Nobody approves what they uploaded themselves."""

    code = "own_work"


@transaction.atomic
def decide(
    *,
    actor: Actor,
    cycle: ReviewCycle,
    verdict: str,
    sha256: str,
    note: str = "",
    weight: str = "",
    conditions: str = "",
    checked: Sequence[Mapping[str, Any]] = (),
    stage: str = "",
    now: datetime | None = None,
) -> Decision:
    """Decide in an open stage, about the bytes with ``sha256``. One change requested ends the round.

    ``stage``: the slug of its layer, where the person is asked in several. ``conditions``: under which an approval
    holds. ``checked``: answers to the stage's checklist, {"ok": true, false or null, "note"} for each line in order.
    Raises Invalid (input), NotAllowed (right, not a reviewer of the stage, own upload), Conflict (closed, superseded,
    other bytes, decided already, the person's stage waits, a note that must be met is open).
    """
    product = cycle.product
    right = rights.require(actor, "review.decide", product)
    if actor.user is None:
        raise NotAllowed("Verdicts are given by people.")
    verdict, weight, note = _checked(verdict, weight, note)
    conditions = text.body(conditions, field="conditions", limit=NOTE_LIMIT).strip()
    if conditions and verdict != Verdict.APPROVE:
        raise Invalid(
            "Nothing was decided yet.",
            fields={"conditions": ["Only an approval has conditions."]},
        )
    now = now or timezone.now()
    asset = Asset.objects.locked(cycle.asset_id)
    _claim(cycle)
    version = cycle.version
    if version.number != asset.versions_count:
        raise _superseded(cycle, asset.versions_count)
    if sha256.strip().lower() != version.sha256:
        raise Conflict(
            f"The hash is not that of version {version.number} ({version.short_hash}…). Nothing was decided: look at"
            " the version again.",
            code="other_content",
            extra={"sha256": version.sha256},
        )
    at = _stage_of(actor, cycle, stage)
    answers = _answers(at, checked, verdict)
    if verdict == Verdict.APPROVE:
        _need_no_open_must(cycle, at)
    decision = Decision.objects.create(
        version=version,
        stage=at,
        reviewer=actor.user,
        role=actor.role_in(product) or "",
        verdict=verdict,
        weight=weight,
        note=note,
        sha256=version.sha256,
        conditions=conditions,
        checked=answers,
        decided_at=now,
    )
    Assignment.objects.filter(stage=at, reviewer=actor.user).update(waiting=False)
    fields: dict[str, tuple[object, object]] = {
        **about(cycle),
        "stage": (None, at.kind),
        "verdict": (None, verdict),
        **({"weight": (None, weight)} if weight else {}),
        **({"conditions": (None, conditions)} if conditions else {}),
    }
    if verdict == Verdict.REQUEST_CHANGES:
        _move(at, StageState.CHANGES_REQUESTED, now)
        close(cycle, CycleState.CHANGES_REQUESTED, now)
        approvals.take_back(version, now)
        fields["review"] = (CycleState.OPEN.value, CycleState.CHANGES_REQUESTED.value)
    elif at.decisions.filter(verdict=Verdict.APPROVE).count() >= at.quorum:
        _move(at, StageState.APPROVED, now)
        given = at.decisions.exclude(conditions="").values_list("conditions", flat=True)
        approvals.grant(
            actor=actor,
            cycle=cycle,
            stage=at,
            conditions="\n".join(given.order_by("pk")),
            right=right,
            now=now,
        )
        if not advance(cycle, now) and not ask_demanded(cycle, now):
            # an approval of an earlier stage may have been revoked, or voided by a claim, since it was given
            whole = not selectors.lapsed(cycle)
            end = CycleState.APPROVED if whole else CycleState.VOID
            close(cycle, end, now)
            if whole:
                mark_approved(version=version)
            else:
                approvals.take_back(version, now)
            fields["review"] = (CycleState.OPEN.value, end.value)
    row = changes.Entry("review.decided", decision, asset.item, fields, reason=note, right=right)
    changes.record(actor=actor, product=product, entries=[row], now=now)
    recount([asset.item_id])
    return decision


def _checked(verdict: str, weight: str, note: str) -> tuple[str, str, str]:
    note = text.body(note, field="note", limit=NOTE_LIMIT).strip()
    problems: dict[str, list[str]] = {}
    if verdict not in Verdict.values:
        problems["verdict"] = [f"Choose one of: {', '.join(Verdict.values)}."]
    if verdict == Verdict.REQUEST_CHANGES:
        if weight not in Weight.values:
            problems["weight"] = ["Say whether the change is structural or a detail."]
        if not note:
            problems["note"] = ["Say what has to change."]
    elif weight:
        problems["weight"] = ["Only a requested change has a weight."]
    if problems:
        raise Invalid("Nothing was decided yet.", fields=problems)
    return verdict, weight, note


def _claim(cycle: ReviewCycle) -> None:
    """Take the round for this verdict; whoever else writes to it waits until we are done. Raises Conflict."""
    claimed = ReviewCycle.objects.filter(pk=cycle.pk, state=CycleState.OPEN).update(
        decisions_count=F("decisions_count") + 1
    )
    if claimed:
        return
    cycle.refresh_from_db(fields=["state", "closed_by_version"])
    if cycle.state == CycleState.SUPERSEDED and cycle.closed_by_version is not None:
        raise _superseded(cycle, cycle.closed_by_version.number)
    raise Conflict(
        f"This review is closed: {cycle.get_state_display().lower()}. Your verdict was not recorded.",
        code="closed",
    )


def _superseded(cycle: ReviewCycle, number: int) -> Conflict:
    return Conflict(
        f"Version {number} was uploaded meanwhile, so version {cycle.version.number} is not decided on any more. Your"
        " verdict was not recorded: look at the new version.",
        code="superseded",
        extra={"newest": number},
    )


def _stage_of(actor: Actor, cycle: ReviewCycle, slug: str) -> Stage:
    """The open stage that the person decides in. Raises NotAllowed, Invalid or Conflict."""
    if actor.user is not None and cycle.version.uploaded_by_id == actor.user.pk:
        raise OwnWork(
            f"You uploaded version {cycle.version.number}; somebody else decides about it."
        )
    stages = list(Stage.objects.filter(cycle=cycle).order_by("position"))
    if slug and slug not in {each.kind for each in stages}:
        raise Invalid("This review has no such stage.", fields={"stage": ["Name a stage of it."]})
    asked = set(
        Assignment.objects.filter(stage__cycle=cycle, reviewer=actor.user).values_list(
            "stage_id", flat=True
        )
    )
    decided = set(
        Decision.objects.filter(stage__cycle=cycle, reviewer=actor.user).values_list(
            "stage_id", flat=True
        )
    )
    mine = [each for each in stages if each.pk in asked and slug in ("", each.kind)]
    for each in mine:
        if each.state == StageState.OPEN and each.pk not in decided:
            return each
    raise _not_in(cycle, stages, mine, decided)


def _not_in(
    cycle: ReviewCycle, stages: list[Stage], mine: list[Stage], decided: set[int]
) -> DomainError:
    """Why somebody decides in none of the open stages."""
    open_ones = [each for each in stages if each.state == StageState.OPEN]
    if mine and all(each.pk in decided for each in mine):
        word = "stage" if any(each.state == StageState.OPEN for each in mine) else "review"
        return Conflict(f"You have decided in this {word} already.", code="decided_already")
    waiting = [each for each in mine if each.state == StageState.WAITING]
    if waiting:
        lacking = entry.missing(cycle, waiting[0])
        before = [each for each in open_ones if each.step < waiting[0].step]
        if before:
            words = f"Your stage opens when {before[0].name.lower()} has approved."
        elif lacking:
            words = f"Your stage has not opened: {' '.join(lacking)}"
        else:
            words = "Your stage has not opened yet."
        return Conflict(words, code="stage_waits")
    if mine:
        return Conflict(
            "Your stage was approved by the others already; your verdict is not needed any more.",
            code="stage_decided",
        )
    names = ", ".join(dict.fromkeys(name for each in open_ones for name in _names(each)))
    return NotAllowed(
        f"You are not a reviewer of this stage. Asked are: {names}.", code="not_asked"
    )


def _answers(
    stage: Stage, given: Sequence[Mapping[str, Any]], verdict: str
) -> list[dict[str, Any]]:
    """The stage's checklist with what was answered. Raises Invalid where an approval contradicts its own answers, or
    leaves a line open in a stage that needs all answered: a line that does not apply is answered by a note.
    """
    if len(given) > len(stage.checklist):
        raise Invalid(
            "Nothing was decided yet.",
            fields={"checked": [f"The checklist has {len(stage.checklist)} lines."]},
        )
    rows = []
    for index, line in enumerate(stage.checklist):
        answer = given[index] if index < len(given) else {}
        ok = answer.get("ok")
        if ok is False and verdict == Verdict.APPROVE:
            raise Invalid(
                "Nothing was decided yet.",
                fields={
                    "checked": [
                        f"“{line}” does not hold, so this cannot be approved: request changes."
                    ]
                },
            )
        rows.append(
            {"text": line, "ok": ok, "note": text.one_line(str(answer.get("note") or ""))[:500]}
        )
    unanswered = [row["text"] for row in rows if row["ok"] is None and not row["note"]]
    if unanswered and stage.answers_needed and verdict == Verdict.APPROVE:
        raise Invalid(
            "Nothing was decided yet.",
            fields={
                "checked": [
                    f"{stage.name} answers its whole checklist. Tick what holds, or say why it does not apply:"
                    f" “{'”, “'.join(unanswered)}”."
                ]
            },
        )
    return rows


def _need_no_open_must(cycle: ReviewCycle, stage: Stage) -> None:
    """Without what must be met there is no approval; a stage's own private notes bind that stage alone."""
    notes = entry.open_musts(stage, cycle.version)
    count = notes.count()
    if count:
        raise Conflict(
            f"{count} {'note that must be met is' if count == 1 else 'notes that must be met are'} open. Resolve"
            f" {'it' if count == 1 else 'them'} first, or request changes. Nothing was decided.",
            code="open_musts",
            extra={"notes": list(notes.order_by("pk").values_list("pk", flat=True)[:20])},
        )


def _names(stage: Stage) -> list[str]:
    return [
        str(each.reviewer) for each in stage.assignments.select_related("reviewer").order_by("pk")
    ]


def _move(stage: Stage, state: str, now: datetime) -> None:
    Stage.objects.filter(pk=stage.pk, state=StageState.OPEN).update(state=state, closed_at=now)
    Assignment.objects.filter(stage=stage, waiting=True).update(waiting=False)
