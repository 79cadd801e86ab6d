"""Everything that can be said about a file before a person has said anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.readers.columns import Columns, look_at_columns
from integrations.readers.proposals import Proposal, Survey, propose, survey
from integrations.readers.rows import read_rows
from integrations.readers.sniff import Sniff, sniff
from integrations.readers.source import Source


@dataclass
class Examination:
    sniffed: Sniff
    columns: Columns
    survey: Survey
    proposal: Proposal

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "file": self.sniffed.as_dict(),
            "columns": self.columns.as_dict()["columns"],
            "date_order": vars(self.columns.date_order),
            "rows": self.columns.rows,
            "survey": self.survey.as_dict(),
            "mapping": self.proposal.mapping.as_dict(),
            "warnings": self.columns.warnings,
            "notes": self.proposal.notes,
        }


def examine(
    source: Source,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    zone: str = "UTC",
) -> Examination:
    """Sniff, columns, survey and proposal in four passes. Raises :class:`ReadError`."""
    sniffed = sniff(source, encoding=encoding, delimiter=delimiter)
    columns = look_at_columns(source, sniffed=sniffed, zone=zone)
    found = survey(read_rows(source, columns.mapping, sniffed=sniffed))
    return Examination(sniffed, columns, found, propose(found, columns.mapping))
