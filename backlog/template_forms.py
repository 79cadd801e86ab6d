"""Forms of templates: the name, and the body of each kind, edited part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from accounts.models import Product
from backlog import template_shapes
from backlog.brief_content import FIELDS
from backlog.brief_forms import HELP
from backlog.models import Template
from backlog.services import brief_inputs, brief_lines, increments
from backlog.services.briefs import FIELD_LIMIT, SHORT
from backlog.template_shapes import Body
from backlog.vocabulary import Horizon, Kind, LineKind, TemplateKind

BLANK_ROWS = 3


class TemplateForm(forms.Form):
    """What is kept as a template, and under which name."""

    kind = forms.ChoiceField(choices=TemplateKind.choices)
    name = forms.CharField(max_length=120)
    item = forms.CharField(required=False, max_length=24)
    brief = forms.CharField(required=False, max_length=24)
    plan = forms.CharField(required=False, max_length=9)


class ApplyForm(forms.Form):
    """A template onto an item, or as a brief of its own."""

    item = forms.CharField(required=False, max_length=24, label=_("Item"))
    title = forms.CharField(required=False, max_length=200, label=_("Title of the brief"))


class NameForm(forms.Form):
    name = forms.CharField(max_length=120, label=_("Name"))
    description = forms.CharField(required=False, max_length=300, label=_("What it is good for"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class CriteriaField(forms.CharField):
    """Criteria, one a line: statement, then after a bar how it is verified. Cleaned to [[text, verification]]."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Criteria, one a line"))
        kwargs.setdefault("help_text", _("Behind a bar | how it is verified."))
        super().__init__(
            required=False,
            strip=False,
            max_length=100_000,
            widget=forms.Textarea(attrs={"rows": 3}),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(f"{text} | {how}" if how or "|" in text else text for text, how in value)

    def clean(self, value: Any) -> list[list[str]]:
        found = []
        for line in super().clean(value).splitlines():
            text, bar, how = line.rpartition("|")
            text, how = (text.strip(), how.strip()) if bar else (line.strip(), "")
            if text:
                found.append([text, how])
        return found


class ItemBodyForm(forms.Form):
    title = forms.CharField(max_length=255, label=_("Title"))
    description = forms.CharField(
        required=False,
        strip=False,
        max_length=50_000,
        label=_("Description"),
        help_text=_("Markdown."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.TASK, label=_("Kind"))
    horizon = forms.ChoiceField(
        choices=[("", _("None yet")), *Horizon.choices], required=False, label=_("Horizon")
    )
    effort = forms.FloatField(
        required=False,
        min_value=0,
        max_value=100_000,
        label=_("Effort in points"),
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    labels = forms.CharField(
        required=False, max_length=5000, label=_("Labels"), help_text=_("Separated by commas.")
    )
    criteria = CriteriaField()

    @staticmethod
    def initial_of(body: Body) -> dict[str, Any]:
        return {**body, "labels": ", ".join(body.get("labels", []))}

    def body(self) -> dict[str, Any]:
        names = [each.strip() for each in self.cleaned_data["labels"].split(",")]
        return {**self.cleaned_data, "labels": [name for name in names if name]}


class WordsForm(forms.Form):
    """The text fields of a brief."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, _section in FIELDS:
            short = name in SHORT
            self.fields[name] = forms.CharField(
                required=False,
                strip=False,
                max_length=200 if short else FIELD_LIMIT,
                label=label,
                help_text=HELP.get(name, ""),
                widget=forms.TextInput() if short else forms.Textarea(attrs={"rows": 2}),
            )


class LineRow(forms.Form):
    text = forms.CharField(max_length=500, label=_("Statement"))
    kind = forms.ChoiceField(
        choices=LineKind.choices, initial=LineKind.ACCURACY, label=_("What it constrains")
    )
    checked_how = forms.CharField(required=False, max_length=300, label=_("How it is checked"))


class InputRow(forms.Form):
    what = forms.CharField(max_length=300, label=_("What they must supply"))
    function = forms.CharField(max_length=60, label=_("Function"))


class SignalRow(forms.Form):
    name = forms.CharField(max_length=120, label=_("What is measured"))
    target = forms.FloatField(
        label=_("To (target)"), widget=forms.NumberInput(attrs={"step": "any"})
    )
    unit = forms.CharField(required=False, max_length=24, label=_("Unit"))
    higher_is_better = forms.TypedChoiceField(
        choices=[("yes", _("Higher is better")), ("no", _("Lower is better"))],
        coerce=lambda value: value == "yes",
        initial="yes",
        label=_("Direction"),
    )
    source = forms.CharField(max_length=200, label=_("Where the figure comes from"))
    metric = forms.CharField(required=False, max_length=40, label=_("Metric"))


class IncrementRow(forms.Form):
    """An increment of a plan. ``needs``: numbers of rows before it, counted from 1."""

    title = forms.CharField(max_length=200, label=_("What is built"))
    kind = forms.ChoiceField(label=_("Kind"))
    from_day = forms.IntegerField(
        required=False, min_value=0, max_value=3650, label=_("Starts on day")
    )
    due_day = forms.IntegerField(required=False, min_value=0, max_value=3650, label=_("Due on day"))
    needs = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Needs these closed first"),
        help_text=_("Their numbers in this list, all above it."),
    )
    is_checkpoint = forms.BooleanField(
        required=False,
        label=_("Checkpoint: stakeholders validate its direction before the next one starts"),
    )
    purpose = forms.CharField(
        required=False,
        strip=False,
        max_length=increments.PURPOSE_LIMIT,
        label=_("What it is to show"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    criteria = CriteriaField()

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["kind"].initial = (
            kinds[0][0] if kinds else None
        )  # else a blank row would say something

    def clean_needs(self) -> list[int]:
        words = self.cleaned_data["needs"].replace(",", " ").split()
        if not all(each.isascii() and each.isdecimal() and int(each[:9]) > 0 for each in words):
            raise forms.ValidationError(_("Numbers of increments above it, such as 1, 2."))
        return sorted({int(each[:9]) for each in words})


class Part:
    """A part of the editor: one form, or rows of forms (``rows``), with its title."""

    def __init__(self, title: Any, form: Any, help_text: Any = "") -> None:
        self.title, self.form, self.help_text = title, form, help_text
        self.rows = isinstance(form, BaseFormSet)

    def values(self) -> list[dict[str, Any]]:
        """The rows that say something, in order."""
        return [
            {name: value for name, value in form.cleaned_data.items() if name != "DELETE"}
            for form in self.form.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]


class Editor:
    """The body of a template of any kind as forms. ``data``: what was posted."""

    def __init__(
        self, data: Mapping[str, Any] | None, *, kind: str, product: Product, body: Body
    ) -> None:
        self.kind, self.parts = kind, []
        self._data, self._product = data, product
        self._above = template_shapes.from_above(kind)
        if self._above:
            self._own = self._above.form(data, product, body)
            self.parts.append(Part(_("Steps"), self._own))
        elif kind == TemplateKind.ITEM:
            self._item = ItemBodyForm(data, initial=ItemBodyForm.initial_of(body), prefix="item")
            self.parts.append(Part(_("The item"), self._item))
        else:
            if kind != TemplateKind.INCREMENT_PLAN:
                self._add_brief(body["brief"] if kind == TemplateKind.PROJECT else body)
            if kind != TemplateKind.BRIEF:
                self._add_plan(body["plan"] if kind == TemplateKind.PROJECT else body)

    def _add_brief(self, body: Body) -> None:
        self._words = WordsForm(self._data, initial=dict(body), prefix="words")
        self._lines = self._rows(
            _("Lines"), LineRow, "lines", body["lines"], brief_lines.MOST_LINES
        )
        self._inputs = self._rows(
            _("Inputs"), InputRow, "inputs", body["inputs"], brief_inputs.MOST
        )
        signals = [
            {**row, "higher_is_better": "yes" if row["higher_is_better"] else "no"}
            for row in body["signals"]
        ]
        self._signals = self._rows(
            _("Measurement signals"), SignalRow, "signals", signals, brief_inputs.MOST
        )
        self.parts += [Part(_("The brief"), self._words), self._lines, self._inputs, self._signals]

    def _add_plan(self, body: Body) -> None:
        kinds = [
            (row.slug, row.name)
            for row in self._product.increment_kinds.filter(retired_at=None).order_by(
                "position", "pk"
            )
        ]
        there = {slug for slug, _name in kinds}
        used = {row["kind"] for row in body["increments"]}
        rows = [
            {**row, "needs": ", ".join(str(place + 1) for place in row["needs"])}
            for row in body["increments"]
        ]
        self._increments = self._rows(
            _("Increments"),
            IncrementRow,
            "increments",
            rows,
            increments.MOST,
            kinds=[*kinds, *((slug, slug) for slug in sorted(used - there))],
        )
        self._increments.help_text = _("Days count from the day on which the plan is made.")
        self.parts.append(self._increments)

    def _rows(
        self,
        title: Any,
        form: type[forms.Form],
        prefix: str,
        rows: Sequence[Any],
        most: int,
        **given: Any,
    ) -> Part:
        made = formset_factory(
            form,
            extra=BLANK_ROWS,
            max_num=most,
            absolute_max=most + BLANK_ROWS,
            validate_max=True,
            can_delete=True,
        )
        return Part(title, made(self._data, initial=list(rows), prefix=prefix, form_kwargs=given))

    def is_valid(self) -> bool:
        answers = [
            part.form.is_valid() for part in self.parts
        ]  # of all, so that all say what is wrong
        return all(answers) and self._needs_stand()

    def _needs_stand(self) -> bool:
        """Whether what increments need stands above them."""
        if self.kind not in (TemplateKind.INCREMENT_PLAN, TemplateKind.PROJECT):
            return True
        right = True
        for place, form in enumerate(self._increments.form.forms, start=1):
            needs = form.cleaned_data.get("needs", [])
            if any(need >= place or self._dropped(need) for need in needs):
                form.add_error("needs", _("Name increments that stand above it and stay."))
                right = False
        return right

    def _dropped(self, place: int) -> bool:
        said = self._increments.form.forms[place - 1].cleaned_data
        return not said or bool(said.get("DELETE"))

    def body(self) -> dict[str, Any]:
        """What was entered, as a body. Only after ``is_valid``."""
        if self._above:
            return self._own.body()  # type: ignore[attr-defined,no-any-return]  # what a Shape's form has
        if self.kind == TemplateKind.ITEM:
            return self._item.body()
        if self.kind == TemplateKind.PROJECT:
            return {"brief": self._brief(), "plan": self._plan()}
        return self._brief() if self.kind == TemplateKind.BRIEF else self._plan()

    def _brief(self) -> dict[str, Any]:
        parts = {"lines": self._lines, "inputs": self._inputs, "signals": self._signals}
        return {
            **self._words.cleaned_data,
            **{name: part.values() for name, part in parts.items()},
        }

    def _plan(self) -> dict[str, Any]:
        """The rows that stay, with what they need by their places among those."""
        stay = [
            place
            for place in range(1, len(self._increments.form.forms) + 1)
            if not self._dropped(place)
        ]
        places = {place: at for at, place in enumerate(stay)}
        return {
            "increments": [
                {**row, "needs": [places[need] for need in row["needs"]]}
                for row in self._increments.values()
            ]
        }


def offered_templates(product: Product, *kinds: str) -> list[Template]:
    """Templates of these kinds for a choice, by name. One query."""
    rows = product.templates.filter(kind__in=kinds, retired_at=None)
    return list(rows.order_by("name", "pk"))
