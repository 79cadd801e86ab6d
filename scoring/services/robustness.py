"""Asking for the rank ranges to be drawn again."""

from __future__ import annotations

from datetime import datetime

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from core.errors import Invalid
from core.queueing import enqueue_on_commit
from scoring.jobs import robustness

#: Open items up to which drawing is done before the answer: some tenths of a second.
AT_ONCE = 500
LARGEST_SEED = 2_147_483_647


def redraw(
    *, actor: Actor, product: Product, seed: int = robustness.SEED, now: datetime | None = None
) -> int | None:
    """Draw the product's ranges with ``seed``. Returns how many items were drawn; None: it is done in the background.

    What is drawn is worked out from what is there, so the change log has nothing to say of it.
    Raises Invalid, NotAllowed.
    """
    rights.require(actor, "rubric.draft", product)
    if not 0 <= seed <= LARGEST_SEED:
        raise Invalid(
            "This seed cannot be used.",
            fields={"seed": [f"A whole number from 0 to {LARGEST_SEED}."]},
        )
    if robustness.open_items(product.pk) > AT_ONCE:
        enqueue_on_commit("scoring.robustness", {"product_id": product.pk, "seed": seed})
        return None
    return robustness.draw(product_id=product.pk, seed=seed, now=now)
