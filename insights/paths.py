"""One path from a rank to the line of a brief behind it, and back (N27).

Up: what an item ranks by, piece of evidence by piece, to the reading, the version that stood there, its placement, its
asset, the increment it was made for and the lines of the brief that govern it. Down: what an item's assets became:
where they stand, what was read there, which targets broke and which items that opened. Every step has an address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse

from accounts.models import Product
from assets.models import Asset, Breach, Placement, Reading
from assets.reading import shown
from backlog import selectors as backlog
from backlog.brief_lines import lines_for
from backlog.models import Item
from scoring import selectors, weighed
from scoring.models import Signal
from scoring.services.broken_targets import breach_of

#: Assets, placements of each and readings of each that are walked; the newest.
ASSETS, PLACES, READINGS, LINES = 20, 20, 3, 6


@dataclass(frozen=True)
class Step:
    """One thing on the way: what kind of thing, its name, where it is found, what is to be said of it."""

    kind: str
    label: str
    url: str = ""
    note: str = ""


@dataclass
class Strand:
    """A way from its first step to its last. ``reading``: the one it goes through, where it goes through one."""

    steps: list[Step] = field(default_factory=list)
    reading: int | None = None


@dataclass
class Path:
    """Up: what the rank comes from. Down: what became of the item's assets."""

    up: list[Strand]
    down: list[Strand]
    #: evidence beyond what is walked
    more: int = 0


def path_of(item: Item) -> Path:
    """The path of an item. Its product, queue and summary are loaded. Queries do not grow with evidence or readings."""
    made = selectors.made_from(item)
    found = weighed.context(made)
    rank = backlog.rank_of(item)
    ids = {row["row"].pk: breach_of(row["row"]) for row in found["signals"]}
    breaches = _breaches(item.product, [pk for pk in ids.values() if pk is not None])
    lines = _Lines(item.product)
    up = [
        _strand(item, rank, made, row, breaches.get(ids[row["row"].pk] or 0), lines)
        for row in found["signals"]
    ]
    return Path(up, _down(item, lines), found["more"])


def _strand(
    item: Item,
    rank: int | None,
    made: Any,
    row: dict[str, Any],
    breach: Breach | None,
    lines: _Lines,
) -> Strand:
    signal: Signal = row["row"]
    share = row["share"]
    product = item.product
    queue = item.queue.get_kind_display() if item.queue else ""
    steps = [
        Step(
            "rank",
            f"{rank} in {queue}" if rank else "not ranked",
            reverse("item", args=[item.key]),
            item.key,
        ),
        Step(
            "contribution",
            f"{share.in_priority:+.2f} points"
            if share.in_priority is not None
            else "not scored yet: something is not rated",
            f"{reverse('item', args=[item.key])}#evidence",
        ),
        *(
            Step("input", criterion.label, f"{reverse('item', args=[item.key])}#priority")
            for criterion in made.rubric.criteria
            if criterion.evidence and signal.kind in criterion.evidence.kinds
        ),
        Step(
            "signal",
            str(signal),
            reverse("signal", args=[product.key, signal.pk]),
            signal.note or f"from {signal.source}",
        ),
    ]
    if breach is None:
        return Strand(steps)
    return Strand(steps + _behind(product, breach.reading, lines), breach.reading_id)


def _behind(product: Product, reading: Reading, lines: _Lines) -> list[Step]:
    """From a reading to the lines of the brief."""
    placement = reading.placement
    asset = placement.asset
    steps = [
        _reading(product, reading),
        Step(
            "version",
            f"{asset.name}, version {reading.version.number}",
            reverse("asset-version", args=[product.key, asset.pk, reading.version.number]),
            f"sha256 {reading.version.short_hash}…",
        ),
        _placement(product, placement),
        Step("asset", asset.name, reverse("asset", args=[product.key, asset.pk])),
    ]
    return steps + _made_for(product, asset, lines)


def _made_for(product: Product, asset: Asset, lines: _Lines) -> list[Step]:
    key = f"{product.key}-{asset.item.number}"
    steps = [Step("deliverable", asset.item.title, reverse("item", args=[key]), key)]
    if asset.increment is not None:
        number = asset.increment.number
        steps.append(
            Step("increment", str(asset.increment), _address("increment", product.key, key, number))
        )
    return steps + lines.of(asset)


def _reading(product: Product, reading: Reading) -> Step:
    period = f"{reading.starts_at:%Y-%m-%d} to {reading.ends_at:%Y-%m-%d}"
    return Step(
        "reading",
        f"{reading.metric.name}: {shown(reading.value, reading.metric)}",
        reverse("reading", args=[product.key, reading.pk]),
        f"version {reading.version.number}, {period}",
    )


def _placement(product: Product, placement: Placement) -> Step:
    return Step(
        "placement",
        f"{placement.channel.name}: {placement.place}",
        reverse("placement", args=[product.key, placement.pk]),
    )


class _Lines:
    """Lines of briefs by asset; read once for a deliverable and increment."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self._known: dict[tuple[int, int | None], list[Step]] = {}

    def of(self, asset: Asset) -> list[Step]:
        key = (asset.item_id, asset.increment_id)
        if key not in self._known:
            asset.item.product = self.product
            found = lines_for(asset.item, asset.increment)
            self._known[key] = [
                Step(
                    "line",
                    line.text,
                    _address("brief", self.product.key, line.brief.number),
                    f"{line.brief.key}.{line.number}",
                )
                for line in found[:LINES]
            ]
        return self._known[key]


_LOADED = (
    "metric",
    "version",
    "placement__channel",
    "placement__asset__item",
    "placement__asset__increment",
)


def _breaches(product: Product, ids: Iterable[int]) -> dict[int, Breach]:
    rows = Breach.objects.filter(product=product, pk__in=list(ids)).select_related(
        "target__metric", "item", *(f"reading__{name}" for name in _LOADED)
    )
    return {row.pk: row for row in rows}


def _down(item: Item, lines: _Lines) -> list[Strand]:
    """From the lines that govern an item to the items that its readings opened. Five queries and those of the lines."""
    product = item.product
    assets = list(
        Asset.objects.filter(item=item).select_related("item", "increment").order_by("-pk")[:ASSETS]
    )
    places: dict[int, list[Placement]] = defaultdict(list)
    for placement in (
        Placement.objects.filter(asset__in=assets)
        .select_related("channel", "version")
        .order_by("-pk")[: ASSETS * PLACES]
    ):
        places[placement.asset_id].append(placement)
    here = [each.pk for rows in places.values() for each in rows]
    readings: dict[int, list[Reading]] = defaultdict(list)
    for reading in (
        Reading.objects.filter(placement__in=here, withdrawn_at=None)
        .select_related(*_LOADED)
        .order_by("-ends_at", "-pk")[: ASSETS * PLACES * READINGS]
    ):
        readings[reading.placement_id].append(reading)
    opened: dict[int, list[Breach]] = defaultdict(list)
    for breach in (
        Breach.objects.filter(placement__in=here)
        .select_related("item__product", "target__metric", "reading__metric", "reading__version")
        .order_by("-pk")[: ASSETS * PLACES]
    ):
        opened[breach.reading_id].append(breach)
    strands = []
    for asset in assets:
        start = list(reversed(_made_for(product, asset, lines)))
        start.append(Step("asset", asset.name, reverse("asset", args=[product.key, asset.pk])))
        if not places[asset.pk]:
            strands.append(Strand([*start, Step("placement", "not placed yet")]))
        for placement in places[asset.pk][:PLACES]:
            strands += _from(product, start, asset, placement, readings[placement.pk], opened)
    return strands


def _from(
    product: Product,
    start: list[Step],
    asset: Asset,
    placement: Placement,
    readings: list[Reading],
    opened: dict[int, list[Breach]],
) -> list[Strand]:
    way = [*start, _placement(product, placement)]
    if placement.version is not None:
        number = placement.version.number
        way.append(
            Step(
                "version",
                f"version {number} stands there",
                reverse("asset-version", args=[product.key, asset.pk, number]),
            )
        )
    # those that broke something first, then the newest
    ordered = sorted(readings, key=lambda row: row.pk not in opened)[:READINGS]
    if not ordered:
        return [Strand([*way, Step("reading", "nothing read yet")])]
    return [
        Strand(
            [
                *way,
                _reading(product, row),
                *(
                    Step(
                        "rank",
                        breach.item.title,
                        reverse("item-path", args=[breach.item.key]),
                        f"{breach.item.key}, " + ("held again" if breach.mended_at else "broken"),
                    )
                    for breach in opened[row.pk]
                    if breach.item is not None
                ),
            ],
            row.pk,
        )
        for row in ordered
    ]


def _address(name: str, *args: object) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
