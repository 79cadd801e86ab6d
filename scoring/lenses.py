"""Other methods' rankings over the same items, for teams that come from one: WSJF, RICE, ICE, value classes.

Read-only, and pure. Each method is the formula that its users know; `readings` says what its words are read from here:

    business value      5·(V + I)                              0 … 10, value and impact alike
    time criticality    10·p                                   0 … 10, p as in the urgency (0 without a due instant)
    risk reduction      10·R where risk is exposure, else 0    0 … 10: the danger of *doing* it is nothing WSJF knows
    job size, effort    max(1, points)                         the queue's default where nobody has estimated
    reach               1000·x of the criterion that counts people (evidence of `affected_users`), else 1000·I
    impact (RICE)       3·(V + I)/2                            0 … 3, where 3 is massive
    confidence (RICE)   κ                                      0 … 1, without the floor
    impact (ICE)        1 + 9·(V + I)/2                        1 … 10
    confidence (ICE)    1 + 9·κ                                1 … 10
    ease                1 + 9/effort                           10 for a point of work, towards 1
    value class         round(5·V)                             0 … 5

Ranks are those within a queue, as everywhere; equal scores keep the main order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from scoring.engine import PARTS, Inputs, Scores
from scoring.engine.arrays import Bools, Floats
from scoring.rubrics import DELIVERY, PILLARS, Rubric

Number = TypeVar("Number", float, Floats)

PEOPLE_KIND = "affected_users"


def wsjf(value: Number, criticality: Number, reduction: Number, size: Number) -> Number:
    """Weighted shortest job first: (business value + time criticality + risk reduction) / job size."""
    return (value + criticality + reduction) / size


def rice(reach: Number, impact: Number, confidence: Number, effort: Number) -> Number:
    """Reach · impact · confidence / effort."""
    return reach * impact * confidence / effort


def ice(impact: Number, confidence: Number, ease: Number) -> Number:
    """Impact · confidence · ease."""
    return impact * confidence * ease


def value_class(number: Number, size: Number) -> Number:
    """The class of value first, the smaller job first within a class: class + 1 / size."""
    return number + 1 / size


@dataclass(frozen=True)
class Lens:
    """A method: what it multiplies and divides, the words of its inputs, what it cannot see.

    ``blind``: components of the main priority that the method has no word for (see `COMPONENTS`).
    """

    key: str
    name: str
    formula: str
    score: Callable[..., Any]
    words: tuple[str, ...]
    blind: frozenset[str]


LENSES = {
    lens.key: lens
    for lens in (
        Lens(
            "wsjf",
            "WSJF",
            "(business value + time criticality + risk reduction) / job size",
            wsjf,
            ("business value", "time criticality", "risk reduction", "job size"),
            frozenset({"confidence", "adjustment"}),
        ),
        Lens(
            "rice",
            "RICE",
            "reach · impact · confidence / effort",
            rice,
            ("reach", "impact", "confidence", "effort"),
            frozenset({"risk", "urgency", "adjustment"}),
        ),
        Lens(
            "ice",
            "ICE",
            "impact · confidence · ease",
            ice,
            ("impact", "confidence", "ease"),
            frozenset({"risk", "urgency", "adjustment"}),
        ),
        Lens(
            "value_class",
            "Value class",
            "value class + 1 / job size",
            value_class,
            ("value class", "job size"),
            frozenset({"risk", "confidence", "urgency", "adjustment"}),
        ),
    )
}

COMPONENTS = ("benefit", "risk", "confidence", "effort", "urgency", "adjustment")


@dataclass(frozen=True)
class Readings:
    """What the methods' words mean for N items. All (N,) float64; NaN where the item is unscored.

    value, impact, risk: V, I, R. exposure: leaving the item alone is the danger. nearness: p. effort: points ≥ 1.
    reach: 0 … 1. kappa: κ.
    """

    value: Floats
    impact: Floats
    risk: Floats
    exposure: Bools
    nearness: Floats
    effort: Floats
    reach: Floats
    kappa: Floats


def readings(rubric: Rubric, inputs: Inputs, scores: Scores) -> Readings:
    """The methods' inputs of scored items, from the engine's. A pillar that the queue does not weigh and nobody rated
    counts as 0."""
    profiles = rubric.profiles
    queue = scores.queue
    value, impact, risk = (np.nan_to_num(getattr(scores, pillar)) for pillar in PILLARS)
    window = np.array([each.urgency_days for each in profiles])[queue]
    default = np.array([each.default_effort for each in profiles])[queue]
    nearness = np.clip(1.0 - inputs.due_in_days / window, 0.0, 1.0)
    people = [
        column
        for column, each in enumerate(rubric.criteria)
        if each.evidence and PEOPLE_KIND in each.evidence.kinds
    ]
    reach = scores.x[:, people[0]] if people else np.full(len(queue), np.nan)
    return Readings(
        value=value,
        impact=impact,
        risk=risk,
        exposure=np.array([each.risk_polarity != DELIVERY for each in profiles])[queue],
        nearness=np.nan_to_num(nearness),
        effort=np.maximum(1.0, np.where(np.isnan(inputs.effort), default, inputs.effort)),
        reach=np.where(np.isnan(reach), impact, reach),
        kappa=scores.kappa,
    )


def figures(lens: Lens, read: Readings) -> tuple[Floats, ...]:
    """The method's own inputs, in the order of its words. Each (N,)."""
    both = (read.value + read.impact) / 2
    if lens.key == "wsjf":
        reduction = np.where(read.exposure, 10.0 * read.risk, 0.0)
        return 10.0 * both, 10.0 * read.nearness, reduction, read.effort
    if lens.key == "rice":
        return 1000.0 * read.reach, 3.0 * both, read.kappa, read.effort
    if lens.key == "ice":
        return 1.0 + 9.0 * both, 1.0 + 9.0 * read.kappa, 1.0 + 9.0 / read.effort
    return np.round(5.0 * read.value), read.effort


def places(score: Floats) -> Floats:
    """(N,) scores in the main order → 1 … N, the highest first; equal ones keep the order they came in."""
    ranks = np.empty(len(score))
    ranks[np.argsort(-score, kind="stable")] = np.arange(1.0, len(score) + 1)
    return ranks


def pulls(lens: Lens, read: Readings, scores: Scores) -> Floats:
    """(N, 6) in the order of `COMPONENTS`: how much more than for the queue's middle item each component lifts an item
    in the lens than in the main ranking. Logarithms of factors, less their median; for items of one queue.
    """

    def log(values: Floats) -> Floats:
        return np.log(np.maximum(values, 1e-6))

    queue_parts = scores.parts
    named = dict(zip(PARTS, queue_parts.T, strict=True))
    merit = named["value"] + named["impact"] + named["risk"]
    benefit = named["value"] + named["impact"]
    earned = 100.0 * scores.merit * scores.confidence * scores.effort_factor * scores.urgency_factor
    none = np.zeros(len(scores))
    main = {
        "benefit": log(benefit),
        "risk": log(merit) - log(benefit),
        "confidence": log(scores.confidence),
        "effort": log(scores.effort_factor),
        "urgency": log(scores.urgency_factor),
        "adjustment": log(earned + named["adjustment"]) - log(earned),
    }
    own = figures(lens, read)
    theirs = dict.fromkeys(COMPONENTS, none)
    if lens.key == "wsjf":
        value, criticality, reduction, size = own
        theirs |= {
            "benefit": log(value),
            "risk": log(value + reduction) - log(value),
            "urgency": log(value + reduction + criticality) - log(value + reduction),
            "effort": -log(size),
        }
    elif lens.key == "rice":
        reach, impact, confidence, effort = own
        theirs |= {
            "benefit": log(reach) + log(impact),
            "confidence": log(confidence),
            "effort": -log(effort),
        }
    elif lens.key == "ice":
        theirs |= {"benefit": log(own[0]), "confidence": log(own[1]), "effort": log(own[2])}
    else:
        theirs |= {"benefit": log(own[0]), "effort": log(own[0] + 1 / own[1]) - log(own[0])}
    apart = np.stack([theirs[name] - main[name] for name in COMPONENTS], axis=1)
    return np.asarray(apart - np.median(apart, axis=0))


_UNSEEN = {
    "risk": "it has no notion of risk, which {} here",
    "confidence": "it has no notion of confidence: {}",
    "urgency": "it does not look at due dates: {}",
    "adjustment": "it knows no judgement: {}",
}
_SEEN = {
    "benefit": "it reads value and impact {} generously than the rubric's weights do",
    "risk": "it weighs the risk {} heavily",
    "confidence": "it counts confidence without a floor, and {}",
    "effort": "it makes more of effort, and this is {}",
    "urgency": "the due date weighs {} there",
}
_WORDS = {
    # component -> (lifts it in the lens, sinks it in the lens)
    ("risk", True): ("holds this item back", "speaks for this item"),
    ("confidence", True): ("little is known of this item", "this item is well known"),
    ("urgency", True): ("this one is not due soon", "this one is due soon"),
    ("adjustment", True): ("points were taken off here", "points were added here"),
    ("benefit", False): ("more", "less"),
    ("risk", False): ("more", "less"),
    ("confidence", False): ("this item is well known", "little is known of this item"),
    ("effort", False): ("small work", "large work"),
    ("urgency", False): ("more", "less"),
}


def why(lens: Lens, difference: int, pull: Floats) -> str:
    """One sentence on why the lens puts an item ``difference`` places higher (below: negative).

    ``pull``: the item's row of `pulls`; the component that pulls hardest the right way is named.
    """
    if difference == 0:
        return f"{lens.name} puts it at the same place."
    much = f"{abs(difference)} place{'s' if abs(difference) != 1 else ''}"
    opening = f"{lens.name} puts it {much} {'higher' if difference > 0 else 'lower'}"
    way = 1.0 if difference > 0 else -1.0
    at = int(np.argmax(way * pull))
    if way * float(pull[at]) <= 1e-9:
        return f"{opening}: others moved past it."
    component = COMPONENTS[at]
    blind = component in lens.blind
    words = _WORDS[component, blind][0 if difference > 0 else 1]
    said = (_UNSEEN if blind else _SEEN)[component].format(words)
    return f"{opening}: {said}."
