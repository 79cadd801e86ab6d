"""Reads over imports: what people did since, what an undo would do."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.actors import Via
from accounts.models import Product
from backlog.models import Change, ItemSummary
from backlog.vocabulary import Horizon, Kind, QueueKind, Severity, State
from core import keyset
from integrations.models import ImportEffect, ImportRun
from scoring.models import Signal


def by_people(run: ImportRun) -> QuerySet[Change]:
    """What people did to the product's items other than by importing."""
    return Change.objects.filter(
        product=run.product, actor__isnull=False, item_id__isnull=False
    ).exclude(channel=Via.IMPORT)


def changed_by_people(run: ImportRun, item_ids: Iterable[int]) -> dict[int, set[str]]:
    """Item -> the fields that people have changed on it. One query."""
    found: dict[int, set[str]] = {}
    rows = by_people(run).filter(item_id__in=list(item_ids)).values_list("item_id", "fields")
    for item_id, fields in rows:
        found.setdefault(item_id or 0, set()).update(fields)
    return found


def made_by(run: ImportRun) -> QuerySet[Change]:
    """One row for each item that the run made."""
    return Change.objects.filter(product=run.product, batch=run.batch, verb="item.imported")


def changed_by(run: ImportRun) -> QuerySet[Change]:
    """One row for each item that was here and that the run changed."""
    return Change.objects.filter(product=run.product, batch=run.batch, verb="item.reimported")


@dataclass(frozen=True)
class UndoPlan:
    """How many items an undo would take away, put back, and leave because people have worked on them."""

    removed: int
    kept: int
    restored: int


def undo_plan(run: ImportRun) -> UndoPlan:
    """Three counts; of evidence two, of placements and readings as far as nobody touches them meanwhile."""
    if run.subject in (ImportRun.Subject.PLACEMENTS, ImportRun.Subject.READINGS):
        return UndoPlan(run.counts.get("created", 0), 0, run.counts.get("updated", 0))
    if run.subject == ImportRun.Subject.SIGNALS:
        ids = ImportEffect.objects.filter(run=run, kind=ImportEffect.Kind.SIGNAL)
        rows = Signal.objects.filter(pk__in=ids.values("object_id"))
        changed = rows.filter(version__gt=1).count()
        return UndoPlan(rows.count() - changed, changed, 0)
    made = made_by(run)
    touched = by_people(run).filter(item_id__in=made.values("item_id"))
    kept = touched.values("item_id").distinct().count()
    return UndoPlan(made.count() - kept, kept, changed_by(run).count())


def later_run(run: ImportRun) -> ImportRun | None:
    """An import that has changed records of this one since, and is not undone: that has to go first."""
    effect = (
        ImportEffect.objects.filter(
            run__product=run.product, kind=ImportEffect.Kind.RECORD, before__run=str(run.pk)
        )
        .exclude(run=run)
        .select_related("run")
        .order_by("-run__created_at")
        .first()
    )
    return effect.run if effect else None


def page_of(
    runs: QuerySet[ImportRun], cursor: str | None, size: int = 50
) -> tuple[list[ImportRun], str | None]:
    """One page of a list, newest first, and the cursor of the next. Raises Invalid for a cursor of others."""
    if cursor:
        columns = ["integrations_importrun.created_at", "integrations_importrun.id"]
        runs = keyset.before(runs, columns, _place(cursor))
    found = list(runs[: size + 1])
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], keyset.encode([last.created_at, str(last.pk)])


def _place(cursor: str) -> list[Any]:
    values = keyset.decode(cursor)
    try:
        moment, pk = values
        return [
            keyset.instant(moment),
            ImportRun._meta.pk.get_db_prep_value(uuid.UUID(pk), connection),
        ]
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise keyset.broken() from error


def waiting_for_scores(product: Product) -> int:
    """How many items of the product are to be scored anew."""
    return ItemSummary.objects.filter(product=product, stale_since__isnull=False).count()


_WORDS: dict[str, dict[str, Any]] = {
    "state": dict(State.choices),
    "queue": dict(QueueKind.choices),
    "horizon": dict(Horizon.choices),
    "kind": dict(Kind.choices),
    "severity": {str(value): label for value, label in Severity.choices},
}


def named_counts(name: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Counts under the product's words, the most first: value, word, count."""
    words = _WORDS.get(name, {})
    return [
        {"value": value, "word": words.get(value, value.replace("_", " ")), "count": count}
        for value, count in sorted(counts.items(), key=lambda each: -each[1])
    ]
