"""Webhooks in: readings and signals that other systems post, signed (R137, T10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    MethodNotAllowed,
    ParseError,
    ValidationError,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from structlog.contextvars import get_contextvars

from accounts.actors import Actor
from accounts.api.endpoints import documented, resource
from accounts.models import User
from assets.api.readings import ReadingInput, ReadingsInput, entered
from core.api.errors import flat
from core.api.serializers import Shape
from core.errors import Invalid
from core.uploads import TooLarge
from integrations.models import Hook
from integrations.services import hooks
from scoring.api.signals import BulkSignal, SignalsInput, added

BODY_LIMIT = 1_000_000
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class HookSignature(BaseAuthentication):
    """The signature of a message. Whatever is wrong with it, or with the address, is one answer: 401."""

    def authenticate(self, request: Request) -> tuple[User, Hook]:
        if request.method != "POST":
            raise MethodNotAllowed(str(request.method))
        message_id, timestamp, signatures = (request.headers.get(name, "") for name in _HEADERS)
        if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT:
            raise TooLarge(BODY_LIMIT)
        hook = hooks.recognise(
            public_id=request.parser_context["kwargs"]["hook"],
            message_id=message_id,
            timestamp=timestamp,
            signatures=signatures,
            body=request._request.body,
        )
        if hook is None:
            raise AuthenticationFailed(
                "There is no such address, or the message is not signed for it. Sign it as"
                " standardwebhooks.com says, within five minutes."
            )
        return hook.made_by, hook

    def authenticate_header(self, request: Request) -> str:
        return 'Webhook realm="Ballast"'


class HookScheme(OpenApiAuthenticationExtension):
    target_class = HookSignature
    name = "webhook"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": "v1, and HMAC-SHA256 over id, timestamp and body, as standardwebhooks.com says.",
        }


class HookRate(SimpleRateThrottle):
    """As many messages for an address as requests for a token."""

    scope = "token"

    def get_cache_key(self, request: Request, view: object) -> str:
        return f"hook-rate-{request.auth.pk}"


class HookReading(ReadingInput):
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, help_text="taken from the address, whatever is sent"
    )


class HookSignal(BulkSignal):
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, help_text="taken from the address, whatever is sent"
    )


class HookMessage(Shape):
    """Either readings or signals, as their own endpoints take them."""

    product = serializers.CharField(required=False)
    readings = HookReading(many=True, required=False)  # type: ignore[call-arg]
    signals = HookSignal(many=True, required=False)  # type: ignore[call-arg]


class HookAnswer(Shape):
    added = serializers.IntegerField()
    known = serializers.IntegerField(required=False, help_text="of signals")
    corrected = serializers.IntegerField(required=False, help_text="of readings")
    unchanged = serializers.IntegerField(required=False, help_text="of readings")
    ids = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="of readings"
    )


@documented(
    summary="Post readings or signals, signed",
    request=HookMessage,
    responses={201: HookAnswer},
    query=[
        OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)
        for name in _HEADERS
    ],
    tags=["webhooks"],
    authenticators=[HookSignature],
    throttles=[HookRate],
)
def receive_hook(request: Request, hook: str) -> Response:
    """Up to 1,000 rows, all or none; what is wrong is told row by row. A message that was taken is answered as before
    when it comes again under its `webhook-id`, and adds nothing; one that was refused may come again.
    """
    found = cast(Hook, request.auth)
    message_id = request.headers["webhook-id"]

    def take(actor: Actor) -> dict[str, Any]:
        return _taken(actor, found, message_id, _body(request))

    row, again = hooks.receive(
        hook=found,
        message_id=message_id,
        take=take,
        request_id=str(get_contextvars().get("request_id", "")),
        now=timezone.now(),
    )
    answer = Response(row.answer, status=row.status)
    if again:
        answer["Idempotent-Replayed"] = "true"
    return answer


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body = request.data
    except ParseError as error:
        raise Invalid("The message is no JSON.") from error
    except RecursionError as error:
        raise Invalid("The JSON is nested too deeply.", code="too_deep") from error
    if not isinstance(body, Mapping) or ("readings" in body) == ("signals" in body):
        raise Invalid("A message holds either readings or signals.")
    return body


def _taken(actor: Actor, hook: Hook, message_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the message says, done; the answer of the endpoint whose rows it holds."""
    if body.get("product", hook.product.key) != hook.product.key:
        raise Invalid(
            "The address is for another product.",
            fields={"product": [f"Leave it out, or say {hook.product.key}."]},
        )
    if "readings" in body:
        rows = _rows(body["readings"], {"source": hook.source})
        data = _checked(ReadingsInput, {**body, "readings": rows})
        return entered(actor, hook.product, data["readings"])
    rows = _rows(body["signals"], {"source": hook.source})
    for place, row in enumerate(rows):
        # a row without a name of its own has the message's, so that it never counts twice
        if isinstance(row, dict):
            row["external_id"] = row.get("external_id") or f"{message_id}.{place}"
    data = _checked(SignalsInput, {**body, "signals": rows})
    return added(actor, hook.product, data["signals"])


def _rows(rows: Any, more: Mapping[str, Any]) -> list[Any]:
    if not isinstance(rows, list):
        raise Invalid("The rows of a message stand in a list.")
    return [{**row, **more} if isinstance(row, Mapping) else row for row in rows]


def _checked(shape: type[serializers.Serializer[Any]], body: Mapping[str, Any]) -> dict[str, Any]:
    found = shape(data=body)
    try:
        found.is_valid(raise_exception=True)
    except ValidationError as error:
        raise Invalid(
            "Some of the input cannot be used. Nothing was saved.", fields=flat(error.detail)
        ) from error
    return dict(found.validated_data)


hook = resource(POST=receive_hook)
