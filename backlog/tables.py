"""Items as a table: what the CSV of a list holds, in the order of the list.

The heads are those that an import maps by itself, so that a file brought back in, or taken elsewhere, explains itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from accounts.models import Product
from backlog import selectors
from backlog.listed import Listed, listed
from backlog.models import Item, SuccessCriterion
from backlog.vocabulary import Band, Horizon, Kind, QueueKind, State

#: Rows a query: a file of any length is written in the memory of one such chunk.
CHUNK = 1000
HEAD = (
    *("Key", "Title", "Type", "Queue", "Status", "Place in queue", "Priority", "Band"),
    "Confidence",
    *("Severity", "Effort", "Due", "Horizon", "Owner", "Reporter", "Labels", "Segment", "Program"),
    *("Channel", "Cycle", "Created", "Started", "Resolved", "Updated", "Success criteria"),
    *("Parked until", "Reason", "Description"),
)
_MORE = (
    *("reporter__email", "program__name", "channel__name", "cycle__name", "started_at"),
    *("finished_at", "parked_until", "state_reason", "description"),
)


def lines(
    items: QuerySet[Item], *, product: Product, kinds: Sequence[str], whole: bool
) -> Iterator[list[Any]]:
    """A line for each of ``items``, under ``HEAD``. Arguments as of ``selectors.ranked_page``; nine queries a chunk."""
    cursor: str | None = None
    while True:
        found = selectors.ranked_page(
            items,
            product=product,
            kinds=kinds,
            cursor=cursor,
            size=CHUNK,
            whole=whole,
            read=listed,
        )
        yield from _lines(found, product)
        cursor = found.cursor
        if cursor is None:
            return


def _lines(found: selectors.Page[Listed], product: Product) -> Iterator[list[Any]]:
    ids = [row.pk for row in found.items]
    more = {pk: rest for pk, *rest in Item.objects.filter(pk__in=ids).values_list("pk", *_MORE)}
    labels = selectors.label_names(found.items)
    segments = selectors.by_item(
        Item.segments.through.objects.filter(item_id__in=ids)
        .order_by("item_id", "segment__name")
        .values_list("item_id", "segment__name")
    )
    criteria = selectors.by_item(
        SuccessCriterion.objects.filter(item_id__in=ids)
        .order_by("item_id", "position", "pk")
        .values_list("item_id", "text")
    )
    for row in found.items:
        if row.pk not in more:  # removed a moment ago
            continue
        reporter, program, channel, cycle, started, finished, parked, reason, text = more[row.pk]
        yield [
            f"{product.key}-{row.number}",
            row.title,
            Kind(row.kind).label,
            QueueKind(row.queue_kind).label if row.queue_kind else None,
            State(row.state).label,
            found.ranks.get(row.pk),
            row.priority,
            Band(row.band).label if row.band else None,
            row.confidence,
            row.severity,
            row.effort,
            row.due_at,
            Horizon(row.horizon).label if row.horizon else None,
            row.owner_email,
            reporter,
            ", ".join(labels.get(row.pk, [])),
            ", ".join(segments.get(row.pk, [])),
            program,
            channel,
            cycle,
            row.created_at,
            started,
            finished,
            row.updated_at,
            "\n".join(criteria.get(row.pk, [])),
            parked,
            reason,
            text,
        ]
