"""Members, invitations and decision rights over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from accounts.models import Invitation, Membership, Product
from accounts.roles import ACTIONS, Role
from backlog import access
from backlog.services import decision_rights, members
from core.api.serializers import Line, Shape, checked


class MemberRow(Shape):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    active = serializers.BooleanField(help_text="false: the account is shut")
    since = serializers.DateTimeField()


class RoleInput(Shape):
    role = serializers.ChoiceField(Role.choices)
    reason = Line(max_length=500, required=False, allow_blank=True)


class InvitationInput(Shape):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(Role.choices)


class InvitationRow(Shape):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(Role.choices)
    invited_by = serializers.EmailField()
    expires_at = serializers.DateTimeField()
    mailed = serializers.BooleanField(
        required=False, help_text="on the answer to the invitation itself"
    )


class RightRow(Shape):
    action = serializers.CharField()
    words = serializers.CharField(help_text="what somebody who holds it may do")
    roles = serializers.ListField(child=serializers.CharField())


class RightsTable(Shape):
    version = serializers.CharField(help_text="send it back with a change")
    rights = RightRow(many=True)


class RightChange(Shape):
    action = serializers.ChoiceField(sorted(ACTIONS))
    role = serializers.ChoiceField(Role.choices)
    allowed = serializers.BooleanField()


class RightsInput(Shape):
    version = Line(max_length=40)
    changes = RightChange(many=True)
    reason = Line(max_length=500, required=False, allow_blank=True)


def _member(row: Membership) -> dict[str, Any]:
    return {
        "id": row.pk,
        "email": row.user.email,
        "name": row.user.name,
        "role": row.role,
        "active": row.user.is_active,
        "since": row.created_at,
    }


def _invitation(row: Invitation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "email": row.email,
        "role": row.role,
        "invited_by": row.invited_by.email,
        "expires_at": row.expires_at,
    }


@documented(summary="List members", responses={200: MemberRow(many=True)}, tags=["members"])
def list_members(request: Request, key: str) -> Response:
    """Who is a member and as what, by name."""
    product = product_for(actor_of(request), key)
    return Response([_member(row) for row in access.memberships_in(product)])


@documented(
    summary="Change a member's role",
    request=RoleInput,
    responses={200: MemberRow},
    tags=["members"],
)
def change_member(request: Request, key: str, pk: int) -> Response:
    """Nobody gives a role above their own, and a product keeps an administrator."""
    actor = actor_of(request)
    product = product_for(actor, key, "member.manage")
    membership = access.membership_for(actor, product, pk)
    data = checked(RoleInput, request)
    done = members.change_role(actor=actor, membership=membership, **data)
    return Response(_member(done))


@documented(summary="Remove a member", responses={204: None}, tags=["members"])
def remove_member(request: Request, key: str, pk: int) -> Response:
    """What they did stays under their name."""
    actor = actor_of(request)
    product = product_for(actor, key, "member.manage")
    members.remove_member(actor=actor, membership=access.membership_for(actor, product, pk))
    return Response(status=204)


@documented(
    summary="List open invitations", responses={200: InvitationRow(many=True)}, tags=["members"]
)
def list_invitations(request: Request, key: str) -> Response:
    """Invitations that can still be accepted, newest first."""
    product = product_for(actor_of(request), key, "member.manage")
    return Response([_invitation(row) for row in members.open_invitations(product)])


@documented(
    summary="Invite somebody",
    request=InvitationInput,
    responses={201: InvitationRow},
    tags=["members"],
)
def invite(request: Request, key: str) -> Response:
    """Mail a link that works once, for seven days. The link itself is in the mail only."""
    actor = actor_of(request)
    product = product_for(actor, key, "member.manage")
    data = checked(InvitationInput, request)
    made = members.invite(actor=actor, product=product, **data)
    return Response({**_invitation(made.invitation), "mailed": made.mailed}, status=201)


@documented(summary="Withdraw an invitation", responses={204: None}, tags=["members"])
def withdraw_invitation(request: Request, key: str, pk: int) -> Response:
    """The link in the mail stops working."""
    actor = actor_of(request)
    product = product_for(actor, key, "member.manage")
    members.withdraw(actor=actor, invitation=access.invitation_for(actor, product, pk))
    return Response(status=204)


def _table(product: Product) -> dict[str, Any]:
    now = decision_rights.matrix(product)
    rights = [
        {
            "action": action,
            "words": words,
            "roles": [role for role in Role.values if now.cells[action, role]],
        }
        for action, (words, _holders) in ACTIONS.items()
    ]
    return {"version": now.version, "rights": rights}


@documented(summary="Decision rights", responses={200: RightsTable}, tags=["members"])
def read_rights(request: Request, key: str) -> Response:
    """Which roles hold which right."""
    return Response(_table(product_for(actor_of(request), key)))


@documented(
    summary="Change decision rights",
    request=RightsInput,
    responses={200: RightsTable},
    tags=["members"],
)
def change_rights(request: Request, key: str) -> Response:
    """Give or take rights, all or none; refused when somebody changed them since `version`."""
    actor = actor_of(request)
    product = product_for(actor, key, "rights.manage")
    data = checked(RightsInput, request)
    decision_rights.set_rights(
        actor=actor,
        product=product,
        wanted={(each["action"], each["role"]): each["allowed"] for each in data["changes"]},
        version=data["version"],
        reason=data.get("reason", ""),
    )
    return Response(_table(product))


member_list = resource(GET=list_members)
member_one = resource(PATCH=change_member, DELETE=remove_member)
invitation_list = resource(GET=list_invitations, POST=invite)
invitation_one = resource(DELETE=withdraw_invitation)
rights_table = resource(GET=read_rights, PATCH=change_rights)
