"""The whole way, on a real tracker: items through the service, figures out of the API, against published ones."""

from __future__ import annotations

import csv
import datetime as dt
import json
from typing import Any

import pytest
import time_machine

from backlog.access import queue_of
from backlog.services import items
from tests.cast import build
from tests.shared_data import shared


def instant(text: str) -> dt.datetime | None:
    return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z") if text else None


@pytest.mark.slow
def test_the_flow_of_a_real_tracker_over_the_api(db: None) -> None:
    folder = "titanium", "timob_2020_first_half_expected_flow"
    published = json.loads(shared(folder[0], f"{folder[1]}.json").read_text())
    with shared(folder[0], f"{folder[1]}_weekly.csv").open(newline="") as file:
        weekly = list(csv.DictReader(file))
    with shared("titanium", "timob_flow.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with time_machine.travel(dt.datetime(2021, 11, 1, tzinfo=dt.UTC), tick=False):
        cast = build()
        stability = queue_of(cast.a, "stability")
        drafts = [
            items.Draft(
                title=row["summary"][:255] or row["key"],
                queue=stability,
                state="done" if row["resolutiondate"] else "accepted",
                created_at=instant(row["created"]),
                finished_at=instant(row["resolutiondate"]),
            )
            for row in rows
        ]
        actor = cast.actor("administrator")
        items.create_items(
            actor=actor, product=cast.a, drafts=drafts, right="import.run", verb="item.imported"
        )
        answer = cast.api("viewer").get(
            "/api/v1/products/ATLAS/flow/", {"until": "2020-06-28", "weeks": published["weeks"]}
        )
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    assert [
        [
            row["week"],
            row["starts_on"],
            str(row["arrivals"]),
            str(row["finished"]),
            str(row["open"]),
        ]
        for row in found["weekly"]
    ] == [list(row.values()) for row in weekly]
    lead, expected = found["lead_time_days"], published["lead_time_days"]
    assert lead["count"] == published["resolved_in_window"]
    assert lead["mean"] == pytest.approx(expected["mean"])
    assert lead["linear"] == {f"p{n}": expected[f"p{n}_linear"] for n in (50, 85, 95)}
    assert lead["nearest"] == {f"p{n}": expected[f"p{n}_nearest_rank"] for n in (50, 85, 95)}
