"""The one filter language of items: pages, API, bulk edits and saved views read it the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Exists, ManyToManyField, OuterRef, Q, QuerySet
from django.utils import timezone
from django_filters.fields import IsoDateTimeField

from accounts.models import Product, User
from backlog import brief_reading, search
from backlog.models import (
    Brief,
    BriefInput,
    Channel,
    Confirmation,
    Cycle,
    Decision,
    Increment,
    Item,
    ItemLink,
    Label,
    Program,
    Segment,
)
from backlog.vocabulary import (
    OPEN_STATES,
    Band,
    BriefState,
    ConfirmationState,
    Horizon,
    IncrementState,
    InputState,
    Kind,
    LinkKind,
    QueueKind,
    Severity,
    State,
)
from core.days import day_of
from core.filters import OneOf, YesNo, rows_of

NONE = "none"


#: Another item blocks it, which is neither done nor declined.
BLOCKED = Exists(
    ItemLink.objects.filter(target=OuterRef("pk"), kind=LinkKind.BLOCKS).exclude(
        source__state__in=(State.DONE, State.DECLINED)
    )
)


class WordsFilter(filters.BaseInFilter, filters.CharFilter):
    """Names separated by commas; ``none`` asks for items without any."""

    def filter(self, qs: QuerySet[Item], value: Any) -> QuerySet[Item]:
        names = [name.strip() for name in value or [] if name.strip()]
        if not names:
            return qs
        named = [name for name in names if name != NONE]
        relation = Item._meta.get_field(self.field_name)
        if isinstance(relation, ManyToManyField):
            pairs = getattr(Item, self.field_name).through.objects
            has_name = {f"{relation.m2m_reverse_field_name()}__name__in": named}
            wanted = Q(pk__in=pairs.filter(**has_name).values("item"))
            without = Q(~Exists(pairs.filter(item=OuterRef("pk"))))
        else:
            wanted = Q(**{f"{self.field_name}__name__in": named})
            without = Q(**{self.field_name: None})
        return qs.filter(wanted | without if NONE in names else wanted)


class InstantField(IsoDateTimeField):
    """An instant that both databases can be asked about."""

    def clean(self, value: Any) -> datetime | None:
        found: datetime | None = super().clean(value)
        if found is not None and not 1900 <= found.year < 3000:
            raise forms.ValidationError("Choose a year between 1900 and 2999.")
        return found


class Instant(filters.IsoDateTimeFilter):
    field_class = InstantField


class ItemFilter(filters.FilterSet):
    """What items can be asked for. ``open`` true: triage, accepted, in progress, in review."""

    q = filters.CharFilter(method="by_words", label="Words in title, description or key")
    queue = OneOf(
        field_name="summary__queue_kind",
        choices=[*QueueKind.choices, (NONE, "No queue")],
        method="by_queue",
    )
    state = OneOf(field_name="summary__state", choices=State.choices, method="by_state")
    open = YesNo(field_name="summary__is_open", label="Open")
    kind = OneOf(field_name="kind", choices=Kind.choices)
    band = OneOf(field_name="summary__band", choices=Band.choices)
    horizon = OneOf(
        field_name="horizon", choices=[*Horizon.choices, (NONE, "None")], method="by_horizon"
    )
    severity = OneOf(
        field_name="severity", choices=[(str(value), label) for value, label in Severity.choices]
    )
    owner = filters.CharFilter(method="by_owner", label="Owner: e-mail address, me or none")
    label = WordsFilter(field_name="labels")
    segment = WordsFilter(field_name="segments")
    program = WordsFilter(field_name="program")
    channel = WordsFilter(field_name="channel")
    cycle = WordsFilter(field_name="cycle")
    unscored = YesNo(field_name="summary__priority", lookup_expr="isnull", label="Unscored")
    unestimated = YesNo(field_name="effort", lookup_expr="isnull", label="Without estimate")
    overdue = YesNo(method="by_overdue", label="Overdue")
    blocked = YesNo(method="by_blocked", label="Blocked by an item that is not settled")
    stale_ratings = YesNo(method="by_stale", label="Resting on ratings that have gone stale")
    stale_evidence = YesNo(method="by_stale", label="Resting on evidence that has gone stale")
    parked_before = filters.DateFilter(field_name="parked_until", lookup_expr="lt")
    due_before = Instant(field_name="due_at", lookup_expr="lt")
    due_after = Instant(field_name="due_at", lookup_expr="gte")
    created_before = Instant(field_name="created_at", lookup_expr="lt")
    created_after = Instant(field_name="created_at", lookup_expr="gte")
    updated_before = Instant(field_name="updated_at", lookup_expr="lt")
    updated_after = Instant(field_name="updated_at", lookup_expr="gte")
    finished_before = Instant(field_name="finished_at", lookup_expr="lt")
    finished_after = Instant(field_name="finished_at", lookup_expr="gte")
    priority_min = filters.NumberFilter(field_name="summary__priority", lookup_expr="gte")
    priority_max = filters.NumberFilter(field_name="summary__priority", lookup_expr="lte")

    class Meta:
        model = Item
        fields: list[str] = []

    base_filters: dict[str, filters.Filter]

    def __init__(
        self, data: Any, queryset: QuerySet[Item], *, product: Product | None, user: User | None
    ) -> None:
        self.product = product
        self.user = user
        # only what is asked for: the library copies each filter and builds its form field, on every request
        self.base_filters = {name: each for name, each in self.base_filters.items() if name in data}
        super().__init__(data, queryset)

    def by_words(self, items: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        return search.matching(items, value, product=self.product)

    def by_queue(self, items: QuerySet[Item], name: str, value: list[str]) -> QuerySet[Item]:
        return items.filter(
            summary__queue_kind__in=["" if each == NONE else each for each in value]
        )

    def by_state(self, items: QuerySet[Item], name: str, value: list[str]) -> QuerySet[Item]:
        found = items.filter(summary__state__in=value)
        # the index of what is open has each queue in its order, the one of states has not
        return found.filter(summary__is_open=True) if set(value) <= set(OPEN_STATES) else found

    def by_horizon(self, items: QuerySet[Item], name: str, value: list[str]) -> QuerySet[Item]:
        return items.filter(horizon__in=["" if each == NONE else each for each in value])

    def by_owner(self, items: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        if value == NONE:
            return items.filter(owner__isnull=True)
        if value == "me":
            return items.filter(owner=self.user)
        return items.filter(owner__email__in=[each.strip().lower() for each in value.split(",")])

    def by_overdue(self, items: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        overdue = Q(due_at__lt=timezone.now(), state__in=OPEN_STATES)
        return items.filter(overdue) if value else items.exclude(overdue)

    def by_blocked(self, items: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        return items.filter(BLOCKED if value else ~BLOCKED)

    def by_stale(self, items: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        column = f"summary__{name.removeprefix('stale_')}_stale_day"
        today = day_of(timezone.now())
        if value:
            return items.filter(**{f"{column}__lte": today})
        return items.filter(Q(**{f"{column}__gt": today}) | Q(**{column: None}))


def filtered(
    items: QuerySet[Item], query: Mapping[str, Any], *, product: Product | None, user: User | None
) -> QuerySet[Item]:
    """``items`` through the filters of ``query``; other keys are left to the caller. Raises Invalid naming bad ones."""
    known = {name: value for name, value in query.items() if name in ItemFilter.base_filters}
    return rows_of(ItemFilter(known, items, product=product, user=user))


class DecisionFilter(filters.FilterSet):
    """What decisions can be asked for. ``standing`` true: nothing took their place."""

    q = filters.CharFilter(method="by_words", label="Words in title, context or reasons")
    kind = OneOf(field_name="kind", choices=Decision.Kind.choices)
    by = filters.CharFilter(field_name="decided_by__email", lookup_expr="iexact", label="E-mail")
    item = filters.CharFilter(method="by_item", label="Key of an item")
    standing = YesNo(field_name="superseded_by", lookup_expr="isnull", label="Still stands")
    decided_before = Instant(field_name="decided_at", lookup_expr="lt")
    decided_after = Instant(field_name="decided_at", lookup_expr="gte")

    class Meta:
        model = Decision
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Decision], name: str, value: str) -> QuerySet[Decision]:
        for word in value.split()[:10]:
            rows = rows.filter(
                Q(title__icontains=word) | Q(context__icontains=word) | Q(rationale__icontains=word)
            )
        return rows

    def by_item(self, rows: QuerySet[Decision], name: str, value: str) -> QuerySet[Decision]:
        number = value.rpartition("-")[2]
        found = Item.decisions.through.objects.filter(
            item__number=int(number) if number.isdecimal() and len(number) < 10 else 0,
            item__product__key=value.rpartition("-")[0].upper(),
        )
        return rows.filter(pk__in=found.values("decision_id"))


def decisions_filtered(rows: QuerySet[Decision], query: Mapping[str, Any]) -> QuerySet[Decision]:
    """``rows`` through the filters of ``query``; other keys are left to the caller. Raises Invalid naming bad ones."""
    known = {name: value for name, value in query.items() if name in DecisionFilter.base_filters}
    return rows_of(DecisionFilter(known, rows))


class BriefFilter(filters.FilterSet):
    """What briefs can be asked for."""

    q = filters.CharFilter(method="by_words", label="Words in title, fields or lines, or BR-3")
    state = OneOf(field_name="state", choices=BriefState.choices)
    owner = filters.CharFilter(
        field_name="owner__email", lookup_expr="iexact", label="E-mail of the owner"
    )
    item = filters.CharFilter(method="by_item", label="Key of an item that it governs")
    outstanding = YesNo(method="by_inputs", label="Inputs are outstanding")
    waiting = YesNo(method="by_waiting", label="Something waits to be confirmed")

    class Meta:
        model = Brief
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Brief], name: str, value: str) -> QuerySet[Brief]:
        return brief_reading.matching(rows, value)

    def by_item(self, rows: QuerySet[Brief], name: str, value: str) -> QuerySet[Brief]:
        product, _, number = value.rpartition("-")
        return rows.filter(
            governed__item__number=int(number) if number.isdecimal() and len(number) < 10 else 0,
            governed__item__product__key=product.upper(),
        )

    def by_inputs(self, rows: QuerySet[Brief], name: str, value: bool) -> QuerySet[Brief]:
        asked = BriefInput.objects.filter(brief=OuterRef("pk"), state=InputState.OUTSTANDING)
        return rows.filter(Exists(asked) if value else ~Exists(asked))

    def by_waiting(self, rows: QuerySet[Brief], name: str, value: bool) -> QuerySet[Brief]:
        waits = Confirmation.objects.filter(brief=OuterRef("pk"), state=ConfirmationState.WAITING)
        return rows.filter(Exists(waits) if value else ~Exists(waits))


def briefs_filtered(rows: QuerySet[Brief], query: Mapping[str, Any]) -> QuerySet[Brief]:
    """``rows`` through the filters of ``query``; other keys are left to the caller. Raises Invalid naming bad ones."""
    known = {name: value for name, value in query.items() if name in BriefFilter.base_filters}
    return rows_of(BriefFilter(known, rows))


class IncrementFilter(filters.FilterSet):
    """What increments can be asked for. ``late`` true: due before today and not closed."""

    state = OneOf(field_name="state", choices=IncrementState.choices)
    kind = filters.CharFilter(field_name="kind__slug", label="Slug of the kind")
    owner = filters.CharFilter(
        field_name="owner__email", lookup_expr="iexact", label="E-mail of the owner"
    )
    item = filters.CharFilter(method="by_item", label="Key of the item")
    late = YesNo(method="by_late", label="Due before today")

    class Meta:
        model = Increment
        fields: list[str] = []

    def by_item(self, rows: QuerySet[Increment], name: str, value: str) -> QuerySet[Increment]:
        product, _, number = value.rpartition("-")
        return rows.filter(
            item__number=int(number) if number.isdecimal() and len(number) < 10 else 0,
            item__product__key=product.upper(),
        )

    def by_late(self, rows: QuerySet[Increment], name: str, value: bool) -> QuerySet[Increment]:
        late = Q(due_on__lt=timezone.localdate())
        return rows.filter(late) if value else rows.filter(~late | Q(due_on=None))


def increments_filtered(rows: QuerySet[Increment], query: Mapping[str, Any]) -> QuerySet[Increment]:
    """``rows`` through the filters of ``query``; other keys are left to the caller. Raises Invalid naming bad ones."""
    known = {name: value for name, value in query.items() if name in IncrementFilter.base_filters}
    return rows_of(IncrementFilter(known, rows))


#: Words that the filter form offers for choosing, by filter name.
WORD_MODELS: dict[str, Any] = {
    "label": Label,
    "segment": Segment,
    "program": Program,
    "channel": Channel,
    "cycle": Cycle,
}
