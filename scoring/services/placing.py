"""Hand moves: an item put above or below another one of its queue, by the points that this takes."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog import events, selectors
from backlog.models import Item, Queue
from backlog.services import changes, summaries
from core import text
from core.errors import Conflict, Invalid, NotAllowed
from scoring.current import rubric_in_force
from scoring.engine import hand_move, score
from scoring.explain import headline_of
from scoring.jobs.inputs import read
from scoring.models import Adjustment
from scoring.move_words import nth
from scoring.services import adjustments

WAYS = ("above", "below", "top", "bottom", "up", "down", "place")
SAME_POINTS = 0.005


@dataclass(frozen=True)
class Target:
    """Where to: ``way`` of ``WAYS``, with the item for above and below, with the place (1 is first) for place."""

    way: str
    item: Item | None = None
    place: int | None = None


@dataclass(frozen=True)
class Plan:
    """What a hand move would take and do.

    points: of the new adjustment; total: of all that run then. priority, rank: before and after. replaces: running hand
    moves of the same person on this item, which end with the new one.
    """

    item: Item
    neighbour: Item
    above: bool
    points: float
    total: float
    limit: float
    allowed: bool
    priority: tuple[float, float]
    rank: tuple[int, int]
    size: int
    replaces: Sequence[Adjustment]

    @property
    def sentence(self) -> str:
        """What it takes, and where that leads."""
        side = "above" if self.above else "below"
        words = f"To stand just {side} {self.neighbour.key}, {self.item.key} needs {self.points:+.2f} points"
        was, now = self.rank
        if was == now:
            return f"{self.item.key} stands there already: {nth(was)} of {self.size:,}."
        if not self.allowed:
            return f"{words}{self._with_others}. That is more than the {self.limit:g} that judgement may add or take."
        lands = (
            f": priority {self.priority[1]:.2f}, {nth(now)} of {self.size:,} (it is {nth(was)})."
        )
        return f"{words}{self._with_others}{lands}"

    @property
    def _with_others(self) -> str:
        return "" if self.total == self.points else f" ({self.total:+.2f} with what runs already)"


def plan(*, actor: Actor, item: Item, target: Target, now: datetime | None = None) -> Plan:
    """What it would take; writes nothing. Raises Invalid or Conflict where there is no such place. Some ten queries."""
    now = now or timezone.now()
    _check_ranked(item)
    _, rubric = rubric_in_force(item.product_id)
    batch = read(rubric, item.product_id, [item.pk], now)
    assert batch is not None  # it has a queue
    scores = score(rubric, batch.inputs)
    if not scores.scored[0]:
        missing = scores.item(rubric, 0).missing
        raise Invalid(
            f"{item.key} cannot be moved by hand yet. {headline_of(None, '', missing)}",
            code="unscored",
        )
    neighbour, above = _neighbour(item, target)
    other = neighbour.summary.priority
    if other is None:
        missing = tuple(each for each in neighbour.summary.missing.split(",") if each)
        raise Invalid(
            f"{neighbour.key} has no priority to be above or below. {headline_of(None, '', missing)}",
            code="neighbour_unscored",
        )
    mine = list(
        Adjustment.objects.filter(
            item=item,
            made_by=actor.user,
            moved_past__isnull=False,
            expires_at__gt=now,
            ended_at=None,
        ).order_by("pk")
    )
    earned = math.fsum(scores.parts[0, :6].tolist())
    others = math.fsum([float(batch.inputs.adjustment[0]), *(-row.points for row in mine)])
    found = hand_move(rubric, earned=earned, adjustment=others, neighbour=other, above=above)
    priority = min(100.0, max(0.0, earned + found.total))
    return Plan(
        item=item,
        neighbour=neighbour,
        above=above,
        points=found.points,
        total=found.total,
        limit=rubric.max_adjustment,
        allowed=found.allowed,
        priority=(float(scores.priority[0]), priority),
        rank=(selectors.rank_of(item) or 0, selectors.rank_with(item, -priority)),
        size=selectors.queue_counts(item.product)[item.summary.queue_kind],
        replaces=mine,
    )


@transaction.atomic
def place_item(
    *,
    actor: Actor,
    item: Item,
    target: Target,
    claim: str,
    expires_at: datetime,
    evidence: str = "",
    expected: float | None = None,
    now: datetime | None = None,
) -> tuple[Adjustment, Plan]:
    """Put an item where ``target`` says: one adjustment more, whatever the length of the list.

    A running hand move of the same person on this item ends in the same act: it would be two claims about one place.
    ``expected``: the points that were shown; Conflict where it would take others by now. Raises Invalid (no such place,
    beyond the limit, claim, end), Conflict (it stands there already), NotAllowed.
    """
    right = rights.require(actor, "adjustment.make", item.product)
    now = now or timezone.now()
    if item.queue_id is not None:
        # two hand moves in one queue meet here, and the second sees where the first one led
        Queue.objects.select_for_update(no_key=True).get(pk=item.queue_id)
    item.summary.refresh_from_db()
    found = plan(actor=actor, item=item, target=target, now=now)
    if expected is not None and abs(found.points - expected) > SAME_POINTS:
        raise Conflict(
            f"The order has moved meanwhile: it would take {found.points:+.2f} points now, not {expected:+.2f}. Nothing"
            " was written; look again, then decide.",
            code="moved_meanwhile",
            extra={"points": found.points},
        )
    if not found.allowed:
        raise Invalid(
            f"{found.sentence} Nothing was written.",
            code="beyond_limit",
            fields={
                "points": [f"{found.total:+.2f} would be needed, {found.limit:g} are allowed."]
            },
            extra={"points": found.points, "total": found.total, "limit": found.limit},
        )
    if found.rank[0] == found.rank[1]:
        raise Conflict(f"{item.key} stands there already.", code="there_already")
    claim = adjustments.checked_claim(claim, expires_at, now)
    row = Adjustment.objects.create(
        product=item.product,
        item=item,
        points=found.points,
        claim=claim,
        evidence=text.one_line(evidence)[:500],
        made_by=actor.user,
        made_at=now,
        expires_at=expires_at,
        moved_past=found.neighbour,
        above=found.above,
    )
    side = "put_above" if found.above else "put_below"
    fields = {
        side: (None, found.neighbour),
        "points": (None, found.points),
        "expires_at": (None, expires_at),
    }
    entries = [changes.Entry("adjustment.made", row, item, fields, reason=claim, right=right)]
    for old in found.replaces:
        old.ended_at = now
        old.save(update_fields=["ended_at"])
        entries.append(_ended(old, item, "Put elsewhere by the same person.", right))
    _record(actor, item, entries, now)
    return row, found


@transaction.atomic
def take_back(*, actor: Actor, adjustment: Adjustment, now: datetime | None = None) -> None:
    """Undo a hand move of one's own: it ends, and what it had replaced runs again, as a row of its own.

    Raises Conflict when it does not run any more, NotAllowed for somebody else's.
    """
    item = adjustment.item
    right = rights.require(actor, "adjustment.make", item.product)
    now = now or timezone.now()
    if adjustment.made_by_id != (actor.user.pk if actor.user else None):
        raise NotAllowed("Only the person who moved it can take the move back. End it instead.")
    running = Adjustment.objects.filter(pk=adjustment.pk, ended_at=None, expires_at__gt=now)
    if not running.update(ended_at=now):
        raise Conflict("This hand move has ended already.", code="ended_already")
    entries = [_ended(adjustment, item, "Undone.", right)]
    replaced = Adjustment.objects.filter(
        item=item,
        made_by=adjustment.made_by_id,
        ended_at=adjustment.made_at,
        moved_past__isnull=False,
        expires_at__gt=now,
    )
    for old in replaced.order_by("pk"):
        old.pk, old.made_at, old.ended_at = None, now, None
        old.save(force_insert=True)
        fields = {"points": (None, old.points), "expires_at": (None, old.expires_at)}
        entries.append(
            changes.Entry("adjustment.made", old, item, fields, reason=old.claim, right=right)
        )
    _record(actor, item, entries, now)


def _ended(row: Adjustment, item: Item, reason: str, right: str) -> changes.Entry:
    fields = {"points": (row.points, None)}
    return changes.Entry("adjustment.ended", row, item, fields, reason=reason, right=right)


def _record(actor: Actor, item: Item, entries: Sequence[changes.Entry], now: datetime) -> None:
    changes.record(actor=actor, product=item.product, entries=entries, now=now, batch=uuid.uuid4())
    summaries.mark_stale([item.pk], now)
    events.publish("item.inputs_changed", product_id=item.product_id, item_ids=[item.pk], now=now)


def _check_ranked(item: Item) -> None:
    if item.queue is None:
        raise Invalid(f"{item.key} has no queue yet, so it has no place.", code="not_ranked")
    if not item.summary.is_open:
        raise Invalid(
            f"{item.key} is {item.get_state_display().lower()}, so it has no place in the order.",
            code="not_ranked",
        )


def _neighbour(item: Item, target: Target) -> tuple[Item, bool]:
    """Whom to pass on which side. Raises Invalid or Conflict where there is nobody to pass."""
    if target.way in ("above", "below"):
        if target.item is None:
            raise Invalid("Name the other item.", fields={target.way: ["Give the item's key."]})
        return _other(item, target.item), target.way == "above"
    near = selectors.neighbours(item)
    if target.way == "up" or target.way == "top":
        before = near["before"]
        if before is None:
            raise Conflict(f"{item.key} is the first already.", code="there_already")
        return (before if target.way == "up" else selectors.nth_beside(item, 1) or before), True
    if target.way == "down":
        behind = near["behind"]
        if behind is None:
            raise Conflict(f"{item.key} is the last already.", code="there_already")
        return behind, False
    last = selectors.last_scored_beside(item)
    if last is None:
        raise Conflict(f"{item.key} is the only one with a priority.", code="there_already")
    if target.way == "bottom":
        return last, False
    if target.way != "place" or target.place is None or not 1 <= target.place <= 10**7:
        raise Invalid(
            "Say where to: above or below an item, to the top or bottom, up, down, or to a place.",
            fields={"to": ["Choose one of: top, bottom, up, down; or a place from 1."]},
        )
    beside = selectors.nth_beside(item, target.place)
    if beside is None or beside.summary.priority is None:
        return last, False  # behind the last that can be passed
    return beside, True


def _other(item: Item, other: Item) -> Item:
    if other.pk == item.pk:
        raise Invalid("An item cannot be moved past itself.", code="same_item")
    if other.product_id != item.product_id or other.queue_id != item.queue_id:
        raise Invalid(
            f"{other.key} is in another queue. Priorities of different queues cannot be compared, so an item is moved"
            " only within its own.",
            code="other_queue",
        )
    _check_ranked(other)
    return other
