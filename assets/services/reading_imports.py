"""Readings out of a file: what each line means here. Entered and taken back by ``services.readings``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Product
from assets.models import Metric, Placement
from assets.services import readings
from assets.services.readings import Draft


@dataclass
class Found:
    """A line as it is understood: a draft, or what is wrong with it."""

    problems: list[str] = field(default_factory=list)
    draft: Draft | None = None


def look(
    *, product: Product, lines: Sequence[Mapping[str, Any]], now: datetime | None = None
) -> list[Found]:
    """What each line means here; nothing is written. As many queries for five hundred as for one.

    A line without an id of its own is known by what it is about, so that the same file twice adds nothing.
    """
    metrics = _metrics(product)
    places = _Places(product, lines)
    found = []
    for line in lines:
        each = Found()
        found.append(each)
        metric = metrics.get(str(line.get("metric", "")).lower())
        if metric is None:
            each.problems.append(
                f"metric: there is no “{line['metric'][:40]}”"
                if line.get("metric")
                else "metric: choose a column, or one for all rows"
            )
        for name in ("starts_at", "ends_at"):
            if name not in line:
                each.problems.append(f"{name}: nothing stands there")
        placement = places.of(line, each.problems)
        if not each.problems and metric is not None and placement is not None:
            each.draft = _draft(line, placement, metric)
    good = [each for each in found if each.draft is not None]
    drafts = [each.draft for each in good if each.draft is not None]
    for place, wrong in readings.check(product=product, drafts=drafts, now=now).items():
        good[place].problems, good[place].draft = wrong, None
    return found


def _draft(line: Mapping[str, Any], placement: Placement, metric: Metric) -> Draft:
    period = f"{line['starts_at'].isoformat()} {line['ends_at'].isoformat()}"
    about = f"{placement.pk} {metric.pk} {period} {line.get('version')}"
    kept = ("starts_at", "ends_at", "value", "n", "hits", "spread", "version")
    return Draft(
        placement=placement,
        metric=metric,
        source=line.get("source", ""),
        external_id=line.get("external_id") or uuid.uuid5(uuid.NAMESPACE_URL, about).hex,
        note=line.get("note", ""),
        **{each: line[each] for each in kept if each in line},
    )


def _metrics(product: Product) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for metric in Metric.objects.filter(product=product):
        found[metric.name.lower()] = metric
        found[metric.slug] = metric
    return found


class _Places:
    """The placements that a file names, by id or by asset, channel and place. One query."""

    def __init__(self, product: Product, lines: Sequence[Mapping[str, Any]]) -> None:
        ids = {line["placement"] for line in lines if "placement" in line}
        names = {line["asset"] for line in lines if "asset" in line}
        found = Placement.objects.filter(
            Q(pk__in=ids) | Q(asset__name__in=names), product=product
        ).select_related("asset__item", "channel")
        self.by_id = {row.pk: row for row in found}
        self.by_name: dict[tuple[str, str, str], list[Placement]] = {}
        for row in self.by_id.values():
            if row.ended_at is None:
                key = (row.asset.name, row.channel.name, row.place)
                self.by_name.setdefault(key, []).append(row)

    def of(self, line: Mapping[str, Any], problems: list[str]) -> Placement | None:
        if "placement" in line:
            if line["placement"] not in self.by_id:
                problems.append(f"placement: there is no {line['placement']}")
            return self.by_id.get(line["placement"])
        asset, channel, place = (line.get(name, "") for name in ("asset", "channel", "place"))
        here = self.by_name.get((asset, channel, place), [])
        if not (asset and channel and place):
            problems.append("placement: name it by its id, or by asset, channel and place")
        elif len(here) != 1:
            problems.append(
                "placement: several are called so; use its id"
                if here
                else f"placement: {asset[:40]} is not registered at {channel[:40]}: {place[:40]}"
            )
        return here[0] if len(here) == 1 else None
