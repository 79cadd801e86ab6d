"""Letting production begin before its brief is signed off, as it can be asked for."""

from __future__ import annotations

from accounts.actors import Actor
from accounts.models import Product
from backlog import access
from backlog.askable import Askable, Asked, Payload, taken
from backlog.models import Increment
from backlog.services import increment_states


def _increment(actor: Actor, product: Product, payload: Payload) -> Increment:
    (key,) = taken(payload, "increment")
    return access.increment_of(actor, product, key)


def _read(actor: Actor, product: Product, payload: Payload) -> Asked:
    increment = _increment(actor, product, payload)
    words = f"let production of {increment.key} begin before its brief is signed off"
    return Asked("gate.pass", words, increment.item)


def _carry_out(actor: Actor, product: Product, payload: Payload, reason: str) -> None:
    increment = _increment(actor, product, payload)
    increment_states.pass_gate(actor=actor, increment=increment, reason=reason)


GATE = Askable(_read, _carry_out)
