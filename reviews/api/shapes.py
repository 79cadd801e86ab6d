"""Shapes of the API of reviews."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.serializers import Line, Prose, Shape
from reviews import entry, selectors
from reviews.models import Contradiction, Decision, Note, ReviewCycle, Stage
from reviews.services.cycles import PURPOSE_LIMIT, REASON_LIMIT
from reviews.services.decisions import NOTE_LIMIT
from reviews.services.notes import BODY_LIMIT
from reviews.vocabulary import (
    ContradictionState,
    CycleState,
    NoteState,
    StageState,
    Verdict,
    Weight,
)


class CheckedLine(Shape):
    text = serializers.CharField()
    ok = serializers.BooleanField(allow_null=True)
    note = serializers.CharField()


class DecisionRow(Shape):
    """A verdict about the bytes with ``sha256``."""

    reviewer = serializers.EmailField()
    role = serializers.CharField()
    verdict = serializers.ChoiceField(Verdict.choices)
    weight = serializers.ChoiceField(Weight.choices, allow_null=True)
    note = serializers.CharField()
    conditions = serializers.CharField()
    checked = CheckedLine(many=True)
    sha256 = serializers.CharField()
    decided_at = serializers.DateTimeField()


class StageRow(Shape):
    kind = serializers.CharField(help_text="slug of the layer")
    name = serializers.CharField()
    position = serializers.IntegerField()
    step = serializers.IntegerField(help_text="stages of one step look at the same time")
    material = serializers.ListField(child=serializers.CharField())
    carried_from = serializers.IntegerField(
        allow_null=True, help_text="the approval that holds for this content, so nobody is asked"
    )
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="what still keeps it from opening"
    )
    due_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(StageState.choices)
    quorum = serializers.IntegerField(help_text="approvals needed")
    reviewers = serializers.ListField(child=serializers.EmailField())
    decisions = DecisionRow(many=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class ReviewRow(Shape):
    """A round of review of one version."""

    id = serializers.IntegerField()
    product = serializers.CharField()
    item = serializers.CharField()
    asset = serializers.IntegerField()
    asset_name = serializers.CharField()
    version = serializers.IntegerField(help_text="id of the version")
    version_number = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="of the version under review")
    round = serializers.IntegerField()
    state = serializers.ChoiceField(CycleState.choices)
    stage = serializers.CharField(allow_null=True, help_text="the first that is open")
    open_stages = serializers.ListField(child=serializers.CharField())
    purpose = serializers.CharField()
    opens_at = serializers.DateTimeField(
        allow_null=True, help_text="when it begins, of a round that was planned"
    )
    due_at = serializers.DateTimeField(allow_null=True)
    waits_for_me = serializers.BooleanField()
    started_by = serializers.EmailField(allow_null=True)
    started_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    stages = StageRow(many=True)


class ReviewPage(Shape):
    """A page of reviews, the newest first. ``next`` is the cursor of the next page, null at the end."""

    results = ReviewRow(many=True)
    next = serializers.CharField(allow_null=True)


class StageInput(Shape):
    kind = Line(max_length=40, help_text="slug of the layer")
    reviewers = serializers.ListField(child=serializers.EmailField(), min_length=1, max_length=50)
    quorum = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, help_text="default: the plan's, else all"
    )
    step = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=50, help_text="default: the plan's"
    )


class StartInput(Shape):
    """Who is asked, by layer. Layers whose approval holds for this content may be left out: they are carried."""

    stages = StageInput(many=True)
    purpose = Line(max_length=PURPOSE_LIMIT, required=False, allow_blank=True)
    opens_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="nobody is asked before; null: at once"
    )
    due_at = serializers.DateTimeField(required=False, allow_null=True)


class DatesInput(Shape):
    """``opens_at`` can be moved until it has come; null: begin at once."""

    opens_at = serializers.DateTimeField(required=False, allow_null=True)
    due_at = serializers.DateTimeField(required=False, allow_null=True)


class CheckInput(Shape):
    ok = serializers.BooleanField(allow_null=True, required=False)
    note = Line(max_length=500, required=False, allow_blank=True)


class DecideInput(Shape):
    """``sha256`` names the bytes that are decided about; it must be the version's."""

    verdict = serializers.ChoiceField(Verdict.choices)
    sha256 = Line(max_length=64)
    note = Prose(required=False, allow_blank=True, max_length=NOTE_LIMIT)
    weight = serializers.ChoiceField(
        Weight.choices, required=False, allow_null=True, help_text="with request_changes"
    )
    conditions = Prose(required=False, allow_blank=True, max_length=NOTE_LIMIT)
    checked = CheckInput(
        many=True, required=False, max_length=100, help_text="answers to the checklist, in order"
    )  # type: ignore[call-arg]
    stage = Line(
        max_length=40, required=False, help_text="where you are asked in several open stages"
    )


class WithdrawInput(Shape):
    reason = Prose(max_length=REASON_LIMIT)


class AnchorShape(Shape):
    """A place in the version; leave all out to speak of the whole."""

    line = serializers.IntegerField(required=False, min_value=1)
    end_line = serializers.IntegerField(required=False, min_value=1)
    page = serializers.IntegerField(required=False, min_value=1)
    second = serializers.FloatField(required=False, min_value=0)
    end_second = serializers.FloatField(required=False, min_value=0)
    region = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=1),
        required=False,
        min_length=4,
        max_length=4,
        help_text="x, y, width, height as shares of the picture",
    )


class NoteInput(Shape):
    body = Prose(max_length=BODY_LIMIT)
    anchor = AnchorShape(required=False, allow_null=True)
    weight = serializers.ChoiceField(Weight.choices, required=False)
    must = serializers.BooleanField(required=False, help_text="without it there is no approval")
    answers = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**53, help_text="id of a note"
    )
    brief_line = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**53,
        help_text="id of a line of a brief that governs the item: what the note is about",
    )
    claim = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text="number of a claim of the asset: what the note is about",
    )


class NoteWords(Shape):
    body = Prose(max_length=BODY_LIMIT)


class NoteStateInput(Shape):
    state = serializers.ChoiceField(NoteState.choices)


class ContradictionInput(Shape):
    state = serializers.ChoiceField(ContradictionState.choices)
    outcome = Line(max_length=500, required=False, allow_blank=True, default="")


class ContradictionRow(Shape):
    id = serializers.IntegerField()
    first = serializers.IntegerField(help_text="id of a note")
    second = serializers.IntegerField()
    why = serializers.CharField()
    state = serializers.ChoiceField(ContradictionState.choices)
    outcome = serializers.CharField()


class NoteRow(Shape):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    review = serializers.IntegerField(allow_null=True)
    author = serializers.EmailField(allow_null=True)
    guest = serializers.CharField(allow_null=True, help_text="the name of a guest who wrote it")
    body = serializers.CharField()
    anchor = AnchorShape(allow_null=True)
    quote = serializers.CharField(help_text="the words it points at")
    weight = serializers.ChoiceField(Weight.choices)
    must = serializers.BooleanField()
    private = serializers.BooleanField()
    state = serializers.ChoiceField(NoteState.choices)
    answers = serializers.IntegerField(allow_null=True)
    brief_line = serializers.IntegerField(allow_null=True)
    claim = serializers.IntegerField(allow_null=True, help_text="its number")
    carried_from = serializers.IntegerField(
        allow_null=True, help_text="number of the version it was made on before"
    )
    resolved_by = serializers.EmailField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class NotePage(Shape):
    results = NoteRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="cursor of the next page")


def review_row(cycle: ReviewCycle, user_id: int | None) -> dict[str, Any]:
    """A round as the API shows it. Needs it loaded by ``selectors.with_stages``."""
    stages = selectors.stages_of(cycle)
    opened = selectors.open_stage(cycle)
    return {
        "id": cycle.pk,
        "product": cycle.product.key,
        "item": cycle.asset.item.key,
        "asset": cycle.asset_id,
        "asset_name": cycle.asset.name,
        "version": cycle.version_id,
        "version_number": cycle.version.number,
        "sha256": cycle.version.sha256,
        "round": cycle.round,
        "state": cycle.state,
        "stage": opened.kind if opened else None,
        "open_stages": [each.kind for each in stages if each.state == StageState.OPEN],
        "purpose": cycle.purpose,
        "opens_at": cycle.opens_at,
        "due_at": cycle.due_at,
        "waits_for_me": any(
            each.waiting and each.reviewer_id == user_id
            for stage in stages
            for each in stage.assignments.all()
        ),
        "started_by": cycle.started_by.email if cycle.started_by else None,
        "started_at": cycle.started_at,
        "closed_at": cycle.closed_at,
        "stages": [_stage_row(stage) for stage in stages],
    }


def _stage_row(stage: Stage) -> dict[str, Any]:
    asked = sorted(stage.assignments.all(), key=lambda each: each.pk)
    return {
        "kind": stage.kind,
        "name": stage.name,
        "position": stage.position,
        "step": stage.step,
        "material": stage.material,
        "carried_from": stage.carried_from_id,
        "missing": entry.missing(stage.cycle, stage)
        if stage.entry and stage.state == StageState.WAITING
        else [],
        "due_at": stage.due_at,
        "state": stage.state,
        "quorum": stage.quorum,
        "reviewers": [each.reviewer.email for each in asked],
        "decisions": [
            decision_row(each) for each in sorted(stage.decisions.all(), key=lambda each: each.pk)
        ],
        "opened_at": stage.opened_at,
        "closed_at": stage.closed_at,
    }


def decision_row(decision: Decision) -> dict[str, Any]:
    """A verdict as the API shows it."""
    return {
        "reviewer": decision.reviewer.email,
        "role": decision.role,
        "verdict": decision.verdict,
        "weight": decision.weight or None,
        "note": decision.note,
        "conditions": decision.conditions,
        "checked": decision.checked,
        "sha256": decision.sha256,
        "decided_at": decision.decided_at,
    }


def contradiction_row(row: Contradiction) -> dict[str, Any]:
    """Two notes that ask for opposite things."""
    return {
        "id": row.pk,
        "first": row.first_id,
        "second": row.second_id,
        "why": row.why,
        "state": row.state,
        "outcome": row.outcome,
    }


def note_row(note: Note) -> dict[str, Any]:
    """A note as the API shows it."""
    return {
        "id": note.pk,
        "version": note.version_id,
        "review": note.cycle_id,
        "author": note.author.email if note.author else None,
        "guest": note.guest.name if note.guest else None,
        "body": note.body,
        "anchor": note.anchor,
        "quote": note.quote,
        "weight": note.weight,
        "must": note.must,
        "private": note.private,
        "state": note.state,
        "answers": note.parent_id,
        "brief_line": note.brief_line_id,
        "claim": note.claim.number if note.claim else None,
        "carried_from": note.carried_from.version.number if note.carried_from else None,
        "resolved_by": note.resolved_by.email if note.resolved_by else None,
        "resolved_at": note.resolved_at,
        "created_at": note.created_at,
    }
