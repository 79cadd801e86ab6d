"""Why an item moved between two instants, and what moved in a queue, with what stands behind each part.

Score parts sum to the change of the priority, rank counts to the change of the rank, both exactly; each part opens into
the events of the item, each count into the items that it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from accounts.models import Product
from backlog.models import Item
from backlog.vocabulary import OPEN_STATES, State
from scoring import asof, move_events, move_words, standings
from scoring.engine import ItemScore, score_one
from scoring.move_events import Event
from scoring.movement import MOVES, CriterionMove, Movement, Snapshot, movement, movements
from scoring.rubrics import QUEUES, Rubric
from scoring.standings import Standing, Wholes

#: Ways out of an order and into it.
LEFT = ("done", "declined", "parked", "moved_away", "returned")
ARRIVED = ("new", "reopened", "unparked", "moved_here", "accepted")
GROUPS = ("left", "it_overtook", "arrived", "overtook_it")
NAMED = 10
CHART_WEEKS = 12


@dataclass(frozen=True)
class Point:
    """An item as of an instant. ``rank`` among ``size``, None where it was not ranked; ``state`` "": not there yet."""

    at: datetime
    queue: str
    state: str
    version: int
    priority: float | None
    rank: int | None
    size: int


@dataclass(frozen=True)
class PartMove:
    """A part of the change of a priority, its criteria (pillars only) and the events behind it."""

    key: str
    label: str
    points: float
    sentence: str
    criteria: tuple[CriterionMove, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Mover:
    """Another item that changed places with this one, or one of a queue that moved. ``way``: how it came or went."""

    pk: int
    key: str
    title: str
    way: str
    rank_before: int | None
    rank_after: int | None
    priority_before: float | None
    priority_after: float | None
    cause: str = ""
    event: Event | None = None
    movement: Movement | None = None
    around: str = ""

    @property
    def reason(self) -> str:
        """Why it gained or lost places, in a few words: its own priority where that went the same way."""
        own = self.cause if (self.places or 0) * (self.points or 0.0) > 0 else ""
        return own or self.around or self.cause

    @property
    def places(self) -> int | None:
        """Places gained, negative when lost; None without both ranks."""
        if self.rank_before is None or self.rank_after is None:
            return None
        return self.rank_before - self.rank_after

    @property
    def points(self) -> float | None:
        if self.priority_before is None or self.priority_after is None:
            return None
        return self.priority_after - self.priority_before


@dataclass(frozen=True)
class RankGroup:
    """One of ``GROUPS``. ``change`` of the rank's number: minus ``count`` where they made room, else plus.

    ``ways``: how many of them came or went how; ``movers``: the first of them.
    """

    key: str
    count: int
    ways: Mapping[str, int]
    movers: Sequence[Mover]

    @property
    def change(self) -> int:
        return -self.count if self.key in ("left", "it_overtook") else self.count


@dataclass(frozen=True)
class ItemMove:
    """``parts`` (keys of ``MOVES``) sum to the change of the priority, ``groups`` to that of the rank.

    Either is empty where an end has no priority, or no rank in the same queue. ``criteria``: labels by key.
    """

    item: Item
    before: Point
    after: Point
    parts: tuple[PartMove, ...]
    divided: bool
    groups: tuple[RankGroup, ...]
    sentence: str
    criteria: Mapping[str, str]

    @property
    def points(self) -> float | None:
        if self.before.priority is None or self.after.priority is None:
            return None
        return self.after.priority - self.before.priority


@dataclass(frozen=True)
class QueueMove:
    """What moved in a queue: every item of both orders, and the most telling ones with their causes."""

    before: Standing
    after: Standing
    risers: Sequence[Mover]
    fallers: Sequence[Mover]
    rose: int
    fell: int
    arrived: RankGroup
    left: RankGroup


def item_move(item: Item, a: datetime, b: datetime, *, named: int = NAMED) -> ItemMove:
    """Why ``item`` stands where it stands at ``b`` and not where it stood at ``a`` < ``b``.

    About forty queries, whatever the number of items; fewer where the two orders are remembered.
    """
    product_id = item.product_id
    past = asof.of_items(product_id, a, [item.pk])
    ends = [_point(past, item.pk, at) for at in (a, b)]
    snapshots = [past.snapshot(at, item.pk) for at in (a, b)]
    moved = movement(*snapshots) if snapshots[0] and snapshots[1] else None  # type: ignore[arg-type]
    orders = _orders(product_id, ends)
    before, after = (_ranked(end, order, item.pk) for end, order in zip(ends, orders, strict=True))
    groups: tuple[RankGroup, ...] = ()
    if orders[0] and orders[1] and before.queue == after.queue:
        groups = _groups(item, orders[0], orders[1], named)
    events = move_events.of_item(item, past, a, b)
    parts: tuple[PartMove, ...] = ()
    if moved and moved.parts and snapshots[0] and snapshots[1]:
        parts = _parts(moved, snapshots[0], snapshots[1], (before.version, after.version), events)
    return ItemMove(
        item=item,
        before=before,
        after=after,
        parts=parts,
        divided=bool(moved and moved.divided),
        groups=groups,
        sentence=_sentence(before, after, parts, groups),
        criteria={each.key: each.label for each in past.version_at(b).rubric.criteria},
    )


def _point(past: asof.Past, item_id: int, at: datetime) -> Point:
    row = past.row_of(item_id)
    where = past.where(at)
    number = past.version_at(at).number
    if row is None or not where.there[row]:
        return Point(at, "", "", number, None, None, 0)
    queue = QUEUES[where.queue[row]] if where.queue[row] >= 0 else ""
    snapshot = past.snapshot(at, item_id)
    priority = score_one(snapshot.rubric, snapshot.item, at).priority if snapshot else None
    return Point(at, queue, asof.STATES[where.state[row]], number, priority, None, 0)


def _orders(product_id: int, ends: Sequence[Point]) -> list[Standing | None]:
    """The order in which each end is ranked, None where it is in none. One reading for the ends of one queue."""
    found: list[Standing | None] = [None] * len(ends)
    for kind in {end.queue for end in ends if end.queue and end.state in OPEN_STATES}:
        own = [
            place
            for place, end in enumerate(ends)
            if end.queue == kind and end.state in OPEN_STATES
        ]
        orders = standings.standings(product_id, kind, [ends[place].at for place in own])
        for place, order in zip(own, orders, strict=True):
            found[place] = order
    return found


def _ranked(end: Point, order: Standing | None, item_id: int) -> Point:
    if order is None:
        return end
    return Point(
        end.at,
        end.queue,
        end.state,
        end.version,
        end.priority,
        order.place(item_id),
        len(order),
    )


# --- Ranks ------------------------------------------------------------------------------------------


def _groups(item: Item, before: Standing, after: Standing, named: int) -> tuple[RankGroup, ...]:
    found = standings.rank_moves(before, after, item.pk)
    if found is None:
        return ()
    product = item.product
    ids = {key: getattr(found, key) for key in GROUPS}
    ways = _ways(product, before, after, np.concatenate([ids["left"], ids["arrived"]]))
    shown = {key: own[:named] for key, own in ids.items()}
    movers = _movers(product, before, after, np.concatenate(list(shown.values())), ways)
    return tuple(
        RankGroup(
            key,
            len(ids[key]),
            _counted(ways[pk] for pk in ids[key].tolist() if pk in ways),
            [movers[pk] for pk in shown[key].tolist() if pk in movers],
        )
        for key in GROUPS
    )


def _counted(ways: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for way in ways:
        found[way] = found.get(way, 0) + 1
    return {way: found[way] for way in (*LEFT, *ARRIVED) if way in found}


def _ways(product: Product, before: Standing, after: Standing, ids: Wholes) -> dict[int, str]:
    """How items that are only in one of the orders left it or came into it."""
    if not len(ids):
        return {}
    past = asof.of_items(product.pk, before.at, ids.tolist())
    was, is_ = past.where(before.at), past.where(after.at)
    known = set(before.ids.tolist())
    found = {}
    for row, pk in enumerate(past.ids.tolist()):
        was_in, is_in = asof.STATES[was.state[row]], asof.STATES[is_.state[row]]
        if pk in known:
            if is_in in (State.DONE, State.DECLINED, State.PARKED):
                found[pk] = str(is_in)
            else:
                found[pk] = "moved_away" if is_.queue[row] >= 0 else "returned"
        elif not was.there[row]:
            found[pk] = "new"
        elif was_in in (State.DONE, State.DECLINED, State.PARKED):
            found[pk] = "unparked" if was_in == State.PARKED else "reopened"
        else:
            found[pk] = "moved_here" if was.queue[row] >= 0 else "accepted"
    return found


def _movers(
    product: Product, before: Standing, after: Standing, ids: Wholes, ways: Mapping[int, str]
) -> dict[int, Mover]:
    """Items with both ranks and priorities, why they moved, and the act by which they came or went."""
    if not len(ids):
        return {}
    rows = Item.objects.filter(pk__in=ids.tolist()).values_list("pk", "number", "title")
    names = {pk: (f"{product.key}-{number}", title) for pk, number, title in rows}
    places = [order.places(ids).tolist() for order in (before, after)]
    priorities = [_priorities(order, places[end]) for end, order in enumerate((before, after))]
    acts = move_events.ways_of(list(ways.keys() & set(ids.tolist())), before.at, after.at)
    past = asof.of_items(product.pk, before.at, ids.tolist())
    causes = _causes(past, before.at, after.at, ids.tolist())
    found = {}
    for at, pk in enumerate(ids.tolist()):
        if pk not in names:
            continue
        moved, cause = causes.get(pk, (None, ""))
        found[pk] = Mover(
            pk,
            *names[pk],
            way=ways.get(pk, ""),
            rank_before=places[0][at] or None,
            rank_after=places[1][at] or None,
            priority_before=priorities[0][at],
            priority_after=priorities[1][at],
            cause=cause,
            event=acts.get(pk),
            movement=moved,
        )
    return found


def _priorities(order: Standing, places: Sequence[int]) -> list[float | None]:
    found = [float(order.priority[place - 1]) if place else np.nan for place in places]
    return [None if np.isnan(each) else each for each in found]


def _causes(
    past: asof.Past, a: datetime, b: datetime, ids: Iterable[int]
) -> dict[int, tuple[Movement, str]]:
    """By item of ``ids`` that had a queue at both instants: its movement, and why in a few words."""
    numbers = (past.version_at(a).number, past.version_at(b).number)
    firsts, lasts = past.snapshots(a), past.snapshots(b)
    both = sorted(firsts.keys() & lasts.keys() & set(ids))
    moved = movements([(firsts[pk], lasts[pk]) for pk in both])
    return {
        pk: (
            each,
            move_words.cause(each, lasts[pk].rubric, firsts[pk].item, lasts[pk].item, numbers),
        )
        for pk, each in zip(both, moved, strict=True)
    }


# --- Parts ------------------------------------------------------------------------------------------


def _parts(
    moved: Movement,
    a: Snapshot,
    b: Snapshot,
    versions: tuple[int, int],
    events: Mapping[str, Sequence[Event]],
) -> tuple[PartMove, ...]:
    scores: tuple[ItemScore, ItemScore] = (
        score_one(a.rubric, a.item, a.at),
        score_one(b.rubric, b.item, b.at),
    )
    pillars = {each.key: each.pillar for each in b.rubric.criteria}
    found = []
    for key in MOVES:
        criteria = tuple(each for each in moved.criteria if pillars[each.key] == key)
        found.append(
            PartMove(
                key=key,
                label=move_words.LABELS[key],
                points=moved.parts[key],
                sentence=move_words.part(key, moved.parts[key], a, b, scores, versions, criteria),
                criteria=criteria,
                events=tuple(_behind(key, b.rubric, events)),
            )
        )
    return tuple(found)


def _behind(key: str, rubric: Rubric, events: Mapping[str, Sequence[Event]]) -> list[Event]:
    """The events that a part rests on: by name, or by the criteria and the kinds of signals of a pillar."""
    wanted = [key]
    if key == "confidence":
        wanted += [each.key for each in rubric.criteria] + list(rubric.signal_kinds)
    for criterion in rubric.criteria:
        if criterion.pillar == key:
            wanted += [criterion.key, *(criterion.evidence.kinds if criterion.evidence else ())]
    found = {each.change_id or id(each): each for name in wanted for each in events.get(name, ())}
    return sorted(found.values(), key=lambda each: each.at)


def _sentence(
    before: Point, after: Point, parts: Sequence[PartMove], groups: Sequence[RankGroup]
) -> str:
    biggest = max(parts, key=lambda each: abs(each.points), default=None)
    return move_words.headline(
        ranks=(before.rank, after.rank),
        priorities=(before.priority, after.priority),
        queues=(before.queue, after.queue),
        states=(before.state, after.state),
        biggest=biggest.sentence if biggest and abs(biggest.points) >= 0.05 else "",
        counts={each.key: each.count for each in groups},
    )


def briefs(product_id: int, a: datetime, b: datetime, ids: Iterable[int]) -> dict[int, str]:
    """By item that was there at ``a`` and is open at ``b``: how its priority moved and what moved it most.

    The same movement as :func:`item_move`'s, in half a sentence. About twenty queries, none without ids.
    """
    wanted = np.array(sorted(set(ids)), dtype=np.int64)
    if not len(wanted):
        return {}
    past = asof.of_items(product_id, a, wanted.tolist())
    is_ranked = past.where(b).ranked
    kept = [pk for pk, ranked in zip(past.ids.tolist(), is_ranked.tolist(), strict=True) if ranked]
    return {
        pk: move_words.brief(moved, cause)
        for pk, (moved, cause) in _causes(past, a, b, kept).items()
    }


# --- A queue ----------------------------------------------------------------------------------------


def queue_move(
    product: Product, kind: str, a: datetime, b: datetime, *, named: int = NAMED
) -> QueueMove:
    """What moved in a queue between two instants: the biggest risers and fallers, what came and what went.

    Risers gained the most places among the items that are in both orders; of equal ones, the most points first.
    """
    before, after = standings.standings(product.pk, kind, [a, b])
    was = before.places(after.ids)
    stayed = np.flatnonzero(was > 0)
    places = was[stayed] - (stayed + 1)
    points = after.priority[stayed] - before.priority[was[stayed] - 1]
    points = np.where(np.isnan(points), 0.0, points)
    rising = stayed[np.lexsort((stayed, -points, -places))]
    falling = stayed[np.lexsort((stayed, points, places))]
    rose, fell = int((places > 0).sum()), int((places < 0).sum())
    risers, fallers = after.ids[rising[: min(named, rose)]], after.ids[falling[: min(named, fell)]]
    arrived = after.ids[was == 0]
    left = before.ids[after.places(before.ids) == 0]
    ways = _ways(product, before, after, np.concatenate([left, arrived]))
    chosen = np.unique(np.concatenate([risers, fallers, arrived[:named], left[:named]]))
    movers = _movers(product, before, after, chosen, ways)

    def listed(ids: Wholes) -> list[Mover]:
        return [movers[pk] for pk in ids.tolist() if pk in movers]

    def explained(ids: Wholes) -> list[Mover]:
        return [replace(each, around=_around(before, after, each.pk)) for each in listed(ids)]

    return QueueMove(
        before=before,
        after=after,
        risers=explained(risers),
        fallers=explained(fallers),
        rose=rose,
        fell=fell,
        arrived=RankGroup(
            "arrived",
            len(arrived),
            _counted(ways[pk] for pk in arrived.tolist() if pk in ways),
            listed(arrived[:named]),
        ),
        left=RankGroup(
            "left",
            len(left),
            _counted(ways[pk] for pk in left.tolist() if pk in ways),
            listed(left[:named]),
        ),
    )


def _around(before: Standing, after: Standing, item_id: int) -> str:
    found = standings.rank_moves(before, after, item_id)
    return move_words.around({key: len(getattr(found, key)) for key in GROUPS}) if found else ""


def queue_rows(
    product: Product, before: Standing, after: Standing, start: int, size: int
) -> list[Mover]:
    """Items of both orders from place ``start`` on: by the rank after, then those that left by the rank before."""
    gone = before.ids[after.places(before.ids) == 0]
    ids = np.concatenate([after.ids, gone])[start : start + size]
    only_one = ids[(before.places(ids) == 0) | (after.places(ids) == 0)]
    ways = _ways(product, before, after, only_one)
    movers = _movers(product, before, after, ids, ways)
    return [movers[pk] for pk in ids.tolist() if pk in movers]


# --- Over time --------------------------------------------------------------------------------------


def course(item: Item, a: datetime, b: datetime) -> list[Point]:
    """Priority and rank week by week (Mondays, 0:00 UTC) up to ``b``, from ``a`` or twelve weeks before, oldest first.

    Only from when the item came in. At most so many weeks as there are, and 26.
    """
    monday = (b - timedelta(days=b.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    first = min(a, b - timedelta(weeks=CHART_WEEKS))
    weeks = [monday - timedelta(weeks=back) for back in range(25)]
    instants = sorted({each for each in weeks if first <= each < b} | {a, b})
    past = asof.of_items(item.product_id, instants[0], [item.pk])
    points = [_point(past, item.pk, at) for at in instants]
    there = [point for point in points if point.state]
    orders = _orders(item.product_id, there)
    return [_ranked(point, order, item.pk) for point, order in zip(there, orders, strict=True)]
