"""What the digest's page takes in. Rules that hold for the API too stand in the service."""

from __future__ import annotations

from django import forms

from insights.vocabulary import Cadence, Weekday


class DigestForm(forms.Form):
    cadence = forms.ChoiceField(label="Send it", choices=Cadence.choices, widget=forms.RadioSelect)
    hour = forms.TypedChoiceField(
        label="At",
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        help_text="On your clock.",
    )
    weekday = forms.TypedChoiceField(
        label="On", coerce=int, choices=Weekday.choices, help_text="For once a week."
    )
