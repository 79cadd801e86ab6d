"""A product's items in the order of their queues, with everything that the engine says of them now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from accounts.models import Product
from backlog.models import ItemSummary
from backlog.selectors import RANK_ORDER
from scoring.current import rubric_in_force
from scoring.engine import Evidence, Inputs, Scores, score
from scoring.jobs.inputs import read
from scoring.rubrics import Rubric

#: Items a queue that a comparison looks at, the best first.
DEEPEST = 20_000


@dataclass(frozen=True)
class Standings:
    """N scored items in the order asked for. ``ids``: (N,) int64. ``number``: the rubric's version."""

    number: int
    rubric: Rubric
    ids: npt.NDArray[np.int64]
    inputs: Inputs
    scores: Scores


def queue_standings(product: Product, kind: str, at: datetime) -> tuple[Standings | None, int]:
    """The scored open items of a queue in rank order (None: there are none), and how many open ones have no score."""
    rows = ItemSummary.objects.filter(product=product, queue_kind=kind, is_open=True)
    ids = list(rows.order_by(*RANK_ORDER).values_list("item_id", flat=True)[:DEEPEST])
    found = standings(product, ids, at)
    return found, len(ids) - (len(found.ids) if found else 0)


def standings(product: Product, item_ids: Sequence[int], at: datetime) -> Standings | None:
    """These items as scored at ``at``, in the order given, without the unscored; None: nothing is. Six queries."""
    number, rubric = rubric_in_force(product.pk)
    batch = read(rubric, product.pk, item_ids, at)
    if batch is None:
        return None
    scores = score(rubric, batch.inputs)
    place = {pk: row for row, pk in enumerate(batch.item_ids.tolist())}
    rows = np.array([place[pk] for pk in item_ids if pk in place], dtype=np.intp)
    rows = rows[scores.scored[rows]]
    if not len(rows):
        return None
    return Standings(
        number, rubric, batch.item_ids[rows], _taken(batch.inputs, rows), _taken(scores, rows)
    )


def _taken(record: Any, rows: npt.NDArray[np.intp]) -> Any:
    """The same record of arrays with these rows of each."""
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return type(record)(
        **{
            name: _taken(value, rows)
            if isinstance(value, Evidence)
            else None
            if value is None
            else value[rows]
            for name, value in values.items()
        }
    )
