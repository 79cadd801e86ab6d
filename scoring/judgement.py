"""Reads of judgement: adjustments by where they stand, and how often they held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product, User
from scoring.hit_rate import HitRate
from scoring.models import Adjustment

STATES = ("running", "waiting", "judged", "withdrawn")
#: Ran to its end; what was ended before is withdrawn, and nobody waits for a verdict on it.
_RAN_OUT = Q(ended_at=None) | Q(ended_at__gte=F("expires_at"))


@dataclass(frozen=True)
class Rates:
    """Hit rates of a product: together, by person (id) and by the queue that the item is in now."""

    all: HitRate
    people: Mapping[int, HitRate]
    queues: Mapping[str, HitRate]
    names: Mapping[int, str]

    def of(self, person_id: int | None) -> HitRate:
        return self.people.get(person_id or 0, HitRate())


def standing(state: str, now: datetime) -> Q:
    """The adjustments that are ``running``, ``waiting`` for a verdict, ``judged`` or ``withdrawn``."""
    return {
        "running": Q(verdict="", ended_at=None, expires_at__gt=now),
        "waiting": Q(_RAN_OUT, verdict="", expires_at__lte=now),
        "judged": ~Q(verdict=""),
        "withdrawn": Q(verdict="", ended_at__lt=F("expires_at")),
    }[state]


def state_of(row: Adjustment, now: datetime) -> str:
    """The same for a row that was read."""
    if row.verdict:
        return "judged"
    if row.ended_at is not None and row.ended_at < row.expires_at:
        return "withdrawn"
    return "running" if row.expires_at > now else "waiting"


def with_all(rows: QuerySet[Adjustment]) -> QuerySet[Adjustment]:
    """What a line of a list reads."""
    return rows.select_related(
        "made_by", "verdict_by", "item__product", "item__queue", "moved_past__product"
    )


def waiting_for_verdict(
    product: Product, actor: Actor, now: datetime | None = None
) -> QuerySet[Adjustment]:
    """Adjustments that ran out without a verdict and that this person may judge, the longest waiting first."""
    rows = _waiting(product, now or timezone.now())
    return rows if may_judge_own(product, actor) else rows.exclude(made_by=actor.user)


def _waiting(product: Product, now: datetime) -> QuerySet[Adjustment]:
    rows = Adjustment.objects.filter(standing("waiting", now), product=product)
    return rows.order_by("expires_at", "pk")


def waiting_count(*, actor: Actor, product: Product) -> int:
    """How many wait for this person's verdict, for the rail; capped at 1,000. One query where none is their own."""
    if not rights.allowed(actor, "adjustment.judge", product):
        return 0
    makers = list(_waiting(product, timezone.now()).values_list("made_by", flat=True)[:1000])
    own = makers.count(actor.user.pk) if actor.user else 0
    return len(makers) if not own or may_judge_own(product, actor) else len(makers) - own


def may_judge_own(product: Product, actor: Actor) -> bool:
    """Nobody judges their own claim, unless there is nobody else who may judge. Two queries."""
    others = product.memberships.filter(
        role__in=rights.holders("adjustment.judge", product), user__is_active=True
    )
    return actor.user is None or not others.exclude(user=actor.user).exists()


def rates(product: Product) -> Rates:
    """How often the product's judgements held. Two queries."""
    counted = (
        Adjustment.objects.filter(product=product)
        .exclude(verdict="")
        .values_list("made_by", "item__summary__queue_kind", "verdict")
        .annotate(count=Count("pk"))
        .order_by("made_by", "item__summary__queue_kind", "verdict")
    )
    together: dict[str, int] = {}
    people: dict[int, dict[str, int]] = {}
    queues: dict[str, dict[str, int]] = {}
    for person, kind, verdict, count in counted:
        for into in (
            together,
            people.setdefault(person or 0, {}),
            queues.setdefault(kind, {}),
        ):
            into[verdict] = into.get(verdict, 0) + count
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=people)}
    return Rates(
        HitRate.of(together),
        {pk: HitRate.of(counts) for pk, counts in people.items()},
        {kind: HitRate.of(counts) for kind, counts in queues.items()},
        names,
    )
