"""Addresses that carry a one-time secret, as a log may show them."""

from __future__ import annotations

import logging
import re

#: What follows these stays out of every log: whoever holds the link is let in.
_SECRET = re.compile(r"(/(?:join|new-password|digest/stop|notifications/stop|guest)/)[^\s'\"?]+")


def redacted(text: str) -> str:
    """``text`` with the secrets of one-time links replaced by a mark."""
    return _SECRET.sub(r"\1…", text)


class NoSecrets(logging.Filter):
    """Takes the secrets out of what libraries log about a request (``Not Found: /join/…``)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg = redacted(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(
                redacted(each) if isinstance(each, str) else each for each in record.args
            )
        return True
