"""Fields that several apps' forms share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

#: No id of a row has more digits; SQLite cannot even be asked for a greater number.
DIGITS = 18


class RowsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Several rows by their ids. Django's own fails on a number that no database can hold, and this says no to it.

    ``words``: what a row is called, instead of its own name.
    """

    def __init__(self, *args: Any, words: Callable[[Any], str] = str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = words

    def label_from_instance(self, obj: Any) -> str:
        return self.words(obj)

    def clean(self, value: Any) -> Any:
        for each in value or ():
            text = str(each)
            if not text.isdecimal() or len(text) > DIGITS:
                raise ValidationError(
                    self.error_messages["invalid_pk_value"],
                    code="invalid_pk_value",
                    params={"pk": text[:40]},
                )
        return super().clean(value)
