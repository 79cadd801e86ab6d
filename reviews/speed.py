"""What is read for velocity and load: verdicts with their times, what waits for whom, predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Product, User
from assets.models import Asset
from reviews import velocity
from reviews.models import Assignment, Decision
from reviews.planning import Proposal
from reviews.selectors import UNTIL, last_reviewers
from reviews.vocabulary import CycleState, StageState

#: Verdicts looked back upon, and days.
HISTORY = 5000
DAYS = 366
CALENDAR_DAYS = 14
CALENDAR_ROWS = 2000


@dataclass(frozen=True)
class Load:
    """What waits for a person: how much, since when, until when the first is due; and what is still to come."""

    person: User
    open: int
    coming: int
    oldest: datetime | None
    due: datetime | None


def taken(product: Product, now: datetime | None = None) -> list[velocity.Taken]:
    """The newest verdicts of a year. Two queries."""
    since = (now or timezone.now()) - timedelta(days=DAYS)
    rows = (
        Decision.objects.filter(
            stage__cycle__product=product, decided_at__gte=since, stage__opened_at__isnull=False
        )
        .order_by("-decided_at")
        .values_list(
            "reviewer",
            "stage",
            "stage__kind",
            "stage__cycle__round",
            "stage__opened_at",
            "decided_at",
        )[:HISTORY]
    )
    found = list(rows)
    asked = {
        (stage, person): at
        for stage, person, at in Assignment.objects.filter(
            product=product, stage__opened_at__isnull=False, assigned_at__gte=since
        ).values_list("stage", "reviewer", "assigned_at")
    }
    return [
        velocity.Taken(person, kind, round_, opened, asked.get((stage, person), opened), decided)
        for person, stage, kind, round_, opened, decided in found
        if opened is not None
    ]


def loads(product: Product) -> list[Load]:
    """What waits for whom, the most loaded first. Two queries."""
    waiting = Q(waiting=True)
    coming = Q(stage__state=StageState.WAITING, stage__cycle__state=CycleState.OPEN)
    rows = (
        Assignment.objects.filter(waiting | coming, product=product)
        .annotate(until=UNTIL)
        .values("reviewer")
        .annotate(
            open=Count("pk", filter=waiting),
            coming=Count("pk", filter=coming),
            oldest=Min("stage__opened_at", filter=waiting),
            due=Min("until", filter=waiting),
        )
        .order_by("-open", "-coming", "reviewer")[:200]
    )
    found = list(rows)
    people = User.objects.in_bulk([row["reviewer"] for row in found])
    return [
        Load(people[row["reviewer"]], row["open"], row["coming"], row["oldest"], row["due"])
        for row in found
    ]


@dataclass(frozen=True)
class Waiting:
    """Verdicts that wait for a person, and those that will: their stage has not opened yet."""

    open: int = 0
    coming: int = 0


@dataclass(frozen=True)
class LayerOutlook:
    """Who would be asked in a layer by default (ids), and how long each who could be is expected to take, by id."""

    proposed: list[int]
    predictions: dict[int, velocity.Prediction]


@dataclass(frozen=True)
class Outlook:
    """What a round is expected to take before it is sent (N20): what waits for whom, and each layer by its slug.

    ``hours``: until the last verdict, by medians and by 85th percentiles, if those who are proposed are asked; None
    where there is no history.
    """

    people: dict[int, Waiting]
    layers: dict[str, LayerOutlook]
    hours: tuple[float, float] | None


def outlook(
    asset: Asset, proposal: Proposal, people: Sequence[User], now: datetime | None = None
) -> Outlook:
    """Whom a round on ``asset`` would ask, and how long that takes. Five queries, however many people and layers."""
    past = velocity.Past(taken(asset.product, now))
    waiting = waits(asset.product, people)
    before = last_reviewers(asset)
    found = {}
    stages = []
    for layer, needed in [
        *((each.layer, each) for each in proposal.needed),
        *((layer, None) for layer in proposal.others),
    ]:
        usual = before.get(layer.slug) or [each.pk for each in layer.reviewers.all()]
        asks = needed is not None and needed.holds is None
        proposed = [pk for pk in usual if asks and pk in waiting]
        predictions = {
            pk: past.predict(person=pk, layer=layer.slug, open_load=load.open)
            for pk, load in waiting.items()
        }
        found[layer.slug] = LayerOutlook(proposed, predictions)
        if needed is not None and asks:
            quorum = needed.quorum or len(proposed)
            asked = [predictions[pk] for pk in proposed]
            stages.append(velocity.Asked(needed.step, quorum, asked))
    return Outlook(waiting, found, velocity.expected(stages))


def waits(product: Product, people: Sequence[User]) -> dict[int, Waiting]:
    """What waits for each of ``people``, by id. One query."""
    coming = Q(stage__state=StageState.WAITING, stage__cycle__state=CycleState.OPEN)
    rows = (
        Assignment.objects.filter(product=product, reviewer__in=people)
        .filter(Q(waiting=True) | coming)
        .order_by()
        .values_list("reviewer")
        .annotate(open=Count("pk", filter=Q(waiting=True)), coming=Count("pk", filter=coming))
    )
    found = {pk: Waiting(open_, later) for pk, open_, later in rows}
    return {person.pk: found.get(person.pk, Waiting()) for person in people}


def load_box(product: Product, now: datetime | None = None) -> dict[str, Any]:
    """What ``reviews/_load.html`` reads, under ``load``: people, and verdicts due by day and layer. Three queries.

    Rounds that are planned for a later day count on the days on which their verdicts will be due.
    """
    now = now or timezone.now()
    zone = timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=each) for each in range(CALENDAR_DAYS)]
    planned = Q(stage__state=StageState.WAITING, stage__cycle__opens_at__gt=now) & Q(
        stage__cycle__state=CycleState.OPEN
    )
    waiting = Assignment.objects.filter(Q(waiting=True) | planned, product=product)
    due = waiting.annotate(until=UNTIL).values_list("stage__name", "until")
    cells: dict[str, dict[Any, int]] = {}
    for name, at in due[:CALENDAR_ROWS]:
        row = cells.setdefault(name, {})
        day: Any = at.astimezone(zone).date() if at else None
        if day is not None and day < today:
            day = "late"
        elif day is not None and day > days[-1]:
            day = "later"
        row[day] = row.get(day, 0) + 1
    columns: list[tuple[Any, str]] = [
        ("late", _("Late")),
        *((day, date_format(day, "D j")) for day in days),
        ("later", _("Later")),
        (None, _("No day")),
    ]
    return {
        "load": {
            "people": loads(product),
            "heads": [head for _column, head in columns],
            "layers": [
                {
                    "name": name,
                    "counts": [(head, row.get(column, 0)) for column, head in columns],
                }
                for name, row in sorted(cells.items())
            ],
            "now": now,
        }
    }


def figures(product: Product, now: datetime) -> dict[str, Any]:
    """Times to decision of a year: all, and by layer, reviewer, round and month. Four queries."""
    rows = taken(product, now)
    people = User.objects.in_bulk({row.person for row in rows})
    layers = dict(product.review_layers.values_list("slug", "name"))
    zone = timezone.get_current_timezone()
    months = velocity.trend(rows, now.astimezone(zone).date(), ZoneInfo(str(zone)))
    return {
        "all": velocity.times(rows),
        "groups": [
            {
                "name": name,
                "rows": sorted(
                    (
                        {"label": label(key), "times": times}
                        for key, times in velocity.by(rows, of).items()
                    ),
                    key=lambda row: row["times"].median or 0.0,
                    reverse=name != "round",
                ),
            }
            for name, of, label in (
                ("layer", lambda row: row.layer, lambda slug: layers.get(slug, slug)),
                ("reviewer", lambda row: row.person, lambda pk: str(people.get(pk, "–"))),
                ("round", lambda row: row.round, lambda number: str(number)),
            )
        ],
        "months": [{"first": first, "times": times} for first, times in months],
        "days_back": DAYS,
    }
