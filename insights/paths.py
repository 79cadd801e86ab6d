"""One path from a rank to the line of a brief behind it, and back (N27).

Up: what an item ranks by, piece of evidence by piece, to the reading, the version that stood there, its placement, its
asset, the increment it was made for and the lines of the brief that govern it. Down: what an item's assets became:
where they stand, what was read there, which targets broke and which items that opened. The same walk down is seen from
a line, an increment, an asset, a placement and a reading. Every step has an address; where nothing follows yet, the
last step leads to where that is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, F, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.models import Asset, Breach, Placement, Reading
from assets.reading import shown
from backlog import selectors as backlog
from backlog.brief_lines import LineInForce, Work, lines_for_many
from backlog.models import BriefLine, Increment, Item, LineReference
from scoring import selectors, weighed
from scoring.models import Signal
from scoring.services import broken_targets

#: Assets, placements of each and readings of each that are walked; the newest.
ASSETS, PLACES, READINGS, LINES = 20, 20, 3, 6


@dataclass(frozen=True)
class Step:
    """One thing on the way: what kind of thing, its name, where it is found, what is to be said of it."""

    kind: str
    label: str
    url: str
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


def path_of(actor: Actor, item: Item) -> Path:
    """The path of an item. Its product, queue and summary are loaded. Queries do not grow with evidence or readings."""
    made = selectors.made_from(item)
    found = weighed.context(made)
    walk = _Walk(actor, item.product)
    ids = {row["row"].pk: broken_targets.breach_of(row["row"]) for row in found["signals"]}
    breaches = _breaches(item.product, [pk for pk in ids.values() if pk is not None])
    assets = walk.newest(Asset.objects.filter(item=item))
    walk.read_lines(
        {
            (item.pk, None),
            *_work(assets),
            *_work(breach.reading.placement.asset for breach in breaches.values()),
        }
    )
    rank = backlog.rank_of(item)
    up = [
        _up(walk, item, rank, made, row, breaches.get(ids[row["row"].pk] or 0))
        for row in found["signals"]
    ]
    return Path(up, walk.down(assets) or [walk.unmade(item)], found["more"])


def through_line(actor: Actor, line: BriefLine) -> list[Strand]:
    """What a line led to, in everything that its brief governs; first what points at the line. Its brief is loaded.

    Queries do not grow with what it led to.
    """
    walk = _Walk(actor, line.brief.product, line=line)
    items = Item.objects.filter(governed_by__brief=line.brief)
    pointing = LineReference.objects.filter(line=line)
    first = Case(
        When(increment__in=pointing.filter(item=None).values("increment"), then=Value(0)),
        When(item__in=pointing.filter(increment=None).values("item"), then=Value(0)),
        default=Value(1),
    )
    assets = walk.newest(Asset.objects.filter(item__in=items).annotate(first=first), "first")
    pieces = Increment.objects.filter(line_references__in=pointing, assets=None)
    bare = list(pieces.select_related("item").order_by("item", "number")[:ASSETS])
    others = items.filter(assets=None).exclude(pk__in=[each.item_id for each in bare])
    return [
        *walk.down(assets),
        *(walk.unmade(each.item, each) for each in bare),
        *(walk.unmade(item) for item in others.order_by("-pk")[:ASSETS]),
    ]


def through_increment(actor: Actor, increment: Increment) -> list[Strand]:
    """What an increment is made for, and what became of its assets. Its item and product are loaded."""
    walk = _Walk(actor, increment.product)
    assets = walk.newest(Asset.objects.filter(increment=increment))
    walk.read_lines({(increment.item_id, increment.pk), *_work(assets)})
    return walk.down(assets) or [walk.unmade(increment.item, increment)]


def through_asset(actor: Actor, asset: Asset) -> list[Strand]:
    """What an asset is made for, and what became of it."""
    return _through(actor, asset)


def through_placement(actor: Actor, placement: Placement) -> list[Strand]:
    """What stands at a placement is made for, and what was read there."""
    return _through(actor, placement.asset, placement=placement.pk)


def through_reading(actor: Actor, reading: Reading) -> list[Strand]:
    """What was read is made for, and what the reading led to; withdrawn ones too."""
    return _through(
        actor, reading.placement.asset, placement=reading.placement_id, reading=reading.pk
    )


def _through(
    actor: Actor, asset: Asset, placement: int | None = None, reading: int | None = None
) -> list[Strand]:
    walk = _Walk(actor, asset.product)
    assets = walk.newest(Asset.objects.filter(pk=asset.pk))
    walk.read_lines(_work(assets))
    return walk.down(assets, placement=placement, reading=reading)


def _work(assets: Iterable[Asset]) -> set[Work]:
    return {(asset.item_id, asset.increment_id) for asset in assets}


def _up(
    walk: _Walk,
    item: Item,
    rank: int | None,
    made: selectors.Made,
    row: dict[str, Any],
    breach: Breach | None,
) -> Strand:
    signal: Signal = row["row"]
    share = row["share"]
    queue = item.queue.get_kind_display() if item.queue else ""
    page = reverse("item", args=[item.key])
    steps = [
        Step("rank", f"{rank} in {queue}" if rank else "not ranked", page, item.key),
        Step(
            "contribution",
            f"{share.in_priority:+.2f} points"
            if share.in_priority is not None
            else "not scored yet: something is not rated",
            f"{page}#evidence",
        ),
        *(
            Step("input", criterion.label, f"{page}#priority")
            for criterion in made.rubric.criteria
            if criterion.evidence and signal.kind in criterion.evidence.kinds
        ),
        walk.signal(signal),
    ]
    if breach is not None:
        return Strand(steps + walk.behind(breach.reading), breach.reading_id)
    return Strand(steps + walk.source(signal) + list(reversed(walk.begin(item, None))))


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


class _Walk:
    """The steps of one product's paths, with the lines of its briefs as far as they were read.

    ``line``: the one whose path it is; it alone then stands for the lines of a brief.
    """

    def __init__(self, actor: Actor, product: Product, line: BriefLine | None = None) -> None:
        self.actor = actor
        self.product = product
        self.line = line
        self.lines: dict[Work, list[LineInForce]] = {}

    def read_lines(self, work: Collection[Work]) -> None:
        """Read what governs this work, before its steps are asked for. At most five queries."""
        self.lines |= lines_for_many(self.product, work)

    def newest(self, assets: QuerySet[Asset], *first: str) -> list[Asset]:
        """The newest assets, one more than are walked, with what their steps show. One query."""
        rows = list(
            assets.select_related("item", "increment").order_by(*first, "-pk")[: ASSETS + 1]
        )
        for row in rows:
            row.product = row.item.product = self.product
        return rows

    def page(self, name: str, *args: object) -> str:
        return reverse(name, args=[self.product.key, *args])

    def may(self, action: str) -> bool:
        return rights.allowed(self.actor, action, self.product)

    # the steps

    def signal(self, signal: Signal) -> Step:
        url = self.page("signal", signal.pk)
        return Step("signal", str(signal), url, signal.note or f"from {signal.source}")

    def source(self, signal: Signal) -> list[Step]:
        """Where evidence comes from that no placed version gave: its source, its segment, what it was recorded for."""
        listed = self.page("evidence")
        steps = [
            Step(
                "source",
                signal.source,
                f"{listed}?{urlencode({'source': signal.source})}",
                signal.external_id,
            )
        ]
        if signal.segment is not None:
            place = f"{self.page('segments')}#segment-{signal.segment.pk}"
            steps.append(Step("segment", signal.segment.name, place))
        if signal.merged_from is not None:
            key = f"{self.product.key}-{signal.merged_from.number}"
            url = reverse("item", args=[key])
            steps.append(Step("merged", signal.merged_from.title, url, key))
        return steps

    def behind(self, reading: Reading) -> list[Step]:
        """From a reading to the lines of the brief."""
        placement = reading.placement
        asset = placement.asset
        version = Step(
            "version",
            f"{asset.name}, version {reading.version.number}",
            self.page("asset-version", asset.pk, reading.version.number),
            f"sha256 {reading.version.short_hash}…",
        )
        steps = [self.reading(reading), version, self.placement(placement), self.asset(asset)]
        return steps + list(reversed(self.begin(asset.item, asset.increment)))

    def begin(self, item: Item, increment: Increment | None) -> list[Step]:
        """From the lines of the brief to the piece of work that they govern."""
        key = f"{self.product.key}-{item.number}"
        url = reverse("item", args=[key])
        steps = self.of_brief(item, increment)
        if increment is not None:
            page = self.page("increment", key, increment.number)
            steps.append(Step("increment", str(increment), page))
        return [*steps, Step("deliverable", item.title, url, key)]

    def of_brief(self, item: Item, increment: Increment | None) -> list[Step]:
        if self.line is not None:
            brief, number = self.line.brief, self.line.number
            return [self.brief_line(brief.number, number, self.line.text, self.line.key)]
        lines = self.lines[item.pk, increment.pk if increment else None][:LINES]
        return [
            self.brief_line(line.brief.number, line.number, line.text, line.key)
            for line in reversed(lines)
        ] or [Step("line", _("no brief governs it"), self.page("briefs"))]

    def brief_line(self, brief: int, number: int, text: str, key: str) -> Step:
        return Step("line", text, f"{self.page('brief', brief)}#line-{number}", key)

    def asset(self, asset: Asset) -> Step:
        return Step("asset", asset.name, self.page("asset", asset.pk))

    def placement(self, placement: Placement) -> Step:
        label = f"{placement.channel.name}: {placement.place}"
        note = _("taken down") if placement.ended_at else ""
        return Step("placement", label, self.page("placement", placement.pk), note)

    def standing(self, placement: Placement) -> Step:
        if placement.version is None:
            url = self.page("placement", placement.pk)
            return Step("version", _("nobody knows which version stands there"), url)
        number = placement.version.number
        url = self.page("asset-version", placement.asset_id, number)
        return Step("version", f"version {number} stands there", url)

    def reading(self, reading: Reading) -> Step:
        note = f"version {reading.version.number}, {reading.starts_at:%Y-%m-%d} to {reading.ends_at:%Y-%m-%d}"
        if reading.withdrawn_at:
            note = f"{note}, {_('withdrawn')}"
        label = f"{reading.metric.name}: {shown(reading.value, reading.metric)}"
        return Step("reading", label, self.page("reading", reading.pk), note)

    def rank(self, breach: Breach, item: Item) -> Step:
        key = f"{self.product.key}-{item.number}"
        said = "held again" if breach.mended_at else "broken"
        return Step("rank", item.title, reverse("item-path", args=[key]), f"{key}, {said}")

    # where a way ends for now

    def unmade(self, item: Item, increment: Increment | None = None) -> Strand:
        item.product = self.product
        url = f"{reverse('item', args=[item.key])}#assets"
        if self.may("asset.upload"):
            url = reverse("item-assets", args=[item.key])
        return Strand([*self.begin(item, increment), Step("asset", _("no asset made yet"), url)])

    def unplaced(self, asset: Asset) -> Step:
        url = f"{self.page('asset', asset.pk)}#use"
        if self.may("placement.edit"):
            url = self.page("placement-new", asset.pk)
        return Step("placement", _("not placed yet"), url)

    def unread(self, placement: Placement) -> Step:
        url = self.page("asset-readings", placement.asset_id)
        if self.may("reading.enter") and placement.ended_at is None:
            url = self.page("reading-new", placement.pk)
        return Step("reading", _("nothing read yet"), url)

    # the walk

    def down(
        self, assets: list[Asset], placement: int | None = None, reading: int | None = None
    ) -> list[Strand]:
        """From the lines that govern these assets to the items that their readings opened. Four queries.

        ``assets``: as ``newest`` gave them. With ``placement`` and ``reading`` only what goes through those.
        """
        walked = assets[:ASSETS]
        places = _places(walked, placement)
        here = [each.pk for rows in places.values() for each in rows[:PLACES]]
        opened = _opened(here)
        readings = _readings(here, opened, reading)
        signals = broken_targets.evidence_of(
            self.product, [each.pk for rows in opened.values() for each in rows]
        )
        strands = []
        for asset in walked:
            start = [*self.begin(asset.item, asset.increment), self.asset(asset)]
            found = places[asset.pk]
            if not found:
                strands.append(Strand([*start, self.unplaced(asset)]))
            for each in found[:PLACES]:
                way = [*start, self.placement(each)]
                if reading is None:
                    way.append(self.standing(each))
                strands += self._read(way, each, readings[each.pk], opened, signals)
            if len(found) > PLACES:
                url = f"{self.page('placements')}?asset={asset.pk}"
                strands.append(Strand([*start, Step("placement", _("further placements"), url)]))
        for asset in assets[ASSETS:]:
            url = f"{reverse('item', args=[asset.item.key])}#assets"
            further = Step("asset", _("further assets"), url)
            strands.append(Strand([*self.begin(asset.item, asset.increment), further]))
        return strands

    def _read(
        self,
        way: list[Step],
        placement: Placement,
        readings: list[Reading],
        opened: dict[int, list[Breach]],
        signals: dict[int, Signal],
    ) -> list[Strand]:
        if not readings:
            return [Strand([*way, self.unread(placement)])]
        strands = []
        for row in readings:
            steps = [*way, self.reading(row)]
            for breach in opened[row.pk]:
                if breach.pk in signals:
                    steps.append(self.signal(signals[breach.pk]))
                if breach.item is not None:
                    steps.append(self.rank(breach, breach.item))
            strands.append(Strand(steps, row.pk))
        return strands


def _places(assets: Iterable[Asset], only: int | None) -> dict[int, list[Placement]]:
    """By asset, the newest placements, one more than are walked. One query."""
    nth = Window(RowNumber(), partition_by=F("asset"), order_by=F("pk").desc())
    rows = Placement.objects.filter(asset__in=list(assets), **({"pk": only} if only else {}))
    found: dict[int, list[Placement]] = defaultdict(list)
    for row in (
        rows.annotate(nth=nth)
        .filter(nth__lte=PLACES + 1)
        .select_related("channel", "version")
        .order_by("-pk")
    ):
        found[row.asset_id].append(row)
    return found


def _opened(placements: Collection[int]) -> dict[int, list[Breach]]:
    """By reading, the newest of the targets that broke at these placements. One query."""
    rows = Breach.objects.filter(placement__in=placements).select_related(
        "item", "target__metric", "reading__metric", "reading__version"
    )
    found: dict[int, list[Breach]] = defaultdict(list)
    for row in rows.order_by("-pk")[: ASSETS * PLACES]:
        found[row.reading_id].append(row)
    return found


def _readings(
    placements: Collection[int], opened: dict[int, list[Breach]], only: int | None
) -> dict[int, list[Reading]]:
    """By placement, the readings that are walked: those that broke something first, then the newest. One query."""
    rows = Reading.objects.filter(placement__in=placements)
    rows = rows.filter(pk=only) if only else rows.filter(withdrawn_at=None)
    first = Case(When(pk__in=list(opened), then=Value(0)), default=Value(1))
    order = [F("first").asc(), F("ends_at").desc(), F("pk").desc()]
    nth = Window(RowNumber(), partition_by=F("placement"), order_by=order)
    found: dict[int, list[Reading]] = defaultdict(list)
    for row in (
        rows.annotate(first=first)
        .annotate(nth=nth)
        .filter(nth__lte=READINGS)
        .select_related("metric", "version")
        .order_by("first", "-ends_at", "-pk")
    ):
        found[row.placement_id].append(row)
    return found
