"""Review layers of a product, and the plans that put them in order for a kind of increment."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Product, User
from backlog.models import IncrementKind


class Layer(models.Model):
    """A layer that looks at versions for one purpose (R107–R113): who, what they check, and what is material to them.

    ``checklist``: texts. ``material``: asset kind -> names of parts (``assets.vocabulary.PART_NAMES``); a kind that is
    not named has "bytes". ``demanded_by``: kinds of brief lines that make it mandatory (R117). ``entry``: names of
    ``vocabulary.EntryCondition``. ``quorum`` None: everybody who is asked. ``answers_needed``: an approval answers the
    whole checklist.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="review_layers")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    reviewers = models.ManyToManyField(User, blank=True, related_name="review_layers")
    quorum = models.PositiveSmallIntegerField(null=True, blank=True)
    checklist = models.JSONField(default=list)
    answers_needed = models.BooleanField(default=False)
    material = models.JSONField(default=dict)
    demanded_by = models.JSONField(default=list)
    entry = models.JSONField(default=list)
    deadline_hours = models.PositiveIntegerField(null=True, blank=True)
    private = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "slug"], name="layer_once"),
            models.CheckConstraint(
                condition=Q(quorum=None) | Q(quorum__gte=1), name="layer_quorum"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReviewPlan(models.Model):
    """Which layers look at a kind of increment, in which steps. ``increment_kind`` None: at everything else."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="review_plans")
    name = models.CharField(max_length=120)
    increment_kind = models.ForeignKey(
        IncrementKind, on_delete=models.CASCADE, null=True, blank=True, related_name="review_plans"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="review_plan_once"),
            models.UniqueConstraint(
                fields=["product", "increment_kind"], name="review_plan_of_kind"
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(increment_kind=None),
                name="review_plan_for_the_rest",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PlanStep(models.Model):
    """A layer in a plan. Layers with the same ``step`` look at the same time; the next step waits for all of them."""

    plan = models.ForeignKey(ReviewPlan, on_delete=models.CASCADE, related_name="steps")
    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="plan_steps")
    step = models.PositiveSmallIntegerField(default=0)
    quorum = models.PositiveSmallIntegerField(null=True, blank=True)
    deadline_hours = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "layer"], name="plan_layer_once")]
