"""What scores are made from and what became of them: rubrics, ratings, signals, adjustments, snapshots, outcomes."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from backlog.models import Item, Segment
from scoring.rubrics import CERTAINTY


class RubricVersion(models.Model):
    """A published rubric; never changed afterwards, so that old scores stay explained.

    ``data``: see ``rubrics``. ``digest``: SHA-256 of it, see ``rubrics.digest``.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="rubric_versions")
    number = models.PositiveIntegerField()
    data = models.JSONField()
    digest = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="rubric_version_once")
        ]


class RubricDraft(models.Model):
    """A rubric in the making. Editing and trying it writes nothing else; publishing makes it a version.

    ``data``: as in a version, but it may still have problems. ``based_on``: the number of the version it began as, of
    this product or of ``origin``.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="rubric_drafts")
    name = models.CharField(max_length=80)
    data = models.JSONField()
    based_on = models.PositiveIntegerField()
    origin = models.ForeignKey(Product, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)
    published_as = models.PositiveIntegerField(null=True, blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # a product's drafts, the last edited first
            models.Index(fields=["product", "-updated_at"], name="rubric_draft_list"),
        ]

    def __str__(self) -> str:
        return self.name


class Publication(models.Model):
    """What publishing a version set out to do, and how far it has come: every open item scored as of ``as_of``.

    ``digest`` and ``figures`` are those of the preview that was published. Items up to the id ``applied_to`` are done;
    ``applied_at``: all are. Their history follows: up to ``kept_to`` it is kept; ``kept_at``: all of it is. The version
    itself never changes, so this stands beside it.
    """

    version = models.OneToOneField(
        RubricVersion, on_delete=models.CASCADE, primary_key=True, related_name="publication"
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    draft = models.ForeignKey(RubricDraft, on_delete=models.SET_NULL, null=True, related_name="+")
    as_of = models.DateTimeField()
    digest = models.CharField(max_length=64)
    figures = models.JSONField(default=dict)
    items = models.PositiveIntegerField(default=0)
    applied_to = models.BigIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    kept_to = models.BigIntegerField(default=0)
    kept_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # what the sweep still has to apply or to keep
            models.Index(
                fields=["version"],
                name="publication_waiting",
                condition=models.Q(kept_at__isnull=True),
            ),
        ]


class Rating(models.Model):
    """The current rating of an item on a criterion; earlier ones stand in the change log."""

    class Source(models.TextChoices):
        PERSON = "person", "a person"
        IMPORT = "import", "from import"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="ratings")
    criterion = models.CharField(max_length=40)
    level = models.FloatField()
    certainty = models.CharField(max_length=8, choices=[(name, name) for name in CERTAINTY])
    source = models.CharField(max_length=8, choices=Source, default=Source.PERSON)
    rated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    rated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "criterion"], name="rating_once"),
            models.CheckConstraint(
                condition=models.Q(level__gte=0, level__lte=5), name="rating_level"
            ),
            models.CheckConstraint(
                condition=models.Q(certainty__in=list(CERTAINTY)), name="rating_certainty"
            ),
        ]


class SignalDismissal(models.Model):
    """A group of signals that somebody looked at and wants no item for; it comes back when it grows (R71).

    Not a group itself: groups are worked out from the signals. ``label`` and ``size`` say what was seen then.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    label = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.label


class Signal(models.Model):
    """A piece of evidence: so much of a kind at an instant. Unique by source and external id: a retry adds nothing.

    With an item it counts for that item. With a segment only, it counts for every item that names the segment, at the
    rubric's share for segments. With neither it waits to be grouped. A withdrawn one counts for nothing and stays.
    ``apart``: somebody took it out of its group. ``version`` counts changes; earlier values stand in the change log.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="signals")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, related_name="signals")
    segment = models.ForeignKey(Segment, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    magnitude = models.FloatField()
    occurred_at = models.DateTimeField()
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    merged_from = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=500, blank=True)
    apart = models.BooleanField(default=False)
    dismissal = models.ForeignKey(
        SignalDismissal, on_delete=models.SET_NULL, null=True, related_name="signals"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "source", "external_id"],
                name="signal_once",
                condition=~models.Q(external_id=""),
            ),
            models.CheckConstraint(condition=models.Q(magnitude__gte=0), name="signal_magnitude"),
        ]
        indexes = [
            # an item's evidence, newest first; the sums of a rescore
            models.Index(fields=["item", "-occurred_at"], name="signal_item"),
            # the product's newest evidence
            models.Index(fields=["product", "-occurred_at", "-id"], name="signal_product"),
            # what belongs to no item yet: the groups, and the list of them
            models.Index(
                fields=["product", "occurred_at", "id"],
                name="signal_unattached",
                condition=models.Q(item=None, withdrawn_at=None),
            ),
            # what counts for the items of a segment
            models.Index(
                fields=["segment", "occurred_at"],
                name="signal_of_segment",
                condition=models.Q(item=None, withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_words} {self.magnitude:g}"

    @property
    def kind_words(self) -> str:
        """``support ticket``."""
        return self.kind.replace("_", " ")


class Adjustment(models.Model):
    """Judgement with an end: points added or taken off, the claim behind it, until when, and what came of it.

    ``moved_past``: a hand move put the item just ``above`` (or below) that one; else the points were typed.
    ``verdict``: once the claim could be seen to hold or not (N4).
    """

    class Verdict(models.TextChoices):
        HELD = "held", "It held"
        PARTLY = "partly", "It held in part"
        FAILED = "failed", "It did not hold"
        UNKNOWN = "unknown", "It cannot be told"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="adjustments")
    points = models.FloatField()
    claim = models.CharField(max_length=500)
    evidence = models.CharField(max_length=500, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    moved_past = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, related_name="+")
    above = models.BooleanField(default=True)
    verdict = models.CharField(max_length=12, choices=Verdict, blank=True)
    verdict_note = models.CharField(max_length=500, blank=True)
    verdict_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    verdict_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["item", "expires_at"], name="adjustment_item"),
            # adjustments that run out and have to be taken out of a score
            models.Index(
                fields=["expires_at"],
                name="adjustment_running",
                condition=models.Q(ended_at__isnull=True),
            ),
            # judgements of a product by their end: what waits for a verdict, hit rates
            models.Index(fields=["product", "expires_at", "id"], name="adjustment_product"),
        ]


class Snapshot(models.Model):
    """A score that was kept: inputs and factors at an instant, under a rubric version.

    ``state`` holds queue, effort, days to the due instant, severity, adjustment (points), levels, certainties, rated
    ages (days), decayed sums and newest ages per criterion, in the rubric's order, so that the priority can be computed
    again.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="snapshots")
    at = models.DateTimeField()
    rubric_version = models.PositiveIntegerField()
    priority = models.FloatField(null=True)
    band = models.CharField(max_length=8, blank=True)
    parts = models.JSONField(null=True)
    state = models.JSONField()

    class Meta:
        indexes = [
            # an item's kept scores, newest first
            models.Index(fields=["item", "-at"], name="snapshot_item"),
            # what moved in a product in a period; thinning
            models.Index(fields=["product", "at"], name="snapshot_product"),
        ]


class Outcome(models.Model):
    """What an item achieved in a pillar, on the scale of its prediction: 0 nothing … 1 all that level 5 says (N6).

    Pushed in from readings once the measuring window is over, or entered by a person. Unique by source and external id.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="outcomes")
    pillar = models.CharField(max_length=8)
    realized = models.FloatField()
    measured_at = models.DateTimeField()
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "source", "external_id"],
                name="outcome_once",
                condition=~models.Q(external_id=""),
            ),
            models.CheckConstraint(
                condition=models.Q(realized__gte=0, realized__lte=1), name="outcome_realized"
            ),
        ]
        indexes = [
            # an item's outcomes, newest first
            models.Index(fields=["item", "pillar", "-measured_at"], name="outcome_item"),
        ]

    @property
    def level(self) -> float:
        """On the scale of the ratings, 0 to 5."""
        return 5 * self.realized
