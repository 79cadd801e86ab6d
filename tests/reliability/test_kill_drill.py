"""Workers killed and the broker lost in the middle of work: everything is done in the end, and nothing twice.

On PostgreSQL, with a worker and a broker of the test's own. The minute that a lease lasts, and the minute between two
ticks, are taken off by hand.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from backlog.models import Change, Comment, Item, ItemSummary
from core import invariants
from integrations.models import ImportedRecord, ImportRun
from integrations.services import imports
from scoring.models import Rating, Signal, Snapshot
from tests.cast import Cast, build
from tests.integrations.exports import bring, many
from tests.reliability.stage import Broker, Worker, sending_to

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]
#: Long enough that a quick machine is not done before the kills.
ROWS = 8000
#: Tried with 100; fewer by default, because each costs the seconds that a worker takes to start.
KILLS = int(os.environ.get("BALLAST_DRILL_KILLS", "5"))
State = ImportRun.State


@pytest.fixture
def drill_cast(transactional_db: None) -> Cast:
    return build()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    found = Broker(tmp_path)
    yield found
    found.kill()


@pytest.fixture
def worker(drill_cast: Cast, broker: Broker, tmp_path: Path) -> Iterator[Worker]:
    found = Worker(broker, tmp_path)
    yield found
    found.kill()


def started(cast: Cast, content: bytes) -> ImportRun:
    return imports.start_import(
        actor=cast.actor("owner"),
        product=cast.a,
        name="export.csv",
        chunks=[content],
        aim=ImportRun.Aim.IMPORT,
    )


def leases_run_out() -> None:
    ImportRun.objects.filter(lease_until__gt=timezone.now()).update(lease_until=timezone.now())


def rows_done(run: ImportRun) -> int:
    run.refresh_from_db()
    return run.rows_done if run.phase == "items" else ROWS


def holdings(product_id: int) -> dict[str, int]:
    """How much of everything a product holds."""
    mine = {"item__product": product_id}
    counted = {
        "items": Item.objects.filter(product=product_id),
        "records": ImportedRecord.objects.filter(product=product_id),
        "comments": Comment.objects.filter(**mine),
        "signals": Signal.objects.filter(**mine),
        "ratings": Rating.objects.filter(**mine),
        "scored": ItemSummary.objects.filter(product=product_id, priority__isnull=False),
        "imported": Change.objects.filter(product=product_id, verb="item.imported"),
        "linked": Change.objects.filter(product=product_id, verb="item.linked"),
        "begun": Change.objects.filter(product=product_id, verb="import.started"),
    }
    return {name: rows.count() for name, rows in counted.items()}


def nothing_is_stale() -> bool:
    return not ItemSummary.objects.filter(stale_since__isnull=False).exists()


def sound() -> list[str]:
    return [str(each) for each in invariants.findings(now=timezone.now())]


def test_an_import_survives_its_workers(drill_cast: Cast, broker: Broker, worker: Worker) -> None:
    cast, content = drill_cast, many(ROWS)
    dice = random.Random(5)
    with sending_to(broker.url):
        run = started(cast, content)
        halves = 0
        while worker.kills < KILLS:
            before = rows_done(run)
            worker.until(
                lambda before=before: rows_done(run) > before or run.state not in ImportRun.BUSY,
                "integrations.sweep",
                seconds=30,
                what=f"progress behind row {before}",
            )
            time.sleep(dice.uniform(0, 0.25))
            worker.kill()
            halves += rows_done(run) < ROWS
            leases_run_out()
            worker.start()
        worker.until(
            lambda: rows_done(run) == ROWS and run.state == State.DONE,
            "integrations.sweep",
            seconds=60,
            what="the end of the import",
        )
        worker.until(nothing_is_stale, "scoring.sweep", seconds=30, what="every score")
    assert halves >= min(KILLS, 3), "the kills came too late to mean anything"
    assert sorted(Item.objects.filter(product=cast.a).values_list("number", flat=True)) == list(
        range(1, ROWS + 1)
    )
    # the same file where nobody is killed
    undisturbed = bring(cast.b, content)
    assert run.counts == undisturbed.counts
    worker.until(nothing_is_stale, "scoring.sweep", seconds=30, what="every score")
    assert holdings(cast.a.pk) == holdings(cast.b.pk)
    assert sound() == []


def test_a_rescore_survives_its_workers(drill_cast: Cast, broker: Broker, worker: Worker) -> None:
    cast = drill_cast
    bring(cast.a, many(ROWS, Status="To Do"))
    worker.until(nothing_is_stale, "scoring.sweep", seconds=60, what="the first scores")
    dice = random.Random(7)
    halves, finished = 0, 0
    for round_ in range(KILLS):
        # every item is rated anew: what it said before is the other half of the scale
        Rating.objects.filter(item__product=cast.a).update(level=5.0 if round_ % 2 else 0.5)
        begun = timezone.now()
        ItemSummary.objects.filter(product=cast.a).exclude(queue_kind="").update(stale_since=begun)
        answered = not nothing_is_stale()
        worker.send("scoring.sweep")
        deadline = time.monotonic() + 20
        while answered and not busy_with("itemsummary") and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.2))
        worker.kill()
        if nothing_is_stale():
            finished += 1
        else:
            halves += 1
        worker.start()
        worker.until(nothing_is_stale, "scoring.sweep", seconds=60, what="every score")
        since = Snapshot.objects.filter(product=cast.a, at__gte=begun)
        twice = [
            pk for pk, count in Counter(since.values_list("item", flat=True)).items() if count > 1
        ]
        assert twice == []
        said = Change.objects.filter(product=cast.a, verb="band.changed", at__gte=begun)
        bands = Counter(said.values_list("item_id", flat=True))
        assert set(bands.values()) <= {1}
    print(f"{halves} killed in the middle, {finished} too late")  # seen with -s
    assert halves, "no kill came in the middle"
    assert sound() == []


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
