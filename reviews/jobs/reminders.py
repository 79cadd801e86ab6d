"""Reminders by mail: a day before a verdict is due (``Stage.until``), and each day after, until it is given."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts import demo
from accounts.models import Membership
from core import text
from reviews.models import Assignment
from reviews.selectors import UNTIL

logger = logging.getLogger(__name__)

AHEAD = timedelta(days=1)
APART = timedelta(days=1)
MOST = 5
BATCH = 500


def send_due(now: datetime | None = None) -> int:
    """Remind whoever's verdict is due; returns the mails sent. Rows are claimed first, so two runs send one mail.

    A mail that the server did not take is not sent again before the next day: once too few rather than twice.
    """
    now = now or timezone.now()
    due = Assignment.objects.annotate(until=UNTIL).filter(
        Q(reminded_at=None) | Q(reminded_at__lte=now - APART),
        waiting=True,
        until__lte=now + AHEAD,
        reminders__lt=MOST,
    )
    rows = due.select_related(
        "reviewer", "product", "stage__cycle__asset__item", "stage__cycle__version"
    )
    sent = 0
    for row in rows.order_by("until", "pk")[:BATCH]:
        claimed = Assignment.objects.filter(pk=row.pk, reminded_at=row.reminded_at, waiting=True)
        if not claimed.update(reminded_at=now, reminders=F("reminders") + 1):
            continue
        if not _reachable(row):
            continue
        try:
            message(row, now).send()
            sent += 1
        except (OSError, SMTPException) as error:
            logger.warning("reminder_lost assignment_id=%s: %s", row.pk, error)
    return sent


def _reachable(row: Assignment) -> bool:
    person = row.reviewer
    if demo.is_demo_person(person) or not person.is_active:
        return False
    return Membership.objects.filter(product=row.product_id, user=person).exists()


def message(row: Assignment, now: datetime) -> EmailMessage:
    """The mail, in the person's language and zone."""
    stage, cycle, person = row.stage, row.stage.cycle, row.reviewer
    with translation.override(person.language), timezone.override(person.time_zone):
        link = f"{settings.SITE_URL}{reverse('review', args=[row.product.key, cycle.pk])}"
        late = stage.until is not None and stage.until < now
        context = {
            "person": person,
            "stage": stage,
            "cycle": cycle,
            "product": row.product,
            "link": link,
            "late": late,
        }
        subject = translation.gettext(
            "Your verdict on %(name)s is late" if late else "Your verdict on %(name)s is due"
        ) % {"name": cycle.asset.name}
        body = render_to_string("reviews/mail/reminder.txt", context)
    return EmailMessage(text.one_line(subject)[:200], body, to=[person.email])
