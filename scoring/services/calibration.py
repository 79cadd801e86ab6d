"""From what outcomes propose to a rubric draft: to be tried and published by people, never by itself."""

from __future__ import annotations

import copy
from datetime import datetime

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from core.errors import Invalid
from scoring.calibration import ENOUGH
from scoring.models import RubricDraft, RubricVersion
from scoring.predictions import calibrate
from scoring.services import drafts


def draft_proposal(*, actor: Actor, product: Product, now: datetime | None = None) -> RubricDraft:
    """A draft of the rubric in force with the weights that the outcomes propose, in whole percents.

    Raises Invalid where no queue has enough outcomes, Conflict (too many drafts), NotAllowed.
    """
    rights.require(actor, "rubric.draft", product)
    proposed = {
        queue: weights
        for queue, proposal in calibrate(product).weights.items()
        if (weights := proposal.rounded) is not None
    }
    if not proposed:
        raise Invalid(f"No queue has {ENOUGH} finished items with every pillar measured yet.")
    source = RubricVersion.objects.filter(product=product).order_by("-number")[0]
    data = copy.deepcopy(source.data)
    for queue, weights in proposed.items():
        data["profiles"][queue]["weights"] = weights
    return drafts.begin(
        actor=actor,
        product=product,
        source=source,
        name="Weights that outcomes propose",
        data=data,
        now=now,
    )
