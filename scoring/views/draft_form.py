"""A draft as a form, and back: every value in a field named by its path, with its problems beside it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import text
from scoring import drafts
from scoring.drafts import PARAMETERS, PROFILE_NUMBERS, RULE_NUMBERS
from scoring.field_checks import Problem
from scoring.rubrics import MAX_LEVEL, PILLARS, QUEUES

PILLAR_NAMES = {
    "value": gettext_lazy("Value"),
    "impact": gettext_lazy("Impact"),
    "risk": gettext_lazy("Risk"),
}


def from_post(post: Mapping[str, str], base: Mapping[str, Any]) -> dict[str, Any]:
    """The data with every field that was sent; what was not sent stays as in ``base``.

    ``criteria.count`` says that all criteria were sent. A field keeps what was typed, whether or not it is a number.
    """
    data = copy.deepcopy(dict(base))
    if "criteria.count" in post:
        count = min(int(typed_count(post["criteria.count"])), drafts.MOST_CRITERIA)
        blank = [drafts.blank_criterion(PILLARS[0]) for _each in range(count)]
        data["criteria"] = [*data["criteria"], *blank][:count]
    for name in PARAMETERS:
        _number(post, name, data, name)
    for position, criterion in enumerate(data["criteria"]):
        _criterion(post, f"criteria.{position}", criterion)
    for queue in QUEUES:
        path, profile = f"profiles.{queue}", data["profiles"][queue]
        for pillar in PILLARS:
            _number(post, f"{path}.weights.{pillar}", profile["weights"], pillar)
        for name in PROFILE_NUMBERS:
            _number(post, f"{path}.{name}", profile, name)
        if f"{path}.risk_polarity" in post:
            profile["risk_polarity"] = text.one_line(post[f"{path}.risk_polarity"])[:40]
    _name_keys(data["criteria"])
    return data


def typed_count(raw: str) -> int:
    return int(raw) if raw.isdecimal() and len(raw) < 4 else 0


def _criterion(post: Mapping[str, str], path: str, criterion: dict[str, Any]) -> None:
    for name in ("key", "label", "question", "pillar"):
        if f"{path}.{name}" in post:
            criterion[name] = text.one_line(post[f"{path}.{name}"])[: drafts.LONGEST]
    _number(post, f"{path}.weight", criterion, "weight")
    for level in range(MAX_LEVEL + 1):
        if f"{path}.levels.{level}" in post:
            criterion["levels"][level] = text.one_line(post[f"{path}.levels.{level}"])[
                : drafts.LONGEST
            ]
    if f"{path}.whole" not in post:
        return
    rule = {
        "kinds": [
            kind
            for kind in map(text.one_line, post.get(f"{path}.evidence.kinds", "").split(","))
            if kind
        ][: drafts.MOST_CRITERIA]
    }
    for name in RULE_NUMBERS:
        _number(post, f"{path}.evidence.{name}", rule, name, missing="")
    criterion["evidence"] = rule if f"{path}.evidence" in post else None


def _number(
    post: Mapping[str, str], path: str, into: dict[str, Any], name: str, missing: Any = None
) -> None:
    if path in post:
        into[name] = drafts.typed(text.one_line(post[path])[:40])
    elif missing is not None:
        into[name] = missing


def _name_keys(criteria: Sequence[dict[str, Any]]) -> None:
    """A new criterion gets its key from its name; later the key stays, since ratings hang on it."""
    for criterion in criteria:
        if not criterion["key"] and criterion["label"]:
            taken = [each["key"] for each in criteria]
            criterion["key"] = drafts.key_from(criterion["label"], taken)


# --- Showing it --------------------------------------------------------------------------------------------


def shown(data: Mapping[str, Any], problems: Sequence[Problem]) -> dict[str, Any]:
    """What the editor's template reads: parameters, profiles, pillars with criteria, and all problems."""
    wrong: dict[str, list[str]] = {}
    for problem in problems:
        wrong.setdefault(problem.path, []).append(problem.message)

    def field(path: str, label: str, value: Any, **rest: Any) -> dict[str, Any]:
        return {
            "name": path,
            "id": path.replace(".", "-"),
            "label": label,
            "value": plain(value),
            "errors": wrong.get(path, []),
            **rest,
        }

    return {
        "parameters": [field(name, drafts.WORDS[name], data[name]) for name in PARAMETERS],
        "profiles": [
            {
                "queue": queue,
                "name": drafts.QUEUE_WORDS[queue],
                "weights_errors": wrong.get(f"profiles.{queue}.weights", []),
                "polarity": field(
                    f"profiles.{queue}.risk_polarity",
                    drafts.WORDS["risk_polarity"],
                    data["profiles"][queue]["risk_polarity"],
                ),
            }
            for queue in QUEUES
        ],
        "weight_rows": [
            {
                "label": PILLAR_NAMES[pillar],
                "fields": [
                    field(
                        f"profiles.{queue}.weights.{pillar}",
                        f"{drafts.QUEUE_WORDS[queue]}: {pillar}",
                        data["profiles"][queue]["weights"][pillar],
                    )
                    for queue in QUEUES
                ],
            }
            for pillar in PILLARS
        ],
        "rows": [
            {
                "label": _label(name),
                "fields": [
                    field(
                        f"profiles.{queue}.{name}",
                        f"{drafts.QUEUE_WORDS[queue]}: {drafts.WORDS[name]}",
                        data["profiles"][queue][name],
                    )
                    for queue in QUEUES
                ],
            }
            for name in PROFILE_NUMBERS
        ],
        "pillars": [
            {
                "pillar": pillar,
                "name": PILLAR_NAMES[pillar],
                "criteria": [
                    _shown_criterion(position, criterion, field, wrong)
                    for position, criterion in enumerate(data["criteria"])
                    if (criterion["pillar"] if criterion["pillar"] in PILLARS else PILLARS[0])
                    == pillar
                ],
            }
            for pillar in PILLARS
        ],
        "count": len(data["criteria"]),
        "problems": [
            {
                "id": _place(problem.path).replace(".", "-"),
                "where": where(problem.path, data),
                "message": problem.message,
            }
            for problem in problems
        ],
    }


def _label(name: str) -> str:
    word = drafts.WORDS[name]
    return word[:1].upper() + word[1:]


def _shown_criterion(
    position: int, criterion: Mapping[str, Any], field: Any, wrong: Mapping[str, list[str]]
) -> dict[str, Any]:
    path = f"criteria.{position}"
    rule = criterion["evidence"] or {"kinds": [], **dict.fromkeys(RULE_NUMBERS, "")}
    kinds = field(f"{path}.evidence.kinds", drafts.WORDS["kinds"], ", ".join(rule["kinds"]))
    kinds["errors"] = [
        message
        for name, messages in wrong.items()
        if name.startswith(f"{path}.evidence.kinds")
        for message in messages
    ]
    count = sum(len(each) for name, each in wrong.items() if name.startswith(f"{path}."))
    return {
        "position": position,
        "path": path,
        "id": path.replace(".", "-"),
        "key": criterion["key"],
        "title": criterion["label"] or _("New criterion"),
        "label": field(f"{path}.label", drafts.WORDS["label"], criterion["label"]),
        "key_field": field(f"{path}.key", drafts.WORDS["key"], criterion["key"]),
        "question": field(f"{path}.question", drafts.WORDS["question"], criterion["question"]),
        "pillar": field(f"{path}.pillar", drafts.WORDS["pillar"], criterion["pillar"]),
        "weight": field(f"{path}.weight", drafts.WORDS["weight"], criterion["weight"]),
        "levels": [
            field(f"{path}.levels.{level}", str(level), words)
            for level, words in enumerate(criterion["levels"])
        ],
        "has_evidence": criterion["evidence"] is not None,
        "kinds": kinds,
        "rule": [
            field(f"{path}.evidence.{name}", drafts.WORDS[name], rule[name])
            for name in RULE_NUMBERS
        ],
        "problems": count,
        "open": count > 0 or not criterion["label"],
    }


def _place(path: str) -> str:
    """The field that a problem belongs to: the kinds of evidence are one field."""
    head, kinds, _rest = path.partition(".evidence.kinds")
    return f"{head}{kinds}" if kinds else path


def where(path: str, data: Mapping[str, Any]) -> str:
    """A place in words: "Business value: level 3"."""
    parts = path.split(".")
    if parts[0] == "criteria" and len(parts) > 1:
        criterion = data["criteria"][int(parts[1])]
        name = criterion["label"] or _("Criterion %(n)s") % {"n": int(parts[1]) + 1}
        if len(parts) > 3 and parts[2] == "levels":
            return f"{name}: {_('level')} {parts[3]}"
        return f"{name}: {drafts.WORDS.get(parts[3] if len(parts) > 3 else parts[-1], parts[-1])}"
    if parts[0] == "profiles" and parts[-1] == "weights":
        return f"{drafts.QUEUE_WORDS.get(parts[1], parts[1])}: {_('weights')}"
    if parts[0] == "profiles" and len(parts) > 2:
        return f"{drafts.QUEUE_WORDS.get(parts[1], parts[1])}: {drafts.WORDS.get(parts[-1], parts[-1])}"
    return drafts.WORDS.get(path, path)


def plain(value: Any) -> str:
    """A number as a person writes it; anything else as it was typed."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)
