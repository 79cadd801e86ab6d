"""From what a file holds to a complete mapping: states, queues, kinds, severities, starting
ratings.

A proposal is data that a person reads and changes; nothing is decided here. The ratings are
guesses by priority, type and label, one for each criterion of the default rubric, so that an
imported item has a score at once and says that it rests on guesses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from integrations.readers import words
from integrations.readers.mapping import Choice, Horizons, Mapping, Queues
from integrations.readers.rows import SourceRow

#: So many different values of a kind are counted; a column with more is not a list of choices.
DISTINCT = 2_000
#: Labels that stand on fewer items than this get no rule of their own.
_RARE = 1


@dataclass
class Survey:
    """What the rows to be imported say, counted. The keys of the pairs are tuples."""

    rows: int = 0
    items: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    with_warnings: int = 0
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)  # (status, category)
    resolutions: Counter[tuple[str, str]] = field(default_factory=Counter)  # (resolution, status)
    types: Counter[tuple[str, str]] = field(default_factory=Counter)  # (type, priority)
    severities: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    sprints: Counter[tuple[str, str]] = field(default_factory=Counter)  # (sprint, status)
    assignees: Counter[str] = field(default_factory=Counter)
    estimated: int = 0
    resolved: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None

    def see(self, row: SourceRow) -> None:
        self.rows += 1
        self.with_warnings += bool(row.warnings)
        if row.error:
            self.errors += 1
            return
        if row.skipped:
            self.skipped[_reason(row.skipped)] += 1
            return
        self.items += 1
        _count(self.statuses, (row.status, row.status_category))
        if row.resolution:
            _count(self.resolutions, (row.resolution, row.status))
        _count(self.types, (row.type, row.priority))
        if row.severity:
            _count(self.severities, row.severity)
        for label in row.labels:
            _count(self.labels, label)
        for sprint in row.sprints:
            _count(self.sprints, (sprint, row.status))
        if row.assignee:
            _count(self.assignees, row.assignee)
        self.estimated += row.effort is not None
        self.resolved += row.resolved is not None
        for instant in (row.created, row.updated, row.resolved):
            if instant is not None:
                self.oldest = min(self.oldest or instant, instant)
                self.newest = max(self.newest or instant, instant)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; pairs become lists ``[first, second, count]``."""
        data: dict[str, Any] = {}
        for name, value in vars(self).items():  # asdict() would count the counters' pairs
            if isinstance(value, Counter):
                data[name] = [
                    [*(key if isinstance(key, tuple) else (key,)), count]
                    for key, count in value.most_common()
                ]
            else:
                data[name] = value.isoformat() if isinstance(value, datetime) else value
        return data


def survey(rows: Iterable[SourceRow]) -> Survey:
    found = Survey()
    for row in rows:
        found.see(row)
    return found


def _count(counter: Counter[Any], key: Any) -> None:
    if key in counter or len(counter) < DISTINCT:
        counter[key] += 1


def _reason(skipped: str) -> str:
    if skipped.startswith("same as row"):
        return "same as another row"
    return "replaced by a later row" if "replaces it" in skipped else skipped


@dataclass
class Proposal:
    """``mapping`` is complete; ``notes`` are sentences for the person who decides."""

    mapping: Mapping
    notes: list[str] = field(default_factory=list)
    confidence: dict[str, float] = field(default_factory=dict)  # status -> how sure its state is


def propose(found: Survey, mapping: Mapping) -> Proposal:
    """``mapping`` with every rule filled in from the survey. The columns and reading options
    stay."""
    made = Proposal(replace(mapping))
    _states(found, made)
    _resolutions(found, made)
    types = _totals(found.types, 0)
    priorities = _totals(found.types, 1)
    labels = [
        label for label, count in found.labels.most_common(500) if count > _RARE or found.items < 50
    ]
    made.mapping.as_of = found.newest.isoformat() if found.newest else None
    made.mapping.queues = Queues(
        default="enhancement",
        by_type={name: _TYPE_QUEUES[kind] for name in types if (kind := words.type_of(name))},
        by_priority={name: "hotfix" for name in priorities if words.severity_of(name)},
        by_label={name: queue for name in labels if (queue := words.queue_of_label(name))},
    )
    made.mapping.severities = {
        name: severity
        for name in [*priorities, *found.severities]
        if (severity := _severity(name, listed=name in found.severities))
    }
    made.mapping.kinds = Choice(
        "task",
        by_type={name: _TYPE_KINDS[kind] for name in types if (kind := words.type_of(name))},
        by_label={name: _TYPE_KINDS[kind] for name in labels if (kind := words.type_of(name))},
    )
    made.mapping.horizons = Horizons(current_sprints=_current_sprints(found, made.mapping))
    made.mapping.ratings = _ratings(types, priorities, labels)
    _notes(found, made, types, priorities)
    return made


_TYPE_QUEUES = {
    "bug": "stability", "incident": "hotfix", "security": "stability", "debt": "stability",
    "feature": "enhancement", "epic": "strategic_bet", "task": "enhancement",
    "script": "enhancement",
    "scene": "enhancement", "module": "enhancement", "visual_system": "enhancement",
}  # fmt: skip
_TYPE_KINDS = {
    "bug": "fix", "incident": "fix", "security": "fix", "debt": "task", "feature": "feature",
    "epic": "feature", "task": "task", "script": "script", "scene": "scene", "module": "module",
    "visual_system": "visual_system",
}  # fmt: skip


def _totals(pairs: Counter[tuple[str, str]], place: int) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for pair, count in pairs.items():
        if pair[place]:
            totals[pair[place]] += count
    return dict(totals.most_common())


#: States that the trackers count into the category of another one.
_NEAR = {"in_review": "in_progress", "accepted": "triage", "parked": "triage", "declined": "done"}


def _states(found: Survey, made: Proposal) -> None:
    """One state per status; a status in several categories goes by its most frequent one."""
    made.mapping.states = {}
    for (status, category), _ in found.statuses.most_common():
        if not status or status in made.mapping.states:
            continue
        state, sure = words.state_of(status, category)
        made.mapping.states[status] = state
        made.confidence[status] = sure
        if category and sure < 0.9:
            if words.state_of(category)[0] not in (state, _NEAR.get(state)):
                made.notes.append(
                    f"{status!r} counts as {category!r} in the tracker; {_spoken(state)} was taken."
                )
        elif sure <= 0.5:
            made.notes.append(f"The status {status!r} is not known; {_spoken(state)} was taken.")


def _resolutions(found: Survey, made: Proposal) -> None:
    made.mapping.resolutions = {}
    unfinished: Counter[str] = Counter()
    for (resolution, status), count in found.resolutions.most_common():
        made.mapping.resolutions.setdefault(resolution, words.resolution_of(resolution)[0])
        if made.mapping.states.get(status) not in ("done", "declined"):
            unfinished[status] += count
    for status, count in unfinished.most_common(5):
        made.notes.append(
            f"{count} {'item' if count == 1 else 'items'} in {status!r}"
            f" {'carries' if count == 1 else 'carry'} a resolution although that status is not an end; "
            f"{_spoken(made.mapping.states.get(status, 'triage'))} was taken. "
            "Choose done for it if they are finished."
        )


def _spoken(state: str) -> str:
    return f"the state {state.replace('_', ' ')!r}"


def _severity(name: str, *, listed: bool) -> int | None:
    """Of a severity column every level counts; of a priority only what cannot wait."""
    if not listed:
        return words.severity_of(name)
    level = words.level_of(name)
    return min(level, 4) if level else None


def _current_sprints(found: Survey, mapping: Mapping) -> list[str]:
    """Sprints with work that is under way."""
    busy: Counter[str] = Counter()
    for (sprint, status), count in found.sprints.items():
        if mapping.states.get(status) in ("in_progress", "in_review"):
            busy[sprint] += count
    return [sprint for sprint, _ in busy.most_common(3)]


#: Levels by priority, from 1 (top) to 5.
_BY_PRIORITY = {
    "customer_pain": (5, 4, 3, 2, 1),
    "users_affected": (4, 3, 2, 2, 1),
    "trust": (4, 3, 2, 1, 1),
    "business_value": (4, 4, 3, 2, 1),
}
#: Levels by what sort of work it is.
_BY_TYPE = {
    "business_value": {"epic": 4, "feature": 3, "incident": 3},
    "strategic_fit": {"epic": 4, "feature": 3, "bug": 1, "debt": 2},
    "reach_reuse": {"epic": 3, "visual_system": 4, "module": 3},
    "customer_pain": {"incident": 5, "security": 4},
    "users_affected": {"incident": 4, "epic": 3},
    "trust": {"incident": 4, "security": 4},
    "technical_risk": {"bug": 3, "incident": 4, "security": 4, "debt": 3, "epic": 4, "feature": 2},
    "compliance_risk": {"security": 4, "script": 2, "scene": 2, "module": 2, "visual_system": 2},
    "recurrence": {"bug": 3, "incident": 3, "debt": 3},
}
_DEFAULTS = {
    "business_value": 2,
    "strategic_fit": 2,
    "reach_reuse": 2,
    "customer_pain": 2,
    "users_affected": 2,
    "trust": 1,
    "technical_risk": 2,
    "compliance_risk": 1,
    "recurrence": 1,
}


def _ratings(
    types: dict[str, int], priorities: dict[str, int], labels: list[str]
) -> dict[str, Choice]:
    """A rule for every criterion: the highest of the levels that fit, else the default."""
    ratings: dict[str, Choice] = {}
    for criterion, default in _DEFAULTS.items():
        rule = Choice(default)
        for name in types:
            level = _BY_TYPE[criterion].get(words.type_of(name) or "")
            if level is not None:
                rule.by_type[name] = level
        for name in priorities:
            place = words.level_of(name)
            if place and criterion in _BY_PRIORITY:
                rule.by_priority[name] = _BY_PRIORITY[criterion][place - 1]
        for name in labels:
            level = words.levels_of_label(name).get(criterion)
            if level is not None:
                rule.by_label[name] = level
        ratings[criterion] = rule
    return ratings


def _notes(
    found: Survey, made: Proposal, types: dict[str, int], priorities: dict[str, int]
) -> None:
    unknown = [name for name in types if words.type_of(name) is None]
    if unknown:
        made.notes.append(
            f"These types are not known: {', '.join(unknown[:5])}. They go to enhancement as tasks."
        )
    if len(priorities) == 1 and found.items > 10:
        made.notes.append(
            f"Every item has the priority {next(iter(priorities))!r}: it says nothing about "
            "the order. The starting ratings rest on types and labels only."
        )
    if not found.resolved and any(s in ("done", "declined") for s in made.mapping.states.values()):
        made.notes.append(
            "The file does not say when items were finished; lead times need that. "
            "Export the field Resolved if there is one."
        )
    for label, count in found.labels.most_common(3):
        if words.is_question(label) and count > found.items / 5:
            made.notes.append(
                f"{count:,} of {found.items:,} items carry the label {label!r}. "
                "Name it under skip_labels to leave them out."
            )
    if found.items and not found.estimated:
        made.notes.append(
            "No item has an estimate: each queue's default effort is used, and marked."
        )
