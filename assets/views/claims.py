"""Claims of a script: marked, given a source, signed, withdrawn. Each act leads back to the version it was done in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from assets import access
from assets.forms import BasisForm, ClaimForm
from assets.models import Asset
from assets.services import claims
from assets.views.pages import version_context
from core.errors import Conflict, Invalid
from core.htmx import go


@page
@require_POST
def mark(request: HttpRequest, key: str, pk: int, number: int) -> HttpResponse:
    """Mark words of a version as a claim."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, "claim.mark", product)
    version = access.version_of(actor, asset, number)
    form = ClaimForm(request.POST, item=asset.item)
    status = 422
    if form.is_valid():
        try:
            made = claims.mark_claim(actor=actor, version=version, span=form.span(), **form.basis())
            messages.success(
                request, f"Claim {made.claim.number} is marked. It waits for a signature."
            )
            return go(request, _back(asset, number))
        except (Invalid, Conflict) as error:
            form.take(error)
            status = error.status
    context = version_context(actor, asset, version, claim_form=form)
    return show(
        request, "assets/asset.html", context, product=product, active="assets", status=status
    )


@page
@require_POST
def sign(request: HttpRequest, key: str, pk: int, number: int) -> HttpResponse:
    """Sign the chosen claims of a version."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asset = access.asset_for(actor, pk, "claim.sign", product)
    version = access.version_of(actor, asset, number)
    chosen = [int(each) for each in request.POST.getlist("claims") if each.isdecimal()][:500]
    try:
        signed = claims.sign_claims(actor=actor, version=version, numbers=chosen)
    except Invalid as error:
        messages.error(request, error.detail)
        return go(request, _back(asset, number))
    count = len(signed)
    messages.success(
        request, f"{count} claims are signed." if count != 1 else "The claim is signed."
    )
    return go(request, _back(asset, number))


@page
@require_POST
def edit(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Another source, or another line of the brief."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    claim = access.claim_for(actor, pk, "claim.mark", product)
    form = BasisForm(request.POST, item=claim.asset.item)
    if form.is_valid():
        claims.edit_claim(actor=actor, claim=claim, **form.basis())
        messages.success(request, f"Claim {claim.number} is changed.")
    else:
        problems = "; ".join(str(each[0]) for each in form.errors.values())
        messages.error(request, f"Claim {claim.number} was not changed: {problems}")
    return go(request, _back(claim.asset))


@page
@require_POST
def withdraw(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """It is no claim any more."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    claim = access.claim_for(actor, pk, "claim.mark", product)
    claims.withdraw_claim(actor=actor, claim=claim)
    messages.success(request, f"Claim {claim.number} is withdrawn.")
    return go(request, _back(claim.asset))


def _back(asset: Asset, number: int | None = None) -> str:
    address = [asset.product.key, asset.pk, number or asset.versions_count]
    return reverse("asset-version", args=address) + "#claims"
