"""An item's score with everything that it was made from, and what would become of it if something were otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import Product, User
from backlog import selectors as backlog_selectors
from backlog.models import Change, Item, ItemSummary, RankRange, Segment
from backlog.services.summaries import NEVER
from backlog.vocabulary import QueueKind
from core import keyset
from core.days import day_of, instant_of
from scoring import engine, judgement
from scoring.asof import MADE
from scoring.current import rubric_in_force, rubric_numbered
from scoring.cutline import cut_lines
from scoring.engine import ItemScore
from scoring.kept import inputs_from_states
from scoring.models import Adjustment, Rating, Signal, Snapshot
from scoring.rubrics import Rubric, digest
from scoring.supposing import Supposed, suppose


@dataclass(frozen=True)
class Made:
    """A score at ``at`` under version ``number`` of the rubric, and its inputs as rows.

    ``signals``: the item's own that count, newest first. ``segments``: those that it names and that have evidence of
    their own, by id, with their signals, newest first.
    """

    number: int
    rubric: Rubric
    at: datetime
    inputs: engine.ItemInputs | None
    score: ItemScore | None
    ratings: dict[str, Rating]
    signals: list[Signal]
    segments: list[tuple[Segment, list[Signal]]]
    adjustments: list[Adjustment]


def made_from(item: Item) -> Made:
    """How the stored score came about: inputs as they are, at the instant of the score. At most six queries.

    ``score`` is None for an item without a queue.
    """
    summary = item.summary
    number, rubric = rubric_in_force(item.product_id)
    if summary.rubric_version is not None and summary.rubric_version != number:
        earlier = rubric_numbered(item.product, summary.rubric_version)
        if earlier is not None:
            number, rubric = summary.rubric_version, earlier
    at = summary.scored_at or timezone.now()
    ratings = {
        rating.criterion: rating
        for rating in Rating.objects.filter(item=item).select_related("rated_by")
    }
    signals = list(
        Signal.objects.filter(item=item, withdrawn_at=None)
        .select_related("recorded_by", "segment", "merged_from")
        .order_by("-occurred_at", "-pk")
    )
    segments = _of_segments(item)
    adjustments = list(
        Adjustment.objects.filter(item=item)
        .select_related("made_by", "verdict_by", "moved_past")
        .order_by("-made_at", "-pk")
    )
    for each in adjustments:
        if each.moved_past is not None:
            each.moved_past.product = item.product
    inputs = None
    score = None
    if item.queue is not None:
        inputs = engine.ItemInputs(
            queue=item.queue.kind,
            ratings={
                key: engine.Rating(row.level, row.certainty, row.rated_at)
                for key, row in ratings.items()
            },
            signals=_plain(signals),
            segments=[_plain(rows) for _, rows in segments],
            effort=item.effort,
            due_at=item.due_at,
            adjustments=[
                engine.Adjustment(row.points, row.expires_at)
                for row in adjustments
                if running(row, at)
            ],
            severity=item.severity or 0,
        )
        score = engine.score_one(rubric, inputs, at)
    return Made(number, rubric, at, inputs, score, ratings, signals, segments, adjustments)


def _plain(rows: Sequence[Signal]) -> list[engine.Signal]:
    return [engine.Signal(row.kind, row.magnitude, row.occurred_at) for row in rows]


def _of_segments(item: Item) -> list[tuple[Segment, list[Signal]]]:
    """Two queries; one for an item without segments."""
    named = Item.segments.through.objects.filter(item=item).values("segment_id")
    if not named.exists():
        return []
    rows = (
        Signal.objects.filter(segment__in=named, item=None, withdrawn_at=None)
        .select_related("segment", "merged_from")
        .order_by("segment_id", "-occurred_at", "-pk")
    )
    found: list[tuple[Segment, list[Signal]]] = []
    for row in rows:
        assert row.segment is not None  # the filter asks for it
        if not found or found[-1][0].pk != row.segment_id:
            found.append((row.segment, []))
        found[-1][1].append(row)
    return found


def running(row: Adjustment, at: datetime) -> bool:
    """Whether an adjustment counted at ``at``."""
    return row.expires_at > at and (row.ended_at is None or row.ended_at > at)


@dataclass(frozen=True)
class Recomputed:
    """A kept score, and the same worked out again from what was kept of its inputs and its version of the rubric.

    ``equal``: priority, band and all parts are the same to the last bit.
    """

    kept: Snapshot
    rubric: Rubric
    rubric_digest: str
    score: ItemScore
    equal: bool


def recomputed(item: Item, at: datetime | None = None, limit: int = 200) -> list[Recomputed]:
    """Kept scores of an item worked out again, newest first: all of the last ``limit``, or the one in force at ``at``.

    One query, and one for each version of the rubric.
    """
    rows = Snapshot.objects.filter(item=item).order_by("-at", "-pk")
    if at is not None:
        rows, limit = rows.filter(at__lte=at), 1
    rubrics: dict[int, Rubric | None] = {}
    found = []
    for row in rows[:limit]:
        if row.rubric_version not in rubrics:
            rubrics[row.rubric_version] = rubric_numbered(item.product, row.rubric_version)
        rubric = rubrics[row.rubric_version]
        if rubric is None:
            continue
        score = engine.score(rubric, inputs_from_states(rubric, [row.state])).item(rubric, 0)
        parts = list(score.parts.values()) if score.parts else None
        equal = (score.priority, score.band_name, parts) == (row.priority, row.band, row.parts)
        found.append(Recomputed(row, rubric, digest(rubric), score, equal))
    return found


#: Items named among those that change places.
NAMED = 5


@dataclass(frozen=True)
class WhatIf:
    """An item as it is and as it would be. ``passed``: items that would change places with it, the first `NAMED`.

    ``places``: what the next cycle can hold of its queue. ``priority`` and ``rank`` are None while it is unscored or
    not open.
    """

    then: Supposed
    priority: float | None
    rank: int | None
    rank_then: int | None
    passed: list[Item]
    places: int

    @property
    def moved(self) -> int:
        """Places up; negative: down."""
        return self.rank - self.rank_then if self.rank and self.rank_then else 0

    @property
    def more(self) -> int:
        """Items that change places with it beside those named."""
        return max(0, abs(self.moved) - len(self.passed))

    @property
    def enters(self) -> bool:
        return bool(self.rank and self.rank_then) and self.rank_then <= self.places < self.rank  # type: ignore[operator]

    @property
    def leaves(self) -> bool:
        return bool(self.rank and self.rank_then) and self.rank <= self.places < self.rank_then  # type: ignore[operator]


def what_if(item: Item, axis: str, wanted: float) -> WhatIf | None:
    """The item with ``axis`` at ``wanted``, held against the order as it stands. Writes nothing. Twelve queries.

    None for an item without a queue. Raises ValueError as ``supposing.suppose`` does.
    """
    made = made_from(item)
    if made.inputs is None or made.score is None:
        return None
    then = suppose(made.rubric, made.inputs, made.score, axis, wanted, made.at)
    kind = made.inputs.queue
    places = cut_lines(item.product, timezone.localdate(), [kind])[kind]
    rank = backlog_selectors.rank_of(item)
    if rank is None or then.priority is None:
        return WhatIf(then, made.score.priority, rank, None, [], places)
    due = then.due_at or item.due_at or NEVER
    key_then = [-then.priority, due, item.summary.created_at, item.pk]
    others = ItemSummary.objects.filter(
        product_id=item.product_id, queue_kind=kind, is_open=True
    ).exclude(pk=item.pk)
    columns = backlog_selectors.RANK_COLUMNS
    rank_then = keyset.before(others, columns, key_then).count() + 1
    between = sorted([backlog_selectors.rank_key(item.summary), key_then])
    rows = keyset.before(keyset.after(others, columns, between[0]), columns, between[1])
    first = rows.order_by(*backlog_selectors.RANK_ORDER).values_list("item_id", flat=True)
    ids = list(first[:NAMED])
    named = Item.objects.filter(pk__in=ids).select_related("product", "summary")
    return WhatIf(
        then,
        made.score.priority,
        rank,
        rank_then,
        sorted(named, key=lambda each: ids.index(each.pk)),
        places,
    )


def came_at(item: Item) -> datetime:
    """When the item came into the backlog: an import may have given it an earlier date. One query."""
    came = Change.objects.filter(item_id=item.pk, verb__in=MADE).order_by("id")
    return came.values_list("at", flat=True).first() or item.created_at


def kept_scores(item: Item, size: int = 60) -> list[Snapshot]:
    """The newest kept scores of an item, newest first, without what they were made from. One query."""
    rows = Snapshot.objects.filter(item=item).order_by("-at", "-pk")
    return list(rows.only("at", "priority", "item_id")[:size])


def judgements(
    rows: QuerySet[Adjustment], *, cursor: str | None, size: int = 50
) -> tuple[list[Adjustment], str | None]:
    """A page of adjustments, the latest end first, and where the next one begins. One query. Raises Invalid."""
    rows = judgement.with_all(rows).order_by("-expires_at", "-pk")
    if cursor:
        key = keyset.instant_and_id(cursor)
        rows = keyset.before(rows, ["scoring_adjustment.expires_at", "scoring_adjustment.id"], key)
    found = list(rows[: size + 1])
    more = len(found) > size
    last = found[size - 1] if more else None
    return found[:size], keyset.encode([last.expires_at, last.pk]) if last else None


def judging_people(product: Product) -> list[User]:
    """Who has made an adjustment in the product, by name. One query."""
    made = Adjustment.objects.filter(product=product).values("made_by")
    return list(User.objects.filter(pk__in=made).order_by("name", "email"))


def ranges_page(
    product: Product, kinds: Sequence[str], cursor: str | None, size: int
) -> tuple[list[RankRange], str | None]:
    """Rank ranges of the open items by item, and where the next page begins. One query. Raises Invalid (cursor)."""
    rows = (
        RankRange.objects.filter(product=product, queue_kind__in=kinds, item__summary__is_open=True)
        .filter(item__summary__queue_kind=F("queue_kind"))
        .select_related("item")
        .order_by("item_id")
    )
    if cursor:
        try:
            rows = rows.filter(item_id__gt=keyset.whole(keyset.decode(cursor)))
        except (TypeError, ValueError) as error:
            raise keyset.broken() from error
    found = list(rows[: size + 1])
    more = len(found) > size
    return found[:size], keyset.encode(found[size - 1].pk) if more else None


def page_of_signals(
    rows: QuerySet[Signal], cursor: str | None, size: int
) -> tuple[list[Signal], str | None]:
    """A page of signals, newest first, and the cursor of the next. Raises Invalid for a cursor of others."""
    if cursor:
        key = keyset.instant_and_id(cursor)
        rows = keyset.before(rows, ["scoring_signal.occurred_at", "scoring_signal.id"], key)
    found = list(rows[: size + 1])
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], keyset.encode([last.occurred_at, last.pk])


@dataclass(frozen=True)
class Stale:
    """An open item that rests on something stale, or will soon: for refinement (N5). ``age_cost`` in points."""

    item_id: int
    number: int
    title: str
    queue_kind: str
    priority: float | None
    age_cost: float | None
    ratings_stale_at: datetime | None
    evidence_stale_at: datetime | None

    @property
    def number_text(self) -> str:
        return str(self.number)

    @property
    def queue_word(self) -> str:
        return str(QueueKind(self.queue_kind).label)

    @property
    def ends(self) -> tuple[datetime | None, datetime | None]:
        return self.ratings_stale_at, self.evidence_stale_at


def going_stale(
    product: Product,
    *,
    now: datetime | None = None,
    within: timedelta = timedelta(0),
    kinds: Sequence[str] = QueueKind.values,
    size: int = 200,
) -> list[Stale]:
    """Open items whose ratings or evidence are stale by ``now`` + ``within``: what age costs most first. One query.

    ``scoring.staleness`` says what stale means, and what the cost is: the points that looking again would win back.
    """
    by = day_of((now or timezone.now()) + within)
    rows = (
        ItemSummary.objects.filter(product=product, is_open=True, queue_kind__in=kinds)
        .filter(Q(ratings_stale_day__lte=by) | Q(evidence_stale_day__lte=by))
        .order_by(F("age_cost").desc(nulls_last=True), "order_score", "item_id")
        .values_list(
            *("item_id", "item__number", "item__title", "queue_kind", "priority", "age_cost"),
            *("ratings_stale_day", "evidence_stale_day"),
        )
    )
    return [
        Stale(pk, number, title, kind, priority, cost, instant_of(ratings), instant_of(evidence))
        for pk, number, title, kind, priority, cost, ratings, evidence in rows[:size]
    ]


def history_of_signal(signal: Signal, size: int = 50) -> list[Change]:
    """What was done to a piece of evidence, newest first. One query."""
    rows = Change.objects.filter(subject_type="signal", subject_id=signal.pk)
    return list(
        rows.filter(product=signal.product_id).select_related("actor").order_by("-id")[:size]
    )
