"""The data of a rubric in the making: its shape, its problems, what differs, and the steps of editing it.

A draft has the shape of a rubric (``rubrics.rubric_data``), but a value may be missing, or be a text where a number is
needed: what somebody typed is kept as typed. ``sound`` sees to the shape, ``problems`` names what is wrong with the
values. Pure: no Django, no I/O, no clock.

A place in a rubric is named by a path; differences name criteria by their key (``criteria.pain.weight``), problems by
their position (``criteria.3.weight``), as ``parse_rubric`` does.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import Invalid
from scoring.field_checks import Problem
from scoring.rubrics import (
    DEFAULT_RUBRIC,
    MAX_LEVEL,
    PILLARS,
    QUEUES,
    RubricError,
    parse_rubric,
)

#: More criteria than a rubric may have, so that nothing typed is lost on the way to fewer.
MOST_CRITERIA = 60
LONGEST = 4000

PARAMETERS = ("max_adjustment", "rating_grace_days", "rating_half_life_days", "segment_share")
PROFILE_NUMBERS = (
    "effort_exponent",
    "default_effort",
    "urgency_gain",
    "urgency_days",
    "confidence_floor",
    "act_now",
    "next",
)
RULE_NUMBERS = ("saturation", "half_life_days", "share")

WORDS = {
    "max_adjustment": "Largest adjustment",
    "rating_grace_days": "Days a rating stays fresh",
    "rating_half_life_days": "Half-life of ratings, days",
    "segment_share": "Share of evidence about a segment",
    "key": "key",
    "label": "name",
    "question": "question",
    "pillar": "pillar",
    "weight": "weight",
    "kinds": "evidence: kinds",
    "saturation": "evidence: full at",
    "half_life_days": "evidence: half-life, days",
    "share": "evidence: share",
    "weights": "weight of",
    "risk_polarity": "risk counts",
    "effort_exponent": "effort exponent",
    "default_effort": "default effort",
    "urgency_gain": "urgency gain",
    "urgency_days": "urgency window, days",
    "confidence_floor": "confidence floor",
    "act_now": "act now from",
    "next": "next from",
    "value": "value",
    "impact": "impact",
    "risk": "risk",
}
QUEUE_WORDS = {
    "hotfix": "Hotfix",
    "stability": "Stability",
    "enhancement": "Enhancement",
    "strategic_bet": "Strategic bet",
}


@dataclass(frozen=True)
class Difference:
    """One place where two rubrics differ. ``before`` or ``after`` is None where there is nothing; ``group`` and
    ``label`` say in words what it is."""

    path: str
    group: str
    label: str
    before: Any
    after: Any


# --- Shape -------------------------------------------------------------------------------------------


def sound(data: object) -> dict[str, Any]:
    """The data with every field of a rubric and no other. Raises Invalid with the paths of what has no place."""
    wrong: dict[str, list[str]] = {}
    root = _mapping(data, "", {"criteria", "profiles", *PARAMETERS}, wrong)
    criteria = root.get("criteria", [])
    if not isinstance(criteria, list | tuple):
        wrong["criteria"] = ["This must be a list."]
        criteria = []
    if len(criteria) > MOST_CRITERIA:
        wrong["criteria"] = [f"There can be at most {MOST_CRITERIA} criteria in a draft."]
        criteria = []
    found: dict[str, Any] = {name: _scalar(root.get(name), name, wrong) for name in PARAMETERS}
    for name in PARAMETERS:
        if name not in root:
            found[name] = getattr(DEFAULT_RUBRIC, name)
    found["criteria"] = [
        _sound_criterion(each, f"criteria.{position}", wrong)
        for position, each in enumerate(criteria)
    ]
    profiles = _mapping(root.get("profiles", {}), "profiles", set(QUEUES), wrong)
    found["profiles"] = {
        queue: _sound_profile(profiles.get(queue, {}), f"profiles.{queue}", wrong)
        for queue in QUEUES
    }
    if wrong:
        raise Invalid("This is not the shape of a rubric; nothing was saved.", fields=wrong)
    return found


def _sound_criterion(value: object, path: str, wrong: dict[str, list[str]]) -> dict[str, Any]:
    fields = _mapping(
        value,
        path,
        {"key", "label", "question", "pillar", "weight", "levels", "evidence"},
        wrong,
    )
    levels = fields.get("levels", [])
    if not isinstance(levels, list | tuple) or len(levels) > MAX_LEVEL + 1:
        wrong[f"{path}.levels"] = ["This must be a list of six texts."]
        levels = []
    texts = [_text(text, f"{path}.levels.{place}", wrong) for place, text in enumerate(levels)]
    rule = None
    if fields.get("evidence") is not None:
        given = _mapping(fields["evidence"], f"{path}.evidence", {"kinds", *RULE_NUMBERS}, wrong)
        kinds = given.get("kinds", [])
        if not isinstance(kinds, list | tuple) or len(kinds) > MOST_CRITERIA:
            wrong[f"{path}.evidence.kinds"] = ["This must be a list of kinds."]
            kinds = []
        rule = {
            "kinds": [
                _text(kind, f"{path}.evidence.kinds.{place}", wrong)
                for place, kind in enumerate(kinds)
            ],
            **{
                name: _scalar(given.get(name, ""), f"{path}.evidence.{name}", wrong)
                for name in RULE_NUMBERS
            },
        }
    return {
        **{
            name: _text(fields.get(name, ""), f"{path}.{name}", wrong)
            for name in ("key", "label", "question", "pillar")
        },
        "weight": _scalar(fields.get("weight", ""), f"{path}.weight", wrong),
        "levels": texts + [""] * (MAX_LEVEL + 1 - len(texts)),
        "evidence": rule,
    }


def _sound_profile(value: object, path: str, wrong: dict[str, list[str]]) -> dict[str, Any]:
    fields = _mapping(value, path, {"weights", "risk_polarity", *PROFILE_NUMBERS}, wrong)
    weights = _mapping(fields.get("weights", {}), f"{path}.weights", set(PILLARS), wrong)
    return {
        "weights": {
            pillar: _scalar(weights.get(pillar, ""), f"{path}.weights.{pillar}", wrong)
            for pillar in PILLARS
        },
        "risk_polarity": _text(fields.get("risk_polarity", ""), f"{path}.risk_polarity", wrong),
        **{
            name: _scalar(fields.get(name, ""), f"{path}.{name}", wrong) for name in PROFILE_NUMBERS
        },
    }


def _mapping(
    value: object, path: str, known: set[str], wrong: dict[str, list[str]]
) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        wrong[path or "rubric"] = ["This must be an object with named fields."]
        return {}
    for name in sorted(map(str, set(value) - known)):
        wrong[f"{path}.{name[:80]}".strip(".")] = ["There is no such field; check the spelling."]
    return value


def _text(value: object, path: str, wrong: dict[str, list[str]]) -> str:
    if not isinstance(value, str):
        wrong[path] = ["This must be a text."]
        return ""
    if len(value) > LONGEST:
        wrong[path] = [f"This text is too long: at most {LONGEST} characters."]
        return ""
    return value


def _scalar(value: object, path: str, wrong: dict[str, list[str]]) -> Any:
    """A number as it is, or what was typed instead of one; nothing is an empty text."""
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= LONGEST:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong[path] = ["This must be a number."]
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if abs(value) < 1e300 else str(value)[:40]


def typed(raw: str) -> Any:
    """A number from a field, with a point or a comma; else what was typed, as it is."""
    raw = raw.strip()
    try:
        number = float(raw.replace(",", "."))
    except ValueError:
        return raw
    return number if math.isfinite(number) and "_" not in raw else raw


# --- Problems and differences ------------------------------------------------------------------------


def problems(data: object) -> list[Problem]:
    """What keeps the draft from being a rubric, place by place; empty when it is one."""
    try:
        parse_rubric(data)
    except RubricError as error:
        return list(error.problems)
    return []


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Where two rubrics' data differ: parameters first, then queues, then criteria."""
    old, new = flat(before), flat(after)
    names = {**_names(before), **_names(after)}
    found = []
    for path in dict.fromkeys([*old, *new]):
        first, second = old.get(path), new.get(path)
        if first != second or type(first) is bool:
            group, label = _in_words(path, names)
            found.append(Difference(path, group, label, first, second))
    old_keys, new_keys = _keys(before), _keys(after)
    kept = [key for key in old_keys if key in new_keys]
    if kept != [key for key in new_keys if key in old_keys]:
        found.append(
            Difference("criteria", "Criteria", "order", ", ".join(kept), ", ".join(
                key for key in new_keys if key in old_keys)))  # fmt: skip
    return found


def said(path: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """A path in words: what it belongs to, and what it is."""
    return _in_words(path, _names(data))


def flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """Path → value, criteria by their keys; a criterion without a key of its own by its position."""
    found: dict[str, Any] = {
        name: data.get(name, getattr(DEFAULT_RUBRIC, name)) for name in PARAMETERS
    }
    for queue in QUEUES:
        profile = data["profiles"][queue]
        for pillar in PILLARS:
            found[f"profiles.{queue}.weights.{pillar}"] = profile["weights"][pillar]
        for name in ("risk_polarity", *PROFILE_NUMBERS):
            found[f"profiles.{queue}.{name}"] = profile[name]
    for key, criterion in zip(_keys(data), data["criteria"], strict=True):
        path = f"criteria.{key}"
        for name in ("label", "question", "pillar", "weight"):
            found[f"{path}.{name}"] = criterion[name]
        for level, text in enumerate(criterion["levels"]):
            found[f"{path}.levels.{level}"] = text
        rule = criterion["evidence"]
        if rule is not None:
            found[f"{path}.evidence.kinds"] = ", ".join(rule["kinds"])
            for name in RULE_NUMBERS:
                found[f"{path}.evidence.{name}"] = rule[name]
    return found


def _keys(data: Mapping[str, Any]) -> list[str]:
    """A name for each criterion: its key, or its position where that is missing or taken."""
    found: list[str] = []
    for position, criterion in enumerate(data["criteria"]):
        key = criterion["key"]
        found.append(key if key and key not in found else f"#{position + 1}")
    return found


def _names(data: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: criterion["label"] or key
        for key, criterion in zip(_keys(data), data["criteria"], strict=True)
    }


def _in_words(path: str, names: Mapping[str, str]) -> tuple[str, str]:
    first, *rest = path.split(".")
    if first == "profiles":
        group = QUEUE_WORDS[rest[0]]
        label = " ".join(WORDS[each] for each in rest[1:])
        return group, label[:1].upper() + label[1:]
    if first == "criteria":
        group = names.get(rest[0], rest[0])
        if rest[1] == "levels":
            return group, f"Level {rest[2]}"
        label = WORDS[rest[-1]]
        return group, label[:1].upper() + label[1:]
    return "Parameters", WORDS[first]


# --- Two who edit at once ------------------------------------------------------------------------------


def merged(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """What I typed, with what somebody else saved meanwhile wherever I changed nothing.

    ``base``: what both began with. Where the criteria themselves differ (one was added, removed or moved), mine is
    answered as it is, and a person decides.
    """
    if not _keys(base) == _keys(mine) == _keys(theirs):
        return copy.deepcopy(dict(mine))
    result = copy.deepcopy(dict(mine))
    began, wanted, saved = flat(base), flat(mine), flat(theirs)
    for path in dict.fromkeys([*began, *saved]):
        if began.get(path) == wanted.get(path) and saved.get(path) != began.get(path):
            _put(result, theirs, path)
    return result


def _put(result: dict[str, Any], source: Mapping[str, Any], path: str) -> None:
    """Copy one place. An evidence rule is copied whole: half of one is none."""
    parts = path.split(".")
    if parts[0] == "criteria":
        place = _keys(source).index(parts[1])
        criterion = source["criteria"][place]
        if parts[2] == "levels":
            result["criteria"][place]["levels"][int(parts[3])] = criterion["levels"][int(parts[3])]
        elif parts[2] == "evidence":
            result["criteria"][place]["evidence"] = copy.deepcopy(criterion["evidence"])
        else:
            result["criteria"][place][parts[2]] = criterion[parts[2]]
    elif parts[0] == "profiles":
        inner, outer = result["profiles"][parts[1]], source["profiles"][parts[1]]
        if parts[2] == "weights":
            inner["weights"][parts[3]] = outer["weights"][parts[3]]
        else:
            inner[parts[2]] = outer[parts[2]]
    else:
        result[path] = source[path]


def before_changes(
    data: Mapping[str, Any], changed: Mapping[str, Sequence[Any]]
) -> dict[str, Any] | None:
    """The data before ``changed`` (path → [before, after]); None where criteria came or went."""
    result = copy.deepcopy(dict(data))
    keys = _keys(result)
    for path, (was, _now) in changed.items():
        parts = path.split(".")
        if parts[0] == "criteria":
            if len(parts) < 3 or parts[1] not in keys or parts[2] == "evidence":
                return None
            criterion = result["criteria"][keys.index(parts[1])]
            if was is None:
                return None
            if parts[2] == "levels":
                criterion["levels"][int(parts[3])] = was
            else:
                criterion[parts[2]] = was
        elif parts[0] == "profiles":
            profile = result["profiles"][parts[1]]
            if parts[2] == "weights":
                profile["weights"][parts[3]] = was
            else:
                profile[parts[2]] = was
        elif path in PARAMETERS:
            result[path] = was
    return result


# --- Steps of editing ------------------------------------------------------------------------------------


def blank_criterion(pillar: str) -> dict[str, Any]:
    """A criterion of which everything is still to be said."""
    return {
        "key": "",
        "label": "",
        "question": "",
        "pillar": pillar if pillar in PILLARS else PILLARS[0],
        "weight": 1.0,
        "levels": [""] * (MAX_LEVEL + 1),
        "evidence": None,
    }


def key_from(label: str, taken: Sequence[str]) -> str:
    """A key made of a name, not among ``taken``: "Reach (EMEA)" → ``reach_emea``."""
    stem = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:40]
    if not stem:
        return ""
    if not stem[0].isalpha():
        stem = f"c_{stem}"
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}_{number}", number + 1
    return key


def stepped(data: Mapping[str, Any], step: str) -> dict[str, Any]:
    """The data after one step of editing; unknown ones change nothing.

    ``add:PILLAR``, ``remove:POSITION``, ``up:POSITION``, ``down:POSITION``, ``even:QUEUE`` (make the three weights sum
    to 1 in proportion, if they do not).
    """
    result = copy.deepcopy(dict(data))
    criteria = result["criteria"]
    name, _, value = step.partition(":")
    if name == "add" and len(criteria) < MOST_CRITERIA:
        criteria.append(blank_criterion(value))
    elif name in ("remove", "up", "down") and value.isdecimal() and int(value) < len(criteria):
        place = int(value)
        if name == "remove":
            del criteria[place]
        else:
            _move(criteria, place, -1 if name == "up" else 1)
    elif name == "even" and value in QUEUES:
        weights = result["profiles"][value]["weights"]
        _even(weights)
    return result


def _move(criteria: list[dict[str, Any]], place: int, way: int) -> None:
    """Past the neighbour of the same pillar: pages show pillar by pillar."""
    pillar = criteria[place]["pillar"]
    other = place + way
    while 0 <= other < len(criteria):
        if criteria[other]["pillar"] == pillar:
            criteria[place], criteria[other] = criteria[other], criteria[place]
            return
        other += way


def _even(weights: dict[str, Any]) -> None:
    numbers = [weights[pillar] for pillar in PILLARS]
    if not all(isinstance(each, int | float) and each >= 0 for each in numbers) or not sum(numbers):
        return
    total = math.fsum(numbers)
    if abs(total - 1.0) <= 1e-9:
        return
    rounded = [round(each / total, 4) for each in numbers]
    largest = numbers.index(max(numbers))
    rounded[largest] = round(1.0 - math.fsum(rounded) + rounded[largest], 4)
    for pillar, number in zip(PILLARS, rounded, strict=True):
        weights[pillar] = number
