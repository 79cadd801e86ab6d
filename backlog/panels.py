"""The slots that the apps above fill: parts of the item page, of My work, of the side panel, of the item's API detail.

``config/wiring.py`` lists the functions in page order. Each takes what its slot gives and returns a :class:`Panel` or
None (nothing to show).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Increment, Item


@dataclass
class Panel:
    """A part of a page: its template gets ``context`` and the page's own. ``place``: main or facts (right column).

    ``stops``: what it says keeps the page from doing what it is for.
    """

    key: str
    title: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    place: str = "main"
    stops: bool = False


def item_panels(actor: Actor, item: Item) -> list[Panel]:
    """What the apps show on an item's page."""
    return [
        panel
        for path in _wired("ITEM_PANELS")
        if (panel := import_string(path)(actor=actor, item=item))
    ]


def increment_panels(actor: Actor, increment: Increment) -> list[Panel]:
    """What the apps show on an increment's page."""
    return [
        panel
        for path in _wired("INCREMENT_PANELS")
        if (panel := import_string(path)(actor=actor, increment=increment))
    ]


def home_panels(actor: Actor, product: Product) -> list[Panel]:
    """What the apps show on My work."""
    return [
        panel
        for path in _wired("HOME_PANELS")
        if (panel := import_string(path)(actor=actor, product=product))
    ]


def item_details(actor: Actor, item: Item) -> dict[str, Any]:
    """What the apps add to an item's detail in the API, as JSON-able values under their own names."""
    found: dict[str, Any] = {}
    for path in _wired("ITEM_DETAILS"):
        found.update(import_string(path)(actor=actor, item=item))
    return found


def _wired(name: str) -> list[str]:
    return list(import_string(f"{settings.WIRING}.{name}"))


def search_sections(actor: Actor, product: Product, query: str) -> list[Panel]:
    """What the other apps find for the words of ``query``."""
    if not query.strip():
        return []
    return [
        panel
        for path in _wired("SEARCH_SOURCES")
        if (panel := import_string(path)(actor=actor, product=product, query=query))
    ]
