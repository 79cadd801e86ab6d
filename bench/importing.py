"""Imports in a process of their own. `python -m bench.importing make FILE | products | bring FILE | floor FILE`.

Prints JSON. make: write a file of 16,206 rows in the shape of a tracker's export. bring: import the file from upload to
done, then score what came. floor: read the file, check each row, insert the bare rows with ``bulk_create``.
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

ROWS = 16_206
COLUMNS = (
    *("key", "project", "issuetype", "status", "status_category", "priority", "resolution", "created", "updated"),
    *("resolutiondate", "fix_versions", "components", "labels", "sprints", "epic", "parent", "comments", "links"),
    *("attachments", "summary"),
)  # fmt: skip


def make(path: Path) -> None:
    """The same file each time."""
    from bench.data import vocabulary

    dice = random.Random(3)
    words = vocabulary()
    with path.open("w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(COLUMNS)
        for number in range(ROWS):
            born = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=3 * number)
            done = dice.random() < 0.85
            ended = born + timedelta(hours=dice.randint(5, 3000))
            lines.writerow(
                [
                    *(f"BIG-{number + 1}", "BIG", dice.choice(["Bug", "Story", "Improvement", "Epic"])),
                    *(("Closed", "Done") if done else ("Open", "To Do")),
                    *(dice.choice(["High", "Medium", "Low", "None"]), "Fixed" if done else ""),
                    *(_written(born), _written(ended), _written(ended) if done else ""),
                    *("", dice.choice(["iOS", "Android", "CLI"]), dice.choice(["", "regression", "parity;docs"])),
                    *(f"Sprint {number // 90}", "", "", dice.randint(0, 9), dice.randint(0, 2), dice.randint(0, 1)),
                    " ".join(dice.choice(words) for _ in range(9)),
                ]
            )  # fmt: skip


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def products() -> None:
    """BIG, into which is imported, with an administrator; FLOOR for the floor."""
    from accounts.actors import Actor
    from accounts.models import Membership, User
    from accounts.roles import Role
    from backlog.services.products import create_product

    person = User.objects.create(email="person0@example.com", name="Person 0", is_staff=True)
    for key in ("BIG", "FLOOR"):
        product = create_product(actor=Actor.system(), key=key, name=key.title())
        Membership.objects.create(product=product, user=person, role=Role.ADMINISTRATOR)


def bring(path: Path) -> dict[str, Any]:
    """Upload, look, import; then the sweep that scores. ``seconds`` end where the run is done."""
    from accounts.actors import Actor
    from accounts.models import Product
    from integrations.jobs import imports as jobs
    from integrations.models import ImportRun
    from integrations.services import imports
    from scoring.jobs import rescore

    product = Product.objects.get(key="BIG")
    began, processor = time.perf_counter(), time.process_time()
    run = imports.start_import(
        actor=Actor.system(),
        product=product,
        name=path.name,
        chunks=[path.read_bytes()],
        aim=ImportRun.Aim.IMPORT,
    )
    jobs.work(str(run.pk))
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    run.refresh_from_db()
    if run.state != ImportRun.State.DONE:
        raise RuntimeError(f"The import is {run.state}: {run.last_error}")
    began = time.perf_counter()
    rescore.rescore_stale()
    return {
        "seconds": seconds,
        "processor": processor,
        "scored_seconds": time.perf_counter() - began,
        "counts": run.counts,
        "rss_mb": _peak(),
    }


def floor(path: Path) -> dict[str, Any]:
    """What a plain importer does: no history, no labels, no scores, no second time. ``quick``: fields checked only."""
    from accounts.models import Product
    from backlog.models import Item

    product = Product.objects.get(key="FLOOR")
    queues = list(product.queues.order_by("pk"))

    def rows() -> list[Item]:
        with path.open(newline="") as lines:
            return [
                Item(
                    product=product,
                    queue=queues[number % len(queues)],
                    number=number,
                    title=row["summary"][:200] or row["key"],
                    kind="fix" if row["issuetype"] == "Bug" else "feature",
                    state="done" if row["status_category"] == "Done" else "accepted",
                    created_at=datetime.fromisoformat(row["created"]),
                    finished_at=datetime.fromisoformat(row["resolutiondate"])
                    if row["resolutiondate"]
                    else None,
                )
                for number, row in enumerate(csv.DictReader(lines), start=1)
            ]

    found: dict[str, Any] = {}
    for name in ("quick", "full"):
        began = time.perf_counter()
        items = rows()
        for item in items:
            if name == "full":
                item.full_clean()
            else:
                item.clean_fields(exclude=["product", "queue", "reporter", "owner"])
        Item.objects.bulk_create(items, batch_size=500)
        found[f"{name}_seconds"] = time.perf_counter() - began
        Item.objects.filter(product=product).delete()
    return {**found, "rows": len(items)}


def _peak() -> float:
    """The most memory that this process held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
    django.setup()
    path = Path(sys.argv[-1])
    if sys.argv[1] == "make":
        make(path)
    elif sys.argv[1] == "products":
        products()
    else:
        print(json.dumps(bring(path) if sys.argv[1] == "bring" else floor(path)))


if __name__ == "__main__":
    main()
