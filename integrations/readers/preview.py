"""What an import would do, counted, before it does anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.readers.decisions import OPEN_STATES, decide
from integrations.readers.mapping import Mapping
from integrations.readers.rows import SourceRow

#: So many problems are listed; all of them are counted.
LISTED = 1_000
#: A hotfix lane that starts fuller than this is worth a word.
_MANY_HOTFIXES = 20


@dataclass
class Problem:
    """``row`` counts as a spreadsheet does; ``line`` is the line of the file. ``kind``: error,
    skipped, warning."""

    row: int
    line: int
    key: str
    kind: str
    text: str


@dataclass
class Preview:
    items: int = 0
    skipped: int = 0
    errors: int = 0
    warnings: int = 0
    states: Counter[str] = field(default_factory=Counter)
    queues: Counter[str] = field(default_factory=Counter)
    open_queues: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    horizons: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    signals: Counter[str] = field(default_factory=Counter)
    comments: int = 0
    links: int = 0
    problems: list[Problem] = field(default_factory=list)
    oldest_hotfix: datetime | None = None

    def see(self, row: SourceRow, mapping: Mapping) -> None:
        if row.error:
            self.errors += 1
            self._problem(row, "error", row.error)
            return
        if row.skipped:
            self.skipped += 1
            self._problem(row, "skipped", row.skipped)
            return
        decision = decide(row, mapping)
        self.items += 1
        self.states[decision.state] += 1
        self.queues[decision.queue] += 1
        self.kinds[decision.kind] += 1
        self.comments += len(row.comments)
        self.links += len(row.links)
        self.signals.update(signal.kind for signal in decision.signals)
        if decision.severity:
            self.severities[str(decision.severity)] += 1
        if decision.state in OPEN_STATES:
            self.open_queues[decision.queue] += 1
            self.horizons[decision.horizon] += 1
            if decision.queue == "hotfix" and row.created:
                self.oldest_hotfix = min(self.oldest_hotfix or row.created, row.created)
        for text in (*row.warnings, *decision.warnings):
            self.warnings += 1
            self._problem(row, "warning", text)

    def _problem(self, row: SourceRow, kind: str, text: str) -> None:
        if len(self.problems) < LISTED:
            self.problems.append(Problem(row.row, row.line, row.external_key, kind, text))

    def notes(self) -> list[str]:
        """Sentences about what is unusual in the result."""
        hotfixes = self.open_queues["hotfix"]
        if hotfixes <= _MANY_HOTFIXES:
            return []
        since = f", the oldest from {self.oldest_hotfix:%Y-%m-%d}" if self.oldest_hotfix else ""
        return [
            f"{hotfixes} open items would enter the hotfix lane{since}. "
            "Say in the mapping from which age open bugs stay out of it (hotfix_max_age_days)."
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        data = {name: value for name, value in vars(self).items() if name != "oldest_hotfix"}
        data["problems"] = [vars(problem) for problem in self.problems]
        data["notes"] = self.notes()
        return {k: dict(v.most_common()) if isinstance(v, Counter) else v for k, v in data.items()}


def preview(rows: Iterable[SourceRow], mapping: Mapping) -> Preview:
    found = Preview()
    for row in rows:
        found.see(row, mapping)
    return found
