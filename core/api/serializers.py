"""Input and output shapes of the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from core import text

_BAD = re.compile("[\x00\ud800-\udfff]")


class Shape(serializers.Serializer[Any]):
    """A declared shape. As input it refuses fields that it does not know instead of ignoring them."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {str(name)[:80]: ["This field is not known here."] for name in unknown}
                )
        return super().to_internal_value(data)


def checked(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What a request's body says, read as ``shape``. Raises DRF's ValidationError, which is answered as a 400."""
    found = shape(data=request.data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


class Line(serializers.CharField):
    """One line of text, tidied."""

    def to_internal_value(self, data: Any) -> str:
        return text.one_line(_sound(super().to_internal_value(_words(data))))


class Prose(serializers.CharField):
    """Markdown text, tidied; white space at the ends is kept by the rules of ``core.text``."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        return text.tidy(_sound(super().to_internal_value(_words(data))))


def _words(data: Any) -> Any:
    """What was sent, if it is text: a number is not taken for its digits."""
    if isinstance(data, str):
        return data
    raise serializers.ValidationError("Not a valid string.")


def _sound(value: str) -> str:
    if _BAD.search(value):
        raise serializers.ValidationError(
            "The text holds a character that cannot be stored (NUL or half a pair)."
        )
    return value


class Problem(Shape):
    """An error of the API."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    fields_ = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found
