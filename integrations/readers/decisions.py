"""What a mapping makes of one row: state, queue, kind, horizon, severity, ratings, signals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integrations.readers import words
from integrations.readers.mapping import Choice, Mapping
from integrations.readers.rows import SourceRow

#: Queues in the order in which labels win over each other.
_STRENGTH = ("hotfix", "stability", "strategic_bet", "enhancement")
OPEN_STATES = ("triage", "accepted", "in_progress", "in_review")


@dataclass(frozen=True, slots=True)
class Signal:
    """``magnitude`` people (or comments) of this kind; ``key`` tells one import's signal from
    another's."""

    kind: str
    magnitude: float
    occurred_at: datetime | None
    key: str


@dataclass(slots=True)
class Decision:
    """``severity`` is set for hotfixes only. ``ratings``: criterion -> level 0 to 5, certainty
    "guess"."""

    state: str
    queue: str
    kind: str
    horizon: str
    decline_reason: str = ""
    severity: int | None = None
    effort: float | None = None
    ratings: dict[str, int] = field(default_factory=dict)
    signals: list[Signal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def decide(row: SourceRow, mapping: Mapping) -> Decision:
    """Pure: the same row and mapping give the same decision. The clock is ``mapping.as_of``."""
    state, reason, warnings = _state(row, mapping)
    queue = _queue(row, mapping, open_=state in OPEN_STATES)
    return Decision(
        state=state,
        queue=queue,
        kind=_chosen(mapping.kinds, row, strength=()) or "task",
        horizon=_horizon(row, mapping, state),
        decline_reason=reason,
        severity=_severity(row, mapping) if queue == "hotfix" else None,
        effort=row.effort,
        ratings=_ratings(row, mapping),
        signals=_signals(row, mapping),
        warnings=warnings,
    )


def _state(row: SourceRow, mapping: Mapping) -> tuple[str, str, list[str]]:
    warnings: list[str] = []
    state = mapping.states.get(row.status)
    if state is None:
        state = words.state_of(row.status, row.status_category)[0] if row.status else "triage"
        if row.status:
            warnings.append(
                f"The status {row.status!r} is not in the mapping; "
                f"{state.replace('_', ' ')!r} was taken."
            )
    if state in ("done", "declined") and row.resolution:
        state = mapping.resolutions.get(row.resolution) or words.resolution_of(row.resolution)[0]
    if state != "declined":
        return state, "", warnings
    return state, row.resolution or row.status, warnings


def _matches(choice: Choice, row: SourceRow) -> Iterable[Any]:
    """What the rule says by label, by priority and by type, in that order."""
    yield from (choice.by_label[label] for label in row.labels if label in choice.by_label)
    if row.priority in choice.by_priority:
        yield choice.by_priority[row.priority]
    if row.type in choice.by_type:
        yield choice.by_type[row.type]


def _chosen(choice: Choice, row: SourceRow, strength: tuple[str, ...]) -> Any:
    """By type where there is one, else by the strongest label, else the default."""
    if row.type in choice.by_type:
        return choice.by_type[row.type]
    found = [choice.by_label[label] for label in row.labels if label in choice.by_label]
    if not found:
        return choice.default
    return min(found, key=strength.index) if strength else found[0]


def _queue(row: SourceRow, mapping: Mapping, *, open_: bool) -> str:
    rules = mapping.queues
    queue: str = _chosen(rules, row, _STRENGTH)
    if queue == "stability":
        by_label = {rules.by_label.get(label) for label in row.labels}
        if "hotfix" in by_label:
            queue = "hotfix"
        else:
            queue = rules.by_priority.get(row.priority, queue)
    if queue == "hotfix" and open_ and rules.hotfix_max_age_days and mapping.as_of and row.created:
        age = datetime.fromisoformat(mapping.as_of) - row.created
        if age > timedelta(days=rules.hotfix_max_age_days):
            return "stability"
    return queue


def _severity(row: SourceRow, mapping: Mapping) -> int:
    given = [mapping.severities.get(row.severity), mapping.severities.get(row.priority)]
    return next((severity for severity in given if severity), 2)


def _horizon(row: SourceRow, mapping: Mapping, state: str) -> str:
    rules = mapping.horizons
    if state in ("in_progress", "in_review") or set(row.sprints) & set(rules.current_sprints):
        return "sprint"
    if row.fix_versions or row.due:
        return rules.with_version
    return rules.default


def _ratings(row: SourceRow, mapping: Mapping) -> dict[str, int]:
    if mapping.ratings is None:
        return {}
    levels = {
        criterion: max(_matches(rule, row), default=rule.default)
        for criterion, rule in mapping.ratings.items()
    }
    return {criterion: level for criterion, level in levels.items() if level is not None}


def _signals(row: SourceRow, mapping: Mapping) -> list[Signal]:
    counts = {
        "votes": row.votes,
        "watchers": row.watchers,
        "reactions": row.reactions,
        "comments": row.comment_count,
    }
    at = row.updated or row.created
    return [
        Signal(kind, float(counts[source]), at, f"{row.identity}:{source}")
        for source, kind in mapping.signals.items()
        if kind and counts[source] > 0
    ]
