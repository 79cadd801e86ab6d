"""The rows that stand for one record of a file: its known values, comments, signals; and who brings them in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.actors import Actor, Via
from backlog.models import Comment, Item
from integrations.jobs.values import extra_of, signal_id
from integrations.models import ImportedRecord, ImportRun
from integrations.readers import Comment as SourceComment
from integrations.readers import Decision, SourceRow
from integrations.readers import Signal as SourceSignal
from scoring.models import Signal


@dataclass
class Known:
    """A row with what the mapping makes of it, and the record of its last import."""

    row: SourceRow
    decision: Decision
    values: dict[str, Any]
    record: ImportedRecord | None = None


def actor_of(run: ImportRun) -> Actor:
    """The person who started the run, coming in by import; the system for the command line."""
    if run.started_by is None:
        return Actor.system(Via.IMPORT)
    return Actor(run.started_by, Via.IMPORT)


def record_of(run: ImportRun, item: Item, each: Known, now: datetime) -> ImportedRecord:
    row = each.row
    return ImportedRecord(
        product=run.product,
        identity=row.identity,
        item=item,
        external_key=row.external_key[:160],
        external_id=row.external_id[:160],
        url=row.url[:500],
        content_hash=row.content_hash,
        values=each.values,
        extra=extra_of(row),
        pending=each.values["refs"] or None,
        run=run,
        imported_at=now,
    )


def comment_of(item_id: int, row: SourceRow, comment: SourceComment, now: datetime) -> Comment:
    """A comment without a date is as old as its item's last change."""
    return Comment(
        item_id=item_id,
        author_name=comment.author[:120],
        body=comment.body,
        created_at=comment.at or row.updated or row.created or now,
    )


def signal_of(
    run: ImportRun, item_id: int, each: SourceSignal, created: datetime, now: datetime
) -> Signal:
    return Signal(
        product=run.product,
        item_id=item_id,
        kind=each.kind[:40],
        magnitude=each.magnitude,
        occurred_at=min(each.occurred_at or created, now),
        source="import",
        external_id=signal_id(each.key),
        recorded_by=run.started_by,
        recorded_at=now,
    )
