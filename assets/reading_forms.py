"""Input rules of the pages of readings, metrics and targets."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms

from assets.models import Metric, Placement
from assets.services.readings import NOTE_LIMIT, Draft
from assets.vocabulary import MetricForm

_DAY = timedelta(days=1)


def _days() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ReadingForm(forms.Form):
    """A reading by hand: whole days, both of them within the period."""

    metric = forms.ModelChoiceField(Metric.objects.none(), empty_label=None)
    first_day = forms.DateField(widget=_days())
    last_day = forms.DateField(widget=_days())
    hits = forms.IntegerField(
        min_value=0, required=False, help_text="Of a share: how many of them did."
    )
    n = forms.IntegerField(
        min_value=1, required=False, label="People", help_text="How many are behind it."
    )
    value = forms.FloatField(required=False, help_text="Of a mean or a count.")
    spread = forms.FloatField(
        min_value=0, required=False, help_text="Standard deviation, of a mean, where it is known."
    )
    version = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, help_text="Only where it changed in between."
    )
    note = forms.CharField(max_length=NOTE_LIMIT, required=False)

    def __init__(self, *args: Any, placement: Placement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.placement = placement
        self.fields["metric"].queryset = Metric.objects.filter(  # type: ignore[attr-defined]
            product=placement.product_id, retired_at=None
        ).order_by("position", "pk")
        count = placement.asset.versions_count
        choices = [("", "The one that stood there")]
        choices += [(str(number), f"Version {number}") for number in range(count, 0, -1)]
        self.fields["version"].choices = choices  # type: ignore[attr-defined]

    def draft(self) -> Draft:
        """The reading that the service takes. A form's days are those of UTC."""
        data = dict(self.cleaned_data)
        first, last = data.pop("first_day"), data.pop("last_day")
        return Draft(
            placement=self.placement,
            starts_at=datetime.combine(first, time(), UTC),
            ends_at=datetime.combine(last + _DAY, time(), UTC),
            **data,
        )


class DefineForm(forms.Form):
    """A metric of the product's own."""

    name = forms.CharField(max_length=80)
    slug = forms.CharField(
        max_length=40,
        label="Short name",
        help_text="For files and programs: small letters, - and _.",
    )
    form = forms.ChoiceField(
        choices=MetricForm.choices,
        help_text="How readings add up. A share is so many of so many; it stays as it is chosen.",
    )
    unit = forms.CharField(max_length=24, required=False)
    higher_is_better = forms.BooleanField(required=False, initial=True, label="More is better")


class TargetForm(forms.Form):
    """What a metric must reach."""

    metric = forms.ModelChoiceField(Metric.objects.none(), empty_label=None)
    limit = forms.FloatField(
        label="The worst that still holds", help_text="Of a share: percent, such as 60."
    )
    higher_is_better = forms.TypedChoiceField(
        choices=[("", "As the metric says"), ("yes", "At least this"), ("no", "At most this")],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        label="Which way",
    )
    least_n = forms.IntegerField(
        min_value=1, initial=30, label="People at least", help_text="Fewer say nothing yet."
    )
    item = forms.CharField(
        required=False,
        max_length=24,
        help_text="Re-scored when it breaks; empty: an item is opened.",
    )

    def __init__(self, *args: Any, product_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["metric"].queryset = Metric.objects.filter(  # type: ignore[attr-defined]
            product=product_id, retired_at=None
        ).order_by("position", "pk")

    def limit_of(self) -> float:
        """A share as 0 … 1."""
        data = self.cleaned_data
        share = data["metric"].form == MetricForm.SHARE
        return float(data["limit"]) / 100 if share else float(data["limit"])
