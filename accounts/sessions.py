"""Sessions in the database, with columns that say whose they are, from where, and when they were last used.

``SESSION_ENGINE`` names this module. What the columns repeat stands in the session's data, which is read anyway: a
request costs no query more, and a write only when ``SEEN_EVERY`` has passed.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY, login, update_session_auth_hash
from django.contrib.sessions.backends import db
from django.http import HttpRequest

from accounts.models import Session, User
from core.addresses import client_address

IDLE = timedelta(hours=3)
LONGEST = timedelta(hours=12)
#: ``seen_at`` is written at most this often.
SEEN_EVERY = timedelta(minutes=5)

_SIGNED_IN, _SEEN, _AGENT, _ADDRESS = "signed_in_at", "seen_at", "agent", "address"


class SessionStore(db.SessionStore):
    """Django's store on our table."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        if SESSION_KEY in data:
            data.setdefault(_SIGNED_IN, time.time())
            data.setdefault(_SEEN, data[_SIGNED_IN])
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.user_agent = data.get(_AGENT, "")
        row.address = data.get(_ADDRESS)
        row.signed_in_at = _instant(data.get(_SIGNED_IN))
        row.last_seen_at = _instant(data.get(_SEEN))
        return row


def begin(request: HttpRequest, user: User) -> None:
    """Sign ``user`` in on this browser, under a new session key."""
    login(request, user)
    now = time.time()
    request.session[_SIGNED_IN] = request.session[_SEEN] = now
    request.session[_AGENT] = request.headers.get("User-Agent", "")[:200]
    request.session[_ADDRESS] = client_address(request) or None


def renew(request: HttpRequest, user: User) -> None:
    """Go on with a new key after a change of password; every session made before it is over by its hash."""
    update_session_auth_hash(request, user)


def is_over(request: HttpRequest) -> bool:
    """Whether the session was idle for too long, or is too old."""
    now = time.time()
    session = request.session
    seen, signed_in = session.get(_SEEN, 0.0), session.get(_SIGNED_IN, 0.0)
    return bool(now - seen > IDLE.total_seconds() or now - signed_in > LONGEST.total_seconds())


def note_seen(request: HttpRequest) -> None:
    """Remember that the session is in use, if the last note is old."""
    now = time.time()
    if now - request.session.get(_SEEN, 0.0) > SEEN_EVERY.total_seconds():
        request.session[_SEEN] = now


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
