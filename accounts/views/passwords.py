"""Changing a password, and setting a new one by a link from a mail."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import sessions
from accounts.actors import Actor
from accounts.forms import ChangePasswordForm, ForgotForm, NewPasswordForm
from accounts.pages import into_form, page, public_page, show
from accounts.services import people
from core.addresses import client_address
from core.errors import Invalid, TooMany
from core.htmx import go

read_or_send = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters()
@read_or_send
@page
def change(request: HttpRequest) -> HttpResponse:
    """Set a new password, knowing the current one. Every other browser is signed out."""
    form = ChangePasswordForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                user = people.change_password(
                    actor=Actor.of(request),
                    current=form.cleaned_data["current"],
                    new=form.cleaned_data["new"],
                    address=client_address(request),
                )
            except (Invalid, TooMany) as error:
                status = error.status
                into_form(form, error)
            else:
                sessions.renew(request, user)
                messages.success(
                    request, _("Your password is changed. Every other browser is signed out.")
                )
                return go(request, reverse("settings-password"))
    return show(
        request, "accounts/settings_password.html", {"form": form, "tab": "password"}, status=status
    )


@read_or_send
@public_page
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail. The answer is the same for every address."""
    form = ForgotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.ask_reset(email=form.cleaned_data["email"], address=client_address(request))
        return go(request, reverse("forgot-password-sent"))
    status = 422 if request.method == "POST" else 200
    return show(request, "accounts/forgot_password.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD"])
@public_page
def forgot_sent(request: HttpRequest) -> HttpResponse:
    """What happens next, for known and unknown addresses alike."""
    return show(request, "accounts/forgot_password_sent.html")


@sensitive_post_parameters()
@read_or_send
@public_page
def new_password(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """The page that the link leads to; the link works once."""
    person = people.person_of_link(uid, token)
    form = NewPasswordForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                people.reset_password(uid=uid, token=token, new=form.cleaned_data["new"])
            except Invalid as error:
                into_form(form, error)
            else:
                messages.success(request, _("Your password is set. Sign in with it."))
                return redirect("sign-in")
    return show(
        request, "accounts/new_password.html", {"form": form, "person": person}, status=status
    )
