"""The scoring engine: arrays in, arrays out. No Django, no I/O, no clock, no randomness.

One implementation serves a single item in a page and a million items in a recalculation. The
formulas are those of `docs/playbook/scoring.md`. In short, for criterion, pillar and item:

    m = level/5    s = Σ magnitude·2^(−age/h)    e = min(1, ln(1+s)/ln(1+S))
    c = certainty·2^(−max(0, age−30)/180)        f = 2^(−newest age/(2h))
    x = (1−α)m + αe or m or e                    k = (1−α)c + αf or c or αf
    V, I, R = weighted mean of x over the rated criteria     R* = R (exposure) or 1−R (delivery)
    B = W_v·V + W_i·I + W_r·R*                   κ = Σ W·(Σ w·k / Σ w over all criteria)
    C = φ + (1−φ)κ     E = max(1, effort)^(−γ)   U = (1+u·p)/(1+u)
    P = clip(100·B·C·E·U + adjustments, 0, 100)

**Independence.** A score depends on nothing but its own item, the rubric and the instant, to the
last bit: other items in the batch, the order of items and signals and the size of the blocks make
no difference on the same machine. Hence sums run over criteria one column at a time (never
`np.sum`, `@` or `einsum`, whose order of additions follows the shape), an item's signals are put
in one canonical order before they are added, and `np.power` is avoided (with one exponent it takes
short cuts whose last bit differs from that of an array of exponents). Two machines with different
processors may differ in the last bits, because their `exp2` and `log1p` may: compare stored
priorities after rounding.

**What the page leaves open, decided here**

- Levels may lie between whole numbers (a consensus of several scorers); 0 … 5.
- A signal of magnitude 0 is evidence of nothing amiss: the criterion is rated by it, e = 0, and
  its freshness counts.
- Signals and ratings from the future have age 0. A kind that no rule names is ignored; a kind may
  serve several criteria.
- α = 0 and no rating: the formula holds as written, x = e with k = 0 (rated, but not trusted). A
  rubric that wants a signal ignored leaves the rule out. α = 1 with a rating: the rating shows,
  but neither x nor k depends on it.
- A pillar with W = 0 that nobody rated: the item is scored; the pillar is NaN and its part 0.
- An unscored item has NaN for P, B, all parts and all criterion parts; its pillars, x, k, κ, C, E
  and U stand where they can be worked out.
- Band of an unscored item: `BAND_NONE`. A hotfix of severity 1 is `BAND_ACT_NOW` by policy whether
  or not it has a score, and `by_policy` is set even where its score would have sufficed.
- The threshold is compared with P rounded to 9 decimals, so that a P that is 30 on paper and
  29.999999999999996 in binary reaches a threshold of 30.
- Effort below one point counts as one, zero included.
- Criterion parts follow w·x, and w·(1−x) where the risk polarity is delivery, because that is what
  the risk part adds up. Unrated criteria have the part 0. If Σ w·x is 0, all of them are 0.
- `clipping` is exactly 0 unless P was cut at 0 or 100.

Inputs that cannot be true (unknown queue, level outside 0 … 5, a rating without certainty or age,
negative effort or magnitude) raise `ValueError` and name the first item that has them.
"""

from __future__ import annotations

from scoring.engine.arrays import (
    BAND_ACT_NOW,
    BAND_LATER,
    BAND_NEXT,
    BAND_NONE,
    BANDS,
    PARTS,
    CriterionScore,
    Evidence,
    Inputs,
    ItemScore,
    Scores,
    exact_sums,
)
from scoring.engine.evidence import (
    days_since,
    epoch_microseconds,
    evidence_from_signals,
    kind_codes,
    with_segments,
)
from scoring.engine.items import (
    Adjustment,
    ItemInputs,
    Rating,
    Signal,
    inputs_from_items,
    score_one,
)
from scoring.engine.order import HandMove, hand_move, order, order_key
from scoring.engine.priority import score

__all__ = [
    "Adjustment",
    "BANDS",
    "BAND_ACT_NOW",
    "BAND_LATER",
    "BAND_NEXT",
    "BAND_NONE",
    "CriterionScore",
    "Evidence",
    "HandMove",
    "Inputs",
    "ItemInputs",
    "ItemScore",
    "PARTS",
    "Rating",
    "Scores",
    "Signal",
    "days_since",
    "epoch_microseconds",
    "evidence_from_signals",
    "exact_sums",
    "hand_move",
    "inputs_from_items",
    "kind_codes",
    "order",
    "order_key",
    "score",
    "score_one",
    "with_segments",
]
