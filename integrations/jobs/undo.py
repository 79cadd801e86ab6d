"""Taking an import back: the items it made go, the fields it changed return, and what hung on them with it.

Items that people have changed since the import are kept, with a line in the run's problems that says so; everything
else is as it was. Numbers of items are not given out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts import rights
from accounts.models import Product
from backlog import events
from backlog.models import Change, Channel, Comment, Cycle, Item, ItemLink, Label, Program, Segment
from backlog.services import changes, editing, summaries
from backlog.services.undo import revive, rows_named
from integrations import selectors
from integrations.jobs.building import actor_of
from integrations.models import ImportedRecord, ImportEffect, ImportRun
from integrations.readers.preview import LISTED
from scoring.models import Rating, Signal
from scoring.services import evidence, signals

CHUNK = 300
REASON = "Undo of an import."
Kind = ImportEffect.Kind
_WORDS: dict[str, Any] = {
    Kind.LABEL: Label,
    Kind.SEGMENT: Segment,
    Kind.PROGRAM: Program,
    Kind.CHANNEL: Channel,
    Kind.CYCLE: Cycle,
}
Step = Callable[[], int]


def steps(run: ImportRun) -> Iterator[Step]:
    """The undo in pieces that each commit by themselves and say how many items they settled.

    Done pieces find nothing left to do, so that a worker that takes over begins again. What was made last goes first.
    """
    changed = list(selectors.changed_by(run).order_by("-id").values_list("pk", flat=True))
    for start in range(0, len(changed), CHUNK):
        yield lambda ids=changed[start : start + CHUNK]: _restore_items(run, ids)  # type: ignore[misc]
    yield lambda: _restore_links(run)
    made = list(selectors.made_by(run).order_by("-item_id").values_list("item_id", flat=True))
    for start in range(0, len(made), CHUNK):
        yield lambda ids=made[start : start + CHUNK]: _remove_items(run, ids)  # type: ignore[misc]
    yield lambda: _restore_effects(run)


def announce(run: ImportRun) -> None:
    """The log's line about the undo as a whole."""
    entry = changes.Entry("import.undone", run.product, fields={"file": (run.file_name, None)})
    changes.record(actor=actor_of(run), product=run.product, entries=[entry], undoes=run.batch)


def _remove_items(run: ImportRun, ids: list[int]) -> int:
    actor = actor_of(run)
    right = rights.require(actor, "import.undo", run.product)
    worked_on = selectors.changed_by_people(run, ids)
    gone: list[Item] = []
    kept: list[Item] = []
    for item in Item.objects.filter(product=run.product, pk__in=ids).order_by("pk"):
        item.product = run.product
        (kept if item.pk in worked_on else gone).append(item)
    events.publish("item.deleted", item_ids=[item.pk for item in gone])
    changes.record(
        actor=actor,
        product=run.product,
        entries=[
            changes.Entry(
                "item.removed",
                item,
                item,
                {"title": (item.title, None)},
                reason=REASON,
                right=right,
            )
            for item in gone
        ],
        undoes=run.batch,
    )
    Item.objects.filter(pk__in=[item.pk for item in gone]).delete()
    _count(run, "removed", len(gone))
    _keep(run, kept)
    return len(gone) + len(kept)


def _restore_items(run: ImportRun, change_ids: list[int]) -> int:
    """Fields return to what they were, unless they were changed once more since."""
    actor = actor_of(run)
    right = rights.require(actor, "import.undo", run.product)
    rows = list(Change.objects.filter(pk__in=change_ids).order_by("-id"))
    Product.objects.select_for_update(no_key=True).get(pk=run.product_id)  # before those of items
    items = editing.load_for_update(run.product, [row.item_id for row in rows if row.item_id])
    known = rows_named(rows)
    edits: list[editing.Edit] = []
    kept: list[Item] = []
    for row in rows:
        item = items.get(row.item_id or 0)
        if item is None:
            continue
        values: dict[str, Any] = {}
        for name, (before, after) in row.fields.items():
            if name not in editing.COLUMNS and name not in editing.MANY:
                continue
            now = getattr(item, name)
            current = _ids(changes.plain(now.all() if name in editing.MANY else now))
            if current == _ids(after):
                values[name] = revive(name, before, known.get(name, {}))
            elif current != _ids(before) and item not in kept:
                kept.append(item)
        edits.append(editing.Edit(item.pk, values, verb="item.undone", reason=REASON, right=right))
    editing.apply(actor=actor, product=run.product, edits=edits, undoes=run.batch)
    _count(run, "restored", len(edits))
    _keep(run, kept)
    return len(edits)


def _ids(value: Any) -> Any:
    """Rows of the log by their ids: their words may have changed since."""
    if isinstance(value, dict):
        return value.get("id")
    if isinstance(value, list):
        return [_ids(each) for each in value]
    return value


def _count(run: ImportRun, name: str, count: int) -> None:
    run.counts = {**run.counts, name: run.counts.get(name, 0) + count}


def _keep(run: ImportRun, items: list[Item]) -> None:
    """Say which items stay, or keep what somebody has entered since."""
    texts = {problem["text"] for problem in run.problems}
    for item in items:
        text = f"{item.key} was changed by somebody after the import, so that stays."
        if text in texts:
            continue
        _count(run, "kept", 1)
        if len(run.problems) < LISTED:
            problem = {"row": 0, "line": 0, "key": item.key, "kind": "kept", "text": text}
            run.problems = [problem, *run.problems]


def _restore_links(run: ImportRun) -> int:
    """Links of the run go, but for those between items that both came with it: these go, or stay, with their items."""
    effects = list(ImportEffect.objects.filter(run=run, kind=Kind.LINK))
    made = [effect.object_id for effect in effects if effect.before is None]
    new_items = selectors.made_by(run).values("item_id")
    links = ItemLink.objects.filter(pk__in=made)
    links.exclude(source_id__in=new_items, target_id__in=new_items).delete()
    dropped = [effect.before for effect in effects if effect.before is not None]
    ends = {each[end] for each in dropped for end in ("source", "target")}
    there = set(Item.objects.filter(pk__in=ends).values_list("pk", flat=True))
    rows = [
        ItemLink(
            product=run.product,
            source_id=each["source"],
            target_id=each["target"],
            kind=each["kind"],
            created_at=datetime.fromisoformat(each["created_at"]),
        )
        for each in dropped
        if {each["source"], each["target"]} <= there
    ]
    ItemLink.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    ImportEffect.objects.filter(pk__in=[effect.pk for effect in effects]).delete()
    return 0


def _restore_effects(run: ImportRun) -> int:
    effects: dict[str, list[ImportEffect]] = {kind: [] for kind in Kind.values}
    for effect in ImportEffect.objects.filter(run=run).order_by("-pk"):
        effects[effect.kind].append(effect)
    Comment.objects.filter(pk__in=_made(effects[Kind.COMMENT])).delete()
    scored = _restore_signals(run, effects[Kind.SIGNAL]) | _restore_ratings(effects[Kind.RATING])
    _restore_records(effects[Kind.RECORD])
    for kind, model in _WORDS.items():
        _remove_unused(run, model, _made(effects[kind]))
    ImportEffect.objects.filter(run=run).delete()
    if scored:
        now = timezone.now()
        summaries.mark_stale(sorted(scored), now)
        events.publish(
            "item.inputs_changed", product_id=run.product_id, item_ids=sorted(scored), now=now
        )
    return 0


def _made(effects: list[ImportEffect]) -> list[int]:
    return [effect.object_id for effect in effects if effect.before is None]


def _changed(effects: list[ImportEffect]) -> dict[int, Any]:
    return {effect.object_id: effect.before for effect in effects if effect.before is not None}


def _restore_signals(run: ImportRun, effects: list[ImportEffect]) -> set[int]:
    """Returns the items that lost evidence."""
    made = Signal.objects.filter(pk__in=_made(effects))
    items = signals.items_of(made)
    made.delete()
    before = _changed(effects)
    actor = actor_of(run)
    evidence.write(
        actor=actor,
        product=run.product,
        edits=[
            evidence.Edit(
                signal,
                {
                    "magnitude": before[signal.pk]["magnitude"],
                    "occurred_at": datetime.fromisoformat(before[signal.pk]["occurred_at"]),
                },
            )
            for signal in Signal.objects.filter(pk__in=before).order_by("pk")
        ],
        verb=evidence.REIMPORTED,
        reason=REASON,
        right=rights.require(actor, "import.undo", run.product),
        undoes=run.batch,
        withdrawn=True,
    )
    return items


def _restore_ratings(effects: list[ImportEffect]) -> set[int]:
    """Guesses return; one that a person has entered or confirmed since stays. Returns the items."""
    untouched = Rating.objects.filter(source=Rating.Source.IMPORT)
    made = untouched.filter(pk__in=_made(effects))
    items = set(made.values_list("item_id", flat=True))
    made.delete()
    before = _changed(effects)
    ratings = list(untouched.filter(pk__in=before))
    for rating in ratings:
        rating.level = before[rating.pk]["level"]
        rating.rated_at = datetime.fromisoformat(before[rating.pk]["rated_at"])
        items.add(rating.item_id)
    Rating.objects.bulk_update(ratings, ["level", "rated_at"], batch_size=200)
    return items


def _restore_records(effects: list[ImportEffect]) -> None:
    before = _changed(effects)
    records = list(ImportedRecord.objects.filter(pk__in=before))
    for record in records:
        was = before[record.pk]
        for name in ("values", "extra", "pending", "content_hash", "url"):
            setattr(record, name, was[name])
        record.run_id = was["run"]
        record.imported_at = datetime.fromisoformat(was["imported_at"])
    fields = ["values", "extra", "pending", "content_hash", "url", "run", "imported_at"]
    ImportedRecord.objects.bulk_update(records, fields, batch_size=100)


def _remove_unused(run: ImportRun, model: Any, ids: list[int]) -> None:
    """Words that the run made, that no item uses and that nobody has said anything about."""
    said = Change.objects.filter(product=run.product, subject_type=model._meta.model_name)
    unused = model.objects.filter(pk__in=ids, items__isnull=True).exclude(
        pk__in=said.values("subject_id")
    )
    if model is Cycle:
        unused = unused.filter(items_ever__isnull=True, starts_on=None, ends_on=None)
    if model is Segment:
        unused = unused.exclude(pk__in=Signal.objects.filter(segment__in=ids).values("segment"))
    unused.delete()
