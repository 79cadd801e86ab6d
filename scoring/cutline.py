"""Where the next cycle ends in each queue: N places, for robustness, agendas and what-ifs alike.

A queue's budget is the capacity of the next cycle times the share promised to the queue; N is how many of its scored
open items, taken in order of rank, fit into it (`scoring.engine.whatif.fitting`). An item without an estimate costs its
profile's default effort.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from accounts.models import Product
from backlog.models import Cycle, ItemSummary, PlanningPolicy, Queue
from backlog.selectors import RANK_ORDER
from backlog.vocabulary import QueueKind
from scoring.current import rubric_in_force
from scoring.engine.whatif import fitting

#: Items a queue that are looked at; a cycle that holds more than this is cut short here.
DEEPEST = 1000
#: Points of a cycle where neither a cycle nor the product's policy says what it holds.
ASSUMED = 40.0


def capacity_of_next(product: Product, today: date) -> float:
    """Points of the next cycle: the first planned one that is neither accepted nor closed nor over; without one, and
    where it names no capacity, what the product's policy says. At most two queries."""
    waiting = (
        Cycle.objects.filter(product=product, accepted_at__isnull=True, closed_at__isnull=True)
        .filter(ends_on__gte=today, capacity__isnull=False)
        .order_by("starts_on", "pk")
    )
    capacity = waiting.values_list("capacity", flat=True).first()
    if capacity is None:
        policy = PlanningPolicy.objects.filter(product=product)
        capacity = policy.values_list("capacity", flat=True).first()
    return ASSUMED if capacity is None else float(capacity)


def cut_lines(
    product: Product, today: date, kinds: Sequence[str] = tuple(QueueKind.values)
) -> dict[str, int]:
    """Queue kind -> N, how many of its scored open items the next cycle can hold. Four queries and one a queue."""
    _, rubric = rubric_in_force(product.pk)
    capacity = capacity_of_next(product, today)
    shares = dict(Queue.objects.filter(product=product).values_list("kind", "share"))
    lines = {}
    for kind in kinds:
        efforts = (
            ItemSummary.objects.filter(
                product=product, queue_kind=kind, is_open=True, priority__isnull=False
            )
            .order_by(*RANK_ORDER)
            .values_list("item__effort", flat=True)[:DEEPEST]
        )
        assumed = rubric.profile(kind).default_effort
        points = np.array([assumed if effort is None else effort for effort in efforts])
        lines[kind] = fitting(points, capacity * shares.get(kind, 0.0))
    return lines
