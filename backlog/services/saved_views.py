"""Lists under a name."""

from __future__ import annotations

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import SavedView
from core import text
from core.errors import Invalid, NotAllowed


def save_view(*, actor: Actor, product: Product, name: str, query: str, shared: bool) -> SavedView:
    """Keep filters under a name; the same name of the same person is replaced."""
    rights.require(actor, "view.share" if shared else "view.save", product)
    name = text.one_line(name)[:60]
    if not name or len(query) > 2000:
        raise Invalid(
            "The view needs a short name.",
            fields={"name": ["Enter a name of at most 60 characters."]},
        )
    view, _ = SavedView.objects.update_or_create(
        product=product, owner=actor.user, name=name, defaults={"query": query, "shared": shared}
    )
    return view


def remove_view(*, actor: Actor, view: SavedView) -> None:
    """Forget a view; only its owner can."""
    rights.require(actor, "view.save", view.product)
    if view.owner != actor.user:
        raise NotAllowed(
            f"This view belongs to {view.owner}. Save a copy under your own name instead."
        )
    view.delete()
