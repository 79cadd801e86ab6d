"""A person's own browsers: which are signed in, and ending one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.actors import Actor
from accounts.models import Session
from accounts.sessions import IDLE, LONGEST
from core.errors import NotFound


@dataclass(frozen=True)
class Browser:
    """A session as a page shows it. ``handle`` names it without giving its key away."""

    handle: str
    device: str
    address: str
    signed_in_at: datetime | None
    last_seen_at: datetime | None
    is_this: bool


def browsers_of(actor: Actor, current_key: str = "", now: datetime | None = None) -> list[Browser]:
    """The person's live sessions, this one first, then by last use. One query."""
    found = [
        Browser(
            handle(row.session_key),
            device(row.user_agent),
            row.address or "",
            row.signed_in_at,
            row.last_seen_at,
            row.session_key == current_key,
        )
        for row in _live(actor, now)
    ]
    return sorted(found, key=lambda each: not each.is_this)


def end_session(*, actor: Actor, given: str) -> None:
    """End one of one's own sessions. NotFound for anything else."""
    for row in _live(actor):
        if constant_time_compare(handle(row.session_key), given):
            row.delete()
            return
    raise NotFound


def end_others(*, actor: Actor, current_key: str) -> int:
    """End every session but this one; returns how many."""
    count, _ = Session.objects.filter(user=actor.user).exclude(session_key=current_key).delete()
    return count


def handle(session_key: str) -> str:
    return salted_hmac("accounts.sessions.handle", session_key, algorithm="sha256").hexdigest()[:32]


def device(user_agent: str) -> str:
    """ "Firefox on Windows": enough to recognise one's own browser."""
    browsers = (
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    )
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in user_agent), "")
    system = next((name for mark, name in systems if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:40] or "Unknown browser"


def _live(actor: Actor, now: datetime | None = None) -> list[Session]:
    now = now or timezone.now()
    return list(
        Session.objects.filter(
            user=actor.user, last_seen_at__gt=now - IDLE, signed_in_at__gt=now - LONGEST
        ).order_by("-last_seen_at", "session_key")
    )
