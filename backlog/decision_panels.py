"""Decisions on an item's page, and requests on My work."""

from __future__ import annotations

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog import decision_log
from backlog.models import Item
from backlog.panels import Panel


def item_panel(*, actor: Actor, item: Item) -> Panel:
    """What was decided about the item, the newest first, and the way to its trace: newcomers look for it here."""
    return Panel(
        key="decisions",
        title="Decisions",
        template="backlog/_item_decisions.html",
        context={
            "decisions": decision_log.decisions_of(item),
            "may_record": rights.allowed(actor, "decision.record", item.product),
        },
        place="facts",
    )


def home_panel(*, actor: Actor, product: Product) -> Panel | None:
    """What waits for this person's decision, and what became of what they asked."""
    if actor.user is None:
        return None
    waiting = decision_log.requests_for(actor, product)
    own = decision_log.requests_of(actor, product)
    if not waiting and not own:
        return None
    return Panel(
        key="requests",
        title="Asked and answered",
        template="backlog/_requests.html",
        context={"waiting": waiting, "own": own},
    )
