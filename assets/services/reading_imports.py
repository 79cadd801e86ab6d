"""Readings from a CSV file: rehearsed without writing, then entered, and taken back as one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts import rights
from accounts.actors import Actor, Via
from accounts.models import Product
from assets import reading_files
from assets.models import Metric, Placement
from assets.reading_files import Row
from assets.services import readings
from assets.services.readings import Draft, Outcome
from core import text
from core.errors import Invalid


@dataclass
class Rehearsal:
    """What a file would do. ``good``: rows that can be used; ``bad``: lines with what is wrong, the first hundred."""

    heads: list[str]
    mapping: Mapping[str, int]
    drafts: list[Draft] = field(default_factory=list)
    bad: list[Row] = field(default_factory=list)
    bad_count: int = 0


def rehearse(
    *, actor: Actor, product: Product, data: bytes, source: str, now: datetime | None = None
) -> Rehearsal:
    """Read a file and check every row; nothing is written. Raises Invalid where it is no table, NotAllowed."""
    rights.require(actor, "reading.enter", product)
    source = text.one_line(source)
    if not source or len(source) > readings.SOURCE_LIMIT:
        raise Invalid(
            "Say where the figures come from. Nothing was read.",
            fields={"source": [f"1 to {readings.SOURCE_LIMIT} characters."]},
        )
    table = reading_files.read(data)
    if table.problem:
        raise Invalid(f"{table.problem} Nothing was stored.", fields={"file": [table.problem]})
    mapping = reading_files.guessed(table.heads)
    rows = reading_files.rows(table, mapping)
    metrics = _metrics(product)
    places = _Places(product, rows)
    drafts: list[tuple[Row, Draft]] = []
    for row in rows:
        metric = metrics.get(str(row.values.get("metric", "")).lower())
        if metric is None and "metric" in row.values:
            row.problems.append(f"metric: there is no “{row.values['metric'][:40]}”.")
        placement = places.of(row)
        if not row.problems and metric is not None and placement is not None:
            drafts.append((row, _draft(row.values, placement, metric, source)))
    wrong = readings.check(product=product, drafts=[draft for _row, draft in drafts], now=now)
    for place, lines in wrong.items():
        drafts[place][0].problems.extend(lines)
    bad = [row for row in rows if row.problems]
    return Rehearsal(
        table.heads,
        mapping,
        [draft for row, draft in drafts if not row.problems],
        bad[:100],
        len(bad),
    )


@transaction.atomic
def bring_in(
    *, actor: Actor, product: Product, data: bytes, source: str, now: datetime | None = None
) -> tuple[Outcome, uuid.UUID, int]:
    """Enter the rows that can be used; what became of them, the batch to take them back by, and how many were left out.

    A row without an id of its own is known by what it says, so that the same file twice adds nothing. Raises Invalid,
    NotAllowed.
    """
    found = rehearse(actor=actor, product=product, data=data, source=source, now=now)
    if not found.drafts:
        raise Invalid("No row of this file can be used. Nothing was stored.", code="no_rows")
    batch, total = uuid.uuid4(), Outcome()
    for start in range(0, len(found.drafts), readings.LIMIT):
        part = readings.enter(
            actor=actor.by(Via.IMPORT),
            product=product,
            drafts=found.drafts[start : start + readings.LIMIT],
            batch=batch,
            now=now,
        )
        total.added += part.added
        total.corrected += part.corrected
        total.unchanged += part.unchanged
    return total, batch, found.bad_count


def _draft(values: Mapping[str, Any], placement: Placement, metric: Metric, source: str) -> Draft:
    name = (
        values.get("external_id")
        or uuid.uuid5(
            uuid.NAMESPACE_URL,
            f"{placement.pk} {metric.pk} {values['starts_at'].isoformat()} {values['ends_at'].isoformat()}"
            f" {values.get('version')}",
        ).hex
    )
    kept = ("starts_at", "ends_at", "value", "n", "hits", "spread", "version")
    return Draft(
        placement=placement,
        metric=metric,
        source=source,
        external_id=name,
        note=values.get("note", ""),
        **{each: values[each] for each in kept if each in values},
    )


def _metrics(product: Product) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for metric in Metric.objects.filter(product=product):
        found[metric.name.lower()] = metric
        found[metric.slug] = metric
    return found


class _Places:
    """The placements that a file names, by id or by asset, channel and place. One query."""

    def __init__(self, product: Product, rows: list[Row]) -> None:
        ids = {row.values["placement"] for row in rows if "placement" in row.values}
        names = {row.values["asset"] for row in rows if "asset" in row.values}
        found = Placement.objects.filter(
            Q(pk__in=ids) | Q(asset__name__in=names), product=product
        ).select_related("asset__item", "channel")
        self.by_id = {row.pk: row for row in found}
        self.by_name: dict[tuple[str, str, str], list[Placement]] = {}
        for row in self.by_id.values():
            if row.ended_at is None:
                key = (row.asset.name, row.channel.name, row.place)
                self.by_name.setdefault(key, []).append(row)

    def of(self, row: Row) -> Placement | None:
        values = row.values
        if "placement" in values:
            if values["placement"] not in self.by_id:
                row.problems.append(f"placement: there is no {values['placement']}.")
            return self.by_id.get(values["placement"])
        key = tuple(values.get(name, "") for name in ("asset", "channel", "place"))
        here = self.by_name.get(key, [])  # type: ignore[call-overload]
        if not all(key):
            row.problems.append("placement: name it by its id, or by asset, channel and place.")
        elif len(here) != 1:
            row.problems.append(
                "placement: several are called so; use its id."
                if here
                else f"placement: {key[0][:40]} is not registered at {key[1][:40]}: {key[2][:40]}."
            )
        return here[0] if len(here) == 1 else None
