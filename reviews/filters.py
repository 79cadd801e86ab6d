"""The one filter language of reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from backlog.filters import Instant
from core.filters import IdFilter, OneOf, YesNo, rows_of
from reviews.models import Approval, Assignment, Decision, Note, ReviewCycle
from reviews.vocabulary import ApprovalState, CycleState, NoteState, Verdict, Weight


class ReviewFilter(filters.FilterSet):
    """What reviews can be asked for. ``mine``: names me as a reviewer; ``waiting``: waits for my verdict now."""

    state = OneOf(field_name="state", choices=CycleState.choices, label="States, by commas")
    mine = YesNo(method="by_me", label="Names me as a reviewer: true or false")
    waiting = YesNo(method="by_waiting", label="Waits for my verdict: true or false")
    asset = IdFilter(field_name="asset_id", label="Id of an asset")
    version = IdFilter(field_name="version_id", label="Id of a version")

    class Meta:
        model = ReviewCycle
        fields: list[str] = []

    def __init__(self, data: Any, queryset: QuerySet[ReviewCycle], *, user: User | None) -> None:
        self.user = user
        super().__init__(data, queryset)

    def by_me(self, rows: QuerySet[ReviewCycle], name: str, value: bool) -> QuerySet[ReviewCycle]:
        mine = Assignment.objects.filter(reviewer=self.user).values("stage__cycle")
        return rows.filter(pk__in=mine) if value else rows.exclude(pk__in=mine)

    def by_waiting(
        self, rows: QuerySet[ReviewCycle], name: str, value: bool
    ) -> QuerySet[ReviewCycle]:
        mine = Assignment.objects.filter(reviewer=self.user, waiting=True).values("stage__cycle")
        return rows.filter(pk__in=mine) if value else rows.exclude(pk__in=mine)


class ApprovalFilter(filters.FilterSet):
    """What approvals can be asked for. ``person``: somebody whose verdict gave it."""

    asset = IdFilter(field_name="asset_id", label="Id of an asset")
    layer = filters.CharFilter(field_name="layer__slug", max_length=60, label="Slug of a layer")
    state = OneOf(choices=ApprovalState.choices, label="States, by commas")
    person = filters.CharFilter(
        method="by_person", max_length=254, label="Who gave it: a member's e-mail address"
    )

    class Meta:
        model = Approval
        fields: list[str] = []

    def by_person(self, rows: QuerySet[Approval], name: str, value: str) -> QuerySet[Approval]:
        given = Decision.objects.filter(
            stage=OuterRef("stage"), verdict=Verdict.APPROVE, reviewer__email__iexact=value
        )
        return rows.filter(Exists(given))


# "from" is a word of the language, so it cannot be the name of an attribute
ApprovalFilter.base_filters["from"] = Instant(
    field_name="given_at", lookup_expr="gte", label="Given since"
)
ApprovalFilter.base_filters["to"] = Instant(
    field_name="given_at", lookup_expr="lt", label="Given before"
)


def approvals_filtered(rows: QuerySet[Approval], query: Mapping[str, Any]) -> QuerySet[Approval]:
    """``rows`` through the filters of ``query``; other keys are left to the caller. Raises Invalid naming bad ones."""
    known = {name: value for name, value in query.items() if name in ApprovalFilter.base_filters}
    return rows_of(ApprovalFilter(known, rows))


class NoteFilter(filters.FilterSet):
    """What the notes on a version can be asked for. Answers have nothing of this; they come with what they answer."""

    state = OneOf(choices=NoteState.choices, label="States, by commas")
    must = YesNo(label="Must be met before an approval: true or false")
    weight = filters.ChoiceFilter(choices=Weight.choices, label="structural or detail")
    author = filters.CharFilter(
        method="by_author", max_length=254, label="Whose: a member's e-mail address, a guest's name"
    )
    layer = filters.CharFilter(
        method="by_layer", max_length=60, label="Slug of the layer in which its author was asked"
    )

    class Meta:
        model = Note
        fields: list[str] = []

    def by_author(self, rows: QuerySet[Note], name: str, value: str) -> QuerySet[Note]:
        return rows.filter(Q(author__email__iexact=value) | Q(guest__name__iexact=value))

    def by_layer(self, rows: QuerySet[Note], name: str, value: str) -> QuerySet[Note]:
        asked = Assignment.objects.filter(
            stage__cycle=OuterRef("cycle"), stage__kind=value, reviewer=OuterRef("author")
        )
        return rows.filter(Q(stage__kind=value) | Exists(asked))


class GuestNoteFilter(NoteFilter):
    """The same for guests, who see names instead of addresses, and nothing of layers whose notes are private."""

    author = filters.CharFilter(method="by_author", max_length=254, label="Whose: a name")

    def by_author(self, rows: QuerySet[Note], name: str, value: str) -> QuerySet[Note]:
        nameless = Q(author__name="", author__email=value)
        return rows.filter(Q(author__name=value) | nameless | Q(guest__name=value))

    def by_layer(self, rows: QuerySet[Note], name: str, value: str) -> QuerySet[Note]:
        asked = Assignment.objects.filter(
            stage__cycle=OuterRef("cycle"),
            stage__kind=value,
            stage__private=False,
            reviewer=OuterRef("author"),
        )
        return rows.filter(Exists(asked))


def notes_filtered(
    seen: QuerySet[Note], query: Mapping[str, Any], rules: type[NoteFilter] = NoteFilter
) -> QuerySet[Note]:
    """Of the notes that somebody sees those that ``query`` asks for. Raises Invalid naming filters that are bad."""
    return rows_of(rules(query, seen.filter(parent=None)))
