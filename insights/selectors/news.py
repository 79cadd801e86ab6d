"""What digests are made from: a product's news, read once for all its readers, and what is asked of each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from accounts import rights
from accounts.models import Membership, Product
from backlog import selectors
from backlog.models import ChainHead, Change, ChangeSeal, Comment, Item
from backlog.vocabulary import OPEN_STATES, Band, State
from insights.news import MADE, Happening
from insights.selectors.leadership import Leadership, leadership_of
from reviews.models import Assignment

WORKING = 12
DUE = 40
#: Due dates are read as far ahead as the longest period reaches.
AHEAD = timedelta(days=7)
REVIEWS = 5
MENTIONS = 3


@dataclass(frozen=True)
class Work:
    """An item under way, with its place in its queue."""

    item: Item
    rank: int | None


@dataclass(frozen=True)
class ProductNews:
    """A product at ``now``. ``working`` the best ranked of ``under_way``; ``due`` the earliest of what is due soon.

    ``happenings``: (position in the chain of changes, or None while unsealed; the change), in order, after the position
    ``after``; ``through`` is the last position. ``names``: item id -> (key, title).
    """

    product: Product
    now: datetime
    working: list[Work]
    under_way: int
    due: list[Item]
    due_by_day: dict[int, int]
    overdue: int
    triage: int
    unowned: int
    leadership: Leadership
    after: int
    through: int
    happenings: list[tuple[int | None, Happening]]
    names: dict[int, tuple[str, str]]

    def since(self, position: int) -> list[Happening]:
        """What happened behind a position. ValueError for one before ``after``: that was not read."""
        if position < self.after:
            raise ValueError(f"The news begin behind {self.after}, {position} was asked for.")
        return [each for at, each in self.happenings if at is None or at > position]


@dataclass
class Asked:
    """What is asked of one person: rounds of review that wait, own items, mentions. ``triages``: they may."""

    role: str | None = None
    triages: bool = False
    reviews: list[Assignment] = field(default_factory=list)
    overdue: int = 0
    due: dict[int, int] = field(default_factory=dict)
    mentions: list[Comment] = field(default_factory=list)


def product_news(
    product: Product, *, now: datetime, after: int, unsealed_since: datetime | None = None
) -> ProductNews:
    """The news of a product since the position ``after``. About two dozen queries, whatever its size.

    ``unsealed_since``: also changes from then on that the sealing has not seen yet (a preview, which may not write).
    """
    items = Item.objects.filter(product=product).select_related(
        "product", "queue", "owner", "summary"
    )
    running = items.filter(summary__state__in=[State.IN_PROGRESS, State.IN_REVIEW])
    page = selectors.ranked_page(running, product=product, size=WORKING)
    soon = items.filter(state__in=OPEN_STATES, due_at__lt=now + AHEAD)
    counts = _counts(product, now)
    head = ChainHead.objects.filter(product=product).first()
    through = head.position if head else 0
    unsealed = None
    if unsealed_since is not None:
        sealed_through = head.sealed_through if head else 0
        unsealed = Q(seal__isnull=True, pk__gt=sealed_through, at__gte=unsealed_since)
    happenings = list(_happenings(product, after, through, unsealed))
    return ProductNews(
        product=product,
        now=now,
        working=[Work(item, page.ranks.get(item.pk)) for item in page.items],
        under_way=counts["under_way"],
        due=list(soon.order_by("due_at", "pk")[:DUE]),
        due_by_day={1: counts["due_1"], 7: counts["due_7"]},
        overdue=counts["overdue"],
        triage=counts["triage"],
        unowned=counts["unowned"],
        leadership=leadership_of(product, now=now),
        after=after,
        through=through,
        happenings=happenings,
        names=_names(product, {each.item_id for _, each in happenings if each.item_id}),
    )


def _counts(product: Product, now: datetime) -> dict[str, int]:
    """One query."""
    due = Q(due_at__gte=now)
    return Item.objects.filter(product=product, state__in=OPEN_STATES).aggregate(
        under_way=Count("pk", filter=Q(state__in=[State.IN_PROGRESS, State.IN_REVIEW])),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
        due_1=Count("pk", filter=due & Q(due_at__lt=now + timedelta(days=1))),
        due_7=Count("pk", filter=due & Q(due_at__lt=now + timedelta(days=7))),
        triage=Count("pk", filter=Q(state=State.TRIAGE)),
        unowned=Count("pk", filter=Q(summary__band=Band.ACT_NOW, owner__isnull=True)),
    )


def _happenings(
    product: Product, after: int, through: int, unsealed: Q | None
) -> Iterable[tuple[int | None, Happening]]:
    """Changes by their position; what was made anew comes without its fields, an import can be large. Two queries."""
    sealed = Q(seal__product=product, seal__position__gt=after, seal__position__lte=through)
    rows = Change.objects.filter(sealed if unsealed is None else sealed | unsealed, product=product)
    columns = ("seal__position", "id", "verb", "item_id", "actor_name")
    told = rows.exclude(verb__in=MADE).values_list(*columns, "fields", "reason", "actor_id")
    made = rows.filter(verb__in=MADE).values_list(*columns)
    found: list[tuple[int | None, Happening]] = [
        (position, Happening(pk, verb, item_id, name if actor else "", fields, reason))
        for position, pk, verb, item_id, name, fields, reason, actor in told.iterator(
            chunk_size=2000
        )
    ]
    found += [
        (position, Happening(pk, verb, item_id, name))
        for position, pk, verb, item_id, name in made.iterator(chunk_size=5000)
    ]
    return sorted(found, key=lambda row: (row[0] is None, row[0] or 0, row[1].id))


def _names(product: Product, item_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Keys and titles. One query a thousand items."""
    found: dict[int, tuple[str, str]] = {}
    ids = sorted(item_ids)
    for start in range(0, len(ids), 1000):
        rows = Item.objects.filter(product=product, pk__in=ids[start : start + 1000]).order_by("pk")
        for pk, number, title in rows.values_list("pk", "number", "title"):
            found[pk] = (f"{product.key}-{number}", title)
    return found


def position_at(product: Product, instant: datetime) -> int:
    """The position of the last sealed change that was logged before ``instant``; 0 without one. One query."""
    seals = ChangeSeal.objects.filter(product=product, change__at__lt=instant)
    return seals.order_by("-position").values_list("position", flat=True).first() or 0


def asked_of(
    product: Product, user_ids: Collection[int], *, now: datetime, since: datetime
) -> dict[int, Asked]:
    """What is asked of these people now, and who mentioned them ``since``. Seven queries, however many they are."""
    found = {pk: Asked() for pk in user_ids}
    triaging = set(rights.holders("item.triage", product))
    members = Membership.objects.filter(product=product, user_id__in=found).order_by("pk")
    for pk, role in members.values_list("user_id", "role"):
        found[pk].role, found[pk].triages = role, role in triaging
    waiting = (
        Assignment.objects.filter(product=product, reviewer_id__in=found, waiting=True)
        .select_related("stage__cycle__version", "stage__cycle__asset")
        .order_by("id")
    )
    for assignment in waiting:
        found[assignment.reviewer_id].reviews.append(assignment)
    for owner, overdue, due_1, due_7 in _own(product, found, now):
        found[owner].overdue = overdue
        found[owner].due = {1: due_1, 7: due_7}
    for user_id, comment in _mentions(product, found, since):
        found[user_id].mentions.append(comment)
    return found


def _own(
    product: Product, user_ids: Collection[int], now: datetime
) -> QuerySet[Item, tuple[int, int, int, int]]:
    mine = Item.objects.filter(
        product=product, owner_id__in=user_ids, state__in=OPEN_STATES, due_at__lt=now + AHEAD
    )
    due = Q(due_at__gte=now)
    return (
        mine.values("owner_id")
        .annotate(
            overdue=Count("pk", filter=Q(due_at__lt=now)),
            due_1=Count("pk", filter=due & Q(due_at__lt=now + timedelta(days=1))),
            due_7=Count("pk", filter=due),
        )
        .order_by("owner_id")
        .values_list("owner_id", "overdue", "due_1", "due_7")
    )


def _mentions(
    product: Product, user_ids: Collection[int], since: datetime
) -> list[tuple[int, Comment]]:
    """Comments that mention these people, newest first."""
    pairs = (
        Comment.mentions.through.objects.filter(
            user_id__in=user_ids, comment__item__product=product, comment__created_at__gte=since
        )
        .select_related("comment__item", "comment__author")
        .order_by("-comment__created_at", "-comment_id")
    )
    found = []
    for pair in pairs:
        pair.comment.item.product = product
        found.append((pair.user_id, pair.comment))
    return found
