"""Wishes for digests: set by their person, ended by whoever holds the mailed link."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.jobs.seals import seal_product
from backlog.models import ChainHead
from core.errors import Invalid
from insights import planning
from insights.models import Digest, DigestPreference
from insights.vocabulary import Cadence, Weekday


@transaction.atomic
def set_preference(
    *,
    actor: Actor,
    product: Product,
    cadence: str,
    hour: int,
    weekday: int,
    now: datetime | None = None,
) -> DigestPreference:
    """Say when one wants the digest of a product. Raises Invalid, NotAllowed; NotFound for strangers.

    Turned on anew it begins with what happens from now on; otherwise it goes on where the last one ended.
    """
    rights.require(actor, "digest.receive", product)
    problems: dict[str, list[str]] = {}
    if cadence not in Cadence.values:
        problems["cadence"] = [f"Choose one of: {', '.join(Cadence.values)}."]
    if not 0 <= hour <= 23:
        problems["hour"] = ["Choose a full hour from 0 to 23."]
    if weekday not in Weekday.values:
        problems["weekday"] = ["Choose a day of the week."]
    if problems:
        raise Invalid("The digest was left as it was.", fields=problems)
    now = now or timezone.now()
    person = actor.person
    found, _ = DigestPreference.objects.select_for_update().get_or_create(
        product=product, user=person
    )
    if found.cadence == Cadence.OFF:
        seal_product(product.pk)  # so that the position is that of everything that is there now
        head = ChainHead.objects.filter(product=product).first()
        found.covered_until = now
        found.covered_through = head.position if head else 0
    if found.cadence != cadence:
        found.last_on = None
    found.cadence, found.hour, found.weekday, found.zone = cadence, hour, weekday, person.time_zone
    found.refusals = 0
    found.changed_at = now
    lately = Digest.objects.filter(
        user=person, product=product, due_at__gte=now - timedelta(days=8)
    )
    planning.plan_anew(found, now=now, had=set(lately.values_list("period", flat=True)))
    found.save()
    return found


def unsubscribe(*, preference: DigestPreference, now: datetime | None = None) -> bool:
    """End a digest by its mailed link, without signing in. Idempotent; False when it was off already."""
    running = DigestPreference.objects.filter(pk=preference.pk).exclude(cadence=Cadence.OFF)
    return bool(
        running.update(
            cadence=Cadence.OFF, next_on=None, next_at=None, changed_at=now or timezone.now()
        )
    )
