"""An import that is taken back leaves what a brief governs and what is being built in increments."""

from __future__ import annotations

import pytest

from backlog.models import Increment, Item
from backlog.services import briefs, increments
from backlog.vocabulary import OPEN_STATES
from tests.cast import Cast
from tests.integrations.exports import bring, many, take_back


@pytest.mark.usefixtures("sound")
def test_items_with_a_brief_or_a_plan_stay(cast: Cast) -> None:
    owner = cast.actor("owner")
    run = bring(cast.a, many(4), actor=owner)
    rows = Item.objects.filter(product=cast.a)
    planned = rows.filter(state__in=OPEN_STATES).order_by("number")[0]
    governed = rows.exclude(pk=planned.pk).order_by("number")[0]
    brief = briefs.create_brief(actor=owner, product=cast.a, title="The tour", items=[governed])
    kind = cast.a.increment_kinds.get(slug="narrative_map")
    draft = increments.Draft(kind=kind, title="A map")
    increments.add_increment(actor=owner, item=planned, draft=draft)
    take_back(run, owner)
    assert (run.counts["removed"], run.counts["kept"]) == (2, 2)
    assert brief.governed.get().item == governed
    assert Increment.objects.get().item == planned
