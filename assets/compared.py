"""Reads over readings: lists, an asset's figures over time and version against version, its targets and what broke."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from accounts.models import Product
from assets import outcomes
from assets.models import Asset, Breach, Metric, Reading, Target
from assets.outcomes import Difference, Said
from assets.placed import place_of
from assets.reading import figure_of, shown
from core import keyset

PAGE_SIZE = 50
#: Readings of one asset that its page reads at most; the newest.
READ = 2000
_LOADED = ("metric", "version", "placement__channel", "placement__asset__item", "entered_by")
WORDS = {
    "more": "more",
    "less": "less",
    "unclear": "no clear difference",
    "not_enough": "not enough data",
    "not_comparable": "not comparable",
}


def page_of_readings(
    rows: QuerySet[Reading], cursor: str | None, size: int = PAGE_SIZE
) -> tuple[list[Reading], str | None]:
    """Readings, the latest entered first, and the cursor of the next page. One query. Raises Invalid."""
    if cursor:
        rows = rows.filter(pk__lt=place_of(cursor, 1)[0])
    found = list(rows.select_related(*_LOADED).order_by("-pk")[: size + 1])
    more = len(found) > size
    return found[:size], keyset.encode([found[size - 1].pk]) if more else None


@dataclass
class OfVersion:
    """What is known of one version by one metric. ``against``: held against the version before that has readings."""

    number: int
    readings: int
    said: Said
    value: str
    low: str = ""
    high: str = ""
    against: int | None = None
    difference: Difference | None = None
    amount: str = ""
    between: str = ""
    word: str = ""
    tone: str = ""


@dataclass
class OfMetric:
    """An asset's readings by one metric: oldest version first, and every reading in order of time."""

    metric: Metric
    versions: list[OfVersion] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    target: Target | None = None
    limit: str = ""
    baseline: float | None = None
    breaches: list[Breach] = field(default_factory=list)


def of_asset(asset: Asset) -> list[OfMetric]:
    """Three queries, whatever there is."""
    rows = list(
        Reading.objects.filter(placement__asset=asset, withdrawn_at=None)
        .select_related(*_LOADED)
        .order_by("-ends_at", "-pk")[:READ]
    )
    found: dict[int, OfMetric] = {}
    for row in reversed(rows):
        found.setdefault(row.metric_id, OfMetric(row.metric)).readings.append(row)
    targets = Target.objects.filter(asset=asset).select_related(
        "metric", "signal__brief", "item__product"
    )
    for target in targets:
        of = found.setdefault(target.metric_id, OfMetric(target.metric))
        of.target, of.limit = target, shown(target.limit, target.metric)
        if target.signal is not None:
            of.baseline = target.signal.baseline
    open_ = Breach.objects.filter(target__asset=asset, mended_at=None)
    for breach in open_.select_related(
        "target", "placement__channel", "reading__metric", "item__product"
    ):
        found[breach.target.metric_id].breaches.append(breach)
    for each in found.values():
        each.versions = _versions(each)
    return sorted(found.values(), key=lambda each: (each.metric.position, each.metric.pk))


def _versions(of: OfMetric) -> list[OfVersion]:
    metric, form = of.metric, of.metric.form
    by_number: dict[int, list[Reading]] = defaultdict(list)
    for row in of.readings:
        by_number[row.version.number].append(row)
    least = of.target.least_n if of.target else outcomes.LEAST
    versions: list[OfVersion] = []
    for number in sorted(by_number):
        figure = outcomes.together(form, [figure_of(row) for row in by_number[number]])
        if figure is None:
            continue
        said = outcomes.said(form, figure, least)
        each = OfVersion(number, len(by_number[number]), said, shown(figure.value, metric))
        if said.interval is not None:
            each.low, each.high = (
                shown(said.interval.low, metric),
                shown(said.interval.high, metric),
            )
        if versions:
            before = versions[-1]
            each.against = before.number
            _differ(each, outcomes.difference(form, figure, before.said.figure, least), metric)
        versions.append(each)
    return versions


def _differ(each: OfVersion, difference: Difference, metric: Metric) -> None:
    each.difference = difference
    each.word = WORDS[difference.verdict]
    if difference.verdict in ("more", "less"):
        better = (difference.verdict == "more") == metric.higher_is_better
        each.tone = "good" if better else "bad"
    ratio = metric.form == outcomes.COUNT
    if difference.amount is not None:
        each.amount = (
            f"× {difference.amount:.3g}"
            if ratio
            else ("+" if difference.amount >= 0 else "−") + shown(abs(difference.amount), metric)
        )
    if difference.interval is not None:
        low, high = difference.interval.low, difference.interval.high
        each.between = (
            f"× {low:.3g} to × {high:.3g}"
            if ratio
            else f"{_signed(low, metric)} to {_signed(high, metric)}"
        )


def _signed(value: float, metric: Metric) -> str:
    return ("+" if value >= 0 else "−") + shown(abs(value), metric)


def chart(of: OfMetric) -> dict[str, Any] | None:
    """An asset's readings over time for ``components/chart.html``: a line for each version, the target as a line."""
    if not of.readings:
        return None
    metric = of.metric
    scale = 100 if metric.form == outcomes.SHARE else 1
    ordered = sorted(of.readings, key=lambda row: (row.ends_at, row.pk))
    numbers = sorted({row.version.number for row in ordered})
    series: list[dict[str, Any]] = [
        {
            "name": f"version {number}",
            "values": [
                round(row.value * scale, 4) if row.version.number == number else None
                for row in ordered
            ],
        }
        for number in numbers[-5:]
    ]
    if of.target is not None:
        limit = round(of.target.limit * scale, 4)
        series.append({"name": "target", "tone": "ink", "values": [limit] * len(ordered)})
    if of.baseline is not None:
        series.append({"name": "baseline", "tone": "ink", "values": [of.baseline] * len(ordered)})
    newest = ordered[-1]
    return {
        "id": metric.slug,
        "kind": "line",
        "title": metric.name,
        "says": f"{shown(newest.value, metric)} with version {newest.version.number}, up to {newest.ends_at:%Y-%m-%d}.",
        "data": {
            "x": [f"{row.ends_at:%Y-%m-%d}" for row in ordered],
            "unit": "%" if scale == 100 else metric.unit,
            "series": series,
        },
        "columns": ["Until", "Version", "Value", "n", "Where"],
        "rows": [
            [
                f"{row.ends_at:%Y-%m-%d}",
                row.version.number,
                shown(row.value, metric),
                row.n if row.n is not None else "–",
                f"{row.placement.channel.name}: {row.placement.place}",
            ]
            for row in ordered[-200:]
        ],
    }


def open_breaches(product: Product, size: int = 50) -> list[Breach]:
    """Targets that are broken now, the oldest first. One query."""
    rows = Breach.objects.filter(product=product, mended_at=None).select_related(
        "target__asset",
        "target__metric",
        "placement__channel",
        "reading__metric",
        "reading__version",
        "item__product",
    )
    return list(rows.order_by("broken_at", "pk")[:size])
