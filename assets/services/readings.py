"""Readings of placed versions: entered, corrected, withdrawn (R129–R138)."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.models import Deployment, Metric, Placement, Reading, Version
from assets.services import targets
from assets.stood import Stand, stood
from assets.vocabulary import MetricForm
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid
from core.inserting import insert

LIMIT = 1000
SOURCE_LIMIT, ID_LIMIT, NOTE_LIMIT = 60, 120, 500
BY_HAND = "by hand"
UNDONE = "The file was taken back."
_CONTENT = (
    *("placement_id", "version_id", "metric_id", "starts_at", "ends_at"),
    *("value", "n", "hits", "spread", "note"),
)


@dataclass(frozen=True)
class Draft:
    """A reading before it is stored. ``source`` and ``external_id`` name it; without an id it is a new one each time.

    ``version``: only needed where the version changed within the period, or nobody recorded what stood there.
    """

    placement: Placement
    metric: Metric
    starts_at: datetime
    ends_at: datetime
    value: float | None = None
    n: int | None = None
    hits: int | None = None
    spread: float | None = None
    note: str = ""
    source: str = BY_HAND
    external_id: str = ""
    version: int | None = None


@dataclass
class Outcome:
    """What became of a bulk: new ones, corrected ones, and those that were known and said the same."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0
    rows: list[Reading] = field(default_factory=list)


@transaction.atomic
def enter(
    *,
    actor: Actor,
    product: Product,
    drafts: Sequence[Draft],
    batch: uuid.UUID | None = None,
    now: datetime | None = None,
) -> Outcome:
    """Store readings, all or none. One that is known by source and external id is corrected where it says otherwise.

    Raises Invalid naming each row that cannot be used (nothing is stored then), NotAllowed. As many queries for a
    thousand as for one, beside those of broken targets.
    """
    right = rights.require(actor, "reading.enter", product)
    now = now or timezone.now()
    if len(drafts) > LIMIT:
        raise Invalid(f"At most {LIMIT} readings at once. Send them in several requests.")
    # two who send the same reading meet here, and the second finds it
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    fresh = _rows(actor, product, drafts, now)
    known = _known(product, fresh)
    outcome = Outcome()
    new: list[Reading] = []
    entries: list[changes.Entry] = []
    touched: set[tuple[int, int]] = set()
    for row in fresh:
        before = known.get((row.source, row.external_id))
        if before is None:
            known[row.source, row.external_id] = row
            new.append(row)
            outcome.rows.append(row)
            continue
        changed = _differing(before, row)
        outcome.rows.append(before)
        if not changed or before.pk is None:
            outcome.unchanged += 1
            continue
        touched.add((before.placement_id, before.metric_id))
        for name, (_old, value) in changed.items():
            setattr(before, name, value)
        before.save(update_fields=list(changed))
        outcome.corrected += 1
        touched.add((before.placement_id, before.metric_id))
        entries.append(
            changes.Entry(
                "reading.corrected",
                before,
                row.placement.asset.item,
                {name.removesuffix("_id"): pair for name, pair in changed.items()},
                right=right,
            )
        )
    insert(new)
    outcome.added = len(new)
    entries += [_entered(row, right) for row in new]
    changes.record(actor=actor, product=product, entries=entries, batch=batch, now=now)
    touched |= {(row.placement_id, row.metric_id) for row in new}
    targets.follow(actor=actor, product=product, touched=touched, now=now)
    return outcome


def foresee(
    *, actor: Actor, product: Product, drafts: Sequence[Draft], now: datetime | None = None
) -> list[str]:
    """What :func:`enter` would do with each: added, corrected, unchanged. Writes nothing. Raises Invalid."""
    fresh = _rows(actor, product, drafts, now or timezone.now())
    known = _known(product, fresh)
    found = []
    for row in fresh:
        before = known.setdefault((row.source, row.external_id), row)
        found.append(
            "added"
            if before is row
            else "corrected"
            if before.pk is not None and _differing(before, row)
            else "unchanged"
        )
    return found


def _differing(before: Reading, row: Reading) -> dict[str, tuple[Any, Any]]:
    return {
        name: (getattr(before, name), getattr(row, name))
        for name in _CONTENT
        if getattr(before, name) != getattr(row, name)
    }


def _entered(row: Reading, right: str) -> changes.Entry:
    return changes.Entry(
        "reading.entered",
        row,
        row.placement.asset.item,
        {
            "metric": (None, row.metric.name),
            "place": (None, row.placement.place),
            "version": (None, row.version.number),
            "value": (None, row.value),
        },
        reason=row.note,
        right=right,
    )


@transaction.atomic
def withdraw(
    *, actor: Actor, reading: Reading, reason: str, now: datetime | None = None
) -> Reading:
    """Have it count for nothing from now on; what it did to targets is taken back.

    Raises Conflict (withdrawn already), Invalid (no reason), NotAllowed.
    """
    right = rights.require(actor, "reading.enter", reading.product)
    reason = text.one_line(reason)[:NOTE_LIMIT]
    if not reason:
        raise Invalid(
            "Say why it no longer counts. Nothing was changed.",
            fields={"reason": ["Say it in a sentence."]},
        )
    return _switch(actor, reading, right, reason, now or timezone.now(), withdrawn=True)


@transaction.atomic
def restore(*, actor: Actor, reading: Reading, now: datetime | None = None) -> Reading:
    """Have a withdrawn reading count again. Raises Conflict, NotAllowed."""
    right = rights.require(actor, "reading.enter", reading.product)
    return _switch(actor, reading, right, "", now or timezone.now(), withdrawn=False)


def _switch(
    actor: Actor, reading: Reading, right: str, reason: str, now: datetime, *, withdrawn: bool
) -> Reading:
    Product.objects.select_for_update(no_key=True).get(pk=reading.product_id)
    rows = Reading.objects.filter(pk=reading.pk, withdrawn_at__isnull=withdrawn)
    if not rows.update(withdrawn_at=now if withdrawn else None):
        raise Conflict(
            "It was withdrawn already." if withdrawn else "It was not withdrawn.",
            code="withdrawn" if withdrawn else "not_withdrawn",
        )
    before, reading.withdrawn_at = reading.withdrawn_at, now if withdrawn else None
    entry = changes.Entry(
        "reading.withdrawn" if withdrawn else "reading.restored",
        reading,
        reading.placement.asset.item,
        {"withdrawn": (before, reading.withdrawn_at)},
        reason=reason,
        right=right,
    )
    changes.record(actor=actor, product=reading.product, entries=[entry], now=now)
    touched = {(reading.placement_id, reading.metric_id)}
    targets.follow(actor=actor, product=reading.product, touched=touched, now=now)
    return reading


@dataclass
class TakenBack:
    removed: int = 0
    restored: int = 0
    kept: int = 0


@transaction.atomic
def take_back(
    *,
    actor: Actor,
    product: Product,
    ids: Sequence[int],
    batch: uuid.UUID,
    now: datetime | None = None,
) -> TakenBack:
    """Take back what one file did to these readings: those it brought are withdrawn, those it corrected say what they
    said. What somebody has withdrawn or corrected since stays. Raises NotAllowed.

    A reading that is taken back gives its name free, so that the file can be brought in again. Done again it finds
    nothing left to do.
    """
    right = rights.require(actor, "reading.enter", product)
    now = now or timezone.now()
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    rows = {
        row.pk: row
        for row in Reading.objects.filter(product=product, pk__in=ids).select_related(
            "placement__asset__item", "metric", "version"
        )
    }
    result = TakenBack()
    entries: list[changes.Entry] = []
    touched: set[tuple[int, int]] = set()
    told = changes.of_batch(product=product, batch=batch, subject_ids=rows)
    later = changes.told_since(told, verbs=("reading.corrected", "reading.withdrawn"))
    for change in told:
        row = rows[change.subject_id]
        touched.add((row.placement_id, row.metric_id))
        if row.pk in later or row.withdrawn_at is not None:
            result.kept += 1
            continue
        if change.verb == "reading.entered":
            row.withdrawn_at, row.external_id = now, f"undone {batch.hex} {row.pk}"
            row.save(update_fields=["withdrawn_at", "external_id"])
            entries.append(_undone(row, "reading.withdrawn", {"withdrawn": (None, now)}, right))
            result.removed += 1
        else:
            fields = _put_back(row, change.fields)
            entries.append(_undone(row, "reading.corrected", fields, right))
            result.restored += 1
            touched.add((row.placement_id, row.metric_id))
    changes.record(actor=actor, product=product, entries=entries, undoes=batch, now=now)
    targets.follow(actor=actor, product=product, touched=touched, now=now)
    return result


def _put_back(row: Reading, told: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Any, Any]]:
    """What a correction changed says again what it said; field -> (now, then)."""
    fields = {}
    for name, (before, _after) in told.items():
        column = f"{name}_id" if name in ("placement", "version", "metric") else name
        then = datetime.fromisoformat(before) if name in ("starts_at", "ends_at") else before
        fields[name] = (getattr(row, column), then)
        setattr(row, column, then)
    row.save(update_fields=list(fields))
    return fields


def _undone(
    row: Reading, verb: str, fields: Mapping[str, tuple[Any, Any]], right: str
) -> changes.Entry:
    item = row.placement.asset.item
    return changes.Entry(verb, row, item, fields, reason=UNDONE, right=right)


def check(
    *, product: Product, drafts: Sequence[Draft], now: datetime | None = None
) -> dict[int, list[str]]:
    """What is wrong with each draft, by its place; nothing is written. Two queries."""
    return _problems(drafts, _history(drafts), _numbers(drafts), now or timezone.now())


def _rows(actor: Actor, product: Product, drafts: Sequence[Draft], now: datetime) -> list[Reading]:
    history, numbers = _history(drafts), _numbers(drafts)
    problems = _problems(drafts, history, numbers, now)
    if problems:
        raise Invalid(
            "Some readings cannot be used. Nothing was stored.",
            fields={str(place): lines for place, lines in problems.items()},
        )
    rows = []
    for draft in drafts:
        version, _wrong = _version(draft, history, numbers)
        share = draft.metric.form == MetricForm.SHARE
        value = (draft.hits or 0) / draft.n if share and draft.n else draft.value
        rows.append(
            Reading(
                product=product,
                placement=draft.placement,
                version=version,
                metric=draft.metric,
                starts_at=draft.starts_at,
                ends_at=draft.ends_at,
                value=float(value or 0.0),
                n=draft.n,
                hits=draft.hits if share else None,
                spread=draft.spread if draft.metric.form == MetricForm.MEAN else None,
                note=text.one_line(draft.note)[:NOTE_LIMIT],
                source=draft.source,
                external_id=draft.external_id or uuid.uuid4().hex,
                entered_by=actor.user,
                entered_at=now,
            )
        )
    return rows


def _history(drafts: Sequence[Draft]) -> dict[int, list[Stand]]:
    rows = (
        Deployment.objects.filter(placement__in={draft.placement.pk for draft in drafts})
        .order_by("placement", "deployed_at", "pk")
        .values_list("placement_id", "deployed_at", "version__number")
    )
    found: dict[int, list[Stand]] = {}
    for placement_id, at, number in rows:
        found.setdefault(placement_id, []).append(Stand(at, number))
    return found


def _numbers(drafts: Sequence[Draft]) -> dict[tuple[int, int], Version]:
    rows = Version.objects.filter(asset__in={draft.placement.asset_id for draft in drafts})
    return {(row.asset_id, row.number): row for row in rows.only("pk", "asset_id", "number")}


def _version(
    draft: Draft, history: Mapping[int, Sequence[Stand]], numbers: Mapping[tuple[int, int], Version]
) -> tuple[Version | None, str]:
    """The version that a reading is about, or why that cannot be told."""
    there = stood(history.get(draft.placement.pk, ()), draft.starts_at, draft.ends_at)
    said = draft.version
    if said is None and len(there) > 1:
        return None, (
            f"version: it changed within the period (versions {', '.join(map(str, there))}). Say which one it is about."
        )
    if said is None and not there:
        return (
            None,
            "version: nobody recorded what stood there then. Say which version it is about.",
        )
    if said is not None and there and said not in there:
        return (
            None,
            f"version: version {said} did not stand there then; {', '.join(map(str, there))} did.",
        )
    number = said if said is not None else there[0]
    version = numbers.get((draft.placement.asset_id, number))
    return version, "" if version else f"version: the asset has no version {number}."


def _problems(
    drafts: Sequence[Draft],
    history: Mapping[int, Sequence[Stand]],
    numbers: Mapping[tuple[int, int], Version],
    now: datetime,
) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for place, draft in enumerate(drafts):
        wrong = _wrong(draft, now)
        if not wrong and (why := _version(draft, history, numbers)[1]):
            wrong = [why]
        if wrong:
            found[place] = wrong
    return found


def _wrong(draft: Draft, now: datetime) -> list[str]:
    wrong = []
    form, metric = draft.metric.form, draft.metric
    if metric.retired_at is not None:
        wrong.append(f"metric: {metric.name} is retired.")
    if draft.ends_at < draft.starts_at:
        wrong.append("ends_at: the period ends before it begins.")
    if draft.ends_at > now + timedelta(days=1):
        wrong.append("ends_at: this lies in the future.")
    if draft.starts_at.year < 1970:
        wrong.append("starts_at: this lies before 1970.")
    if not text.one_line(draft.source) or len(draft.source) > SOURCE_LIMIT:
        wrong.append(f"source: say where it comes from, in at most {SOURCE_LIMIT} characters.")
    if len(draft.external_id) > ID_LIMIT:
        wrong.append(f"external_id: at most {ID_LIMIT} characters.")
    if draft.n is not None and not 0 < draft.n < 1 << 62:
        wrong.append("n: a whole number above 0 is needed.")
    if form == MetricForm.SHARE:
        if draft.n is None or draft.hits is None:
            wrong.append(f"hits: {metric.name} is a share, so hits and n are needed.")
        elif not 0 <= draft.hits <= draft.n:
            wrong.append("hits: between 0 and n.")
        return wrong
    if draft.value is None or not math.isfinite(draft.value) or abs(draft.value) > 1e12:
        wrong.append("value: a number is needed.")
    elif form == MetricForm.COUNT and (draft.value < 0 or draft.value != int(draft.value)):
        wrong.append(f"value: {metric.name} is a count, so a whole number of 0 or more is needed.")
    if draft.spread is not None and (not math.isfinite(draft.spread) or draft.spread < 0):
        wrong.append("spread: a number of 0 or more is needed.")
    return wrong


def _known(product: Product, rows: Sequence[Reading]) -> dict[tuple[str, str], Reading]:
    ids = sorted({row.external_id for row in rows})
    found: dict[tuple[str, str], Reading] = {}
    for start in range(0, len(ids), 500):
        for row in Reading.objects.filter(
            product=product, external_id__in=ids[start : start + 500]
        ):
            found[row.source, row.external_id] = row
    return found
