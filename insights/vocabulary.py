"""The words of insights, used by models, services and pages alike. Pure data."""

from __future__ import annotations

from django.db.models import IntegerChoices, TextChoices


class Cadence(TextChoices):
    """How often somebody wants the digest of a product."""

    OFF = "off", "Not at all"
    DAILY = "daily", "Every day"
    WEEKLY = "weekly", "Once a week"


class Weekday(IntegerChoices):
    """As Python counts them."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class DigestState(TextChoices):
    """``in_doubt``: handed to the mail server, whose answer never came. It is not sent again: at most once."""

    PENDING = "pending", "Waits to be sent"
    IN_DOUBT = "in_doubt", "Handed over, answer unknown"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"
    SKIPPED = "skipped", "Nothing to send"
