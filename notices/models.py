"""Notices: who is told of which change, how each person wants to be told, and how far the change log was read."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from backlog.models import Change
from notices.vocabulary import Topic, Way
from reviews.models import Note


class Notice(models.Model):
    """One person is told of one change, once. What it says is read from the change whenever it is shown.

    ``others``: so many more changes of the same act concern the person in the same way; they have no notices.
    ``note``: the note that it speaks of; it is shown to whoever may see that note, and to nobody else.
    ``to_mail``: its person wanted a mail when it was made; ``mailed_at`` is set before the mail goes.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="notices")
    topic = models.CharField(max_length=12, choices=Topic)
    others = models.PositiveIntegerField(default=0)
    note = models.ForeignKey(Note, on_delete=models.CASCADE, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    to_mail = models.BooleanField(default=False)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "person"], name="notice_once"),
            models.CheckConstraint(condition=models.Q(topic__in=Topic.values), name="notice_topic"),
        ]
        indexes = [
            # the count beside the bell, and the list of what is unread
            models.Index(
                fields=["person", "product", "-id"],
                name="notice_unread",
                condition=models.Q(read_at__isnull=True),
            ),
            # the inbox, newest first, of one product or of all; a person is in few. Not by product, or SQLite
            # takes it for the count too
            models.Index(fields=["person", "-id"], name="notice_list"),
            # what is to be mailed
            models.Index(
                fields=["id"],
                name="notice_to_mail",
                condition=models.Q(to_mail=True, mailed_at__isnull=True),
            ),
            # what was read long ago
            models.Index(
                fields=["read_at"], name="notice_read", condition=models.Q(read_at__isnull=False)
            ),
        ]


class NoticePreference(models.Model):
    """How notices of a topic come to a person in a product. Without a row: ``vocabulary.DEFAULTS``."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notice_preferences")
    topic = models.CharField(max_length=12, choices=Topic)
    way = models.CharField(max_length=8, choices=Way)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "person", "topic"], name="notice_preference_once"
            ),
            models.CheckConstraint(
                condition=models.Q(topic__in=Topic.values), name="notice_preference_topic"
            ),
            models.CheckConstraint(
                condition=models.Q(way__in=Way.values), name="notice_preference_way"
            ),
        ]


class Followed(models.Model):
    """Up to where a product's chain of changes was made into notices: a position (``backlog.ChangeSeal``)."""

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    through = models.PositiveBigIntegerField(default=0)
