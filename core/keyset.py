"""Paging by the last row seen: no counting, no offsets, every page as quick as the first."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.dateparse import parse_datetime

from core.errors import Invalid

M = TypeVar("M", bound=Model)


def after(rows: QuerySet[M], columns: Sequence[str], values: Sequence[Any]) -> QuerySet[M]:
    """Rows behind ``values`` in the ascending order of ``columns``: one row comparison that an index answers.

    ``columns`` are ``table.column`` names from code, never from a request.
    """
    return _compare(rows, ">", columns, values)


def before(rows: QuerySet[M], columns: Sequence[str], values: Sequence[Any]) -> QuerySet[M]:
    """Rows ahead of ``values``; the next ones where an order is descending."""
    return _compare(rows, "<", columns, values)


def _compare(
    rows: QuerySet[M], sign: str, columns: Sequence[str], values: Sequence[Any]
) -> QuerySet[M]:
    names = ", ".join(
        ".".join(connection.ops.quote_name(part) for part in each.split(".")) for each in columns
    )
    marks = ", ".join(["%s"] * len(values))
    adapt = connection.ops.adapt_datetimefield_value
    adapted = [adapt(value) if isinstance(value, datetime) else value for value in values]
    return rows.extra(where=[f"({names}) {sign} ({marks})"], params=adapted)  # noqa: S610  names are from code


def encode(value: object) -> str:
    """A cursor: JSON in URL-safe base64. It holds nothing secret and is checked when it comes back."""
    data = json.dumps(value, separators=(",", ":"), default=lambda each: each.isoformat())
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def decode(cursor: str) -> Any:
    """What ``encode`` was given (instants as ISO text). Raises Invalid for anything else."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, UnicodeDecodeError, RecursionError) as error:
        raise broken() from error


def broken() -> Invalid:
    """The refusal of a cursor that this list did not give out."""
    return Invalid(
        "This cursor is not one of ours. Start again from the first page.",
        code="bad_cursor",
        fields={"cursor": ["Use the cursor of the last answer, unchanged."]},
    )


def instant_and_id(cursor: str) -> list[Any]:
    """A cursor made of an instant and an id. Raises Invalid."""
    values = decode(cursor)
    try:
        moment, pk = values
        return [instant(moment), whole(pk)]
    except (TypeError, ValueError, OverflowError) as error:
        raise broken() from error


def instant(value: Any) -> datetime:
    """An instant of a cursor, in UTC. Raises TypeError, ValueError or OverflowError."""
    found = parse_datetime(value)
    if found is None or found.tzinfo is None:
        raise ValueError("not an instant")
    return found.astimezone(UTC)


def whole(value: Any) -> int:
    """A number of a cursor that fits a database's 64 bits. Raises TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError("not a number of a row")
    return value
