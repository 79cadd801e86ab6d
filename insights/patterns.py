"""What recurs in each segment, and where it wants more than is planned (R140).

A signal concerns the segment that it comes from, or about which it is; where it names none, those of its item. What
says the same is a theme: a group of signals that belong to no item yet (``scoring.unattached``), or the item that they
are about.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import Product
from assets.models import Metric, Reading
from assets.reading import shown
from backlog.models import Item, Segment
from backlog.vocabulary import Horizon, State
from scoring.models import Signal
from scoring.unattached import unattached

WEEKS = 12
MONTH = timedelta(days=30)
#: Themes of a segment that are shown, and pairs of item and segment that are looked through for them.
SHOWN, PAIRS = 3, 2000
#: What goes wrong; everything else that comes in is wanted by somebody.
TROUBLE = ("incident", "satisfaction_drop", "target_missed")
#: Demand grows when it is half as much again as in the 30 days before, and at least so much.
GROWN, LEAST = 1.5, 3
PLANNED = (Horizon.SPRINT, Horizon.RELEASE)
SATISFACTION = "satisfaction"


@dataclass
class Theme:
    """What says the same in one segment. ``count``: within the weeks, of a group ever; ``of``: of all segments.

    ``recent`` and ``earlier``: of the last 30 days and of the 30 before; ``wanted_*``: those that are no trouble.
    ``item``: the key of the item that they are about, or empty, and its ``state``; ``planned``: under way, or meant for
    now or next.
    """

    label: str
    url: str
    item: str = ""
    state: str = ""
    planned: bool = False
    count: int = 0
    of: int = 0
    recent: int = 0
    earlier: int = 0
    wanted_recent: int = 0
    wanted_earlier: int = 0

    @property
    def grows(self) -> bool:
        return grows(self.wanted_recent, self.wanted_earlier)


@dataclass
class Pattern:
    """One segment. ``weeks``: signals week by week, the newest last; ``openings``: themes wanted more and not planned.

    ``open`` items name it, ``planned`` of them are meant for the current sprint or the next release. ``satisfaction``:
    the mean of ``readings`` of versions made for its items, in words.
    """

    segment: Segment
    weeks: list[int] = field(default_factory=lambda: [0] * WEEKS)
    recent: int = 0
    earlier: int = 0
    themes: list[Theme] = field(default_factory=list)
    openings: list[Theme] = field(default_factory=list)
    open: int = 0
    planned: int = 0
    satisfaction: str = ""
    readings: int = 0


def grows(recent: int, earlier: int) -> bool:
    """Whether so many in the last 30 days are more than chance against those of the 30 before."""
    return recent >= LEAST and recent >= GROWN * earlier


def patterns(product: Product, now: datetime) -> list[Pattern]:
    """Every segment, the one with the most signals of the last 30 days first. At most twelve queries."""
    segments = Segment.objects.filter(product=product).order_by("name", "pk")
    found = {segment.pk: Pattern(segment) for segment in segments}
    if not found:
        return []
    _count(product, found, now)
    _items(product, found)
    _satisfied(product, found)
    themes = _groups(product, found, now)
    for segment, theme in _of_items(product, found, now):
        themes[segment].append(theme)
    for pk, pattern in found.items():
        ordered = sorted(themes[pk], key=lambda theme: (-theme.recent, -theme.count, theme.label))
        pattern.themes = [theme for theme in ordered if theme.count > 1][:SHOWN]
        pattern.openings = [theme for theme in ordered if theme.grows and not theme.planned]
    return sorted(found.values(), key=lambda each: (-each.recent, each.segment.name))


def _signals(product: Product, now: datetime) -> QuerySet[Signal]:
    since = now - timedelta(weeks=WEEKS)
    rows = Signal.objects.filter(product=product, withdrawn_at=None, occurred_at__gt=since)
    return rows.filter(occurred_at__lte=now)


def _within(first: datetime, last: datetime, **more: Any) -> Q:
    return Q(occurred_at__gt=first, occurred_at__lte=last, **more)


def _count(product: Product, found: dict[int, Pattern], now: datetime) -> None:
    """Signals by segment, week by week. Two queries."""
    week = timedelta(weeks=1)
    sums: dict[str, Any] = {
        f"week_{place}": Count("pk", filter=_within(now - (place + 1) * week, now - place * week))
        for place in range(WEEKS)
    }
    sums["recent"] = Count("pk", filter=_within(now - MONTH, now))
    sums["earlier"] = Count("pk", filter=_within(now - 2 * MONTH, now - MONTH))
    rows = _signals(product, now)
    for name, those in (
        ("segment", rows.exclude(segment=None)),
        ("item__segments", rows.filter(segment=None, item__segments__isnull=False)),
    ):
        for row in those.order_by().values(name).annotate(**sums):
            pattern = found[row[name]]
            pattern.recent += row["recent"]
            pattern.earlier += row["earlier"]
            for place in range(WEEKS):
                pattern.weeks[WEEKS - 1 - place] += row[f"week_{place}"]


def _items(product: Product, found: dict[int, Pattern]) -> None:
    """Open items that name each segment. One query."""
    rows = Item.segments.through.objects.filter(
        item__product=product, item__summary__is_open=True
    ).values("segment_id")
    for row in rows.order_by().annotate(
        open=Count("pk"), planned=Count("pk", filter=Q(item__horizon__in=PLANNED))
    ):
        pattern = found[row["segment_id"]]
        pattern.open, pattern.planned = row["open"], row["planned"]


def _satisfied(product: Product, found: dict[int, Pattern]) -> None:
    """What people of each segment think of what was made for it, each reading by its people. Two queries."""
    metric = Metric.objects.filter(product=product, slug=SATISFACTION).first()
    if metric is None:
        return
    people = Coalesce("n", 1)
    rows = Reading.objects.filter(product=product, metric=metric, withdrawn_at=None)
    name = "placement__asset__item__segments"
    for row in (
        rows.exclude(**{name: None})
        .order_by()
        .values(name)
        .annotate(count=Count("pk"), sum=Sum(F("value") * people), people=Sum(people))
    ):
        pattern = found[row[name]]
        pattern.readings = row["count"]
        pattern.satisfaction = shown(row["sum"] / row["people"], metric)


def _groups(product: Product, found: dict[int, Pattern], now: datetime) -> dict[int, list[Theme]]:
    """Themes of signals that belong to no item, by segment. As many queries as ``unattached``."""
    by_name = {pattern.segment.name: pk for pk, pattern in found.items()}
    themes: dict[int, list[Theme]] = defaultdict(list)
    for each in unattached(product, now).groups:
        url = reverse("evidence-group", args=[product.key, each.pk])
        own: dict[str, Theme] = {}
        for signal in each.members:
            if signal.segment not in by_name:
                continue
            theme = own.setdefault(signal.segment, Theme(each.title, url, of=each.size))
            recent = signal.occurred_at > now - MONTH
            earlier = not recent and signal.occurred_at > now - 2 * MONTH
            wanted = signal.kind not in TROUBLE
            theme.count += 1
            theme.recent += recent
            theme.earlier += earlier
            theme.wanted_recent += recent and wanted
            theme.wanted_earlier += earlier and wanted
        for name, theme in own.items():
            themes[by_name[name]].append(theme)
    return themes


def _of_items(
    product: Product, found: dict[int, Pattern], now: datetime
) -> list[tuple[int, Theme]]:
    """Themes of signals that are about an item, with their segment's id. Three queries."""
    wanted = ~Q(kind__in=TROUBLE)
    recent, earlier = _within(now - MONTH, now), _within(now - 2 * MONTH, now - MONTH)
    rows = list(
        _signals(product, now)
        .exclude(item=None)
        .order_by()
        .values("item_id", "segment_id")
        .annotate(
            count=Count("pk"),
            recent=Count("pk", filter=recent),
            earlier=Count("pk", filter=earlier),
            wanted_recent=Count("pk", filter=recent & wanted),
            wanted_earlier=Count("pk", filter=earlier & wanted),
        )
        .order_by("-count", "item_id", "segment_id")[:PAIRS]
    )
    items = Item.objects.select_related("summary").in_bulk({row["item_id"] for row in rows})
    naming = Item.segments.through.objects.filter(item__in=items)
    named: dict[int, list[int]] = defaultdict(list)
    for item_id, segment in naming.order_by("pk").values_list("item_id", "segment_id"):
        named[item_id].append(segment)
    themes: dict[tuple[int, int], Theme] = {}
    for row in rows:
        item = items[row["item_id"]]
        for segment in [row["segment_id"]] if row["segment_id"] else named[item.pk]:
            theme = themes.setdefault(
                (segment, item.pk), _about(product, item, found[segment].segment, now)
            )
            for name in ("count", "recent", "earlier", "wanted_recent", "wanted_earlier"):
                setattr(theme, name, getattr(theme, name) + row[name])
            theme.of = theme.count
    return [(segment, theme) for (segment, _item), theme in themes.items()]


def _about(product: Product, item: Item, segment: Segment, now: datetime) -> Theme:
    key = f"{product.key}-{item.number}"
    since = (now - timedelta(weeks=WEEKS)).isoformat(timespec="seconds")
    query = urlencode({"item": key, "concerns": segment.name, "from": since})
    url = f"{reverse('evidence', args=[product.key])}?{query}"
    under_way = item.state in (State.IN_PROGRESS, State.IN_REVIEW)
    planned = under_way or (item.summary.is_open and item.horizon in PLANNED)
    return Theme(item.title, url, key, item.get_state_display(), planned)
