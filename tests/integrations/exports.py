"""Small exports, and ways to bring them in and to see everything that a product holds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, QuerySet

from accounts.actors import Actor, Via
from accounts.models import Product
from backlog.models import (
    Channel,
    Comment,
    Cycle,
    Item,
    ItemLink,
    ItemSummary,
    Label,
    Program,
    Segment,
)
from backlog.services import summaries
from integrations.jobs import imports as jobs
from integrations.models import ImportedRecord, ImportRun
from integrations.services import imports as services
from scoring.jobs import rescore
from scoring.models import Rating, Signal

#: An instant behind everything that the tests do, so that scores can be compared.
THEN = datetime(2035, 1, 1, tzinfo=UTC)

Issue = Mapping[str, Any]

FIRST: Issue = {
    "Summary": "Subtitles are late",
    "Issue key": "AT-1",
    "Issue id": "10001",
    "Issue Type": "Bug",
    "Status": "To Do",
    "Priority": "High",
    "Created": "03/Apr/23 9:15 AM",
    "Updated": "05/Apr/23 4:00 PM",
    "Due date": "30/Jun/23 12:00 AM",
    "Labels": ["player", "captions"],
    "Sprint": ["Sprint 1", "Sprint 2"],
    "Description": "Two *seconds* late.",
    "Votes": "3",
    "Custom field (Story Points)": "5",
    "Comment": [
        "03/Apr/23 10:00 AM;mara;Seen on the tablet too.",
        "04/Apr/23 11:30 AM;jo;Looking.",
    ],
}
SECOND: Issue = {
    "Summary": "Second scene",
    "Issue key": "AT-2",
    "Issue id": "10002",
    "Issue Type": "Story",
    "Status": "Done",
    "Resolution": "Done",
    "Priority": "Medium",
    "Created": "01/Mar/23 8:00 AM",
    "Updated": "20/Mar/23 8:00 AM",
    "Resolved": "20/Mar/23 8:00 AM",
    "Parent": "10003",
    "Outward issue link (Blocks)": ["AT-1"],
}
THIRD: Issue = {
    "Summary": "The course as a whole",
    "Issue key": "AT-3",
    "Issue id": "10003",
    "Issue Type": "Epic",
    "Status": "In Progress",
    "Priority": "Medium",
    "Created": "01/Feb/23 8:00 AM",
    "Updated": "01/Feb/23 8:00 AM",
}
ISSUES = (FIRST, SECOND, THIRD)


def jira(*issues: Issue) -> bytes:
    """A Jira CSV; a field with several values gets a column for each, as Jira writes it."""
    widths: dict[str, int] = {}
    for issue in issues:
        for name, value in issue.items():
            widths[name] = max(widths.get(name, 1), len(value) if isinstance(value, list) else 1)
    rows = [[name for name, width in widths.items() for _ in range(width)]]
    for issue in issues:
        row: list[str] = []
        for name, width in widths.items():
            value = issue.get(name, "")
            cells = list(value) if isinstance(value, list) else [value]
            row += cells + [""] * (width - len(cells))
        rows.append(row)
    return table(*rows)


def table(*rows: Sequence[str]) -> bytes:
    """A CSV with every cell quoted."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def many(count: int, **changes: Any) -> bytes:
    """So many issues, every third one a bug."""
    return jira(
        *(
            {
                "Summary": f"Issue {n}",
                "Issue key": f"AT-{n}",
                "Issue id": str(20_000 + n),
                "Issue Type": "Bug" if n % 3 == 0 else "Story",
                "Status": "To Do" if n % 2 else "Done",
                "Priority": "High" if n % 5 == 0 else "Medium",
                "Created": "03/Apr/23 9:15 AM",
                "Labels": ["odd" if n % 2 else "even"],
                "Comment": [f"03/Apr/23 10:00 AM;mara;Remark {n}"],
                "Votes": str(n % 4),
                "Parent": str(20_000 + n - 1) if n % 10 == 0 else "",
                **changes,
            }
            for n in range(1, count + 1)
        )
    )


def github(*issues: Issue) -> bytes:
    return json.dumps(list(issues)).encode()


def start(
    product: Product,
    content: bytes,
    *,
    actor: Actor | None = None,
    name: str = "export.csv",
    mapping: dict[str, Any] | None = None,
    aim: str = ImportRun.Aim.MAPPING,
) -> ImportRun:
    """Upload, and look at it."""
    run = services.start_import(
        actor=actor or Actor.system(Via.COMMAND),
        product=product,
        name=name,
        chunks=[content],
        mapping=mapping,
        aim=aim,
    )
    return work(run)


def work(run: ImportRun) -> ImportRun:
    """What a worker does when it is woken."""
    jobs.work(str(run.pk))
    run.refresh_from_db()
    return run


def bring(product: Product, content: bytes, **options: Any) -> ImportRun:
    """Upload and import, with the mapping that is proposed."""
    actor = options.get("actor") or Actor.system(Via.COMMAND)
    run = start(product, content, **options)
    assert run.state == ImportRun.State.MAPPING, run.last_error
    services.carry_out(actor=actor, run=run)
    return work(run)


def take_back(run: ImportRun, actor: Actor | None = None) -> ImportRun:
    services.undo_import(actor=actor or Actor.system(Via.COMMAND), run=run)
    return work(run)


def counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    """created, updated, unchanged, skipped, errors"""
    names = ("created", "updated", "unchanged", "skipped", "errors")
    return tuple(run.counts[name] for name in names)  # type: ignore[return-value]


def item(product: Product, key: str) -> Item:
    """The item that stands for a key elsewhere."""
    found = Item.objects.get(imported_records__product=product, imported_records__external_key=key)
    found.product = product
    return found


# --- Everything a product holds ---------------------------------------------------------------------


def rescored(product: Product) -> None:
    """All scores computed anew at ``THEN``."""
    ids = list(Item.objects.filter(product=product).values_list("pk", flat=True))
    summaries.mark_stale(ids, THEN)
    rescore.rescore_stale(now=THEN)


def dump(product: Product) -> dict[str, list[Any]]:
    """Every table of a product's backlog, without versions and the instants of writing; rows are comparable."""
    rescored(product)
    of_items = {"item__product": product}
    found: dict[str, list[Any]] = {
        "items": values(Item.objects.filter(product=product), leave_out=("version", "updated_at")),
        "summaries": values(
            ItemSummary.objects.filter(product=product), leave_out=("scored_at", "stale_since")
        ),
        "comments": values(Comment.objects.filter(**of_items)),
        "links": values(ItemLink.objects.filter(product=product), leave_out=("id",)),
        "ratings": values(Rating.objects.filter(product=product)),
        "signals": values(Signal.objects.filter(product=product), leave_out=("version",)),
        "records": values(ImportedRecord.objects.filter(product=product)),
    }
    for model in (Label, Segment, Program, Channel, Cycle):
        found[model.__name__] = values(model.objects.filter(product=product))
    for name in ("labels", "segments", "cycles"):
        through = getattr(Item, name).through
        found[f"item {name}"] = values(through.objects.filter(**of_items), leave_out=("id",))
    return found


def values(rows: QuerySet[Any], leave_out: Sequence[str] = ()) -> list[dict[str, Any]]:
    model: type[Model] = rows.model
    names = [
        field.attname for field in model._meta.concrete_fields if field.attname not in leave_out
    ]
    return sorted(rows.values(*names), key=lambda row: [str(row[name]) for name in names])
