"""Forms of guests' links. What may be, the services say."""

from __future__ import annotations

from django import forms

from reviews.forms import NoteForm, Refusable
from reviews.services.guests import LONGEST_DAYS


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


class GuestNoteForm(NoteForm):
    """A guest's remark: a note without what binds others."""

    weight = must = answers = about = None  # type: ignore[assignment]
