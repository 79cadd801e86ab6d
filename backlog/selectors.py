"""Reads over several tables of the backlog: the ranked list, ranks, counts, history."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from accounts.actors import Actor
from accounts.models import Product, User
from backlog.listed import Listed, listed
from backlog.models import Change, Comment, Item, ItemSummary, Queue
from backlog.vocabulary import OPEN_STATES, Band, QueueKind, State
from core import keyset

RANK_ORDER = ("order_score", "due_order", "created_at", "item_id")
RANK_COLUMNS = tuple(f"{ItemSummary._meta.db_table}.{name}" for name in RANK_ORDER)

#: Queues in the order in which a tie is broken; "" holds what has no queue yet and comes last.
STREAMS = (*QueueKind.values, "")


#: What an item without an estimate counts for where loads of queues are compared.
ASSUMED_POINTS = 3.0

#: From so many items on, the counts of a product's queues and states are kept, and for how many seconds.
KEPT_FROM = 10_000
KEPT_SECONDS = 20


Row = TypeVar("Row", Item, Listed)


@dataclass
class Page(Generic[Row]):
    """Rows of a list. ``ranks``: place in its queue per item id; ``cursor``: where the next page begins, or None."""

    items: list[Row]
    ranks: dict[int, int]
    cursor: str | None


def by_rank(items: QuerySet[Item]) -> QuerySet[Item]:
    """The order within a queue: priority, then due, then age, then id; unscored ones after, the severest first."""
    return items.order_by(*(f"summary__{name}" for name in RANK_ORDER))


def ranked_page(
    items: QuerySet[Item],
    *,
    product: Product,
    kinds: Sequence[str] = STREAMS,
    cursor: str | None = None,
    size: int = 50,
    whole: bool = False,
    read: Callable[[QuerySet[Item]], list[Row]] = list,  # type: ignore[assignment]  # a default of a generic
) -> Page[Row]:
    """A page of the ranked backlog over ``kinds`` of queues.

    One queue: its order. Several: hotfixes that are to be acted on now, then the four orders dealt out by the shares
    that the product promised each queue (a queue of share s gets s of the places; the hotfixes in front are charged to
    theirs), because priorities of different queues are not comparable (scoring.md 2 and 6).
    ``whole``: ``items`` is exactly what is open, so a rank is a place in the stream and costs nothing. ``read``: how
    rows are read; ``listed`` where no models are needed.
    One query a stream, plus one for ranks where the list is filtered. Raises Invalid for a bad cursor.
    """
    kinds = [kind for kind in STREAMS if kind in kinds]
    starts = _read_cursor(cursor, kinds)
    shares = _shares(product) if len(kinds) > 1 else dict.fromkeys(kinds, 1.0)
    streams: dict[str, list[Row]] = {}
    for kind in kinds:
        rows = by_rank(items.filter(summary__product=product, summary__queue_kind=kind))
        key, _ = starts.get(kind, (None, 0))
        if key is not None:
            rows = keyset.after(rows, RANK_COLUMNS, key)
        streams[kind] = read(rows[: size + 1])
    taken = {kind: starts.get(kind, (None, 0))[1] for kind in kinds}
    used = dict.fromkeys(kinds, 0)
    chosen: list[Row] = []
    ranks: dict[int, int] = {}
    while len(chosen) < size:
        live = [kind for kind in kinds if used[kind] < len(streams[kind])]
        if not live:
            break
        if QueueKind.HOTFIX in live and _is_act_now(
            streams[QueueKind.HOTFIX][used[QueueKind.HOTFIX]]
        ):
            kind = str(QueueKind.HOTFIX)
        else:
            kind = min(live, key=lambda each: ((taken[each] + 1) / shares[each], kinds.index(each)))
        item = streams[kind][used[kind]]
        used[kind] += 1
        taken[kind] += 1
        chosen.append(item)
        if kind:  # what has no queue has no place in one
            ranks[item.pk] = taken[kind]
    more = any(used[kind] < len(streams[kind]) for kind in kinds)
    if not whole:
        ranks = ranks_of(product, chosen)
    return Page(chosen, ranks, _next_cursor(starts, streams, used, taken) if more else None)


def _is_act_now(item: Item | Listed) -> bool:
    return bool(item.summary.band == Band.ACT_NOW)


def _shares(product: Product) -> dict[str, float]:
    shares = dict(Queue.objects.filter(product=product).values_list("kind", "share"))
    least = 1e-6  # a queue without a share still comes, after the others; so does what has no queue
    return {kind: max(shares.get(kind, 0.0), least) for kind in STREAMS} | {"": least / 1e6}


def _read_cursor(
    cursor: str | None, kinds: Sequence[str]
) -> dict[str, tuple[list[Any] | None, int]]:
    if not cursor:
        return {}
    data = keyset.decode(cursor)
    try:
        return {
            kind: (_parse_key(key) if key is not None else None, keyset.whole(count))
            for kind, (key, count) in dict(data).items()
            if kind in kinds
        }
    except (TypeError, ValueError, OverflowError) as error:
        raise keyset.broken() from error


def _parse_key(key: Sequence[Any]) -> list[Any]:
    score, due, created, pk = key
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        raise ValueError("not a place in the order")
    return [float(score), keyset.instant(due), keyset.instant(created), keyset.whole(pk)]


def rank_key(summary: ItemSummary | Listed) -> list[Any]:
    """Where an item stands in the order of its queue, for a row comparison."""
    return [summary.order_score, summary.due_order, summary.created_at, summary.pk]


def _next_cursor(
    starts: dict[str, tuple[list[Any] | None, int]],
    streams: dict[str, list[Row]],
    used: dict[str, int],
    taken: dict[str, int],
) -> str:
    ends: dict[str, Any] = {}
    for kind, rows in streams.items():
        key = (
            rank_key(rows[used[kind] - 1].summary) if used[kind] else starts.get(kind, (None, 0))[0]
        )
        ends[kind] = [key, taken[kind]]
    return keyset.encode(ends)


def rank_of(item: Item) -> int | None:
    """The item's place among the open items of its queue; None when it is not open or has no queue. One query."""
    summary = item.summary
    if not summary.is_open or not summary.queue_kind:
        return None
    ahead = ItemSummary.objects.filter(
        product_id=item.product_id, queue_kind=summary.queue_kind, is_open=True
    )
    return keyset.before(ahead, RANK_COLUMNS, rank_key(summary)).count() + 1


def rank_with(item: Item, order_score: float) -> int:
    """The place that an open item would have in its queue with another ``order_score``. One query."""
    summary = item.summary
    key = [order_score, *rank_key(summary)[1:]]
    return keyset.before(_beside(item), RANK_COLUMNS, key).exclude(pk=item.pk).count() + 1


def nth_beside(item: Item, place: int) -> Item | None:
    """The item that stands at a place (1 is first) of the queue without ``item``. One query."""
    rows = _beside(item).exclude(pk=item.pk).order_by(*RANK_ORDER)
    return _item_of(rows[place - 1 : place])


def last_scored_beside(item: Item) -> Item | None:
    """The last item of the queue that has a priority, without ``item``. One query."""
    rows = _beside(item).exclude(pk=item.pk).filter(order_score__lte=0)
    return _item_of(rows.order_by(*(f"-{name}" for name in RANK_ORDER))[:1])


def _beside(item: Item) -> QuerySet[ItemSummary]:
    """The open items of an item's queue."""
    return ItemSummary.objects.filter(
        product_id=item.product_id, queue_kind=item.summary.queue_kind, is_open=True
    )


def _item_of(rows: QuerySet[ItemSummary]) -> Item | None:
    found = rows.select_related("item__product").first()
    if found is None:
        return None
    found.item.summary = found
    return found.item


def ranks_of(product: Product, items: Sequence[Item | Listed]) -> dict[int, int]:
    """Places in their queues of the open ones among ``items``: id -> rank. One pass of the index a queue."""
    wanted: dict[str, list[int]] = {}
    for item in items:
        if item.summary.is_open and item.summary.queue_kind:
            wanted.setdefault(item.summary.queue_kind, []).append(item.pk)
    ranks: dict[int, int] = {}
    table = ItemSummary._meta.db_table
    for kind, ids in wanted.items():
        sql = (
            f"SELECT item_id, place FROM (SELECT item_id, row_number() OVER (ORDER BY {', '.join(RANK_ORDER)})"  # noqa: S608
            f" AS place FROM {table} WHERE product_id = %s AND queue_kind = %s AND is_open) AS ranked"
            f" WHERE item_id IN ({', '.join(['%s'] * len(ids))})"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [product.pk, kind, *ids])
            ranks.update(cursor.fetchall())
    return ranks


def state_counts(product: Product, among: QuerySet[Item] | None = None) -> dict[str, int]:
    """How many items (of ``among``) stand in each state. At most one query, of the index only without ``among``."""
    return _counts(product, "state", State.values, among)


def queue_counts(product: Product, among: QuerySet[Item] | None = None) -> dict[str, int]:
    """How many open items (of ``among``) stand in each queue. As ``state_counts``."""
    return _counts(product, "queue_kind", STREAMS, among, is_open=True)


def _counts(
    product: Product,
    by: str,
    names: Iterable[str],
    among: QuerySet[Item] | None,
    **which: Any,
) -> dict[str, int]:
    """A product's items (of ``among``, and ``which``) by ``by``.

    Counting is the dearest thing on a page of a very large backlog, so the counts of one are kept for some seconds.
    """
    key = f"counts:{by}:{product.pk}"
    if among is None and (kept := cache.get(key)) is not None:
        return dict(kept)
    rows = ItemSummary.objects.filter(product=product, **which)
    if among is not None:
        rows = rows.filter(item__in=among.order_by().values("pk"))
    counted = rows.values_list(by).annotate(count=Count("pk")).order_by(by)
    counts = dict.fromkeys(names, 0) | dict(counted)
    if among is None and sum(counts.values()) > KEPT_FROM:
        cache.set(key, counts, KEPT_SECONDS)
    return counts


def newest_done(items: QuerySet[Item], size: int) -> list[Listed]:
    """The done ones of ``items``, last finished first; those of which no date is known come after all others."""
    done = items.filter(state=State.DONE)
    rows = listed(done.filter(finished_at__isnull=False).order_by("-finished_at", "-pk")[:size])
    if len(rows) < size:
        undated = done.filter(finished_at__isnull=True).order_by("-pk")
        rows += listed(undated[: size - len(rows)])
    return rows


def history(item: Item, *, before: int | None = None, size: int = 50) -> list[Change]:
    """The item's changes, newest first. One query."""
    rows = Change.objects.filter(item_id=item.pk).select_related("actor").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:size])


def triage_count(product: Product) -> int:
    """How many items wait in triage. One index-only count of those alone."""
    return ItemSummary.objects.filter(product=product, state=State.TRIAGE).count()


def waiting_in_triage(*, actor: Actor, product: Product) -> int:
    """How many items wait in triage, for the rail. One index-only count, capped at 1,000."""
    waiting = ItemSummary.objects.filter(product=product, state=State.TRIAGE)
    return len(waiting.values_list("pk", flat=True)[:1000])


def by_relevance(items: QuerySet[Item]) -> QuerySet[Item]:
    """Finds of a search: what is open first, then by rank."""
    return items.order_by("-summary__is_open", *(f"summary__{name}" for name in RANK_ORDER))


def mentionable(members: Iterable[User], word: str, size: int = 8) -> list[tuple[str, str]]:
    """Those one of whose names begins with ``word``: the shortest handle that is theirs alone, and the name."""
    people = list(members)
    taken = Counter(person.email.split("@")[0].lower() for person in people)
    found = []
    for person in people:
        short = person.email.split("@")[0].lower()
        names = (short, *person.name.lower().split())
        if any(name.startswith(word.lower()) for name in names):
            found.append((short if taken[short] == 1 else person.email, str(person)))
    return found[:size]


def work_of(actor: Actor, product: Product, size: int = 12) -> tuple[list[Item], list[Comment]]:
    """The person's open items by rank (at most ``size``), and the newest comments that mention them. Two queries."""
    if actor.user is None:
        return [], []
    mine = Item.objects.filter(product=product, owner=actor.user, state__in=OPEN_STATES)
    mine = by_rank(mine.select_related("product", "queue", "owner", "summary"))
    mentions = (
        Comment.objects.filter(item__product=product, mentions=actor.user)
        .select_related("item__product", "author")
        .order_by("-created_at", "-pk")
    )
    return list(mine[:size]), list(mentions[:10])


def triage_list(product: Product, size: int = 60) -> list[Item]:
    """What waits in triage, oldest first, with what the inbox shows of it. One query."""
    rows = Item.objects.filter(product=product, state=State.TRIAGE).order_by("created_at", "pk")
    items = list(rows.only("product", "number", "title", "severity", "created_at")[:size])
    for item in items:
        item.product = product
    return items


def triage_item(item: Item) -> Item | None:
    """One of :func:`triage_list` with all that a decision needs; None when it is gone. One query."""
    whole = Item.objects.select_related("queue", "reporter", "summary").filter(pk=item.pk).first()
    if whole is not None:
        whole.product = item.product
    return whole


def open_points(product: Product) -> dict[str, float]:
    """Points of the open, accepted items per queue kind; unknown effort counts as the default below. One query."""
    rows = (
        Item.objects.filter(
            product=product, state__in=[State.ACCEPTED, State.IN_PROGRESS, State.IN_REVIEW]
        )
        .values("queue__kind")
        .annotate(points=Sum(Coalesce("effort", Value(ASSUMED_POINTS))))
        .order_by("queue__kind")
    )
    return dict.fromkeys(QueueKind.values, 0.0) | {
        row["queue__kind"]: row["points"] for row in rows
    }


def in_progress_last(product: Product, size: int = 3) -> list[Item]:
    """The items in progress that stand lowest: what a new hotfix interrupts first. One query."""
    rows = Item.objects.filter(product=product, state=State.IN_PROGRESS).exclude(
        queue__kind=QueueKind.HOTFIX
    )
    rows = rows.select_related("product", "queue", "owner", "summary")
    return list(rows.order_by(*(f"-summary__{name}" for name in RANK_ORDER))[:size])


def last_batch(item: Item) -> uuid.UUID | None:
    """The batch of the item's newest act: what an undo right after it takes back. (A change of band is no act.)"""
    acts = Change.objects.filter(item_id=item.pk, batch__isnull=False)
    return acts.order_by("-id").values_list("batch", flat=True).first()


def conversation(item: Item, size: int = 200) -> list[Comment]:
    """The item's newest comments, oldest first. One query."""
    newest = item.comments.select_related("author").order_by("-created_at", "-pk")[:size]
    return list(reversed(newest))


def neighbours(item: Item) -> dict[str, Item | None]:
    """The items before and behind this one in its queue. Two queries."""
    return {side: _item_of(rows) for side, rows in _next_to(item).items()}


def neighbour_keys(item: Item) -> dict[str, str]:
    """The keys of the items before and behind this one in its queue; "" where there is none. Two queries."""
    numbers = {
        side: rows.values_list("item__number", flat=True).first()
        for side, rows in _next_to(item).items()
    }
    return {
        side: f"{item.product.key}-{number}" if number else "" for side, number in numbers.items()
    }


def _next_to(item: Item) -> dict[str, QuerySet[ItemSummary]]:
    """Who stands before and behind an item in its queue, the nearest first."""
    summary = item.summary
    if not summary.is_open or not summary.queue_kind:
        return dict.fromkeys(("before", "behind"), ItemSummary.objects.none())
    same, key = _beside(item), rank_key(summary)
    backwards = same.order_by(*(f"-{name}" for name in RANK_ORDER))
    return {
        "before": keyset.before(backwards, RANK_COLUMNS, key),
        "behind": keyset.after(same.order_by(*RANK_ORDER), RANK_COLUMNS, key),
    }


def label_names(items: Sequence[Item | Listed]) -> dict[int, list[str]]:
    """Names of labels by item id, sorted. One query."""
    rows = Item.labels.through.objects.filter(item_id__in=[item.pk for item in items])
    return by_item(rows.order_by("item_id", "label__name").values_list("item_id", "label__name"))


def by_item(pairs: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    """Item id -> its words, in the order of the pairs."""
    found: dict[int, list[str]] = {}
    for pk, word in pairs:
        found.setdefault(pk, []).append(word)
    return found
