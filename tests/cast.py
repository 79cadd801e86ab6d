"""The named cast: people of every role in product A, somebody of product B, nobody at all, and tokens of every kind.

    def test_something(cast: Cast) -> None:
        answer = cast.client("viewer").get(f"/p/{cast.a.key}/backlog/")
        answer = cast.api("contributor").post("/api/v1/items/", {...}, "application/json")

Everything is built through services. ``cast.actor("owner")`` is what a service takes.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, TestCase
from django.utils import timezone

from accounts.actors import Actor, Via
from accounts.models import ApiToken, Product, User
from accounts.roles import Role
from accounts.services import people, tokens
from backlog.services import members, products

PASSWORD = "harbour-lantern-quilt"

#: Names of the cast in product A, by role. Lowest rank first.
MEMBERS: dict[str, str] = {
    "viewer": Role.VIEWER,
    "contributor": Role.CONTRIBUTOR,
    "reviewer": Role.REVIEWER,
    "owner": Role.PRODUCT_OWNER,
    "leadership": Role.LEADERSHIP,
    "administrator": Role.ADMINISTRATOR,
}
#: ``outsider`` administers product B and is nobody in product A.
PEOPLE = (*MEMBERS, "outsider")
EVERYBODY = (*PEOPLE, "anonymous")
TOKENS = ("read", "write", "bound", "elsewhere", "revoked", "expired", "deactivated")
DEAD_TOKENS = ("revoked", "expired", "deactivated")


class CommittingClient(Client):
    """Runs what a request left for after its commit, as a real one does; a test's transaction would drop it."""

    def request(self, **request: Any) -> Any:
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(**request)


@dataclass
class Cast:
    """Who plays. ``people`` by name; ``secrets`` are raw API tokens by kind, each of the administrator's."""

    a: Product
    b: Product
    people: dict[str, User]
    secrets: dict[str, str]
    _clients: dict[tuple[str, bool], Client] = field(default_factory=dict)
    _apis: dict[str, Client] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def actor(self, name: str, channel: Via = Via.PAGE) -> Actor:
        """The actor of a page request by this person. A new one each time: it remembers roles."""
        return Actor(user=self.people[name], channel=channel)

    def client(self, name: str, *, csrf: bool = False) -> Client:
        """A browser in which this person is signed in; ``anonymous`` is nobody. The same one each time."""
        if (name, csrf) not in self._clients:
            client = CommittingClient(enforce_csrf_checks=csrf)
            if name != "anonymous":
                client.force_login(self.people[name])
            self._clients[name, csrf] = client
        return self._clients[name, csrf]

    def api(self, name: str) -> Client:
        """A program with a token: of a person (who may write) or of a kind in ``TOKENS``; ``anonymous`` has none."""
        if name not in self._apis:
            headers = (
                {} if name == "anonymous" else {"Authorization": f"Bearer {self.secret(name)}"}
            )
            self._apis[name] = CommittingClient(headers=headers)
        return self._apis[name]

    def secret(self, name: str) -> str:
        """The raw token of a kind, or a person's own one that may write (made when it is first asked for)."""
        if name not in self.secrets:
            user = self.people[name]
            _row, self.secrets[name] = tokens.create_token(
                actor=Actor(user=user, channel=Via.PAGE),
                user=user,
                name=f"{name}'s",
                scope="write",
                days=30,
            )
        return self.secrets[name]


def make_person(name: str, *, is_staff: bool = False) -> User:
    """An account ``name@example.org`` with ``PASSWORD``."""
    return people.create_person(
        actor=Actor.system(),
        email=f"{name}@example.org",
        name=name.capitalize(),
        password=PASSWORD,
        is_staff=is_staff,
    )


def make_product(
    key: str, administrator: User, *, name: str = "", description: str = ""
) -> Product:
    """A product with its queues; made by the system, so that its maker need not be staff."""
    product = products.create_product(
        actor=Actor.system(), key=key, name=name or key.capitalize(), description=description
    )
    members.add_member(
        actor=Actor.system(), product=product, user=administrator, role=Role.ADMINISTRATOR
    )
    return product


def build() -> Cast:
    """Two products, seven people, one token of each kind."""
    named = {name: make_person(name) for name in PEOPLE}
    a = make_product("ATLAS", named["administrator"])
    b = make_product("BRAVO", named["outsider"])
    for name, role in MEMBERS.items():
        members.add_member(actor=Actor.system(), product=a, user=named[name], role=role)
    return Cast(a, b, named, _secrets(named["administrator"], a, b))


def _secrets(user: User, a: Product, b: Product) -> dict[str, str]:
    """Tokens of an administrator of A. ``elsewhere`` is bound to B, where they are not a member."""
    person = Actor(user=user, channel=Via.PAGE)

    def make(name: str, scope: str, actor: Actor = person, **rest: Any) -> tuple[ApiToken, str]:
        return tokens.create_token(
            actor=actor, user=actor.user or user, name=name, scope=scope, **{"days": 30, **rest}
        )

    found = {
        "read": make("read", "read")[1],
        "write": make("write", "write")[1],
        "bound": make("bound", "write", product=a)[1],
        "elsewhere": make("elsewhere", "write", Actor.system(), product=b)[1],
        "expired": make("expired", "write", days=1, now=timezone.now() - timedelta(days=2))[1],
    }
    withdrawn, found["revoked"] = make("revoked", "write")
    tokens.revoke_token(actor=person, token=withdrawn)
    gone = make_person("gone")
    members.add_member(actor=Actor.system(), product=a, user=gone, role=Role.ADMINISTRATOR)
    found["deactivated"] = make("deactivated", "write", Actor(user=gone, channel=Via.PAGE))[1]
    people.deactivate(actor=Actor.system(), user=gone)
    return found


class Company:
    """The cast of one worker, built once for the tests that ask for it one after the other.

    Its transaction stays open between them; each runs in a savepoint of its own and gets a copy. Whoever needs an
    empty database closes it first.
    """

    def __init__(self) -> None:
        self._transaction: transaction.Atomic | None = None
        self._driver: object = None
        self._built: Cast | None = None

    def open(self) -> None:
        if (
            self._transaction
            and connection.connection is self._driver
            and connection.in_atomic_block
        ):
            return
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self._driver = connection.connection
        self._built = build()

    def close(self) -> None:
        """Take back what ``open`` built; nothing where it was not."""
        held, self._transaction = self._transaction, None
        if held and connection.connection is self._driver and connection.in_atomic_block:
            transaction.set_rollback(True)
            held.__exit__(None, None, None)

    def copy(self) -> Cast:
        """The same rows, in objects that no other test has changed."""
        return copy.deepcopy(self._built)  # type: ignore[return-value]


@pytest.fixture
def cast(company: Company, db: None) -> Cast:
    """The cast, in a transaction of this test's own."""
    return company.copy()
