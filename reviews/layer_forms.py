"""Input rules of the pages of layers and plans. What may be, the services say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from accounts.models import Product, User
from assets.vocabulary import PART_NAMES, AssetKind
from backlog.models import IncrementKind
from backlog.vocabulary import LineKind
from core.form_fields import RowsField
from reviews import access
from reviews.forms import Refusable
from reviews.models import Layer, ReviewPlan, Stage
from reviews.services import layers
from reviews.vocabulary import EntryCondition


class LayerForm(Refusable):
    """A layer: what it is for, who it asks, what they check, and what is material to it."""

    name = forms.CharField(max_length=layers.NAME_LIMIT)
    purpose = forms.CharField(
        max_length=layers.PURPOSE_LIMIT, required=False, label="The question it answers"
    )
    reviewers = RowsField(
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        label="Who is usually asked",
    )
    quorum = forms.IntegerField(
        min_value=1,
        max_value=50,
        required=False,
        label="How many must approve",
        help_text="Empty: everybody who is asked.",
    )
    deadline_hours = forms.IntegerField(
        min_value=1,
        max_value=layers.MOST_HOURS,
        required=False,
        label="Hours to decide",
        help_text="Counted from when its stage opens. Empty: no deadline.",
    )
    checklist = forms.CharField(
        required=False,
        max_length=layers.MOST_LINES * (layers.LINE_LIMIT + 1),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One line for each thing to check.",
    )
    answers_needed = forms.BooleanField(
        required=False,
        label="An approval answers every line",
        help_text="A line that does not apply is answered by saying why.",
    )
    demanded_by = forms.MultipleChoiceField(
        choices=[(kind, LineKind(kind).label) for kind in layers.BOUNDARIES],
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        label="Mandatory where the brief has a",
    )
    entry = forms.MultipleChoiceField(
        choices=EntryCondition.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        label="It opens only when",
    )
    private = forms.BooleanField(required=False, label="Notes are for its reviewers only")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(
        self, *args: Any, product: Product, layer: Layer | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["reviewers"]
        people.queryset = access.possible_reviewers(product)
        for kind, names in PART_NAMES.items():
            self.fields[f"material_{kind}"] = forms.MultipleChoiceField(
                choices=list(names.items()),
                required=False,
                widget=forms.CheckboxSelectMultiple(),
                label=AssetKind(kind).label,
            )
        if layer is None:
            return
        initial: dict[str, Any] = {
            "name": layer.name,
            "purpose": layer.purpose,
            "reviewers": [each.pk for each in layer.reviewers.all()],
            "quorum": layer.quorum,
            "deadline_hours": layer.deadline_hours,
            "checklist": "\n".join(layer.checklist),
            "answers_needed": layer.answers_needed,
            "demanded_by": layer.demanded_by,
            "entry": layer.entry,
            "private": layer.private,
            "version": layer.version,
            **{f"material_{kind}": layer.material.get(kind, []) for kind in PART_NAMES},
        }
        self.initial.update(initial)

    def material_fields(self) -> list[forms.BoundField]:
        """The choices of parts, one for each kind of asset."""
        return [self[f"material_{kind}"] for kind in PART_NAMES]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "purpose": data["purpose"],
            "reviewers": list(data["reviewers"]),
            "quorum": data["quorum"],
            "deadline_hours": data["deadline_hours"],
            "checklist": data["checklist"].splitlines(),
            "answers_needed": data["answers_needed"],
            "demanded_by": data["demanded_by"],
            "entry": data["entry"],
            "private": data["private"],
            "material": {
                kind: data[f"material_{kind}"] for kind in PART_NAMES if data[f"material_{kind}"]
            },
        }


class StepsForm(Refusable):
    """In which step each layer looks (empty: not at all)."""

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.layers = list(product.review_layers.filter(retired_at=None).order_by("position", "pk"))
        for layer in self.layers:
            self.fields[f"step_{layer.slug}"] = forms.IntegerField(
                min_value=1,
                max_value=51,
                required=False,
                label=layer.name,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    def step_fields(self) -> list[forms.BoundField]:
        return [self[f"step_{layer.slug}"] for layer in self.layers]

    def steps(self, kept: Mapping[int, layers.Step]) -> list[layers.Step]:
        """What the service takes; a layer's own quorum and deadline, which the page does not ask for, stay (``kept``,
        by the layer's id).
        """
        return [
            layers.Step(
                layer,
                step - 1,
                kept[layer.pk].quorum if layer.pk in kept else None,
                kept[layer.pk].deadline_hours if layer.pk in kept else None,
            )
            for layer in self.layers
            if (step := self.cleaned_data[f"step_{layer.slug}"])
        ]


class PlanForm(StepsForm):
    """A plan: for which kind of increment, and in which step each layer looks. ``begun``: the steps it begins with."""

    name = forms.CharField(max_length=120)
    kind = forms.ModelChoiceField(
        queryset=IncrementKind.objects.none(),
        required=False,
        label="For increments of the kind",
        empty_label="Everything else",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(
        self,
        *args: Any,
        product: Product,
        plan: ReviewPlan | None = None,
        begun: Sequence[layers.Step] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, product=product, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.queryset = IncrementKind.objects.filter(product=product, retired_at=None).order_by(
            "position", "pk"
        )
        if plan is not None:
            begun = [
                layers.Step(row.layer, row.step, row.quorum, row.deadline_hours)
                for row in plan.steps.select_related("layer")
            ]
            initial: dict[str, Any] = {
                "name": plan.name,
                "kind": plan.increment_kind_id,
                "version": plan.version,
            }
            self.initial.update(initial)
        self.begun = {each.layer.pk: each for each in begun}
        self.initial.update({f"step_{each.layer.slug}": each.step + 1 for each in begun})


class HandOverForm(Refusable):
    """Who decides in place of whom."""

    to = forms.ModelChoiceField(queryset=User.objects.none(), label="To")
    reason = forms.CharField(max_length=500, required=False, label="Why")

    def __init__(self, *args: Any, stage: Stage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["to"]
        able = access.possible_reviewers_of(stage.cycle.version)
        people.queryset = able.exclude(review_assignments__stage=stage)
