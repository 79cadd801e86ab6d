"""What the page of ways takes in. Rules that hold for the API too stand in the service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notices.vocabulary import Topic, Way


class WaysForm(forms.Form):
    """One choice for each topic."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for topic in Topic:
            self.fields[topic.value] = forms.ChoiceField(label=_(topic.label), choices=Way.choices)
