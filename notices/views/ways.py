"""How one's notifications come; and the way out that every mail carries."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, public_page, show
from core.htmx import go
from notices import access
from notices.forms import WaysForm
from notices.services import preferences


@page
def ways(request: HttpRequest, key: str) -> HttpResponse:
    """Read or change how each topic comes."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    chosen = preferences.ways_of(actor.person, product)
    form = WaysForm(request.POST or None, initial=chosen)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            preferences.set_ways(actor=actor, product=product, ways=form.cleaned_data)
            messages.success(request, _("Saved."))
            return go(request, reverse("notifications-ways", args=[product.key]))
    return show(request, "notices/ways.html", {"form": form}, product=product, status=status)


@csrf_exempt  # the link's secret is what authorises; mail programs post without a cookie (RFC 8058)
@public_page
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed way out, without signing in: GET asks, POST ends the mails. Idempotent."""
    membership = access.membership_for_token(token)
    done = request.method == "POST"
    if done:
        preferences.stop_mails(person=membership.user, product=membership.product)
    context = {"product_name": membership.product.name, "done": done}
    return show(request, "notices/stop.html", context)
