"""Invitations to refinement sessions by mail, each with its calendar file; changes and cancellations likewise."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts import demo
from accounts.models import Membership
from core import text
from scoring import calendars
from scoring.models import Attendee, RefinementSession

logger = logging.getLogger(__name__)

RETRY = timedelta(minutes=2)


def send_waiting(now: datetime | None = None) -> int:
    """Tell those whose calendar is behind. Returns the mails sent. Rows are claimed, so two runs send one mail.

    A mail server that is away leaves them for the next run. Whoever left the product hears only that it is off.
    """
    now = now or timezone.now()
    due = Attendee.objects.filter(mail_due_at__lte=now)
    sent = 0
    rows = due.select_related("session__product", "session__facilitator", "user").order_by("pk")
    for attendee in list(rows[:500]):
        if not due.filter(pk=attendee.pk, mail_due_at=attendee.mail_due_at).update(
            mail_due_at=None
        ):
            continue
        session = attendee.session
        off = session.state == RefinementSession.State.CANCELLED or attendee.removed_at is not None
        if not _wanted(attendee, off):
            continue
        try:
            message(attendee, off=off).send()
            sent += 1
        except (OSError, SMTPException) as error:
            Attendee.objects.filter(pk=attendee.pk, mail_due_at=None).update(
                mail_due_at=now + RETRY
            )
            logger.warning("invitation_waits attendee_id=%s: %s", attendee.pk, error)
            continue
        told = None if off else session.sequence
        Attendee.objects.filter(pk=attendee.pk).update(mailed_sequence=told)
    return sent


def _wanted(attendee: Attendee, off: bool) -> bool:
    session = attendee.session
    if demo.is_demo_person(attendee.user) or not attendee.user.is_active:
        return False
    if off:
        return attendee.mailed_sequence is not None
    if session.state != RefinementSession.State.PLANNED:
        return False
    return Membership.objects.filter(product=session.product_id, user=attendee.user_id).exists()


def appointment(session: RefinementSession) -> calendars.Appointment:
    """The session as an appointment. One query."""
    people = session.attendees.filter(removed_at=None).select_related("user")
    link = f"{settings.SITE_URL}{reverse('refinement-session', args=[session.product.key, session.pk])}"
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    description = f"Refinement of {session.product.name}. Agenda and votes: {link}"
    if session.opening:
        description = f"{session.opening}\n\n{description}"
    return calendars.Appointment(
        uid=f"ballast-session-{session.pk}@{host}",
        sequence=session.sequence,
        stamp=session.changed_at,
        starts_at=session.starts_at,
        minutes=session.box_minutes,
        title=session.title,
        description=description,
        url=link,
        organizer=calendars.Person(str(session.facilitator), session.facilitator.email),
        attendees=[
            calendars.Person(str(row.user), row.user.email)
            for row in people.order_by("user__email")
        ],
    )


def message(attendee: Attendee, *, off: bool) -> EmailMessage:
    """The mail, in the reader's language and zone, with the file that their calendar reads."""
    session, user = attendee.session, attendee.user
    it = appointment(session)
    if attendee.removed_at is not None:
        it = calendars.Appointment(
            **{
                **it.__dict__,
                "sequence": session.sequence + 1,
                "attendees": [calendars.Person(str(user), user.email)],
            }
        )
    method = calendars.CANCEL if off else calendars.REQUEST
    local = session.starts_at.astimezone(ZoneInfo(user.time_zone or "UTC"))
    with translation.override(user.language or settings.LANGUAGE_CODE):
        if off:
            subject = translation.gettext("Off: %(title)s")
        elif attendee.mailed_sequence is not None:
            subject = translation.gettext("Changed: %(title)s")
        else:
            subject = translation.gettext("Invitation: %(title)s")
        body = render_to_string(
            "scoring/mail/invitation.txt",
            {
                "person": user,
                "session": session,
                "off": off,
                "changed": attendee.mailed_sequence is not None,
                "link": it.url,
                "when": f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({local:%Z})",
                "entries": []
                if off
                else [
                    f"{session.product.key}-{number} {title}"
                    for number, title in session.entries.order_by("position", "pk").values_list(
                        "item__number", "item__title"
                    )
                ],
            },
        )
    mail = EmailMessage(
        subject=text.one_line(subject % {"title": session.title}),
        body=body,
        to=[user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    mail.attach(
        "invite.ics",
        calendars.calendar_file(it, method=method).decode(),
        f"text/calendar; method={method}; charset=utf-8",
    )
    return mail
