"""What an asset is a variant of, which segments it renders, and that it is still right."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import into_form, page, show
from assets import access, varied
from assets.models import Asset, Segment
from assets.services import variants
from assets.variant_forms import VariantForm
from core.errors import Conflict, DomainError, Invalid
from core.htmx import go


@page
@require_http_methods(["GET", "HEAD", "POST"])
def variant(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Sent with ``act``: set, unset, follow or confirm."""
    actor = Actor.of(request)
    product = product_for(actor, key, "asset.upload")
    asset = access.asset_for(actor, pk, product=product)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    first = {
        "source": asset.variant_of_id,
        "kind": asset.variant_kind,
        "label": asset.variant_label,
    }
    form = VariantForm(request.POST if act == "set" else None, asset=asset, initial=first)
    error: DomainError | None = None
    status = 200
    if act:
        status = 422
        try:
            if act != "set" or form.is_valid():
                _act(request, actor, asset, act, form)
                return go(request, reverse("asset", args=[key, pk]))
        except (Invalid, Conflict) as refused:
            status = refused.status
            if act == "set":
                into_form(form, refused)
            else:
                error = refused
    stand = varied.stands([asset]).get(asset.pk) if asset.variant_of_id else None
    context = {
        "asset": asset,
        "stand": stand,
        "form": form,
        "segments": _segments(asset, stand) if stand else [],
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    return show(
        request, "assets/variant.html", context, product=product, active="assets", status=status
    )


def _act(request: HttpRequest, actor: Actor, asset: Asset, act: str, form: VariantForm) -> None:
    if act == "set":
        variants.set_variant(actor=actor, asset=asset, **form.cleaned_data)
        messages.success(request, _("It is a variant now."))
    elif act == "unset":
        variants.set_variant(actor=actor, asset=asset, source=None)
        messages.success(request, _("It is no variant any more."))
    elif act == "follow":
        keys = [int(each) for each in request.POST.getlist("segment") if each.isdecimal()]
        variants.follow_segments(
            actor=actor, asset=asset, keys=[key for key in keys if key < 1 << 31]
        )
        messages.success(request, _("What it renders is saved."))
    elif act == "confirm":
        variants.confirm(actor=actor, asset=asset, reason=request.POST.get("reason", ""))
        messages.success(request, _("It is confirmed as still right."))
    else:
        raise Invalid("Choose what is to be done. Nothing was changed.")


def _segments(asset: Asset, stand: varied.Stand) -> list[dict[str, Any]]:
    followed = set(asset.segment_maps.values_list("source_key", flat=True))
    rows = Segment.objects.filter(
        version__asset=asset.variant_of_id, version__number=stand.against
    ).order_by("position")
    return [
        {"key": row.key, "label": row.label, "followed": row.key in followed} for row in rows[:500]
    ]
