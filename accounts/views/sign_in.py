"""Coming in and going out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import demo, sessions
from accounts.forms import SignInForm
from accounts.pages import into_form, public_page, show
from accounts.services import people
from core.addresses import client_address
from core.errors import Invalid, TooMany
from core.htmx import go, safe_next


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@public_page
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password. The answer to a wrong one is the same whether the name is known or not."""
    target = safe_next(request, settings.LOGIN_REDIRECT_URL)
    if request.user.is_authenticated and request.method != "POST":
        return redirect(target)
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                user = people.check_password(
                    email=form.cleaned_data["email"],
                    password=form.cleaned_data["password"],
                    address=client_address(request),
                )
            except (Invalid, TooMany) as error:
                status = error.status
                into_form(form, error)
            else:
                sessions.begin(request, user)
                return go(request, target)
    context: dict[str, Any] = {"form": form, "next": target}
    if settings.BALLAST_DEMO:
        context |= {"demo_people": demo.people(), "demo_password": demo.PASSWORD}
    return show(request, "accounts/sign_in.html", context, status=status)


@require_POST
@public_page
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    logout(request)
    return go(request, reverse("sign-in"))
