"""One reading of a product: its items as columns, and what else the figures are made from. Set-based."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from accounts.models import Product
from backlog.filters import BLOCKED
from backlog.models import Change, Item, Queue, SuccessCriterion
from backlog.vocabulary import QueueKind, State
from insights import flow
from insights.stock import QUEUES, STATES, Items, Moved, Reading
from reviews.models import ReviewCycle
from reviews.vocabulary import CycleState
from scoring.current import rubric_in_force, rubric_numbered
from scoring.models import Rating, Signal

MADE = ("item.created", "item.imported")

_COLUMNS = (
    "pk",
    "number",
    "state",
    "summary__queue_kind",
    "created_at",
    "accepted_at",
    "started_at",
    "finished_at",
    "due_at",
    "updated_at",
    "parked_until",
    "effort",
    "owner_id",
    "summary__band",
    "summary__priority",
    "summary__value_part",
    "summary__risk_part",
    "summary__rubric_version",
)


def read(product: Product, *, now: dt.datetime, since: dt.datetime) -> Reading:
    """Items and their moves, queues and rubrics. Four queries, and one more for each older rubric in use."""
    items = _items(product, since)
    queues = list(
        Queue.objects.filter(product=product).order_by("pk").values_list("pk", "kind", "share")
    )
    shares = {kind: share for _, kind, share in queues}
    kinds = {pk: QUEUES.index(kind) for pk, kind, _ in queues}
    number, rubric = rubric_in_force(product.pk)
    rubrics = {number: rubric}
    for older in sorted(set(items.rubric.tolist()) - {0, number}):
        found = rubric_numbered(product, older)
        if found is not None:
            rubrics[older] = found
    return Reading(
        product.key, now, since, items, _moved(product, items, kinds, since), shares, rubrics
    )


def _items(product: Product, since: dt.datetime) -> Items:
    wanted = Q(finished_at__isnull=True) | Q(finished_at__gte=since) | Q(created_at__gte=since)
    rows = Item.objects.filter(wanted, product=product).order_by("pk").values_list(*_COLUMNS)
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    given = dict(zip(_COLUMNS, columns, strict=True))
    state_of = {state: code for code, state in enumerate(STATES)}
    queue_of = {queue: code for code, queue in enumerate(QUEUES)}
    return Items(
        pk=np.array(given["pk"], dtype=np.int64),
        number=np.array(given["number"], dtype=np.int64),
        state=np.array([state_of[each] for each in given["state"]], dtype=np.int64),
        queue=np.array([queue_of[each] for each in given["summary__queue_kind"]], dtype=np.int64),
        created=flow.as_instants(given["created_at"]),
        accepted=flow.as_instants(given["accepted_at"]),
        started=flow.as_instants(given["started_at"]),
        finished=flow.as_instants(given["finished_at"]),
        due=flow.as_instants(given["due_at"]),
        updated=flow.as_instants(given["updated_at"]),
        parked_until=flow.as_days(given["parked_until"]),
        effort=_floats(given["effort"]),
        owned=np.array([each is not None for each in given["owner_id"]], dtype=np.bool_),
        band=np.array(given["summary__band"], dtype=np.str_),
        priority=_floats(given["summary__priority"]),
        value_part=_floats(given["summary__value_part"]),
        risk_part=_floats(given["summary__risk_part"]),
        rubric=np.array([each or 0 for each in given["summary__rubric_version"]], dtype=np.int64),
    )


def _floats(values: Iterable[float | None]) -> flow.Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _moved(product: Product, items: Items, kinds: dict[int, int], since: dt.datetime) -> Moved:
    """From the log, in the order of its rows. ``kinds``: code by id of a queue. Two queries."""
    row_of: dict[int | None, int] = {pk: row for row, pk in enumerate(items.pk.tolist())}
    log = Change.objects.filter(product=product, at__gte=since, item_id__isnull=False)
    # A year before the window: from then on the log is known to be complete for what it made before the window.
    logged = np.full(
        len(items), np.datetime64(since.replace(tzinfo=None), "us") - np.timedelta64(366, "D")
    )
    made = log.filter(verb__in=MADE).order_by("id").values_list("item_id", "at")
    for item_id, at in made:
        row = row_of.get(item_id)
        if row is not None:
            logged[row] = np.datetime64(at.replace(tzinfo=None), "us")
    states = {state: code for code, state in enumerate(STATES)}
    no_queue = QUEUES.index("")
    moves: list[flow.Move] = []
    put_off: dict[int, int] = {}
    touched = Q(fields__has_key="state") | Q(fields__has_key="queue") | Q(fields__has_key="due_at")
    rows = log.filter(touched).exclude(verb__in=MADE).order_by("id")
    for item_id, at, fields in rows.values_list("item_id", "at", "fields"):
        row = row_of.get(item_id)
        if row is None:
            continue
        if _put_off(*fields.get("due_at", (None, None))):
            put_off[row] = put_off.get(row, 0) + 1
        state = states.get(fields["state"][0]) if "state" in fields else None
        queue = None
        if "queue" in fields:
            was = fields["queue"][0]
            queue = kinds.get(int(was["id"]), no_queue) if was else no_queue
        if state is not None or queue is not None:
            moves.append(flow.Move(np.datetime64(at.replace(tzinfo=None), "us"), row, state, queue))
    return Moved(moves, logged, put_off)


def _put_off(before: str | None, after: str | None) -> bool:
    """Whether a due date that stood was moved later."""
    if not before or not after:
        return False
    return dt.datetime.fromisoformat(after) > dt.datetime.fromisoformat(before)


# --- What only the questions ask ------------------------------------------------------------------


@dataclass(frozen=True)
class Outcomes:
    """Success criteria of what was finished: items with any, criteria, verified ones; verified per day."""

    items: int = 0
    criteria: int = 0
    verified: int = 0
    verified_on: dict[dt.date, int] = field(default_factory=dict)


def outcomes(product: Product, queues: Sequence[str], since: dt.datetime) -> Outcomes:
    """Success criteria of what was finished in ``queues`` since then. Two queries."""
    rows = SuccessCriterion.objects.filter(
        item__product=product,
        item__state=State.DONE,
        item__finished_at__gte=since,
        item__summary__queue_kind__in=queues,
    )
    totals = rows.aggregate(
        items=Count("item_id", distinct=True),
        criteria=Count("pk"),
        verified=Count("pk", filter=Q(verified_at__isnull=False)),
    )
    days = (
        rows.filter(verified_at__isnull=False)
        .annotate(day=TruncDate("verified_at", tzinfo=dt.UTC))
        .values("day")
        .annotate(count=Count("pk"))
        .order_by("day")
    )
    return Outcomes(**totals, verified_on={row["day"]: row["count"] for row in days})


@dataclass(frozen=True)
class Echo:
    """Evidence of one kind round the finish of fixes: sums of magnitudes before and after it, on so many items."""

    kind: str
    before: float
    after: float
    items: int


def echoes(product: Product, finished: dict[int, dt.datetime], days: int) -> list[Echo]:
    """Evidence on hotfixes in the ``days`` before and after each one's finish, summed by kind. One query.

    Only signals about the hotfix itself: one about a segment does not say which fix it echoes. Withdrawn ones are out.
    """
    if not finished:
        return []
    reach = dt.timedelta(days=days)
    rows = Signal.objects.filter(
        product=product,
        withdrawn_at=None,
        item__summary__queue_kind=QueueKind.HOTFIX,
        item__finished_at__gte=min(finished.values()),
        occurred_at__gte=min(finished.values()) - reach,
        occurred_at__lt=max(finished.values()) + reach,
    ).order_by("kind", "pk")
    sums: dict[str, tuple[float, float, set[int]]] = {}
    for kind, item, magnitude, at in rows.values_list(
        "kind", "item_id", "magnitude", "occurred_at"
    ):
        end = finished.get(item or 0)
        if item is None or end is None or not end - reach <= at < end + reach:
            continue
        before, after, items = sums.get(kind, (0.0, 0.0, set()))
        if at < end:
            before += magnitude
        else:
            after += magnitude
        sums[kind] = (before, after, items | {item})
    return [Echo(kind, before, after, len(items)) for kind, (before, after, items) in sums.items()]


@dataclass(frozen=True)
class Waiting:
    """Rounds of review that are open, and since when the oldest one is."""

    reviews: int
    oldest: dt.datetime | None


def open_reviews(product: Product) -> Waiting:
    """One query."""
    open_rounds = ReviewCycle.objects.filter(product=product, state=CycleState.OPEN)
    starts = list(
        open_rounds.order_by("started_at", "pk").values_list("started_at", flat=True)[:1001]
    )
    return Waiting(len(starts), starts[0] if starts else None)


@dataclass(frozen=True)
class Guesses:
    """What the scores of open items rest on: ratings in all, and those that an import guessed."""

    ratings: int
    guessed: int


def guesses(product: Product) -> Guesses:
    """One query."""
    rated = Rating.objects.filter(product=product, item__summary__is_open=True)
    return Guesses(
        **rated.aggregate(
            ratings=Count("pk"), guessed=Count("pk", filter=Q(source=Rating.Source.IMPORT))
        )
    )


def blocked(product: Product) -> int:
    """Open items that wait for another one. One query."""
    return Item.objects.filter(BLOCKED, product=product, summary__is_open=True).count()


def titles(item_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Title and owner of items. One query."""
    rows = Item.objects.filter(pk__in=list(item_ids)).order_by("pk")
    return {
        pk: (title, name or email or "")
        for pk, title, name, email in rows.values_list("pk", "title", "owner__name", "owner__email")
    }
