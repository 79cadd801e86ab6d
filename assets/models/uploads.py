"""Uploads in parts: bytes that have arrived so far, until they are a version."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from assets.models.versions import Asset, Version
from assets.vocabulary import UploadState
from backlog.models import Increment, Item


class Upload(models.Model):
    """A file that arrives in parts and can be resumed. ``received`` bytes lie in a file of its own.

    It becomes a version of ``asset``, or a new asset of ``item``. ``sha256``: what the sender says the whole will be;
    empty: not said. Only its maker may go on with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, null=True, related_name="uploads")
    increment = models.ForeignKey(Increment, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    original_name = models.CharField(max_length=255)
    rationale = models.TextField()
    size = models.PositiveBigIntegerField(help_text="bytes")
    received = models.PositiveBigIntegerField(default=0, help_text="bytes")
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=UploadState, default=UploadState.OPEN)
    version = models.ForeignKey(Version, on_delete=models.SET_NULL, null=True, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(received__lte=models.F("size")), name="upload_received"
            ),
        ]
        indexes = [
            # a person's unfinished uploads, and those to give up
            models.Index(
                fields=["made_by", "touched_at"],
                name="upload_open",
                condition=models.Q(state=UploadState.OPEN),
            ),
        ]
