"""Cycles with their plans, scope changes and ledgers; decisions; requests to somebody who may decide."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Product, User
from backlog.models.items import Item
from backlog.models.queues import Cycle
from backlog.vocabulary import QueueKind


class PlanningPolicy(models.Model):
    """How a product plans: what a cycle holds, who lends to hotfixes, how much a scope may grow unasked.

    ``borrowing_order``: queue kinds, the first lender first. ``scope_growth_percent``: growth of an accepted cycle's
    points beyond it needs an approval (R98).
    """

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="planning"
    )
    cycle_days = models.PositiveSmallIntegerField(default=14)
    capacity = models.FloatField(default=40.0, help_text="points a cycle holds")
    borrowing_order = models.JSONField(default=list)
    scope_growth_percent = models.FloatField(default=10.0)
    version = models.PositiveIntegerField(default=1)


class PlannedItem(models.Model):
    """An item's place in a cycle's plan. ``position`` has gaps: a hand move writes one row.

    ``charged_to`` is the queue whose share pays (a hotfix may borrow). ``in_baseline``: it stood in the plan when the
    plan was accepted. A removed row stays, so that the scope can be held against the baseline.
    """

    class Source(models.TextChoices):
        PROPOSAL = "proposal", "proposed"
        HAND = "hand", "by hand"
        CARRIED = "carried", "carried over"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="planned")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="planned_in")
    position = models.FloatField()
    points = models.FloatField()
    points_assumed = models.BooleanField(default=False)
    queue_kind = models.CharField(max_length=16, choices=QueueKind)
    charged_to = models.JSONField(default=dict, help_text="queue kind -> points")
    source = models.CharField(max_length=8, choices=Source, default=Source.PROPOSAL)
    why = models.CharField(max_length=300, blank=True)
    in_baseline = models.BooleanField(default=False)
    baseline_points = models.FloatField(null=True)
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    removed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removal_reason = models.CharField(max_length=500, blank=True)
    delivered_at = models.DateTimeField(null=True, help_text="set when the cycle closes")

    class Meta:
        constraints = [
            # two who add the same item at once: one row
            models.UniqueConstraint(
                fields=["cycle", "item"], name="planned_once", condition=Q(removed_at=None)
            ),
            models.CheckConstraint(condition=Q(points__gte=0), name="planned_points"),
        ]
        indexes = [
            # a cycle's plan in order
            models.Index(fields=["cycle", "position", "id"], name="planned_order"),
        ]


class LedgerLine(models.Model):
    """What a closed cycle promised, spent and owes, one line a queue (N8). All in points.

    ``spent`` is what was delivered and charged to this queue; ``lent`` what other queues' work took of its share,
    ``borrowed`` what its own work took of others'. ``debt_after`` = max(0, sum of promised − delivered over the last
    six closed cycles).
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="ledger")
    queue_kind = models.CharField(max_length=16, choices=QueueKind)
    promised = models.FloatField()
    floor = models.FloatField()
    planned = models.FloatField()
    delivered = models.FloatField()
    borrowed = models.FloatField(default=0.0)
    lent = models.FloatField(default=0.0)
    debt_after = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "queue_kind"], name="ledger_line_once")
        ]


class Decision(models.Model):
    """What was decided, between which options, why, by whom, under which right (R94). Never edited: superseded instead.

    ``options``: ``[{"title": …, "note": …, "chosen": bool}]``. ``evidence``: ``[{"label": …, "url": …}]``.
    ``facts``: what the act that it records had to show (a preview's figures, say), for the machine to read.
    """

    class Kind(models.TextChoices):
        GENERAL = "general", "Decision"
        RUBRIC = "rubric", "Rubric published"
        PLAN = "plan", "Plan accepted"
        FLOOR = "floor", "Floor broken"
        SCOPE = "scope", "Scope grown"
        TRADE = "trade", "Trade-off"
        REFINEMENT = "refinement", "Refined"
        REQUEST = "request", "Request answered"
        GATE = "gate", "Gate passed"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="decisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.GENERAL)
    title = models.CharField(max_length=200)
    context = models.TextField(blank=True)
    options = models.JSONField(default=list)
    rationale = models.TextField()
    evidence = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    right = models.CharField(max_length=40, blank=True)
    items = models.ManyToManyField(Item, blank=True, related_name="decisions")
    cycle = models.ForeignKey(
        Cycle, on_delete=models.SET_NULL, null=True, blank=True, related_name="decisions"
    )
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    reverses = models.BooleanField(default=False, help_text="what it supersedes is taken back")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="decision_number_once"),
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(supersedes=F("id")), name="decision_not_itself"
            ),
        ]
        indexes = [
            # the decision log, newest first
            models.Index(fields=["product", "-decided_at", "-id"], name="decision_log"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """``D-12``; a product's own numbering."""
        return f"D-{self.number}"


class Request(models.Model):
    """Somebody without the right asks those who hold it (N10). Carried out by the answerer, or declined with a reason.

    ``verb`` names what is to be done (``config.wiring.REQUESTS``), ``payload`` its plain arguments.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Carried out"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="requests")
    right = models.CharField(max_length=40)
    verb = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    summary = models.CharField(max_length=300, help_text="what is asked for, in words")
    reason = models.CharField(max_length=500)
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, null=True, blank=True, related_name="requests"
    )
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            # what waits for somebody's decision
            models.Index(
                fields=["product", "asked_at"],
                name="request_waiting",
                condition=Q(state="waiting"),
            ),
        ]
