"""Where another method's ranking of a product's open items disagrees with the main one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from accounts.models import Product
from scoring.correlation import spearman
from scoring.lenses import Lens, figures, places, pulls, readings, why
from scoring.scored_now import queue_standings


@dataclass(frozen=True)
class Compared:
    """One item. ``difference``: places that the lens puts it higher (below: negative). ``figures``: the inputs."""

    item_id: int
    queue: str
    rank: int
    lens_rank: int
    score: float
    figures: dict[str, float]
    why: str

    @property
    def difference(self) -> int:
        return self.rank - self.lens_rank


@dataclass(frozen=True)
class QueueAgreement:
    """How far the two orders of a queue agree: ``correlation`` is Spearman's rho (None below two items)."""

    queue: str
    items: int
    unscored: int
    correlation: float | None


@dataclass(frozen=True)
class Comparison:
    """The items in question, the biggest disagreement first, and each queue as a whole."""

    rows: list[Compared]
    queues: list[QueueAgreement]


def compare(
    product: Product, lens: Lens, *, kinds: Sequence[str], at: datetime, limit: int
) -> Comparison:
    """The ``limit`` biggest disagreements over the scored open items of these queues. Seven queries a queue."""
    rows: list[Compared] = []
    queues = []
    for kind in kinds:
        found, unscored = queue_standings(product, kind, at)
        if found is None:
            queues.append(QueueAgreement(kind, 0, unscored, None))
            continue
        read = readings(found.rubric, found.inputs, found.scores)
        given = figures(lens, read)
        score = lens.score(*given)
        ranks = np.arange(1.0, len(score) + 1)
        lens_ranks = places(score)
        queues.append(QueueAgreement(kind, len(score), unscored, spearman(ranks, -score)))
        pull = pulls(lens, read, found.scores)
        first = np.argsort(-np.abs(ranks - lens_ranks), kind="stable")[:limit]
        rows += [
            Compared(
                item_id=int(found.ids[row]),
                queue=kind,
                rank=row + 1,
                lens_rank=int(lens_ranks[row]),
                score=float(score[row]),
                figures={
                    word: float(values[row]) for word, values in zip(lens.words, given, strict=True)
                },
                why=why(lens, row + 1 - int(lens_ranks[row]), pull[row]),
            )
            for row in first.tolist()
        ]
    rows.sort(key=lambda row: (-abs(row.difference), kinds.index(row.queue), row.rank))
    return Comparison(rows[:limit], queues)
