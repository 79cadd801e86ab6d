"""A person's own settings: profile, theme, API tokens, browsers that are signed in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.actors import Actor
from accounts.forms import SettingsForm, TokenForm
from accounts.pages import into_form, page, show
from accounts.services import people, sessions, tokens
from core.errors import Invalid
from core.htmx import go, safe_next, wants_fragment

read_or_send = require_http_methods(["GET", "HEAD", "POST"])
read = require_http_methods(["GET", "HEAD"])


@read_or_send
@page
def profile(request: HttpRequest) -> HttpResponse:
    """Name, zone, language, looks."""
    actor = Actor.of(request)
    form = SettingsForm(request.POST or None, initial=_initial(actor))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                people.edit_settings(actor=actor, **form.cleaned_data)
            except Invalid as error:
                into_form(form, error)
            else:
                messages.success(request, _("Your settings are saved."))
                return go(request, reverse("settings"))
    context = {"form": form, "zones": people.zones(), "now": timezone.now(), "tab": "profile"}
    return show(request, "accounts/settings_profile.html", context, status=status)


def _initial(actor: Actor) -> dict[str, Any]:
    names = ("name", "time_zone", "language", "theme", "density", "single_keys")
    return {name: getattr(actor.user, name) for name in names}


@require_POST
@page
def theme(request: HttpRequest) -> HttpResponse:
    """From the person's menu: light, dark, or as the device says."""
    people.set_theme(actor=Actor.of(request), theme=request.POST.get("theme", ""))
    if wants_fragment(request):
        return HttpResponse(status=204)
    return go(request, safe_next(request, reverse("settings")))


@read_or_send
@page
def token_list(request: HttpRequest) -> HttpResponse:
    """One's own tokens. A new one is shown on the answer to the form that made it, and never again."""
    actor = Actor.of(request)
    products = list(access.products_of(actor))
    form = TokenForm(request.POST or None, products=[(each.key, each.name) for each in products])
    context: dict[str, Any] = {"form": form, "products": products, "tab": "tokens"}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = dict(form.cleaned_data)
            key = data.pop("product")
            product = access.product_for(actor, key) if key else None
            try:
                _row, context["secret"] = tokens.create_token(
                    actor=actor, user=actor.person, product=product, **data
                )
            except Invalid as error:
                into_form(form, error)
            else:
                status = 201
                context["form"] = TokenForm(products=form.fields["product"].choices[1:])  # type: ignore[attr-defined]
    context["tokens"] = access.tokens_of(actor)
    return show(request, "accounts/settings_tokens.html", context, status=status)


@require_POST
@page
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw one of one's own tokens."""
    actor = Actor.of(request)
    token = access.token_for(actor, pk)
    tokens.revoke_token(actor=actor, token=token)
    messages.success(
        request,
        _("“%(name)s” is withdrawn. The next request with it is refused.") % {"name": token.name},
    )
    return go(request, reverse("settings-tokens"))


@read
@page
def session_list(request: HttpRequest) -> HttpResponse:
    """The browsers that are signed in as this person."""
    found = sessions.browsers_of(Actor.of(request), request.session.session_key or "")
    return show(request, "accounts/settings_sessions.html", {"browsers": found, "tab": "sessions"})


@require_POST
@page
def session_end(request: HttpRequest, handle: str) -> HttpResponse:
    """Sign one browser out."""
    sessions.end_session(actor=Actor.of(request), given=handle)
    messages.success(request, _("That browser is signed out."))
    return go(request, reverse("settings-sessions"))


@require_POST
@page
def session_end_others(request: HttpRequest) -> HttpResponse:
    """Sign out every browser but this one."""
    count = sessions.end_others(
        actor=Actor.of(request), current_key=request.session.session_key or ""
    )
    said = ngettext(
        "%(n)d other browser is signed out.", "%(n)d other browsers are signed out.", count
    )
    messages.success(request, said % {"n": count})
    return go(request, reverse("settings-sessions"))
