"""Shapes of the API of increments."""

from __future__ import annotations

from rest_framework import serializers

from backlog.services import (
    increments,
)
from backlog.vocabulary import (
    CheckpointState,
    IncrementState,
)
from core.api.serializers import Line, Prose, Shape


class IncrementRowShape(Shape):
    key = serializers.CharField()
    number = serializers.IntegerField()
    item = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(IncrementState.choices)
    owner = serializers.EmailField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    is_checkpoint = serializers.BooleanField()
    checkpoint = serializers.CharField()
    shipped_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class IncrementPage(Shape):
    """Increments by due date, those without one last. ``next`` is the cursor of the next page, null at the end."""

    results = IncrementRowShape(many=True)
    next = serializers.CharField(allow_null=True)


class IncrementCriterionShape(Shape):
    id = serializers.IntegerField()
    text = serializers.CharField()
    verification = serializers.CharField()
    covers = serializers.IntegerField(allow_null=True, help_text="id of the item's criterion")
    verified_by = serializers.EmailField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)


class LineInForceShape(Shape):
    key = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.CharField()
    signed = serializers.BooleanField()
    pointed = serializers.BooleanField()
    waiting = serializers.BooleanField()


class HeldAssetShape(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)


class ConformanceShape(Shape):
    id = serializers.IntegerField()
    standard = serializers.CharField()
    version = serializers.IntegerField()
    deviation = serializers.CharField()


class ObstacleShape(Shape):
    code = serializers.CharField()
    text = serializers.CharField()


class IncrementDetail(IncrementRowShape):
    purpose = serializers.CharField()
    needs = serializers.ListField(child=serializers.IntegerField(), help_text="numbers")
    checkpoint_note = serializers.CharField()
    gate_decision = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    output = serializers.CharField()
    learning = serializers.CharField()
    cut_reason = serializers.CharField()
    version = serializers.IntegerField()
    obstacles = ObstacleShape(many=True, help_text="what keeps it from starting")
    breaks = ObstacleShape(many=True, help_text="what a cut would break")
    put_out_of_step = serializers.ListField(
        child=serializers.CharField(), help_text="what its last change broke"
    )
    criteria = IncrementCriterionShape(many=True)
    brief_lines = LineInForceShape(many=True)
    assets = HeldAssetShape(many=True)
    conformances = ConformanceShape(many=True)


class MisfitShape(Shape):
    code = serializers.CharField()
    text = serializers.CharField()


class IncrementPlanShape(Shape):
    results = IncrementRowShape(many=True)
    does_not_fit = MisfitShape(many=True, help_text="what is out of step in the plan")


class IncrementCreate(Shape):
    title = Line(max_length=200)
    kind = Line(max_length=40, help_text="slug of the kind")
    purpose = Prose(max_length=increments.PURPOSE_LIMIT, required=False, allow_blank=True)
    owner = serializers.EmailField(required=False, allow_null=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    is_checkpoint = serializers.BooleanField(required=False)
    needs = serializers.ListField(
        child=serializers.IntegerField(), required=False, max_length=200, help_text="numbers"
    )
    criteria = serializers.ListField(child=Line(max_length=500), required=False, max_length=100)


class IncrementPatch(Shape):
    title = Line(max_length=200, required=False)
    kind = Line(max_length=40, required=False, help_text="slug; only before it has begun")
    purpose = Prose(max_length=increments.PURPOSE_LIMIT, required=False, allow_blank=True)
    owner = serializers.EmailField(required=False, allow_null=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    is_checkpoint = serializers.BooleanField(required=False)
    needs = serializers.ListField(
        child=serializers.IntegerField(), required=False, max_length=200, help_text="numbers"
    )


class IncrementMove(Shape):
    before = serializers.IntegerField(
        allow_null=True, help_text="number of the increment to stand ahead of; null: last"
    )


class IncrementAct(Shape):
    act = serializers.ChoiceField(
        [(act, act) for act in ("start", "review", "back", "ship", "unship", "restore")]
    )


class IncrementClose(Shape):
    output = Prose(max_length=20_000, allow_blank=True)
    learning = Prose(max_length=20_000, allow_blank=True)


class IncrementCut(Shape):
    reason = Line(max_length=500)


class IncrementCheckpoint(Shape):
    state = serializers.ChoiceField(CheckpointState.choices)
    note = Line(max_length=500, required=False, allow_blank=True)


class IncrementGate(Shape):
    reason = Line(max_length=500)


class IncrementCriterionInput(Shape):
    text = Line(max_length=500)
    verification = Line(max_length=500, required=False, allow_blank=True)
    covers = serializers.IntegerField(
        required=False, allow_null=True, help_text="id of the item's criterion"
    )


class IncrementCriterionPatch(IncrementCriterionInput):
    text = Line(max_length=500, required=False)
    met = serializers.BooleanField(required=False)
    note = Line(max_length=500, required=False, allow_blank=True)


class PointInput(Shape):
    line = Line(max_length=24, help_text="BR-3.7")


class ConformanceInput(Shape):
    standard = serializers.IntegerField()
    deviation = Line(max_length=500, required=False, allow_blank=True)


class ShareShape(Shape):
    hits = serializers.IntegerField()
    total = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(help_text="95% interval")
    high = serializers.FloatField()


class StageShare(ShareShape):
    stage = serializers.IntegerField()


class MonthShare(ShareShape):
    month = serializers.DateField()


class LateChangeShape(Shape):
    stages = StageShare(many=True, help_text="structural among all requests")
    months = MonthShare(many=True, help_text="late among structural requests")
    recent = ShareShape()
    alarm = serializers.BooleanField()
    sentence = serializers.CharField()
