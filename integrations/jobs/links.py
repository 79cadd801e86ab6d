"""Parents, epics and links, once both ends are here. What points to something that is not here waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts import rights
from accounts.models import Product
from backlog.models import Item, ItemLink
from backlog.services import changes
from backlog.services.links import as_words
from backlog.vocabulary import ACYCLIC
from core.inserting import insert
from integrations.jobs.building import actor_of
from integrations.jobs.reimport import items_of, state_of
from integrations.models import ImportedRecord, ImportEffect, ImportRun
from integrations.readers.preview import LISTED

CHUNK = 1000
Pair = tuple[int, int, str]


def chunks(run: ImportRun) -> Iterator[list[ImportedRecord]]:
    """The product's records that wait for others, in order of id. A worker that takes over begins again."""
    last = 0
    while True:
        waiting = ImportedRecord.objects.filter(
            product=run.product, pending__isnull=False, pk__gt=last
        )
        records = list(waiting.order_by("pk")[:CHUNK])
        if not records:
            return
        yield records
        last = records[-1].pk


class Linker:
    """Makes the links of a run; keeps the graph, so that circles are seen without reading all links again."""

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self._edges: dict[str, dict[int, set[int]]] = {}
        self._newest = 0

    def write(self, records: list[ImportedRecord]) -> tuple[dict[str, int], list[dict[str, Any]]]:
        """Link what can be linked, inside the caller's transaction; returns counts and problems so far."""
        run = self.run
        now = timezone.now()
        # links of people wait: two at once could close a circle
        Product.objects.select_for_update(no_key=True).get(pk=run.product_id)
        self._read_links()
        pairs = self._resolve(records)
        problems = list(run.problems)
        made = self._make(pairs, problems, now)
        counts = dict(run.counts)
        counts["links"] = counts.get("links", 0) + made
        return counts, problems

    def _read_links(self) -> None:
        """The links that have come since the last look."""
        fresh = ItemLink.objects.filter(product=self.run.product, pk__gt=self._newest).order_by(
            "pk"
        )
        for pk, source, target, kind in fresh.values_list("pk", "source_id", "target_id", "kind"):
            self._add((source, target, kind))
            self._newest = pk

    def _add(self, pair: Pair) -> None:
        source, target, kind = pair
        self._edges.setdefault(kind, {}).setdefault(source, set()).add(target)

    def _resolve(self, records: list[ImportedRecord]) -> list[Pair]:
        """Pairs whose both ends are here; the rest stays with its record."""
        refs = {record.pk: record.pending or [] for record in records}
        others = items_of(self.run, {other for found in refs.values() for _, other, _ in found})
        changed = [
            record for record in records if any(other in others for _, other, _ in refs[record.pk])
        ]
        self._note([record for record in changed if record.run_id != self.run.pk])
        pairs: dict[Pair, None] = {}
        for record in changed:
            record.pending = [ref for ref in refs[record.pk] if ref[1] not in others] or None
            for kind, other, inward in refs[record.pk]:
                if other in others and others[other] != record.item_id:
                    ends = (
                        (others[other], record.item_id)
                        if inward
                        else (record.item_id, others[other])
                    )
                    pairs[(*ends, kind)] = None
        done = [record.pk for record in changed if record.pending is None]
        ImportedRecord.objects.filter(pk__in=done).update(pending=None)
        ImportedRecord.objects.bulk_update(
            [record for record in changed if record.pending is not None],
            ["pending"],
            batch_size=200,
        )
        return list(pairs)

    def _note(self, records: list[ImportedRecord]) -> None:
        """Records of earlier imports, whose links could not be made then."""
        effects = [
            ImportEffect(
                run=self.run,
                kind=ImportEffect.Kind.RECORD,
                object_id=record.pk,
                before=state_of(record),
            )
            for record in records
        ]
        ImportEffect.objects.bulk_create(effects, batch_size=500, ignore_conflicts=True)

    def _make(self, pairs: list[Pair], problems: list[dict[str, Any]], now: datetime) -> int:
        run = self.run
        actor = actor_of(run)
        right = rights.require(actor, "import.run", run.product)
        ends = {pk for pair in pairs for pk in pair[:2]}
        loaded = Item.objects.filter(pk__in=ends).only("number", "version", "product").in_bulk()
        for item in loaded.values():
            item.product = run.product
        rows: list[ItemLink] = []
        for pair in pairs:
            source, target, kind = pair
            edges = self._edges.get(kind, {})
            if target in edges.get(source, ()):
                continue
            if kind not in ACYCLIC and source in edges.get(target, ()):
                continue
            if kind in ACYCLIC and reaches(edges, target, source):
                words = f"{loaded[source].key} {kind.replace('_', ' ')} {loaded[target].key}"
                if len(problems) < LISTED:
                    problems.append(
                        _warning(f"The link “{words}” would close a circle; it was left out.")
                    )
                continue
            self._add(pair)
            rows.append(
                ItemLink(
                    product=run.product,
                    source=loaded[source],
                    target=loaded[target],
                    kind=kind,
                    created_at=now,
                )
            )
        insert(rows)
        insert(
            [ImportEffect(run=run, kind=ImportEffect.Kind.LINK, object_id=row.pk) for row in rows]
        )
        changes.record(
            actor=actor,
            product=run.product,
            entries=[
                changes.Entry(
                    "item.linked", row, row.source, {"link": (None, as_words(row))}, right=right
                )
                for row in rows
            ],
            now=now,
            batch=run.batch,
        )
        return len(rows)


def reaches(edges: dict[int, set[int]], start: int, goal: int) -> bool:
    """Whether the links lead from ``start`` to ``goal``."""
    frontier, seen = [start], {start}
    while frontier:
        here = frontier.pop()
        if here == goal:
            return True
        for onward in edges.get(here, ()):
            if onward not in seen:
                seen.add(onward)
                frontier.append(onward)
    return False


def _warning(text: str) -> dict[str, Any]:
    return {"row": 0, "line": 0, "key": "", "kind": "warning", "text": text}
