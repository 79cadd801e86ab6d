"""What must always hold in the data: each app brings its checks, ``config/wiring.py`` lists them.

A check is a function of ``now`` that yields findings. It reads tables as they are and trusts no constraint: it runs
after a restore, and after a fault that was not thought of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Finding:
    """Something that should not be. ``rule`` names the invariant, ``subject`` the row or file."""

    rule: str
    subject: str
    problem: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.problem}"


def findings(*, now: datetime) -> Iterator[Finding]:
    """Everything that is wrong, the summaries too. Reads every row and every stored file."""
    yield from _wired("INVARIANTS", now)
    yield from summary_findings(now=now)


def summary_findings(*, now: datetime) -> Iterator[Finding]:
    """Summary columns that differ from what they are made from."""
    yield from _wired("SUMMARY_CHECKS", now)


def _wired(name: str, now: datetime) -> Iterator[Finding]:
    for path in import_string(f"{settings.WIRING}.{name}"):
        yield from import_string(path)(now=now)
