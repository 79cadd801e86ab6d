"""What insights shows on My work: whether a digest comes, and the way to it."""

from __future__ import annotations

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Item
from backlog.panels import Panel
from insights import access
from insights.vocabulary import Cadence


def home_panel(*, actor: Actor, product: Product) -> Panel | None:
    """One line. One query."""
    if actor.user is None:
        return None
    found = access.preference_of(actor, product)
    context = {"preference": found, "is_on": found is not None and found.cadence != Cadence.OFF}
    return Panel("digest", "Your digest", "insights/_home.html", context)


def item_path(*, actor: Actor, item: Item) -> Panel:
    """The way to the path from rank to brief. No query."""
    return Panel("path", "From rank to brief", "insights/_item_path.html", place="facts")
