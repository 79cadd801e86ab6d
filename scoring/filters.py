"""What pages and API may ask of signals, judgements and comparisons, read the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet

from accounts.models import Product
from backlog.filters import NONE, Instant
from backlog.models import Item
from backlog.vocabulary import QueueKind
from core.errors import Invalid
from core.filters import YesNo, rows_of
from scoring import judgement
from scoring.lenses import LENSES, Lens
from scoring.models import Adjustment, Signal
from scoring.supposing import AXES

KEYS = (
    "item",
    "segment",
    "concerns",
    "kind",
    "source",
    "unattached",
    "withdrawn",
    "from",
    "to",
    "q",
)


class SignalFilter(filters.FilterSet):
    """What signals can be asked for. Without a word about it, withdrawn ones are left out."""

    kind = filters.CharFilter(field_name="kind")
    source = filters.CharFilter(field_name="source")
    item = filters.CharFilter(method="by_item", label="Key of an item, or none")
    segment = filters.CharFilter(method="by_segment", label="Name of a segment, or none")
    concerns = filters.CharFilter(
        method="by_concern",
        label="Name of a segment: from or about it, or about an item that names it",
    )
    unattached = YesNo(field_name="item", lookup_expr="isnull", label="About no item yet")
    withdrawn = YesNo(method="by_withdrawn", label="Withdrawn ones")
    q = filters.CharFilter(field_name="note", lookup_expr="icontains", label="Words of the note")

    class Meta:
        model = Signal
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[Signal], *, product: Product) -> None:
        self.product = product
        super().__init__({"withdrawn": "false", **data}, queryset)

    def by_item(self, rows: QuerySet[Signal], name: str, value: str) -> QuerySet[Signal]:
        if value == NONE:
            return rows.filter(item=None)
        prefix, _, number = value.strip().upper().rpartition("-")
        if prefix != self.product.key or not number.isdecimal() or len(number) > 9:
            return rows.none()
        return rows.filter(item__number=int(number))

    def by_segment(self, rows: QuerySet[Signal], name: str, value: str) -> QuerySet[Signal]:
        return rows.filter(segment=None) if value == NONE else rows.filter(segment__name=value)

    def by_concern(self, rows: QuerySet[Signal], name: str, value: str) -> QuerySet[Signal]:
        naming = Item.segments.through.objects.filter(
            item__product=self.product, segment__name=value
        )
        about = Q(segment=None, item__in=naming.values("item"))
        return rows.filter(Q(segment__name=value) | about)

    def by_withdrawn(self, rows: QuerySet[Signal], name: str, value: bool) -> QuerySet[Signal]:
        return rows.exclude(withdrawn_at=None) if value else rows.filter(withdrawn_at=None)


# "from" is a word of the language, so it cannot be the name of an attribute
SignalFilter.base_filters["from"] = Instant(
    field_name="occurred_at", lookup_expr="gte", label="Seen since"
)
SignalFilter.base_filters["to"] = Instant(
    field_name="occurred_at", lookup_expr="lt", label="Seen before"
)


def signals_filtered(
    rows: QuerySet[Signal], query: Mapping[str, Any], *, product: Product
) -> QuerySet[Signal]:
    """``rows`` through the filters of ``query``; other keys are left to the caller. Raises Invalid naming bad ones."""
    known = {name: value for name, value in query.items() if name in KEYS and value}
    found = SignalFilter(known, rows, product=product)
    return rows_of(found)


class AdjustmentFilter(filters.FilterSet):
    """What judgements can be asked for. ``person``: the address of who made it."""

    state = filters.ChoiceFilter(
        choices=[(each, each) for each in judgement.STATES],
        method="by_state",
        label="running, waiting (for a verdict), judged or withdrawn",
    )
    verdict = filters.ChoiceFilter(choices=Adjustment.Verdict.choices, label="A verdict")
    person = filters.CharFilter(
        field_name="made_by__email", lookup_expr="iexact", max_length=254, label="Who made it"
    )
    queue = filters.ChoiceFilter(
        field_name="item__summary__queue_kind",
        choices=QueueKind.choices,
        label="The queue that the item is in",
    )

    class Meta:
        model = Adjustment
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[Adjustment], *, now: datetime) -> None:
        self.now = now
        super().__init__(data, queryset)

    def by_state(self, rows: QuerySet[Adjustment], name: str, value: str) -> QuerySet[Adjustment]:
        return rows.filter(judgement.standing(value, self.now))


def adjustments_filtered(
    rows: QuerySet[Adjustment], query: Mapping[str, str], *, now: datetime
) -> QuerySet[Adjustment]:
    """``rows`` through the filters of ``query``. Raises Invalid naming the bad ones."""
    unknown = sorted(query.keys() - AdjustmentFilter.base_filters.keys())
    found = AdjustmentFilter(query, rows, now=now)
    if unknown or not found.is_valid():
        fields = {name: [str(each) for each in errors] for name, errors in found.errors.items()}
        fields |= {name[:80]: ["There is no such filter."] for name in unknown}
        raise Invalid("A filter cannot be used.", code="bad_filter", fields=fields)
    return found.qs


def lens_named(name: str) -> Lens:
    """A method by its key. Raises Invalid."""
    if name not in LENSES:
        raise Invalid(
            "There is no such lens.", fields={"lens": [f"Use one of: {', '.join(LENSES)}."]}
        )
    return LENSES[name]


def kinds_of(queue: str) -> tuple[str, ...]:
    """One queue, or all of them where none is named. Raises Invalid."""
    if queue and queue not in QueueKind.values:
        raise Invalid(
            "There is no such queue.",
            fields={"queue": [f"Use one of: {', '.join(QueueKind.values)}."]},
        )
    return (queue,) if queue else tuple(QueueKind.values)


def axis_and_value(axis: str, raw: str) -> tuple[str, float]:
    """What is to be tried on an item, with a point or a comma. Raises Invalid that names the range."""
    if axis not in AXES:
        raise Invalid(
            "There is no such axis.", fields={"axis": [f"Use one of: {', '.join(AXES)}."]}
        )
    low, high = AXES[axis]
    try:
        value = float(raw.replace(",", "."))
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise Invalid(
            "This cannot be tried; nothing was changed.",
            fields={"value": [f"A number from {low:g} to {high:g}."]},
        )
    return axis, value
