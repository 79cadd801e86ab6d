"""The order within a queue, and what it takes to move an item by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import Floats
from scoring.rubrics import Rubric

HAND_MOVE_MARGIN = 0.01
"""Points by which a hand move goes past its neighbour; adjustments are kept in hundredths."""


def order(
    priority: Floats,
    due: Floats,
    created: npt.NDArray[np.generic],
    item_id: npt.NDArray[np.integer],
    severity: npt.NDArray[np.integer],
) -> npt.NDArray[np.intp]:
    """Rows of one queue from first to last. All (N,): priority and due with NaN = none.

    Scored: P descending, due ascending (none last), created, id. Unscored after them: severity
    ascending (0 = none, last), due ascending (none last), oldest first, id. `due` may be days from
    now or an instant as a number: only the order counts.
    """
    unscored = np.isnan(priority)
    rank = np.where(severity > 0, severity, np.iinfo(np.int64).max)
    by_severity = np.where(unscored, rank, 0)
    by_priority = np.where(unscored, 0.0, -priority)
    return np.lexsort((item_id, created, due, by_severity, by_priority, unscored))


def order_key(
    priority: float | None, due: float | None, created: float, item_id: int, severity: int
) -> tuple[bool, float, float, float, float, int]:
    """The same order as a sort key for one item; None = none, severity 0 = none."""
    unscored = priority is None
    return (
        unscored,
        0.0 if priority is None else -priority,
        (severity or math.inf) if unscored else 0.0,
        math.inf if due is None else due,
        created,
        item_id,
    )


@dataclass(frozen=True)
class HandMove:
    """`points`: what the new adjustment must be, in hundredths; `total`: all active adjustments
    with it; `allowed`: the total is within the rubric's limit and the scale has room for it."""

    points: float
    total: float
    allowed: bool


def hand_move(
    rubric: Rubric, *, earned: float, adjustment: float, neighbour: float, above: bool = True
) -> HandMove:
    """What it takes to put a scored item just above (or below) a neighbour of its queue.

    `earned`: 100·B·C·E·U of the item moved, which is the sum of its first six parts; `adjustment`:
    the sum of its active adjustments, not limited; `neighbour`: the other one's P.
    """
    sign = 1.0 if above else -1.0
    target = neighbour + sign * HAND_MOVE_MARGIN
    needed = target - earned - adjustment
    # Outward to whole hundredths; the 1e-6 keeps an exact hundredth from becoming the next one.
    points = sign * math.ceil(sign * needed * 100 - 1e-6) / 100
    total = round(adjustment + points, 2)
    allowed = abs(total) <= rubric.max_adjustment and 0.0 <= target <= 100.0
    return HandMove(points=points, total=total, allowed=allowed)
