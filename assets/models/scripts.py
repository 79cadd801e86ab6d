"""What a text version holds: segments that variants follow, and claims that are signed one by one."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from assets.models.versions import Asset, Version
from assets.vocabulary import ClaimState
from backlog.models import BriefLine


class Segment(models.Model):
    """A scene, section or paragraph of a version. ``key`` stays the same from version to version (N18).

    ``first_line`` and ``last_line`` count from 1, inclusive. ``sha256`` is over the segment's text.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="segments")
    key = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    label = models.CharField(max_length=200, blank=True)
    first_line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="segment_key_once")]


class SegmentMap(models.Model):
    """Which segments of its source a variant renders. A variant without rows follows all of them."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="segment_maps")
    source_key = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "source_key"], name="segment_map_once")
        ]


class Claim(models.Model):
    """A statement in a script that somebody answers for: its source, and the line of the brief it serves (N16).

    ``number`` counts within the asset and never changes; ``text`` is what it says in the newest version that holds it.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="claims")
    number = models.PositiveIntegerField()
    text = models.TextField()
    source = models.CharField(max_length=500, blank=True)
    source_url = models.URLField(max_length=500, blank=True)
    brief_line = models.ForeignKey(
        BriefLine, on_delete=models.SET_NULL, null=True, blank=True, related_name="claims"
    )
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "number"], name="claim_number_once")
        ]

    def __str__(self) -> str:
        return f"Claim {self.number}"


class ClaimMark(models.Model):
    """Where a claim stands in a version, what it says there, and who signed these words.

    ``start`` and ``end`` are offsets in characters of the version's text, end exclusive; both are None where the claim
    is gone. A mark whose words equal the version before carries its signature (``signed_in`` says from which version).
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="marks")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="claim_marks")
    state = models.CharField(max_length=10, choices=ClaimState, default=ClaimState.UNSIGNED)
    text = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)
    first_line = models.PositiveIntegerField(null=True)
    last_line = models.PositiveIntegerField(null=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    signed_in = models.PositiveIntegerField(
        null=True, help_text="number of the version it was signed in"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "version"], name="claim_mark_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=ClaimState.values), name="claim_mark_state"
            ),
        ]
