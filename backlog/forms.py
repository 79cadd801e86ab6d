"""Input rules of the backlog's pages. Forms check shapes; rules that need the database are the services'."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Product, User
from backlog import access
from backlog.models import Channel, Cycle, Item, Label, Program, Queue, Segment
from backlog.services import words
from backlog.vocabulary import Horizon, Kind, LinkKind, QueueKind, Severity, State


class WordField(forms.CharField):
    """A word of the product's vocabulary; made by ``ItemForm`` when it is new."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=80, **kwargs)


class ItemForm(forms.Form):
    """Making and editing an item."""

    title = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autofocus": True}))
    description = forms.CharField(
        required=False,
        strip=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Markdown.",
    )
    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.TASK)
    horizon = forms.ChoiceField(choices=[("", "None yet"), *Horizon.choices], required=False)
    owner = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, empty_label="Nobody"
    )
    effort = forms.FloatField(
        required=False,
        min_value=0,
        max_value=100_000,
        label="Effort in points",
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    due_at = forms.DateTimeField(
        required=False,
        label="Due",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="In your time zone.",
    )
    severity = forms.TypedChoiceField(
        choices=[("", "None"), *Severity.choices], coerce=int, empty_value=None, required=False
    )
    labels = forms.CharField(required=False, max_length=5000, help_text="Separated by commas.")
    segments = forms.CharField(required=False, max_length=5000, help_text="Separated by commas.")
    program = WordField(
        help_text="What it serves: training, compliance, product adoption, go-to-market."
    )
    channel = WordField(help_text="Where it reaches people.")
    cycle = WordField()

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product = product
        self.fields["owner"].queryset = access.members(product)  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(item: Item) -> dict[str, Any]:
        """What the form shows for ``item``."""
        return {
            "title": item.title,
            "description": item.description,
            "kind": item.kind,
            "horizon": item.horizon,
            "owner": item.owner_id,
            "effort": repr(item.effort).removesuffix(".0") if item.effort is not None else None,
            "due_at": timezone.localtime(item.due_at) if item.due_at else None,
            "severity": item.severity,
            "labels": ", ".join(item.labels.order_by("name").values_list("name", flat=True)),
            "segments": ", ".join(item.segments.order_by("name").values_list("name", flat=True)),
            "program": item.program.name if item.program else "",
            "channel": item.channel.name if item.channel else "",
            "cycle": item.cycle.name if item.cycle else "",
        }

    def values(self, item: Item | None = None) -> dict[str, Any]:
        """Cleaned values with names turned into the product's words, for the services.

        What the person did not touch stays exactly as it is: an instant keeps its seconds (the field shows minutes), a
        label the comma in its name.
        """
        found = dict(self.cleaned_data)
        for name, model in (("labels", Label), ("segments", Segment)):
            if item is not None and found[name] == self.initial.get(name):
                found[name] = list(getattr(item, name).all())
                continue
            names = [each.strip() for each in found[name].split(",") if each.strip()]
            found[name] = list(words.proposed(model, product=self.product, names=names).values())
        for name, single in (("program", Program), ("channel", Channel), ("cycle", Cycle)):
            given = found[name]
            found[name] = (
                words.proposed(single, product=self.product, names=[given]).get(given)
                if given
                else None
            )
        if item is not None and item.due_at and found["due_at"]:
            if item.due_at.replace(second=0, microsecond=0) == found["due_at"]:
                found["due_at"] = item.due_at
        return found


class HotfixForm(forms.Form):
    """What choosing hotfix asks for in place."""

    severity = forms.TypedChoiceField(
        choices=Severity.choices, coerce=int, required=False, empty_value=None
    )
    segment = forms.CharField(required=False, max_length=80)
    owner = forms.ModelChoiceField(
        queryset=User.objects.none(), required=False, empty_label="Choose"
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = access.members(product)  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """A state change that asks for more."""

    state = forms.ChoiceField(choices=State.choices)
    reason = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


class MoveForm(forms.Form):
    """Another queue, with the reason."""

    queue = forms.ChoiceField(choices=QueueKind.choices)
    reason = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class LinkForm(forms.Form):
    """A link from this item to another."""

    kind = forms.ChoiceField(
        choices=[*LinkKind.choices, ("blocked_by", "is blocked by"), ("has_part", "has part")]
    )
    target = forms.CharField(
        max_length=24, label="Item", widget=forms.TextInput(attrs={"placeholder": "KEY-12"})
    )


class CriterionForm(forms.Form):
    """A success criterion."""

    text = forms.CharField(max_length=500, label="What must be true")
    verification = forms.CharField(max_length=500, required=False, label="How it is verified")


class RewordForm(CriterionForm):
    """A criterion's new words, beside those that the person saw."""

    seen_text = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_verification = forms.CharField(required=False, widget=forms.HiddenInput)


class CommentForm(forms.Form):
    """A remark."""

    body = forms.CharField(max_length=20_000, strip=False, widget=forms.Textarea(attrs={"rows": 3}))


class BulkForm(forms.Form):
    """One change to many items; empty means: as it is."""

    queue = forms.ChoiceField(choices=[("", "as it is"), *QueueKind.choices], required=False)
    owner = forms.CharField(required=False)
    horizon = forms.ChoiceField(choices=[("", "as it is"), *Horizon.choices], required=False)
    state = forms.ChoiceField(choices=[("", "as it is"), *State.choices], required=False)
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    add_labels = forms.CharField(required=False, max_length=500)
    remove_labels = forms.CharField(required=False, max_length=500)
    reason = forms.CharField(required=False, max_length=2000)
    asking = forms.CharField(required=False, max_length=500)


class SaveViewForm(forms.Form):
    """A list's filters under a name."""

    name = forms.CharField(max_length=60)
    shared = forms.BooleanField(required=False)
    query = forms.CharField(max_length=2000, required=False)


class QueueForm(forms.Form):
    """A queue's definition and policy."""

    definition = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    share = forms.FloatField(
        min_value=0,
        max_value=100,
        label="Promised share in %",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    in_progress_limit = forms.IntegerField(
        min_value=1, max_value=1000, required=False, label="Limit of work in progress"
    )
    deadline_1 = forms.FloatField(min_value=0.25, max_value=10_000, required=False)
    deadline_2 = forms.FloatField(min_value=0.25, max_value=10_000, required=False)
    deadline_3 = forms.FloatField(min_value=0.25, max_value=10_000, required=False)
    deadline_4 = forms.FloatField(min_value=0.25, max_value=10_000, required=False)

    @staticmethod
    def initial_of(queue: Queue) -> dict[str, Any]:
        """What the form shows for ``queue``."""
        return {
            "definition": queue.definition,
            "share": round(queue.share * 100, 6),
            "in_progress_limit": queue.in_progress_limit,
            **{f"deadline_{level}": queue.deadline_hours.get(str(level)) for level in range(1, 5)},
        }


def park_default(today: date | None = None) -> date:
    """The day that parking proposes: four weeks from today."""
    return (today or timezone.localdate()) + timedelta(days=28)


class ProductForm(forms.Form):
    """What a product is called and what it is for."""

    name = forms.CharField(max_length=120)
    description = forms.CharField(
        required=False,
        strip=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What it is and whom it serves. Markdown.",
    )


class NewProductForm(ProductForm):
    key = forms.CharField(
        max_length=10,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Begins the key of every item, as in ATLAS-12: 2 to 10 letters and digits. It stays for ever.",
    )
    field_order = ("name", "key", "description")


class InviteForm(forms.Form):
    """An address and the role that is offered to it."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField()

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


class JoinForm(forms.Form):
    """A new account, made by who accepts an invitation."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters, longer is better: three or four words that do not belong together.",
    )
    time_zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-zone": ""})
    )


class LinesField(forms.CharField):
    """Lines of text; each may hold two parts with a bar between them: ``what it says | https://…``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20_000, strip=False, **kwargs)

    def to_python(self, value: Any) -> list[tuple[str, str]]:  # type: ignore[override]
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        pairs = [line.rpartition("|") if "|" in line else ("", "", line) for line in lines]
        return [(first.strip(), last.strip()) for first, _bar, last in pairs]

    def validate(self, value: Any) -> None:
        """Lines have no length of their own."""

    def run_validators(self, value: Any) -> None:
        super().run_validators("".join(first + last for first, last in value))


class DecisionForm(forms.Form):
    """A decision as a person words it. Options stand in the page as rows of their own (``option`` and ``note``)."""

    title = forms.CharField(
        max_length=200,
        label="What was decided",
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    kind = forms.ChoiceField(choices=[], widget=forms.RadioSelect)
    context = forms.CharField(
        required=False,
        max_length=20_000,
        label="What it was about",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The situation, and what made a decision necessary. Markdown.",
    )
    rationale = forms.CharField(
        max_length=20_000,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What tipped the scales. Markdown.",
    )
    evidence = LinesField(
        label="Evidence",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line: what it says | https://…",
    )
    items = forms.CharField(
        required=False,
        max_length=5000,
        label="Items it is about",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Their keys, separated by blanks or commas.",
    )

    def __init__(self, *args: Any, kinds: Sequence[tuple[Any, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["kind"].initial = kinds[0][0]
