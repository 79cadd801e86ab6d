"""Shapes of the API of cycles. Amounts are points."""

from __future__ import annotations

from rest_framework import serializers

from backlog.vocabulary import QueueKind
from core.api.serializers import Line, Shape

Float = serializers.FloatField
QUEUES = QueueKind.choices
LINE = ("promised", "floor", "planned", "delivered", "borrowed", "lent", "debt_after")


class QueuePolicy(Shape):
    queue = serializers.ChoiceField(QUEUES)
    share = Float(help_text="part of the capacity")
    floor = Float(help_text="part of the capacity that is not lent without a decision")
    floor_is_default = serializers.BooleanField()
    in_progress_limit = serializers.IntegerField(
        allow_null=True, help_text="items of the queue in one plan"
    )


class PolicyRow(Shape):
    capacity = Float()
    cycle_days = serializers.IntegerField()
    borrowing_order = serializers.ListField(child=serializers.CharField())
    scope_growth_percent = Float()
    queues = QueuePolicy(many=True)
    version = serializers.IntegerField()


class Floors(serializers.DictField):
    """Queue -> part of the capacity, or null for half the share."""

    child = Float(allow_null=True, min_value=0, max_value=1)


class PolicyInput(Shape):
    capacity = Float(required=False, min_value=0, max_value=100_000)
    cycle_days = serializers.IntegerField(required=False, min_value=1, max_value=366)
    borrowing_order = serializers.ListField(child=Line(max_length=16), required=False, max_length=4)
    scope_growth_percent = Float(required=False, min_value=0, max_value=1000)
    floors = Floors(required=False)
    reason = Line(max_length=500, required=False, allow_blank=True)


class CycleRow(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.CharField(help_text="planned, accepted or closed")
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    capacity = Float()
    baseline_points = Float(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    sentence = serializers.CharField()
    version = serializers.IntegerField()


class PlanRow(Shape):
    item = serializers.CharField()
    title = serializers.CharField()
    place = serializers.IntegerField()
    queue = serializers.ChoiceField(QUEUES)
    state = serializers.CharField()
    points = Float()
    assumed = serializers.BooleanField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="proposal, hand or carried"
    )
    why = serializers.CharField()
    act_now = serializers.BooleanField()
    blockers = serializers.ListField(child=serializers.CharField())
    blocked_by = serializers.ListField(child=serializers.CharField())
    charged_to = serializers.DictField(
        child=Float(), help_text="queue, left_over or beyond -> points"
    )
    in_baseline = serializers.BooleanField()
    baseline_points = Float(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)


class QueueAccountRow(Shape):
    queue = serializers.ChoiceField(QUEUES)
    promised = Float()
    floor = Float()
    room = Float()
    planned = Float()
    borrowed = Float()
    lent = Float()
    broken = Float()
    undecided = Float()
    blamed = serializers.ListField(child=serializers.CharField())


class CycleDetail(CycleRow):
    plan = PlanRow(many=True)
    planned = Float()
    free = Float()
    queues = QueueAccountRow(many=True)
    problems = serializers.ListField(child=serializers.DictField())
    decisions = serializers.ListField(child=serializers.DictField())


class CycleInput(Shape):
    name = Line(max_length=80)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class CyclePatch(Shape):
    name = Line(max_length=80, required=False)
    starts_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False)
    capacity = Float(required=False, allow_null=True, min_value=0, max_value=100_000)
    reason = Line(max_length=500, required=False, allow_blank=True)


class CandidateRow(Shape):
    item = serializers.CharField()
    rank = serializers.IntegerField(allow_null=True)
    points = Float()
    assumed = serializers.BooleanField()
    act_now = serializers.BooleanField()
    blockers = serializers.ListField(
        child=serializers.CharField(), help_text="open items that block it"
    )
    barred = serializers.CharField(help_text="unscored, removed, elsewhere or empty")


class KeptRow(CandidateRow):
    queue = serializers.ChoiceField(QUEUES)


class QueueInputs(Shape):
    queue = serializers.ChoiceField(QUEUES)
    share = Float()
    floor = Float()
    limit = serializers.IntegerField(allow_null=True)
    debt = Float()
    below_floor = Float()
    ranked = CandidateRow(many=True)


class ProposalInputs(Shape):
    capacity = Float()
    borrowing_order = serializers.ListField(child=serializers.CharField())
    rubric_version = serializers.IntegerField()
    queues = QueueInputs(many=True)
    kept = KeptRow(many=True)


class ChosenRow(Shape):
    item = serializers.CharField()
    queue = serializers.ChoiceField(QUEUES)
    points = Float()
    step = serializers.CharField(help_text="kept, urgent, share or left_over")
    charged_to = serializers.DictField(child=Float())
    repays = Float()


class SkippedRow(Shape):
    item = serializers.CharField()
    queue = serializers.ChoiceField(QUEUES)
    points = Float()
    code = serializers.CharField()
    room = Float()
    by = serializers.ListField(child=serializers.CharField())
    below = serializers.DictField(child=Float())


class ProposedQueue(QueueAccountRow):
    repaid = Float()


class ProposalShape(Shape):
    inputs = ProposalInputs()
    chosen = ChosenRow(many=True)
    skipped = SkippedRow(many=True)
    queues = ProposedQueue(many=True)
    planned = Float()
    free = Float()


class PlanAdd(Shape):
    item = Line(max_length=24)
    reason = Line(max_length=300, required=False, allow_blank=True)
    with_blockers = serializers.BooleanField(required=False, default=False)


class PlanMove(Shape):
    after = Line(max_length=24, required=False, allow_null=True)
    before = Line(max_length=24, required=False, allow_null=True)
    place = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=1_000_000
    )


class CycleReasonInput(Shape):
    reason = Line(max_length=500)


class AcceptPlan(Shape):
    reason = Line(max_length=2000, required=False, allow_blank=True)
    version = serializers.IntegerField(required=False, min_value=1)


class FloorInput(Shape):
    queue = serializers.ChoiceField(QUEUES)
    points = Float(min_value=0, max_value=100_000)
    reason = Line(max_length=2000)


class ScopeChangeRow(Shape):
    at = serializers.DateTimeField()
    who = serializers.CharField()
    item = serializers.CharField()
    what = serializers.CharField(help_text="added, removed or re-estimated")
    before = Float()
    after = Float()
    points = Float()
    percent = Float(allow_null=True)
    reason = serializers.CharField()
    right = serializers.CharField()
    channel = serializers.CharField()


class BurnDay(Shape):
    day = serializers.DateField()
    scope = Float()
    done = Float()


class ScopeShape(Shape):
    baseline = Float()
    now = Float()
    growth = Float()
    percent = Float(allow_null=True)
    limit = Float()
    changes = ScopeChangeRow(many=True)
    burn_up = BurnDay(many=True)


class SwapInput(Shape):
    comes = Line(max_length=24)
    goes = Line(max_length=24)
    reason = Line(max_length=2000, required=False, allow_blank=True, default="")
    preview = serializers.BooleanField(required=False, default=False)


class TradeShape(Shape):
    comes = serializers.DictField()
    goes = serializers.DictField()
    points = Float()
    planned = serializers.DictField(child=Float())
    capacity = Float()
    queues = serializers.ListField(child=serializers.DictField())
    decision = serializers.CharField(allow_null=True)


class Carry(serializers.DictField):
    """Item -> next or backlog; what is not named goes to the next cycle."""

    child = Line(max_length=8)


class CloseCycleInput(Shape):
    carry = Carry(required=False)
    reason = Line(max_length=500, required=False, allow_blank=True)


class LedgerLineRow(Shape):
    queue = serializers.ChoiceField(QUEUES)
    promised = Float()
    floor = Float()
    planned = Float()
    delivered = Float()
    borrowed = Float()
    lent = Float()
    debt_after = Float()


class LedgerRow(Shape):
    cycle = serializers.IntegerField()
    name = serializers.CharField()
    closed_at = serializers.DateTimeField()
    sentence = serializers.CharField()
    lines = LedgerLineRow(many=True)
