"""Sending the links to set a new password that were asked for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import demo
from accounts.models import ResetRequest, User

logger = logging.getLogger(__name__)

#: Older requests are not answered any more: whoever asked has asked again.
STALE = timedelta(hours=1)


def send_waiting(now: datetime | None = None) -> int:
    """Answer what was asked for; returns the mails sent. Safe to run twice at once: rows are claimed."""
    now = now or timezone.now()
    waiting = ResetRequest.objects.filter(handled_at__isnull=True)
    sent = 0
    for request in list(waiting.order_by("pk")[:200]):
        if not waiting.filter(pk=request.pk).update(handled_at=now):
            continue
        if request.asked_at < now - STALE:
            continue
        user = User.objects.filter(email=request.email, is_active=True).first()
        if user is None or demo.is_demo_person(user):
            continue
        try:
            _send(user)
            sent += 1
        except (OSError, SMTPException) as error:
            ResetRequest.objects.filter(pk=request.pk).update(handled_at=None)
            logger.warning("reset_mail_waits user_id=%s: %s", user.pk, error)
            break
    return sent


def _send(user: User) -> None:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("new-password", args=[uid, default_token_generator.make_token(user)])
    with translation.override(user.language or settings.LANGUAGE_CODE):
        body = render_to_string(
            "accounts/mail/reset.txt", {"person": user, "link": f"{settings.SITE_URL}{path}"}
        )
        subject = translation.gettext("Your new password for Ballast")
    send_mail(subject, body, None, [user.email])
