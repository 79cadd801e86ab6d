"""Filters that the lists of several apps are made of, and what they raise."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet

from core.errors import Invalid


class OneOf(filters.BaseInFilter, filters.ChoiceFilter):  # type: ignore[misc]
    """Values separated by commas, each of which must be a known one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("lookup_expr", "in")
        super().__init__(*args, **kwargs)


class YesNoField(forms.Field):
    """``true`` or ``false``; anything else is refused instead of being taken for "no matter"."""

    def to_python(self, value: Any) -> bool | None:
        said = str(value or "").lower()
        if said not in ("", "true", "false"):
            raise forms.ValidationError("Use true or false.")
        return None if not said else said == "true"


class YesNo(filters.BooleanFilter):  # type: ignore[misc]
    field_class = YesNoField


def rows_of(found: filters.FilterSet) -> QuerySet[Any]:
    """The rows that a bound FilterSet finds. Raises Invalid, naming each filter that cannot be used."""
    if not found.is_valid():
        raise Invalid(
            "A filter cannot be used.",
            code="bad_filter",
            fields={name: [str(each) for each in errors] for name, errors in found.errors.items()},
        )
    rows: QuerySet[Any] = found.qs
    return rows
