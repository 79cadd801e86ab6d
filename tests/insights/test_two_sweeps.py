"""Several workers sweep at the same moment (PostgreSQL): each reader gets one mail, and the control shows why."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import close_old_connections, connections
from pytest_django import Settings

from accounts.models import Membership, User
from backlog.services import items
from insights.jobs import digests
from insights.jobs.checks import findings
from insights.models import Digest, DigestPreference
from tests.cast import Cast, build
from tests.insights.scene import NOW

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

READERS = 120
WORKERS = 4
DUE = NOW + timedelta(hours=23)
RECEIVED: Counter[str] = Counter()
_LOCK = threading.Lock()


class Counting(BaseEmailBackend):
    """Counts mails by their receiver."""

    def open(self) -> bool:
        return True

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        with _LOCK:
            RECEIVED.update(message.to[0] for message in messages)
        return len(messages)


@pytest.fixture
def readers(settings: Settings) -> Cast:
    settings.EMAIL_BACKEND = "tests.insights.test_two_sweeps.Counting"
    RECEIVED.clear()
    cast = build()
    people = User.objects.bulk_create(
        [User(email=f"reader{n}@example.org", name=f"Reader {n}") for n in range(READERS)]
    )
    Membership.objects.bulk_create(
        [Membership(product=cast.a, user=person, role="viewer") for person in people]
    )
    DigestPreference.objects.bulk_create(
        [
            DigestPreference(
                product=cast.a,
                user=person,
                cadence="daily",
                hour=8,
                next_on=DUE.date(),
                next_at=DUE,
                covered_until=NOW,
            )
            for person in people
        ]
    )
    items.create_item(
        actor=cast.actor("administrator"), product=cast.a, draft=items.Draft(title="Alpha"), now=NOW
    )
    return cast


def at_once(work: Callable[[], object]) -> list[Exception]:
    """Run ``work`` in ``WORKERS`` threads that start together; what they raised."""
    barrier = threading.Barrier(WORKERS)
    raised: list[Exception] = []

    def run() -> None:
        try:
            barrier.wait()
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    return raised


def test_four_workers_send_each_digest_once(readers: Cast) -> None:
    assert at_once(lambda: digests.sweep(now=DUE)) == []
    assert {f"reader{n}@example.org": 1 for n in range(READERS)} == RECEIVED
    assert Counter(Digest.objects.values_list("state", flat=True)) == {"sent": READERS}
    assert list(findings()) == []
    assert at_once(lambda: digests.sweep(now=DUE)) == []
    assert sum(RECEIVED.values()) == READERS


def test_workers_that_take_over_what_others_left_send_it_once(readers: Cast) -> None:
    while digests.claim(DUE):
        pass  # everything is claimed, and the power fails
    later = DUE + digests.LEASE
    assert at_once(lambda: digests.sweep(now=later)) == []
    assert {f"reader{n}@example.org": 1 for n in range(READERS)} == RECEIVED


def test_a_sweep_that_only_looks_before_it_sends_doubles_mails(readers: Cast) -> None:
    """The control: without the claim the same four workers send the same mails."""
    together = threading.Barrier(WORKERS)

    def naive() -> None:
        due = list(DigestPreference.objects.filter(next_at__lte=DUE).select_related("user"))
        together.wait()
        backend = Counting()
        for preference in due:
            backend.send_messages([EmailMessage("s", "b", to=[preference.user.email])])
            DigestPreference.objects.filter(pk=preference.pk).update(
                next_at=DUE + timedelta(days=1)
            )

    assert at_once(naive) == []
    assert max(RECEIVED.values()) == WORKERS
