"""Who the API believes it speaks to."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import memberships_of
from accounts.api.endpoints import actor_of, documented, resource
from accounts.models import ApiToken
from accounts.roles import Role
from core.api.serializers import Shape


class MembershipRow(Shape):
    product = serializers.CharField(help_text="the product's key")
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)


class TokenRow(Shape):
    name = serializers.CharField()
    scope = serializers.ChoiceField(ApiToken.Scope.choices)
    last_four = serializers.CharField()
    product = serializers.CharField(allow_null=True, help_text="null: all of the person's products")
    expires_at = serializers.DateTimeField()


class Me(Shape):
    email = serializers.EmailField()
    name = serializers.CharField()
    time_zone = serializers.CharField()
    memberships = MembershipRow(many=True)
    token = TokenRow(allow_null=True, help_text="null for a browser's session")


@documented(summary="Who you are", responses={200: Me}, tags=["you"])
def read_me(request: Request) -> Response:
    """The person, the products they reach by this token or session, and how far the token goes."""
    actor = actor_of(request)
    user, token = actor.person, actor.token
    return Response(
        {
            "email": user.email,
            "name": user.name,
            "time_zone": user.time_zone,
            "memberships": [
                {"product": each.product.key, "name": each.product.name, "role": each.role}
                for each in memberships_of(actor)
            ],
            "token": token
            and {
                "name": token.name,
                "scope": token.scope,
                "last_four": token.last_four,
                "product": token.product.key if token.product else None,
                "expires_at": token.expires_at,
            },
        }
    )


me = resource(GET=read_me)
