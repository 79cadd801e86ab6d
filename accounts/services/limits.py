"""How often something may be tried: one atomic statement counts, whichever database is used."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import AttemptCount
from core.errors import TooMany

SIGN_IN_WINDOW = timedelta(minutes=30)
SIGN_IN_PER_NAME = 5
SIGN_IN_PER_ADDRESS = 50


def count(key: str, window: timedelta, now: datetime | None = None) -> int:
    """Count one try of ``key`` and return how many there were in the current window, this one included."""
    now = now or timezone.now()
    adapt = connection.ops.adapt_datetimefield_value
    table = AttemptCount._meta.db_table
    sql = (
        f"INSERT INTO {table} (key, window_started_at, count) VALUES (%s, %s, 1)"  # noqa: S608
        f" ON CONFLICT (key) DO UPDATE SET"
        f" count = CASE WHEN {table}.window_started_at < %s THEN 1 ELSE {table}.count + 1 END,"
        f" window_started_at = CASE WHEN {table}.window_started_at < %s THEN %s ELSE {table}.window_started_at END"
        " RETURNING count"
    )
    start = adapt(now - window)
    with connection.cursor() as cursor:
        cursor.execute(sql, [_short(key), adapt(now), start, start, adapt(now)])
        return int(cursor.fetchone()[0])


def check_sign_in(*, email: str, address: str, now: datetime | None = None) -> None:
    """Count a try to sign in, before the password is looked at. Raises TooMany, worded alike for every name."""
    name_tries = count(f"sign-in name {email.strip().lower()}", SIGN_IN_WINDOW, now)
    address_tries = count(f"sign-in address {address}", SIGN_IN_WINDOW, now)
    if name_tries > SIGN_IN_PER_NAME or address_tries > SIGN_IN_PER_ADDRESS:
        raise TooMany(
            "Too many tries. Wait half an hour, or reset your password.", code="too_many_tries"
        )


def forget_sign_in(*, email: str, address: str) -> None:
    """A right password clears the name's count and takes its own try back from the address.

    The address keeps its other tries: else one account of one's own would allow guessing without end.
    """
    forget_name(email=email)
    AttemptCount.objects.filter(key=_short(f"sign-in address {address}"), count__gt=0).update(
        count=F("count") - 1
    )


def forget_name(*, email: str) -> None:
    """Tries for this name begin at nothing."""
    AttemptCount.objects.filter(key=_short(f"sign-in name {email.strip().lower()}")).delete()


def _short(key: str) -> str:
    return key if len(key) <= 120 else hashlib.sha256(key.encode()).hexdigest()
