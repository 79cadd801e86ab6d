"""The statements of one API request and how PostgreSQL carries them out. `python -m bench.plans PATH TOKEN`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import django

ITEMS = ("backlog_item", "backlog_itemsummary")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def look(path: str, token: str) -> dict[str, Any]:
    """Queries, and of those that read items: rows read and returned, sorts, scans, indexes."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"Authorization": f"Bearer {token}", "Host": "127.0.0.1"})
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, answer.content
    statements = [
        each["sql"]
        for each in captured
        if each["sql"].lstrip().upper().startswith(("SELECT", "WITH"))
    ]
    found: dict[str, Any] = {
        "queries": len(captured),
        "returned": len(answer.json()["results"]),
        "read": 0,
        "sorts": [],
        "scans": [],
        "indexes": [],
        "counts": [sql for sql in statements if sql.upper().startswith("SELECT COUNT(")],
        "kinds": [],
    }
    for sql in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            plan = cursor.fetchone()[0][0]["Plan"]
        relations = sorted(
            {each["Relation Name"] for each in nodes(plan) if "Relation Name" in each}
        )
        found["kinds"].append("+".join(name.partition("_")[2] for name in relations))
        if not set(relations) & set(ITEMS):
            continue
        for each in nodes(plan):
            if each["Node Type"] in ("Sort", "Incremental Sort"):
                found["sorts"].append(f"{each['Node Type']} of {each['Actual Rows']}")
            if each.get("Relation Name") in ITEMS:
                rows = (each["Actual Rows"] + each.get("Rows Removed by Filter", 0)) * each[
                    "Actual Loops"
                ]
                found["read"] = max(found["read"], rows)
                if each["Node Type"] == "Seq Scan":
                    found["scans"].append(each["Relation Name"])
                if each.get("Index Name") and each["Relation Name"] == "backlog_itemsummary":
                    found["indexes"].append(each["Index Name"])
    return found


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
    django.setup()
    print(json.dumps(look(sys.argv[1], sys.argv[2])))


if __name__ == "__main__":
    main()
