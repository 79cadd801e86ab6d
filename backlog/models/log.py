"""The change log: append-only rows, and the seals that chain them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.actors import Via
from accounts.models import Product, User


class Change(models.Model):
    """One thing that happened. The database refuses to update or delete it.

    ``fields`` maps a field to ``[before, after]``; a reference to another row is ``{"id": …, "label": …}`` with the
    words of that day. ``item_id`` is not a foreign key: a change outlives its item. ``batch`` groups what one act did,
    so that it can be undone as one; ``undoes`` names the batch that an undo took back.
    """

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=8, choices=Via)
    verb = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=24)
    subject_id = models.BigIntegerField()
    item_id = models.BigIntegerField(null=True)
    fields = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    right = models.CharField(max_length=40, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    item_version = models.PositiveIntegerField(null=True)
    batch = models.UUIDField(null=True)
    undoes = models.UUIDField(null=True)

    class Meta:
        indexes = [
            # an item's history, newest first
            models.Index(fields=["item_id", "-id"], name="change_item"),
            # digests, "what moved", decision pages: a product's changes in a period
            models.Index(fields=["product", "at", "id"], name="change_product_at"),
            # undo of one act
            models.Index(
                fields=["batch"], name="change_batch", condition=models.Q(batch__isnull=False)
            ),
            # whether an act was undone already
            models.Index(
                fields=["undoes"], name="change_undoes", condition=models.Q(undoes__isnull=False)
            ),
            # what changed in a brief since it was read
            models.Index(
                fields=["subject_id", "-id"],
                name="change_brief",
                condition=models.Q(subject_type="brief"),
            ),
            # the history of a piece of evidence, which may belong to no item
            models.Index(
                fields=["subject_id", "-id"],
                name="change_signal",
                condition=models.Q(subject_type="signal"),
            ),
        ]


class ChangeSeal(models.Model):
    """A change's place in its product's hash chain, written by a background pass so that no write waits."""

    change = models.OneToOneField(
        Change, on_delete=models.PROTECT, primary_key=True, related_name="seal"
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "position"], name="seal_position_once")
        ]


class ChainHead(models.Model):
    """Where a product's chain ends; moved by compare-and-set, so that two sealers cannot fork it.

    ``sealed_through``: no change up to this id is without a seal, and none will come. ``seen_through`` is the end that
    was reached at ``seen_at``; it becomes ``sealed_through`` once every transaction of that time is over.
    """

    product = models.OneToOneField(
        Product, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    position = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)
    sealed_through = models.BigIntegerField(default=0)
    seen_through = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True)


class SavedView(models.Model):
    """A list's filters, order and layout under a name, for its owner or, ``shared``, for everybody."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    shared = models.BooleanField(default=False)
    query = models.CharField(max_length=2000, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "owner", "name"], name="saved_view_once")
        ]
