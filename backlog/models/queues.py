"""Queues and the product's own words: labels, segments, programs, channels, cycles."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from backlog.vocabulary import QueueKind


class Queue(models.Model):
    """One of a product's four queues, with its written definition and policy.

    ``share`` is the part of a cycle's capacity promised to it (0 … 1); ``deadline_hours`` maps a severity
    ("1" … "4") to the hours after acceptance in which an item is due (hotfix only; empty elsewhere).
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="queues")
    kind = models.CharField(max_length=16, choices=QueueKind)
    definition = models.TextField()
    definition_version = models.PositiveIntegerField(default=1)
    share = models.FloatField()
    deadline_hours = models.JSONField(default=dict, blank=True)
    floor = models.FloatField(
        null=True,
        blank=True,
        help_text="part of the capacity that is never lent; empty: half the share",
    )
    in_progress_limit = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "kind"], name="queue_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=QueueKind.values), name="queue_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(share__gte=0, share__lte=1), name="queue_share"
            ),
            models.CheckConstraint(
                condition=models.Q(floor=None)
                | models.Q(floor__gte=0, floor__lte=models.F("share")),
                name="queue_floor",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def name(self) -> str:
        return self.get_kind_display()


class Word(models.Model):
    """A word of a product's vocabulary; names are unique within the product whatever their case."""

    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Label(Word):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="labels")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="label_once")]


class Segment(Word):
    """A group of customers or users; ``accounts_count`` is how many it holds, where known."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="segments")
    accounts_count = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="segment_once")]


class Program(Word):
    """What an item serves: training, compliance, product adoption, go-to-market …"""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="programs")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="program_once")]


class Channel(Word):
    """Where work reaches people: learning platform, in-product help, website …"""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="channels")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="channel_once")]


class Cycle(Word):
    """A sprint or other period of planned work: planned, then accepted, then closed.

    ``capacity`` in points (None: as the product's policy says). ``baseline_points``: what the plan held when it was
    accepted; growth is measured against it. ``sentence``: what its closing says of the promised shares.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="cycles")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    capacity = models.FloatField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    baseline_points = models.FloatField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product", "name"], name="cycle_once")]
