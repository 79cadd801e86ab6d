"""From inputs to priorities. The formulas and the decided edge cases: `scoring.engine`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.engine.arrays import (
    BAND_ACT_NOW,
    BAND_NONE,
    PARTS,
    Bools,
    Floats,
    Inputs,
    Scores,
)
from scoring.rubrics import DELIVERY, PILLARS, QUEUES, Rubric

HOTFIX = QUEUES.index("hotfix")
BLOCK = 8192
"""Items computed at a time: the working arrays of a block stay in the processor's cache."""

_BAND_DECIMALS = 9


def score(rubric: Rubric, inputs: Inputs, *, block: int = BLOCK) -> Scores:
    """Score N items of one product. Raises `ValueError` for inputs that cannot be true.

    `block` bounds the working memory and never changes a result. The (N, C) and (N, 8) arrays of
    the answer are stored column by column.
    """
    tables = _Tables.of(rubric)
    count, columns = len(inputs.queue), len(rubric.criteria)
    inputs.check(columns)
    out = _empty(inputs, count, columns)
    for start in range(0, count, block):
        _score_block(tables, inputs, out, slice(start, min(start + block, count)))
    return out


@dataclass(frozen=True)
class _Tables:
    """A rubric as arrays: one entry per criterion (C,) or per queue (4,)."""

    rubric: Rubric
    pillar_columns: tuple[tuple[int, ...], ...]
    pillar_weight: tuple[float, ...]
    evidence_columns: tuple[int, ...]
    queue_weight: Floats
    delivery: Bools
    exponent: Floats
    default_effort: Floats
    gain: Floats
    window: Floats
    floor: Floats
    act_now: Floats
    next: Floats

    @classmethod
    def of(cls, rubric: Rubric) -> _Tables:
        profiles = rubric.profiles
        pillar_columns = tuple(
            tuple(i for i, criterion in enumerate(rubric.criteria) if criterion.pillar == pillar)
            for pillar in PILLARS
        )
        return cls(
            rubric=rubric,
            pillar_columns=pillar_columns,
            pillar_weight=tuple(
                sum(rubric.criteria[column].weight for column in columns)
                for columns in pillar_columns
            ),
            evidence_columns=tuple(
                i for i, criterion in enumerate(rubric.criteria) if criterion.evidence
            ),
            queue_weight=np.array([profile.weights for profile in profiles]).T.copy(),
            delivery=np.array([profile.risk_polarity == DELIVERY for profile in profiles]),
            exponent=np.array([profile.effort_exponent for profile in profiles]),
            default_effort=np.array([profile.default_effort for profile in profiles]),
            gain=np.array([profile.urgency_gain for profile in profiles]),
            window=np.array([profile.urgency_days for profile in profiles]),
            floor=np.array([profile.confidence_floor for profile in profiles]),
            act_now=np.array([profile.act_now for profile in profiles]),
            next=np.array([profile.next for profile in profiles]),
        )


def _empty(inputs: Inputs, count: int, columns: int) -> Scores:
    def line() -> Floats:
        return np.empty(count)

    def table(width: int) -> Floats:
        return np.empty((width, count)).T

    return Scores(
        queue=inputs.queue.astype(np.int8),
        scored=np.empty(count, dtype=np.bool_),
        missing=np.empty(count, dtype=np.uint8),
        value=line(),
        impact=line(),
        risk=line(),
        risk_counted=line(),
        merit=line(),
        kappa=line(),
        confidence=line(),
        effort_factor=line(),
        urgency_factor=line(),
        priority=line(),
        band=np.empty(count, dtype=np.int8),
        by_policy=np.empty(count, dtype=np.bool_),
        effort_assumed=np.empty(count, dtype=np.bool_),
        parts=table(len(PARTS)),
        criterion_parts=table(columns),
        x=table(columns),
        k=table(columns),
        m=table(columns),
        e=table(columns),
        c=table(columns),
        f=table(columns),
    )


def _score_block(tables: _Tables, inputs: Inputs, out: Scores, rows: slice) -> None:
    rubric = tables.rubric
    queue = out.queue[rows]
    x, k = _criteria(tables, inputs, out, rows)
    rated = ~np.isnan(x)

    weights = tables.queue_weight[:, queue]  # (3, block)
    delivery = tables.delivery[queue]
    means = []
    kappa = np.zeros(len(queue))
    rated_weight = []
    for pillar, columns in enumerate(tables.pillar_columns):
        total = np.zeros(len(queue))
        weighed = np.zeros(len(queue))
        known = np.zeros(len(queue))
        for column in columns:
            weight = rubric.criteria[column].weight
            total += np.where(rated[column], weight * x[column], 0.0)
            weighed += np.where(rated[column], weight, 0.0)
            known += weight * k[column]
        means.append(total / np.where(weighed > 0, weighed, np.nan))
        rated_weight.append(weighed)
        if columns:
            kappa += weights[pillar] * (known / tables.pillar_weight[pillar])
    counted = [means[0], means[1], np.where(delivery, 1.0 - means[2], means[2])]

    missing = np.zeros(len(queue), dtype=np.uint8)
    merit = np.zeros(len(queue))
    pillar_parts = []
    for pillar in range(len(PILLARS)):
        counts = weights[pillar] > 0
        missing |= ((counts & np.isnan(counted[pillar])) << pillar).astype(np.uint8)
        share = np.where(counts, weights[pillar] * counted[pillar], 0.0)
        merit += share
        pillar_parts.append(100.0 * share)
    scored = missing == 0
    merit[~scored] = np.nan

    floor, gain = tables.floor[queue], tables.gain[queue]
    confidence = floor + (1.0 - floor) * kappa
    assumed = np.isnan(inputs.effort[rows])
    effort = np.where(assumed, tables.default_effort[queue], inputs.effort[rows])
    effort_factor = np.exp2(-tables.exponent[queue] * np.log2(np.maximum(1.0, effort)))
    nearness = np.clip(1.0 - inputs.due_in_days[rows] / tables.window[queue], 0.0, 1.0)
    nearness[np.isnan(nearness)] = 0.0  # no due instant
    urgency_factor = (1.0 + gain * nearness) / (1.0 + gain)

    adjustment = np.clip(inputs.adjustment[rows], -rubric.max_adjustment, rubric.max_adjustment)
    full = 100.0 * merit
    trusted = full * confidence
    worked = trusted * effort_factor
    earned = worked * urgency_factor
    unclipped = earned + adjustment
    priority = np.clip(unclipped, 0.0, 100.0)

    parts = (
        *pillar_parts,
        full * (confidence - 1.0),
        trusted * (effort_factor - 1.0),
        worked * (urgency_factor - 1.0),
        adjustment,
        priority - unclipped,
    )
    for column, part in enumerate(parts):
        # Adding 0 turns −0.0 into 0.0, which would read oddly in JSON.
        out.parts[rows, column] = np.where(scored, part, np.nan) + 0.0
    out.value[rows], out.impact[rows], out.risk[rows] = means
    out.risk_counted[rows] = counted[2]
    out.missing[rows], out.scored[rows] = missing, scored
    _criterion_parts(tables, out, rows, weights, delivery, rated, rated_weight)
    out.merit[rows], out.kappa[rows], out.confidence[rows] = merit, kappa, confidence
    out.effort_factor[rows], out.urgency_factor[rows] = effort_factor, urgency_factor
    out.effort_assumed[rows] = assumed
    out.priority[rows] = priority
    _bands(tables, inputs, out, rows)


def _criteria(tables: _Tables, inputs: Inputs, out: Scores, rows: slice) -> tuple[Floats, Floats]:
    """Fill m, e, c, f, x and k; answer x and k as (C, block)."""
    rubric = tables.rubric
    m = _columns(inputs.levels, rows) / 5.0
    rated = ~np.isnan(m)
    overdue = np.maximum(0.0, _columns(inputs.rated_age_days, rows) - rubric.rating_grace_days)
    c = _columns(inputs.certainty, rows) * np.exp2(-overdue / rubric.rating_half_life_days)
    c[~rated] = np.nan
    e = np.full_like(m, np.nan)
    f = np.full_like(m, np.nan)
    x = m.copy()
    k = np.where(rated, c, 0.0)
    if inputs.evidence is not None:
        for column in tables.evidence_columns:
            rule = rubric.criteria[column].evidence
            assert rule is not None  # evidence_columns holds only those with a rule
            newest = np.ascontiguousarray(inputs.evidence.newest_age_days[rows, column])
            decayed = np.ascontiguousarray(inputs.evidence.decayed_sum[rows, column])
            present = ~np.isnan(newest)
            share = rule.share
            e[column] = np.where(
                present, np.minimum(1.0, np.log1p(decayed) / np.log1p(rule.saturation)), np.nan
            )
            f[column] = np.exp2(-np.maximum(0.0, newest) / (2.0 * rule.half_life_days))
            both = present & rated[column]
            x[column] = np.where(present, e[column], x[column])
            x[column] = np.where(both, (1.0 - share) * m[column] + share * e[column], x[column])
            k[column] = np.where(present, share * f[column], k[column])
            k[column] = np.where(both, (1.0 - share) * c[column] + k[column], k[column])
    out.m[rows], out.e[rows], out.c[rows] = m.T, e.T, c.T
    out.f[rows], out.x[rows], out.k[rows] = f.T, x.T, k.T
    return x, k


def _columns(table: Floats, rows: slice) -> Floats:
    """(N, C) → contiguous (C, block), so that NumPy takes the same path for every shape."""
    return np.ascontiguousarray(table[rows].T)


def _criterion_parts(
    tables: _Tables,
    out: Scores,
    rows: slice,
    weights: Floats,
    delivery: Bools,
    rated: Bools,
    rated_weight: Sequence[Floats],
) -> None:
    """Each pillar's part, split in proportion to what its criteria put in."""
    scored = out.scored[rows]
    for pillar, columns in enumerate(tables.pillar_columns):
        per_weight = (
            100.0 * weights[pillar] / np.where(rated_weight[pillar] > 0, rated_weight[pillar], 1.0)
        )
        for column in columns:
            x = out.x[rows, column]
            put_in = np.where(delivery, 1.0 - x, x) if PILLARS[pillar] == "risk" else x
            part = per_weight * (tables.rubric.criteria[column].weight * put_in)
            part = np.where(rated[column], part, 0.0)
            out.criterion_parts[rows, column] = np.where(scored, part, np.nan)


def _bands(tables: _Tables, inputs: Inputs, out: Scores, rows: slice) -> None:
    queue = out.queue[rows]
    shown = np.round(out.priority[rows], _BAND_DECIMALS)
    band: npt.NDArray[np.int8] = (shown >= tables.next[queue]).astype(np.int8)
    band += shown >= tables.act_now[queue]
    band[~out.scored[rows]] = BAND_NONE
    by_policy = (queue == HOTFIX) & (inputs.severity[rows] == 1)
    band[by_policy] = BAND_ACT_NOW
    out.band[rows], out.by_policy[rows] = band, by_policy
