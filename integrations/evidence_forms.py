"""The mapping of a file of evidence as a form: what the wizard shows of it, and what comes back."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import available_timezones

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from integrations.forms import Choice, Line, Options
from integrations.models import ImportRun
from integrations.readers.dates import DAY_FIRST, MONTH_FIRST
from integrations.readers.signals import SIGNAL_FIELDS

#: Columns that a form shows; Django takes at most a thousand fields.
MOST = 200
FIELD_WORDS: dict[str, Any] = {
    "kind": _("What was seen (kind)"),
    "magnitude": _("How much"),
    "occurred_at": _("When"),
    "item": _("Item"),
    "segment": _("Segment"),
    "source": _("Where it comes from"),
    "external_id": _("Id there"),
    "note": _("Note"),
    "ignore": _("Leave out"),
}


class SignalMappingForm:
    """A run's mapping beside what was found in its file. Reads no row."""

    def __init__(self, run: ImportRun) -> None:
        self.mapping: dict[str, Any] = run.mapping or {}
        self.found: dict[str, Any] = run.examination or {}

    def columns(self) -> list[Line]:
        """What each column becomes, with samples; those that are used first."""
        options: Options = [(name, FIELD_WORDS[name]) for name in SIGNAL_FIELDS]
        lines = []
        for place, column in enumerate(self.found["columns"][:MOST]):
            target = self.mapping["columns"].get(column["name"], "ignore")
            choice = Choice(f"column-{place}", target, options)
            lines.append(Line(column["name"], column["filled"], [choice], column["samples"]))
        return sorted(lines, key=lambda line: line.choices[0].value == "ignore")

    def columns_left(self) -> int:
        return max(0, len(self.found["columns"]) - MOST)

    def kinds(self) -> list[dict[str, Any]]:
        """Values of the column of kinds, and what kind each is."""
        return self._values("kind", self.mapping["kinds"], lambda value: value)

    def magnitudes(self) -> list[dict[str, Any]]:
        """Values of the column of sizes that are no numbers, and what each counts."""
        return self._values("magnitude", self.mapping["magnitudes"], lambda value: "")

    def _values(self, target: str, table: dict[str, Any], otherwise: Any) -> list[dict[str, Any]]:
        found = []
        for column in self._columns_of(target):
            if target == "magnitude" and column["numeric"] and not table:
                continue
            # most frequent first; a database that stores JSON in its own order must not decide it
            values = (column["values"] or {}).items()
            for value, count in sorted(values, key=lambda pair: (-pair[1], pair[0])):
                shown = table.get(value, otherwise(value))
                found.append({"value": value, "count": count, "means": _shown(shown)})
        for place, line in enumerate(found):
            line["name"] = f"{target}-value-{place}"
        return found

    def _columns_of(self, target: str) -> list[dict[str, Any]]:
        mapped = self.mapping["columns"]
        return [each for each in self.found["columns"] if mapped.get(each["name"]) == target]

    def zone(self) -> Choice:
        zones = [(name, name) for name in sorted(available_timezones())]
        return Choice("zone", self.mapping["zone"], zones)

    def date_order(self) -> Choice:
        options: Options = [(DAY_FIRST, _("day first")), (MONTH_FIRST, _("month first"))]
        return Choice("date_order", self.mapping["date_order"], options)

    def read(self, data: QueryDict) -> dict[str, Any]:
        """The mapping as it was sent; what the form did not show stays."""
        before_kinds, before_sizes = self.kinds(), self.magnitudes()
        mapping: dict[str, Any] = json.loads(json.dumps(self.mapping))
        for place, column in enumerate(self.found["columns"][:MOST]):
            chosen = data.get(f"column-{place}")
            if chosen is not None:
                mapping["columns"][column["name"]] = chosen
        for line in before_kinds:
            said = data.get(line["name"])
            if said is not None:
                _keep(mapping["kinds"], line["value"], said.strip(), line["value"])
        for line in before_sizes:
            said = data.get(line["name"])
            if said is not None:
                _keep(mapping["magnitudes"], line["value"], _size(said), "")
        for name in ("kind", "source", "zone", "date_order"):
            if name in data:
                mapping[name] = str(data[name]).strip()
        if "magnitude" in data:
            said = str(data["magnitude"])
            mapping["magnitude"] = _size(said) if said.strip() else 1
        if "occurred_at" in data:
            mapping["occurred_at"] = str(data["occurred_at"]).strip() or None
        return mapping


def _keep(table: dict[str, Any], value: str, means: Any, same: str) -> None:
    if means in ("", same):
        table.pop(value, None)
    else:
        table[value] = means


def _size(said: str) -> Any:
    """A number where it is one; else the text, which the mapping's rules refuse by name."""
    try:
        return float(said.strip().replace(",", "."))
    except ValueError:
        return said.strip()


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
