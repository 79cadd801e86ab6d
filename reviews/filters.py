"""The one filter language of reviews."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet

from accounts.models import User
from core.filters import OneOf, YesNo
from reviews.models import Assignment, ReviewCycle
from reviews.vocabulary import CycleState


class IdFilter(filters.Filter):
    """An id that a database could hold."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=(1 << 63) - 1, **kwargs)


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
