"""Reading what a mail server said, and whether it is still there."""

from __future__ import annotations

import enum
import logging
import smtplib
from typing import Any

logger = logging.getLogger(__name__)


class Answer(enum.Enum):
    """What a failed handing over means for the mail."""

    #: a lasting refusal of the receiver's address
    NO_SUCH_ADDRESS = "no such address"
    #: a lasting refusal of something else
    REFUSED = "refused"
    #: not now: greylisting, a full queue, too many mails
    LATER = "later"
    #: the connection broke or went silent: the mail may have been taken
    UNKNOWN = "unknown"


def read(error: Exception) -> Answer:
    """What ``error`` of a mail backend means. Only a numbered answer of the server is certain."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return Answer.LATER if any(_temporary(code) for code in codes) else Answer.NO_SUCH_ADDRESS
    if isinstance(error, smtplib.SMTPResponseException):
        return Answer.LATER if _temporary(error.smtp_code) else Answer.REFUSED
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Answer.REFUSED
    if isinstance(error, ValueError):  # an address that cannot be put into a mail; nothing was sent
        return Answer.NO_SUCH_ADDRESS
    return Answer.UNKNOWN


def _temporary(code: int) -> bool:
    return 400 <= code < 500


def ready(connection: Any) -> bool:
    """Whether the connection still stands; opened anew when it does not. False when the server is away.

    Asked before each mail: a server that has hung up between two of them must not leave one in doubt.
    """
    client = getattr(connection, "connection", None)
    if isinstance(client, smtplib.SMTP):
        try:
            if client.noop()[0] == 250:
                return True
        except (OSError, smtplib.SMTPException):
            pass
        connection.close()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("digests_wait: the mail server went away: %s", error)
        return False
    return True
