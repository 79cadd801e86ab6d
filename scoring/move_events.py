"""What happened to items between two instants, sorted by the part of a score that it speaks to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from backlog import history
from backlog.models import Change, Item, Segment
from scoring.asof import Past
from scoring.current import published_versions
from scoring.models import Adjustment
from scoring.unwinding import moment

LIMIT = 500
_FIELDS = {"queue": "queue", "effort": "effort", "due_at": "urgency"}


@dataclass(frozen=True)
class Event:
    """``change_id`` names the line of the log; None for what nobody did (a rubric's line is its version)."""

    at: datetime
    who: str
    text: str
    reason: str = ""
    change_id: int | None = None


def of_item(item: Item, past: Past, a: datetime, b: datetime) -> dict[str, list[Event]]:
    """Events after ``a`` and up to ``b``, by what they speak to: rubric, queue, effort, urgency, adjustment, the key of
    a criterion, the kind of a signal.

    ``past``: of the item, from ``a`` or before. The newest 500 lines of the log, and as many acts on its evidence. Six
    queries.
    """
    found: dict[str, list[Event]] = {}
    rows = (
        Change.objects.filter(item_id=item.pk, at__gt=a, at__lte=b)
        .filter(
            Q(verb__startswith="item.")
            | Q(verb__startswith="adjustment.")
            | Q(verb="rating.entered")
        )
        .select_related("actor")
        .order_by("-at", "-id")[:LIMIT]
    )
    for row in rows:
        event = _event(row)
        if row.verb.startswith("adjustment."):
            names = ["adjustment"]
        elif row.verb in ("rating.entered", "item.reimported"):
            names = [_FIELDS.get(name, name) for name in row.fields]
        else:
            names = [_FIELDS[name] for name in row.fields if name in _FIELDS]
        for name in names:
            found.setdefault(name, []).append(event)
    for version in published_versions(item.product_id):
        if a < version.published_at <= b:
            text = f"published rubric {version.number}"
            event = Event(version.published_at, version.by, text, version.reason)
            found.setdefault("rubric", []).append(event)
    for own in Adjustment.objects.filter(item=item, expires_at__gt=a, expires_at__lte=b):
        if own.ended_at is None or own.ended_at >= own.expires_at:
            text = f"an adjustment of {own.points:+g} ran out"
            found.setdefault("adjustment", []).append(
                Event(own.expires_at, "Ballast", text, own.claim)
            )
    for name, event in _of_evidence(item, past, a, b):
        found.setdefault(name, []).append(event)
    return found


def _of_evidence(item: Item, past: Past, a: datetime, b: datetime) -> Iterator[tuple[str, Event]]:
    """Acts by which the item's evidence became another, under the kinds of signals that they touched: on its own
    signals, on those of its segments, on the segments that it names, merges and what took them back."""
    row = past.row_of(item.pk)
    if row is None:
        return
    acts, came = past.evidence.told(
        row, a, b, lambda at: past.version_at(moment(at)).rubric.segment_share
    )
    rows = Change.objects.filter(pk__in=list(acts)) | Change.objects.filter(
        subject_type="signal", verb="signal.added", subject_id__in=list(came)
    )
    segments = Segment.objects.in_bulk(
        {each.segment_id for each in (*acts.values(), *came.values()) if each.segment_id}
    )
    for line in rows.select_related("actor").order_by("at", "id"):
        told = acts.get(line.pk) or came.get(line.subject_id)
        if told is None:
            continue
        event = _event(line)
        segment = segments.get(told.segment_id or 0)
        if segment is not None and "segment" not in line.fields:
            event = replace(event, text=f"{event.text} (segment {segment.name})")
        yield from ((kind, event) for kind in sorted(told.kinds))


def ways_of(item_ids: Sequence[int], a: datetime, b: datetime) -> dict[int, Event]:
    """By item, the last act up to ``b`` that brought it into an order or out of it. One query."""
    rows = (
        Change.objects.filter(item_id__in=item_ids, at__gt=a, at__lte=b, verb__startswith="item.")
        .filter(
            Q(fields__has_key="state")
            | Q(fields__has_key="queue")
            | Q(verb__in=["item.created", "item.imported"])
        )
        .select_related("actor")
        .order_by("at", "id")
    )
    return {row.item_id: _event(row) for row in rows if row.item_id is not None}


def _event(row: Change) -> Event:
    said = history.entry(row)
    return Event(row.at, said["who"], said["text"], row.reason, row.pk)
