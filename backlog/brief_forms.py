"""Forms of briefs: each a small part of the document, edited where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Product, User
from backlog import access
from backlog.brief_content import FIELDS
from backlog.models import Brief, BriefInput, BriefLine, BriefSignal, Template
from backlog.services.briefs import FIELD_LIMIT, SHORT
from backlog.vocabulary import LineKind, TemplateKind

#: Parts of the document that are edited together.
SECTIONS: dict[str, Any] = {
    "head": _("Title and owner"),
    "objective": _("Objective"),
    "audience": _("Audience"),
    "context": _("Operating context"),
    "deployment": _("Deployment environment"),
}
HELP: dict[str, Any] = {
    "business_objective": _("What the business gains when it works."),
    "learning_objective": _("What people can do afterwards that they could not do before."),
    "decision_role": _("Who of them decides what after seeing it?"),
    "workflow": _("What happens just before and just after."),
    "decision_process": _("The decision that it is a part of, and whose it is."),
}


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PersonField(forms.ModelChoiceField):
    """A member of the product."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("empty_label", _("Nobody yet"))
        super().__init__(queryset=User.objects.none(), required=False, **kwargs)


class BriefNewForm(forms.Form):
    title = forms.CharField(
        max_length=200,
        label=_("What is it the brief for?"),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    template = forms.ModelChoiceField(
        queryset=Template.objects.none(),
        required=False,
        empty_label=_("An empty brief"),
        label=_("Begin with"),
    )
    items = forms.CharField(
        required=False,
        max_length=5000,
        label=_("Items it governs"),
        help_text=_("Their keys, separated by blanks or commas."),
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = product.templates.filter(kind=TemplateKind.BRIEF, retired_at=None).order_by(
            "name", "pk"
        )
        self.fields["template"].queryset = rows  # type: ignore[attr-defined]


class SectionForm(forms.Form):
    """The fields of one section, with what the person saw beside each (``seen_…``)."""

    def __init__(self, *args: Any, brief: Brief, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names: list[str] = []
        if section == "head":
            self._add("title", forms.CharField(max_length=200, label=_("Title")), brief.title)
            owner = PersonField(label=_("Owner"))
            self._add("owner", owner, brief.owner_id or "")
            self.fields["owner"].queryset = access.members(brief.product)  # type: ignore[attr-defined]
        for name, label, part in FIELDS:
            if part != section:
                continue
            short = name in SHORT
            field = forms.CharField(
                required=False,
                strip=False,
                max_length=200 if short else FIELD_LIMIT,
                label=label,
                help_text=HELP.get(name, ""),
                widget=forms.TextInput() if short else forms.Textarea(attrs={"rows": 3}),
            )
            self._add(name, field, getattr(brief, name))

    def _add(self, name: str, field: forms.Field, value: Any) -> None:
        self.names.append(name)
        self.fields[name] = field
        self.initial[name] = value
        self.fields[f"seen_{name}"] = forms.CharField(
            required=False, strip=False, widget=forms.HiddenInput
        )
        self.initial[f"seen_{name}"] = value

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.names}

    def seen(self) -> dict[str, str]:
        return {name: self.cleaned_data[f"seen_{name}"] for name in self.names}


class LineForm(forms.Form):
    kind = forms.ChoiceField(choices=LineKind.choices, label=_("What it constrains"))
    text = forms.CharField(
        max_length=500, label=_("Statement"), widget=forms.Textarea(attrs={"rows": 2})
    )
    checked_how = forms.CharField(required=False, max_length=300, label=_("How it is checked"))
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @staticmethod
    def initial_of(line: BriefLine) -> dict[str, Any]:
        names = ("kind", "text", "checked_how", "revision")
        return {name: getattr(line, name) for name in names}


class InputForm(forms.Form):
    function = forms.CharField(
        max_length=60, label=_("Function"), help_text=_("Legal, sales, engineering …")
    )
    person = PersonField(label=_("Person"))
    what = forms.CharField(max_length=300, label=_("What they must supply"))
    due_on = forms.DateField(required=False, label=_("Until"), widget=day_input())

    def __init__(
        self,
        *args: Any,
        product: Product,
        people: Sequence[tuple[Any, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """``people``: the choices, where many of these forms stand on one page and shall not each ask for them."""
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = access.members(product)  # type: ignore[attr-defined]
        if people is not None:
            self.fields["person"].choices = people  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(asked: BriefInput) -> dict[str, Any]:
        return {
            "function": asked.function,
            "person": asked.person_id,
            "what": asked.what,
            "due_on": asked.due_on,
        }


class AnswerForm(forms.Form):
    answer = forms.CharField(
        max_length=5000, strip=False, label=_("Answer"), widget=forms.Textarea(attrs={"rows": 2})
    )


class SignalForm(forms.Form):
    name = forms.CharField(max_length=120, label=_("What is measured"))
    baseline = forms.FloatField(
        required=False, label=_("From (baseline)"), widget=forms.NumberInput(attrs={"step": "any"})
    )
    target = forms.FloatField(
        label=_("To (target)"), widget=forms.NumberInput(attrs={"step": "any"})
    )
    unit = forms.CharField(required=False, max_length=24, label=_("Unit"))
    higher_is_better = forms.TypedChoiceField(
        choices=[("yes", _("Higher is better")), ("no", _("Lower is better"))],
        coerce=lambda value: value == "yes",
        label=_("Direction"),
    )
    source = forms.CharField(max_length=200, label=_("Where the figure comes from"))
    metric = forms.CharField(
        required=False,
        max_length=40,
        label=_("Metric"),
        help_text=_("The name that readings use; made of the above if left empty."),
    )

    @staticmethod
    def initial_of(row: BriefSignal) -> dict[str, Any]:
        names = ("name", "baseline", "target", "unit", "source", "metric")
        found = {name: getattr(row, name) for name in names}
        return {**found, "higher_is_better": "yes" if row.higher_is_better else "no"}
