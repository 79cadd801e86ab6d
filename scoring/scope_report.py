"""How an accepted cycle fares against its baseline: changes of scope and burn-up, both read from the change log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import tzinfo as Zone
from typing import Any

from django.utils import timezone

from backlog.models import Change, Cycle, PlannedItem
from backlog.vocabulary import State
from scoring.plans import policy_of

SCOPE_VERB = "cycle.scope_changed"
#: Longer than any transaction waits.
WAITED = timedelta(days=1)


@dataclass(frozen=True)
class ScopeChange:
    """One change of scope: signed ``points``, and as percent of the baseline (None for an empty baseline)."""

    at: datetime
    who: str
    item: str
    title: str
    what: str
    before: float
    after: float
    points: float
    percent: float | None
    reason: str
    right: str
    channel: str


@dataclass(frozen=True)
class Scope:
    """``growth`` = now − baseline. ``limit``: points that it may grow without an approval."""

    baseline: float
    now: float
    growth: float
    limit: float
    changes: list[ScopeChange]

    @property
    def percent(self) -> float | None:
        return 100 * self.growth / self.baseline if self.baseline else None


def scope_of(cycle: Cycle) -> Scope:
    """The scope of an accepted cycle, its changes oldest first. Four queries."""
    baseline = cycle.baseline_points or 0.0
    rows = list(_scope_rows(cycle))
    titles = _titles(cycle)
    found = []
    for row in rows:
        before, after = row.fields["points"]
        key, title = titles.get(row.item_id or 0, ("", ""))
        found.append(
            ScopeChange(
                at=row.at,
                who=str(row.actor) if row.actor else row.actor_name,
                item=key,
                title=title,
                what=row.fields["scope"][1],
                before=before,
                after=after,
                points=after - before,
                percent=100 * (after - before) / baseline if baseline else None,
                reason=row.reason,
                right=row.right,
                channel=row.channel,
            )
        )
    now = sum(
        PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True).values_list(
            "points", flat=True
        )
    )
    limit = baseline * policy_of(cycle.product).scope_growth_percent / 100
    return Scope(baseline, now, now - baseline, limit, found)


def _scope_rows(cycle: Cycle) -> Any:
    """Changes of scope. Their instant may lie a little before the acceptance that they waited for."""
    return (
        Change.objects.filter(
            product=cycle.product_id,
            at__gte=(cycle.accepted_at or timezone.now()) - WAITED,
            verb=SCOPE_VERB,
            subject_type="cycle",
            subject_id=cycle.pk,
        )
        .select_related("actor")
        .order_by("at", "id")
    )


def _titles(cycle: Cycle) -> Mapping[int, tuple[str, str]]:
    key = cycle.product.key
    rows = PlannedItem.objects.filter(cycle=cycle).values_list(
        "item_id", "item__number", "item__title"
    )
    return {pk: (f"{key}-{number}", title) for pk, number, title in rows}


@dataclass(frozen=True)
class Day:
    """``scope`` and ``done`` in points at the end of the day."""

    day: date
    scope: float
    done: float


def burn_up(cycle: Cycle, *, zone: Zone, now: datetime | None = None) -> list[Day]:
    """Scope and what was done of it at the end of each day, from acceptance to now or the close. Three queries.

    Days are those of ``zone``. What is done counts with the points that the item has in the plan now.
    """
    if cycle.accepted_at is None:
        return []
    now = cycle.closed_at or now or timezone.now()
    first, last = cycle.accepted_at.astimezone(zone).date(), now.astimezone(zone).date()
    grown: dict[date, float] = {}
    for row in _scope_rows(cycle):
        before, after = row.fields["points"]
        day = max(first, row.at.astimezone(zone).date())
        grown[day] = grown.get(day, 0.0) + after - before
    points = dict(
        PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True).values_list(
            "item_id", "points"
        )
    )
    state_of = _done_by_day(list(points), cycle.accepted_at, now, zone)
    days: list[Day] = []
    scope = cycle.baseline_points or 0.0
    done: dict[int, bool] = {}
    day = first
    while day <= last:
        scope += grown.get(day, 0.0)
        done.update(state_of.get(day, {}))
        days.append(Day(day, scope, sum(points[pk] for pk, is_done in done.items() if is_done)))
        day += timedelta(days=1)
    return days


def _done_by_day(
    item_ids: list[int], since: datetime, until: datetime, zone: Zone
) -> dict[date, dict[int, bool]]:
    """Day -> item -> whether it was done when that day ended, where its state changed on it."""
    found: dict[date, dict[int, bool]] = {}
    rows = Change.objects.filter(item_id__in=item_ids, at__gte=since, at__lte=until)
    for item_id, at, fields in rows.order_by("at", "id").values_list("item_id", "at", "fields"):
        if "state" in fields and item_id is not None:
            done = fields["state"][1] == State.DONE
            found.setdefault(at.astimezone(zone).date(), {})[item_id] = done
    return found
