"""Rows of a file into items: what would happen, and chunks of writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog import events
from backlog.models import Item
from backlog.services import items, summaries
from core.inserting import insert
from integrations.jobs import reimport
from integrations.jobs.building import Known, actor_of, comment_of, record_of, signal_of
from integrations.jobs.values import FIELDS, Names, source_values
from integrations.models import ImportedRecord, ImportEffect, ImportRun
from integrations.readers import Mapping, Preview, Source, SourceRow, decide, read_rows
from integrations.readers.preview import LISTED
from scoring.models import Signal
from scoring.services.ratings import propose_ratings

CHUNK = 500
NAMES = ("rows", "created", "updated", "unchanged", "skipped", "errors")
#: What comes in with the items.
HANGING = ("comments", "links", "signals", "ratings")


@dataclass
class Chunk:
    """Rows behind ``start`` up to ``end`` (counted in records of the file)."""

    rows: list[SourceRow]
    end: int


def chunks(rows: Iterable[SourceRow], done: int = 0) -> Iterator[Chunk]:
    """Records behind the first ``done``, 500 at a time."""
    found: list[SourceRow] = []
    place = 0
    for place, row in enumerate(rows, start=1):
        if place <= done:
            continue
        found.append(row)
        if len(found) == CHUNK:
            yield Chunk(found, place)
            found = []
    if found:
        yield Chunk(found, place)


def rehearse(
    run: ImportRun, mapping: Mapping, source: Source, *, say: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """What an import would do, writing nothing: ``Preview`` as JSON, with ``counts``. One reading of the file."""
    counts: Counter[str] = Counter(dict.fromkeys(NAMES, 0))
    seen = Preview()
    for chunk in chunks(read_rows(source, mapping)):
        good = []
        for row in chunk.rows:
            seen.see(row, mapping)
            if row.is_item:
                good.append(row)
        known = _known(run, good)
        for row in good:
            record = known.get(row.identity)
            if record is None:
                counts["created"] += 1
                continue
            values = source_values(row, decide(row, mapping), mapping)
            counts["updated" if reimport.differs(record, row, values) else "unchanged"] += 1
        if say is not None:
            say(chunk.end)
    counts["errors"], counts["skipped"] = seen.errors, seen.skipped
    counts["rows"] = seen.items + seen.errors + seen.skipped
    return {**seen.as_dict(), "counts": dict(counts)}


class Writer:
    """Writes the items of a run. Lives as long as one worker holds the run; what it remembers only saves questions."""

    def __init__(self, run: ImportRun, mapping: Mapping) -> None:
        self.run = run
        self.mapping = mapping
        self.names = Names(run.product)

    def write(self, chunk: Chunk) -> tuple[dict[str, int], list[dict[str, Any]]]:
        """Create and update a chunk's items, inside the caller's transaction; returns counts and problems so far."""
        run = self.run
        actor = actor_of(run)
        right = rights.require(actor, "import.run", run.product)
        counts: Counter[str] = Counter(run.counts or dict.fromkeys((*NAMES, *HANGING), 0))
        problems = list(run.problems)
        counts["rows"] += len(chunk.rows)
        known = _known(run, [row for row in chunk.rows if row.is_item])
        new: list[Known] = []
        old: list[Known] = []
        for row in chunk.rows:
            if not row.is_item:
                counts["errors" if row.error else "skipped"] += 1
                _problem(
                    problems, row, "error" if row.error else "skipped", row.error or row.skipped
                )
                continue
            decision = decide(row, self.mapping)
            for warning in (*row.warnings, *decision.warnings):
                _problem(problems, row, "warning", warning)
            values = source_values(row, decision, self.mapping)
            record = known.get(row.identity)
            if record is None:
                new.append(Known(row, decision, values))
            elif reimport.differs(record, row, values):
                old.append(Known(row, decision, values, record))
            else:
                counts["unchanged"] += 1
        now = timezone.now()
        made = self.names.learn(each.values for each in (*new, *old))
        insert([ImportEffect(run=run, kind=kind, object_id=pk) for kind, pk in made])
        if new:
            counts.update(self._create(actor, right, new, now))
        if old:
            counts.update(reimport.update(run, actor, right, old, self.names, now))
        return dict(counts), problems

    def _create(
        self, actor: Actor, right: str, rows: Sequence[Known], now: datetime
    ) -> dict[str, int]:
        run = self.run
        drafts = [
            items.Draft(
                **{
                    name: self.names.real(name, each.values, each.row.description)
                    for name in FIELDS
                },
                updated_at=each.row.updated,
            )
            for each in rows
        ]
        made = items.create_items(
            actor=actor,
            product=run.product,
            drafts=drafts,
            right=right,
            verb="item.imported",
            batch=run.batch,
            now=now,
        )
        pairs = list(zip(made, rows, strict=True))
        insert([record_of(run, item, each, now) for item, each in pairs])
        comments = insert(
            [
                comment_of(item.pk, each.row, comment, now)
                for item, each in pairs
                for comment in each.row.comments
            ]
        )
        signals = _insert_signals(run, pairs, now)
        ratings = propose_ratings(
            actor=actor,
            product=run.product,
            proposals=[
                (item.pk, each.values["ratings"]) for item, each in pairs if each.values["ratings"]
            ],
            now=now,
        )
        ids = [item.pk for item in made]
        summaries.mark_stale(
            ids, now
        )  # a few items were scored as they came, before there were ratings
        events.publish("item.inputs_changed", product_id=run.product_id, item_ids=ids, now=now)
        return {
            "created": len(made),
            "comments": len(comments),
            "signals": signals,
            "ratings": ratings,
        }


def _known(run: ImportRun, rows: Sequence[SourceRow]) -> dict[str, ImportedRecord]:
    found = ImportedRecord.objects.filter(
        product=run.product, identity__in=[row.identity for row in rows]
    )
    return {record.identity: record for record in found}


def _insert_signals(run: ImportRun, pairs: Sequence[tuple[Item, Known]], now: datetime) -> int:
    """Votes, watchers and the like of new items; what is there under the same name stays."""
    signals = [
        signal_of(run, item.pk, each, item.created_at, now)
        for item, known in pairs
        for each in known.decision.signals
    ]
    ids = [signal.external_id for signal in signals]
    there = set(
        Signal.objects.filter(
            product=run.product, source="import", external_id__in=ids
        ).values_list("external_id", flat=True)
    )
    return len(insert([signal for signal in signals if signal.external_id not in there]))


def _problem(problems: list[dict[str, Any]], row: SourceRow, kind: str, text: str) -> None:
    if len(problems) < LISTED:
        problems.append(
            {"row": row.row, "line": row.line, "key": row.external_key, "kind": kind, "text": text}
        )
