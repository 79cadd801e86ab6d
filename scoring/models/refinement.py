"""Refinement sessions: who meets when, the agenda, blind votes, what was noted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Product, User
from backlog.models import Item
from scoring.rubrics import CERTAINTY


class Function(models.TextChoices):
    """What a person speaks for in a session. A session names those it wants; who is missing is shown (R92)."""

    ENGINEERING = "engineering", "Engineering"
    DESIGN = "design", "Design"
    PRODUCT = "product", "Product"
    CONTENT = "content", "Content"
    CUSTOMER = "customer", "Customer-facing"
    LEADERSHIP = "leadership", "Leadership"
    LEGAL = "legal", "Legal and compliance"


class SessionTemplate(models.Model):
    """What recurring sessions have in common. ``functions``: those that should be there."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    minutes = models.PositiveSmallIntegerField(default=60)
    minutes_each = models.PositiveSmallIntegerField(default=6)
    functions = models.JSONField(default=list)
    opening = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="session_template_once")
        ]

    def __str__(self) -> str:
        return self.name


class RefinementSession(models.Model):
    """A meeting over items. ``revision`` counts everything that its screens show: a poll that knows it gets nothing.

    ``screen`` is the revision at which more changed than who has voted or is there: screens then ask for their parts.
    ``sequence`` and ``changed_at`` are those of the calendar file; ``version`` counts changes of the plan.
    ``seed`` makes the agenda the same whenever it is built from the same facts. ``minutes``: the record that closing
    published; the database refuses to change a closed session any more.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        LIVE = "live", "Going on"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="sessions")
    title = models.CharField(max_length=120)
    template = models.ForeignKey(SessionTemplate, on_delete=models.SET_NULL, null=True)
    starts_at = models.DateTimeField()
    box_minutes = models.PositiveSmallIntegerField(default=60)
    minutes_each = models.PositiveSmallIntegerField(default=6)
    functions = models.JSONField(default=list)
    opening = models.TextField(blank=True)
    queue_kind = models.CharField(max_length=16, blank=True, help_text="empty: every queue")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    seed = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1)
    screen = models.PositiveIntegerField(default=1)
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)
    cancel_reason = models.CharField(max_length=300, blank=True)
    facilitator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    current = models.ForeignKey(
        "AgendaEntry", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    minutes = models.JSONField(null=True)

    class Meta:
        indexes = [
            # a product's sessions by day
            models.Index(fields=["product", "-starts_at", "-id"], name="session_list"),
        ]

    def __str__(self) -> str:
        return self.title


class Attendee(models.Model):
    """Somebody invited, for a function. ``seen_at``: when their screen last asked; presence is derived from it.

    ``mailed_sequence``: which state of the plan their last mail told them; a worker brings it up to the session's.
    Somebody taken off the list keeps the row, so that their calendar hears of it.
    """

    session = models.ForeignKey(
        RefinementSession, on_delete=models.CASCADE, related_name="attendees"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    function = models.CharField(max_length=12, choices=Function, blank=True)
    invited_at = models.DateTimeField(default=timezone.now)
    joined_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    mailed_sequence = models.PositiveIntegerField(null=True)
    mail_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="attendee_once")]
        indexes = [
            # invitations that wait to be mailed
            models.Index(
                fields=["mail_due_at"],
                name="attendee_mail_due",
                condition=Q(mail_due_at__isnull=False),
            ),
        ]


class AgendaEntry(models.Model):
    """An item on the agenda: why it is there, what it was before, what came of it.

    ``worth`` and ``factors`` are those of ``scoring.agenda`` when the agenda was built. ``before`` and ``after``: what
    of the item the session may change. ``outcomes``: ``[{"kind", "words", "by", "at", "batch"}]``, in order; ``batch``
    is what an undo takes back. ``agreed``: what is proposed after the flip, criterion -> level and certainty.
    ``flipped_at``: votes are visible from then on, and not before, to nobody.
    """

    class Outcome(models.TextChoices):
        RATED = "rated", "Rated"
        CHANGED = "changed", "Changed"
        SPLIT = "split", "Split"
        MERGED = "merged", "Merged"
        PARKED = "parked", "Parked"
        REQUEUED = "requeued", "Moved to another queue"
        KEPT = "kept", "Left as it is"
        DEFERRED = "deferred", "Put off"

    session = models.ForeignKey(RefinementSession, on_delete=models.CASCADE, related_name="entries")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="agenda_entries")
    position = models.FloatField()
    by_hand = models.BooleanField(default=False)
    worth = models.FloatField(null=True)
    factors = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    outcomes = models.JSONField(default=list)
    agreed = models.JSONField(default=dict)
    note = models.CharField(max_length=1000, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField(null=True)
    flipped_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "item"], name="agenda_entry_once")
        ]
        indexes = [
            # the agenda in order
            models.Index(fields=["session", "position", "id"], name="agenda_order"),
        ]


class Vote(models.Model):
    """One person's blind rating of one criterion in one round. Seen by others only after the flip."""

    entry = models.ForeignKey(AgendaEntry, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    criterion = models.CharField(max_length=40)
    level = models.FloatField()
    certainty = models.CharField(max_length=8, choices=[(name, name) for name in CERTAINTY])
    voted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "round", "user", "criterion"], name="vote_once"
            ),
            models.CheckConstraint(condition=Q(level__gte=0, level__lte=5), name="vote_level"),
        ]


class SessionNote(models.Model):
    """An open question, or something that somebody will do, from a session; it outlives it."""

    class Kind(models.TextChoices):
        QUESTION = "question", "Open question"
        ACTION = "action", "To do"

    session = models.ForeignKey(RefinementSession, on_delete=models.CASCADE, related_name="notes")
    entry = models.ForeignKey(AgendaEntry, on_delete=models.SET_NULL, null=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.QUESTION)
    text = models.CharField(max_length=500)
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
