"""Plans in words that a person would say, for the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backlog.models import Cycle
from backlog.vocabulary import QueueKind
from scoring import portfolio
from scoring.ledger import points
from scoring.plans import Planned, Reading
from scoring.portfolio import BEYOND, LEFT_OVER, Account, Skipped
from scoring.rubrics import QUEUES
from scoring.scope_report import Day

#: What charts call the hues of the queues.
TONES = dict(zip(QUEUES, ("hotfix", "stability", "enhancement", "strategic"), strict=True))


def many(value: float) -> str:
    """``1 point``, ``7.5 points``."""
    said = points(value)
    return ngettext("%(n)s point", "%(n)s points", 1 if said == "1" else 2) % {"n": said}


def name_of(source: str) -> str:
    """A queue's name, or what a charge beside the queues is called."""
    if source == LEFT_OVER:
        return _("what was left over")
    return str(QueueKind(source).label)


def charges(row: Planned) -> str:
    """Who pays for a row, where that is not its own queue alone."""
    others = {name: part for name, part in row.charged.items() if name != row.row.queue_kind}
    if not others:
        return ""
    said = [
        _("%(n)s beyond the capacity") % {"n": points(part)}
        if name == BEYOND
        else _("%(n)s out of %(whose)s") % {"n": points(part), "whose": name_of(name)}
        for name, part in others.items()
    ]
    return "· " + ", ".join(said)


def why_not(skip: Skipped) -> str:
    """Why an item stays out."""
    room = {"room": many(skip.room), "points": many(skip.item.points)}
    if skip.code == "blocked":
        return _("blocked by %(keys)s") % {"keys": ", ".join(skip.by)}
    if skip.code == "floor":
        below = ", ".join(
            _("%(points)s of %(queue)s") % {"points": many(part), "queue": name_of(queue)}
            for queue, part in skip.below.items()
        )
        return _("would go below a floor: %(below)s") % {"below": below}
    if skip.code == "limit":
        return _("over the limit of work in progress (%(n)d)") % {"n": int(skip.room)}
    if skip.code == "too_large":
        return _("too large: %(points)s, %(room)s left") % room
    return {
        "share_used": _("its queue’s share is used up"),
        "unscored": _("not scored: rate it first"),
        "removed": _("taken out by hand"),
        "elsewhere": _("in another cycle’s plan"),
        "fits": _("there is room for it"),
    }[skip.code]


def share_rows(account: Account, reading: Reading) -> list[dict[str, Any]]:
    """A line a queue for the bars: promised, floor, planned, borrowed, lent, debt."""
    debts = {each.queue: each.debt for each in reading.inputs.terms}
    most = max(
        [
            1.0,
            *(each.promised for each in account.queues),
            *(each.planned for each in account.queues),
        ]
    )
    return [
        {
            "queue": each.queue,
            "label": name_of(each.queue),
            "promised": points(each.promised),
            "floor": points(each.floor),
            "planned": points(each.planned),
            "planned_part": _part(each.planned, most),
            "promised_part": _part(each.promised, most),
            "floor_part": _part(each.floor, most),
            "borrowed": points(each.borrowed) if each.borrowed > portfolio.EPS else "",
            "lent": points(each.lent) if each.lent > portfolio.EPS else "",
            "debt": points(debts[each.queue]) if debts[each.queue] > portfolio.EPS else "",
            "broken": points(each.broken) if each.broken > portfolio.EPS else "",
            "decided": bool(each.broken and not each.undecided),
        }
        for each in account.queues
    ]


def burn_up_chart(days: Sequence[Day], cycle: Cycle) -> dict[str, Any]:
    """Scope and what is done, by day."""
    last = days[-1]
    names = [f"{each.day.day} {each.day:%b}" for each in days]
    return {
        "id": "burn-up",
        "kind": "line",
        "title": _("Burn-up"),
        "says": _("%(done)s of %(scope)s are done; %(baseline)s were accepted.")
        % {
            "done": points(last.done),
            "scope": many(last.scope),
            "baseline": points(cycle.baseline_points or 0.0),
        },
        "data": {
            "x": names,
            "unit": _("points"),
            "series": [
                {"name": _("Scope"), "tone": "ink", "values": [_two(each.scope) for each in days]},
                {"name": _("Done"), "tone": "good", "values": [_two(each.done) for each in days]},
            ],
        },
        "columns": [_("Day"), _("Scope"), _("Done")],
        "rows": [
            [name, points(each.scope), points(each.done)]
            for name, each in zip(names, days, strict=True)
        ],
    }


def ledger_chart(cycles: Sequence[tuple[Cycle, Sequence[Any]]]) -> dict[str, Any]:
    """Points delivered by queue over the cycles, oldest first."""
    ordered = list(reversed(cycles))
    by_queue: Mapping[str, list[Any]] = {
        name: [next(line for line in lines if line.queue_kind == name) for _c, lines in ordered]
        for name in QUEUES
    }
    strategy = by_queue[QUEUES[3]]
    kept = sum(line.delivered >= line.floor - portfolio.EPS for line in strategy)
    return {
        "id": "delivered",
        "kind": "stack",
        "title": _("Points delivered"),
        "says": _("Strategic bets got at least their floor in %(kept)d of %(all)d cycles.")
        % {"kept": kept, "all": len(ordered)},
        "data": {
            "x": [cycle.name for cycle, _lines in ordered],
            "unit": _("points"),
            "series": [
                {
                    "name": name_of(name),
                    "tone": TONES[name],
                    "values": [_two(line.delivered) for line in lines],
                }
                for name, lines in by_queue.items()
            ],
        },
        "columns": [_("Cycle"), *(name_of(name) for name in QUEUES)],
        "rows": [
            [cycle.name, *(points(by_queue[name][at].delivered) for name in QUEUES)]
            for at, (cycle, _lines) in enumerate(ordered)
        ],
    }


def _part(value: float, most: float) -> str:
    """A percentage for an SVG attribute, with a point whatever the language."""
    return f"{100 * value / most:.2f}"


def _two(value: float) -> float:
    return round(value, 2)
