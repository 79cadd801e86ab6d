"""Making notices of the change log: a product's changes are read in the order of their seals, after a kept position.

The sealer gives a change that commits late its place when it is seen, behind what was sealed before it, so reading by
position misses none. Running twice, or at the same moment, adds nothing: the position is moved by comparison in the
transaction that adds the notices, and a person has one notice of a change.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import rights
from accounts.models import Membership, Product
from backlog.jobs.seals import seal_all, seal_product
from backlog.models import ChainHead, Change, ChangeSeal
from core.queueing import enqueue_on_commit
from notices.audience import concerned, may_concern
from notices.models import Followed, Notice, NoticePreference
from notices.vocabulary import DEFAULTS, Topic, Way

BATCH = 500
#: What happened before is no news: an installation that follows for the first time, and what is told of long ago.
NEWS = timedelta(days=7)
#: Topics in which one act can concern a person many times over: it is told once, with a count.
JOINED = frozenset({Topic.ASSIGNED, Topic.BRIEF, Topic.PUBLISHED, Topic.REPLACEMENT})


def wake(*, product_id: int, changes: Sequence[Change]) -> None:
    """Listens to ``changes.recorded``: a worker makes notices after the commit if they could concern anybody."""
    if any(may_concern(change) for change in changes):
        enqueue_on_commit("notices.follow", {"product_id": product_id})


def follow_all(now: datetime | None = None) -> int:
    """Follow every product whose chain goes on behind what was read; returns how many notices were made."""
    seal_all(now)
    through = Followed.objects.filter(product=OuterRef("product")).values("through")
    behind = ChainHead.objects.annotate(
        read=Coalesce(Subquery(through), 0),
    ).filter(position__gt=F("read"))
    products = list(behind.order_by("product_id").values_list("product_id", flat=True))
    return sum(follow(pk, now) for pk in products)


def follow(product_id: int, now: datetime | None = None) -> int:
    """Seal what a product's log has, and make notices of what is new in it; returns how many. Idempotent."""
    now = now or timezone.now()
    seal_product(product_id, now)
    Followed.objects.get_or_create(product_id=product_id)
    made = 0
    while True:
        read, added = _follow_batch(product_id, now)
        made += added
        if read < BATCH:
            return made


@transaction.atomic
def _follow_batch(product_id: int, now: datetime) -> tuple[int, int]:
    """How many changes were read, and how many notices made of them."""
    place = Followed.objects.select_for_update().get(product_id=product_id)
    seals = ChangeSeal.objects.filter(product=product_id, position__gt=place.through)
    rows = list(seals.select_related("change__product").order_by("position")[:BATCH])
    if not rows:
        return 0, 0
    news = [each.change for each in rows if each.change.at > now - NEWS]
    notices = _notices(rows[0].change.product, news, now) if news else []
    moved = Followed.objects.filter(product_id=product_id, through=place.through).update(
        through=rows[-1].position
    )
    if not moved:  # another worker was quicker (SQLite has no row locks): its notices stand
        transaction.set_rollback(True)
        return 0, 0
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(rows), len(notices)


def _notices(product: Product, changes: Sequence[Change], now: datetime) -> list[Notice]:
    """The notices of ``changes``: for members who may have them, of others' acts, as each wants them."""
    told = [(change, people) for change in changes if (people := concerned(change))]
    if not told:
        return []
    members = _receiving(product)
    everybody = {pk for _, people in told for pk in people} & members
    wishes = _wishes(product, everybody)
    found: dict[tuple[object, ...], Notice] = {}
    for change, people in told:
        act = (change.verb, change.at, change.actor_id)
        for pk, topic in people.items():
            way = wishes.get((pk, topic), DEFAULTS[topic])
            if pk not in everybody or pk == change.actor_id or way == Way.OFF:
                continue
            key = (pk, topic, *act) if topic in JOINED else (pk, change.pk)
            if key in found:
                found[key].others += 1
                continue
            found[key] = Notice(
                product=product,
                person_id=pk,
                change=change,
                topic=topic,
                note_id=change.subject_id if change.subject_type == "note" else None,
                made_at=now,
                to_mail=way == Way.MAIL,
            )
    return list(found.values())


def _receiving(product: Product) -> set[int]:
    roles = rights.holders("notice.keep", product)
    members = Membership.objects.filter(product=product, role__in=roles, user__is_active=True)
    return set(members.values_list("user", flat=True))


def _wishes(product: Product, people: Collection[int]) -> dict[tuple[int, Topic], str]:
    rows = NoticePreference.objects.filter(product=product, person__in=people)
    return {
        (person, Topic(topic)): way
        for person, topic, way in rows.values_list("person", "topic", "way")
    }
