"""How one file is to be understood, as data: what the wizard edits and ``--mapping FILE`` holds.

The form is described in the docstring of the package. :func:`Mapping.from_dict` refuses what it
does not know, with a sentence for each problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from integrations.readers.dates import DAY_FIRST, ORDERS, zone_named
from integrations.readers.headers import FIELDS
from integrations.readers.sniff import CSV, KINDS
from integrations.readers.source import ReadError

# The words of the backlog and of the default rubric, repeated so that this package needs no Django.
# A test holds them against the originals.
STATES = ("triage", "accepted", "in_progress", "in_review", "done", "parked", "declined")
#: What a resolution can make of an item whose status is an end.
ENDS = ("done", "declined", "parked")
QUEUES = ("hotfix", "stability", "enhancement", "strategic_bet")
ITEM_KINDS = ("script", "scene", "module", "visual_system", "fix", "feature", "task")
HORIZONS = ("sprint", "release", "roadmap")
CRITERIA = (
    "business_value",
    "strategic_fit",
    "reach_reuse",
    "customer_pain",
    "users_affected",
    "trust",
    "technical_risk",
    "compliance_risk",
    "recurrence",
)
SIGNAL_SOURCES = ("votes", "watchers", "reactions", "comments")
MARKUPS = ("jira", "markdown")


@dataclass
class Choice:
    """A value by label, by priority, by type, else the default."""

    default: Any = None
    by_type: dict[str, Any] = field(default_factory=dict)
    by_priority: dict[str, Any] = field(default_factory=dict)
    by_label: dict[str, Any] = field(default_factory=dict)


@dataclass
class Queues(Choice):
    """``by_priority`` moves only bugs: what type or labels put into stability."""

    default: str = "enhancement"
    hotfix_max_age_days: int | None = None


@dataclass
class Horizons:
    current_sprints: list[str] = field(default_factory=list)
    with_version: str = "release"
    default: str = "roadmap"


@dataclass
class EffortPoints:
    """``per_point``: how much of the column's unit is one point (seconds of estimate: 28,800)."""

    per_point: float = 1.0
    sizes: dict[str, float] = field(
        default_factory=lambda: {"XS": 1.0, "S": 2.0, "M": 3.0, "L": 5.0, "XL": 8.0, "XXL": 13.0}
    )


@dataclass
class Mapping:
    kind: str = CSV
    columns: dict[str, str] = field(default_factory=dict)
    title_from: str = ""
    key_prefix: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    date_order: str = DAY_FIRST
    zone: str = "UTC"
    markup: str = "markdown"
    repair_mojibake: bool = True
    pull_requests: bool = False
    skip_labels: list[str] = field(default_factory=list)
    as_of: str | None = None
    states: dict[str, str] = field(default_factory=dict)
    resolutions: dict[str, str] = field(default_factory=dict)
    queues: Queues = field(default_factory=Queues)
    severities: dict[str, int] = field(default_factory=dict)
    kinds: Choice = field(default_factory=lambda: Choice("task"))
    horizons: Horizons = field(default_factory=Horizons)
    ratings: dict[str, Choice] | None = None
    effort_points: EffortPoints = field(default_factory=EffortPoints)
    signals: dict[str, str | None] = field(
        default_factory=lambda: {
            "votes": "vote",
            "watchers": "watcher",
            "reactions": "reaction",
            "comments": "comment",
        }
    )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; ``Mapping.from_dict(mapping.as_dict()) == mapping``."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Any) -> Mapping:
        """Raises :class:`ReadError` (code ``bad_mapping``) that lists every problem."""
        problems: list[str] = []
        mapping = cls()
        for name, value in _members(data, {f.name for f in fields(cls)}, "the mapping", problems):
            _READ[name](mapping, value, problems)
        if problems:
            raise ReadError(
                "The mapping cannot be used: " + " ".join(problems[:20]),
                code="bad_mapping",
                fields={"mapping": problems},
            )
        return mapping


def _members(data: Any, known: set[str], what: str, problems: list[str]) -> list[tuple[str, Any]]:
    if not isinstance(data, dict):
        problems.append(f"{what[0].upper()}{what[1:]} has to be an object.")
        return []
    for name in data:
        if name not in known:
            problems.append(f"{what[0].upper()}{what[1:]} has no {name!r}.")
    return [(name, value) for name, value in data.items() if name in known]


_Check = Callable[[Any], bool]


def _one_of(allowed: Iterable[Any]) -> _Check:
    choices = tuple(allowed)
    return lambda value: isinstance(value, str) and value in choices


def _level(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 5


def _positive(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 10_000_000
    )


def _short_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 200


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _table(data: Any, check: _Check, what: str, hint: str, problems: list[str]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in data.items() if isinstance(data, dict) else ():
        if check(value):
            table[str(key)] = value
        else:
            problems.append(f"In {what}, {key!r} cannot be {value!r}: use {hint}.")
    if not isinstance(data, dict):
        problems.append(f"{what[0].upper()}{what[1:]} has to be an object.")
    return table


def _choice(
    choice: Choice, data: Any, check: _Check, what: str, hint: str, problems: list[str]
) -> None:
    known = {f.name for f in fields(choice)}
    for name, value in _members(data, known, what, problems):
        if name.startswith("by_"):
            setattr(choice, name, _table(value, check, f"{what}, {name}", hint, problems))
        elif name == "default" and (check(value) or value is choice.default is None):
            choice.default = value
        elif name == "hotfix_max_age_days":
            if value is None or _positive(value):
                setattr(choice, name, value)
            else:
                problems.append(
                    "The age from which open bugs stay out of the hotfix queue has to be a number of days above 0, "
                    f"or nothing, not {value!r} (hotfix_max_age_days)."
                )
        else:
            problems.append(f"In {what}, {name!r} cannot be {value!r}.")


def _listed(values: Iterable[Any]) -> str:
    return "one of " + ", ".join(str(value) for value in values)


def _read_queues(mapping: Mapping, data: Any, problems: list[str]) -> None:
    _choice(mapping.queues, data, _one_of(QUEUES), "queues", _listed(QUEUES), problems)


def _read_kinds(mapping: Mapping, data: Any, problems: list[str]) -> None:
    _choice(mapping.kinds, data, _one_of(ITEM_KINDS), "kinds", _listed(ITEM_KINDS), problems)


def _read_ratings(mapping: Mapping, data: Any, problems: list[str]) -> None:
    if data is None:
        mapping.ratings = None
        return
    mapping.ratings = {}
    for criterion, rule in _members(data, set(CRITERIA), "ratings", problems):
        choice = mapping.ratings[criterion] = Choice()
        _choice(choice, rule, _level, f"ratings, {criterion}", "a level from 0 to 5", problems)


def _read_horizons(mapping: Mapping, data: Any, problems: list[str]) -> None:
    names = {f.name for f in fields(Horizons)}
    for name, value in _members(data, names, "horizons", problems):
        if name == "current_sprints":
            good = _texts(value)
        else:
            good = _one_of(HORIZONS)(value)
        if good:
            setattr(mapping.horizons, name, value)
        else:
            problems.append(f"In horizons, {name!r} cannot be {value!r}.")


def _read_effort(mapping: Mapping, data: Any, problems: list[str]) -> None:
    for name, value in _members(data, {"per_point", "sizes"}, "effort_points", problems):
        if name == "sizes":
            mapping.effort_points.sizes = _table(
                value, _positive, "effort_points, sizes", "a number above 0", problems
            )
        elif _positive(value):
            mapping.effort_points.per_point = float(value)
        else:
            problems.append(
                f"The units of effort in a point have to be a number above 0, not {value!r} (per_point)."
            )


def _read_signals(mapping: Mapping, data: Any, problems: list[str]) -> None:
    known = set(SIGNAL_SOURCES)
    for name, value in _members(data, known, "signals", problems):
        if value is None or _short_text(value):
            mapping.signals[name] = value
        else:
            problems.append(f"In signals, {name!r} has to be a kind of signal or null.")


def _read_table(name: str, check: _Check, hint: str) -> Callable[[Mapping, Any, list[str]], None]:
    def read(mapping: Mapping, data: Any, problems: list[str]) -> None:
        setattr(mapping, name, _table(data, check, name, hint, problems))

    return read


def _read_plain(name: str, check: _Check, hint: str) -> Callable[[Mapping, Any, list[str]], None]:
    def read(mapping: Mapping, value: Any, problems: list[str]) -> None:
        if check(value):
            setattr(mapping, name, value)
        else:
            problems.append(f"{name!r} has to be {hint}, not {value!r}.")

    return read


def _known_zone(value: Any) -> bool:
    try:
        return isinstance(value, str) and zone_named(value) is not None
    except ReadError:
        return False


def _or_null(check: _Check) -> _Check:
    return lambda value: value is None or check(value)


_READ: dict[str, Callable[[Mapping, Any, list[str]], None]] = {
    "kind": _read_plain("kind", _one_of(KINDS), _listed(KINDS)),
    "columns": _read_table("columns", _one_of(FIELDS), _listed(FIELDS)),
    "title_from": _read_plain("title_from", _one_of(("", "description")), "'' or 'description'"),
    "key_prefix": _read_plain("key_prefix", _short_text, "a short text"),
    "encoding": _read_plain("encoding", _or_null(_short_text), "a name or null"),
    "delimiter": _read_plain(
        "delimiter", _or_null(lambda v: isinstance(v, str) and len(v) == 1), "one character or null"
    ),
    "date_order": _read_plain("date_order", _one_of(ORDERS), _listed(ORDERS)),
    "zone": _read_plain("zone", _known_zone, "a time zone such as Europe/Berlin"),
    "markup": _read_plain("markup", _one_of(MARKUPS), _listed(MARKUPS)),
    "repair_mojibake": _read_plain(
        "repair_mojibake", lambda v: isinstance(v, bool), "true or false"
    ),
    "pull_requests": _read_plain("pull_requests", lambda v: isinstance(v, bool), "true or false"),
    "skip_labels": _read_plain("skip_labels", _texts, "a list of labels"),
    "as_of": _read_plain("as_of", _or_null(_short_text), "an instant or null"),
    "states": _read_table("states", _one_of(STATES), _listed(STATES)),
    "resolutions": _read_table("resolutions", _one_of(ENDS), _listed(ENDS)),
    "severities": _read_table(
        "severities", lambda v: v in (1, 2, 3, 4) and not isinstance(v, bool), "1, 2, 3 or 4"
    ),
    "queues": _read_queues,
    "kinds": _read_kinds,
    "horizons": _read_horizons,
    "ratings": _read_ratings,
    "effort_points": _read_effort,
    "signals": _read_signals,
}
