"""Emptying the database between transactional tests although some tables refuse to be emptied."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def guards_lifted() -> Iterator[None]:
    """Take away the triggers that refuse, and put the same ones back.

    Only SQLite needs it: there Django empties a table with DELETE, which such a trigger refuses; on
    PostgreSQL it uses TRUNCATE, at which triggers for rows do not fire.
    """
    guards: list[tuple[str, str]] = []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE%'"
            )
            guards = cursor.fetchall()
            for name, _ in guards:
                cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _, sql in guards:
                cursor.execute(sql)
