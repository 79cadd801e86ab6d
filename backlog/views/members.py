"""Members of a product, invitations to it, and accepting one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import rights, sessions
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Invitation
from accounts.pages import into_form, page, public_page, show
from backlog import access
from backlog.forms import InviteForm, JoinForm
from backlog.services import members
from core.errors import Conflict, Invalid
from core.htmx import go


@page
def member_list(request: HttpRequest, key: str) -> HttpResponse:
    """Who is a member, and as what. Those with the right invite here; the link is shown once."""
    actor = Actor.of(request)
    product = product_for(
        actor, key, "member.manage" if request.method == "POST" else "product.read"
    )
    may_manage = rights.allowed(actor, "member.manage", product)
    roles = members.grantable(actor, product)
    form = InviteForm(request.POST or None, roles=roles)
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                context["invited"] = members.invite(
                    actor=actor, product=product, **form.cleaned_data
                )
            except (Invalid, Conflict) as error:
                into_form(form, error)
            else:
                status = 201
                form = InviteForm(roles=roles)
    context |= {
        "members": list(access.memberships_in(product)),
        "invitations": members.open_invitations(product) if may_manage else [],
        "may_manage": may_manage,
        "roles": roles,
        "granted": [value for value, _label in roles],
        "form": form,
        "tab": "members",
    }
    return show(
        request,
        "backlog/members.html",
        context,
        product=product,
        active="product-settings",
        status=status,
    )


@page
def member_role(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Give a member another role."""
    actor = Actor.of(request)
    product = product_for(actor, key, "member.manage")
    membership = members.change_role(
        actor=actor,
        membership=access.membership_for(actor, product, pk),
        role=request.POST.get("role", ""),
        reason=request.POST.get("reason", ""),
    )
    said = _("%(name)s is now %(role)s.")
    messages.success(
        request, said % {"name": membership.user, "role": membership.get_role_display().lower()}
    )
    return go(request, reverse("members", args=[product.key]))


@page
def member_remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """End a membership: somebody's, or one's own."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    membership = access.membership_for(actor, product, pk)
    members.remove_member(actor=actor, membership=membership, reason=request.POST.get("reason", ""))
    if membership.user == request.user:
        messages.success(request, _("You left %(name)s.") % {"name": product.name})
        return go(request, reverse("home"))
    messages.success(request, _("%(name)s is no longer a member.") % {"name": membership.user})
    return go(request, reverse("members", args=[product.key]))


@page
def invitation_withdraw(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Make an open invitation useless."""
    actor = Actor.of(request)
    product = product_for(actor, key, "member.manage")
    invitation = access.invitation_for(actor, product, pk)
    members.withdraw(actor=actor, invitation=invitation)
    messages.success(
        request, _("The invitation of %(email)s is withdrawn.") % {"email": invitation.email}
    )
    return go(request, reverse("members", args=[product.key]))


@sensitive_post_parameters("password")
@public_page
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Where an invitation's link leads: make the account, or join with the one that is signed in."""
    invitation = members.invitation_of(secret)
    if request.user.is_authenticated:
        return _join_signed_in(request, secret, invitation)
    if members.has_account(invitation):
        return show(request, "backlog/join.html", {"invitation": invitation, "sign_in_first": True})
    form = JoinForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                membership = members.join_new(secret=secret, **form.cleaned_data)
            except (Invalid, Conflict) as error:
                into_form(form, error)
            else:
                sessions.begin(request, membership.user)
                return redirect("work", invitation.product.key)
    return show(
        request, "backlog/join.html", {"invitation": invitation, "form": form}, status=status
    )


def _join_signed_in(request: HttpRequest, secret: str, invitation: Invitation) -> HttpResponse:
    actor = Actor.of(request)
    if actor.person.email != invitation.email:
        raise members.for_another()
    if request.method == "POST":
        members.join(actor=actor, secret=secret)
        messages.success(
            request, _("You are a member of %(name)s now.") % {"name": invitation.product.name}
        )
        return go(request, reverse("work", args=[invitation.product.key]))
    return show(request, "backlog/join.html", {"invitation": invitation})
