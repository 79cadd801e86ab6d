"""A score in sentences: the waterfall's parts, what is missing, and what the policy did.

Pure: it says what `scoring.engine` worked out and works out nothing of its own, except how the
points that confidence costs are shared among the criteria: 100·B·(1−φ)·W·w·(1−k)/Σw each, which
adds up to the confidence part exactly.

Points are floats and add up; a sentence shows them with one decimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scoring.engine import CriterionScore, ItemInputs, ItemScore
from scoring.rubrics import DELIVERY, PILLARS, Criterion, Profile, Rubric

LABELS = {
    "value": "Value",
    "impact": "Impact",
    "risk": "Risk",
    "confidence": "Confidence",
    "effort": "Effort",
    "urgency": "Urgency",
    "adjustment": "Adjustments",
    "clipping": "End of scale",
}
BAND_WORDS = {"act_now": "act now", "next": "next", "later": "later"}

_SMALLEST_SHOWN = 0.05
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Part:
    """One bar. `key` is a name of `PARTS`, or a criterion's key in `details`; `points` may be
    negative. Where there are `details`, their points add up to those of the part within 1e-6."""

    key: str
    label: str
    points: float
    sentence: str
    details: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Gap:
    """Something that nobody has entered. `key` is a pillar, a criterion or `effort`; `blocks`:
    without it the item has no priority."""

    key: str
    sentence: str
    blocks: bool


@dataclass(frozen=True)
class Explanation:
    """`headline` in one sentence; `parts` in the order of the waterfall, none while unscored;
    `gaps` with what blocks first; `policy` is empty unless the policy set the band."""

    headline: str
    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...]
    policy: str


def explain(rubric: Rubric, item: ItemInputs, score: ItemScore, at: datetime) -> Explanation:
    """Say how `score` came about. `score` is that of `item` under `rubric` at the instant `at`."""
    return Explanation(
        headline=headline(score),
        parts=waterfall(rubric, item, score, at),
        gaps=gaps(rubric, score),
        policy=policy_sentence(rubric, score),
    )


def headline(score: ItemScore) -> str:
    """One sentence for a list or a title."""
    return headline_of(score.priority, score.band_name, score.missing)


def headline_of(priority: float | None, band: str, missing: tuple[str, ...]) -> str:
    """The same from a stored score. `missing` names the pillars without which there is no priority."""
    if priority is None:
        are = "is" if len(missing) == 1 else "are"
        return f"No priority yet: {_listed(missing, 'and')} {are} not rated."
    return f"Priority {priority:.1f}: {BAND_WORDS[band]}."


def policy_sentence(rubric: Rubric, score: ItemScore) -> str:
    """Why a hotfix of severity 1 is act now; empty for everything else."""
    if not score.by_policy:
        return ""
    sentence = "Act now by policy, not by score: a hotfix of severity 1 always is."
    threshold = rubric.profile(score.queue).act_now
    if score.priority is not None and round(score.priority, 9) >= threshold:
        sentence += " Its score alone would have been enough."
    return sentence


def gaps(rubric: Rubric, score: ItemScore) -> tuple[Gap, ...]:
    """What nobody has entered: first what blocks the priority, then what only costs confidence."""
    profile = rubric.profile(score.queue)
    blocking, costly = [], []
    for pillar, weight in zip(PILLARS, profile.weights, strict=True):
        criteria = rubric.criteria_of(pillar)
        if pillar in score.missing:
            names = _listed([f"“{_lower(criterion.label)}”" for criterion in criteria], "or")
            blocking.append(Gap(pillar, f"{LABELS[pillar]} is missing: rate {names}.", True))
            continue
        for criterion in criteria:
            found = score.criteria[rubric.criterion_index[criterion.key]]
            if weight > 0 and found.m is None:
                costly.append(Gap(criterion.key, _unrated(criterion, found), False))
    if score.effort_assumed and profile.effort_exponent > 0:
        assumed = _number(profile.default_effort)
        costly.append(
            Gap("effort", f"Effort is not estimated; {assumed} points are assumed.", False)
        )
    return (*blocking, *costly)


def waterfall(rubric: Rubric, item: ItemInputs, score: ItemScore, at: datetime) -> tuple[Part, ...]:
    """The eight parts with their sentences; empty while the item is unscored."""
    if score.parts is None:
        return ()
    profile = rubric.profile(score.queue)
    sentences = {
        "value": _pillar_sentence(profile, score, "value"),
        "impact": _pillar_sentence(profile, score, "impact"),
        "risk": _pillar_sentence(profile, score, "risk"),
        "confidence": _confidence_sentence(score),
        "effort": _effort_sentence(profile, item, score),
        "urgency": _urgency_sentence(profile, item, score, at),
        "adjustment": _adjustment_sentence(item, score, at),
        "clipping": _clipping_sentence(score),
    }
    details = {pillar: _pillar_details(rubric, item, score, pillar) for pillar in PILLARS}
    details["confidence"] = _confidence_details(rubric, item, score, at)
    return tuple(
        Part(key, LABELS[key], points, sentences[key], details.get(key, ()))
        for key, points in score.parts.items()
    )


def _pillar_sentence(profile: Profile, score: ItemScore, pillar: str) -> str:
    weight = profile.weights[PILLARS.index(pillar)]
    assert score.parts is not None
    if weight == 0:
        return f"No points from {pillar}: it does not count in the {_queue(profile)} queue."
    level = {"value": score.value, "impact": score.impact, "risk": score.risk}[pillar]
    assert level is not None  # scored, and the pillar weighs something
    points = _points(score.parts[pillar])
    weighs = f"weighs {_number(100 * weight)}%"
    if pillar != "risk":
        return f"{points} from {pillar}: it stands at {100 * level:.0f} of 100 and {weighs}."
    if profile.risk_polarity == DELIVERY:
        return (
            f"{points} from low risk: the danger of doing it stands at {100 * level:.0f} of 100, "
            f"so {100 - round(100 * level)} count, and that {weighs}."
        )
    return (
        f"{points} from risk: the danger of leaving it alone stands at {100 * level:.0f} of 100 "
        f"and {weighs}."
    )


def _pillar_details(
    rubric: Rubric, item: ItemInputs, score: ItemScore, pillar: str
) -> tuple[Part, ...]:
    details = []
    for criterion in rubric.criteria_of(pillar):
        found = score.criteria[rubric.criterion_index[criterion.key]]
        assert found.points is not None
        says = []
        if found.m is not None:
            rating = item.ratings[criterion.key]
            says.append(f"rated {_number(rating.level)} of 5 ({rating.certainty})")
        if found.e is not None:
            says.append(f"evidence at {100 * found.e:.0f} of 100")
        sentence = f"{_points(found.points)} from {_lower(criterion.label)}: "
        sentence += f"{', '.join(says) or 'not rated, so it is left out'}."
        details.append(Part(criterion.key, criterion.label, found.points, sentence))
    return tuple(details)


def _confidence_sentence(score: ItemScore) -> str:
    assert score.parts is not None
    lost = _lost(score.parts["confidence"])
    if score.parts["confidence"] == 0:
        return f"{lost}: everything is known for certain."
    return f"{lost} because only {100 * score.kappa:.0f}% of what should be known is known."


def _confidence_details(
    rubric: Rubric, item: ItemInputs, score: ItemScore, at: datetime
) -> tuple[Part, ...]:
    """What each criterion's lack of certainty costs, dearest first; without those at no cost."""
    profile = rubric.profile(score.queue)
    assert score.merit is not None
    at_stake = 100.0 * score.merit * (1.0 - profile.confidence_floor)
    details = []
    for pillar, weight in zip(PILLARS, profile.weights, strict=True):
        criteria = rubric.criteria_of(pillar)
        together = sum(criterion.weight for criterion in criteria)
        for criterion in criteria:
            found = score.criteria[rubric.criterion_index[criterion.key]]
            cost = at_stake * weight * criterion.weight * (1.0 - found.k) / together
            if cost > _ROUNDING:
                sentence = f"{_lost(-cost)}: {_doubt(rubric, criterion, item, found, at)}."
                details.append(Part(criterion.key, criterion.label, -cost, sentence))
    return tuple(sorted(details, key=lambda part: part.points))


def _doubt(
    rubric: Rubric, criterion: Criterion, item: ItemInputs, found: CriterionScore, at: datetime
) -> str:
    """Why k is below 1, in words."""
    name = _lower(criterion.label)
    if found.m is None:
        return _unrated(criterion, found).removesuffix(".").replace("Nobody", "nobody", 1)
    rating = item.ratings[criterion.key]
    reasons = []
    evidence_decides = found.e is not None and criterion.evidence and criterion.evidence.share == 1
    if not evidence_decides:
        if rating.certainty != "certain":
            reasons.append("is a guess" if rating.certainty == "guess" else "is only informed")
        age = (at - rating.rated_at) / timedelta(days=1)
        if age > rubric.rating_grace_days:
            reasons.append(f"is {_span(age)} old")
    if found.f is not None and found.f < 1:
        reasons.append("rests on evidence that has aged")
    return f"the rating of {name} {_listed(reasons, 'and')}"


def _unrated(criterion: Criterion, found: CriterionScore) -> str:
    rest = " and there is no evidence" if criterion.evidence else ""
    if found.e is not None:
        rest = "; only evidence speaks for it"
    return f"Nobody has rated {_lower(criterion.label)}{rest}."


def _effort_sentence(profile: Profile, item: ItemInputs, score: ItemScore) -> str:
    assert score.parts is not None
    if profile.effort_exponent == 0:
        return f"No points lost: effort does not count in the {_queue(profile)} queue."
    lost = _lost(score.parts["effort"])
    if item.effort is None:
        assumed = _number(profile.default_effort)
        return f"{lost} because effort is not estimated and {assumed} is assumed."
    return f"{lost} because effort is {_number(item.effort)}."


def _urgency_sentence(profile: Profile, item: ItemInputs, score: ItemScore, at: datetime) -> str:
    assert score.parts is not None
    if profile.urgency_gain == 0:
        return f"No points lost: due dates do not count in the {_queue(profile)} queue."
    lost = _lost(score.parts["urgency"])
    if item.due_at is None:
        return f"{lost} because no due date is set."
    left = (item.due_at - at) / timedelta(days=1)
    if left < 0:
        return f"{lost} because it is overdue by {_span(-left)}."
    return f"{lost} because it is due in {_span(left)}."


def _adjustment_sentence(item: ItemInputs, score: ItemScore, at: datetime) -> str:
    assert score.parts is not None
    active = [adjustment.points for adjustment in item.adjustments if adjustment.active(at)]
    if not active:
        return "No adjustments."
    points = score.parts["adjustment"]
    by = "one adjustment" if len(active) == 1 else f"{len(active)} adjustments"
    verb = "taken off" if points < 0 else "added"
    sentence = f"{_points(points)} {verb} by {by}"
    if abs(sum(active) - points) > 1e-9:
        sentence += f"; {_points(sum(active))} were asked for, which is beyond the limit"
    return f"{sentence}."


def _clipping_sentence(score: ItemScore) -> str:
    assert score.parts is not None
    points = score.parts["clipping"]
    if points < 0:
        return f"{_points(points)} cut off because the scale ends at 100."
    if points > 0:
        return f"{_points(points)} given back because the scale ends at 0."
    return "Nothing was cut off: the priority is within the scale."


def _points(points: float) -> str:
    """The amount without its sign: the words around it say which way it goes."""
    amount = abs(points)
    if amount == 0:
        return "No points"
    if amount < _SMALLEST_SHOWN:
        return "Less than 0.1 points"
    return f"{amount:.1f} points"


def _lost(points: float) -> str:
    return f"{_points(points)} lost"


def _number(number: float) -> str:
    """8.0 → 8, 2.50 → 2.5, at most two decimals."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _span(days: float) -> str:
    """A length of time in the largest unit of which there are two or more."""
    for size, unit in ((1.0, "days"), (1 / 24, "hours")):
        if days >= 2 * size:
            return f"{days / size:.0f} {unit}"
    minutes = round(days * 1440)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _queue(profile: Profile) -> str:
    return profile.queue.replace("_", " ")


def _lower(label: str) -> str:
    """A label inside a sentence; "API stability" keeps its capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _listed(words: list[str] | tuple[str, ...], conjunction: str) -> str:
    *head, last = words
    return f"{', '.join(head)} {conjunction} {last}" if head else last
