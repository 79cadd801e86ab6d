"""What was predicted for finished items, beside what they achieved.

The prediction is the newest score that was kept no later than the work began (``started_at``; for what was never
started, the finish): what the team went by when it took the item on. Where none is as old as that, the first one kept
before the finish. x of a pillar is worked out again from the kept inputs under the rubric of that day. The newest
outcome of a pillar is what was realized. A scorer is whoever rated one of the pillar's criteria last before that
instant, as the change log says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from accounts.models import Product
from backlog.models import Change, Item
from scoring.calibration import Fit, WeightProposal, fit, propose
from scoring.current import rubric_in_force, rubric_numbered
from scoring.engine import score
from scoring.kept import inputs_from_states
from scoring.models import Outcome, Snapshot
from scoring.rubrics import PILLARS, QUEUES, Rubric

#: Finished items that are looked at, the last ones.
LIMIT = 2000


@dataclass
class Prediction:
    """One finished item. ``predicted`` and ``realized`` by pillar, None = not known; ``scorers``: pillar -> ids."""

    item_id: int
    queue: str
    at: datetime
    predicted: dict[str, float | None]
    realized: dict[str, float | None]
    scorers: dict[str, set[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Calibration:
    """Fits by pillar; by (queue, pillar); by (person, pillar); the weights by queue; how many items are behind them."""

    items: int
    pillars: dict[str, Fit]
    queues: dict[tuple[str, str], Fit]
    scorers: dict[tuple[int, str], Fit]
    weights: dict[str, WeightProposal]


def calibrate(product: Product) -> Calibration:
    """The product's predictions held against its outcomes. Six queries, and one a version of the rubric."""
    rows = predictions(product)
    by_queue: dict[tuple[str, str], list[Prediction]] = {}
    by_scorer: dict[tuple[int, str], list[Prediction]] = {}
    for pillar in PILLARS:
        for row in rows:
            if row.predicted[pillar] is None or row.realized[pillar] is None:
                continue
            by_queue.setdefault((row.queue, pillar), []).append(row)
            for person in row.scorers.get(pillar, ()):
                by_scorer.setdefault((person, pillar), []).append(row)
    _, rubric = rubric_in_force(product.pk)
    return Calibration(
        items=len(rows),
        pillars={pillar: _fit(rows, pillar) for pillar in PILLARS},
        queues={key: _fit(own, key[1]) for key, own in _in_order(by_queue, QUEUES)},
        scorers={key: _fit(own, key[1]) for key, own in _in_order(by_scorer)},
        weights={queue: _weights(rubric, queue, rows) for queue in QUEUES},
    )


def _in_order(
    groups: Mapping[tuple[Any, str], list[Prediction]], first: Sequence[str] = ()
) -> list[tuple[tuple[Any, str], list[Prediction]]]:
    """By queue (or person), then value, impact, risk."""
    return sorted(
        groups.items(),
        key=lambda group: (
            first.index(group[0][0]) if first else group[0][0],
            PILLARS.index(group[0][1]),
        ),
    )


def _fit(rows: Iterable[Prediction], pillar: str) -> Fit:
    pairs = [
        (row.predicted[pillar], row.realized[pillar])
        for row in rows
        if row.predicted[pillar] is not None and row.realized[pillar] is not None
    ]
    both = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return fit(both[:, 0], both[:, 1])


def _weights(rubric: Rubric, queue: str, rows: Iterable[Prediction]) -> WeightProposal:
    profile = rubric.profile(queue)
    needed = [p for p, weight in zip(PILLARS, profile.weights, strict=True) if weight > 0]
    own = [
        row
        for row in rows
        if row.queue == queue
        and all(row.predicted[p] is not None and row.realized[p] is not None for p in needed)
    ]
    shape = (len(own), len(PILLARS))
    predicted = np.array([[row.predicted[p] or 0.0 for p in PILLARS] for row in own])
    realized = np.array([[row.realized[p] or 0.0 for p in PILLARS] for row in own])
    return propose(profile, predicted.reshape(shape), realized.reshape(shape))


def predictions(product: Product) -> list[Prediction]:
    """The last `LIMIT` finished items that have an outcome and a prediction, by item."""
    realized: dict[int, dict[str, float | None]] = {}
    outcomes = (
        Outcome.objects.filter(product=product, item__finished_at__isnull=False)
        .order_by("-measured_at", "-pk")
        .values_list("item_id", "pillar", "realized")
    )
    for item_id, pillar, value in outcomes:
        if item_id not in realized and len(realized) >= LIMIT:
            continue
        realized.setdefault(item_id, dict.fromkeys(PILLARS)).setdefault(pillar, None)
        if realized[item_id][pillar] is None:
            realized[item_id][pillar] = value
    kept = _kept_scores(realized)
    found = {
        item_id: Prediction(item_id, queue, snapshot.at, predicted, realized[item_id])
        for item_id, (snapshot, queue, predicted) in _worked_out(product, kept).items()
    }
    _name_scorers(product, found)
    return [found[pk] for pk in sorted(found)]


def _kept_scores(item_ids: Iterable[int]) -> dict[int, Snapshot]:
    ids = sorted(item_ids)
    began = {
        pk: (started or finished, finished)
        for pk, started, finished in Item.objects.filter(
            pk__in=ids, finished_at__isnull=False
        ).values_list("pk", "started_at", "finished_at")
    }
    chosen: dict[int, int] = {}
    rows = Snapshot.objects.filter(item_id__in=list(began), priority__isnull=False)
    for pk, item_id, at in rows.order_by("at", "pk").values_list("pk", "item_id", "at"):
        start, finish = began[item_id]
        assert finish is not None  # the query asked for finished ones
        assert start is not None
        if at <= start or (item_id not in chosen and at <= finish):
            chosen[item_id] = pk
    return {row.item_id: row for row in Snapshot.objects.filter(pk__in=list(chosen.values()))}


def _worked_out(
    product: Product, kept: Mapping[int, Snapshot]
) -> dict[int, tuple[Snapshot, str, dict[str, float | None]]]:
    found = {}
    for version in sorted({row.rubric_version for row in kept.values()}):
        rubric = rubric_numbered(product, version)
        rows = [row for row in kept.values() if row.rubric_version == version]
        if rubric is None:
            continue
        scores = score(rubric, inputs_from_states(rubric, [row.state for row in rows]))
        for at, row in enumerate(rows):
            values = {pillar: float(getattr(scores, pillar)[at]) for pillar in PILLARS}
            found[row.item_id] = (
                row,
                QUEUES[scores.queue[at]],
                {name: None if np.isnan(value) else value for name, value in values.items()},
            )
    return found


def _name_scorers(product: Product, found: Mapping[int, Prediction]) -> None:
    _, rubric = rubric_in_force(product.pk)
    pillar_of = {each.key: each.pillar for each in rubric.criteria}
    last: dict[tuple[int, str], int] = {}
    changes = (
        Change.objects.filter(product=product, item_id__in=list(found), verb="rating.entered")
        .exclude(actor=None)
        .order_by("pk")
        .values_list("item_id", "at", "actor_id", "fields")
    )
    for item_id, at, actor_id, fields in changes:
        assert item_id is not None  # the query asked for both
        assert actor_id is not None
        if at > found[item_id].at:
            continue
        for criterion in fields:
            last[item_id, criterion] = actor_id
    for (item_id, criterion), person in last.items():
        if criterion in pillar_of:
            found[item_id].scorers.setdefault(pillar_of[criterion], set()).add(person)
