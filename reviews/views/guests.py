"""Guests of a review: the links that members make, and the one page that a guest sees.

Whoever holds a link is let in by the link alone. No session is made; who knew the password carries a signed cookie that
only the guests' addresses get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, public_page, show
from assets import serving
from assets.access import preview_of
from assets.viewing import viewer
from core.addresses import client_address
from core.errors import Conflict, Invalid, NotFound, TooMany
from core.htmx import go
from reviews import access
from reviews.guest_forms import GuestForm, GuestNoteForm, GuestPasswordForm
from reviews.guests import guest_box, link_for, notes_for_guest, stages_for_guest
from reviews.models import GuestLink
from reviews.services import guests
from reviews.threads import marks, note_box
from reviews.vocabulary import CycleState

PASS_SECONDS = 12 * 3600

# --- Members ------------------------------------------------------------------------------------------


@sensitive_post_parameters("password")
@page
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Who may see the round by a link; make another. The link is shown once, in the answer that made it."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    cycle = access.cycle_for(actor, pk, "review.invite", product=product)
    form = GuestForm(request.POST if request.method == "POST" else None)
    made, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = guests.invite(actor=actor, cycle=cycle, **form.cleaned_data)
            except (Invalid, Conflict) as error:
                form.take(error)
                status = error.status
            else:
                form, status = GuestForm(), 200
    context = {"cycle": cycle, "asset": cycle.asset, "form": form, "made": made}
    context |= guest_box(actor, cycle)
    return show(
        request, "reviews/guests.html", context, product=product, active="reviews", status=status
    )


@page
@require_POST
def revoke(request: HttpRequest, key: str, pk: int, link: int) -> HttpResponse:
    """End a link at once."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    cycle = access.cycle_for(actor, pk, "review.invite", product=product)
    found = link_for(actor, cycle, link)
    guests.revoke(actor=actor, link=found)
    messages.success(request, f"The link of {found.name} has ended.")
    return go(request, reverse("review-guests", args=[key, pk]))


# --- Guests -------------------------------------------------------------------------------------------

View = Callable[..., HttpResponseBase]


def for_guests(view: View) -> View:
    """A view of (request, link, secret): an ended or unknown link answers 404, whatever a guest asks for."""

    def checked(request: HttpRequest, secret: str, **more: Any) -> HttpResponseBase:
        try:
            link = guests.link_of(secret)
            return view(request, link, secret, **more)
        except NotFound as error:
            who = getattr(error, "who", "")
            return show(request, "reviews/guest_ended.html", _alone(request, who=who), status=404)

    guarded: View = public_page(checked)  # type: ignore[arg-type]

    @wraps(view)
    def quiet(request: HttpRequest, secret: str, **more: Any) -> HttpResponseBase:
        response = guarded(request, secret, **more)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        # A page with a form needs an Origin that is not "null", so its own origin (only) may hear of the address.
        response.setdefault("Referrer-Policy", "no-referrer")
        return response

    return quiet


def _alone(request: HttpRequest, **context: Any) -> dict[str, Any]:
    """Nothing of the frame: whoever is signed in sees the guest's page as the guest does."""
    return {"nav": None, "products": [], "palette_url": "", "search_url": "", **context}


def _cookie(link: GuestLink) -> str:
    return f"guest-{link.pk}"


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="ballast.guest")


def knows_password(request: HttpRequest, link: GuestLink) -> bool:
    """Whether the link has no password, or this browser gave it in the last twelve hours."""
    if not link.password:
        return True
    try:
        value = _signer().unsign(request.COOKIES.get(_cookie(link), ""), max_age=PASS_SECONDS)
    except BadSignature:
        return False
    return value == guests.pass_of(link)


@require_safe
@for_guests
def guest(request: HttpRequest, link: GuestLink, secret: str) -> HttpResponse:
    """The version of the round and what is said about it, or the question for the password."""
    if not knows_password(request, link):
        return _ask(request, secret, GuestPasswordForm())
    guests.visited(link)
    form = GuestNoteForm(kind=link.cycle.version.kind)
    return _shown(request, link, secret, form, asked=request.GET)


@sensitive_post_parameters("password")
@require_POST
@for_guests
def unlock(request: HttpRequest, link: GuestLink, secret: str) -> HttpResponse:
    """Take the password, and let this browser in for twelve hours."""
    form = GuestPasswordForm(request.POST)
    if not form.is_valid():
        return _ask(request, secret, form, 422)
    try:
        guests.unlock(
            link=link, password=form.cleaned_data["password"], address=client_address(request)
        )
    except (Invalid, TooMany) as error:
        form.take(error)
        return _ask(request, secret, form, error.status)
    response = redirect("guest", secret=secret)
    response.set_cookie(
        _cookie(link),
        _signer().sign(guests.pass_of(link)),
        max_age=PASS_SECONDS,
        path="/guest/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_POST
@for_guests
def note(request: HttpRequest, link: GuestLink, secret: str) -> HttpResponse:
    """A guest's remark."""
    _let_in(request, link)
    if not link.may_comment:
        raise NotFound
    form = GuestNoteForm(request.POST, kind=link.cycle.version.kind)
    if not form.is_valid():
        return _shown(request, link, secret, form, 422)
    try:
        made = guests.note(link=link, body=form.cleaned_data["body"], anchor=form.anchor())
    except (Invalid, Conflict, TooMany) as error:
        form.take(error)
        return _shown(request, link, secret, form, error.status)
    return redirect(f"{reverse('guest', args=[secret])}?note={made.pk}#note-{made.pk}")


@require_safe
@for_guests
def content(request: HttpRequest, link: GuestLink, secret: str) -> HttpResponseBase:
    """The bytes of the round's version, to look at. A type that is not shown is a download, which takes the right."""
    _let_in(request, link)
    if not (link.cycle.version.shown or link.may_download):
        raise NotFound
    return serving.content(request, link.cycle.version, inline=True)


@require_safe
@for_guests
def download(request: HttpRequest, link: GuestLink, secret: str) -> HttpResponseBase:
    """The bytes as a file, where the link allows it."""
    _let_in(request, link)
    if not link.may_download:
        raise NotFound
    return serving.content(request, link.cycle.version, inline=False)


@require_safe
@for_guests
def preview(
    request: HttpRequest, link: GuestLink, secret: str, kind: str, at: int
) -> HttpResponseBase:
    """A picture or figures that a worker made of the round's version."""
    _let_in(request, link)
    return serving.preview(request, preview_of(link.cycle.version, kind, at))


def _let_in(request: HttpRequest, link: GuestLink) -> None:
    if not knows_password(request, link):
        raise NotFound


def _ask(
    request: HttpRequest, secret: str, form: GuestPasswordForm, status: int = 200
) -> HttpResponse:
    context = _alone(request, form=form, secret=secret)
    response = show(request, "reviews/guest_password.html", context, status=status)
    response["Referrer-Policy"] = "same-origin"
    return response


def _shown(
    request: HttpRequest,
    link: GuestLink,
    secret: str,
    form: GuestNoteForm,
    status: int = 200,
    asked: Mapping[str, str] | None = None,
) -> HttpResponse:
    cycle = link.cycle
    notes = note_box(
        notes_for_guest(cycle),
        reader=None,
        stages=stages_for_guest(cycle),
        asked=asked or {},
        here=reverse("guest", args=[secret]),
    )
    context = _alone(
        request,
        link=link,
        cycle=cycle,
        version=cycle.version,
        secret=secret,
        note_form=form,
        notes=notes,
        may_comment=link.may_comment and cycle.state == CycleState.OPEN,
        viewer=viewer(
            cycle.version,
            marks=marks(notes["listed"]),
            content_url=reverse("guest-content", args=[secret]),
            download_url=reverse("guest-download", args=[secret]) if link.may_download else "",
            preview_url=lambda kind, at: reverse("guest-preview", args=[secret, kind, at]),
        ),
    )
    response = show(request, "reviews/guest.html", context, status=status)
    if context["may_comment"]:
        response["Referrer-Policy"] = "same-origin"
    return response
