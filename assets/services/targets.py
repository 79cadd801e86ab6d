"""Targets of assets: what a metric must reach, and what follows when it does not (R139, N27; docs/decisions/0022)."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.models import Asset, Breach, Metric, Placement, Reading, Target
from assets.outcomes import Figure, broken_by
from assets.reading import figure_of, shown
from assets.vocabulary import MetricForm
from backlog import events
from backlog.brief_lines import versions_in_force
from backlog.models import Brief, BriefSignal, Item
from backlog.services import changes, items
from backlog.vocabulary import OPEN_STATES, QueueKind, State
from core.errors import Conflict, Invalid

#: A rubric reads these kinds of signals; see ``magnitude``.
INCIDENT, DROP = "incident", "satisfaction_drop"


@transaction.atomic
def set_target(
    *,
    actor: Actor,
    asset: Asset,
    metric: Metric,
    limit: float,
    least_n: int = 30,
    higher_is_better: bool | None = None,
    item: Item | None = None,
    signal: BriefSignal | None = None,
    now: datetime | None = None,
) -> Target:
    """Say what a metric of an asset must reach; said again, it is changed. Readings are held against it at once.

    ``higher_is_better``: whether ``limit`` is a least; None: as the metric says. Raises Invalid, NotAllowed.
    """
    right = rights.require(actor, "metric.define", asset.product)
    now = now or timezone.now()
    if not math.isfinite(limit) or (metric.form == MetricForm.SHARE and not 0 <= limit <= 1):
        raise Invalid(
            "This limit cannot be reached or missed. Nothing was saved.",
            fields={"limit": ["A share lies between 0 and 1 (0 and 100%)."]},
        )
    Product.objects.select_for_update(no_key=True).get(pk=asset.product_id)
    before = Target.objects.filter(asset=asset, metric=metric).select_related("metric").first()
    values = {
        "limit": limit,
        "least_n": least_n,
        "higher_is_better": higher_is_better,
        "item": item,
        "signal": signal,
    }
    target, _made = Target.objects.update_or_create(
        asset=asset,
        metric=metric,
        defaults=values,
        create_defaults={
            **values,
            "product": asset.product,
            "made_by": actor.user,
            "made_at": now,
        },
    )
    entry = changes.Entry(
        "target.set",
        target,
        asset.item,
        {
            "asset": (None, asset.name),
            "metric": (None, metric.name),
            "limit": (before.limit if before else None, limit),
            "least_n": (before.least_n if before else None, least_n),
            "higher_is_better": (before.at_least if before else None, target.at_least),
        },
        right=right,
    )
    changes.record(actor=actor, product=asset.product, entries=[entry], now=now)
    places = asset.placements.values_list("pk", flat=True)
    follow(actor=actor, product=asset.product, touched={(pk, metric.pk) for pk in places}, now=now)
    return target


@dataclass(frozen=True)
class Offer:
    """A signal as a brief in force was signed with it: its name, what it promises, and the limit that this makes.

    ``higher_is_better``: whether the limit is a least or a most, as the brief says; its metric may say otherwise.
    """

    brief: Brief
    metric: Metric
    name: str
    promised: float
    unit: str
    limit: float
    higher_is_better: bool


def offered(asset: Asset) -> list[Offer]:
    """Signals of the asset's briefs in force for which there is a metric and no target yet. Two queries.

    What is signed counts: a draft, a brief that nobody signed and a retired one promise nothing.
    """
    signals = [
        (version.brief, signal)
        for version in versions_in_force(asset.item)
        for signal in version.content["signals"]
    ]
    if not signals:
        return []
    metrics = {
        row.slug: row
        for row in Metric.objects.filter(product=asset.product, retired_at=None).exclude(
            targets__asset=asset
        )
    }
    return [
        Offer(
            brief,
            metric,
            signal["name"],
            promised := float(signal["target"]),
            signal["unit"],
            _limit(promised, signal["unit"], metric),
            signal["higher_is_better"],
        )
        for brief, signal in signals
        if (metric := metrics.get(signal["metric"])) is not None
    ]


def _limit(promised: float, unit: str, metric: Metric) -> float:
    """A brief says 60 where it means 60%."""
    percent = metric.form == MetricForm.SHARE and (unit == "%" or promised > 1)
    return min(1.0, promised / 100) if percent else promised


@transaction.atomic
def from_brief(*, actor: Actor, asset: Asset, now: datetime | None = None) -> list[Target]:
    """A target for each signal that is ``offered``. Raises Conflict where there is none to take, NotAllowed."""
    rights.require(actor, "metric.define", asset.product)
    found = offered(asset)
    if not found:
        raise Conflict(
            "No signed brief of this asset names a signal with a metric that has no target yet. Nothing was set: have"
            " the brief signed off, or set the target by hand.",
            code="nothing_to_take",
        )
    return [
        set_target(
            actor=actor,
            asset=asset,
            metric=offer.metric,
            limit=offer.limit,
            higher_is_better=offer.higher_is_better,
            signal=offer.brief.signals.filter(metric=offer.metric.slug).first(),
            now=now,
        )
        for offer in found
    ]


@transaction.atomic
def drop_target(*, actor: Actor, target: Target, now: datetime | None = None) -> None:
    """Take a target away; what it broke is mended by that. Raises NotAllowed."""
    right = rights.require(actor, "metric.define", target.product)
    now = now or timezone.now()
    Product.objects.select_for_update(no_key=True).get(pk=target.product_id)
    for breach in target.breaches.filter(mended_at=None).select_related(
        "item", "placement", "target__asset__item", "target__metric", "product"
    ):
        _mend(actor, breach, "The target was taken away.", now)
    entry = changes.Entry(
        "target.dropped",
        target,
        target.asset.item,
        {"metric": (target.metric.name, None), "limit": (target.limit, None)},
        right=right,
    )
    changes.record(actor=actor, product=target.product, entries=[entry], now=now)
    Target.objects.filter(pk=target.pk).delete()


def follow(
    *, actor: Actor, product: Product, touched: Collection[tuple[int, int]], now: datetime
) -> None:
    """Hold the readings of these placements and metrics against their targets. Call with the product's row locked.

    Worked out anew from all readings that count, so that a correction or withdrawal takes back what it did. Three
    queries where nothing breaks and nothing is mended.
    """
    assets = dict(
        Placement.objects.filter(pk__in={placement for placement, _metric in touched}).values_list(
            "pk", "asset_id"
        )
    )
    targets = {
        (row.asset_id, row.metric_id): row
        for row in Target.objects.filter(
            asset__in=set(assets.values()), metric__in={metric for _placement, metric in touched}
        ).select_related("asset__item", "metric", "item")
    }
    wanted = {
        (placement, metric): targets[assets[placement], metric]
        for placement, metric in touched
        if (assets[placement], metric) in targets
    }
    if not wanted:
        return
    readings: dict[tuple[int, int], list[Reading]] = {}
    rows = Reading.objects.filter(
        placement__in={pair[0] for pair in wanted},
        metric__in={pair[1] for pair in wanted},
        withdrawn_at=None,
    ).select_related("metric", "version", "placement__channel", "placement__asset__item")
    for row in rows.order_by("ends_at", "pk"):
        readings.setdefault((row.placement_id, row.metric_id), []).append(row)
    open_ = {
        (row.target_id, row.placement_id): row
        for row in Breach.objects.filter(
            target__in={target.pk for target in wanted.values()}, mended_at=None
        ).select_related("item", "placement", "target__asset__item", "target__metric", "product")
    }
    for pair, target in sorted(wanted.items()):
        here = readings.get(pair, [])
        place = broken_by(
            target.metric.form,
            [figure_of(row) for row in here],
            target.limit,
            higher=target.at_least,
            least=target.least_n,
        )
        breach = open_.get((target.pk, pair[0]))
        if place is None:
            if breach is not None:
                _mend(actor, breach, _why_mended(target, here), now)
        elif breach is None:
            _break(actor, product, target, here[place], now)
        elif breach.reading_id != here[place].pk:
            Breach.objects.filter(pk=breach.pk).update(reading=here[place])
            breach.reading = here[place]
            _announce(breach, target, here[place], now)
        else:
            _announce(breach, target, here[place], now)


def _why_mended(target: Target, here: list[Reading]) -> str:
    if not here:
        return "No reading counts any more."
    newest = here[-1]
    return f"{target.metric.name} reads {shown(newest.value, target.metric)} with version {newest.version.number}."


def _break(actor: Actor, product: Product, target: Target, reading: Reading, now: datetime) -> None:
    item, opened = target.item, False
    if item is None or item.state not in OPEN_STATES:
        item, opened = _open_item(actor, product, target, reading, now), True
    item.product = product
    breach = Breach.objects.create(
        product=product,
        target=target,
        placement=reading.placement,
        reading=reading,
        item=item,
        opened_item=opened,
        broken_at=now,
    )
    entry = changes.Entry(
        "target.broken",
        breach,
        item,
        {
            "asset": (None, target.asset.name),
            "metric": (None, target.metric.name),
            "place": (None, f"{reading.placement.channel}: {reading.placement.place}"),
            "version": (None, reading.version.number),
            "value": (None, reading.value),
            "limit": (None, target.limit),
        },
        right="reading.enter",
    )
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    _announce(breach, target, reading, now)


def _open_item(
    actor: Actor, product: Product, target: Target, reading: Reading, now: datetime
) -> Item:
    """What systems report broken is stability; what people do less than was promised is an enhancement."""
    kind = QueueKind.ENHANCEMENT if target.at_least else QueueKind.STABILITY
    place, asset, metric = reading.placement, target.asset, target.metric
    root = f"/p/{product.key}"
    return items.create_items(
        actor=actor,
        product=product,
        drafts=[
            items.Draft(
                title=f"{metric.name} of {asset.name} misses its target on {place.channel}"[:255],
                description=(
                    f"{metric.name} reads {shown(reading.value, metric)}; the target is"
                    f" {shown(target.limit, metric)}.\n\n"
                    f"- Reading: [{reading.starts_at:%Y-%m-%d} to {reading.ends_at:%Y-%m-%d}]"
                    f"({root}/readings/{reading.pk}/)\n"
                    f"- Placement: [{_plain(f'{place.channel}: {place.place}')}]({root}/placements/{place.pk}/)\n"
                    f"- Asset: [{_plain(asset.name)}, version {reading.version.number}]"
                    f"({root}/assets/{asset.pk}/{reading.version.number}/)\n"
                ),
                queue=product.queues.get(kind=kind),
                state=State.ACCEPTED,
                accepted_at=now,
                program=place.program,
                channel=place.channel,
            )
        ],
        right="reading.enter",
        now=now,
    )[0]


def _plain(words: str) -> str:
    """A name as the text of a link."""
    return "".join("\\" + each if each in "[]()\\`*_<>" else each for each in words)


def _mend(actor: Actor, breach: Breach, why: str, now: datetime) -> None:
    Breach.objects.filter(pk=breach.pk).update(mended_at=now)
    breach.mended_at = now
    target = breach.target
    entry = changes.Entry(
        "target.mended",
        breach,
        breach.item,
        {"asset": (None, target.asset.name), "metric": (None, target.metric.name)},
        reason=why[:500],
        right="reading.enter",
    )
    changes.record(actor=actor, product=breach.product, entries=[entry], now=now)
    events.publish(
        "target.mended", product_id=breach.product_id, breach_id=breach.pk, why=why, now=now
    )


def _announce(breach: Breach, target: Target, reading: Reading, now: datetime) -> None:
    if breach.item_id is None:
        return
    events.publish(
        "target.broken",
        product_id=breach.product_id,
        item_id=breach.item_id,
        breach_id=breach.pk,
        kind=DROP if target.at_least else INCIDENT,
        magnitude=magnitude(figure_of(reading), target),
        note=(
            f"{target.metric.name} of {target.asset.name} on {reading.placement.channel}, version"
            f" {reading.version.number}: {shown(reading.value, target.metric)}, target"
            f" {shown(target.limit, target.metric)}"
        )[:500],
        occurred_at=min(reading.ends_at, now),
        now=now,
    )


def magnitude(figure: Figure, target: Target) -> float:
    """By how much a target is missed, for evidence: percentage points of a share, else percent of the limit.

    Systems' errors count as what they are: how many there are above the limit.
    """
    missed = abs(figure.value - target.limit)
    if target.metric.form == MetricForm.SHARE:
        return round(missed * 100, 2)
    if not target.at_least:
        return round(missed, 2)
    return round(missed / abs(target.limit) * 100, 2) if target.limit else 100.0
