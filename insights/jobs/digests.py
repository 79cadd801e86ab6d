"""Sending digests: what is due is asked of the rows every minute, each is claimed, its content is decided as it goes.

At most once per person and period, also with two workers and when one is killed. Claiming moves the preference on by
compare-and-set and inserts the digest, which is unique by period. A worker that dies before it hands a mail over leaves
``pending``, which the next sweep takes up when the lease has run out; behind that point see :mod:`.delivery`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from insights import planning
from insights.cadence import Slot, newest_slot, period, slot_following
from insights.jobs.delivery import MOST_ATTEMPTS, Courier, Tally
from insights.models import Digest, DigestPreference
from insights.vocabulary import DigestState

logger = logging.getLogger(__name__)

CHUNK = 100
LEASE = timedelta(minutes=5)
#: A sweep ends in time for the next one to go on, well inside the time limit of a task.
BUDGET_SECONDS = 200.0


def sweep(*, now: datetime | None = None, budget: float = BUDGET_SECONDS) -> Tally:
    """Send what is due at ``now`` (by default whenever each part of it is reached). Safe to run twice at once."""
    begun = time.monotonic()
    follow_zones(now or timezone.now())
    if not _anything(now or timezone.now()):
        return Tally()
    connection = get_connection()
    courier = Courier(connection)
    if not _opened(connection):
        return (
            courier.tally
        )  # nothing is claimed: what is due now is still due when the server is back
    try:
        while time.monotonic() - begun < budget:
            moment = now or timezone.now()
            claimed = [*take_up(moment), *claim(moment)]
            if claimed and not courier.deliver(claimed, moment):
                break
            if not claimed and not _anything(moment):
                break
    finally:
        connection.close()
    return courier.tally


def follow_zones(now: datetime) -> int:
    """Plan anew for people who moved to another time zone; returns how many."""
    moved = DigestPreference.objects.filter(next_at__isnull=False).exclude(
        zone=F("user__time_zone")
    )
    count = 0
    for preference in moved.select_related("user").order_by("pk"):
        seen = preference.next_at
        planning.plan_for_zone(preference, preference.user.time_zone, now=now)
        count += DigestPreference.objects.filter(pk=preference.pk, next_at=seen).update(
            zone=preference.zone, next_on=preference.next_on, next_at=preference.next_at
        )
    return count


def _anything(now: datetime) -> bool:
    """Two index lookups: most minutes nothing is due."""
    return (
        DigestPreference.objects.filter(next_at__lte=now).exists()
        or Digest.objects.filter(state=DigestState.PENDING, lease_until__lte=now).exists()
    )


@transaction.atomic
def claim(now: datetime) -> list[Digest]:
    """Take what is due, at most ``CHUNK``: each preference moves on to its next slot, once, and gets its digest.

    Two workers pass each other by the locks (PostgreSQL) or one waits (SQLite); what is relied on is the comparison.
    """
    due = DigestPreference.objects.filter(next_at__lte=now).order_by("next_at", "id")
    won: dict[tuple[int, int], tuple[str, Slot]] = {}
    for preference in due.select_for_update(skip_locked=True)[:CHUNK]:
        slot = _move_on(preference, now)
        if slot is not None:
            named = period(preference.cadence, slot.day)
            won[preference.user_id, preference.product_id] = (named, slot)
    if not won:
        return []
    _close_unsent(won.keys(), now)
    had = _had(won)
    return Digest.objects.bulk_create(
        [
            Digest(
                user_id=user_id,
                product_id=product_id,
                period=named,
                due_at=slot.at,
                lease_until=now + LEASE,
                created_at=now,
            )
            for (user_id, product_id), (named, slot) in won.items()
            if (user_id, product_id, named) not in had
        ]
    )


def _move_on(preference: DigestPreference, now: datetime) -> Slot | None:
    """The slot that is due, after moving the preference behind it; None when another worker was quicker."""
    first = planning.planned(preference)
    if first is None:
        return None
    schedule = planning.schedule_of(preference)
    slot = newest_slot(schedule, first, now)
    following = slot_following(schedule, slot.day)
    moved = DigestPreference.objects.filter(
        pk=preference.pk, next_at=first.at, next_on=first.day, cadence=preference.cadence
    ).update(last_on=slot.day, next_on=following.day, next_at=following.at)
    return slot if moved else None


def _had(won: dict[tuple[int, int], tuple[str, Slot]]) -> set[tuple[int, int, str]]:
    """Which of these periods have their digest already: somebody who changed their wish may meet one again."""
    rows = Digest.objects.filter(
        user_id__in={user_id for user_id, _ in won}, period__in={named for named, _ in won.values()}
    )
    return set(rows.values_list("user_id", "product_id", "period"))


def _close_unsent(pairs: Any, now: datetime) -> None:
    """An earlier digest of these people that still waits is not sent any more; its news come with this one."""
    waiting = Digest.objects.filter(
        state=DigestState.PENDING,
        lease_until__lte=now,
        user_id__in={user_id for user_id, _ in pairs},
    )
    late = [
        pk
        for pk, *pair in waiting.values_list("pk", "user_id", "product_id")
        if tuple(pair) in pairs
    ]
    if late:
        waiting.filter(pk__in=late).update(
            state=DigestState.FAILED, trouble="The next one was due before it could be sent."
        )


def take_up(now: datetime) -> Sequence[Digest]:
    """Claim what a killed worker left before it handed the mail over, or a mail server put off."""
    left = Digest.objects.filter(state=DigestState.PENDING, lease_until__lte=now)
    found = []
    for digest in left.order_by("lease_until", "id")[:CHUNK]:
        mine = left.filter(pk=digest.pk, lease_until=digest.lease_until)
        if digest.attempts >= MOST_ATTEMPTS:
            mine.update(state=DigestState.FAILED, trouble="Given up after five tries.")
        elif mine.update(lease_until=now + LEASE, attempts=F("attempts") + 1):
            digest.lease_until = now + LEASE
            digest.attempts += 1
            found.append(digest)
    return found


def _opened(connection: Any) -> bool:
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        logger.warning("digests_wait: the mail server is away: %s", error)
        return False
    return True
