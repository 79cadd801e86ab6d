"""One change to many items: previewed, then carried out all together, and undone as one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor, Via
from accounts.models import Product, User
from accounts.rights import Wish
from backlog.models import Item, Label, Queue, Request
from backlog.services import editing, governance, requests, states, words
from backlog.vocabulary import State
from core.errors import Conflict, DomainError, Invalid, NotAllowed

LIMIT = 20_000
#: So many items can be asked about in one request; more of them somebody who may does by hand.
ASKED = 400


@dataclass
class BulkChange:
    """What shall become of the items; a field that is None stays as it is."""

    queue: Queue | None = None
    owner: User | None = None
    clear_owner: bool = False
    horizon: str | None = None
    state: str | None = None
    add_labels: Sequence[Label] = ()
    remove_labels: Sequence[Label] = ()
    until: date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Asking:
    """What ``count`` of the items were refused for want of a right: the sentence that names who can, and the wish."""

    right: str
    detail: str
    count: int
    wish: Wish


@dataclass
class Preview:
    """What a bulk edit would do: changes per field as (before, after, count), and what it must leave alone, why."""

    total: int = 0
    changing: int = 0
    effects: dict[tuple[str, str, str], int] = field(default_factory=dict)
    refused: list[tuple[Item, str]] = field(default_factory=list)
    asks: list[Asking] = field(default_factory=list)


class Outcome(NamedTuple):
    """What a bulk edit did. ``batch`` undoes it; ``asked``: the requests that were made for the rest."""

    done: list[Item]
    refused: list[tuple[Item, str]]
    batch: uuid.UUID
    asks: list[Asking]
    asked: list[Request]


def preview(
    *, actor: Actor, product: Product, items: Sequence[Item], change: BulkChange
) -> Preview:
    """What ``apply`` would do, writing nothing. Items need queue, owner, labels loaded; new labels may be unsaved.

    Whoever may not edit many items is offered to ask for it, here as there.
    """
    if not rights.allowed(actor, "item.bulk", product):
        _refuse(actor, product, [item.key for item in items[: ASKED + 1]], change)
    found = Preview(total=len(items))
    now = timezone.now()
    errors: list[tuple[Item, DomainError]] = []
    held = _Held(actor, product)
    held.look(items, change)
    for item in items:
        try:
            edit = _plan(held, item, change, now)
        except DomainError as error:
            errors.append((item, error))
            continue
        differing = editing.differences(item, edit.values)
        found.changing += bool(differing)
        for name, (old, new) in differing.items():
            if name not in editing.QUIET:
                key = (name, "" if name in editing.MANY else _words(old), _words(new))
                found.effects[key] = found.effects.get(key, 0) + 1
    found.refused = [(item, error.detail) for item, error in errors]
    found.asks = _asks(errors, change)
    return found


@transaction.atomic
def apply(
    *,
    actor: Actor,
    product: Product,
    item_ids: Sequence[int],
    change: BulkChange,
    asking: str = "",
) -> Outcome:
    """Change what may be changed, in one transaction. With a reason in ``asking``, whoever may is asked for what only
    a right was missing for; what was asked for already is left to wait.
    """
    if not rights.allowed(actor, "item.bulk", product):
        some = Item.objects.filter(product=product, pk__in=item_ids[: ASKED + 1]).order_by("pk")
        _refuse(actor, product, [item.key for item in some.select_related("product")], change)
    if len(item_ids) > LIMIT:
        raise Invalid(f"At most {LIMIT:,} items can be changed at once. Narrow the filter.")
    actor = actor.by(Via.BULK)
    now = timezone.now()
    batch = uuid.uuid4()
    words.keep(change.add_labels)
    edits: list[editing.Edit] = []
    errors: list[tuple[Item, DomainError]] = []
    held = _Held(actor, product)
    for start in range(0, len(item_ids), 1000):
        found = editing.load_for_update(product, item_ids[start : start + 1000])
        held.look(found.values(), change)
        for item in found.values():
            try:
                edit = _plan(held, item, change, now)
            except DomainError as error:
                errors.append((item, error))
            else:
                if editing.differences(item, edit.values):
                    edits.append(edit)
    done: list[Item] = []
    for start in range(0, len(edits), 1000):
        done += editing.apply(
            actor=actor, product=product, edits=edits[start : start + 1000], now=now, batch=batch
        )
    refused = [(item, error.detail) for item, error in errors]
    asks = _asks(errors, change)
    asked = _ask(actor, product, asks, asking, now) if asking.strip() else []
    return Outcome(done, refused, batch, asks, asked)


def _refuse(actor: Actor, product: Product, keys: Sequence[str], change: BulkChange) -> None:
    """Raises NotAllowed for whoever may not edit many items, with the wish that somebody who may does it."""
    rights.require(actor, "item.bulk", product, _wish("item.bulk", keys, change))


def _wish(right: str, keys: Sequence[str], change: BulkChange) -> Wish:
    """That ``change`` is made to these items; by hand where they are too many to name or nothing was chosen."""
    data = as_data(change)
    if not 0 < len(keys) <= ASKED or not data.keys() - {"reason", "until"}:
        return Wish("by_hand", {"right": right})
    return Wish("items.bulk", {"right": right, "items": list(keys), "change": data})


def _ask(
    actor: Actor, product: Product, asks: Sequence[Asking], reason: str, now: datetime
) -> list[Request]:
    found = []
    for each in asks:
        verb, payload = each.wish.verb, each.wish.payload
        try:
            found.append(
                requests.ask(
                    actor=actor, product=product, verb=verb, payload=payload, reason=reason, now=now
                )
            )
        except Conflict as error:
            if error.code != "asked_already":
                raise
    return found


def _asks(errors: Sequence[tuple[Item, DomainError]], change: BulkChange) -> list[Asking]:
    """What was refused for want of a right, one wish a right; nothing for those who may not ask."""
    groups: dict[str, list[tuple[Item, DomainError]]] = {}
    for item, error in errors:
        if "ask" in error.extra:
            groups.setdefault(str(error.extra["right"]), []).append((item, error))
    found = []
    for right, rows in groups.items():
        wish = _wish(right, [item.key for item, _ in rows], change)
        found.append(Asking(right, rows[0][1].detail, len(rows), wish))
    return found


def as_data(change: BulkChange) -> dict[str, Any]:
    """A change as plain data; what stays as it is is left out. ``backlog.services.wishes`` reads it again."""
    data: dict[str, Any] = {
        "queue": change.queue and change.queue.kind,
        "owner": change.owner and change.owner.email,
        "clear_owner": change.clear_owner or None,
        "horizon": change.horizon,
        "state": change.state,
        "add_labels": [label.name for label in change.add_labels] or None,
        "remove_labels": [label.name for label in change.remove_labels] or None,
        "until": change.until and change.until.isoformat(),
        "reason": change.reason.strip() or None,
    }
    return {name: value for name, value in data.items() if value is not None}


@dataclass
class _Held:
    """The rights of one person while many items are looked at: who may instead is looked up once a right.

    ``building``: open increments by item, asked for once for all when they are to be done.
    """

    actor: Actor
    product: Product
    refusals: dict[str, NotAllowed] = field(default_factory=dict)
    building: dict[int, int] = field(default_factory=dict)

    def look(self, items: Iterable[Item], change: BulkChange) -> None:
        """Read what the rules ask of these items. At most one query."""
        if change.state == State.DONE:
            self.building = governance.building(items)

    def require(self, action: str) -> str:
        """As :func:`rights.require`."""
        if action not in self.refusals:
            try:
                return rights.require(self.actor, action, self.product)
            except NotAllowed as error:
                self.refusals[action] = error
        known = self.refusals[action]
        raise NotAllowed(known.detail, extra=known.extra)


def _plan(held: _Held, item: Item, change: BulkChange, now: datetime) -> editing.Edit:
    """The edit of one item, by the rules of the single verbs. Raises DomainError where they refuse."""
    values: dict[str, Any] = {}
    right = "item.bulk"
    verb = "item.edited"
    if change.queue is not None and change.queue.pk != item.queue_id:
        right = held.require("item.triage" if item.state == State.TRIAGE else "item.move")
        if item.state != State.TRIAGE and not change.reason.strip():
            raise Invalid(
                "Say why the items change their queue.", fields={"reason": ["A reason is needed."]}
            )
        values["queue"] = change.queue
        verb = "item.moved"
    if change.owner is not None or change.clear_owner:
        right = held.require("item.edit")
        values["owner"] = None if change.clear_owner else change.owner
    if change.horizon is not None:
        right = held.require("item.edit")
        values["horizon"] = change.horizon
    if change.add_labels or change.remove_labels:
        right = held.require("item.edit")
        gone = {label.name for label in change.remove_labels}
        kept = {label.name: label for label in item.labels.all() if label.name not in gone}
        values["labels"] = list(
            (kept | {label.name: label for label in change.add_labels}).values()
        )
    if change.state is not None and change.state != item.state:
        state_values, verb, right = _state(held, item, change, values, now)
        values.update(state_values)
    values.update(states.hotfix_values(item, values, now))
    return editing.Edit(item.pk, values, verb=verb, reason=change.reason.strip(), right=right)


def _state(
    held: _Held,
    item: Item,
    change: BulkChange,
    values: dict[str, Any],
    now: datetime,
) -> tuple[dict[str, Any], str, str]:
    state = str(change.state)
    action, verb = states.action_and_verb(item, state)
    right = held.require(action)
    if state == State.DONE:
        governance.refuse_done(item, held.building.get(item.pk, 0), change.reason)
    queue = values.get("queue") or item.queue
    found = states.state_values(
        item, state, now, reason=change.reason.strip(), until=change.until, queue=queue
    )
    return found, verb, right


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(sorted(str(each) for each in value))
    return "" if value is None else str(value)
