"""The mapping as a form: what the wizard shows of it, and what comes back.

Fields are named by their place in the examination (``column-3``), since names of columns and statuses can be anything.
What a form would be too long for stays as it was proposed, and can be changed in the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from backlog.vocabulary import Horizon, Kind, QueueKind, Severity, State
from core.errors import DomainError, Invalid
from integrations.models import ImportRun
from integrations.readers import FIELDS

#: Columns, statuses, … that a form shows; Django takes at most a thousand fields.
MOST = {
    "columns": 200,
    "states": 100,
    "resolutions": 40,
    "types": 40,
    "priorities": 20,
    "labels": 40,
}
#: Of types and priorities, those that the table of starting ratings has columns for.
MOST_RATED = 8
MOST_JSON = 1_000_000

FIELD_WORDS: dict[str, Any] = {
    "external_key": _("Key"),
    "external_id": _("Inner number"),
    "title": _("Title"),
    "description": _("Description"),
    "type": _("Type"),
    "status": _("Status"),
    "status_category": _("Category of the status"),
    "resolution": _("Resolution"),
    "priority": _("Priority"),
    "severity": _("Severity"),
    "labels": _("Labels"),
    "components": _("Components"),
    "created": _("Created"),
    "updated": _("Updated"),
    "resolved": _("Resolved"),
    "started": _("Started"),
    "due": _("Due date"),
    "effort": _("Effort"),
    "assignee": _("Owner"),
    "assignee_id": _("Owner’s id or address"),
    "reporter": _("Reporter"),
    "reporter_id": _("Reporter’s id or address"),
    "sprint": _("Sprints"),
    "fix_version": _("Versions"),
    "parent": _("Parent"),
    "epic": _("Epic"),
    "links": _("Links"),
    "comments": _("Comments"),
    "comment_count": _("Number of comments"),
    "votes": _("Votes"),
    "watchers": _("Watchers"),
    "reactions": _("Reactions"),
    "attachments": _("Attachments"),
    "url": _("Address"),
    "segment": _("Segment"),
    "program": _("Program"),
    "channel": _("Channel"),
    "repository": _("Repository"),
    "pull_request": _("Marks a pull request"),
    "extra": _("Keep as it is"),
    "ignore": _("Leave out"),
}
KIND_WORDS: dict[str, Any] = {
    "jira_csv": _("Jira CSV"),
    "linear_csv": _("Linear CSV"),
    "csv": _("CSV"),
    "github_json": _("GitHub issues"),
    "jira_json": _("Jira issues as JSON"),
    "json": _("JSON"),
}
ENCODINGS = (
    "utf-8-sig",
    "cp1252",
    "iso8859-15",
    "utf-16",
    "mac_roman",
    "cp1251",
    "shift_jis",
    "gb18030",
)
DELIMITERS: tuple[tuple[str, Any], ...] = (
    (",", _("comma")),
    (";", _("semicolon")),
    ("\t", _("tab")),
    ("|", _("bar")),
)
LEVELS = [("", "–"), *((str(level), str(level)) for level in range(6))]

Options = Sequence[tuple[str, Any]]


class UploadForm(forms.Form):
    """An export, and nothing else: everything about it is asked after it was looked at."""

    file = forms.FileField(label=_("File"), allow_empty_file=True)

    def take(self, error: DomainError) -> None:
        """Show a refusal at the file, in place of Django's own."""
        self.is_valid()
        self.errors.pop("file", None)
        self.add_error("file", [error.detail, *error.fields.get("file", [])])


@dataclass
class Choice:
    """One select: its name in the form, what it holds, what can be chosen."""

    name: str
    value: str
    options: Options


@dataclass
class Line:
    """A row of a table of the form: what stands in the file, and what it becomes."""

    word: str
    count: int | None
    choices: list[Choice]
    samples: list[str] = field(default_factory=list)


@dataclass
class Group:
    """Rows under a heading; ``left`` counts those that the form does not show."""

    title: Any
    lines: list[Line]
    left: int = 0
    folded: bool = False

    @property
    def size(self) -> int:
        return len(self.lines) + self.left


class MappingForm:
    """A run's mapping beside what was found in its file. Reads no row."""

    def __init__(self, run: ImportRun, criteria: Dict[str, str]) -> None:
        self.run = run
        self.mapping: dict[str, Any] = run.mapping or {}
        self.found: dict[str, Any] = run.examination or {}
        #: Criterion -> its name in the rubric; of those that can be guessed.
        self.criteria = criteria
        survey = self.found["survey"]
        self.words: dict[str, dict[str, int]] = {
            "states": _totals(survey["statuses"], 0),
            "resolutions": _totals(survey["resolutions"], 0),
            "types": _totals(survey["types"], 0),
            "priorities": _totals(survey["types"], 1) | _totals(survey["severities"], 0),
            "labels": self._labels(_totals(survey["labels"], 0)),
        }

    def _labels(self, counts: dict[str, int]) -> dict[str, int]:
        """Labels with a rule first, then the most frequent ones."""
        ruled = {*self.mapping["queues"]["by_label"], *self.mapping["kinds"]["by_label"]}
        return dict(sorted(counts.items(), key=lambda each: (each[0] not in ruled, -each[1])))

    # --- what the page shows ---

    def columns(self) -> list[Group]:
        """Columns that become fields, that are kept, that are left out. Empty ones are only counted."""
        options = [(name, FIELD_WORDS[name]) for name in FIELDS]
        groups = {
            "field": Group(_("Understood"), []),
            "extra": Group(_("Kept as they are, shown on the item"), []),
            "ignore": Group(_("Left out"), [], folded=True),
        }
        shown = 0
        for place, column in enumerate(self.found["columns"]):
            target = self.mapping["columns"].get(column["name"], "ignore")
            group = groups.get(target, groups["field"])
            if shown >= MOST["columns"] or (not column["filled"] and target in ("extra", "ignore")):
                group.left += 1
                continue
            shown += 1
            choice = Choice(f"column-{place}", target, options)
            group.lines.append(Line(column["name"], column["filled"], [choice], column["samples"]))
        return [group for group in groups.values() if group.lines or group.left]

    def states(self) -> Group:
        options = State.choices
        table = self.mapping["states"]
        return self._group(
            "states",
            lambda place, word: [Choice(f"state-{place}", table.get(word, "triage"), options)],
        )

    def resolutions(self) -> Group:
        options = [
            ("", _("as the status says")),
            ("done", State.DONE.label),
            ("declined", State.DECLINED.label),
        ]
        options.append(("parked", State.PARKED.label))
        table = self.mapping["resolutions"]
        return self._group(
            "resolutions",
            lambda place, word: [Choice(f"resolution-{place}", table.get(word, ""), options)],
        )

    def types(self) -> Group:
        return self._sorted_by("types", "type", "by_type")

    def labels(self) -> Group:
        return self._sorted_by("labels", "label", "by_label")

    def _sorted_by(self, words: str, name: str, rule: str) -> Group:
        queues, kinds = self.mapping["queues"][rule], self.mapping["kinds"][rule]
        queue_options = [("", _("no rule")), *QueueKind.choices]
        kind_options = [("", _("no rule")), *Kind.choices]
        return self._group(
            words,
            lambda place, word: [
                Choice(f"{name}-queue-{place}", queues.get(word, ""), queue_options),
                Choice(f"{name}-kind-{place}", kinds.get(word, ""), kind_options),
            ],
        )

    def priorities(self) -> Group:
        queues, severities = self.mapping["queues"]["by_priority"], self.mapping["severities"]
        queue_options = [("", _("no rule")), *QueueKind.choices]
        severity_options = [
            ("", _("none")),
            *((str(value), label) for value, label in Severity.choices),
        ]
        return self._group(
            "priorities",
            lambda place, word: [
                Choice(f"priority-queue-{place}", queues.get(word, ""), queue_options),
                Choice(
                    f"priority-severity-{place}", str(severities.get(word, "")), severity_options
                ),
            ],
        )

    def _group(self, words: str, choices: Any) -> Group:
        found = self.words[words]
        shown = list(found.items())[: MOST[words]]
        lines = [
            Line(word, count, choices(place, word))
            for place, (word, count) in enumerate(shown)
            if word
        ]
        return Group("", lines, len(found) - len(shown))

    def general(self) -> list[tuple[Any, Choice]]:
        """The rules that hold for all rows: (label, select)."""
        mapping, horizons = self.mapping, self.mapping["horizons"]
        return [
            (
                _("Queue, where no rule says it"),
                Choice("queue-default", mapping["queues"]["default"], QueueKind.choices),
            ),
            (
                _("Kind, where no rule says it"),
                Choice("kind-default", mapping["kinds"]["default"], Kind.choices),
            ),
            (
                _("Horizon with a version or due date"),
                Choice("with-version", horizons["with_version"], Horizon.choices),
            ),
            (
                _("Horizon of the rest"),
                Choice("horizon-default", horizons["default"], Horizon.choices),
            ),
        ]

    def reading(self) -> list[tuple[Any, Choice]]:
        """How cells are understood: (label, select)."""
        mapping = self.mapping
        return [
            (
                _("Dates such as 03/04/2025"),
                Choice(
                    "date_order",
                    mapping["date_order"],
                    [
                        ("day_first", _("day first: 3 April")),
                        ("month_first", _("month first: 4 March")),
                    ],
                ),
            ),
            (
                _("Zone of times without one"),
                Choice("zone", mapping["zone"], [(z, z) for z in sorted(available_timezones())]),
            ),
            (
                _("Texts are written in"),
                Choice(
                    "markup",
                    mapping["markup"],
                    [("jira", _("Jira’s markup")), ("markdown", _("Markdown"))],
                ),
            ),
            (
                _("Title"),
                Choice(
                    "title_from",
                    mapping["title_from"],
                    [
                        ("", _("from its column")),
                        ("description", _("else the first line of the description")),
                    ],
                ),
            ),
        ]

    def ratings(self) -> dict[str, Any]:
        """The tables of starting ratings: priorities and types across, criteria down."""
        rules = self.mapping["ratings"] or self.found["mapping"]["ratings"] or {}
        by_priority = [word for word in self.words["priorities"] if word][:MOST_RATED]
        by_type = [word for word in self.words["types"] if word][:MOST_RATED]
        lines = []
        for criterion, name in self.criteria.items():
            rule = rules.get(criterion, {})
            cells = [(f"rating-{criterion}-default", rule.get("default"))]
            for kind, words in (("priority", by_priority), ("type", by_type)):
                table = rule.get(f"by_{kind}", {})
                cells += [
                    (f"rating-{criterion}-{kind}-{n}", table.get(word))
                    for n, word in enumerate(words)
                ]
            lines.append(
                Line(name, None, [Choice(key, _text(value), LEVELS) for key, value in cells])
            )
        return {
            "on": self.mapping["ratings"] is not None,
            "priorities": by_priority,
            "types": by_type,
            "lines": lines,
        }

    def signals(self) -> dict[str, bool]:
        return {name: bool(kind) for name, kind in self.mapping["signals"].items()}

    # --- what comes back ---

    def read(self, data: QueryDict) -> dict[str, Any]:
        """The mapping with what the form says; ``Mapping.from_dict`` judges it. Raises Invalid for broken JSON."""
        if "json" in data:
            return parsed(str(data["json"]))
        mapping = json.loads(json.dumps(self.mapping))
        for place, column in enumerate(self.found["columns"]):
            if f"column-{place}" in data:
                mapping["columns"][column["name"]] = data[f"column-{place}"]
        self._read_table(data, "state", "states", mapping["states"])
        self._read_table(data, "resolution", "resolutions", mapping["resolutions"])
        for name, words in (("type", "types"), ("label", "labels"), ("priority", "priorities")):
            self._read_table(data, f"{name}-queue", words, mapping["queues"][f"by_{name}"])
            self._read_table(data, f"{name}-kind", words, mapping["kinds"][f"by_{name}"])
        self._read_table(
            data, "priority-severity", "priorities", mapping["severities"], number=True
        )
        for name in ("date_order", "zone", "markup", "title_from", "key_prefix"):
            if name in data:
                mapping[name] = str(data[name]).strip()
        for name, (outer, inner) in _GENERAL.items():
            if name in data:
                mapping[outer][inner] = data[name]
        age = data.get("hotfix_max_age_days", "").strip()
        mapping["queues"]["hotfix_max_age_days"] = _number(age) if age else None
        per_point = data.get("per_point", "").strip()
        if per_point:
            mapping["effort_points"]["per_point"] = _number(per_point)
        if "skip_labels" in data:
            mapping["skip_labels"] = [
                label.strip() for label in str(data["skip_labels"]).splitlines() if label.strip()
            ]
        for name in ("repair_mojibake", "pull_requests"):
            mapping[name] = name in data
        for name in mapping["signals"]:
            proposed = self.found["mapping"]["signals"].get(name) or name.removesuffix("s")
            mapping["signals"][name] = (
                (mapping["signals"][name] or proposed) if f"signal-{name}" in data else None
            )
        mapping["ratings"] = self._read_ratings(data) if "ratings" in data else None
        return dict(mapping)

    def _read_table(
        self, data: QueryDict, name: str, words: str, table: dict[str, Any], *, number: bool = False
    ) -> None:
        for place, word in enumerate(self.words[words]):
            value = data.get(f"{name}-{place}")
            if value is None:
                continue
            if value == "":
                table.pop(word, None)
            else:
                table[word] = _number(value) if number else value

    def _read_ratings(self, data: QueryDict) -> dict[str, Any]:
        rules: dict[str, Any] = json.loads(
            json.dumps(self.mapping["ratings"] or self.found["mapping"]["ratings"] or {})
        )
        shown = self.ratings()
        for criterion in self.criteria:
            rule = rules.setdefault(criterion, {})
            default = data.get(f"rating-{criterion}-default")
            if default is not None:
                rule["default"] = _number(default) if default else None
            for kind, words in (("priority", shown["priorities"]), ("type", shown["types"])):
                table = rule.setdefault(f"by_{kind}", {})
                for place, word in enumerate(words):
                    value = data.get(f"rating-{criterion}-{kind}-{place}")
                    if value:
                        table[word] = _number(value)
                    elif value is not None:
                        table.pop(word, None)
        return {
            name: {k: v for k, v in rule.items() if v is not None} for name, rule in rules.items()
        }


#: Selects that hold for all rows, and where their values go.
_GENERAL = {
    "queue-default": ("queues", "default"),
    "kind-default": ("kinds", "default"),
    "with-version": ("horizons", "with_version"),
    "horizon-default": ("horizons", "default"),
}


def parsed(text: str) -> Any:
    """JSON that somebody wrote. Raises Invalid with the place of the mistake."""
    if len(text) > MOST_JSON:
        raise Invalid(
            "The mapping is too long.", fields={"mapping": ["At most a million characters."]}
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(
            "The mapping is no JSON. Nothing was changed.",
            code="bad_mapping",
            fields={"mapping": [str(error)]},
        ) from error


def reading_options(run: ImportRun) -> dict[str, Options]:
    """Encodings and delimiters to read the file again with; the one in use is among them."""
    now = run.mapping or {}
    encodings = dict.fromkeys([now.get("encoding") or "utf-8-sig", *ENCODINGS])
    delimiters = dict(DELIMITERS)
    if now.get("delimiter"):
        delimiters.setdefault(now["delimiter"], now["delimiter"])
    return {
        "encodings": [(name, name) for name in encodings],
        "delimiters": list(delimiters.items()),
    }


def _totals(rows: Iterable[Sequence[Any]], place: int) -> dict[str, int]:
    """Counts by the value at ``place`` of rows that end with a count; the most frequent first."""
    totals: dict[str, int] = {}
    for *values, count in rows:
        if values[place]:
            totals[values[place]] = totals.get(values[place], 0) + count
    return dict(sorted(totals.items(), key=lambda each: -each[1]))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _number(value: str) -> Any:
    """A number where it is one; else the text, which the mapping's rules refuse by name."""
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


class HookForm(forms.Form):
    """A new address for webhooks."""

    source = forms.CharField(
        max_length=40,
        label=_("System"),
        help_text=_("What readings and signals from it will name as their source."),
    )
