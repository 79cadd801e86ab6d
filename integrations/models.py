"""Imports: runs, what they brought in, and what an undo has to take back. Webhooks in: addresses and deliveries."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from backlog.models import Item


class ImportRun(models.Model):
    """One file on its way in. The row is the state of the work; a message only wakes a worker (reliability.md, head).

    ``rows_done`` counts records of the file whose effect is committed in the current ``phase``, so that a worker that
    takes over goes on there. ``counts``: rows, created, updated, unchanged, skipped, errors; what came with the items
    (comments, links, signals, ratings); after an undo removed, restored and kept. ``aim``: how far it goes by itself.
    ``failed_in``: the state in which it failed or was stopped, for going on.
    """

    class State(models.TextChoices):
        ASKED = "asked", "waiting for somebody who may import"
        EXAMINING = "examining", "being looked at"
        MAPPING = "mapping", "waiting for the mapping"
        REHEARSING = "rehearsing", "being rehearsed"
        REHEARSED = "rehearsed", "rehearsed"
        IMPORTING = "importing", "being imported"
        DONE = "done", "imported"
        UNDOING = "undoing", "being undone"
        UNDONE = "undone", "undone"
        CANCELLED = "cancelled", "cancelled"
        FAILED = "failed", "failed"

    class Aim(models.TextChoices):
        MAPPING = "mapping", "ask how to understand the file"
        REHEARSAL = "rehearsal", "count what would happen"
        IMPORT = "import", "import"

    class Subject(models.TextChoices):
        ITEMS = "items", "items"
        SIGNALS = "signals", "evidence"
        PLACEMENTS = "placements", "placements"
        READINGS = "readings", "readings"

    BUSY = (State.EXAMINING, State.REHEARSING, State.IMPORTING, State.UNDOING)
    WRITING = (State.IMPORTING, State.UNDOING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="imports")
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    file_path = models.CharField(max_length=300)
    file_size = models.PositiveBigIntegerField(default=0)
    file_digest = models.CharField(max_length=64)
    subject = models.CharField(max_length=10, choices=Subject, default=Subject.ITEMS)
    state = models.CharField(max_length=12, choices=State, default=State.EXAMINING)
    aim = models.CharField(max_length=9, choices=Aim, default=Aim.MAPPING)
    failed_in = models.CharField(max_length=12, blank=True)
    phase = models.CharField(max_length=8, default="items")
    mapping = models.JSONField(null=True)
    examination = models.JSONField(null=True)
    rehearsal = models.JSONField(null=True)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    batch = models.UUIDField(default=uuid.uuid4)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    worker = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            # two at once would write the same rows
            models.UniqueConstraint(
                fields=["product"],
                condition=models.Q(state__in=["importing", "undoing"]),
                name="import_one_at_a_time",
            )
        ]
        indexes = [
            # the page and the API list: newest first
            models.Index(fields=["product", "-created_at", "-id"], name="import_product"),
            # the sweep: what is busy and nobody holds
            models.Index(fields=["state", "lease_until"], name="import_sweep"),
        ]


class ImportedRecord(models.Model):
    """What an item is known by elsewhere, and the values that its source had when it was last read.

    ``values`` holds the normalised source values that were written; a later export changes only what differs from them,
    so that edits made here survive. ``extra`` is shown on the item. ``pending``: references to records that are not
    here yet, as [kind, key or id, whether it points here]; None when there are none.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    identity = models.CharField(max_length=300)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="imported_records")
    external_key = models.CharField(max_length=160, blank=True)
    external_id = models.CharField(max_length=160, blank=True)
    url = models.CharField(max_length=500, blank=True)
    content_hash = models.CharField(max_length=64)
    values = models.JSONField(default=dict)
    extra = models.JSONField(default=dict)
    pending = models.JSONField(null=True)
    run = models.ForeignKey(ImportRun, on_delete=models.SET_NULL, null=True, related_name="records")
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "identity"], name="imported_record_once")
        ]
        indexes = [
            # parents and links name each other by key or by the source's own id
            models.Index(fields=["product", "external_key"], name="imported_key"),
            models.Index(fields=["product", "external_id"], name="imported_id"),
            # what still has links to make
            models.Index(
                fields=["product", "id"],
                name="imported_pending",
                condition=models.Q(pending__isnull=False),
            ),
        ]


class ImportEffect(models.Model):
    """What a run did to things that the change log does not restore: comments, signals, ratings, records, words,
    links, placements, readings.

    ``before`` None: the run made it, an undo deletes it; else the values to put back. Effects on items that the run
    itself made are not noted: they go with the item.
    """

    class Kind(models.TextChoices):
        COMMENT = "comment", "comment"
        SIGNAL = "signal", "signal"
        RATING = "rating", "rating"
        RECORD = "record", "record"
        LINK = "link", "link"
        LABEL = "label", "label"
        SEGMENT = "segment", "segment"
        PROGRAM = "program", "program"
        CHANNEL = "channel", "channel"
        CYCLE = "cycle", "cycle"
        PLACEMENT = "placement", "placement"
        READING = "reading", "reading"

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="effects")
    kind = models.CharField(max_length=9, choices=Kind)
    object_id = models.BigIntegerField()
    before = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "object_id"], name="import_effect_once")
        ]


class Hook(models.Model):
    """An address that a system posts readings and signals to, signed, with the rights of whoever made it (R137, T10).

    The secret is not kept: it is worked out of ``nonce`` and the installation's key. ``former_nonce``: the secret
    before it was changed, taken until ``former_until``. ``turned_away_*``: the last request that was not signed well.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="hooks")
    source = models.CharField(max_length=40, help_text="what readings and signals say of it")
    public_id = models.CharField(max_length=32, unique=True)
    nonce = models.CharField(max_length=32)
    former_nonce = models.CharField(max_length=32, blank=True)
    former_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    turned_away_at = models.DateTimeField(null=True)
    turned_away_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "source"],
                condition=models.Q(revoked_at=None),
                name="hook_of_source_once",
            )
        ]

    def __str__(self) -> str:
        return self.source


class HookDelivery(models.Model):
    """A message that came in, signed well. ``answer``: what it was told; of a refused one ``detail`` and ``fields``.

    A message whose effect is kept is not carried out again; a refused one may come again under its id.
    """

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=100)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    times = models.PositiveIntegerField(default=1, help_text="how often it came")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # two that bring the same message meet here
            models.UniqueConstraint(fields=["hook", "message_id"], name="hook_delivery_once")
        ]
        indexes = [
            # what came last, and what is old enough to go
            models.Index(fields=["hook", "-received_at", "-id"], name="hook_delivery_latest"),
        ]

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300
