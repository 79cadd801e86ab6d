"""Whether an item's facts fit a queue's definition: sentences for and against, shown where people choose (R27, N13).

Pure: an item's facts in, sentences out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backlog.vocabulary import Horizon, Kind, QueueKind


@dataclass(frozen=True)
class Facts:
    """What the definitions are checked against."""

    kind: str
    severity: int | None
    effort: float | None
    horizon: str
    has_due: bool
    criteria: int
    words: int


@dataclass(frozen=True)
class Finding:
    """A fact that speaks for a queue (``fits``) or against it."""

    text: str
    fits: bool


def check(facts: Facts, queue: str) -> list[Finding]:
    """What speaks for and against putting an item with these facts into ``queue``; against first."""
    found = [*_CHECKS[queue](facts)]
    return sorted(found, key=lambda finding: finding.fits)


def _hotfix(facts: Facts) -> list[Finding]:
    found = []
    if facts.severity in (1, 2):
        found.append(Finding(f"Its severity is {facts.severity}.", True))
    if facts.severity in (3, 4):
        found.append(Finding(f"Its severity is only {facts.severity}.", False))
    if facts.kind == Kind.FIX:
        found.append(Finding("It is a fix.", True))
    if facts.kind in (Kind.FEATURE, Kind.SCRIPT, Kind.SCENE, Kind.VISUAL_SYSTEM):
        found.append(
            Finding(f"It is a {Kind(facts.kind).label.lower()}, so nothing is broken yet.", False)
        )
    if facts.effort is not None and facts.effort > 8:
        found.append(
            Finding(f"{facts.effort:g} points are more than a hotfix usually takes.", False)
        )
    if facts.horizon == Horizon.ROADMAP:
        found.append(Finding("Its horizon is the longer-term roadmap.", False))
    return found


def _stability(facts: Facts) -> list[Finding]:
    found = []
    if facts.kind == Kind.FIX:
        found.append(Finding("It is a fix.", True))
    if facts.severity == 1:
        found.append(Finding("Severity 1 should not wait for a cycle.", False))
    if facts.kind == Kind.FEATURE:
        found.append(Finding("It is a feature: something new.", False))
    return found


def _enhancement(facts: Facts) -> list[Finding]:
    found = []
    if facts.kind in (Kind.FEATURE, Kind.SCENE, Kind.MODULE, Kind.SCRIPT):
        found.append(Finding(f"It is a {Kind(facts.kind).label.lower()}.", True))
    if facts.severity in (1, 2):
        found.append(Finding(f"Its severity is {facts.severity}: something is broken.", False))
    if facts.criteria == 0:
        found.append(Finding("It names no success criterion to measure it by.", False))
    if facts.effort is not None and facts.effort > 20:
        found.append(Finding(f"{facts.effort:g} points look like a bet.", False))
    return found


def _strategic_bet(facts: Facts) -> list[Finding]:
    found = []
    if facts.horizon == Horizon.ROADMAP:
        found.append(Finding("Its horizon is the longer-term roadmap.", True))
    if facts.severity in (1, 2):
        found.append(Finding(f"Its severity is {facts.severity}: something is broken.", False))
    if facts.kind == Kind.FIX:
        found.append(Finding("It is a fix.", False))
    if facts.effort is not None and facts.effort < 5:
        found.append(Finding(f"{facts.effort:g} points are small for a bet.", False))
    if facts.horizon == Horizon.SPRINT:
        found.append(Finding("Its horizon is the current sprint.", False))
    if facts.criteria == 0:
        found.append(Finding("It has no hypothesis to check: no success criterion.", False))
    return found


_CHECKS: dict[str, Callable[[Facts], list[Finding]]] = {
    QueueKind.HOTFIX: _hotfix,
    QueueKind.STABILITY: _stability,
    QueueKind.ENHANCEMENT: _enhancement,
    QueueKind.STRATEGIC_BET: _strategic_bet,
}
