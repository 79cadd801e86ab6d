"""What blind votes amount to: the spread a criterion, and the rating that they propose.

The proposed level is the median (of an even number of people the mean of the middle two, so 2 and 3 give 2.5). The
proposed certainty is the lower median of theirs; where people stand three levels or more apart it is a guess, because a
number that hides such a gap should not be trusted. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from scoring.rubrics import CERTAINTY

FAR_APART = 3.0
_SURENESS = sorted(CERTAINTY, key=CERTAINTY.__getitem__)


@dataclass(frozen=True)
class Ballot:
    """One person's level (0 … 5) and certainty on one criterion."""

    person: int
    criterion: str
    level: float
    certainty: str


@dataclass(frozen=True)
class Tally:
    """What people said of one criterion. `apart`: the widest difference in levels."""

    ballots: tuple[Ballot, ...]
    level: float
    certainty: str
    apart: float


def tally(ballots: Iterable[Ballot]) -> dict[str, Tally]:
    """Criterion → what was said; criteria without a vote are left out. Ballots stand by level, then by person."""
    grouped: dict[str, list[Ballot]] = {}
    for ballot in ballots:
        grouped.setdefault(ballot.criterion, []).append(ballot)
    return {criterion: _tally(rows) for criterion, rows in grouped.items()}


def _tally(rows: Sequence[Ballot]) -> Tally:
    rows = sorted(rows, key=lambda each: (each.level, each.person))
    levels = [each.level for each in rows]
    apart = levels[-1] - levels[0]
    sure = sorted(_SURENESS.index(each.certainty) for each in rows)
    certainty = _SURENESS[0] if apart >= FAR_APART else _SURENESS[sure[(len(sure) - 1) // 2]]
    return Tally(tuple(rows), float(median(levels)), certainty, apart)


def proposal(tallies: Mapping[str, Tally]) -> dict[str, dict[str, object]]:
    """What is proposed to be agreed: criterion → level and certainty."""
    return {
        criterion: {"level": found.level, "certainty": found.certainty}
        for criterion, found in tallies.items()
    }
