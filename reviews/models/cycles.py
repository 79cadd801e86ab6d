"""Review rounds on versions of assets: stages, who looks, what they decided, and which approvals stand.

A decision names the SHA-256 that it was made about. It is a record of those bytes and is never moved to others.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from accounts.roles import Role
from assets.models import Asset, Version
from backlog.models import BriefVersion
from reviews.models.layers import Layer, ReviewPlan
from reviews.vocabulary import ApprovalState, CycleState, StageState, Verdict, Weight


class ReviewCycle(models.Model):
    """One round of review of one version. ``round`` counts within the version; ``decisions_count`` its decisions.

    At most one round of an asset is open. ``opens_at``: a round that is planned for a day asks nobody before it (R106);
    None: it began when it was made. ``closed_by_version`` is the upload that superseded it. ``brief_versions``
    are those in force when it closed: its reviewers read their lines to the end, and it stays held against them (R13).
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="review_cycles")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="review_cycles")
    round = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=20, choices=CycleState, default=CycleState.OPEN)
    decisions_count = models.PositiveIntegerField(default=0)
    plan = models.ForeignKey(ReviewPlan, on_delete=models.SET_NULL, null=True, related_name="+")
    purpose = models.CharField(max_length=300, blank=True)
    opens_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    brief_versions = models.ManyToManyField(BriefVersion, related_name="+")
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by_version = models.ForeignKey(
        Version, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "round"], name="review_round_once"),
            models.UniqueConstraint(
                fields=["asset"], condition=models.Q(state=CycleState.OPEN), name="review_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=CycleState.values), name="review_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state=CycleState.OPEN, closed_at__isnull=True)
                | (~models.Q(state=CycleState.OPEN) & models.Q(closed_at__isnull=False)),
                name="review_closed_when_decided",
            ),
        ]
        indexes = [
            # the lists of open and of closed rounds, newest first, and the API's list by state
            models.Index(fields=["product", "state", "-id"], name="review_list"),
            # the API's list of all rounds
            models.Index(fields=["product", "-id"], name="review_list_all"),
        ]

    def __str__(self) -> str:
        return f"Review of {self.version}, round {self.round}"

    @property
    def begins(self) -> datetime:
        """From when its deadlines count."""
        return self.opens_at or self.started_at


class Stage(models.Model):
    """A layer at work in a round: what of it held on the day the round began, so that a later edit changes nothing.

    Approved when ``quorum`` of its reviewers approved. Stages with the same ``step`` are open together; a step opens
    when all of the one before are approved. ``material``: names of parts (``assets.vocabulary.PART_NAMES``).
    ``answers_needed``: nobody approves before each line of the checklist is answered.
    ``carried_from``: the approval that holds for this version too, so nobody is asked again.
    """

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.CASCADE, related_name="stages")
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, null=True, related_name="stages")
    kind = models.CharField(max_length=40, help_text="the layer's slug")
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField(default=0)
    quorum = models.PositiveSmallIntegerField()
    checklist = models.JSONField(default=list, help_text="texts of what is to be checked")
    answers_needed = models.BooleanField(default=False)
    material = models.JSONField(default=list)
    private = models.BooleanField(default=False, help_text="notes are seen by its reviewers only")
    entry = models.JSONField(default=list, help_text="entry conditions: names of EntryCondition")
    due_at = models.DateTimeField(null=True, blank=True)
    carried_from = models.ForeignKey(
        "reviews.Approval", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=20, choices=StageState, default=StageState.WAITING)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "position"], name="stage_position_once"),
            models.UniqueConstraint(fields=["cycle", "kind"], name="stage_kind_once"),
            models.CheckConstraint(condition=models.Q(quorum__gte=1), name="stage_quorum"),
            models.CheckConstraint(
                condition=models.Q(state__in=StageState.values), name="stage_state"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def until(self) -> datetime | None:
        """Until when verdicts are due: the earlier of its own deadline and the round's. Needs ``cycle`` loaded."""
        return min(filter(None, (self.due_at, self.cycle.due_at)), default=None)


class Assignment(models.Model):
    """Who is asked in a stage. ``waiting``: the stage is open and this person has not decided.

    ``stands_in_for``: who was asked first, and handed it over. ``opened_at``: when the reviewer first looked.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="assignments")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="review_assignments")
    waiting = models.BooleanField(default=False)
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    assigned_at = models.DateTimeField(default=timezone.now)
    stands_in_for = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stage", "reviewer"], name="assignment_once")
        ]
        indexes = [
            # what waits for a person, oldest first, and the count beside Reviews
            models.Index(
                fields=["reviewer", "product", "id"],
                name="assignment_waiting",
                condition=models.Q(waiting=True),
            ),
        ]


class Decision(models.Model):
    """A verdict of one person in one stage about the bytes with ``sha256``. ``role``: the one they held that day.

    ``weight`` says how deep a requested change goes; empty on approvals. ``conditions``: under which an approval holds.
    ``checked``: for each line of the stage's checklist {"text", "ok": true, false or null, "note"}.
    """

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="review_decisions")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="decisions")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Role)
    verdict = models.CharField(max_length=16, choices=Verdict)
    weight = models.CharField(max_length=12, choices=Weight, blank=True)
    note = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    conditions = models.TextField(blank=True)
    checked = models.JSONField(default=list)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "stage", "reviewer"], name="decision_once"),
            models.CheckConstraint(
                condition=models.Q(verdict__in=Verdict.values), name="decision_verdict"
            ),
            models.CheckConstraint(
                condition=models.Q(verdict=Verdict.APPROVE, weight="")
                | (
                    models.Q(verdict=Verdict.REQUEST_CHANGES, weight__in=Weight.values)
                    & ~models.Q(note="")
                ),
                name="decision_says_what",
            ),
        ]


class Approval(models.Model):
    """A layer's approval of an asset's content (N15, R116): it holds for a SHA-256 over the parts it declared material.

    ``material`` maps each declared part to its SHA-256 at approval; ``sha256`` is over that map (``reviews.material``).
    A version whose parts hash to the same has this approval; one that differs voids it, and identical content restores
    it. ``version`` is the version it was given on; ``voided_parts`` the parts that changed in ``voided_by``.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="approvals")
    layer = models.ForeignKey(Layer, on_delete=models.PROTECT, related_name="approvals")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="approvals")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, null=True, related_name="approvals")
    material = models.JSONField()
    sha256 = models.CharField(max_length=64)
    conditions = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=ApprovalState, default=ApprovalState.VALID)
    given_at = models.DateTimeField(default=timezone.now)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(Version, on_delete=models.SET_NULL, null=True, related_name="+")
    voided_parts = models.JSONField(default=list)
    restored_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "layer", "sha256"],
                condition=~models.Q(state=ApprovalState.REVOKED),
                name="approval_once",
            ),
        ]
        indexes = [
            # what is approved of an asset
            models.Index(fields=["asset", "layer", "-given_at"], name="approval_of_asset"),
        ]


class GuestLink(models.Model):
    """A link by which somebody without an account sees one round and nothing else. Only hashes are kept.

    ``password`` is a hash of Django's, empty without one. It ends at ``expires_at``, when revoked, and when the round
    is withdrawn. Until ``locked_until`` no password is looked at.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    cycle = models.ForeignKey(ReviewCycle, on_delete=models.CASCADE, related_name="guest_links")
    name = models.CharField(max_length=120, help_text="who it is for")
    email = models.EmailField(blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    password = models.CharField(max_length=200, blank=True)
    may_comment = models.BooleanField(default=False)
    may_download = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True)
    visits = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(
        default=0, help_text="wrong passwords since the last right one"
    )
    locked_until = models.DateTimeField(null=True)
