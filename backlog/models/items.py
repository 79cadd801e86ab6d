"""Items and what hangs on them: criteria, links, comments, the summary columns."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from backlog.models.queues import Channel, Cycle, Label, Program, Queue, Segment
from backlog.vocabulary import Band, Horizon, Kind, LinkKind, QueueKind, Severity, State


class Item(models.Model):
    """A piece of work. ``version`` counts edits; an edit that names an older version is refused."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.TASK)
    queue = models.ForeignKey(
        Queue, on_delete=models.PROTECT, null=True, blank=True, related_name="items"
    )
    state = models.CharField(max_length=12, choices=State, default=State.TRIAGE)
    state_reason = models.TextField(blank=True)
    parked_until = models.DateField(null=True, blank=True)
    horizon = models.CharField(max_length=8, choices=Horizon, blank=True)
    owner = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="owned_items"
    )
    reporter = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    effort = models.FloatField(null=True, blank=True, help_text="points")
    due_at = models.DateTimeField(null=True, blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity, null=True, blank=True)
    program = models.ForeignKey(
        Program, on_delete=models.SET_NULL, null=True, blank=True, related_name="items"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.SET_NULL, null=True, blank=True, related_name="items"
    )
    cycle = models.ForeignKey(
        Cycle, on_delete=models.SET_NULL, null=True, blank=True, related_name="items"
    )
    cycles = models.ManyToManyField(
        Cycle, blank=True, related_name="items_ever", help_text="every cycle it has been in"
    )
    labels = models.ManyToManyField(Label, blank=True, related_name="items")
    segments = models.ManyToManyField(Segment, blank=True, related_name="items")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="item_number_once"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="item_state"),
            models.CheckConstraint(
                condition=models.Q(effort__isnull=True)
                | models.Q(effort__gte=0, effort__lte=100_000),
                name="item_effort",
            ),
            models.CheckConstraint(
                condition=models.Q(queue__isnull=False)
                | models.Q(state__in=[State.TRIAGE, State.PARKED, State.DECLINED]),
                name="item_queue_when_accepted",
            ),
        ]
        indexes = [
            # triage inbox: oldest first; "what waits for me" and the count beside Triage
            models.Index(fields=["product", "state", "created_at", "id"], name="item_triage"),
            # My work and the owner filter
            models.Index(fields=["owner", "product", "state"], name="item_owner"),
            # lists by last change, API ordering=-updated_at
            models.Index(fields=["product", "-updated_at", "-id"], name="item_updated"),
            # lead and cycle times of what was finished in a period
            models.Index(
                fields=["product", "finished_at"],
                name="item_finished",
                condition=models.Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """``ATLAS-12``. Needs ``product`` loaded (access functions and selectors do)."""
        return f"{self.product.key}-{self.number}"


class ItemSummary(models.Model):
    """What lists sort and filter by, pushed down by the app that owns the truth; narrow, so rescoring is cheap.

    ``order_score`` is minus the priority of a scored item, or the severity (9 without one) of an unscored one, so that
    one index, read forwards, gives the order within a queue: order_score, due_order, created_at, item. Parts are
    points and sum to ``priority``. ``ratings_stale_day`` and ``evidence_stale_day``: when the first rating, the first
    criterion's evidence, is (or was) worth half of what it was, in days since 1970 in UTC; ``age_cost``: points that
    ageing had cost when it was scored. Written only through ``backlog.services.summaries``.
    """

    item = models.OneToOneField(
        Item, on_delete=models.CASCADE, primary_key=True, related_name="summary"
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    queue_kind = models.CharField(max_length=16, choices=QueueKind, blank=True)
    state = models.CharField(max_length=12, choices=State)
    is_open = models.BooleanField()
    order_score = models.FloatField(default=9.0)
    due_order = models.DateTimeField()
    created_at = models.DateTimeField()

    priority = models.FloatField(null=True)
    value_part = models.FloatField(null=True)
    impact_part = models.FloatField(null=True)
    risk_part = models.FloatField(null=True)
    confidence_part = models.FloatField(null=True)
    effort_part = models.FloatField(null=True)
    urgency_part = models.FloatField(null=True)
    adjustment_part = models.FloatField(null=True)
    clipping_part = models.FloatField(null=True)
    confidence = models.FloatField(null=True)
    band = models.CharField(max_length=8, choices=Band, blank=True)
    band_by_policy = models.BooleanField(default=False)
    effort_assumed = models.BooleanField(default=False)
    missing = models.CharField(max_length=32, blank=True)
    rubric_version = models.PositiveIntegerField(null=True)
    scored_at = models.DateTimeField(null=True)
    stale_since = models.DateTimeField(null=True)
    ratings_stale_day = models.FloatField(null=True)
    evidence_stale_day = models.FloatField(null=True)
    age_cost = models.FloatField(null=True)

    review_state = models.CharField(max_length=20, blank=True)
    assets_count = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            # the ranked list of a queue, and the merge of the four for the list over all
            models.Index(
                fields=["product", "queue_kind", "order_score", "due_order", "created_at", "item"],
                name="summary_rank",
                condition=models.Q(is_open=True),
            ),
            # board columns and lists of one state
            models.Index(
                fields=["product", "state", "order_score", "due_order", "created_at", "item"],
                name="summary_state_rank",
            ),
            # what waits to be rescored
            models.Index(
                fields=["stale_since", "item"],
                name="summary_stale",
                condition=models.Q(stale_since__isnull=False),
            ),
        ]


class RankRange(models.Model):
    """Between which ranks of its queue an item stands when weights and inputs are doubted (scoring.md 5).

    Eight of ten draws put it between ``rank_low`` and ``rank_high``; ``top_chance`` is the part of the draws in which
    it is among the first ``top_places``, what the next cycle can hold. It holds for the queue that it was drawn in.
    Written only through ``backlog.services.summaries``.
    """

    item = models.OneToOneField(
        Item, on_delete=models.CASCADE, primary_key=True, related_name="rank_range"
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    queue_kind = models.CharField(max_length=16, choices=QueueKind)
    rank_low = models.PositiveIntegerField()
    rank_high = models.PositiveIntegerField()
    top_chance = models.FloatField()
    top_places = models.PositiveIntegerField()
    seed = models.PositiveIntegerField()
    rubric_version = models.PositiveIntegerField()
    drawn_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(top_chance__gte=0, top_chance__lte=1), name="rank_range_chance"
            ),
        ]


class SuccessCriterion(models.Model):
    """A checkable statement, how it will be verified, and by whom and when it was."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField(default=0)
    text = models.CharField(max_length=500)
    verification = models.CharField(max_length=500, blank=True)
    verified_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    verification_note = models.CharField(max_length=500, blank=True)


class ItemLink(models.Model):
    """``source`` blocks / duplicates / is part of / relates to ``target``."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="links_out")
    target = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="links_in")
    kind = models.CharField(max_length=12, choices=LinkKind)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "kind"], name="item_link_once"),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="item_link_self"
            ),
        ]


class Comment(models.Model):
    """A remark. ``author`` is None where an import brought it in; ``author_name`` then says who wrote it."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=120, blank=True)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    mentions = models.ManyToManyField(User, blank=True, related_name="mentioned_in")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["item", "created_at", "id"], name="comment_thread")]
