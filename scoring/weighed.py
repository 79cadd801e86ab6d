"""An item's evidence as its page shows it: what each signal adds, kinds over time, and how the criteria age."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from scoring import contribution, staleness
from scoring.contribution import Counted
from scoring.models import Signal
from scoring.selectors import Made

#: As many signals stand one by one; the rest is in the list of evidence.
SHOWN = 12
#: From so many on, kinds are drawn over time.
_GROUPED_FROM = 5
_WEEK = timedelta(days=7)


def context(made: Made) -> dict[str, Any]:
    """``signals``: the newest, with what they add; ``kinds``: sums over time; ``criteria``: what each gets of it."""
    share = made.rubric.segment_share
    rows: list[tuple[Signal, float]] = [(row, 1.0) for row in made.signals]
    if share > 0:
        rows += [(row, share) for _, theirs in made.segments for row in theirs]
    counted = [Counted(row.kind, row.magnitude * part, row.occurred_at) for row, part in rows]
    shares: list[contribution.Share] = []
    criteria: tuple[contribution.CriterionEvidence, ...] = ()
    if made.score is not None:
        shares = contribution.shares(made.rubric, made.score, counted, made.at)
        criteria = contribution.criteria_with_evidence(made.rubric, made.score, counted, made.at)
    unscored = contribution.Share(None, None, None, None)
    pairs = list(zip(rows, shares or [unscored] * len(rows), strict=True))
    pairs.sort(key=lambda pair: pair[0][0].occurred_at, reverse=True)
    lines = [
        {
            "row": row,
            "part": part,
            "share": each,
            "segment": None if row.item_id else row.segment,
        }
        for (row, part), each in pairs
    ]
    points = [each.in_priority for each in shares if each.in_priority is not None]
    return {
        "signals": lines[:SHOWN],
        "more": max(0, len(lines) - SHOWN),
        "count": len(lines),
        "criteria": criteria,
        "in_priority": sum(points) if points else None,
        "kinds": _kinds(made, counted, shares) if len(lines) >= _GROUPED_FROM else [],
        "segment_share": share,
    }


def _kinds(
    made: Made, counted: list[Counted], shares: list[contribution.Share]
) -> list[dict[str, Any]]:
    """One line a kind: how many, what is left, what it adds, and what was and will be left, week by week."""
    instants = [made.at + week * _WEEK for week in range(-12, 13)]
    found = []
    for kind in sorted({each.kind for each in counted}):
        of_kind = [place for place, each in enumerate(counted) if each.kind == kind]
        own = [shares[place] for place in of_kind] if shares else []
        points = [each.in_priority for each in own if each.in_priority is not None]
        curve = contribution.curve(made.rubric, kind, counted, instants)
        found.append(
            {
                "kind": kind.replace("_", " "),
                "count": len(of_kind),
                "half_life": own[0].half_life_days if own else None,
                "in_priority": sum(points) if points else None,
                "curve": curve,
                "before": curve[12 - 4],
                "today": curve[12],
                "later": curve[12 + 4],
            }
        )
    return found


def aging_of(made: Made, now: datetime) -> list[dict[str, Any]]:
    """How well each criterion is known at ``now``, and when that is half of what it was; the first to go first."""
    if made.score is None:
        return []
    newest: dict[str, datetime] = {}
    rows = [*made.signals]
    if made.rubric.segment_share > 0:
        rows += [row for _, theirs in made.segments for row in theirs]
    for criterion in made.rubric.criteria:
        kinds = criterion.evidence.kinds if criterion.evidence else ()
        seen = [row.occurred_at for row in rows if row.kind in kinds]
        if seen:
            newest[criterion.key] = max(seen)
    rated = {key: row.rated_at for key, row in made.ratings.items()}
    found = staleness.aging(made.rubric, made.score, made.at, rated=rated, newest=newest)
    ordered = sorted(
        (each for each in found if each.stale_at is not None),
        key=lambda each: each.stale_at or now,
    )
    return [
        {
            "aging": each,
            "k": 100 * each.k,
            "fresh": 100 * each.fresh,
            "stale": each.stale(now),
            "rating_stale": each.rating_at is not None and each.rating_at <= now,
            "evidence_stale": each.evidence_at is not None and each.evidence_at <= now,
        }
        for each in ordered
    ]
