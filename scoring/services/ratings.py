"""Entering ratings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog import events
from backlog.models import Item
from backlog.services import changes, summaries
from core.errors import Invalid
from core.inserting import insert
from scoring.current import rubric_in_force
from scoring.models import Rating
from scoring.rubrics import CERTAINTY, MAX_LEVEL, Rubric


@dataclass(frozen=True)
class Entry:
    """A rating as entered; ``level`` None takes the rating back."""

    level: float | None
    certainty: str = "informed"


@transaction.atomic
def rate_item(
    *,
    actor: Actor,
    item: Item,
    entries: Mapping[str, Entry],
    reason: str = "",
    now: datetime | None = None,
) -> dict[str, Rating]:
    """Rate an item on some criteria; the others stay as they are. The item is rescored at once.

    Entering the same level and certainty again confirms the rating: it is fresh again, and no longer "from import".
    Raises Invalid (unknown criterion, level outside 0 to 5, unknown certainty), NotAllowed.
    """
    right = rights.require(actor, "rating.enter", item.product)
    now = now or timezone.now()
    _, rubric = rubric_in_force(item.product_id)
    _check(rubric, entries)
    before = {rating.criterion: rating for rating in Rating.objects.filter(item=item)}
    fields: dict[str, tuple[object, object]] = {}
    for criterion, entry in entries.items():
        old = before.get(criterion)
        was = {"level": old.level, "certainty": old.certainty} if old else None
        if entry.level is None:
            if old is not None:
                old.delete()
                del before[criterion]
                fields[criterion] = (was, None)
            continue
        before[criterion] = Rating(
            product=item.product,
            item=item,
            criterion=criterion,
            level=entry.level,
            certainty=entry.certainty,
            source=Rating.Source.PERSON,
            rated_by=actor.user,
            rated_at=now,
        )
        fields[criterion] = (was, {"level": entry.level, "certainty": entry.certainty})
    given = [before[criterion] for criterion, entry in entries.items() if entry.level is not None]
    Rating.objects.bulk_create(  # whoever rates the same criterion at once: the later one counts
        given,
        update_conflicts=True,
        unique_fields=["item", "criterion"],
        update_fields=["level", "certainty", "source", "rated_by", "rated_at"],
    )
    if fields:
        changes.record(
            actor=actor,
            product=item.product,
            entries=[
                changes.Entry("rating.entered", item, item, fields, reason=reason, right=right)
            ],
            now=now,
        )
        summaries.mark_stale([item.pk], now)
        events.publish(
            "item.inputs_changed", product_id=item.product_id, item_ids=[item.pk], now=now
        )
    return before


def _check(rubric: Rubric, entries: Mapping[str, Entry]) -> None:
    problems: dict[str, list[str]] = {}
    for criterion, entry in entries.items():
        if criterion not in rubric.criterion_index:
            problems[criterion] = ["The rubric has no such criterion."]
        elif entry.level is not None and not 0 <= entry.level <= MAX_LEVEL:
            problems[criterion] = [f"A level is between 0 and {MAX_LEVEL}."]
        elif entry.certainty not in CERTAINTY:
            problems[criterion] = [f"Certainty is one of: {', '.join(CERTAINTY)}."]
    if problems:
        raise Invalid("Some ratings cannot be used. Nothing was saved.", fields=problems)


def propose_ratings(
    *,
    actor: Actor,
    product: Product,
    proposals: Sequence[tuple[int, Mapping[str, float]]],
    now: datetime | None = None,
) -> int:
    """Starting ratings of imported items, as guesses "from import" where nobody has rated yet. Returns rows added.

    ``proposals``: (item id, criterion -> level). Never replaces a rating; one that is entered at the same instant
    raises IntegrityError, and the caller's next try sees it. Two queries, and one for every 500 items.
    """
    rights.require(actor, "import.run", product)
    now = now or timezone.now()
    _, rubric = rubric_in_force(product.pk)
    ids = [item_id for item_id, _ in proposals]
    rated: set[tuple[int, str]] = set()
    for start in range(0, len(ids), 500):
        there = Rating.objects.filter(item_id__in=ids[start : start + 500])
        rated.update(there.values_list("item_id", "criterion"))
    rows = [
        Rating(
            product=product,
            item_id=item_id,
            criterion=criterion,
            level=level,
            certainty="guess",
            source=Rating.Source.IMPORT,
            rated_by=actor.user,
            rated_at=now,
        )
        for item_id, levels in proposals
        for criterion, level in levels.items()
        if criterion in rubric.criterion_index and (item_id, criterion) not in rated
    ]
    insert(rows)
    return len(rows)


def copy_to_parts(
    *, source_id: int, part_ids: Sequence[int], actor_id: int | None, now: datetime
) -> None:
    """Listens to ``item.split``: the parts begin with the ratings of the whole, as guesses as old as they are.

    A part may be worth less or more than the whole was; a guess says so, lowers the confidence, and comes up again.
    """
    source = Item.objects.select_related("product").get(pk=source_id)
    ratings = list(Rating.objects.filter(item=source).order_by("criterion"))
    if not ratings:
        return
    parts = Item.objects.filter(pk__in=part_ids).order_by("pk")
    insert(
        [
            Rating(
                product=source.product,
                item=part,
                criterion=row.criterion,
                level=row.level,
                certainty="guess",
                source=row.source,
                rated_by_id=row.rated_by_id,
                rated_at=row.rated_at,
            )
            for part in parts
            for row in ratings
        ]
    )
    fields = {row.criterion: (None, {"level": row.level, "certainty": "guess"}) for row in ratings}
    changes.record(
        actor=Actor.system(),
        product=source.product,
        entries=[
            changes.Entry(
                "rating.entered", part, part, fields, reason=f"Copied as guesses from {source.key}."
            )
            for part in parts
        ],
        now=now,
    )
    summaries.mark_stale(list(part_ids), now)
    events.publish(
        "item.inputs_changed", product_id=source.product_id, item_ids=list(part_ids), now=now
    )
