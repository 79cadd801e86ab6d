"""Digests: who wants one when, and what became of each."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from insights.vocabulary import Cadence, DigestState, Weekday


def _salt() -> str:
    return secrets.token_hex(16)


class DigestPreference(models.Model):
    """When a person wants the digest of a product: ``hour`` on the clocks of ``zone``, theirs when it was planned.

    ``next_on`` and ``next_at``: local day and instant of the next one, None when none is to come. ``covered_until``
    and ``covered_through`` (a position in the product's chain of changes) say up to where the news were delivered: a
    digest begins there, so that nothing is lost when one fails. ``refusals``: how often in a row the mail server
    refused the address. The secret of the unsubscribe link is an HMAC of ``salt``, see ``insights.unsubscribing``.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="digest_preferences")
    cadence = models.CharField(max_length=8, choices=Cadence, default=Cadence.OFF)
    hour = models.PositiveSmallIntegerField(default=8)
    weekday = models.PositiveSmallIntegerField(choices=Weekday, default=Weekday.MONDAY)
    zone = models.CharField(max_length=64, default="UTC")
    next_on = models.DateField(null=True)
    next_at = models.DateTimeField(null=True)
    last_on = models.DateField(null=True)
    covered_until = models.DateTimeField(default=timezone.now)
    covered_through = models.PositiveBigIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0)
    salt = models.CharField(max_length=32, default=_salt)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "user"], name="digest_preference_once"),
            models.CheckConstraint(condition=models.Q(hour__lte=23), name="digest_preference_hour"),
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6), name="digest_preference_weekday"
            ),
            models.CheckConstraint(
                condition=models.Q(cadence__in=Cadence.values), name="digest_preference_cadence"
            ),
            models.CheckConstraint(
                condition=models.Q(next_on__isnull=True, next_at__isnull=True)
                | models.Q(next_on__isnull=False, next_at__isnull=False),
                name="digest_preference_next",
            ),
        ]
        indexes = [
            # the sweep: what is due, product by product
            models.Index(
                fields=["next_at", "id"],
                name="digest_preference_due",
                condition=models.Q(next_at__isnull=False),
            ),
        ]


class Digest(models.Model):
    """One digest of a person for a period (``2026-10-05`` or ``2026-W41``): at most one, whatever happens.

    Claimed by a worker until ``lease_until``; ``in_doubt`` is committed right before the mail is handed over. It covers
    changes after ``window_from`` up to ``window_to``, exactly: the positions (``after``, ``through``] of the chain.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="digests")
    period = models.CharField(max_length=10)
    state = models.CharField(max_length=8, choices=DigestState, default=DigestState.PENDING)
    due_at = models.DateTimeField()
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    after = models.PositiveBigIntegerField(null=True)
    through = models.PositiveBigIntegerField(null=True)
    lease_until = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=120, blank=True)
    body_sha256 = models.CharField(max_length=64, blank=True)
    trouble = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "product", "period"], name="digest_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=DigestState.values), name="digest_state"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=DigestState.SENT)
                | models.Q(sent_at__isnull=False, window_to__isnull=False, through__isnull=False),
                name="digest_sent_says_what",
            ),
        ]
        indexes = [
            # the sweep: what a worker left behind
            models.Index(
                fields=["lease_until", "id"],
                name="digest_left_behind",
                condition=models.Q(state=DigestState.PENDING),
            ),
            # one's latest digests of a product
            models.Index(fields=["user", "product", "-id"], name="digest_latest"),
        ]
