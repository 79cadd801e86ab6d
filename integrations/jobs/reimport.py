"""A record that is here already, read again: only what differs from its last import is changed.

Where the file itself changed, the file wins. Where only the mapping makes something else of the same row, fields that
people have changed here are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from accounts.actors import Actor
from backlog import events
from backlog.models import Comment, ItemLink
from backlog.services import changes, editing, summaries
from backlog.services.links import as_words
from core.inserting import insert
from integrations.jobs.building import Known, comment_of, signal_of
from integrations.jobs.values import FIELDS, Names, comment_id, extra_of, signal_id
from integrations.models import ImportedRecord, ImportEffect, ImportRun
from integrations.readers import SourceRow
from integrations.selectors import changed_by_people
from scoring.models import Rating, Signal
from scoring.services import evidence

Kind = ImportEffect.Kind


def differs(record: ImportedRecord, row: SourceRow, values: dict[str, Any]) -> bool:
    """Whether anything that is kept of the row is not so yet."""
    if record.values != values:
        return True
    if record.content_hash == row.content_hash:
        return False
    return record.extra != extra_of(row) or record.url != row.url[:500]


def update(
    run: ImportRun, actor: Actor, right: str, rows: Sequence[Known], names: Names, now: datetime
) -> dict[str, int]:
    """Bring items up to their rows, inside the caller's transaction; returns what to add to the counts."""
    pairs = [(each, each.record) for each in rows if each.record is not None]
    effects = [
        ImportEffect(run=run, kind=Kind.RECORD, object_id=r.pk, before=state_of(r))
        for _, r in pairs
    ]
    same_rows = [
        record.item_id for each, record in pairs if record.content_hash == each.row.content_hash
    ]
    by_people = changed_by_people(run, same_rows)
    rated = _update_ratings(run, actor, pairs, effects, now)
    signals = _update_signals(run, actor, right, pairs, effects, now)
    comments = _add_comments(run, pairs, effects, now)
    _drop_links(run, actor, right, pairs, effects, now)
    insert(effects)
    edits = []
    for each, record in pairs:
        kept = by_people.get(record.item_id, set())
        differing = [
            name
            for name in FIELDS
            if name not in kept and _differs(name, record.values, each.values)
        ]
        if differing or record.item_id in rated:
            edits.append(
                editing.Edit(
                    record.item_id,
                    {
                        name: names.real(name, each.values, each.row.description)
                        for name in differing
                    },
                    verb="item.reimported",
                    reason=f"Import of {run.file_name}",
                    right=right,
                    fields=rated.get(record.item_id, {}),
                )
            )
    if edits:
        editing.apply(actor=actor, product=run.product, edits=edits, now=now, batch=run.batch)
    rescore = sorted(signals | rated.keys())
    if rescore:
        summaries.mark_stale(rescore, now)
        events.publish("item.inputs_changed", product_id=run.product_id, item_ids=rescore, now=now)
    _write_records(run, pairs, now)
    fresh = sum(before is None for each in rated.values() for before, _ in each.values())
    return {"updated": len(pairs), "comments": comments, "ratings": fresh}


def state_of(record: ImportedRecord) -> dict[str, Any]:
    """What an undo puts back."""
    return {
        "values": record.values,
        "extra": record.extra,
        "pending": record.pending,
        "content_hash": record.content_hash,
        "run": str(record.run_id) if record.run_id else None,
        "imported_at": record.imported_at.isoformat(),
        "url": record.url,
    }


def _differs(name: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    if name == "owner" and before.get("owner_name") != after["owner_name"]:
        return True
    return bool(before.get(name) != after[name])


def _write_records(
    run: ImportRun, pairs: Iterable[tuple[Known, ImportedRecord]], now: datetime
) -> None:
    records = []
    for each, record in pairs:
        seen = record.values.get("refs", [])
        waiting = [ref for ref in record.pending or [] if ref in each.values["refs"]]
        waiting += [ref for ref in each.values["refs"] if ref not in seen]
        record.values, record.extra, record.pending = (
            each.values,
            extra_of(each.row),
            waiting or None,
        )
        record.content_hash, record.url = each.row.content_hash, each.row.url[:500]
        record.run, record.imported_at = run, now
        records.append(record)
    ImportedRecord.objects.bulk_update(
        records,
        ["values", "extra", "pending", "content_hash", "url", "run", "imported_at"],
        batch_size=100,
    )


def _add_comments(
    run: ImportRun,
    pairs: Iterable[tuple[Known, ImportedRecord]],
    effects: list[ImportEffect],
    now: datetime,
) -> int:
    """Comments that the last export did not have. One that somebody took away here does not come back."""
    fresh: list[Comment] = []
    for each, record in pairs:
        seen = set(record.values.get("comments", ()))
        fresh += [
            comment_of(record.item_id, each.row, comment, now)
            for comment in each.row.comments
            if comment_id(comment) not in seen
        ]
    insert(fresh)
    effects += [ImportEffect(run=run, kind=Kind.COMMENT, object_id=comment.pk) for comment in fresh]
    return len(fresh)


def _update_signals(
    run: ImportRun,
    actor: Actor,
    right: str,
    pairs: Iterable[tuple[Known, ImportedRecord]],
    effects: list[ImportEffect],
    now: datetime,
) -> set[int]:
    """Counts that moved; one that fell away is set to nothing. Returns the items that got evidence of a new kind."""
    wanted: dict[str, tuple[Known, ImportedRecord]] = {}
    for each, record in pairs:
        before, after = record.values.get("signals", {}), each.values["signals"]
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                wanted[key] = (each, record)
    there = {
        signal.external_id: signal
        for signal in Signal.objects.filter(
            product=run.product, source="import", external_id__in=wanted
        )
    }
    fresh: list[Signal] = []
    moved: list[evidence.Edit] = []
    items: set[int] = set()
    for key in sorted(wanted):
        each, record = wanted[key]
        drawn = next((d for d in each.decision.signals if signal_id(d.key) == key), None)
        signal = there.get(key)
        if signal is not None:
            before = {"magnitude": signal.magnitude, "occurred_at": signal.occurred_at.isoformat()}
            effects.append(
                ImportEffect(run=run, kind=Kind.SIGNAL, object_id=signal.pk, before=before)
            )
            values: dict[str, Any] = {"magnitude": drawn.magnitude if drawn else 0.0}
            if drawn and drawn.occurred_at:
                values["occurred_at"] = min(drawn.occurred_at, now)
            moved.append(evidence.Edit(signal, values))
        elif drawn is not None:
            fresh.append(signal_of(run, record.item_id, drawn, each.row.created or now, now))
            items.add(record.item_id)
    evidence.write(
        actor=actor,
        product=run.product,
        edits=moved,
        verb=evidence.REIMPORTED,
        reason=f"Import of {run.file_name}",
        right=right,
        batch=run.batch,
        now=now,
        withdrawn=True,
    )
    insert(fresh)
    effects += [ImportEffect(run=run, kind=Kind.SIGNAL, object_id=signal.pk) for signal in fresh]
    return items


def _update_ratings(
    run: ImportRun,
    actor: Actor,
    pairs: Iterable[tuple[Known, ImportedRecord]],
    effects: list[ImportEffect],
    now: datetime,
) -> dict[int, dict[str, tuple[Any, Any]]]:
    """Guesses that rest on something else now: item id -> criterion -> (before, after).

    Only ratings "from import" move; what a person has entered or confirmed stays.
    """
    wanted: dict[tuple[int, str], float] = {}
    for each, record in pairs:
        before = record.values.get("ratings", {})
        for criterion, level in each.values["ratings"].items():
            if before.get(criterion) != level:
                wanted[record.item_id, criterion] = level
    there = {
        (rating.item_id, rating.criterion): rating
        for rating in Rating.objects.filter(item_id__in={item_id for item_id, _ in wanted})
    }
    moved, fresh = [], []
    changed: dict[int, dict[str, tuple[Any, Any]]] = {}
    for (item_id, criterion), level in wanted.items():
        rating = there.get((item_id, criterion))
        now_level = {"level": level, "certainty": "guess"}
        if rating is None:
            fresh.append(
                Rating(
                    product=run.product,
                    item_id=item_id,
                    criterion=criterion,
                    level=level,
                    certainty="guess",
                    source=Rating.Source.IMPORT,
                    rated_by=actor.user,
                    rated_at=now,
                )
            )
            changed.setdefault(item_id, {})[criterion] = (None, now_level)
        elif rating.source == Rating.Source.IMPORT and rating.level != level:
            before = {"level": rating.level, "rated_at": rating.rated_at.isoformat()}
            effects.append(
                ImportEffect(run=run, kind=Kind.RATING, object_id=rating.pk, before=before)
            )
            was = {"level": rating.level, "certainty": rating.certainty}
            changed.setdefault(item_id, {})[criterion] = (was, now_level)
            rating.level, rating.rated_at = level, now
            moved.append(rating)
    Rating.objects.bulk_update(moved, ["level", "rated_at"], batch_size=200)
    insert(fresh)
    effects += [ImportEffect(run=run, kind=Kind.RATING, object_id=rating.pk) for rating in fresh]
    return changed


def _drop_links(
    run: ImportRun,
    actor: Actor,
    right: str,
    pairs: Iterable[tuple[Known, ImportedRecord]],
    effects: list[ImportEffect],
    now: datetime,
) -> None:
    """Links that the source does not have any more."""
    gone: list[tuple[int, list[Any]]] = [
        (record.item_id, ref)
        for each, record in pairs
        for ref in record.values.get("refs", [])
        if ref not in each.values["refs"]
    ]
    if not gone:
        return
    others = items_of(run, {ref[1] for _, ref in gone})
    wanted = set()
    for item_id, (kind, other, inward) in gone:
        if other in others:
            ends = (others[other], item_id) if inward else (item_id, others[other])
            wanted.add((*ends, kind))
    entries = []
    sources = {source for source, _, _ in wanted}
    for link in ItemLink.objects.filter(source_id__in=sources).select_related("source", "target"):
        if (link.source_id, link.target_id, link.kind) not in wanted:
            continue
        link.source.product = link.target.product = run.product
        before = {
            "source": link.source_id,
            "target": link.target_id,
            "kind": link.kind,
            "created_at": link.created_at.isoformat(),
        }
        effects.append(ImportEffect(run=run, kind=Kind.LINK, object_id=link.pk, before=before))
        entries.append(
            changes.Entry(
                "item.unlinked", link, link.source, {"link": (as_words(link), None)}, right=right
            )
        )
    changes.record(actor=actor, product=run.product, entries=entries, now=now, batch=run.batch)
    ItemLink.objects.filter(pk__in=[entry.subject.pk for entry in entries]).delete()


def items_of(run: ImportRun, names: set[str]) -> dict[str, int]:
    """Items by the keys, else the ids, that records elsewhere are called by. Two queries."""
    records = ImportedRecord.objects.filter(product=run.product)
    found: dict[str, int] = {}
    for field in ("external_id", "external_key"):
        found.update(records.filter(**{f"{field}__in": names}).values_list(field, "item_id"))
    return found
