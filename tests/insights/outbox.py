"""Mail servers that misbehave, as e-mail backends. What each address meets stands in ``SCRIPT``."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend as Memory

#: local part of an address -> what the server does: an exception to raise, or "accept and hang up"
SCRIPT: dict[str, Any] = {}
#: raised when a connection is opened
AWAY: list[Exception] = []

ACCEPT_AND_HANG_UP = "accept and hang up"


def refused(code: int, words: str = "no") -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"somebody": (code, words.encode())})


class Scripted(Memory):
    """Delivers into ``mail.outbox`` but for the addresses of ``SCRIPT``."""

    def open(self) -> bool:
        if AWAY:
            raise AWAY[0]
        return True

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        count = 0
        for message in messages:
            act = SCRIPT.get(message.to[0].split("@")[0])
            if isinstance(act, Exception):
                raise act
            count += super().send_messages([message])
            if act == ACCEPT_AND_HANG_UP:
                raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        return count
