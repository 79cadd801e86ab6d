"""What the page and the API may ask of notices, read the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from core.filters import OneOf, YesNo, rows_of
from notices.models import Notice
from notices.vocabulary import Topic


class NoticeFilter(filters.FilterSet):
    """What notices can be asked for."""

    topic = OneOf(choices=Topic.choices, label="Topics, by commas")
    unread = YesNo(field_name="read_at", lookup_expr="isnull", label="Not read yet: true or false")

    class Meta:
        model = Notice
        fields: list[str] = []


def filtered(rows: QuerySet[Notice], query: Mapping[str, Any]) -> QuerySet[Notice]:
    """Those of ``rows`` that ``query`` asks for. Raises Invalid naming filters that cannot be used."""
    return rows_of(NoticeFilter(query, rows))
