"""Input rules of the pages of placements and publication."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Product, User
from assets.models import Asset, Placement
from assets.services.placements import LOCALE_LIMIT, NOTE_LIMIT, PLACE_LIMIT
from assets.vocabulary import Environment
from backlog import access
from backlog.models import Channel, Program
from backlog.services import words


class Listed(forms.TextInput):
    """A line of text with the words that are there already to choose from."""

    def __init__(self, listed: str) -> None:
        super().__init__(attrs={"list": listed, "autocomplete": "off"})


class PlacementForm(forms.Form):
    """A place where an asset is shown."""

    channel = forms.CharField(
        max_length=80, help_text="Learning platform, website, in-product help …"
    )
    place = forms.CharField(
        max_length=PLACE_LIMIT,
        label="Where",
        help_text="The page, module or address within the channel.",
    )
    program = forms.CharField(max_length=80, required=False)
    environment = forms.ChoiceField(choices=Environment.choices, initial=Environment.PRODUCTION)
    locale = forms.CharField(
        max_length=LOCALE_LIMIT, required=False, help_text="Such as de-DE; empty: all."
    )
    owner = forms.ModelChoiceField(
        User.objects.none(), required=False, help_text="Whose task a replacement is."
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.product = product
        self.fields["owner"].queryset = access.members(product)  # type: ignore[attr-defined]
        self.fields["channel"].widget = Listed("channels")
        self.fields["program"].widget = Listed("programs")

    def values(self) -> dict[str, Any]:
        """What the services take; words that are new are not kept yet."""
        data = dict(self.cleaned_data)
        data.pop("version", None)
        data.pop("since", None)
        data.pop("revision", None)
        for name, model in (("channel", Channel), ("program", Program)):
            found = words.proposed(model, product=self.product, names=[data[name]])
            data[name] = found.get(data[name])
        return data


class NewPlacementForm(PlacementForm):
    """With what stands there already."""

    version = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label="Stands there already"
    )
    since = forms.DateTimeField(
        required=False,
        label="Since",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="When that was deployed. Empty: now.",
    )

    def __init__(self, *args: Any, asset: Asset, **kwargs: Any) -> None:
        super().__init__(*args, product=asset.product, **kwargs)
        choices = [("", "Nobody knows")] + [
            (str(number), f"Version {number}") for number in range(asset.versions_count, 0, -1)
        ]
        self.fields["version"].choices = choices  # type: ignore[attr-defined]


class EditPlacementForm(PlacementForm):
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    @staticmethod
    def first(placement: Placement) -> dict[str, Any]:
        """What stands there now."""
        return {
            "channel": placement.channel.name,
            "program": placement.program.name if placement.program else "",
            "environment": placement.environment,
            "locale": placement.locale,
            "place": placement.place,
            "owner": placement.owner_id,
            "revision": placement.revision,
        }


class DeployForm(forms.Form):
    """A version that went to a placement."""

    version = forms.TypedChoiceField(coerce=int)
    at = forms.DateTimeField(
        required=False,
        label="When",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="Empty: now.",
    )
    note = forms.CharField(
        max_length=NOTE_LIMIT,
        required=False,
        help_text="Needed where the version is not approved: why it stands there all the same.",
    )

    def __init__(self, *args: Any, asset: Asset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = asset.versions.order_by("-number").values_list("number", "state")
        self.fields["version"].choices = [  # type: ignore[attr-defined]
            (
                str(number),
                f"Version {number}, "
                + ("in force" if number == asset.published_version else state),
            )
            for number, state in rows
        ]


class NoteForm(forms.Form):
    """A sentence that is needed."""

    reason = forms.CharField(max_length=NOTE_LIMIT, label="Why")


class AssignForm(forms.Form):
    """Who replaces it, until when."""

    owner = forms.ModelChoiceField(User.objects.none(), required=False)
    due_on = forms.DateField(
        required=False,
        label="Until",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(max_length=NOTE_LIMIT, required=False)

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = access.members(product)  # type: ignore[attr-defined]
