"""The backlog's own acts as they can be asked for: read from a payload, carried out by who may."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format

from accounts.actors import Actor
from accounts.models import Product, User
from accounts.roles import ACTIONS
from backlog import access
from backlog.askable import Askable, Asked, Payload, taken
from backlog.models import Item, Label
from backlog.services import bulk, states, words
from backlog.vocabulary import Horizon, QueueKind, Severity, State
from core.errors import Conflict, Invalid

#: What a bulk edit may need, and be refused for.
_BULK_RIGHTS = frozenset(
    {
        "item.bulk",
        "item.triage",
        "item.move",
        "item.park",
        "item.decline",
        "item.edit",
        "item.progress",
    }
)
_NAMED = 8


def _item(actor: Actor, product: Product, payload: Payload) -> Item:
    (key,) = taken(payload, "item")
    access.item_of(actor, product, key)  # says Invalid, not NotFound: the payload is at fault
    return access.item_for(actor, key)


def _day(payload: Payload) -> date | None:
    value = payload.get("until")
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise Invalid(
            "This request cannot be understood.", fields={"payload": ["until is no day."]}
        ) from error


def _into_queue(actor: Actor, product: Product, payload: Payload) -> Asked:
    item = _item(actor, product, payload)
    (kind,) = taken(payload, "queue")
    queue = access.queue_of(product, kind)
    _hotfix(product, payload)
    in_triage = item.state == State.TRIAGE
    words = "accept {} into {}" if in_triage else "move {} to {}"
    return Asked(
        "item.triage" if in_triage else "item.move",
        words.format(item.key, QueueKind(queue.kind).label.lower()),
        item,
    )


def _move(actor: Actor, product: Product, payload: Payload, reason: str) -> None:
    item = _item(actor, product, payload)
    (kind,) = taken(payload, "queue")
    queue = access.queue_of(product, kind)
    if item.state == State.TRIAGE:
        severity, owner = _hotfix(product, payload)
        states.accept_item(
            actor=actor, item=item, queue=queue, severity=severity, owner=owner, reason=reason
        )
    else:
        states.move_item(actor=actor, item=item, queue=queue, reason=reason)


def _hotfix(product: Product, payload: Payload) -> tuple[int | None, User | None]:
    """Severity and owner that an acceptance brings along."""
    severity, owner = payload.get("severity"), payload.get("owner")
    if severity is not None and severity not in Severity.values:
        raise _not_understood("severity")
    return severity, access.member_of(product, *taken(payload, "owner")) if owner else None


def _to_state(actor: Actor, product: Product, payload: Payload) -> Asked:
    item = _item(actor, product, payload)
    (state,) = taken(payload, "state")
    if state not in State.values:
        raise Invalid("There is no such state.", fields={"payload": ["state is unknown."]})
    right, _verb = states.action_and_verb(item, state)
    until = _day(payload)
    words = {
        State.PARKED: f"park {item.key}"
        + (f" until {date_format(until, 'j F Y')}" if until else ""),
        State.DECLINED: f"decline {item.key}",
    }.get(State(state), f"bring {item.key} to “{State(state).label.lower()}”")
    return Asked(right, words, item)


def _set_state(actor: Actor, product: Product, payload: Payload, reason: str) -> None:
    item = _item(actor, product, payload)
    (state,) = taken(payload, "state")
    states.set_state(actor=actor, item=item, state=state, reason=reason, until=_day(payload))


def _many(actor: Actor, product: Product, payload: Payload) -> Asked:
    (right,) = taken(payload, "right")
    if right not in _BULK_RIGHTS:
        raise _not_understood("right")
    items, change = _bulk(actor, product, payload)
    phrases = _phrases(change)
    if not phrases:
        raise _not_understood("change")
    one = len(items) == 1
    whom = items[0].key if one else f"{len(items)} items"
    said = [
        each.format(whom if at == 0 else "it" if one else "them") for at, each in enumerate(phrases)
    ]
    summary = " and ".join(said)
    if not one:
        keys = ", ".join(item.key for item in items[:_NAMED])
        more = len(items) - _NAMED
        summary += f" ({keys}{f' and {more} more' if more > 0 else ''})"
    return Asked(right, summary, items[0] if one else None)


def _phrases(change: bulk.BulkChange) -> list[str]:
    """What a change does, each with room for whom."""
    found = []
    if change.queue is not None:
        found.append(f"move {{}} to {QueueKind(change.queue.kind).label.lower()}")
    if change.state == State.PARKED:
        until = date_format(change.until, "j F Y") if change.until else ""
        found.append("park {}" + (f" until {until}" if until else ""))
    elif change.state == State.DECLINED:
        found.append("decline {}")
    elif change.state is not None:
        found.append(f"bring {{}} to “{State(change.state).label.lower()}”")
    if change.clear_owner:
        found.append("leave {} without an owner")
    elif change.owner is not None:
        found.append(f"give {{}} to {_plain(str(change.owner))}")
    if change.horizon is not None:
        found.append(f"put {{}} into “{Horizon(change.horizon).label.lower()}”")
    if change.add_labels:
        found.append(f"label {{}} {_plain(_named(change.add_labels))}")
    if change.remove_labels:
        found.append(f"take {_plain(_named(change.remove_labels))} off {{}}")
    return found


def _named(labels: Any) -> str:
    return ", ".join(f"“{label.name}”" for label in labels)


def _plain(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _bulk(actor: Actor, product: Product, payload: Payload) -> tuple[list[Item], bulk.BulkChange]:
    keys, change = payload.get("items"), payload.get("change")
    if (
        not isinstance(keys, list)
        or not 0 < len(keys) <= bulk.ASKED
        or not all(isinstance(key, str) for key in keys)
    ):
        raise _not_understood("items")
    if not isinstance(change, dict):
        raise _not_understood("change")
    found = access.items_of(actor, product, keys)
    return [found[key] for key in keys], _change(product, change)


def _change(product: Product, data: Mapping[str, Any]) -> bulk.BulkChange:
    """A change from plain data, as ``bulk.as_data`` wrote it. Raises Invalid."""

    def text(name: str) -> str | None:
        value = data.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > 2000):
            raise _not_understood(name)
        return value

    def labels(name: str) -> list[str]:
        value = data.get(name) or []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value[:50]):
            raise _not_understood(name)
        return value[:50]

    queue, owner, horizon, state = text("queue"), text("owner"), text("horizon"), text("state")
    if horizon and horizon not in Horizon.values:
        raise _not_understood("horizon")
    if state is not None and state not in State.values:
        raise _not_understood("state")
    added = words.proposed(Label, product=product, names=labels("add_labels"))
    return bulk.BulkChange(
        queue=access.queue_of(product, queue) if queue else None,
        owner=access.member_of(product, owner) if owner else None,
        clear_owner=bool(data.get("clear_owner")) and not owner,
        horizon=horizon,
        state=state,
        until=_day(data),
        add_labels=list(added.values()),
        remove_labels=list(Label.objects.filter(product=product, name__in=labels("remove_labels"))),
    )


def _change_many(actor: Actor, product: Product, payload: Payload, reason: str) -> None:
    items, change = _bulk(actor, product, payload)
    change.reason = reason
    outcome = bulk.apply(
        actor=actor, product=product, item_ids=[item.pk for item in items], change=change
    )
    if outcome.refused:
        raise Conflict(
            f"{len(outcome.refused)} of {len(items)} items cannot be changed like this now:"
            f" {outcome.refused[0][1]} Nothing was changed, and the request waits on."
        )


def _not_understood(field: str) -> Invalid:
    return Invalid(
        "This request cannot be understood.", fields={"payload": [f"{field} is missing or wrong."]}
    )


def _by_hand(actor: Actor, product: Product, payload: Payload) -> Asked:
    (right,) = taken(payload, "right")
    if right not in ACTIONS or right == "product.read":
        raise Invalid("There is no such right.", fields={"payload": ["right is unknown."]})
    words, _holders = ACTIONS[right]
    return Asked(right, f"have somebody {words}")


QUEUE = Askable(_into_queue, _move)
STATE = Askable(_to_state, _set_state)
MANY = Askable(_many, _change_many)
BY_HAND = Askable(_by_hand)
