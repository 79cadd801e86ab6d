"""Mails about notices. Rows are claimed first, then one mail goes to each person and product, so two runs send one.

A mail that the server did not take is not sent again: the notice stands in the inbox all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts import demo
from accounts.actors import Actor, Via
from accounts.models import Membership
from core import text
from notices import access
from notices.models import Notice
from notices.unsubscribing import token_of
from notices.words import told

logger = logging.getLogger(__name__)

BATCH = 500


def send_due(now: datetime | None = None) -> int:
    """Mail what is unread and wanted by mail; returns the mails sent. What was read meanwhile is not mailed."""
    now = now or timezone.now()
    due = Notice.objects.filter(to_mail=True, mailed_at=None).order_by("pk")
    claimed: dict[tuple[int, int], list[int]] = {}
    for pk, person, product in list(due.values_list("pk", "person", "product")[:BATCH]):
        if Notice.objects.filter(pk=pk, to_mail=True, mailed_at=None).update(mailed_at=now):
            claimed.setdefault((person, product), []).append(pk)
    return sum(_send(person, product, ids) for (person, product), ids in claimed.items())


def _send(person: int, product: int, ids: Sequence[int]) -> bool:
    """One mail about these notices, if its person may still see them and has read none of it yet."""
    found = Membership.objects.select_related("user", "product").filter(
        user=person, product=product, user__is_active=True
    )
    membership = found.first()
    if membership is None or demo.is_demo_person(membership.user):
        return False
    actor = Actor(user=membership.user, channel=Via.TASK)
    seen = access.notices_in(actor, membership.product).filter(pk__in=ids, read_at=None)
    notices = list(seen.select_related("product", "change", "note__version").order_by("pk"))
    if not notices:
        return False
    try:
        message(membership, notices).send()
    except (OSError, SMTPException) as error:
        logger.warning("notices_lost person_id=%s product_id=%s: %s", person, product, error)
        return False
    return True


def message(membership: Membership, notices: Sequence[Notice]) -> EmailMessage:
    """The mail, in the person's language and zone."""
    person, product = membership.user, membership.product
    stop = f"{settings.SITE_URL}{reverse('notifications-stop', args=[token_of(membership)])}"
    language = person.language if person.language in dict(settings.LANGUAGES) else None
    with (
        translation.override(language or settings.LANGUAGE_CODE),
        timezone.override(person.time_zone),
    ):
        rows = told(notices)
        context = {
            "person": person,
            "product": product,
            "rows": rows,
            "base": settings.SITE_URL,
            "inbox": reverse("notifications", args=[product.key]),
            "ways": reverse("notifications-ways", args=[product.key]),
            "stop": stop,
        }
        subject = (
            rows[0].says
            if len(rows) == 1
            else translation.gettext("%(product)s: %(n)d notifications")
            % {"product": product.name, "n": len(rows)}
        )
        body = render_to_string("notices/mail/notices.txt", context)
    return EmailMessage(
        text.one_line(subject)[:200],
        body,
        to=[person.email],
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
