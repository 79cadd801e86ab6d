"""How notices come: chosen by their person, topic by topic; mails ended by whoever holds the mailed link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product, User
from core.errors import Invalid
from notices.models import Notice, NoticePreference
from notices.vocabulary import DEFAULTS, Topic, Way


def ways_of(person: User, product: Product) -> dict[str, str]:
    """How each topic comes to a person. One query."""
    chosen = NoticePreference.objects.filter(product=product, person=person)
    return DEFAULTS | dict(chosen.values_list("topic", "way"))


@transaction.atomic
def set_ways(
    *, actor: Actor, product: Product, ways: Mapping[str, str], now: datetime | None = None
) -> dict[str, str]:
    """Choose how topics come; those that are not named stay as they are. Raises Invalid, NotAllowed."""
    rights.require(actor, "notice.keep", product)
    problems: dict[str, list[str]] = {}
    for topic, way in ways.items():
        if topic not in Topic.values:
            problems[topic[:40]] = [f"Use one of: {', '.join(Topic.values)}."]
        elif way not in Way.values:
            problems[topic] = [f"Use one of: {', '.join(Way.values)}."]
    if problems:
        raise Invalid("Nothing was changed.", fields=problems)
    _keep(actor.person, product, ways, now or timezone.now())
    return ways_of(actor.person, product)


@transaction.atomic
def stop_mails(*, person: User, product: Product, now: datetime | None = None) -> bool:
    """End the mails of a product by their link, without signing in; the inbox goes on. False: there were none."""
    mailed = [topic for topic, way in ways_of(person, product).items() if way == Way.MAIL]
    _keep(person, product, dict.fromkeys(mailed, Way.INBOX.value), now or timezone.now())
    waiting = Notice.objects.filter(product=product, person=person, to_mail=True, mailed_at=None)
    waiting.update(to_mail=False)
    return bool(mailed)


def _keep(person: User, product: Product, ways: Mapping[str, str], now: datetime) -> None:
    NoticePreference.objects.bulk_create(
        [
            NoticePreference(product=product, person=person, topic=topic, way=way, changed_at=now)
            for topic, way in ways.items()
        ],
        update_conflicts=True,
        unique_fields=["product", "person", "topic"],
        update_fields=["way", "changed_at"],
    )
