"""Input rules of the pages of assets. What the file is, and whether it may be stored, the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from assets import selectors
from assets.services.assets import NAME_LIMIT
from assets.services.claims import SOURCE_LIMIT, Span
from assets.services.versions import RATIONALE_LIMIT
from backlog.models import Increment, Item
from core.errors import DomainError, Invalid


class UploadForm(forms.Form):
    """A file and the reason for it."""

    file = forms.FileField(label="File", allow_empty_file=True, widget=forms.FileInput())
    rationale = forms.CharField(
        label="Why this version",
        max_length=RATIONALE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What changed, and what for. It stays with the version.",
    )

    def take(self, error: DomainError) -> None:
        """Show a refusal at the fields it names, else above the form."""
        placed = False
        for name, lines in error.fields.items():
            if name in self.fields:
                self.add_error(name, [error.detail, *lines] if not placed else lines)
                placed = True
        if not placed:
            self.add_error(None, error.detail)


def increment_of(item: Item, pk: object) -> Increment | None:
    """An increment of an item, or None where none is named. Raises Invalid for any other."""
    if pk in (None, ""):
        return None
    found = item.increments.filter(pk=int(str(pk))).first() if str(pk).isdecimal() else None
    if found is None:
        raise Invalid(
            "There is no such increment of this item. Nothing was saved.",
            fields={"increment": ["Choose one of this item."]},
        )
    return found


class ClaimForm(forms.Form):
    """Where a claim's words stand, what it rests on, and the line of the brief that it serves."""

    first_line = forms.IntegerField(min_value=1, max_value=1_000_000, label="From line")
    last_line = forms.IntegerField(
        min_value=1, max_value=1_000_000, label="To line", required=False
    )
    first_column = forms.IntegerField(
        min_value=0, max_value=1_000_000, required=False, widget=forms.HiddenInput()
    )
    last_column = forms.IntegerField(
        min_value=0, max_value=1_000_000, required=False, widget=forms.HiddenInput()
    )
    source = forms.CharField(max_length=SOURCE_LIMIT, required=False, label="Source")
    source_url = forms.URLField(
        max_length=500, required=False, label="Its address", assume_scheme="https"
    )
    brief_line = forms.ChoiceField(required=False, label="Line of the brief")

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {str(each.pk): each for each in selectors.brief_lines_of(item)}
        field = self.fields["brief_line"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "None"),
            *((pk, f"{each.key} {each.text[:80]}") for pk, each in self.lines.items()),
        ]

    def span(self) -> Span:
        """The words, once the form is valid."""
        data = self.cleaned_data
        return Span(
            data["first_line"],
            data["last_line"] or data["first_line"],
            data["first_column"] or 0,
            data["last_column"],
        )

    def basis(self) -> dict[str, Any]:
        """What the claim rests on, as its services take it."""
        data = self.cleaned_data
        return {
            "source": data["source"],
            "source_url": data["source_url"],
            "brief_line": self.lines.get(data["brief_line"]),
        }

    def take(self, error: DomainError) -> None:
        """Show a refusal above the form."""
        self.add_error(None, error.detail)


class BasisForm(ClaimForm):
    """What a claim rests on, without its words."""

    first_line = last_line = first_column = last_column = None  # type: ignore[assignment]


class WritingForm(forms.Form):
    """A script as it is written, on the version that it was read from."""

    text = forms.CharField(
        label="Text",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "true", "class": "writing"}),
    )
    rationale = forms.CharField(
        label="Why this version",
        max_length=RATIONALE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What changed, and what for. It stays with the version.",
    )
    base = forms.IntegerField(min_value=1, max_value=10_000_000, widget=forms.HiddenInput())

    def take(self, error: DomainError) -> None:
        """Show a refusal at the fields it names, else above the form."""
        UploadForm.take(self, error)  # type: ignore[arg-type]


class NewScriptForm(WritingForm):
    """A script from nothing."""

    name = forms.CharField(max_length=NAME_LIMIT, label="Name")
    media_type = forms.ChoiceField(
        label="Form",
        choices=[
            ("text/fountain", "Fountain (screenplay)"),
            ("text/markdown", "Markdown"),
            ("text/plain", "Plain text"),
        ],
    )
    increment = forms.ChoiceField(required=False, label="Increment it is made for")
    base = None  # type: ignore[assignment]
    field_order = ("name", "media_type", "increment", "text", "rationale")

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.increments = _choose_increment(self, item)

    def chosen_increment(self) -> Increment | None:
        """What the asset is made for, once the form is valid."""
        return self.increments.get(self.cleaned_data.get("increment", ""))


class AssetForm(UploadForm):
    """A new asset: its name may be left to the file; ``item``: whose increments can be chosen."""

    name = forms.CharField(
        required=False,
        max_length=NAME_LIMIT,
        label="Name",
        help_text="Empty: as the file is called.",
    )
    increment = forms.ChoiceField(required=False, label="Increment it is made for")
    field_order = ("file", "name", "increment", "rationale")

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.increments = _choose_increment(self, item)

    def chosen_increment(self) -> Increment | None:
        """What the asset is made for, once the form is valid."""
        return self.increments.get(self.cleaned_data.get("increment", ""))


class AssetEditForm(forms.Form):
    """What an asset is called, and what it is made for."""

    name = forms.CharField(max_length=NAME_LIMIT, label="Name")
    increment = forms.ChoiceField(required=False, label="Increment it is made for")

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.increments = _choose_increment(self, item)

    def chosen_increment(self) -> Increment | None:
        """What the asset is made for, once the form is valid."""
        return self.increments.get(self.cleaned_data.get("increment", ""))


def _choose_increment(form: forms.Form, item: Item) -> dict[str, Increment]:
    """Fill the choices; an item without increments asks nothing."""
    found = {str(each.pk): each for each in item.increments.order_by("position", "pk")[:200]}
    field = form.fields["increment"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = [("", "None"), *((pk, each.title) for pk, each in found.items())]
    if not found:
        del form.fields["increment"]
    return found
