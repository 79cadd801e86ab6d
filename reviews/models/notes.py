"""What is said about a version, where exactly, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Product, User
from assets.models import Claim, Version
from backlog.models import BriefLine
from reviews.models.cycles import GuestLink, ReviewCycle, Stage
from reviews.vocabulary import ContradictionState, NoteState, Weight


class Note(models.Model):
    """A remark on a version. ``cycle``: the round it was made in.

    ``anchor`` says where: {"line": 12}, {"page": 3}, {"second": 4.5}, {"region": [x, y, width, height]} with shares of
    the picture's sides, a range with "end_line" or "end_second", or a mixture; null: the whole. ``parent``: the
    note it answers; answers have no anchor and no state of their own. ``brief_line``, ``claim``:
    what it is about. ``must``: without it there is no approval. ``carried_from``: the same note on the version before,
    unresolved there. ``private``: seen by the stage's reviewers.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="review_notes")
    cycle = models.ForeignKey(
        ReviewCycle, on_delete=models.CASCADE, null=True, related_name="notes"
    )
    stage = models.ForeignKey(Stage, on_delete=models.SET_NULL, null=True, related_name="notes")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="answers")
    carried_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="carried_to"
    )
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    guest = models.ForeignKey(GuestLink, on_delete=models.PROTECT, null=True, related_name="notes")
    body = models.TextField()
    anchor = models.JSONField(null=True, blank=True)
    quote = models.CharField(
        max_length=300, blank=True, help_text="the words it points at, in texts"
    )
    weight = models.CharField(max_length=12, choices=Weight, default=Weight.DETAIL)
    must = models.BooleanField(default=False)
    private = models.BooleanField(default=False)
    brief_line = models.ForeignKey(
        BriefLine, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    claim = models.ForeignKey(Claim, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=NoteState, default=NoteState.OPEN)
    resolved_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "carried_from"],
                condition=Q(carried_from__isnull=False),
                name="note_carried_once",
            ),
        ]
        indexes = [
            # what is unresolved on a version
            models.Index(
                fields=["version", "id"],
                name="note_open",
                condition=Q(state=NoteState.OPEN, parent=None),
            ),
        ]

    @property
    def subject(self) -> str:
        """What it is about, as people name it: "BR-3.7", "Claim 4"; empty where it says only where."""
        named = [self.brief_line.key if self.brief_line else "", str(self.claim or "")]
        return ", ".join(filter(None, named))

    @property
    def who(self) -> str:
        """Whose words these are: a member's name, or a guest's, marked so."""
        if self.author is not None:
            return str(self.author)
        return _("%(name)s, guest") % {"name": self.guest.name} if self.guest else "Ballast"


class Contradiction(models.Model):
    """Two open notes on the same place that ask for opposite things (N19), raised before the next round."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="contradictions")
    first = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="+")
    why = models.CharField(max_length=200)
    state = models.CharField(
        max_length=12, choices=ContradictionState, default=ContradictionState.OPEN
    )
    outcome = models.CharField(max_length=500, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="contradiction_once")
        ]
