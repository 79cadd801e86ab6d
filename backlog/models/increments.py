"""Increments: the reviewable pieces a deliverable is built in, their kinds, standards and templates."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Product, User
from backlog.models.items import Item
from backlog.models.planning import Decision
from backlog.vocabulary import CheckpointState, IncrementState, StandardKind, TemplateKind


class IncrementKind(models.Model):
    """What an increment is: one of the seven that a product starts with, or its own (R14).

    ``production``: it makes something that is seen or heard, so it may not start before the brief is signed (R11).
    ``stage``: how late in the making this kind stands, 1 early … 5 late; late structural change is counted by it (N21).
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="increment_kinds")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    production = models.BooleanField(default=True)
    stage = models.PositiveSmallIntegerField(default=3)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "slug"], name="increment_kind_once"),
            models.CheckConstraint(
                condition=Q(stage__gte=1, stage__lte=5), name="increment_kind_stage"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Increment(models.Model):
    """A piece of a deliverable that can be reviewed by itself (R15). ``number`` counts within the item, without gaps.

    ``is_checkpoint``: stakeholders validate its direction before the next one may start (R17). ``position`` has gaps.
    ``gate_decision`` lets it start although the brief is not signed (R11). ``version`` counts edits.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="increments")
    number = models.PositiveIntegerField()
    kind = models.ForeignKey(IncrementKind, on_delete=models.PROTECT, related_name="increments")
    title = models.CharField(max_length=200)
    purpose = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=IncrementState, default=IncrementState.PLANNED)
    position = models.FloatField()
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    starts_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    needs = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="needed_by")
    is_checkpoint = models.BooleanField(default=False)
    checkpoint = models.CharField(max_length=12, choices=CheckpointState, blank=True)
    checkpoint_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    checkpoint_at = models.DateTimeField(null=True)
    checkpoint_note = models.CharField(max_length=500, blank=True)
    gate_decision = models.ForeignKey(
        Decision, on_delete=models.PROTECT, null=True, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True, help_text="released while the rest is built (R20)")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    output = models.TextField(blank=True, help_text="what came out of it (R19)")
    learning = models.TextField(blank=True, help_text="what later work can cite (R19)")
    cut_reason = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="increment_number_once"),
            models.CheckConstraint(
                condition=Q(state__in=IncrementState.values), name="increment_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=IncrementState.CLOSED)
                | (~Q(output="") & ~Q(learning="") & Q(closed_at__isnull=False)),
                name="increment_closes_with_notes",
            ),
        ]
        indexes = [
            # a deliverable's plan in order
            models.Index(fields=["item", "position", "id"], name="increment_plan"),
            # what is under way in a product, by due date
            models.Index(fields=["product", "state", "due_on", "id"], name="increment_due"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """``ATLAS-12.3``. Needs ``item.product`` loaded."""
        return f"{self.item.key}.{self.number}"


class IncrementCriterion(models.Model):
    """A checkable statement of an increment. ``covers`` names the item's criterion that it proves, if any."""

    increment = models.ForeignKey(Increment, on_delete=models.CASCADE, related_name="criteria")
    covers = models.ForeignKey(
        "backlog.SuccessCriterion", on_delete=models.SET_NULL, null=True, related_name="covered_by"
    )
    position = models.PositiveSmallIntegerField(default=0)
    text = models.CharField(max_length=500)
    verification = models.CharField(max_length=500, blank=True)
    verified_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True)
    verification_note = models.CharField(max_length=500, blank=True)


class Citation(models.Model):
    """A closed increment's learning that a brief or an item cites (R19)."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    increment = models.ForeignKey(Increment, on_delete=models.CASCADE, related_name="citations")
    brief = models.ForeignKey(
        "backlog.Brief", on_delete=models.CASCADE, null=True, related_name="citations"
    )
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, related_name="citations")
    note = models.CharField(max_length=300, blank=True)
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item=None, brief__isnull=False) | Q(item__isnull=False, brief=None),
                name="citation_one",
            ),
            models.UniqueConstraint(
                fields=["increment", "brief"],
                name="citation_brief_once",
                condition=Q(brief__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["increment", "item"],
                name="citation_item_once",
                condition=Q(item__isnull=False),
            ),
        ]


class Standard(models.Model):
    """A part of the creative system: narrative design, visual system or motion language (R21)."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="standards")
    kind = models.CharField(max_length=12, choices=StandardKind)
    name = models.CharField(max_length=120)
    versions_count = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="standard_once")]

    def __str__(self) -> str:
        return self.name


class StandardVersion(models.Model):
    """One wording of a standard, never changed."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    standard = models.ForeignKey(Standard, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.TextField(help_text="Markdown")
    reason = models.CharField(max_length=500)
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["standard", "number"], name="standard_version_once")
        ]


class Conformance(models.Model):
    """An increment declares that it follows a version of a standard, or where it departs from it and why (R21)."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    increment = models.ForeignKey(Increment, on_delete=models.CASCADE, related_name="conformances")
    standard_version = models.ForeignKey(
        StandardVersion, on_delete=models.PROTECT, related_name="conformances"
    )
    deviation = models.CharField(max_length=500, blank=True, help_text="empty: it conforms")
    declared_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    declared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["increment", "standard_version"], name="conformance_once"
            )
        ]


class Template(models.Model):
    """A reusable plan or text (R22, T13). ``body`` by kind: ``template_shapes.py`` says its shape and checks it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="templates")
    kind = models.CharField(max_length=16, choices=TemplateKind)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    body = models.JSONField()
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "kind", "name"], name="template_once")
        ]

    def __str__(self) -> str:
        return self.name
