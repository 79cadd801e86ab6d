"""What goes into the engine and what comes out. N items of one product, C criteria of a rubric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.rubrics import PILLARS, QUEUES, Rubric

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

PARTS = (
    "value",
    "impact",
    "risk",
    "confidence",
    "effort",
    "urgency",
    "adjustment",
    "clipping",
)
"""The columns of `Scores.parts`, in the order of the waterfall."""

BAND_NONE, BAND_LATER, BAND_NEXT, BAND_ACT_NOW = -1, 0, 1, 2
"""Band codes. They rise with urgency; -1 is an item without a priority."""

BANDS = {BAND_NONE: "", BAND_LATER: "later", BAND_NEXT: "next", BAND_ACT_NOW: "act_now"}
"""Band code → the name that is stored."""


@dataclass(frozen=True)
class Evidence:
    """Signals, summed up per criterion.

    decayed_sum: (N, C) float64, Σ magnitude·2^(−age/h), ≥ 0; read only where a signal exists.
    newest_age_days: (N, C) float64, age of the newest signal of the rule's kinds; NaN = no signal.
    """

    decayed_sum: Floats
    newest_age_days: Floats


@dataclass(frozen=True)
class Inputs:
    """Everything that the scores of N items depend on, at one instant.

    queue: (N,) int8, position in `QUEUES`.
    levels: (N, C) float64, 0 … 5; NaN = unrated.
    certainty: (N, C) float64 in (0, 1]; read only where there is a level.
    rated_age_days: (N, C) float64; read only where there is a level.
    evidence: see :class:`Evidence`; None = no signals at all.
    effort: (N,) float64, points ≥ 0; NaN = unknown.
    due_in_days: (N,) float64, due − t, negative = overdue; NaN = no due instant.
    adjustment: (N,) float64, sum of the active adjustments in points, not yet limited.
    severity: (N,) integers, 1 = worst; 0 = none.
    """

    queue: Codes
    levels: Floats
    certainty: Floats
    rated_age_days: Floats
    evidence: Evidence | None
    effort: Floats
    due_in_days: Floats
    adjustment: Floats
    severity: npt.NDArray[np.integer]

    def check(self, criteria: int) -> None:
        """Raise `ValueError` that names the first item whose inputs cannot be true."""
        count = len(self.queue)
        for name in ("levels", "certainty", "rated_age_days"):
            _expect_shape(name, getattr(self, name), (count, criteria))
        for name in ("effort", "due_in_days", "adjustment", "severity"):
            _expect_shape(name, getattr(self, name), (count,))
        _refuse((self.queue < 0) | (self.queue >= len(QUEUES)), "an unknown queue code")
        rated = ~np.isnan(self.levels)
        _refuse(rated & ~((self.levels >= 0) & (self.levels <= 5)), "a level outside 0 … 5")
        sure = (self.certainty > 0) & (self.certainty <= 1)
        _refuse(rated & ~sure, "a rating without a certainty in (0, 1]")
        _refuse(rated & ~np.isfinite(self.rated_age_days), "a rating without an age")
        known = ~np.isnan(self.effort)
        _refuse(known & ~((self.effort >= 0) & np.isfinite(self.effort)), "an impossible effort")
        _refuse(~np.isfinite(self.adjustment), "an adjustment that is not a number")
        if self.evidence is not None:
            _expect_shape("decayed_sum", self.evidence.decayed_sum, (count, criteria))
            _expect_shape("newest_age_days", self.evidence.newest_age_days, (count, criteria))
            present = ~np.isnan(self.evidence.newest_age_days)
            _refuse(present & ~(self.evidence.decayed_sum >= 0), "an impossible sum of signals")


@dataclass(frozen=True)
class CriterionScore:
    """One criterion of one item; the letters are those of the formulas, None = not there.

    `points` is its share of the pillar's part; None while the item is unscored.
    """

    key: str
    m: float | None
    e: float | None
    c: float | None
    f: float | None
    x: float | None
    k: float
    points: float | None


@dataclass(frozen=True)
class ItemScore:
    """One row of :class:`Scores` as plain Python values; None where the array has NaN."""

    queue: str
    scored: bool
    missing: tuple[str, ...]
    value: float | None
    impact: float | None
    risk: float | None
    risk_counted: float | None
    merit: float | None
    kappa: float
    confidence: float
    effort_factor: float
    urgency_factor: float
    priority: float | None
    band: int
    by_policy: bool
    effort_assumed: bool
    parts: dict[str, float] | None
    criteria: tuple[CriterionScore, ...]

    @property
    def band_name(self) -> str:
        return BANDS[self.band]


@dataclass(frozen=True)
class Scores:
    """The scores of N items.

    queue: (N,) int8, as given.
    scored: (N,) bool; False = a pillar that the queue weighs has no rated criterion.
    missing: (N,) uint8, bit p set = pillar `PILLARS[p]` is what keeps the item unscored.
    value, impact, risk: (N,) V, I, R in [0, 1]; NaN = undefined.
    risk_counted: (N,) R*, which is R or 1 − R by the queue's polarity.
    merit: (N,) B. kappa: (N,) κ. confidence: (N,) C. effort_factor: (N,) E. urgency_factor: (N,) U.
    priority: (N,) P in [0, 100]; NaN = unscored.
    band: (N,) int8, see `BANDS`. by_policy: (N,) bool, the band is that of the severity-1 policy.
    effort_assumed: (N,) bool, the queue's default effort stood in.
    parts: (N, 8) points in the order of `PARTS`; each row sums to P within 1e-9.
    criterion_parts: (N, C) points; those of a pillar sum to its part.
    x, k, m, e, c, f: (N, C) per criterion; NaN where there is none, k = 0 where unrated.
    """

    queue: Codes
    scored: Bools
    missing: npt.NDArray[np.uint8]
    value: Floats
    impact: Floats
    risk: Floats
    risk_counted: Floats
    merit: Floats
    kappa: Floats
    confidence: Floats
    effort_factor: Floats
    urgency_factor: Floats
    priority: Floats
    band: Codes
    by_policy: Bools
    effort_assumed: Bools
    parts: Floats
    criterion_parts: Floats
    x: Floats
    k: Floats
    m: Floats
    e: Floats
    c: Floats
    f: Floats

    def __len__(self) -> int:
        return len(self.queue)

    def item(self, rubric: Rubric, row: int) -> ItemScore:
        """One row as plain values. `rubric` is the one that the scores were made with."""
        scored = bool(self.scored[row])
        return ItemScore(
            queue=QUEUES[self.queue[row]],
            scored=scored,
            missing=tuple(
                pillar for bit, pillar in enumerate(PILLARS) if self.missing[row] >> bit & 1
            ),
            value=_plain(self.value[row]),
            impact=_plain(self.impact[row]),
            risk=_plain(self.risk[row]),
            risk_counted=_plain(self.risk_counted[row]),
            merit=_plain(self.merit[row]),
            kappa=float(self.kappa[row]),
            confidence=float(self.confidence[row]),
            effort_factor=float(self.effort_factor[row]),
            urgency_factor=float(self.urgency_factor[row]),
            priority=_plain(self.priority[row]),
            band=int(self.band[row]),
            by_policy=bool(self.by_policy[row]),
            effort_assumed=bool(self.effort_assumed[row]),
            parts=(dict(zip(PARTS, self.parts[row].tolist(), strict=True)) if scored else None),
            criteria=tuple(
                CriterionScore(
                    key=criterion.key,
                    m=_plain(self.m[row, column]),
                    e=_plain(self.e[row, column]),
                    c=_plain(self.c[row, column]),
                    f=_plain(self.f[row, column]),
                    x=_plain(self.x[row, column]),
                    k=float(self.k[row, column]),
                    points=_plain(self.criterion_parts[row, column]),
                )
                for column, criterion in enumerate(rubric.criteria)
            ),
        )


def _plain(number: np.float64) -> float | None:
    return None if np.isnan(number) else float(number)


def _expect_shape(name: str, array: npt.NDArray[np.generic], shape: Sequence[int]) -> None:
    if array.shape != tuple(shape):
        raise ValueError(f"{name} has the shape {array.shape}; {tuple(shape)} is needed.")


def _refuse(wrong: Bools, what: str) -> None:
    if wrong.any():
        first = int(np.argwhere(wrong)[0][0])
        raise ValueError(f"Item {first} of the batch has {what}.")


def exact_sums(row: npt.NDArray[np.integer], values: Floats, count: int) -> Floats:
    """(count,) sums of `values` by `row`, exactly rounded, whatever their order."""
    given: dict[int, list[float]] = {}
    for place, each in zip(row.tolist(), values.tolist(), strict=True):
        given.setdefault(place, []).append(each)
    found = np.zeros(count)
    for place, own in given.items():
        found[place] = math.fsum(own)
    return found
