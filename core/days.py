"""Instants as days since 1970 in UTC: one number that both databases compare and NumPy makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def day_of(instant: datetime) -> float:
    """Days since 1970 of an aware instant."""
    return (instant - _EPOCH) / _DAY


def instant_of(day: float | None) -> datetime | None:
    """The instant of ``day_of``, to the second; None for none and for one beyond the calendar."""
    if day is None or not -700_000 < day < 2_900_000:
        return None
    return (_EPOCH + timedelta(seconds=round(day * 86_400))).astimezone(UTC)
