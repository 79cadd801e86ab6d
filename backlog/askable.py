"""What can be asked of somebody who may decide: how it reads, which right it takes, and how it is carried out.

``config.wiring.REQUESTS`` maps a verb to the dotted path of its :class:`Askable`; upper apps bring their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Item
from core.errors import Invalid

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """A wish that was understood. ``summary`` completes "… asks to": "park ATLAS-3 until 3 March"."""

    right: str
    summary: str
    item: Item | None = None


@dataclass(frozen=True)
class Askable:
    """``read`` understands a payload as the one who asks (raises Invalid). ``carry_out`` does it as the one who
    answers, through the same service as any other way in; without it, people do it by hand. ``let_go`` puts away what
    was kept for it, after a decline or a withdrawal."""

    read: Callable[[Actor, Product, Payload], Asked]
    carry_out: Callable[[Actor, Product, Payload, str], None] | None = None
    let_go: Callable[[Product, Payload], None] | None = None


def askable(verb: str) -> Askable:
    """What ``verb`` means. Raises Invalid for one that nobody brings."""
    path = import_string(f"{settings.WIRING}.REQUESTS").get(verb)
    if path is None:
        raise Invalid("This cannot be asked for.", fields={"verb": ["There is no such request."]})
    found = import_string(path)
    assert isinstance(found, Askable)
    return found


def taken(payload: Payload, *names: str) -> list[str]:
    """These texts of a payload. Raises Invalid where one is missing or no text."""
    found = []
    for name in names:
        value = payload.get(name)
        if not isinstance(value, str) or not value or len(value) > 2000:
            raise Invalid(
                "This request cannot be understood.", fields={"payload": [f"{name} is missing."]}
            )
        found.append(value)
    return found
