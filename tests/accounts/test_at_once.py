"""What comes at the same moment: tries are counted one by one, and two people cannot undo each other's checks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import Client
from django.utils import timezone

from accounts.models import AttemptCount, Membership, User
from accounts.services import limits
from accounts.services.limits import count
from backlog.services import decision_rights, members
from config.settings.base import sqlite_options
from core.errors import DomainError
from tests import cast as players
from tests.cast import PASSWORD

WINDOW = timedelta(minutes=30)
AT_ONCE = 8
EACH = 12


class Naive:
    """What ``count`` must not be: read, then write. The control of the tests below; all read before anyone writes."""

    def __init__(self) -> None:
        self.all_have_read = Barrier(AT_ONCE)

    def __call__(self, key: str, window: timedelta) -> int:
        row = AttemptCount.objects.filter(key=key).first()
        self.all_have_read.wait(timeout=20)
        number = row.count + 1 if row else 1
        AttemptCount.objects.update_or_create(
            key=key, defaults={"count": number, "window_started_at": timezone.now()}
        )
        return number


def together(work: Callable[[], Any], threads: int = AT_ONCE) -> list[Any]:
    """``work`` in many threads that start at one moment, each with its own connection."""
    barrier = Barrier(threads)

    def run(_: int) -> Any:
        barrier.wait(timeout=20)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def counted_in(file: Path, counter: Callable[[str, timedelta], int], each: int = EACH) -> list[int]:
    """What many threads were told by ``counter``, on a SQLite file set up as in production."""
    settings = {
        **connections["default"].settings_dict,
        "NAME": str(file),
        "OPTIONS": sqlite_options(),
    }
    settings["ENGINE"] = "django.db.backends.sqlite3"
    opened = DatabaseWrapper(settings)
    with opened.schema_editor() as editor:
        editor.create_model(AttemptCount)
    opened.close()

    def work() -> list[int]:
        connections["default"] = DatabaseWrapper(settings)  # of this thread only
        return [counter("somebody", WINDOW) for _ in range(each)]

    return [number for numbers in together(work) for number in numbers]


def test_sqlite_gives_every_try_its_own_number(db: None, tmp_path: Path) -> None:
    assert sorted(counted_in(tmp_path / "a.sqlite3", count)) == list(range(1, AT_ONCE * EACH + 1))


def test_reading_before_writing_loses_tries(db: None, tmp_path: Path) -> None:
    """The control: the same threads catch a counter that is not atomic."""
    numbers = counted_in(tmp_path / "b.sqlite3", Naive(), each=1)
    assert sorted(numbers) != list(range(1, AT_ONCE + 1))


def test_a_window_begins_anew_when_it_is_over(db: None) -> None:
    start = timezone.now()
    assert [count("k", WINDOW, start), count("k", WINDOW, start + WINDOW)] == [1, 2]
    assert count("k", WINDOW, start + WINDOW + timedelta(seconds=1)) == 1
    assert count("other", WINDOW, start) == 1


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
class TestPostgres:
    def test_every_try_gets_its_own_number(self) -> None:
        numbers = together(lambda: [count("somebody", WINDOW) for _ in range(EACH)])
        assert sorted(sum(numbers, [])) == list(range(1, AT_ONCE * EACH + 1))

    def test_reading_before_writing_loses_tries(self) -> None:
        naive = Naive()
        numbers = together(lambda: naive("somebody", WINDOW))
        assert sorted(numbers) != list(range(1, AT_ONCE + 1))

    def test_of_forty_parallel_guesses_five_are_looked_at(self) -> None:
        players.make_person("viewer")

        def guess() -> int:
            client = Client()
            answer = client.post("/sign-in/", {"email": "viewer@example.org", "password": "wrong"})
            return answer.status_code

        statuses = together(guess, threads=40)
        assert statuses.count(422) == limits.SIGN_IN_PER_NAME
        assert statuses.count(429) == 40 - limits.SIGN_IN_PER_NAME
        right = Client().post("/sign-in/", {"email": "viewer@example.org", "password": PASSWORD})
        assert right.status_code == 429

    def test_two_administrators_who_remove_each_other_leave_one(self) -> None:
        first, second = players.make_person("first"), players.make_person("second")
        product = players.make_product("RACE", first)
        members.add_member(
            actor=players.Actor.system(), product=product, user=second, role="administrator"
        )

        def remove(by: User, whom: User) -> None:
            membership = Membership.objects.get(product=product, user=whom)
            members.remove_member(actor=acting(by), membership=membership)

        refused = overlapping(lambda: remove(first, second), lambda: remove(second, first))
        assert isinstance(refused, DomainError)
        assert product.memberships.get().user == first

    def test_an_invitation_that_is_being_withdrawn_lets_nobody_in(self) -> None:
        boss, guest = players.make_person("boss"), players.make_person("guest")
        product = players.make_product("RACE", boss)
        made = members.invite(actor=acting(boss), product=product, email=guest.email, role="viewer")
        secret = made.link.rstrip("/").rpartition("/")[2]
        refused = overlapping(
            lambda: members.withdraw(actor=acting(boss), invitation=made.invitation),
            lambda: members.join(actor=acting(guest), secret=secret),
        )
        assert isinstance(refused, DomainError)
        assert not product.memberships.filter(user=guest).exists()

    def test_rights_that_are_being_changed_are_not_overwritten(self) -> None:
        boss = players.make_person("boss")
        product = players.make_product("RACE", boss)
        version = decision_rights.matrix(product).version

        def allow(action: str) -> None:
            decision_rights.set_rights(
                actor=acting(boss),
                product=product,
                wanted={(action, "viewer"): True},
                version=version,
            )

        refused = overlapping(lambda: allow("item.create"), lambda: allow("item.edit"))
        assert isinstance(refused, DomainError)
        assert product.decision_rights.count() == 1


def acting(user: User) -> players.Actor:
    return players.Actor(user=user, channel=players.Via.PAGE)


def overlapping(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """``second`` begins while ``first`` has done its work and not committed. What ``second`` raised, or returned.

    Where a lock makes ``second`` wait, ``first`` commits after a second; where none does, ``second`` is through
    by then.
    """
    started, through = Event(), Event()
    outcome: list[Any] = []

    def other() -> None:
        started.wait(timeout=20)
        try:
            outcome.append(second())
        except DomainError as error:
            outcome.append(error)
        finally:
            through.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(other)
        with transaction.atomic():
            first()
            started.set()
            through.wait(timeout=1)
        running.result(timeout=20)
    return outcome[0]
