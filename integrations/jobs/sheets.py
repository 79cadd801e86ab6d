"""Placements and readings out of files: what would happen, chunks of writing, taking back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from accounts import rights
from assets.services import placement_imports, reading_imports, readings
from assets.services.readings import Draft
from backlog.models import Channel, Program
from backlog.services import words
from core.inserting import insert
from integrations.access import right_of
from integrations.jobs.building import actor_of
from integrations.jobs.rowwise import NAMES, Chunk, Way, chunks, note
from integrations.models import ImportEffect, ImportRun
from integrations.readers.sheets import (
    PLACEMENTS,
    READINGS,
    Sheet,
    SheetMapping,
    SheetRow,
    examine_sheet,
    read_sheet,
)
from integrations.readers.source import Source

#: Each placement is registered under the lock of its asset; so many stay well within a lease.
PLACED_CHUNK = 100
SKIPPED_LISTED = 50
REASON = "Undo of an import."
Kind = ImportEffect.Kind
Counts = Counter[str]
Problems = list[dict[str, Any]]
_WORDS: dict[str, Any] = {Kind.CHANNEL: Channel, Kind.PROGRAM: Program}
#: What makes a row the same as an earlier one of the file; of readings only where it has no id.
_PLACE = ("asset", "channel", "locale", "place")
_ABOUT = ("placement", "asset", "channel", "place", "metric", "starts_at", "ends_at", "version")


def _rows(sheet: Sheet) -> Callable[[Source, SheetMapping], Iterator[SheetRow]]:
    """The rows of a file; one that says the same place or reading as an earlier one is left out."""

    def rows(source: Source, mapping: SheetMapping) -> Iterator[SheetRow]:
        seen: dict[int, int] = {}
        for row in read_sheet(sheet, source, mapping):
            if row.is_good:
                name = hash(_named(sheet, row.values))
                if name in seen:
                    row.skipped = f"same {sheet.what.removesuffix('s')} as row {seen[name]}"
                seen.setdefault(name, row.row)
            yield row

    return rows


def _named(sheet: Sheet, values: dict[str, Any]) -> tuple[Any, ...]:
    if sheet is PLACEMENTS:
        known = placement_imports.environment_of(values)
        return (known, *(values.get(name, "") for name in _PLACE))
    if values.get("external_id"):
        return values.get("source"), values["external_id"]
    return tuple(values.get(name) for name in _ABOUT)


@dataclass
class Usable:
    """A row that can be used, what it is here, and what an import does with it: created, updated, unchanged."""

    row: SheetRow
    found: Any
    outcome: str


def _usable(
    run: ImportRun, rows: Sequence[SheetRow], counts: Counts, problems: Problems
) -> list[Usable]:
    """The rows of a chunk that can be used; the others are counted and said."""
    counts["rows"] += len(rows)
    good = [row for row in rows if row.is_good]
    lines = [row.values for row in good]
    of_places = run.subject == ImportRun.Subject.PLACEMENTS
    found: Sequence[Any] = (
        placement_imports.look(product=run.product, lines=lines)
        if of_places
        else reading_imports.look(product=run.product, lines=lines)
    )
    for row, each in zip(good, found, strict=True):
        if each.problems:
            row.refuse(each.problems)
    for row in rows:
        if not row.is_good:
            counts["errors" if row.error else "skipped"] += 1
            if row.error or counts["skipped"] <= SKIPPED_LISTED:
                note(problems, row, "error" if row.error else "skipped", row.error or row.skipped)
        for warning in row.warnings:
            note(problems, row, "warning", warning)
    pairs = [(row, each) for row, each in zip(good, found, strict=True) if row.is_good]
    if of_places:
        return [Usable(row, each, each.outcome) for row, each in pairs]
    drafts = [each.draft for _, each in pairs]
    outcomes = readings.foresee(actor=actor_of(run), product=run.product, drafts=drafts)
    return [
        Usable(row, each, _OUTCOMES[outcome])
        for (row, each), outcome in zip(pairs, outcomes, strict=True)
    ]


_OUTCOMES = {"added": "created", "corrected": "updated", "unchanged": "unchanged"}


def rehearse(
    run: ImportRun,
    mapping: SheetMapping,
    source: Source,
    *,
    say: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """What an import would do, writing nothing: counts, the first rows, the first problems. One reading of the file."""
    counts: Counts = Counter(dict.fromkeys(NAMES, 0))
    problems: Problems = []
    examples: list[dict[str, Any]] = []
    way = WAYS[run.subject]
    for chunk in chunks(way.rows(source, mapping)):
        for each in _usable(run, chunk.rows, counts, problems):
            counts[each.outcome] += 1
            if each.outcome != "unchanged" and len(examples) < 8:
                examples.append(_example(each))
        if say is not None:
            say(chunk.end)
    return {"counts": dict(counts), "examples": examples, "problems": problems}


def _example(each: Usable) -> dict[str, Any]:
    found = each.found
    if isinstance(found, placement_imports.Found) and found.draft and found.asset:
        draft = found.draft
        return {
            "outcome": each.outcome,
            "asset": found.asset.name,
            "where": f"{draft.channel.name}: {draft.place}",
            "version": found.version.number if found.version else None,
            "what": ", ".join(
                part
                for part in (
                    draft.environment,
                    draft.locale,
                    str(draft.owner or ""),
                    f"since {found.since:%Y-%m-%d %H:%M} UTC" if found.since else "",
                )
                if part
            ),
        }
    draft = found.draft
    return {
        "outcome": each.outcome,
        "asset": draft.placement.asset.name,
        "where": f"{draft.placement.channel.name}: {draft.placement.place}",
        "metric": draft.metric.name,
        "what": _figure(draft),
        "starts_at": draft.starts_at.isoformat(),
        "ends_at": draft.ends_at.isoformat(),
    }


def _figure(draft: Draft) -> str:
    if draft.hits is not None and draft.n:
        return f"{draft.hits} of {draft.n}"
    figure = f"{draft.value:g} {draft.metric.unit}".strip() if draft.value is not None else ""
    return f"{figure}, n = {draft.n}" if draft.n else figure


def write(run: ImportRun, chunk: Chunk) -> tuple[dict[str, int], Problems]:
    """Store a chunk, inside the caller's transaction; returns counts and problems so far."""
    counts: Counts = Counter(run.counts or dict.fromkeys(NAMES, 0))
    problems = list(run.problems)
    usable = _usable(run, chunk.rows, counts, problems)
    fresh = [each for each in usable if each.outcome != "unchanged"]
    if run.subject == ImportRun.Subject.PLACEMENTS:
        _place(run, fresh)
    else:
        _enter(run, fresh)
    counts.update(each.outcome for each in usable)
    return dict(counts), problems


def _place(run: ImportRun, fresh: Sequence[Usable]) -> None:
    names = {
        kind: {
            getattr(each.found.draft, kind).name
            for each in fresh
            if getattr(each.found.draft, kind)
        }
        for kind in _WORDS
    }
    there = {
        kind: words.existing(model, product=run.product, names=names[kind])
        for kind, model in _WORDS.items()
    }
    written = placement_imports.bring(
        actor=actor_of(run), product=run.product, found=[each.found for each in fresh]
    )
    effects = [
        ImportEffect(run=run, kind=Kind.PLACEMENT, object_id=each.placement.pk, before=each.before)
        for each in written
    ]
    for kind, model in _WORDS.items():
        now = words.existing(model, product=run.product, names=names[kind])
        effects += [
            ImportEffect(run=run, kind=kind, object_id=pk) for pk in sorted(now - there[kind])
        ]
    insert(effects)


def _enter(run: ImportRun, fresh: Sequence[Usable]) -> None:
    done = readings.enter(
        actor=actor_of(run),
        product=run.product,
        drafts=[each.found.draft for each in fresh],
        batch=run.batch,
    )
    ids = [row.pk for row in done.rows]
    known = set(
        ImportEffect.objects.filter(run=run, kind=Kind.READING, object_id__in=ids).values_list(
            "object_id", flat=True
        )
    )
    insert(
        [
            ImportEffect(run=run, kind=Kind.READING, object_id=pk)
            for pk in dict.fromkeys(ids)
            if pk not in known
        ]
    )


def undo_steps(run: ImportRun) -> Iterator[Callable[[], int]]:
    """The undo in pieces that each commit by themselves; pieces that are done find nothing left to do."""
    of_places = run.subject == ImportRun.Subject.PLACEMENTS
    kind = Kind.PLACEMENT if of_places else Kind.READING
    ids = list(
        ImportEffect.objects.filter(run=run, kind=kind)
        .order_by("-object_id")
        .values_list("object_id", flat=True)
    )
    size = WAYS[run.subject].size
    for start in range(0, len(ids), size):
        yield lambda part=ids[start : start + size]: _take_back(run, kind, part)  # type: ignore[misc]
    if of_places:
        yield lambda: _remove_words(run)


def _take_back(run: ImportRun, kind: str, ids: list[int]) -> int:
    actor = actor_of(run)
    rights.require(actor, right_of(run.subject, undoing=True), run.product)
    effects = ImportEffect.objects.filter(run=run, kind=kind, object_id__in=ids)
    done: Any
    if kind == Kind.PLACEMENT:
        done = placement_imports.take_back(
            actor=actor,
            product=run.product,
            done=dict(effects.values_list("object_id", "before")),
            undoes=run.batch,
            reason=REASON,
        )
        kept = len(done.kept)
    else:
        done = readings.take_back(actor=actor, product=run.product, ids=ids, batch=run.batch)
        kept = done.kept
    effects.delete()
    counted = {"removed": done.removed, "restored": done.restored, "kept": kept}
    run.counts = {
        **run.counts,
        **{name: run.counts.get(name, 0) + count for name, count in counted.items()},
    }
    return len(ids)


def _remove_words(run: ImportRun) -> int:
    """Channels and programs that the run made and that nothing uses go."""
    for kind, model in _WORDS.items():
        made = ImportEffect.objects.filter(run=run, kind=kind)
        ids = list(made.values_list("object_id", flat=True))
        model.objects.filter(pk__in=ids, items=None, placements=None).delete()
        made.delete()
    return 0


def _way(sheet: Sheet, size: int) -> Way:
    return Way(
        mapping=lambda data: SheetMapping.from_dict(data, sheet),
        examine=lambda source, **reading: examine_sheet(sheet, source, **reading),
        rehearse=rehearse,
        rows=_rows(sheet),
        write=write,
        undo_steps=undo_steps,
        size=size,
    )


WAYS: dict[str, Way] = {
    ImportRun.Subject.PLACEMENTS: _way(PLACEMENTS, PLACED_CHUNK),
    ImportRun.Subject.READINGS: _way(READINGS, 500),
}
