"""Why an item moved, and what moved in a queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from backlog.access import queue_for
from backlog.models import Item
from backlog.vocabulary import QueueKind, State
from core.htmx import wants_fragment
from scoring import access, moves, selectors, standings
from scoring.move_words import SMALLEST_SHOWN, WAYS
from scoring.moves import ItemMove, Mover, Point, RankGroup
from scoring.spans import span

FULL = 100
_WORDS = {
    "left": "left from above it",
    "it_overtook": "were overtaken by it",
    "arrived": "arrived above it",
    "overtook_it": "overtook it",
}


@page
def item(request: HttpRequest, key: str) -> HttpResponse:
    """From one instant to another: parts of the score, counts of the rank, each with what stands behind it."""
    actor = Actor.of(request)
    found = access.item_for(actor, key)
    now = standings.present(found.product_id)
    a, b = span(request.GET.dict(), now=now, earliest=selectors.came_at(found))
    opened = request.GET.get("all", "")
    whole = not wants_fragment(request)
    course = (
        moves.course(found, a, b) if whole else []
    )  # first: it reads the orders of both ends too
    moved = moves.item_move(found, a, b, named=FULL if opened in moves.GROUPS else moves.NAMED)
    context: dict[str, Any] = {"item": found, **_moved(moved), "opened": opened}
    if not whole:
        return show(request, "scoring/movement.html#summary", context, product=found.product)
    context |= {
        "charts": _charts(course),
        "span": _span(a, b, now),
        "kept": _kept(found, a, b),
        "query": urlencode({"from": a.isoformat(), "to": b.isoformat()}),
        "presets": _presets(now),
    }
    return show(request, "scoring/movement.html", context, product=found.product, active="backlog")


def _moved(moved: ItemMove) -> dict[str, Any]:
    before = moved.before.priority
    bars = []
    if moved.parts and before is not None:
        start = f"{date_format(timezone.localtime(moved.before.at), 'j M, H:i')}"
        bars = [{"label": start, "amount": before, "sentence": ""}]
        bars += [
            {"label": part.label, "amount": part.points, "sentence": part.sentence}
            for part in moved.parts
            if abs(part.points) > 1e-9
        ]
    return {
        "move": moved,
        "ends": [_end(moved.before), _end(moved.after)],
        "bars": bars,
        "total": moved.after.priority,
        "groups": [_group(group) for group in moved.groups if group.count],
        "rank_change": sum(group.change for group in moved.groups),
        "parts": [
            {
                "part": part,
                "open": bool(part.events) and abs(part.points) >= SMALLEST_SHOWN,
                "criteria": [(moved.criteria[each.key], each) for each in part.criteria],
            }
            for part in moved.parts
            if part.events or part.criteria
        ],
    }


def _end(point: Point) -> dict[str, Any]:
    return {
        "point": point,
        "queue": QueueKind(point.queue).label if point.queue else "",
        "state": State(point.state).label if point.state else "",
    }


def _group(group: RankGroup) -> dict[str, Any]:
    return {
        "group": group,
        "key": group.key,
        "words": _WORDS[group.key],
        "places": -group.change,
        "ways": ways(group),
        "movers": [mover(each) for each in group.movers],
        "more": group.count - len(group.movers),
    }


def ways(group: RankGroup) -> str:
    """``3 done, 1 declined``."""
    return ", ".join(f"{count:,} {WAYS[way]}" for way, count in group.ways.items())


def mover(each: Mover) -> dict[str, Any]:
    """Another item for ``scoring/_movers.html``."""
    return {
        "mover": each,
        "url": reverse("item", args=[each.key]),
        "moved_url": reverse("item-movement", args=[each.key]),
        "way": WAYS.get(each.way, ""),
    }


def _charts(points: list[Point]) -> list[dict[str, Any]]:
    days = [date_format(timezone.localtime(point.at), "j M") for point in points]
    exact = [date_format(timezone.localtime(point.at), "j M Y, H:i") for point in points]
    priorities = [None if p.priority is None else round(p.priority, 1) for p in points]
    ranks = [point.rank for point in points]
    said = [each for each in priorities if each is not None]
    placed = [each for each in ranks if each is not None]
    charts = []
    if len(said) > 1:
        charts.append(
            {
                "id": "priority",
                "kind": "line",
                "title": "Priority over time",
                "says": f"Between {min(said)} and {max(said)}.",
                "data": {"x": days, "series": [{"name": "Priority", "values": priorities}]},
                "columns": ["When", "Priority"],
                "rows": [
                    [at, "–" if value is None else value]
                    for at, value in zip(exact, priorities, strict=True)
                ],
            }
        )
    if len(placed) > 1:
        charts.append(
            {
                "id": "rank",
                "kind": "line",
                "title": "Place in its queue over time",
                "says": f"Between {min(placed)} and {max(placed)}; the first place is at the top.",
                "data": {
                    "x": days,
                    "inverse": True,
                    "series": [{"name": "Place", "values": ranks}],
                },
                "columns": ["When", "Place", "of"],
                "rows": [
                    [at, "–" if point.rank is None else point.rank, point.size or "–"]
                    for at, point in zip(exact, points, strict=True)
                ],
            }
        )
    return charts


def _span(a: datetime, b: datetime, now: datetime) -> dict[str, Any]:
    return {
        "from": timezone.localtime(a).date().isoformat(),
        "to": timezone.localtime(b).date().isoformat(),
        "latest": timezone.localtime(now).date().isoformat(),
        "is_now": b == now,
    }


def _presets(now: datetime) -> list[dict[str, str]]:
    today = timezone.localtime(now).date()
    spans = (("Since yesterday", 1), ("Since a week ago", 7), ("Since 4 weeks ago", 28))
    return [
        {"label": label, "url": f"?from={(today - timedelta(days=days)).isoformat()}"}
        for label, days in spans
    ]


def _kept(found: Item, a: datetime, b: datetime) -> list[dict[str, Any]]:
    """Points of the item's history to choose from."""
    return [
        {
            "value": row.at.isoformat(),
            "label": f"{date_format(timezone.localtime(row.at), 'j M Y, H:i')}"
            + (f" · {row.priority:.1f}" if row.priority is not None else ""),
            "is_from": row.at == a,
            "is_to": row.at == b,
        }
        for row in selectors.kept_scores(found)
    ]


@page
def queue(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """What moved in a queue: the biggest risers and fallers, what came, what went."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    chosen = queue_for(product, kind)
    now = standings.present(product.pk)
    a, b = span(request.GET.dict(), now=now)
    opened = request.GET.get("all", "")
    named = FULL if opened else moves.NAMED
    moved = moves.queue_move(product, kind, a, b, named=named)
    sections = [
        ("rose", "Rose", "gained a place or more", moved.rose, moved.risers, ""),
        ("fell", "Fell", "lost a place or more", moved.fell, moved.fallers, ""),
        ("arrived", "Came in", "", moved.arrived.count, moved.arrived.movers, ways(moved.arrived)),
        ("left", "Went out", "", moved.left.count, moved.left.movers, ways(moved.left)),
    ]
    context = {
        "queue": chosen,
        "kind": kind,
        "kinds": [
            {"kind": each, "label": label, "active": each == kind}
            for each, label in QueueKind.choices
        ],
        "move": moved,
        "sections": [
            {
                "key": name,
                "title": title,
                "hint": hint,
                "count": count,
                "movers": [mover(each) for each in movers],
                "more": count - len(movers),
                "ways": said,
            }
            for name, title, hint, count, movers, said in sections
        ],
        "span": _span(a, b, now),
        "presets": _presets(now),
        "query": urlencode({"from": a.isoformat(), "to": b.isoformat()}),
        "opened": opened,
        "a": a,
        "b": b,
        "stayed": len(moved.after) - moved.arrived.count - moved.rose - moved.fell,
    }
    return show(request, "scoring/queue_moved.html", context, product=product, active="backlog")
