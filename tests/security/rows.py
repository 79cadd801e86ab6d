"""What a row of the matrix is, and how it becomes a request."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations import signing
from tests.cast import EVERYBODY, PEOPLE
from tests.security.routes import ROUTES
from tests.security.world import Tenant, World

Body = Callable[[Tenant], Mapping[str, Any]]
Value = str | Callable[[World, Tenant, str], Any]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Answers that say: you may, though this particular request may lack something.
INSIDE = frozenset(
    {200, 201, 202, 204, 206, 302, 303, 304, 400, 409, 410, 412, 415, 416, 422, 428, 429}
)


@dataclass(frozen=True)
class Row:
    """One route. ``groups``: captured name -> where its value stands in a tenant (a dotted path, or a function of
    world, tenant and actor). ``methods``: method -> who gets in; everybody else is refused as the rules say."""

    name: str
    groups: Mapping[str, Value]
    methods: Mapping[str, frozenset[str]]
    body: Body | Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    #: members to whom it looks as if it were not there (somebody else's own thing)
    hidden: frozenset[str] = frozenset()
    #: POSTs that only read: a token that may read gets in, and nothing may be written.
    reads: bool = False
    #: a GET that takes a right beyond reading: a token that may only read is refused
    managing: bool = False
    #: the address itself is the key (a mailed link): the crawl of foreign ids leaves it out
    capability: bool = False
    form: bool = False  # an API endpoint that takes multipart
    #: a POST that mail programs send, without a cookie or a page before it (RFC 8058)
    by_mail: bool = False
    #: a message of another system: whoever signs it gets in, nobody else
    signed: bool = False

    @property
    def is_api(self) -> bool:
        return ROUTES[self.name].is_api

    def expected(self, method: str, actor: str) -> str:
        """in, login, forbidden (a member without the right) or hidden (a stranger)."""
        if actor in self.methods[method]:
            return "in"
        if actor == "anonymous":
            return "login"
        return "hidden" if actor == "outsider" or actor in self.hidden else "forbidden"

    def kwargs(self, world: World, tenant: Tenant, actor: str) -> dict[str, Any]:
        return {
            name: value(world, tenant, actor) if callable(value) else tenant.at(value)
            for name, value in self.groups.items()
        }


def row(name: str, **parts: Any) -> Row:
    """``row("member-role", key="product.key", pk="membership.pk", POST=RUNNING, body={"role": "viewer"})``:
    names in capitals are methods, ``body``/``query``/``hidden``/``reads``/``capability``/``form`` are what they are in
    :class:`Row`, every other name is a captured group."""
    methods = {key: frozenset(parts.pop(key)) for key in list(parts) if key in METHODS}
    rest = {
        key: parts.pop(key)
        for key in (
            "body",
            "query",
            "hidden",
            "reads",
            "managing",
            "capability",
            "form",
            "by_mail",
            "signed",
        )
        if key in parts
    }
    return Row(name, parts, methods, **rest)


def send(
    world: World,
    each: Row,
    method: str,
    actor: str,
    *,
    client: Client | None = None,
    kwargs: Mapping[str, Any] | None = None,
    tenant: Tenant | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """One request. Pages get forms by session, endpoints JSON by token; what a body names is of ``tenant`` (A)."""
    tenant = tenant or world.a
    if client is None:
        client = world.cast.api(actor) if each.is_api else world.cast.client(actor)
    path = reverse(
        each.name, kwargs=kwargs if kwargs is not None else each.kwargs(world, tenant, actor)
    )
    more: dict[str, str] = dict(headers or {})
    cookies = dict(client.cookies)
    try:
        if method == "GET":
            return client.get(path, each.query, headers=more)  # type: ignore[return-value]
        if body is None:
            body = each.body(tenant) if callable(each.body) else (each.body or {})
        verb = getattr(client, method.lower())
        if each.is_api and not each.form:
            more.setdefault("If-Match", '"1"')
            text = json.dumps(body, default=str)
            if each.signed:
                more |= _signature(tenant.hook_secret, text)
            return verb(path, text, content_type="application/json", headers=more)
        return verb(path, body, headers=more)
    finally:
        client.cookies.clear()  # signing out, say, is undone with the transaction
        client.cookies.update(cookies)


def _signature(secret: str, text: str) -> dict[str, str]:
    message, at = f"msg_{uuid.uuid4().hex}", signing.seconds(timezone.now())
    key = base64.b64decode(secret.removeprefix(signing.PREFIX))
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": signing.signature(key, message, at, text.encode()),
    }


def outcome(answer: HttpResponse) -> str:
    """in, login, forbidden, hidden, method (405), or the status of anything that must not happen."""
    if answer.status_code == 401 or answer.get("Location", "").startswith("/sign-in/?next="):
        return "login"
    named = {403: "forbidden", 404: "hidden", 405: "method"}
    status = int(answer.get("Ballast-Status", answer.status_code))  # of a fragment's refusal
    if status in named:
        return named[status]
    return "in" if status in INSIDE else str(status)


def foreign(value: Any) -> Any:
    """A value of the same shape that belongs to nobody."""
    if isinstance(value, int):
        return 987_654_321
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    text = str(value)
    if match := re.fullmatch(r"([A-Z]+)-(\d+)", text):
        return f"{'Z' * len(match[1])}-{match[2]}"
    return re.sub("[a-z0-9]", "q", re.sub("[A-Z]", "Z", text))


__all__ = ["EVERYBODY", "PEOPLE", "Row", "foreign", "outcome", "row", "send"]
