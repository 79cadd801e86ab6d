"""The one filter language of reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters as filters
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from core.filters import IdFilter, OneOf, YesNo, rows_of
from reviews.models import Assignment, Note, ReviewCycle
from reviews.vocabulary import CycleState, NoteState, Weight


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
