"""Reads over placements: lists, the drift report, where an asset stands, what one placement went through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from accounts.models import Product, User
from assets.drift import drift, says
from assets.models import Asset, Deployment, Placement, Replacement, Version
from assets.placing import standing_of, with_state
from assets.vocabulary import PlacementState, TaskState, VersionState
from core import keyset

PAGE_SIZE = 50
#: A place that reported itself before, and has been silent for longer than this, is said to be.
SILENT = timedelta(days=30)
#: Orders that a list can be asked in: what it is grouped by, and the columns of its keyset.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "channel": ("channel__name", "id"),
    "program": ("program__name", "id"),
    "asset": ("asset__name", "asset_id", "id"),
}
#: What a row of a list shows beside the placement.
ROW = ("asset__item", "asset__product", "channel", "program", "version", "owner")
TONES = {
    PlacementState.CURRENT: "good",
    PlacementState.BEHIND: "warn",
    PlacementState.UNKNOWN: "",
    PlacementState.UNAPPROVED: "bad",
    PlacementState.RETIRED: "bad",
}


@dataclass
class Row:
    """A placement as lists show it. ``silent_days``: how long it has not been heard of, where it ever reported."""

    placement: Placement
    state: str
    word: str
    behind: int
    says: str
    tone: str
    silent_days: int | None = None
    replacement: Replacement | None = None


@dataclass
class Page:
    rows: list[Row]
    cursor: str | None


def page(
    rows: QuerySet[Placement],
    *,
    now: datetime,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    group: str = "",
) -> Page:
    """Placements, the latest registered first, or grouped. Two queries. Raises Invalid for a foreign cursor.

    Which rows these are is asked first, without what is shown of them: that is joined to the few, not to all.
    """
    order = GROUPS.get(group, ("-id",))
    chosen = _behind(rows.select_related(None).order_by(*order), group, cursor)
    shown = Placement.objects.filter(pk__in=chosen.values("pk")[: size + 1])
    found = list(shown.select_related(*ROW).order_by(*order))
    more = len(found) > size
    kept = found[:size]
    return Page(described(kept, now), _cursor(kept[-1], group) if more else None)


def _behind(rows: QuerySet[Placement], group: str, cursor: str | None) -> QuerySet[Placement]:
    """Those of ``rows`` that come behind ``cursor`` in the order of ``group``."""
    if group == "program":
        rows = rows.filter(program__isnull=False)  # what has none is in no group
    if not cursor:
        return rows
    if group not in GROUPS:
        return rows.filter(pk__lt=place_of(cursor, 1)[0])
    fields = GROUPS[group]
    place = place_of(cursor, len(fields))
    after = Q()
    for depth, name in enumerate(fields):
        same = {fields[n]: place[n] for n in range(depth)}
        after |= Q(**same, **{f"{name}__gt": place[depth]})
    return rows.filter(after)


def place_of(cursor: str, length: int) -> list[Any]:
    values = keyset.decode(cursor)
    try:
        if not isinstance(values, list) or len(values) != length:
            raise keyset.broken()
        heads = values[:-1]
        if heads and not isinstance(heads[0], str):
            raise keyset.broken()
        return [*heads[:1], *(keyset.whole(each) for each in [*heads[1:], values[-1]])]
    except (TypeError, ValueError) as error:
        raise keyset.broken() from error


def _cursor(row: Placement, group: str) -> str:
    heads: dict[str, list[Any]] = {
        "channel": [row.channel.name],
        "program": [row.program.name if row.program else ""],
        "asset": [row.asset.name, row.asset_id],
    }
    return keyset.encode([*heads.get(group, []), row.pk])


def described(placements: Sequence[Placement], now: datetime) -> list[Row]:
    """Placements with their state in words and their open replacement. One query."""
    tasks = {
        task.placement_id: task
        for task in Replacement.objects.filter(
            placement__in=[each.pk for each in placements], state=TaskState.OPEN
        ).select_related("owner", "version", "item__product")
    }
    return [_row(each, tasks.get(each.pk), now) for each in placements]


def _row(placement: Placement, task: Replacement | None, now: datetime) -> Row:
    held = standing_of(placement)
    found = drift(held)
    word = str(found.state.label)
    if found.state == PlacementState.BEHIND:
        word = f"Behind by {found.behind}"
    silent = None
    if placement.checked_at is not None and now - placement.checked_at > SILENT:
        silent = (now - placement.checked_at).days
    return Row(
        placement, found.state, word, found.behind, says(held), TONES[found.state], silent, task
    )


def report(product: Product, *, now: datetime, size: int = 200) -> list[Row]:
    """What drifted, the longest first. Two queries, by the index ``placement_drift``."""
    rows = Placement.objects.filter(
        product=product, drifted_at__isnull=False, ended_at=None
    ).select_related(*ROW)
    return described(list(rows.order_by("drifted_at", "id")[:size]), now)


@dataclass(frozen=True)
class ChannelDrift:
    """How the placements of one channel stand. ``oldest``: since when its oldest drift lasts."""

    name: str
    placed: int
    drifted: int
    oldest: datetime | None


def by_channel(product: Product) -> list[ChannelDrift]:
    """Every channel with placements, the most drifted first. One query."""
    rows = (
        Placement.objects.filter(product=product, ended_at=None)
        .values("channel__name")
        .annotate(
            placed=Count("pk"),
            drifted=Count("pk", filter=Q(drifted_at__isnull=False)),
            oldest=Min("drifted_at"),
        )
        .order_by("-drifted", "channel__name")
    )
    return [
        ChannelDrift(row["channel__name"], row["placed"], row["drifted"], row["oldest"])
        for row in rows
    ]


def counts(product: Product) -> Counter[str]:
    """How many placements are in each state. One query."""
    rows = with_state(Placement.objects.filter(product=product, ended_at=None))
    found = rows.values("state").annotate(count=Count("pk")).order_by()  # type: ignore[misc]
    return Counter({row["state"]: row["count"] for row in found})


@dataclass(frozen=True)
class Use:
    """Where an asset is used, and how often (R126). ``deployments``: how many there were in all."""

    rows: list[Row]
    placed: int
    drifted: int
    channels: int
    programs: int
    deployments: int
    latest: datetime | None


def use_of(asset: Asset, *, now: datetime, size: int = 12) -> Use:
    """Four queries, however many placements."""
    here = Placement.objects.filter(asset=asset, ended_at=None)
    totals = here.aggregate(
        placed=Count("pk"),
        drifted=Count("pk", filter=Q(drifted_at__isnull=False)),
        channels=Count("channel", distinct=True),
        programs=Count("program", distinct=True),
    )
    history = Deployment.objects.filter(placement__asset=asset).aggregate(
        deployments=Count("pk"), latest=Max("deployed_at")
    )
    shown = here.select_related(
        "asset__item", "asset__product", "channel", "program", "version", "owner"
    ).order_by("pk")[:size]
    for_rows = list(shown)
    return Use(described(for_rows, now), **totals, **history)


def history_of(placement: Placement, size: int = 100) -> list[Deployment]:
    """What was deployed, the newest first. One query."""
    rows = placement.deployments.select_related("version", "replaced", "deployed_by")
    return list(rows.order_by("-deployed_at", "-pk")[:size])


def tasks_of(user: User, product: Product, size: int = 9) -> list[Replacement]:
    """Replacements that wait for this person, the most urgent first. One query, by ``replacement_open``."""
    rows = Replacement.objects.filter(
        product=product, owner=user, state=TaskState.OPEN
    ).select_related("version", "placement__asset", "placement__channel", "placement__version")
    return list(rows.order_by("due_on", "id")[:size])


def placed_versions(versions: Sequence[Version]) -> dict[int, int]:
    """At how many placements each version stands, by version id. One query."""
    rows = Placement.objects.filter(version__in=[each.pk for each in versions], ended_at=None)
    found = rows.values("version").annotate(count=Count("pk")).order_by()
    return {row["version"]: row["count"] for row in found}


def page_of_tasks(
    rows: QuerySet[Replacement], cursor: str | None, size: int = 100
) -> tuple[list[Replacement], str | None]:
    """A page of replacements, the newest first, and the cursor of the next. One query."""
    if cursor:
        rows = rows.filter(pk__lt=place_of(cursor, 1)[0])
    found = list(rows.order_by("-pk")[: size + 1])
    more = len(found) > size
    return found[:size], keyset.encode([found[size - 1].pk]) if more else None


def lately_in_force(product: Product, *, since: datetime, size: int = 8) -> list[Version]:
    """What came into force since an instant, the latest first. One query."""
    rows = Version.objects.filter(
        product=product, state=VersionState.PUBLISHED, published_at__gte=since
    ).select_related("asset", "published_by")
    return list(rows.order_by("-published_at", "-pk")[:size])
