"""Reads of decisions, of requests, and of the trace that a newcomer follows (R94, R96)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from accounts.roles import ACTIONS
from backlog import history
from backlog.models import Change, Decision, Item, Queue, Request
from core import keyset

#: What a newcomer to an item reads: what it is, where it went, and why.
ITEM_MILESTONES = frozenset(
    {
        *("item.created", "item.imported", "item.accepted", "item.moved", "item.parked"),
        *("item.unparked", "item.declined", "item.merged", "item.started", "item.progressed"),
        *("item.finished", "item.reopened", "item.returned", "item.undone", "item.decided_on"),
        *("item.split", "item.split_off", "cycle.item_added", "cycle.item_removed"),
        *("adjustment.made", "adjustment.ended", "adjustment.judged", "band.changed"),
        *("criterion.verified", "version.uploaded", "review.started", "review.decided"),
        *("version.published", "placement.deployed", "target.broken", "target.mended"),
        *("request.made", "request.answered", "rating.entered", "signal.added", "comment.added"),
    }
)
#: Of these, those of one person and day are told in one line.
COUNTED = frozenset({"rating.entered", "signal.added", "comment.added", "version.uploaded"})
#: What a newcomer to a queue reads: how it is defined, weighed and planned.
QUEUE_MILESTONES = (
    *("queue.defined", "rubric.published", "cycle.planned", "cycle.accepted", "cycle.closed"),
    *("decision.recorded", "product.created", "planning.changed"),
)
TRACE_LIMIT = 500


def requests_for(actor: Actor, product: Product, size: int = 50) -> list[Request]:
    """What waits for this person's decision, the longest first. One query, and the rights of their role."""
    rows = _waiting_for(actor, product).select_related("asked_by", "item__product")
    return list(rows.order_by("asked_at", "pk")[:size])


def requests_waiting(*, actor: Actor, product: Product) -> int:
    """How many requests wait for this person, for the rail; capped at 50."""
    if actor.user is None:
        return 0
    return len(_waiting_for(actor, product).values_list("pk", flat=True)[:50])


def _waiting_for(actor: Actor, product: Product) -> QuerySet[Request]:
    held = [name for name in ACTIONS if rights.allowed(actor, name, product)]
    rows = Request.objects.filter(product=product, state=Request.State.WAITING, right__in=held)
    return rows.exclude(asked_by=actor.user)


def requests_of(actor: Actor, product: Product, size: int = 10) -> list[Request]:
    """What this person asked: what waits, and what was answered in the last two weeks; the newest first."""
    since = timezone.now() - timedelta(days=14)
    rows = Request.objects.filter(product=product, asked_by=actor.user)
    rows = rows.filter(
        Q(state=Request.State.WAITING)
        | Q(state__in=[Request.State.DONE, Request.State.DECLINED], answered_at__gte=since)
    )
    rows = rows.select_related("answered_by", "item__product")
    return list(rows.order_by("-asked_at", "-pk")[:size])


R = TypeVar("R", Decision, Request)


def decision_page(
    rows: QuerySet[Decision], *, cursor: str | None, size: int = 50
) -> tuple[list[Decision], str | None]:
    """A page of decisions with their items, the newest first, and the cursor of what follows. Two queries.

    Raises Invalid for a cursor that is not ours.
    """
    return _newest(rows.prefetch_related("items__product"), "decided_at", cursor, size)


def request_page(
    rows: QuerySet[Request], *, cursor: str | None, size: int = 50
) -> tuple[list[Request], str | None]:
    """A page of requests, the newest first, and the cursor of what follows. One query. Raises Invalid."""
    return _newest(rows, "asked_at", cursor, size)


def _newest(
    rows: QuerySet[R], instant: str, cursor: str | None, size: int
) -> tuple[list[R], str | None]:
    rows = rows.order_by(f"-{instant}", "-pk")
    if cursor:
        columns = [f"{rows.model._meta.db_table}.{name}" for name in (instant, "id")]
        rows = keyset.before(rows, columns, keyset.instant_and_id(cursor))
    found = list(rows[: size + 1])
    last = found[size - 1] if len(found) > size else None
    following = keyset.encode([getattr(last, instant), last.pk]) if last is not None else None
    return found[:size], following


def successor(decision: Decision) -> Decision | None:
    """What took a decision's place; None while it stands. No query where ``superseded_by`` was selected."""
    return getattr(decision, "superseded_by", None)


def decisions_of(item: Item, size: int = 20) -> list[Decision]:
    """The decisions on an item, the newest first. Two queries; one where there is none."""
    if not item.decisions.exists():
        return []
    rows = item.decisions.select_related("decided_by", "superseded_by")
    return list(rows.order_by("-decided_at", "-pk")[:size])


# --- The trace: a reading path from the beginning to now --------------------------------------------------------


@dataclass
class Step:
    """A line of a trace: who did what, when, and why; for a decision, the decision itself. ``count`` acts in one."""

    verb: str
    at: datetime
    who: str
    text: str
    reason: str = ""
    decision: Decision | None = None
    count: int = 1


@dataclass
class Chapter:
    """The steps of one month, oldest first."""

    month: date
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Trace:
    """Chapters from the beginning to now. ``cut``: how many steps at the beginning were left out."""

    chapters: list[Chapter]
    cut: int


def item_trace(item: Item) -> Trace:
    """How an item came to be where it is, in the order in which it happened. Two queries, whatever its history."""
    rows = Change.objects.filter(item_id=item.pk, verb__in=ITEM_MILESTONES)
    decisions = {each.pk: each for each in decisions_of(item, TRACE_LIMIT)}
    return _trace(rows.select_related("actor").order_by("-id")[: TRACE_LIMIT * 4], decisions)


def queue_trace(queue: Queue) -> Trace:
    """How a queue came to be run as it is: its definition, the rubric, plans and what was decided. Three queries.

    Decisions about items of other queues only are left out.
    """
    rows = Change.objects.filter(product_id=queue.product_id, verb__in=QUEUE_MILESTONES)
    rows = rows.exclude(Q(verb="queue.defined") & ~Q(subject_id=queue.pk))
    found = list(rows.select_related("actor").order_by("-id")[: TRACE_LIMIT * 2])
    decisions = (
        Decision.objects.filter(
            pk__in=[row.subject_id for row in found if row.verb == "decision.recorded"]
        )
        .filter(Q(items=None) | Q(items__queue=queue))
        .distinct()
        .select_related("decided_by", "superseded_by")
    )
    about = {each.pk: each for each in decisions}
    kept = [row for row in found if row.verb != "decision.recorded" or row.subject_id in about]
    return _trace(kept, about)


def _trace(newest_first: Iterable[Change], decisions: Mapping[int, Decision]) -> Trace:
    """Chapters of these changes. A change that names a decision shows it; what is counted is told once a day."""
    rows = list(newest_first)[::-1]
    steps: list[Step] = []
    for row in rows:
        last = steps[-1] if steps else None
        told = history.entry(row)
        if (
            last is not None
            and row.verb in COUNTED
            and (last.verb, last.who) == (row.verb, told["who"])
            and timezone.localdate(last.at) == timezone.localdate(row.at)
        ):
            last.count += 1
            last.text = f"{history.VERBS[row.verb]} {last.count} times"
            last.reason = ""
            continue
        steps.append(
            Step(
                verb=row.verb,
                at=row.at,
                who=told["who"],
                text=told["text"],
                reason=row.reason,
                decision=decisions.get(_decision_id(row)),
            )
        )
    cut = max(0, len(steps) - TRACE_LIMIT)
    chapters: list[Chapter] = []
    for step in steps[cut:]:
        month = timezone.localdate(step.at).replace(day=1)
        if not chapters or chapters[-1].month != month:
            chapters.append(Chapter(month))
        chapters[-1].steps.append(step)
    return Trace(chapters, cut)


def _decision_id(row: Change) -> int:
    if row.verb == "decision.recorded":
        return row.subject_id
    named = row.fields.get("decision", [None, None])[1] if row.verb == "item.decided_on" else None
    return int(named["id"]) if isinstance(named, Mapping) else 0
