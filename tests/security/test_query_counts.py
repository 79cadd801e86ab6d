"""How many queries each page and each list and detail of the API takes: not more than recorded, whatever the rows.

``tests/query_counts.json`` holds the counts, for an administrator of a product that is full of everything. To record
them anew: ``BALLAST_RECORD_QUERIES=1 pytest tests/security/test_query_counts.py`` and look at the difference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.security.grow import grow
from tests.security.matrix import MATRIX
from tests.security.rows import Row, send
from tests.security.world import Tenant, World

RECORD = Path(__file__).parent.parent / "query_counts.json"
WHO = "administrator"
READS = [each for each in MATRIX if WHO in each.methods.get("GET", ())]
#: What an address needs to be asked.
ASKED: dict[str, Callable[[Tenant], dict[str, str]]] = {
    "api-rubric-flips": lambda tenant: {"items": tenant.item.key},
}
_NOT_COUNTED = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")


def queries(world: World, each: Row) -> list[str]:
    """The statements of one GET; the second, since the first fills what a process remembers.

    Both in one minute, its first: some of it is remembered by the minute.
    """
    if each.name in ASKED:
        each = replace(each, query=ASKED[each.name](world.a))
    minute = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    with time_machine.travel(minute):
        send(world, each, "GET", WHO)
        with CaptureQueriesContext(connection) as captured:
            answer = send(world, each, "GET", WHO)
    assert answer.status_code < 400 or each.capability, f"{each.name}: {answer.status_code}"
    if answer.streaming:
        list(answer.streaming_content)
    said = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in said if not sql.startswith(_NOT_COUNTED)]


@pytest.mark.slow
def test_counts_do_not_grow(world: World) -> None:
    grow(world.a, 2)  # every queue, state and section has something to show
    few = {each.name: queries(world, each) for each in READS}
    grow(world.a, 12)
    many = {each.name: queries(world, each) for each in READS}
    counts = {name: len(many[name]) for name in sorted(many)}
    if os.environ.get("BALLAST_RECORD_QUERIES") == "1":
        RECORD.write_text(json.dumps(counts, indent=1) + "\n")
    recorded = json.loads(RECORD.read_text())
    problems = []
    for name, count in counts.items():
        if count > len(few[name]):
            again = [sql[:160] for sql in many[name] if many[name].count(sql) > 1]
            shapes = sorted(set(map(_shape, many[name])), key=lambda s: -_times(s, many[name]))
            problems.append(
                f"{name}: {count} queries with many rows, {len(few[name])} with few. Most often:"
                f" {_times(shapes[0], many[name])} × {shapes[0][:200]} {again[:1]}"
            )
        if count > recorded.get(name, 0):
            problems.append(f"{name}: {count} queries, {recorded.get(name, 0)} are recorded")
        if count < recorded.get(name, 0):
            problems.append(
                f"{name}: {count} queries, fewer than the {recorded[name]} recorded: record anew"
            )
    problems += [f"{name}: recorded and not there" for name in recorded.keys() - counts.keys()]
    assert not problems, "\n" + "\n".join(problems)


def _shape(sql: str) -> str:
    """A statement without its values."""
    return sql.partition(" WHERE ")[0]


def _times(shape: str, statements: list[str]) -> int:
    return sum(_shape(sql) == shape for sql in statements)
