"""The mapping of a file of placements or readings as a form, and the words of their pages."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import available_timezones

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from integrations.forms import Choice, Line, Options
from integrations.models import ImportRun
from integrations.readers.dates import DAY_FIRST, MONTH_FIRST
from integrations.readers.sheets import IGNORE, PLACEMENTS, READINGS, Sheet

#: Columns that a form shows; Django takes at most a thousand fields.
MOST = 200
SHEETS: dict[str, Sheet] = {
    ImportRun.Subject.PLACEMENTS: PLACEMENTS,
    ImportRun.Subject.READINGS: READINGS,
}
WORDS: dict[str, Any] = {
    "placement": _("Placement (its number)"),
    "asset": _("Asset"),
    "channel": _("Channel"),
    "place": _("Where exactly"),
    "program": _("Program"),
    "environment": _("Environment"),
    "locale": _("Locale"),
    "owner": _("Owner (e-mail address)"),
    "version": _("Version (its number)"),
    "sha256": _("SHA-256 of what stands there"),
    "since": _("Since when it stands there"),
    "metric": _("Metric"),
    "starts_at": _("From"),
    "ends_at": _("Until"),
    "value": _("Value"),
    "hits": _("Hits"),
    "n": _("n (people or events)"),
    "spread": _("Standard deviation"),
    "note": _("Note"),
    "external_id": _("Id there"),
    "source": _("Where it comes from"),
    IGNORE: _("Leave out"),
}
#: What the pages of an import say, by subject. ``list``, ``new``: routes.
ABOUT: dict[str, dict[str, Any]] = {
    ImportRun.Subject.PLACEMENTS: {
        "word": _("Placements"),
        "title": _("Placements from a CSV file"),
        "list": "placements",
        "new": "placements-import",
        "needs": [
            (_("Asset"), _("Its name here. It has to be here already.")),
            (_("Channel and where"), _("A column each, or one channel for all rows.")),
            (
                _("Version"),
                _(
                    "The number of the version that stands there, or its SHA-256. Without either, nothing is said about"
                    " it."
                ),
            ),
            (
                _("Since"),
                _(
                    "The day or instant since when that version stands there. Without one: since the import."
                ),
            ),
            (
                _("The rest"),
                _(
                    "Program, environment (production, where nothing is said), locale, owner's address."
                ),
            ),
            (
                _("Known places"),
                _(
                    "A place is known by asset, channel, environment, locale and where. Brought in again it is brought"
                    " up to date, never doubled."
                ),
            ),
        ],
    },
    ImportRun.Subject.READINGS: {
        "word": _("Readings"),
        "title": _("Readings from a CSV file"),
        "list": "readings",
        "new": "readings-import",
        "needs": [
            (_("Where"), _("The placement's number, or asset, channel and place by their names.")),
            (_("Metric"), _("A column of metrics, or one metric for the whole file.")),
            (_("Period"), _("From and until, as dates or instants; or one period for all rows.")),
            (_("Figure"), _("Hits and n of a share, else a value; n and spread where known.")),
            (
                _("Id there"),
                _(
                    "So that the same row is the same reading, and a corrected row corrects it. Without one, a reading"
                    " is known by what it is about."
                ),
            ),
        ],
    },
}


class SheetMappingForm:
    """A run's mapping beside what was found in its file. Reads no row."""

    def __init__(self, run: ImportRun) -> None:
        self.sheet = SHEETS[run.subject]
        self.mapping: dict[str, Any] = run.mapping or {}
        self.found: dict[str, Any] = run.examination or {}

    def columns(self) -> list[Line]:
        """What each column becomes, with samples; those that are used first."""
        options: Options = [(name, WORDS[name]) for name in (*self.sheet.heads, IGNORE)]
        lines = []
        for place, column in enumerate(self.found["columns"][:MOST]):
            target = self.mapping["columns"].get(column["name"], IGNORE)
            choice = Choice(f"column-{place}", target, options)
            lines.append(Line(column["name"], column["filled"], [choice], column["samples"]))
        return sorted(lines, key=lambda line: line.choices[0].value == IGNORE)

    def columns_left(self) -> int:
        return max(0, len(self.found["columns"]) - MOST)

    def values(self) -> list[dict[str, Any]]:
        """What rows without their own are taken to say; ``given``: a column says it already."""
        mapped = set(self.mapping["columns"].values())
        return [
            {
                "name": f"value-{name}",
                "word": WORDS[name],
                "value": self.mapping["values"].get(name, ""),
                "given": name in mapped,
            }
            for name in self.sheet.defaults
        ]

    def has_dates(self) -> bool:
        return bool(self.sheet.instants)

    def zone(self) -> Choice:
        zones = [(name, name) for name in sorted(available_timezones())]
        return Choice("zone", self.mapping["zone"], zones)

    def date_order(self) -> Choice:
        options: Options = [(DAY_FIRST, _("day first")), (MONTH_FIRST, _("month first"))]
        return Choice("date_order", self.mapping["date_order"], options)

    def read(self, data: QueryDict) -> dict[str, Any]:
        """The mapping as it was sent; what the form did not show stays."""
        mapping: dict[str, Any] = json.loads(json.dumps(self.mapping))
        for place, column in enumerate(self.found["columns"][:MOST]):
            chosen = data.get(f"column-{place}")
            if chosen is not None:
                mapping["columns"][column["name"]] = chosen
        for name in self.sheet.defaults:
            said = data.get(f"value-{name}")
            if said is not None:
                mapping["values"][name] = said.strip()
        mapping["values"] = {name: said for name, said in mapping["values"].items() if said}
        for name in ("zone", "date_order"):
            if name in data:
                mapping[name] = str(data[name]).strip()
        return mapping
