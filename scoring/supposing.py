"""What if one thing about an item were otherwise: the inputs that it would take, as the engine reads them.

Pure, and nothing is kept. A pillar is moved by giving the same level to each of its criteria that is rated (to all of
them where none is): with x = (1 − α)·L/5 + α·e where there is evidence and L/5 where there is none, the level follows
from the wanted mean as

    L = 5·(v·Σw − Σ w·α·e − Σ w·e of those with evidence alone) / Σ w·(1 − α)

and is cut to 0 … 5: evidence may hold a pillar where no rating can move it. Certainty and age stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scoring.engine import ItemInputs, ItemScore, Rating, score_one
from scoring.rubrics import MAX_LEVEL, PILLARS, Rubric

#: Axis -> smallest and largest value, in its unit: levels 0 to 5, points, percent.
AXES: Mapping[str, tuple[float, float]] = {
    "value": (0.0, 5.0),
    "impact": (0.0, 5.0),
    "risk": (0.0, 5.0),
    "effort": (0.0, 100_000.0),
    "urgency": (0.0, 100.0),
    "confidence": (0.0, 100.0),
    "priority": (0.0, 100.0),
}
_CLOSE = 1e-9


@dataclass(frozen=True)
class Supposed:
    """``priority`` then (None: still unscored). ``reached``: the value that was reached, in the axis' unit.

    ``level``: what each criterion of the pillar would have to be rated. ``due_at``: the due instant. ``points``: the
    adjustment. ``possible``: the wanted value can be reached by what people may enter.
    """

    priority: float | None
    reached: float
    possible: bool
    level: float | None = None
    due_at: datetime | None = None
    points: float | None = None


def suppose(
    rubric: Rubric, item: ItemInputs, now: ItemScore, axis: str, wanted: float, at: datetime
) -> Supposed:
    """``now`` is the item's score at ``at``. Raises ValueError for an unknown axis or a value outside of it."""
    low, high = AXES.get(axis, (1.0, 0.0))
    if not low <= wanted <= high:
        raise ValueError(f"{axis}: {wanted}")
    if axis in PILLARS:
        return _pillar(rubric, item, now, axis, wanted, at)
    if axis == "effort":
        then = score_one(rubric, replace(item, effort=wanted), at)
        return Supposed(then.priority, wanted, True)
    if axis == "urgency":
        window = rubric.profile(item.queue).urgency_days
        due_at = at + timedelta(days=window * (1.0 - wanted / 100.0))
        then = score_one(rubric, replace(item, due_at=due_at), at)
        return Supposed(then.priority, wanted, True, due_at=due_at)
    if now.priority is None or now.parts is None:
        return Supposed(None, wanted, False)
    earned = sum(list(now.parts.values())[:6])
    if axis == "confidence":
        floor = 100.0 * rubric.profile(item.queue).confidence_floor
        reached = max(floor, wanted)
        raw = earned * reached / 100.0 / now.confidence + now.parts["adjustment"]
        return Supposed(min(100.0, max(0.0, raw)), reached, wanted >= floor - _CLOSE)
    total = wanted - earned
    points = total - now.parts["adjustment"]
    limit = rubric.max_adjustment
    reached = min(100.0, max(0.0, earned + min(limit, max(-limit, total))))
    return Supposed(reached, reached, abs(total) <= limit + _CLOSE, points=points)


def _pillar(
    rubric: Rubric, item: ItemInputs, now: ItemScore, pillar: str, wanted: float, at: datetime
) -> Supposed:
    criteria = rubric.criteria_of(pillar)
    found = {each.key: each for each in now.criteria}
    rated = {each.key for each in criteria if each.key in item.ratings}
    touched = rated or {each.key for each in criteria}
    weighed = known = free = 0.0
    for each in criteria:
        evidence = found[each.key].e
        if each.key in touched:
            share = each.evidence.share if each.evidence and evidence is not None else 0.0
            weighed += each.weight
            known += each.weight * share * (evidence or 0.0)
            free += each.weight * (1.0 - share)
        elif evidence is not None:
            weighed += each.weight
            known += each.weight * evidence
    if free <= 0:
        current = getattr(now, pillar)
        return Supposed(now.priority, MAX_LEVEL * (current or 0.0), False)
    exact = MAX_LEVEL * (wanted / MAX_LEVEL * weighed - known) / free
    level = min(float(MAX_LEVEL), max(0.0, exact))
    ratings = dict(item.ratings)
    for key in touched:
        old = item.ratings.get(key)
        ratings[key] = (
            replace(old, level=level) if old is not None else Rating(level, "informed", at)
        )
    then = score_one(rubric, replace(item, ratings=ratings), at)
    reached = MAX_LEVEL * (getattr(then, pillar) or 0.0)
    return Supposed(then.priority, reached, abs(exact - level) <= 1e-6, level=level)
