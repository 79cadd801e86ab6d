"""What the pages of a person take in. Rules that hold for the API too stand in the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, User
from accounts.services.tokens import LONGEST_DAYS

PASSWORD_LIMIT = 256


class PasswordInput(forms.CharField):
    """A password: never stripped, never shown again, of a length that hashing can bear."""

    def __init__(self, *, new: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", PASSWORD_LIMIT)
        autocomplete = "new-password" if new else "current-password"
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(strip=False, widget=widget, **kwargs)


def email_field(**attrs: str) -> forms.EmailField:
    widget = forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false", **attrs})
    return forms.EmailField(label=_("E-mail"), max_length=254, widget=widget)


NEW_PASSWORD_HELP = _(
    "At least 10 characters, longer is better: three or four words that do not belong together."
)


class SignInForm(forms.Form):
    email = email_field(autofocus="")
    password = PasswordInput(label=_("Password"))


class ForgotForm(forms.Form):
    email = email_field(autofocus="")


class NewPasswordForm(forms.Form):
    new = PasswordInput(new=True, label=_("New password"), help_text=NEW_PASSWORD_HELP)


class ChangePasswordForm(forms.Form):
    current = PasswordInput(label=_("Current password"))
    new = PasswordInput(new=True, label=_("New password"), help_text=NEW_PASSWORD_HELP)


class SettingsForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=_("Clear the field and type a city or a region, such as Lisbon."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=lambda: [("", _("As the browser asks")), *settings.LANGUAGES],
    )
    theme = forms.ChoiceField(
        label=_("Theme"), choices=User.Theme.choices, widget=forms.RadioSelect
    )
    density = forms.ChoiceField(
        label=_("Rows in lists"),
        required=False,
        choices=User.Density.choices,
        widget=forms.RadioSelect,
    )
    single_keys = forms.BooleanField(
        label=_("Single keys work as shortcuts"),
        required=False,
        help_text=_("Turn this off when speech input or another tool types letters by itself."),
    )


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        help_text=_("Such as “nightly import from the support desk”."),
    )
    scope = forms.ChoiceField(
        label=_("May"), choices=ApiToken.Scope.choices, widget=forms.RadioSelect, initial="read"
    )
    product = forms.ChoiceField(label=_("Product"), required=False)
    days = forms.IntegerField(
        label=_("Works for days"), min_value=1, max_value=LONGEST_DAYS, initial=90
    )

    def __init__(self, *args: Any, products: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = [("", _("All of mine")), *products]  # type: ignore[attr-defined]
