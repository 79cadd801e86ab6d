"""What is read for velocity and load: verdicts with their times, what waits for whom, predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Product, User
from reviews import velocity
from reviews.models import Assignment, Decision
from reviews.selectors import UNTIL

#: Verdicts looked back upon, and days.
HISTORY = 5000
DAYS = 366
CALENDAR_DAYS = 14
CALENDAR_ROWS = 2000


@dataclass(frozen=True)
class Load:
    """What waits for a person: how much, since when, and until when the first is due."""

    person: User
    open: int
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
    rows = (
        Assignment.objects.filter(product=product, waiting=True)
        .annotate(until=UNTIL)
        .values("reviewer")
        .annotate(open=Count("pk"), oldest=Min("stage__opened_at"), due=Min("until"))
        .order_by("-open", "reviewer")[:200]
    )
    found = list(rows)
    people = User.objects.in_bulk([row["reviewer"] for row in found])
    return [Load(people[row["reviewer"]], row["open"], row["oldest"], row["due"]) for row in found]


def predictions(
    product: Product, asked: Mapping[str, Iterable[User]], now: datetime | None = None
) -> dict[str, dict[int, velocity.Prediction]]:
    """How long people are expected to take: layer -> person's id -> prediction. Three queries, however many layers."""
    people = {layer: [person.pk for person in persons] for layer, persons in asked.items()}
    everybody = {pk for found in people.values() for pk in found}
    if not everybody:
        return {layer: {} for layer in people}
    history = taken(product, now)
    waiting: dict[int, int] = dict(
        Assignment.objects.filter(product=product, waiting=True, reviewer__in=everybody)
        .values_list("reviewer")
        .annotate(open=Count("pk"))
    )
    return {
        layer: {
            pk: velocity.predict(history, person=pk, layer=layer, open_load=waiting.get(pk, 0))
            for pk in found
        }
        for layer, found in people.items()
    }


def load_box(product: Product, now: datetime | None = None) -> dict[str, Any]:
    """What ``reviews/_load.html`` reads, under ``load``: people, and verdicts due by day and layer. Three queries."""
    now = now or timezone.now()
    zone = timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=each) for each in range(CALENDAR_DAYS)]
    waiting = Assignment.objects.filter(product=product, waiting=True).annotate(until=UNTIL)
    due = waiting.values_list("stage__name", "until")
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
