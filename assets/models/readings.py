"""What placed versions achieve: metrics, readings, targets, and what happened when a target broke."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Product, User
from assets.models.placing import Placement
from assets.models.versions import Asset, Version
from assets.vocabulary import MetricForm
from backlog.models import BriefSignal, Item


class Metric(models.Model):
    """What can be read of a placed version (R129–R136), one of those a product starts with or its own.

    ``form`` says how readings add up: a share (``hits`` of ``n``), a mean (``value``, ``spread`` as standard deviation,
    ``n``), or a count over the reading's period.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="metrics")
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    unit = models.CharField(max_length=24, blank=True)
    form = models.CharField(max_length=6, choices=MetricForm)
    higher_is_better = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "slug"], name="metric_once")]

    def __str__(self) -> str:
        return self.name


class Reading(models.Model):
    """One figure about one version at one placement over a period [``starts_at``, ``ends_at``) (R137, R138).

    ``source`` and ``external_id`` name it: sent again, it is the same reading. A share has ``hits`` ≤ ``n`` and
    ``value`` = hits / n.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="readings")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="readings")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="readings")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    value = models.FloatField()
    n = models.PositiveBigIntegerField(null=True, help_text="people or events behind it")
    hits = models.PositiveBigIntegerField(null=True)
    spread = models.FloatField(null=True, help_text="standard deviation of one observation")
    note = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=120)
    entered_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "source", "external_id"], name="reading_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=models.F("starts_at")), name="reading_period"
            ),
            models.CheckConstraint(
                condition=Q(hits=None) | Q(n__isnull=False, hits__lte=models.F("n")),
                name="reading_share",
            ),
        ]
        indexes = [
            # a version's readings of a metric, to compare versions
            models.Index(fields=["version", "metric", "ends_at"], name="reading_of_version"),
            # a placement's readings over time
            models.Index(fields=["placement", "metric", "ends_at"], name="reading_of_placement"),
        ]

    @property
    def words(self) -> str:
        """``62.4%``, ``4.2 of 5``, ``12 errors``. Needs ``metric`` loaded."""
        if self.metric.form == MetricForm.SHARE:
            return f"{self.value * 100:.3g}%"
        return f"{self.value:.4g} {self.metric.unit}".strip()


class Target(models.Model):
    """What a metric of an asset must reach. ``signal``: the line of a brief that it comes from.

    ``limit`` is the worst value that still holds; ``least_n``: readings of fewer people say nothing yet.
    ``higher_is_better``: whether the limit is a least or a most, where the target says it; None: as its metric says.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="targets")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="targets")
    signal = models.ForeignKey(
        BriefSignal, on_delete=models.SET_NULL, null=True, related_name="targets"
    )
    limit = models.FloatField()
    higher_is_better = models.BooleanField(null=True)
    least_n = models.PositiveIntegerField(default=30)
    item = models.ForeignKey(
        Item,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="re-scored on a breach; empty: a breach opens an item",
    )
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "metric"], name="target_once")]

    @property
    def at_least(self) -> bool:
        """Whether the limit is a least; else it is a most. Needs ``metric`` loaded."""
        if self.higher_is_better is None:
            return self.metric.higher_is_better
        return self.higher_is_better


class Breach(models.Model):
    """A target that broke, the reading that broke it, and the item that it opened or re-scored (R139, N27).

    At most one is open for a target and a placement; further readings below the limit belong to it.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="breaches")
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="breaches")
    reading = models.ForeignKey(Reading, on_delete=models.CASCADE, related_name="breaches")
    item = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, related_name="breaches")
    opened_item = models.BooleanField(default=False)
    broken_at = models.DateTimeField(default=timezone.now)
    mended_at = models.DateTimeField(null=True, help_text="a later reading holds the target")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["target", "placement"],
                condition=Q(mended_at=None),
                name="breach_one_open",
            ),
        ]
