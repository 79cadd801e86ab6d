"""Forms of increments, kinds and standards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backlog import access
from backlog.brief_forms import PersonField, day_input
from backlog.models import Increment, IncrementCriterion, IncrementKind, Item, SuccessCriterion
from backlog.services.increments import PURPOSE_LIMIT
from backlog.vocabulary import IncrementState, StandardKind
from core.form_fields import RowsField


class IncrementForm(forms.Form):
    """An increment of an item. ``criteria``: one a line, only for a new one."""

    title = forms.CharField(max_length=200, label=_("What is built"))
    kind = forms.ModelChoiceField(queryset=IncrementKind.objects.none(), label=_("Kind"))
    purpose = forms.CharField(
        required=False,
        strip=False,
        max_length=PURPOSE_LIMIT,
        label=_("What it is to show"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    owner = PersonField(label=_("Owner"))
    starts_on = forms.DateField(required=False, label=_("Starts"), widget=day_input())
    due_on = forms.DateField(required=False, label=_("Due"), widget=day_input())
    is_checkpoint = forms.BooleanField(
        required=False,
        label=_("Checkpoint: stakeholders validate its direction before the next one starts"),
    )
    needs = RowsField(
        queryset=Increment.objects.none(),
        required=False,
        label=_("Needs these closed first"),
        widget=forms.CheckboxSelectMultiple,
    )
    criteria = forms.CharField(
        required=False,
        strip=False,
        max_length=10_000,
        label=_("Its own criteria, one a line"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, item: Item, increment: Increment | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        kinds = item.product.increment_kinds.order_by("position", "pk")
        offered = kinds.filter(retired_at=None)
        if increment is not None:
            offered = kinds.filter(retired_at=None) | kinds.filter(pk=increment.kind_id)
            del self.fields["criteria"]
        others = item.increments.exclude(state=IncrementState.CUT)
        others = others.exclude(pk=increment.pk) if increment else others
        self.fields["kind"].queryset = offered  # type: ignore[attr-defined]
        self.fields["owner"].queryset = access.members(item.product)  # type: ignore[attr-defined]
        self.fields["needs"].queryset = others.order_by("position", "pk")  # type: ignore[attr-defined]
        if not others.exists():
            del self.fields["needs"]

    @staticmethod
    def initial_of(increment: Increment) -> dict[str, Any]:
        names = ("title", "purpose", "starts_on", "due_on", "is_checkpoint", "version")
        return {
            **{name: getattr(increment, name) for name in names},
            "kind": increment.kind_id,
            "owner": increment.owner_id,
            "needs": list(increment.needs.values_list("pk", flat=True)),
        }


class IncrementCriterionForm(forms.Form):
    text = forms.CharField(max_length=500, label=_("What must be true"))
    verification = forms.CharField(required=False, max_length=500, label=_("How it is verified"))
    covers = forms.ModelChoiceField(
        queryset=SuccessCriterion.objects.none(),
        required=False,
        empty_label=_("none of the item’s"),
        label=_("Proves the item’s criterion"),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        item: Item,
        offered: Sequence[tuple[Any, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """``offered``: the choices, where many of these forms stand on one page and shall not each ask for them."""
        super().__init__(*args, **kwargs)
        rows = item.criteria.order_by("position", "pk")
        self.fields["covers"].queryset = rows  # type: ignore[attr-defined]
        self.fields["covers"].label_from_instance = lambda row: row.text  # type: ignore[attr-defined]
        if offered is not None:
            self.fields["covers"].choices = offered  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(row: IncrementCriterion) -> dict[str, Any]:
        return {
            "text": row.text,
            "verification": row.verification,
            "covers": row.covers_id,
            "seen": row.text,
        }


class CloseForm(forms.Form):
    output = forms.CharField(
        max_length=20_000,
        strip=False,
        label=_("What came out of it"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    learning = forms.CharField(
        max_length=20_000,
        strip=False,
        label=_("What later work can learn from it"),
        help_text=_("Briefs and items to come can find and cite this."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class CutForm(forms.Form):
    reason = forms.CharField(max_length=500, label=_("Why it is cut"))


class KindForm(forms.Form):
    name = forms.CharField(max_length=80, label=_("Name"))
    description = forms.CharField(required=False, max_length=300, label=_("What it is"))
    production = forms.BooleanField(
        required=False,
        initial=True,
        label=_("Production: may not start before the brief is signed off"),
    )
    stage = forms.TypedChoiceField(
        choices=[
            (1, _("1 · early")),
            (2, "2"),
            (3, _("3 · middle")),
            (4, "4"),
            (5, _("5 · late")),
        ],
        coerce=int,
        initial=3,
        label=_("How late in the making"),
    )

    @staticmethod
    def initial_of(kind: IncrementKind) -> dict[str, Any]:
        names = ("name", "description", "production", "stage")
        return {name: getattr(kind, name) for name in names}


class StandardForm(forms.Form):
    name = forms.CharField(max_length=120, label=_("Name"))
    kind = forms.ChoiceField(choices=StandardKind.choices, label=_("What it settles"))
    body = forms.CharField(
        max_length=50_000,
        strip=False,
        label=_("What it says"),
        help_text=_("Markdown."),
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    reason = forms.CharField(max_length=500, label=_("What is new in it, or what it is for"))

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not new:
            del self.fields["name"], self.fields["kind"]
