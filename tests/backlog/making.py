"""Items for the tests of the backlog, made by services."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Item, Label, Queue
from backlog.services import items, states, words
from backlog.vocabulary import State
from scoring.services import ratings
from tests.cast import Cast

#: One criterion of each pillar of the default rubric: rated, they make a score.
PILLARS = ("business_value", "customer_pain", "technical_risk")


def make(cast: Cast, title: str = "An item", by: str = "administrator", **draft: Any) -> Item:
    """One item in product A, in triage unless the draft says otherwise."""
    return items.create_item(
        actor=cast.actor(by), product=cast.a, draft=items.Draft(title=title, **draft)
    )


def accepted(cast: Cast, kind: str = "enhancement", title: str = "An item", **draft: Any) -> Item:
    """One accepted item in a queue."""
    return make(cast, title, queue=queue(cast.a, kind), state=State.ACCEPTED, **draft)


def many(
    product: Product,
    count: int,
    *,
    kind: str | None = None,
    state: str = State.TRIAGE,
    now: datetime | None = None,
    **draft: Any,
) -> list[Item]:
    """Many items at once, titled ``Item 1`` and so on."""
    where = queue(product, kind) if kind else None
    drafts = [
        items.Draft(title=f"Item {number}", queue=where, state=state, **draft)
        for number in range(1, count + 1)
    ]
    return items.create_items(
        actor=Actor.system(), product=product, drafts=drafts, right="item.create", now=now
    )


def queue(product: Product, kind: str) -> Queue:
    return Queue.objects.get(product=product, kind=kind)


def label(product: Product, name: str) -> Label:
    return words.named(Label, product=product, names=[name])[name]


def rate(cast: Cast, item: Item, levels: Sequence[float] = (3, 3, 3), by: str = "owner") -> None:
    """A level a pillar, so that the item has a score."""
    ratings.rate_item(
        actor=cast.actor(by),
        item=item,
        entries={
            key: ratings.Entry(level, "certain") for key, level in zip(PILLARS, levels, strict=True)
        },
    )


def again(item: Item) -> Item:
    """The item as it stands in the database now, with its summary."""
    return Item.objects.select_related("product", "queue", "owner", "summary").get(pk=item.pk)


def in_state(cast: Cast, state: str, kind: str = "enhancement") -> Item:
    """An item that was brought to ``state`` by the acts that lead there."""
    actor = cast.actor("administrator")
    item = make(cast, f"Is {state}", queue=queue(cast.a, kind))  # a proposal
    if state == State.TRIAGE:
        return item
    if state == State.DECLINED:
        return states.decline_item(actor=actor, item=item, reason="No.")
    item = states.accept_item(actor=actor, item=item, queue=queue(cast.a, kind))
    if state == State.PARKED:
        return states.park_item(actor=actor, item=item, until=datetime(2999, 1, 1).date())
    if state != State.ACCEPTED:
        item = states.set_state(actor=actor, item=item, state=state)
    return item


def ask(
    cast: Cast,
    who: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    version: int | None = None,
    key: str | None = None,
) -> Any:
    """A request to the API: ``ask(cast, "owner", "PATCH", "items/ATLAS-1/", {"title": "x"}, version=1)``."""
    headers = {}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    if key is not None:
        headers["Idempotency-Key"] = key
    return cast.api(who).generic(
        method,
        f"/api/v1/{path}",
        "" if body is None else json.dumps(body),
        content_type="application/json",
        headers=headers,
    )
