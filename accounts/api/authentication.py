"""``Authorization: Bearer ballast_…``."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.services import tokens


class TokenAuthentication(BaseAuthentication):
    """A token in the header, never in the address. Anything wrong about it is one answer: 401."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = get_authorization_header(request).split()
        if not header or header[0].lower() != b"bearer":
            return None
        token = None
        if len(header) == 2:
            token = tokens.recognise(header[1].decode("ascii", "replace"))
        if token is None:
            raise AuthenticationFailed(
                "This token is unknown, expired or withdrawn. Make a new one in your settings."
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Ballast"'


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "ballast_…"}
