"""Signatures of webhooks in the Standard Webhooks form (https://www.standardwebhooks.com): pure, for both directions.

A secret is ``whsec_`` and base64 of its bytes; a signature ``v1,`` and base64 of HMAC-SHA256 over
``{id}.{timestamp}.{body}``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

PREFIX, VERSION = "whsec_", "v1"
TOLERANCE = timedelta(minutes=5)


def as_secret(key: bytes) -> str:
    """The key as people hand it on."""
    return PREFIX + base64.b64encode(key).decode()


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """What ``webhook-signature`` says of a message that is signed with ``key``."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"{VERSION},{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def fits(
    keys: Iterable[bytes], message_id: str, timestamp: int, body: bytes, signatures: str
) -> bool:
    """Whether one of the signatures, which stand side by side, is by one of ``keys``; all are compared."""
    found = False
    given = [_bytes(each) for each in signatures.split()[:10]]
    for key in keys:
        wanted = _bytes(signature(key, message_id, timestamp, body))
        for each in given:
            found |= hmac.compare_digest(each, wanted)
    return found


def in_time(timestamp: int, now: datetime) -> bool:
    """Whether a message was signed within the tolerance, before or after ``now``."""
    return abs(now.timestamp() - timestamp) <= TOLERANCE.total_seconds()


def seconds(now: datetime) -> int:
    """What ``webhook-timestamp`` says at ``now``."""
    return int(now.astimezone(UTC).timestamp())


def _bytes(signed: str) -> bytes:
    """The bytes of one signature; empty for one of another version or none at all."""
    version, _comma, value = signed.partition(",")
    try:
        return base64.b64decode(value, validate=True) if version == VERSION else b""
    except (binascii.Error, ValueError):
        return b""
