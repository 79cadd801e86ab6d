"""Rubrics as plain values: what is asked, what it weighs, how each queue makes a priority of it.

A rubric version is stored as JSON. :func:`parse_rubric` turns that JSON into a :class:`Rubric` or
raises :class:`RubricError`, which lists *every* problem with the place where it is;
:func:`rubric_data` goes back without loss. `parse_rubric` is the only door: a `Rubric` built by
hand is not checked.

Symbols in brackets are those of the playbook page on scoring (`docs/playbook/scoring.md`).
Pure: no Django, no I/O, no clock.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.errors import Invalid
from scoring.default_rubric import DEFAULT_RUBRIC_DATA
from scoring.field_checks import FieldChecker, Problem

QUEUES = ("hotfix", "stability", "enhancement", "strategic_bet")
"""Queue kinds. The position is the queue code of the arrays."""

PILLARS = ("value", "impact", "risk")
"""Pillars. The position is the bit of `Scores.missing` and the column of the parts."""

EXPOSURE, DELIVERY = "exposure", "delivery"
"""Risk polarities: the danger of leaving it alone counts for an item; that of doing it, against."""

CERTAINTY = {"guess": 0.4, "informed": 0.7, "certain": 1.0}
"""What a scorer can say about a rating, and what it is worth (before it ages)."""

MAX_LEVEL = 5
MIN_WEIGHT, MAX_WEIGHT = 0.001, 1000.0
MAX_CRITERIA = 40

_WEIGHT_SUM_TOLERANCE = 1e-9


@dataclass(frozen=True)
class EvidenceRule:
    """Which signals speak for a criterion.

    `saturation` (S) > 0, in the unit of the magnitudes: the decayed sum that counts as full
    evidence; `half_life_days` (h) > 0; `share` (α) in [0, 1]: what evidence weighs beside a rating.
    """

    kinds: tuple[str, ...]
    saturation: float
    half_life_days: float
    share: float


@dataclass(frozen=True)
class Criterion:
    """One question. `levels`: six anchor texts for 0 … 5; `weight` (w) > 0, within its pillar."""

    key: str
    label: str
    pillar: str
    weight: float
    levels: tuple[str, ...]
    question: str = ""
    evidence: EvidenceRule | None = None


@dataclass(frozen=True)
class Profile:
    """How one queue weighs the pillars (W, sum 1) and turns merit into a priority.

    `effort_exponent` (γ), `default_effort` in points, `urgency_gain` (u), `urgency_days` (T),
    `confidence_floor` (φ); `act_now` and `next` are thresholds of priority (0 … 100).
    """

    queue: str
    value_weight: float
    impact_weight: float
    risk_weight: float
    risk_polarity: str
    effort_exponent: float
    default_effort: float
    urgency_gain: float
    urgency_days: float
    confidence_floor: float
    act_now: float
    next: float

    @property
    def weights(self) -> tuple[float, float, float]:
        """Pillar weights in the order of :data:`PILLARS`."""
        return (self.value_weight, self.impact_weight, self.risk_weight)


@dataclass(frozen=True)
class Rubric:
    """One published (or drafted) version. `profiles`: one per queue, in the order of `QUEUES`.

    `segment_share` in [0, 1]: what a signal about a segment counts for each item that names the segment.
    """

    criteria: tuple[Criterion, ...]
    profiles: tuple[Profile, ...]
    max_adjustment: float = 15.0
    rating_grace_days: float = 30.0
    rating_half_life_days: float = 180.0
    segment_share: float = 0.5

    def profile(self, queue: str) -> Profile:
        """The profile of a queue kind. Raises `ValueError` for a queue that does not exist."""
        return self.profiles[queue_code(queue)]

    def criteria_of(self, pillar: str) -> tuple[Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.pillar == pillar)

    @cached_property
    def criterion_index(self) -> dict[str, int]:
        """Criterion key → column of the arrays."""
        return {criterion.key: column for column, criterion in enumerate(self.criteria)}

    @cached_property
    def signal_kinds(self) -> tuple[str, ...]:
        """Every signal kind that a rule names, sorted. The position is the code of the arrays."""
        rules = [criterion.evidence for criterion in self.criteria if criterion.evidence]
        return tuple(sorted({kind for rule in rules for kind in rule.kinds}))


class RubricError(Invalid):
    """The data is no usable rubric. `problems` lists everything that is wrong with it."""

    code = "invalid_rubric"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        fields: dict[str, list[str]] = {}
        for problem in self.problems:
            fields.setdefault(problem.path, []).append(problem.message)
        listed = " ".join(f"{problem.path}: {problem.message}" for problem in self.problems)
        super().__init__(
            f"The rubric cannot be used yet; nothing was changed. {listed}", fields=fields
        )


def queue_code(queue: str) -> int:
    """Queue kind → code. Raises `ValueError` that names the queues there are."""
    try:
        return QUEUES.index(queue)
    except ValueError:
        raise ValueError(f"Unknown queue {queue!r}; there are {', '.join(QUEUES)}.") from None


def rubric_data(rubric: Rubric) -> dict[str, Any]:
    """The JSON-able data of a rubric; `parse_rubric(rubric_data(r)) == r`."""
    return {
        "max_adjustment": rubric.max_adjustment,
        "rating_grace_days": rubric.rating_grace_days,
        "rating_half_life_days": rubric.rating_half_life_days,
        "segment_share": rubric.segment_share,
        "criteria": [_criterion_data(criterion) for criterion in rubric.criteria],
        "profiles": {profile.queue: _profile_data(profile) for profile in rubric.profiles},
    }


def digest(rubric: Rubric) -> str:
    """SHA-256, in hex, of the rubric's data as JSON with sorted keys and no blanks: equal rubrics have the same."""
    written = json.dumps(
        rubric_data(rubric), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(written.encode()).hexdigest()


def parse_rubric(data: object) -> Rubric:
    """Check the data of a rubric and build it. Raises `RubricError` with every problem found."""
    check = FieldChecker()
    root = check.mapping(
        data,
        "",
        required={"criteria", "profiles"},
        optional={
            "max_adjustment",
            "rating_grace_days",
            "rating_half_life_days",
            "segment_share",
        },
    )
    criteria = _parse_criteria(check, root.get("criteria"))
    profiles = _parse_profiles(check, root.get("profiles"))
    rubric = Rubric(
        criteria=criteria,
        profiles=profiles,
        max_adjustment=check.number(root, "", "max_adjustment", 0, 100, default=15.0),
        rating_grace_days=check.number(root, "", "rating_grace_days", 0, 36500, default=30.0),
        rating_half_life_days=check.number(
            root, "", "rating_half_life_days", 0.01, 36500, default=180.0
        ),
        segment_share=check.number(root, "", "segment_share", 0, 1, default=0.5),
    )
    if not check.problems:
        _check_pillars(check, rubric)
    if check.problems:
        raise RubricError(check.problems)
    return rubric


def _parse_criteria(check: FieldChecker, value: object) -> tuple[Criterion, ...]:
    if value is None:
        return ()
    entries = check.items(value, "criteria", "criterion")
    if len(entries) > MAX_CRITERIA:
        check.add("criteria", f"There can be at most {MAX_CRITERIA} criteria.")
        return ()
    criteria: list[Criterion] = []
    seen: set[str] = set()
    for position, entry in enumerate(entries):
        path = f"criteria.{position}"
        fields = check.mapping(
            entry,
            path,
            required={"key", "label", "pillar", "weight", "levels"},
            optional={"question", "evidence"},
        )
        key = check.key(fields["key"], f"{path}.key") if "key" in fields else ""
        if key and key in seen:
            check.add(f"{path}.key", f"The key {key!r} is used twice.")
        seen.add(key)
        criteria.append(
            Criterion(
                key=key,
                label=check.text(fields["label"], f"{path}.label") if "label" in fields else "",
                question=check.text(fields.get("question", ""), f"{path}.question", empty=True),
                pillar=check.choice(fields, path, "pillar", PILLARS),
                weight=check.number(fields, path, "weight", MIN_WEIGHT, MAX_WEIGHT),
                levels=_parse_levels(check, fields, path),
                evidence=_parse_evidence(check, fields.get("evidence"), f"{path}.evidence"),
            )
        )
    return tuple(criteria)


def _parse_levels(check: FieldChecker, fields: Mapping[str, Any], path: str) -> tuple[str, ...]:
    if "levels" not in fields:
        return ()
    levels = fields["levels"]
    if not isinstance(levels, list | tuple) or len(levels) != MAX_LEVEL + 1:
        check.add(f"{path}.levels", "There must be six texts, one for each level from 0 to 5.")
        return ()
    return tuple(check.text(text, f"{path}.levels.{level}") for level, text in enumerate(levels))


def _parse_evidence(check: FieldChecker, value: object, path: str) -> EvidenceRule | None:
    if value is None:
        return None
    fields = check.mapping(value, path, required={"kinds", "saturation", "half_life_days", "share"})
    kinds: list[str] = []
    if "kinds" in fields:
        for position, kind in enumerate(check.items(fields["kinds"], f"{path}.kinds", "kind")):
            kinds.append(check.key(kind, f"{path}.kinds.{position}"))
        if len(set(kinds)) != len(kinds):
            check.add(f"{path}.kinds", "A kind is named twice.")
    return EvidenceRule(
        kinds=tuple(kinds),
        saturation=check.number(fields, path, "saturation", 0, 1e12, above=True),
        half_life_days=check.number(fields, path, "half_life_days", 0.01, 36500),
        share=check.number(fields, path, "share", 0, 1),
    )


def _parse_profiles(check: FieldChecker, value: object) -> tuple[Profile, ...]:
    if value is None:
        return ()
    profiles = check.mapping(value, "profiles", required=set(QUEUES))
    return tuple(
        _parse_profile(check, queue, profiles[queue]) for queue in QUEUES if queue in profiles
    )


def _parse_profile(check: FieldChecker, queue: str, value: object) -> Profile:
    path = f"profiles.{queue}"
    numbers = {
        "effort_exponent": (0.0, 1.0, False),
        "default_effort": (0.0, 10_000.0, True),
        "urgency_gain": (0.0, 100.0, False),
        "urgency_days": (0.01, 36500.0, False),
        "confidence_floor": (0.0, 1.0, True),
        "act_now": (0.0, 100.0, False),
        "next": (0.0, 100.0, False),
    }
    fields = check.mapping(value, path, required={"weights", "risk_polarity", *numbers})
    weights = [0.0, 0.0, 0.0]
    if "weights" in fields:
        before = len(check.problems)
        given = check.mapping(fields["weights"], f"{path}.weights", required=set(PILLARS))
        weights = [check.number(given, f"{path}.weights", pillar, 0, 1) for pillar in PILLARS]
        total = math.fsum(weights)
        if len(check.problems) == before and abs(total - 1) > _WEIGHT_SUM_TOLERANCE:
            check.add(
                f"{path}.weights", f"The three weights must add up to 1; they make {total:g}."
            )
    before = len(check.problems)
    read = {
        name: check.number(fields, path, name, low, high, above=above)
        for name, (low, high, above) in numbers.items()
    }
    known = len(check.problems) == before and {"act_now", "next"} <= set(fields)
    if known and read["act_now"] <= read["next"]:
        check.add(f"{path}.act_now", "The threshold for act now must be above the one for next.")
    return Profile(
        queue=queue,
        value_weight=weights[0],
        impact_weight=weights[1],
        risk_weight=weights[2],
        risk_polarity=check.choice(fields, path, "risk_polarity", (EXPOSURE, DELIVERY)),
        **read,
    )


def _check_pillars(check: FieldChecker, rubric: Rubric) -> None:
    """A pillar that counts but has no criterion would leave every item without a priority."""
    for profile in rubric.profiles:
        for pillar, weight in zip(PILLARS, profile.weights, strict=True):
            if weight > 0 and not rubric.criteria_of(pillar):
                check.add(
                    f"profiles.{profile.queue}.weights.{pillar}",
                    f"This queue weighs {pillar}, but no criterion belongs to it.",
                )


def _criterion_data(criterion: Criterion) -> dict[str, Any]:
    rule = criterion.evidence
    evidence = rule and {
        "kinds": list(rule.kinds),
        "saturation": rule.saturation,
        "half_life_days": rule.half_life_days,
        "share": rule.share,
    }
    return {
        "key": criterion.key,
        "label": criterion.label,
        "question": criterion.question,
        "pillar": criterion.pillar,
        "weight": criterion.weight,
        "levels": list(criterion.levels),
        "evidence": evidence,
    }


def _profile_data(profile: Profile) -> dict[str, Any]:
    return {
        "weights": dict(zip(PILLARS, profile.weights, strict=True)),
        "risk_polarity": profile.risk_polarity,
        "effort_exponent": profile.effort_exponent,
        "default_effort": profile.default_effort,
        "urgency_gain": profile.urgency_gain,
        "urgency_days": profile.urgency_days,
        "confidence_floor": profile.confidence_floor,
        "act_now": profile.act_now,
        "next": profile.next,
    }


DEFAULT_RUBRIC = parse_rubric(DEFAULT_RUBRIC_DATA)
"""What a new product starts with: every default of the scoring page, with its level texts."""
