"""What the kill drills do, on whichever database: kill the worker in the middle, again and again, and count.

The minute that a lease lasts, and the minute between two ticks, are taken off by hand.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable

from django.utils import timezone

from backlog.models import Change, Comment, Item, ItemSummary
from core import invariants
from integrations.models import ImportedRecord, ImportRun
from integrations.services import imports
from scoring.models import Rating, Signal, Snapshot
from tests.cast import Cast
from tests.integrations.exports import bring, many
from tests.reliability.stage import Broker, Worker, sending_to

#: Long enough that a quick machine is not done before the kills.
ROWS = 8000
State = ImportRun.State


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


def kill_an_import(cast: Cast, broker: Broker, worker: Worker, kills: int) -> None:
    """An import of ``ROWS`` whose worker is killed ``kills`` times is, in the end, one that nobody disturbed."""
    content = many(ROWS)
    dice = random.Random(5)
    with sending_to(broker.url):
        run = started(cast, content)
        halves = 0
        while worker.kills < kills:
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
    assert halves >= min(kills, 3), "the kills came too late to mean anything"
    assert sorted(Item.objects.filter(product=cast.a).values_list("number", flat=True)) == list(
        range(1, ROWS + 1)
    )
    # the same file where nobody is killed, and nobody else takes it up
    worker.kill()
    undisturbed = bring(cast.b, content)
    worker.start()
    assert run.counts == undisturbed.counts
    worker.until(nothing_is_stale, "scoring.sweep", seconds=30, what="every score")
    assert holdings(cast.a.pk) == holdings(cast.b.pk)
    assert sound() == []


def kill_a_rescore(cast: Cast, worker: Worker, kills: int, busy: Callable[[], bool]) -> None:
    """Every item scored once per round, however often the worker dies while ``busy`` with it."""
    bring(cast.a, many(ROWS, Status="To Do"))
    worker.until(nothing_is_stale, "scoring.sweep", seconds=60, what="the first scores")
    dice = random.Random(7)
    halves, finished = 0, 0
    for round_ in range(kills):
        # every item is rated anew: what it said before is the other half of the scale
        Rating.objects.filter(item__product=cast.a).update(level=5.0 if round_ % 2 else 0.5)
        begun = timezone.now()
        ItemSummary.objects.filter(product=cast.a).exclude(queue_kind="").update(stale_since=begun)
        answered = not nothing_is_stale()
        worker.send("scoring.sweep")
        deadline = time.monotonic() + 20
        while answered and not busy() and time.monotonic() < deadline:
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
