"""Filters that the lists of several apps are made of, and what they raise."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from core.errors import Invalid


class OneOf(filters.BaseInFilter, filters.ChoiceFilter):  # type: ignore[misc]
    """Values separated by commas, each of which must be a known one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("lookup_expr", "in")
        super().__init__(*args, **kwargs)


class IdFilter(filters.Filter):  # type: ignore[misc]
    """An id that a database could hold."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=(1 << 63) - 1, **kwargs)


class YesNoField(forms.Field):
    """``true`` or ``false``; anything else is refused instead of being taken for "no matter"."""

    def to_python(self, value: Any) -> bool | None:
        said = str(value or "").lower()
        if said not in ("", "true", "false"):
            raise forms.ValidationError("Use true or false.")
        return None if not said else said == "true"


class YesNo(filters.BooleanFilter):  # type: ignore[misc]
    field_class = YesNoField


def asked_of(data: QueryDict, names: Collection[str]) -> dict[str, str]:
    """What the address of a list asks for by the ``names`` that the list has; empty values ask for nothing.

    Raises Invalid for any other name: what cannot be read must not be taken for "no matter".
    """
    refuse_unknown(data, names)
    return {name: str(value) for name, value in data.items() if value}


def refuse_unknown(asked: Iterable[str], names: Collection[str]) -> None:
    """Raises Invalid, naming the filters that a list does not have."""
    unknown = sorted(set(asked) - set(names))
    if unknown:
        raise Invalid(
            f"This list has no filter called {', '.join(unknown)[:80]}.", code="unknown_parameter"
        )


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
