"""What a request writes: seen statement by statement, and proven by the contents of tables where it matters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

_WRITE = re.compile(
    r"\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+[\"`]?(\w+)",
    re.IGNORECASE,
)

#: Bookkeeping that reading may touch: the session, when a token was last used, how often something was tried.
BOOKKEEPING = frozenset({"accounts_session", "accounts_apitoken", "accounts_attemptcount"})


@contextmanager
def written_tables() -> Iterator[set[str]]:
    """Tables that statements write to, bookkeeping left out."""
    found: set[str] = set()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if match := _WRITE.match(sql):
            found.add(match[1].lower())
            found.difference_update(BOOKKEEPING)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def contents(tables: set[str]) -> dict[str, str]:
    """A digest of every row of ``tables``."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = sorted(repr(row) for row in cursor.fetchall())
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
