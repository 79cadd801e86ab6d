"""Input rules of the page of a variant."""

from __future__ import annotations

from typing import Any

from django import forms

from assets.models import Asset
from assets.services.variants import LABEL_LIMIT
from assets.vocabulary import VariantKind


class VariantForm(forms.Form):
    """What an asset is a variant of. Sources are those of the same product that are no variants themselves."""

    source = forms.ModelChoiceField(Asset.objects.none(), label="Source")
    kind = forms.ChoiceField(choices=VariantKind.choices)
    label = forms.CharField(max_length=LABEL_LIMIT, help_text="Such as de-DE, 9:16 or 30 s.")
    made_from = forms.IntegerField(
        min_value=1,
        required=False,
        label="Made from version",
        help_text="Empty: the one in force, or the newest.",
    )

    def __init__(self, *args: Any, asset: Asset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Asset.objects.filter(product=asset.product_id, variant_of=None)
        self.fields["source"].queryset = rows.exclude(pk=asset.pk).order_by("name", "pk")  # type: ignore[attr-defined]
