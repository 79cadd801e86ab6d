"""Rows of a file into evidence: what would happen, chunks of writing, taking back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts import rights
from accounts.models import Product
from backlog.models import Item, Segment
from backlog.services import changes, words
from core.inserting import insert
from integrations.jobs.building import actor_of
from integrations.jobs.rowwise import CHUNK, Chunk, Way, chunks, note
from integrations.models import ImportedRecord, ImportEffect, ImportRun
from integrations.readers.signals import (
    SignalMapping,
    SignalRow,
    examine_signals,
    read_signals,
)
from integrations.readers.source import Source
from scoring.models import Signal
from scoring.services import signals

NAMES = ("rows", "created", "unchanged", "skipped", "errors")
#: What the new ones are about.
ABOUT = ("attached", "of_segments", "unattached")
#: A log of events names each id many times over; what is wrong must not drown in that.
SKIPPED_LISTED = 50
REASON = "Undo of an import of evidence."
Kind = ImportEffect.Kind
_KEY = re.compile(r"^([A-Za-z][A-Za-z0-9]{1,9})-([1-9][0-9]{0,8})$")


def rehearse(
    run: ImportRun,
    mapping: SignalMapping,
    source: Source,
    *,
    say: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """What an import would do, writing nothing: counts, sums by kind, the first problems. One reading of the file."""
    counts: Counter[str] = Counter(dict.fromkeys((*NAMES, *ABOUT), 0))
    kinds: Counter[str] = Counter()
    sums: dict[str, float] = {}
    segments: Counter[str] = Counter()
    problems: list[dict[str, Any]] = []
    examples: list[dict[str, Any]] = []
    first: datetime | None = None
    last: datetime | None = None
    for chunk in chunks(read_signals(source, mapping)):
        good, new = _sorted(run.product, chunk.rows, counts, problems)
        for row, item in new:
            counts["created"] += 1
            counts[_about(row, item)] += 1
            kinds[row.kind] += 1
            sums[row.kind] = sums.get(row.kind, 0.0) + row.magnitude
            if row.segment and item is None:
                segments[row.segment] += 1
            seen = row.occurred_at
            if seen is not None:
                first = seen if first is None else min(first, seen)
                last = seen if last is None else max(last, seen)
            if len(examples) < 5:
                examples.append(
                    {
                        "kind": row.kind,
                        "magnitude": row.magnitude,
                        "occurred_at": row.occurred_at.isoformat() if row.occurred_at else "",
                        "about": item.key if item else row.segment,
                        "source": row.source,
                        "note": row.note,
                    }
                )
        counts["unchanged"] += len(good) - len(new)
        if say is not None:
            say(chunk.end)
    return {
        "counts": dict(counts),
        "kinds": dict(kinds.most_common(40)),
        "sums": sums,
        "segments": dict(segments.most_common(40)),
        "first": first.isoformat() if first else None,
        "last": last.isoformat() if last else None,
        "examples": examples,
        "problems": problems,
    }


def _sorted(
    product: Product,
    rows: Sequence[SignalRow],
    counts: Counter[str],
    problems: list[dict[str, Any]],
) -> tuple[list[SignalRow], list[tuple[SignalRow, Item | None]]]:
    """The rows that are signals, and those of them that are not here yet, with the item that each names."""
    limit = timezone.now() + timedelta(days=1)
    counts["rows"] += len(rows)
    good: list[SignalRow] = []
    for row in rows:
        if row.is_signal and row.occurred_at is not None and row.occurred_at > limit:
            row.error = "It cannot be used: its date lies in the future."
        if row.is_signal:
            good.append(row)
            continue
        counts["errors" if row.error else "skipped"] += 1
        if row.error or counts["skipped"] <= SKIPPED_LISTED:
            note(problems, row, "error" if row.error else "skipped", row.error or row.skipped)
    items = _items(product, good)
    for row in good:
        if row.item and row.item not in items:
            row.warnings.append(f"There is no item {row.item[:40]} here; it waits unattached.")
        for warning in row.warnings:
            note(problems, row, "warning", warning)
    known = _known(product, good)
    new = [(row, items.get(row.item)) for row in good if (row.source, row.external_id) not in known]
    return good, new


def _known(product: Product, rows: Sequence[SignalRow]) -> set[tuple[str, str]]:
    found = Signal.objects.filter(
        product=product, external_id__in=[row.external_id for row in rows]
    )
    return set(found.values_list("source", "external_id"))


def _items(product: Product, rows: Sequence[SignalRow]) -> dict[str, Item]:
    """Items by what the rows say: a key of ours, else a key or id that an import brought. Three queries at most."""
    said = {row.item for row in rows if row.item}
    if not said:
        return {}
    numbers = {
        word: int(match[2])
        for word in said
        if (match := _KEY.match(word)) and match[1].upper() == product.key
    }
    of_number = {
        item.number: item
        for item in Item.objects.filter(product=product, number__in=set(numbers.values()))
    }
    found = {word: of_number[number] for word, number in numbers.items() if number in of_number}
    rest = [word for word in said if word not in found]
    for name in ("external_key", "external_id"):
        records = ImportedRecord.objects.filter(product=product, **{f"{name}__in": rest})
        for record in records.select_related("item").order_by("pk"):
            found.setdefault(getattr(record, name), record.item)
    for item in found.values():
        item.product = product
    return found


def _about(row: SignalRow, item: Item | None) -> str:
    return "attached" if item else "of_segments" if row.segment else "unattached"


def write(run: ImportRun, chunk: Chunk) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Store a chunk's evidence, inside the caller's transaction; returns counts and problems so far."""
    actor = actor_of(run)
    rights.require(actor, "import.run", run.product)
    counts: Counter[str] = Counter(run.counts or dict.fromkeys((*NAMES, *ABOUT), 0))
    problems = list(run.problems)
    good, new = _sorted(run.product, chunk.rows, counts, problems)
    names = {row.segment for row, _ in new if row.segment}
    there = words.existing(Segment, product=run.product, names=names)
    drafts = [
        signals.Draft(
            kind=row.kind,
            magnitude=row.magnitude,
            occurred_at=row.occurred_at,
            source=row.source,
            external_id=row.external_id,
            note=row.note,
            item=item,
            segment=row.segment,
        )
        for row, item in new
        if row.occurred_at is not None
    ]
    stored = signals.add_signals(actor=actor, product=run.product, drafts=drafts).stored
    made = words.existing(Segment, product=run.product, names=names) - there
    insert(
        [
            *(ImportEffect(run=run, kind=Kind.SIGNAL, object_id=each.pk) for each in stored),
            *(ImportEffect(run=run, kind=Kind.SEGMENT, object_id=pk) for pk in sorted(made)),
        ]
    )
    counts["created"] += len(stored)
    counts["unchanged"] += len(good) - len(stored)
    counts.update(_about(row, item) for row, item in new)
    return dict(counts), problems


def undo_steps(run: ImportRun) -> Iterator[Callable[[], int]]:
    """The undo in pieces that each commit by themselves; pieces that are done find nothing left to do."""
    ids = list(
        ImportEffect.objects.filter(run=run, kind=Kind.SIGNAL)
        .order_by("-object_id")
        .values_list("object_id", flat=True)
    )
    for start in range(0, len(ids), CHUNK):
        yield lambda part=ids[start : start + CHUNK]: _take_back(run, part)  # type: ignore[misc]
    yield lambda: _remove_segments(run)


def _take_back(run: ImportRun, ids: list[int]) -> int:
    """Signals that nobody has touched since go, with a line of the log each; the others stay, and the run says so."""
    actor = actor_of(run)
    right = rights.require(actor, "import.undo", run.product)
    rows = list(Signal.objects.filter(product=run.product, pk__in=ids).select_related("item"))
    gone = [row for row in rows if row.version == 1]
    kept = len(rows) - len(gone)
    changes.record(
        actor=actor,
        product=run.product,
        entries=[
            changes.Entry(
                "signal.removed",
                row,
                row.item,
                {row.kind: (row.magnitude, None)},
                reason=REASON,
                right=right,
            )
            for row in gone
        ],
        undoes=run.batch,
    )
    before = [Signal(item_id=row.item_id, segment_id=row.segment_id) for row in gone]
    Signal.objects.filter(pk__in=[row.pk for row in gone]).delete()
    signals.announce(run.product, before, timezone.now())
    ImportEffect.objects.filter(run=run, kind=Kind.SIGNAL, object_id__in=ids).delete()
    run.counts = {
        **run.counts,
        "removed": run.counts.get("removed", 0) + len(gone),
        "kept": run.counts.get("kept", 0) + kept,
    }
    return len(rows)


def _remove_segments(run: ImportRun) -> int:
    """Segments that the run made and that nothing uses or speaks of go."""
    made = ImportEffect.objects.filter(run=run, kind=Kind.SEGMENT)
    ids = list(made.values_list("object_id", flat=True))
    Segment.objects.filter(pk__in=ids, items=None).exclude(
        pk__in=Signal.objects.filter(segment__in=ids).values("segment")
    ).delete()
    made.delete()
    return 0


WAY = Way(
    mapping=SignalMapping.from_dict,
    examine=examine_signals,
    rehearse=rehearse,
    rows=read_signals,
    write=write,
    undo_steps=undo_steps,
)
