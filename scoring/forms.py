"""Input rules of scoring's pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from core import text
from scoring.models import Adjustment
from scoring.rubrics import Rubric

#: What a magnitude of a kind counts in; other kinds count pieces.
UNITS = {
    "support_ticket": "tickets",
    "affected_users": "people",
    "satisfaction_drop": "points of satisfaction lost",
    "incident": "incidents",
    "vote": "votes",
    "watcher": "watchers",
}


def kinds_of(rubric: Rubric) -> list[tuple[str, str]]:
    """Kinds of evidence for choosing: those that the rubric reads, with what they count in. No query."""
    return [(kind, kind_words(kind)) for kind in rubric.signal_kinds]


def kind_words(kind: str) -> str:
    """``support ticket (in tickets)``."""
    words = kind.replace("_", " ")
    return f"{words} (in {UNITS[kind]})" if kind in UNITS else words


class SignalForm(forms.Form):
    """A piece of evidence entered by hand: of a kind that the rubric reads, or of any other name."""

    kind = forms.ChoiceField(label="What was seen", required=False)
    other_kind = forms.CharField(
        max_length=40,
        required=False,
        label="or another kind",
        help_text="It is kept and shown, and counts once a rubric reads it.",
    )
    magnitude = forms.FloatField(
        min_value=0,
        max_value=1e12,
        label="How much",
        initial=1,
        help_text="In the unit of its kind: tickets, people, points, incidents.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    occurred_at = forms.DateTimeField(
        label="When",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    source = forms.CharField(max_length=40, required=False, label="Where it comes from")
    note = forms.CharField(max_length=500, required=False)

    def __init__(self, *args: Any, kinds: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [*kinds, ("", "another kind")]  # type: ignore[attr-defined]
        self.fields["occurred_at"].initial = lambda: timezone.localtime().replace(
            second=0, microsecond=0
        )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        other = text.one_line(found.pop("other_kind", "") or "")
        found["kind"] = other or found.get("kind", "")
        if not found["kind"] and "kind" not in self.errors:
            self.add_error("kind", "Choose what was seen, or name another kind.")
        return found


class PlacedSignalForm(SignalForm):
    """The same where no item is given by the page."""

    item = forms.CharField(
        max_length=24,
        required=False,
        label="Item",
        help_text="Its key. Without item and segment it waits among the unattached evidence.",
    )
    segment = forms.CharField(
        max_length=80,
        required=False,
        label="Segment",
        help_text="Without an item it counts for every item that names the segment.",
        widget=forms.TextInput(attrs={"list": "segments"}),
    )


class CorrectionForm(SignalForm):
    """The same for a signal that is there, with the version that was shown and why it changes."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, required=False, label="Why it changes")
    source = None  # type: ignore[assignment]  # where it came from stays


class PlaceForm(forms.Form):
    """A hand move that was looked at: why, until when, and the points that were shown."""

    claim = forms.CharField(max_length=500, label="What you know that the score does not")
    evidence = forms.CharField(max_length=500, required=False, label="Evidence")
    expires_on = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["expires_on"].initial = lambda: timezone.localdate() + timedelta(days=42)


class VerdictForm(forms.Form):
    """Whether a claim held."""

    verdict = forms.ChoiceField(choices=Adjustment.Verdict.choices, label="Verdict")
    note = forms.CharField(max_length=500, required=False, label="What showed it")


class AdjustmentForm(forms.Form):
    """Judgement: points, claim, end."""

    points = forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}))
    claim = forms.CharField(max_length=500, label="What you know that the score does not")
    evidence = forms.CharField(max_length=500, required=False, label="Evidence")
    expires_on = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, limit: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["points"].help_text = f"Between −{limit:g} and {limit:g}."
        self.fields["expires_on"].initial = lambda: timezone.localdate() + timedelta(days=42)


class OutcomeForm(forms.Form):
    """What a finished item achieved in a pillar, entered by hand."""

    pillar = forms.ChoiceField(
        label="In", choices=[("value", "Value"), ("impact", "Impact"), ("risk", "Risk")]
    )
    level = forms.FloatField(
        min_value=0,
        max_value=5,
        label="Achieved, from 0 to 5",
        help_text="On the scale of the ratings: 5 is all that level 5 says.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    measured_on = forms.DateField(label="Measured", widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(max_length=500, required=False, label="How it was measured")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["measured_on"].initial = timezone.localdate


class CycleForm(forms.Form):
    """A cycle's name and days; its capacity when the policy's does not fit."""

    name = forms.CharField(max_length=80)
    starts_on = forms.DateField(
        label="First day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label="Last day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    capacity = forms.FloatField(
        min_value=0,
        max_value=100_000,
        required=False,
        label="Capacity in points",
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="Empty: what the planning policy says.",
    )


class PolicyForm(forms.Form):
    """How the product plans."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    capacity = forms.FloatField(
        min_value=0,
        max_value=100_000,
        label="A cycle holds, in points",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    cycle_days = forms.IntegerField(min_value=1, max_value=366, label="A cycle lasts, in days")
    scope_growth_percent = forms.FloatField(
        min_value=0,
        max_value=1000,
        label="An accepted scope may grow without approval, in %",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    first = forms.ChoiceField(label="Lends first")
    second = forms.ChoiceField(label="Lends second")
    third = forms.ChoiceField(label="Lends last")

    def __init__(self, *args: Any, lenders: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(lenders)
        for name in ("first", "second", "third"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def order(self) -> list[str]:
        """The borrowing order that was chosen."""
        return [self.cleaned_data[name] for name in ("first", "second", "third")]
