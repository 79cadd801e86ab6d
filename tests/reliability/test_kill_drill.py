"""Workers killed and the broker lost in the middle of work: everything is done in the end, and nothing twice.

On PostgreSQL, with a worker and a broker of the test's own. The minute that a lease lasts, and the minute between two
ticks, are taken off by hand.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from backlog.models import Item
from tests.cast import Cast
from tests.integrations.exports import many
from tests.reliability.drills import (
    ROWS,
    State,
    kill_a_rescore,
    kill_an_import,
    leases_run_out,
    nothing_is_stale,
    rows_done,
    sound,
    started,
)
from tests.reliability.stage import Broker, Worker, sending_to

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
#: Tried with 100; fewer by default, because each costs the seconds that a worker takes to start.
KILLS = int(os.environ.get("BALLAST_DRILL_KILLS", "5"))


@pytest.fixture
def worker(drill_cast: Cast, broker: Broker, tmp_path: Path) -> Iterator[Worker]:
    found = Worker(broker, tmp_path)
    yield found
    found.kill()


def test_an_import_survives_its_workers(drill_cast: Cast, broker: Broker, worker: Worker) -> None:
    kill_an_import(drill_cast, broker, worker, KILLS)


def test_a_rescore_survives_its_workers(drill_cast: Cast, worker: Worker) -> None:
    kill_a_rescore(drill_cast, worker, KILLS, partial(busy_with, "itemsummary"))


def busy_with(table: str) -> bool:
    """Whether somebody else's transaction on this database is at work on a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle' AND query LIKE %s",
            [f"%{table}%"],
        )
        return bool(cursor.fetchone()[0])


def test_people_work_on_while_the_broker_is_gone(
    drill_cast: Cast, broker: Broker, worker: Worker, settings: Settings
) -> None:
    cast = drill_cast
    settings.CACHES = {
        "default": {
            "BACKEND": "core.cache.SoftRedisCache",
            "LOCATION": broker.url,
            "KEY_PREFIX": "drill",
            "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
        }
    }
    with sending_to(broker.url):
        run = started(cast, many(ROWS))
        broker.flush()  # the message is gone, the row is there
        worker.until(
            lambda: rows_done(run) > 0, "integrations.sweep", seconds=30, what="the first chunk"
        )
        broker.kill()
        slowest = work_by_hand(cast)
        assert slowest < 5, f"a page took {slowest:.1f} s without the broker"
        broker.start()
        returned = time.monotonic()
        leases_run_out()
        worker.until(
            lambda: rows_done(run) == ROWS and run.state == State.DONE,
            "integrations.sweep",
            seconds=110,
            what="the import after the broker's return",
        )
        worker.until(nothing_is_stale, "scoring.sweep", seconds=60, what="every score")
        print(f"slowest answer {slowest:.2f} s; done {time.monotonic() - returned:.1f} s after")
    assert Item.objects.filter(product=cast.a).count() == ROWS + 1
    assert sound() == []


def work_by_hand(cast: Cast) -> float:
    """Read, write, decide, with the broker away; seconds of the slowest answer."""
    slowest = 0.0
    client, api = cast.client("owner"), cast.api("owner")

    def ask(act: object, status: int) -> object:
        nonlocal slowest
        begun = time.monotonic()
        answer = act()  # type: ignore[operator]
        slowest = max(slowest, time.monotonic() - begun)
        assert answer.status_code == status, answer.content[:500]
        return answer

    made = ask(
        lambda: api.post(
            "/api/v1/items/", {"product": "ATLAS", "title": "Meanwhile"}, "application/json"
        ),
        201,
    ).json()  # type: ignore[attr-defined]
    key = made["key"]
    for path in ("/p/ATLAS/backlog/", f"/items/{key}/", "/p/ATLAS/triage/", "/p/ATLAS/work/"):
        ask(lambda path=path: client.get(path), 200)
    edit = {"title": "Meanwhile, edited", "kind": "task", "version": made["version"]}
    ask(lambda: client.post(f"/items/{key}/edit/", edit), 302)
    item = Item.objects.get(number=int(key.split("-")[1]))
    decide = {"item": key, "decision": "stability", "version": item.version}
    ask(lambda: client.post("/p/ATLAS/triage/decide/", decide), 302)
    ask(lambda: client.post(f"/items/{key}/comments/", {"body": "Still here"}), 302)
    item.refresh_from_db()
    assert (item.state, item.comments.count()) == ("accepted", 1)
    return slowest
