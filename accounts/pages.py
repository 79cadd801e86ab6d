"""How a page is put together: sign-in required, domain errors as readable pages, the frame's context."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import get_language, get_language_from_request

from accounts import rights
from accounts.access import products_of
from accounts.actors import Actor
from accounts.models import Product, User
from core.errors import DomainError
from core.htmx import current_path, into_toasts, vary, wants_fragment
from core.written import came_from, written

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page for signed-in people: in their language and zone, domain errors as an answer that says what to do."""
    return _signed_in(public_page(view))


def public_page(view: View) -> View:
    """A page for everybody, signed in or not. Otherwise as :func:`page`."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(zone_of(request.user)), translation.override(language_of(request)):
            try:
                response = view(request, *args, **kwargs)
            except DomainError as error:
                response = problem(request, error)
        return vary(response)

    return guarded


def _signed_in(view: View) -> View:
    """Login required; a fragment's request is told to go to the sign-in page as a whole, and back afterwards.

    Whoever was signed out while they wrote gets back what they wrote: a redirect would lose it.
    """
    guarded = login_required(view)

    @wraps(view)
    def check(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return guarded(request, *args, **kwargs)
        fragment = wants_fragment(request)
        back = current_path(request) if fragment else ""
        if (
            not fragment and request.method == "POST"
        ):  # an address that takes forms alone shows nothing
            back = came_from(request)
        sign_in_url = f"{reverse('sign-in')}?{urlencode({'next': back or '/'})}"
        if texts := written(request):
            return _session_ended(request, sign_in_url, texts, fragment=fragment)
        if fragment:
            response = HttpResponse(status=401)
            response["HX-Redirect"] = sign_in_url
            return response
        return guarded(request, *args, **kwargs) if not back else redirect(sign_in_url)

    return check


def _session_ended(
    request: HttpRequest, sign_in_url: str, texts: list[str], *, fragment: bool
) -> HttpResponse:
    """Nothing was saved. A fragment leaves the form as it stands, with a message above the page."""
    if fragment:
        return into_toasts(
            render(
                request,
                "accounts/session_ended_fragment.html",
                {"sign_in_url": sign_in_url},
                status=422,
            ),
            401,
        )
    context = {"sign_in_url": sign_in_url, "written": texts}
    return show(request, "accounts/session_ended.html", context, status=401)


def zone_of(user: Any) -> ZoneInfo:
    """The person's zone; UTC when it is not one."""
    try:
        return ZoneInfo(getattr(user, "time_zone", "UTC") or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def language_of(request: HttpRequest) -> str:
    """The person's language, else the one that the browser asks for among ours."""
    chosen = getattr(request.user, "language", "")
    return chosen if chosen in dict(settings.LANGUAGES) else get_language_from_request(request)


def into_form(form: Form, error: DomainError) -> None:
    """Show a service's refusal in the form: each sentence at its field, the rest above."""
    if not error.fields:
        form.add_error(None, error.detail)
    for name, lines in error.fields.items():
        for line in lines:
            form.add_error(name if name in form.fields else None, line)


def problem(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal as a page, or, for a fragment, as a message above the page with everything else left in place."""
    context: dict[str, Any] = {"error": error}
    asked: Any = error.extra.get("ask")
    if asked and asked["verb"] in import_string(f"{settings.WIRING}.REQUESTS"):
        context["ask_url"] = reverse("request-new", args=[asked["product"]])
        context["ask_verb"] = asked["verb"]
        typed = {"reason": request.POST["reason"][:500]} if request.POST.get("reason") else {}
        context["ask_payload"] = json.dumps({**asked["payload"], **typed})
    if wants_fragment(request):
        status = error.status if error.status in (409, 422) else 422
        return into_toasts(
            render(request, "frame/problem_fragment.html", context, status=status), error.status
        )
    context |= {"written": written(request), "back_url": came_from(request)}
    if not request.user.is_authenticated:
        return show(request, "accounts/problem.html", context, status=error.status)
    return show(request, "frame/problem.html", context, status=error.status)


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    product: Product | None = None,
    active: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render a page in the frame, or a fragment (``template#partial``) without it. ``active`` names the nav entry."""
    inner = dict(context or {})
    if "#" not in template and request.user.is_authenticated:
        inner = {**frame(request, product, active), **inner}
    inner.setdefault("product", product)
    inner.setdefault("LANGUAGE_CODE", get_language())
    return render(request, template, inner, status=status)


def frame(request: HttpRequest, product: Product | None, active: str) -> dict[str, Any]:
    """What ``base.html`` reads: rail, switcher, person, bell. Queries: products, bell, each counted nav entry."""
    actor = Actor.of(request)
    products = list(products_of(actor))
    user = request.user
    context: dict[str, Any] = {
        "products": [
            {
                "name": each.name,
                "url": reverse("work", args=[each.key]),
                "active": product and each.pk == product.pk,
            }
            for each in products
        ],
        "zone": getattr(user, "time_zone", ""),
        "theme": user.theme if isinstance(user, User) else "system",
        "density": getattr(user, "density", ""),
        "keys_off": not getattr(user, "single_keys", True),
        "theme_url": reverse("settings-theme"),
        "signout_url": reverse("sign-out"),
        "account_links": [
            {"label": "Your settings", "url": reverse("settings")},
            {"label": "API tokens", "url": reverse("settings-tokens")},
            {"label": "API documentation", "url": reverse("api-docs")},
        ],
    }
    if product is not None:
        context["nav"] = _nav(actor, product, active)
        context["search_url"] = reverse("search", args=[product.key])
        bell = import_string(import_string(f"{settings.WIRING}.NOTIFICATIONS"))
        context["notifications"] = bell(actor=actor, product=product)
        context["palette_url"] = reverse("search-palette", args=[product.key])
    return context


def _nav(actor: Actor, product: Product, active: str) -> list[dict[str, Any]]:
    entries = []
    for entry in import_string(f"{settings.WIRING}.NAV"):
        if "right" in entry and not rights.allowed(actor, entry["right"], product):
            continue
        waiting = (
            import_string(entry["count"])(actor=actor, product=product) if "count" in entry else 0
        )
        entries.append(
            {
                **entry,
                "url": reverse(entry["route"], args=[product.key]),
                "active": entry["route"] == active,
                "count": "999+" if waiting > 999 else waiting or None,
            }
        )
    return entries
