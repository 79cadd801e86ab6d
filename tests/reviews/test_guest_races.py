"""A guest remarks at the moment in which the link or the round ends: nothing is noted after that is committed.

On PostgreSQL, as in ``test_races``. The control writes the same remark without the guard, which goes wrong.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone

from assets.models import Asset
from assets.services.versions import upload_version
from core.errors import Conflict, NotFound
from reviews.jobs import checks
from reviews.models import GuestLink, Note, ReviewCycle
from reviews.services import guests
from reviews.services.cycles import withdraw_review
from reviews.services.notes import add_guest_note
from tests.cast import Cast, build
from tests.reviews.rounds import approve, start
from tests.reviews.test_races import ROUNDS
from tests.together import together

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stage_cast(transactional_db: None) -> Cast:
    return build()


@dataclass
class Let:
    """A guest whom a request has let in: what the link says now is another question."""

    secret: str
    link: GuestLink

    def remark(self) -> Note:
        return guests.note(link=self.link, body="A remark.", anchor=None)


def let_in(cast: Cast, cycle: ReviewCycle) -> Let:
    made = guests.invite(actor=cast.actor("owner"), cycle=cycle, name="Ruth", may_comment=True)
    secret = made.url.split("/guest/")[1].strip("/")
    return Let(secret, guests.link_of(secret))


def revoked(cast: Cast, guest: Let) -> None:
    guests.revoke(actor=cast.actor("owner"), link=guest.link)


def withdrawn(cast: Cast, guest: Let) -> None:
    withdraw_review(actor=cast.actor("owner"), cycle=guest.link.cycle, reason="Not now.")


def approved(cast: Cast, guest: Let) -> None:
    approve(cast, guest.link.cycle, "leadership")


def superseded(cast: Cast, guest: Let) -> None:
    upload_version(
        actor=cast.actor("contributor"),
        asset=Asset.objects.select_related("product", "item").get(pk=guest.link.cycle.asset_id),
        file=ContentFile(b"second", name="script.txt"),
        rationale="Meanwhile",
    )


def noted(guest: Let) -> int:
    """Remarks on the round's version; a newer one gets copies of what is open."""
    return Note.objects.filter(guest=guest.link, version=guest.link.cycle.version).count()


def ended(cast: Cast, guest: Let, end: Callable[[Cast, Let], None]) -> int:
    """End the link or its round; how many remarks there are as soon as that is committed."""
    end(cast, guest)
    return noted(guest)


def test_nothing_is_noted_after_the_end(stage_cast: Cast) -> None:
    cast = stage_cast
    others = (withdrawn, approved, superseded)
    ends: Counter[str] = Counter()
    for turn in range(2 * ROUNDS):
        end = revoked if turn % 2 else others[turn // 2 % 3]
        cycle = start(cast)
        if end is approved:
            approve(cast, cycle, "reviewer")
        guest = let_in(cast, cycle)
        remark, then = together([guest.remark, partial(ended, cast, guest, end)])
        assert isinstance(then, int), then
        assert noted(guest) == then, "a remark after the end"
        if isinstance(remark, Note):
            assert then == 1
        else:
            assert then == 0
            assert isinstance(remark, guests.LinkEnded if end is revoked else Conflict), remark
        with pytest.raises((NotFound, Conflict)):
            guest.remark()
        assert noted(guest) == then
        ends[f"{end.__name__}, {'in time' if then else 'too late'}"] += 1
    assert not list(checks.findings())
    print(dict(ends))  # seen with -s


def test_a_link_that_expires_while_a_remark_waits_takes_it_no_more(stage_cast: Cast) -> None:
    cycle = start(stage_cast)
    guest = let_in(stage_cast, cycle)
    held, gone = threading.Event(), threading.Event()

    def hold() -> None:
        """Keep the asset, as an upload does, until the remark waits for it and the link has expired."""
        with transaction.atomic():
            Asset.objects.locked(cycle.asset_id)
            held.set()
            gone.wait(10)

    def expire() -> None:
        held.wait(10)
        for _ in range(100_000):
            if _somebody_waits():
                break
        GuestLink.objects.filter(pk=guest.link.pk).update(expires_at=timezone.now())
        gone.set()

    def remark() -> Note:
        held.wait(10)
        return guest.remark()

    _, _, refused = together([hold, expire, remark])
    assert isinstance(refused, guests.LinkEnded), refused
    assert noted(guest) == 0


def _somebody_waits() -> bool:
    """Whether a connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


# --- Control: the same without the guard goes wrong ---------------------------------------------


def test_control_a_remark_without_the_guard_comes_after_the_end(stage_cast: Cast) -> None:
    """The link is looked at when the request comes, as any page does, and not again when the remark is written."""
    cast = stage_cast
    late = 0
    for _ in range(5):
        guest = let_in(cast, start(cast))
        seen, over = threading.Event(), threading.Event()

        def naive(
            guest: Let = guest, seen: threading.Event = seen, over: threading.Event = over
        ) -> Note:
            with transaction.atomic():
                link = guests.link_of(guest.secret)
                seen.set()
                over.wait(10)  # the link is revoked between looking and writing
                return add_guest_note(link=link, body="A remark.", anchor=None)

        def end(
            guest: Let = guest, seen: threading.Event = seen, over: threading.Event = over
        ) -> int:
            seen.wait(10)
            try:
                return ended(cast, guest, revoked)
            finally:
                over.set()

        remark, then = together([naive, end])
        assert isinstance(remark, Note), remark
        late += then == 0 and noted(guest) == 1
    assert late == 5
