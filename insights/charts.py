"""The figures as charts with the table that says the same (``components/chart.html``), tiles and other tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from backlog.vocabulary import QueueKind, State
from insights import leadership
from insights.answers import TOLERANCE, Links, since
from insights.figures import Flow, Share, Times, Week
from insights.selectors.leadership import POINTS, Leadership
from insights.words import count, days, percent

TONES: dict[str, str] = {
    QueueKind.HOTFIX: "hotfix",
    QueueKind.STABILITY: "stability",
    QueueKind.ENHANCEMENT: "enhancement",
    QueueKind.STRATEGIC_BET: "strategic",
}
STATE_TONES: dict[str, str] = {
    State.TRIAGE: "ink",
    State.ACCEPTED: "accent",
    State.IN_PROGRESS: "warn",
    State.IN_REVIEW: "strategic",
}
Chart = dict[str, Any]


def charts(found: Leadership, product_key: str) -> list[Chart]:
    """In the order of the page."""
    flow = found.flow
    return [
        _promised(flow),
        _open_by_queue(flow.weeks),
        _came_and_went(flow.weeks),
        _cycle_times(flow, product_key),
        _by_state(flow.weeks),
    ]


def _promised(flow: Flow) -> Chart:
    shares = flow.shares
    got = {share.queue: share.share or 0.0 for share in shares}
    worst = max(shares, key=lambda share: share.promised - got[share.queue])
    if not flow.counted:
        says = "Nothing was finished in the last six weeks."
    elif worst.promised - got[worst.queue] < TOLERANCE:
        says = "Every queue got what it was promised."
    else:
        says = (
            f"{_queue(worst)} got {percent(got[worst.queue], 1)} of the finished effort;"
            f" {percent(worst.promised, 1)} were promised."
        )
    return {
        "id": "promised",
        "kind": "stack",
        "title": "Effort against the promised shares",
        "says": says,
        "data": {
            "x": ["Promised", "Finished", "Open now"],
            "unit": "%",
            "series": [
                {
                    "name": _queue(share),
                    "tone": TONES[share.queue],
                    "values": [
                        _hundred(share.promised),
                        _hundred(got[share.queue]),
                        _hundred(share.open / max(1, sum(each.open for each in shares))),
                    ],
                }
                for share in shares
            ],
        },
        "columns": ["Queue", "Promised", "Finished", "Points", "Open items"],
        "rows": [
            [
                _queue(share),
                percent(share.promised, 1),
                "–" if share.share is None else percent(share.share, 1),
                f"{share.points:g}",
                f"{share.open:,}",
            ]
            for share in shares
        ],
    }


def _open_by_queue(weeks: Sequence[Week]) -> Chart:
    first, last = weeks[0].open, weeks[-1].open
    names = {**{kind: QueueKind(kind).label for kind in QueueKind.values}, "": "No queue yet"}
    return {
        "id": "open",
        "kind": "stack",
        "title": "Open items by queue",
        "says": f"{first:,} at the end of {weeks[0].name}, {last:,} now.",
        "data": {
            "x": [_short(week) for week in weeks],
            "series": [
                {
                    "name": name,
                    "tone": TONES.get(kind, "ink"),
                    "values": [week.queues[kind] for week in weeks],
                }
                for kind, name in names.items()
            ],
        },
        "columns": ["Week", *names.values(), "Together"],
        "rows": [
            [_name(week, weeks), *(week.queues[kind] for kind in names), week.open]
            for week in weeks
        ],
    }


def _came_and_went(weeks: Sequence[Week]) -> Chart:
    full = weeks[:-1]
    came, went = (sum(w.arrivals for w in full), sum(w.finished + w.declined for w in full))
    return {
        "id": "throughput",
        "kind": "line",
        "title": "Arrivals and throughput",
        "says": f"In {len(full)} full weeks {count(came, 'item', 'items')} came and {went:,} went:"
        f" {came / max(1, len(full)):.1f} and {went / max(1, len(full)):.1f} a week.",
        "data": {
            "x": [_short(week) for week in weeks],
            "series": [
                {"name": "Came", "tone": "ink", "values": [week.arrivals for week in weeks]},
                {"name": "Finished", "tone": "accent", "values": [week.finished for week in weeks]},
            ],
        },
        "columns": ["Week", "Came", "Finished", "Declined", "Open at its end"],
        "rows": [
            [_name(week, weeks), week.arrivals, week.finished, week.declined, week.open]
            for week in weeks
        ],
    }


def _cycle_times(flow: Flow, product_key: str) -> Chart:
    shown = flow.finished[-POINTS:]
    lines = flow.cycle.linear or {}
    says = "Nothing was started and finished in these weeks."
    if lines:
        says = (
            f"Half of {count(flow.cycle.count, 'item', 'items')} took at most {lines[50]:.0f} days from"
            f" start to finish, 85 of 100 at most {lines[85]:.0f}."
        )
        if len(shown) < len(flow.finished):
            says += f" Drawn are the newest {len(shown)}."
    return {
        "id": "cycle",
        "kind": "scatter",
        "title": "Cycle time",
        "says": says,
        "data": {
            "unit": "days",
            "points": [
                [day.isoformat(), took, f"{product_key}-{number}"] for _, number, day, took in shown
            ],
            "lines": [
                {"name": f"P{percent:g}", "value": round(value, 1)}
                for percent, value in lines.items()
            ],
        },
        "columns": ["Item", "Finished", "Days"],
        "rows": [
            [f"{product_key}-{number}", day.isoformat(), f"{took:.0f}"]
            for _, number, day, took in reversed(shown)
        ],
    }


def _by_state(weeks: Sequence[Week]) -> Chart:
    """Cumulative flow: a band's height is how much stands in a state, its width how long it stays."""
    before = weeks[0].states[State.DONE]
    bands = [State.DONE, State.IN_REVIEW, State.IN_PROGRESS, State.ACCEPTED, State.TRIAGE]

    def height(week: Week, state: str) -> int:
        return week.states[state] - (before if state == State.DONE else 0)

    return {
        "id": "states",
        "kind": "area",
        "title": "Cumulative flow",
        "says": f"Done counts from {weeks[0].name} on. A band that widens is where work waits.",
        "data": {
            "x": [_short(week) for week in weeks],
            "series": [
                {
                    "name": state.label,
                    "tone": STATE_TONES.get(state, "good"),
                    "values": [height(week, state) for week in weeks],
                }
                for state in bands
            ],
        },
        "columns": ["Week", *(state.label for state in bands)],
        "rows": [[_name(week, weeks), *(height(week, state) for state in bands)] for week in weeks],
    }


# --- Tables and tiles ----------------------------------------------------------------------------


def durations(flow: Flow) -> list[dict[str, Any]]:
    """Lead and cycle time of all and of each queue, in days."""
    rows = [
        {"label": "All queues", "queue": "", "lead": _times(flow.lead), "cycle": _times(flow.cycle)}
    ]
    for kind, (lead, cycle) in flow.by_queue.items():
        rows.append(
            {
                "label": QueueKind(kind).label,
                "queue": kind,
                "lead": _times(lead),
                "cycle": _times(cycle),
            }
        )
    return rows


def _times(times: Times) -> dict[str, Any]:
    linear = times.linear or {}
    return {
        "count": times.count,
        "p50": linear.get(50),
        "p85": linear.get(85),
        "p95": linear.get(95),
    }


def tiles(found: Leadership, product_key: str) -> list[dict[str, Any]]:
    """How healthy the backlog is; each leads to the items it counts."""
    links, health = Links(product_key), found.facts.health
    past_triage = "accepted,in_progress,in_review"
    stale = since(leadership.stale_before(found.at))
    guesses = found.guesses
    return [
        {
            "label": "Open items",
            "value": f"{health.open:,}",
            "trend": [week.open for week in found.flow.weeks],
            "note": ""
            if health.median_age_days is None
            else f"half are older than {health.median_age_days:.0f} days",
            "url": links.items(open="true"),
        },
        {
            "label": "In progress or review",
            "value": f"{health.under_way:,}",
            "note": f"the oldest since {count(found.facts.ageing[0].days, 'day', 'days')}"
            if found.facts.ageing
            else "",
            "url": links.items(state="in_progress,in_review"),
        },
        {
            "label": f"Not touched for {leadership.STALE_DAYS} days",
            "value": f"{health.stale:,}",
            "note": _of(health.stale, health.open, "open items"),
            "url": links.items(open="true", updated_before=stale),
        },
        {
            "label": "Without a score",
            "value": f"{health.unscored:,}",
            "note": _of(health.unscored, health.accepted, "items past triage"),
            "url": links.items(state=past_triage, unscored="true"),
        },
        {
            "label": "Without an owner",
            "value": f"{health.without_owner:,}",
            "note": _of(health.without_owner, health.accepted, "items past triage"),
            "url": links.items(state=past_triage, owner="none"),
        },
        {
            "label": "Without an estimate",
            "value": f"{health.without_effort:,}",
            "note": _of(health.without_effort, health.accepted, "items past triage"),
            "url": links.items(state=past_triage, unestimated="true"),
        },
        {
            "label": "Blocked",
            "value": f"{found.blocked:,}",
            "note": _of(found.blocked, health.open, "open items"),
            "url": links.items(open="true", blocked="true"),
        },
        {
            "label": "Ratings guessed by an import",
            "value": percent(guesses.guessed, guesses.ratings) if guesses.ratings else "–",
            "note": f"of {count(guesses.ratings, 'rating', 'ratings')} on open items"
            if guesses.ratings
            else "no ratings yet",
        },
    ]


def _of(part: int, whole: int, what: str) -> str:
    return f"{percent(part, whole)} of the {what}" if whole else f"there are no {what}"


def heat(found: Leadership) -> list[dict[str, Any]]:
    """Value by risk for ``components/heat.html``, the highest risk in the first row."""
    tables = []
    captions = ("Risk of leaving it alone", "Risk of doing it")
    for caption, one in zip(captions, found.facts.heat, strict=True):
        most = max((cell for row in one.cells for cell in row), default=0)
        rows = [
            {
                "label": _range(step),
                "cells": [{"count": cell, "level": _level(cell, most)} for cell in one.cells[step]],
            }
            for step in reversed(range(leadership.STEPS))
        ]
        tables.append(
            {
                "caption": caption,
                "corner": "Risk ↓ Value →",
                "columns": [_range(step) for step in range(leadership.STEPS)],
                "rows": rows,
                "queues": " and ".join(QueueKind(kind).label.lower() for kind in one.queues),
                "counted": sum(cell for row in one.cells for cell in row),
                "left_out": one.left_out,
            }
        )
    return tables


def _level(cell: int, most: int) -> int:
    return 0 if not cell else max(1, -(-4 * cell // most))


def _range(step: int) -> str:
    size = 100 // leadership.STEPS
    return f"{step * size}–{(step + 1) * size}"


def ageing(found: Leadership, product_key: str) -> list[dict[str, Any]]:
    """What is under way, the longest first, beside how long such work took lately."""
    usual = found.flow.cycle.linear or {}
    rows = []
    for each in found.facts.ageing:
        title, owner = found.titles.get(each.pk, ("", ""))
        key = f"{product_key}-{each.number}"
        rows.append(
            {
                "key": key,
                "url": reverse("item", args=[key]),
                "title": title,
                "owner": owner,
                "state": each.state,
                "state_label": State(each.state).label,
                "queue": each.queue,
                "queue_label": QueueKind(each.queue).label if each.queue else "",
                "age": days(dt.timedelta(days=each.days)),
                "late": bool(usual) and each.days > usual[85],
            }
        )
    return rows


def _queue(share: Share) -> str:
    return str(QueueKind(share.queue).label)


def _hundred(share: float) -> float:
    return round(100 * share, 1)


def _short(week: Week) -> str:
    return week.name[5:]


def _name(week: Week, weeks: Sequence[Week]) -> str:
    return f"{week.name} so far" if week is weeks[-1] else week.name
