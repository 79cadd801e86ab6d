"""What finished items of the example product achieved: measured after a while, and a little less than was hoped."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta

from scoring.models import Rating
from scoring.rubrics import DEFAULT_RUBRIC, PILLARS

#: Between finish and measuring, in whole weeks (a working hour again); what was finished later is not measured yet.
WINDOW = timedelta(days=14)
#: How much of what was rated came true on average, and how far single items stray from that.
CAME_TRUE = {"value": 0.82, "impact": 0.95, "risk": 0.9}
STRAY = 0.12
FROM = {
    "value": "The viewing figures of two weeks, held against the goal in the brief.",
    "impact": "Tickets of the segment before and after.",
    "risk": "What went wrong, by the incident log.",
}


def achieved(item_id: int, dice: random.Random) -> Mapping[str, float]:
    """Pillar -> realized, for the pillars in which the item was rated."""
    levels = dict(Rating.objects.filter(item=item_id).values_list("criterion", "level"))
    found = {}
    for pillar in PILLARS:
        known = [
            levels[each.key] for each in DEFAULT_RUBRIC.criteria_of(pillar) if each.key in levels
        ]
        if known:
            hoped = sum(known) / len(known) / 5
            realized = hoped * CAME_TRUE[pillar] + dice.gauss(0, STRAY)
            found[pillar] = round(min(1.0, max(0.0, realized)), 2)
    return found
