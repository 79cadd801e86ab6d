"""Forms of guests' links. What may be, the services say."""

from __future__ import annotations

from typing import Any

from django import forms

from assets.vocabulary import AssetKind
from reviews.forms import Refusable
from reviews.services.guests import LONGEST_DAYS
from reviews.services.notes import BODY_LIMIT


class GuestForm(Refusable):
    """Who is invited, for how long, and what they may do."""

    name = forms.CharField(max_length=120, label="Who it is for")
    email = forms.EmailField(required=False, max_length=254, label="E-mail")
    days = forms.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, initial=14, label="Days until it ends"
    )
    password = forms.CharField(
        required=False,
        max_length=128,
        strip=False,
        label="Password",
        help_text="Tell it by another way than the link.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    may_comment = forms.BooleanField(required=False, initial=True, label="May comment")
    may_download = forms.BooleanField(required=False, label="May download the file")


class GuestPasswordForm(Refusable):
    password = forms.CharField(
        max_length=128,
        strip=False,
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class GuestNoteForm(Refusable):
    """A remark. ``place`` is the viewer's anchor when its script runs; ``at`` the place by number, without."""

    NUMBERED = {
        AssetKind.TEXT: ("line", "Line"),
        AssetKind.PDF: ("page", "Page"),
        AssetKind.VIDEO: ("second", "Second"),
        AssetKind.AUDIO: ("second", "Second"),
    }

    body = forms.CharField(
        max_length=BODY_LIMIT, label="Your remark", widget=forms.Textarea(attrs={"rows": 3})
    )
    at = forms.FloatField(
        required=False, min_value=0, widget=forms.NumberInput(attrs={"step": "any"})
    )
    place = forms.JSONField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbered = self.NUMBERED.get(AssetKind(kind))
        if self.numbered is None:
            del self.fields["at"]
        else:
            self.fields["at"].label = f"{self.numbered[1]}, if it is about one"

    def anchor(self) -> dict[str, Any] | None:
        """The place as the service takes it; None for the whole."""
        at = self.cleaned_data.get("at")
        if at is not None and self.numbered is not None:
            name = self.numbered[0]
            return {name: at if name == "second" else int(at)}
        place = self.cleaned_data.get("place")
        return place if isinstance(place, dict) else None
