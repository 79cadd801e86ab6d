"""Stages that open: when the step before is approved, the day of the round has come, and what must hold before does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actors import Actor
from assets.models import Asset
from backlog.services import changes
from reviews import entry
from reviews.models import Assignment, ReviewCycle, Stage
from reviews.vocabulary import CycleState, StageState

BATCH = 200


def advance(cycle: ReviewCycle, now: datetime) -> bool:
    """Open what may be open: the first step that is not approved, each stage once its entry conditions hold.

    False when every stage is approved: the round has nothing to wait for. Idempotent; call with the asset locked.
    """
    stages = list(Stage.objects.filter(cycle=cycle).order_by("step", "position"))
    open_ones = [stage for stage in stages if stage.state != StageState.APPROVED]
    if not open_ones:
        return False
    step = open_ones[0].step
    for stage in open_ones:
        if stage.step != step or stage.state != StageState.WAITING:
            continue
        if entry.missing(cycle, stage, now):
            continue
        due = now + (stage.due_at - cycle.begins) if stage.due_at else None
        Stage.objects.filter(pk=stage.pk, state=StageState.WAITING).update(
            state=StageState.OPEN, opened_at=now, due_at=due
        )
        Assignment.objects.filter(stage=stage).update(waiting=True)
    return True


def open_waiting(now: datetime | None = None) -> int:
    """Open every stage whose day has come and whose entry conditions hold; returns how many rounds were looked at.

    Idempotent.
    """
    now = now or timezone.now()
    waiting = Stage.objects.filter(cycle__state=CycleState.OPEN, state=StageState.WAITING)
    due = Q(cycle__opens_at__lte=now, cycle__decisions_count=0)
    rounds = list(
        waiting.filter(~Q(entry=[]) | due)
        .exclude(cycle__opens_at__gt=now)
        .order_by("cycle_id")
        .values_list("cycle_id", flat=True)
        .distinct()[:BATCH]
    )
    for pk in rounds:
        with transaction.atomic():
            cycle = ReviewCycle.objects.select_related("product", "version", "asset__item").get(
                pk=pk
            )
            Asset.objects.locked(cycle.asset_id)
            if ReviewCycle.objects.filter(pk=pk, state=CycleState.OPEN).exists():
                closed = list(
                    cycle.stages.filter(state=StageState.WAITING).values_list("pk", flat=True)
                )
                advance(cycle, now)
                _record(cycle, closed, now)
    return len(rounds)


def _record(cycle: ReviewCycle, closed: Collection[int], now: datetime) -> None:
    """What of the stages that were ``closed`` opened by itself is logged; of a person's act their own line tells."""
    opened = Stage.objects.filter(pk__in=closed, state=StageState.OPEN)
    names = list(opened.order_by("step", "position").values_list("name", flat=True))
    if not names:
        return
    fields: dict[str, tuple[object, object]] = {
        "asset": (None, cycle.asset.name),
        "version": (None, cycle.version.number),
        "round": (None, cycle.round),
        "sha256": (None, cycle.version.sha256),
        "opened": (None, names),
    }
    entry = changes.Entry("review.opened", cycle, cycle.asset.item, fields)
    changes.record(actor=Actor.system(), product=cycle.product, entries=[entry], now=now)
