"""How an endpoint of the API is put together: methods, unknown parameters, idempotency keys, versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import (
    api_view,
    authentication_classes,
    parser_classes,
    throttle_classes,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from accounts.actors import Actor
from accounts.models import RememberedAnswer
from core.api.serializers import Problem
from core.errors import Conflict, DomainError, Invalid

Handler = Callable[..., Response]
REMEMBERED_FOR = timedelta(hours=24)
KEY_LIMIT = 128
#: What a method may want otherwise than the settings say; it then holds for all methods of its address.
_CLASSES: dict[str, Callable[[list[Any]], Callable[[Any], Any]]] = {
    "parsers": parser_classes,
    "authenticators": authentication_classes,
    "throttles": throttle_classes,
}


def documented(
    *,
    summary: str,
    request: Any = None,
    responses: Any = None,
    query: Collection[OpenApiParameter] = (),
    tags: Collection[str] = (),
    if_match: bool = False,
    parsers: Collection[Any] = (),
    authenticators: Collection[Any] = (),
    throttles: Collection[Any] = (),
) -> Callable[[Handler], Handler]:
    """Describe one method of an endpoint: its words in the schema, and the query parameters that it knows."""

    def mark(handler: Handler) -> Handler:
        handler.spec = {  # type: ignore[attr-defined]
            "summary": summary,
            "description": (handler.__doc__ or "").strip(),
            "request": request,
            "responses": responses,
            "query": list(query),
            "tags": list(tags),
            "if_match": if_match,
            "parsers": list(parsers),
            "authenticators": list(authenticators),
            "throttles": list(throttles),
        }
        return handler

    return mark


def resource(**handlers: Handler) -> Callable[..., HttpResponse]:
    """One URL: a handler a method. ``resource(GET=list_items, POST=create_item)``."""

    def dispatch(request: Request, **kwargs: Any) -> Response:
        handler = handlers["GET" if request.method == "HEAD" else str(request.method)]
        _refuse_unknown(request, {each.name for each in handler.spec["query"]})  # type: ignore[attr-defined]
        if request.method == "POST" and request.headers.get("Idempotency-Key"):
            return _once(request, handler, kwargs)
        return handler(request, **kwargs)

    view: Any = dispatch
    for name, use in _CLASSES.items():
        classes = [each for handler in handlers.values() for each in handler.spec[name]]  # type: ignore[attr-defined]
        if classes:
            view = use(classes)(view)
    methods = [*handlers, "HEAD"] if "GET" in handlers else list(handlers)
    view = api_view(methods)(view)
    for method, handler in handlers.items():
        view = extend_schema(methods=[method], **_schema(method, handler))(view)
    view.handlers = handlers  # for tests that walk every endpoint
    return view


def _schema(method: str, handler: Handler) -> dict[str, Any]:
    spec = handler.spec  # type: ignore[attr-defined]
    parameters = list(spec["query"])
    if method == "POST":
        parameters.append(
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Up to 128 characters of your choice; a retry with the same key has one effect.",
            )
        )
    if spec["if_match"]:
        parameters.append(
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="The ETag of the version that you read.",
            )
        )
    responses = dict(spec["responses"] or {})
    if method == "POST":
        responses.setdefault((422, "application/problem+json"), Problem)
    for status in ("400", "401", "403", "404", "409"):
        responses.setdefault((int(status), "application/problem+json"), Problem)
    if spec["if_match"]:
        responses.setdefault((428, "application/problem+json"), Problem)
    return {
        "operation_id": handler.__name__,
        "summary": spec["summary"],
        "description": spec["description"] or None,
        "request": spec["request"],
        "responses": responses,
        "parameters": parameters,
        "tags": spec["tags"] or None,
    }


def actor_of(request: Request) -> Actor:
    """The actor of an API request (token or session)."""
    inner: HttpRequest = request._request
    inner.user = request.user  # DRF authenticates lazily, on its own request
    inner.auth = request.auth  # type: ignore[attr-defined]
    return Actor.of(inner)


def _refuse_unknown(request: Request, known: Collection[str]) -> None:
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        offer = ", ".join(sorted(known)) or "none"
        raise Invalid(
            f"Unknown parameter: {', '.join(name[:40] for name in unknown)}. Known here: {offer}.",
            code="unknown_parameter",
            fields={name[:80]: ["This parameter is not known here."] for name in unknown},
        )


class KeyReused(DomainError):
    """An Idempotency-Key came again with another request: 422 in the API too."""

    code = "key_reused"
    status = 422


class _Refused(Exception):
    """Carries an error answer out of the transaction, so that nothing of it stays."""

    def __init__(self, response: Response) -> None:
        self.response = response


def _once(request: Request, handler: Handler, kwargs: dict[str, Any]) -> Response:
    """Run ``handler`` once per key: effect and remembered answer commit together. Errors are not remembered."""
    key = request.headers["Idempotency-Key"]
    if len(key) > KEY_LIMIT or not key.isprintable():
        raise Invalid(
            "The Idempotency-Key is too long.",
            fields={"Idempotency-Key": ["At most 128 characters."]},
        )
    actor = actor_of(request)
    if actor.user is None or not actor.may_sign_in:
        return handler(request, **kwargs)
    # another token is another client: it may not read what this one was answered
    token = actor.token.pk if actor.token else "session"
    key = hashlib.sha256(f"{token} {key}".encode()).hexdigest()
    digest = _request_digest(request)
    cutoff = timezone.now() - REMEMBERED_FOR
    RememberedAnswer.objects.filter(user=actor.user, key=key, created_at__lt=cutoff).delete()
    known = RememberedAnswer.objects.filter(user=actor.user, key=key).first()
    if known is not None:
        return _replay(known, digest)
    try:
        with transaction.atomic():
            row = RememberedAnswer.objects.create(user=actor.user, key=key, request_digest=digest)
            response = handler(request, **kwargs)
            if response.status_code >= 400:
                raise _Refused(response)
            row.status = response.status_code
            row.body = json.dumps(response.data, cls=JSONEncoder)  # as the first answer was written
            row.headers = {
                name: response[name] for name in ("ETag", "Location") if name in response
            }
            row.save()
            return response
    except _Refused as refused:
        return refused.response
    except IntegrityError:
        known = RememberedAnswer.objects.filter(user=actor.user, key=key).first()
        if known is None:
            raise
        return _replay(known, digest)


def _request_digest(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, default=_file_words)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()


def _file_words(value: Any) -> str:
    """An uploaded file by its name and content: a retry sends the same bytes."""
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"{value.name} {digest.hexdigest()}"


def _replay(known: RememberedAnswer, digest: str) -> Response:
    if known.request_digest != digest:
        raise KeyReused("This Idempotency-Key was used for another request. Use a new one.")
    if known.status is None:
        raise Conflict(
            "The first request with this key is still running. Try again in a moment.",
            code="in_progress",
        )
    response = Response(json.loads(known.body), status=known.status, headers=known.headers)
    response["Idempotent-Replayed"] = "true"
    return response


class VersionNeeded(DomainError):
    """A write without If-Match: whoever writes says which version they have seen."""

    code = "version_needed"
    status = 428


def version_wanted(request: Request) -> int:
    """The version in ``If-Match: "7"``. Raises VersionNeeded (428) or Invalid."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise VersionNeeded(
            "Send If-Match with the ETag of what you read, so that nobody's change is lost."
        )
    bare = header.removeprefix("W/").strip('"')
    if not bare.isdecimal() or len(bare) > 9:
        raise Invalid(
            "If-Match holds no ETag of ours.",
            fields={"If-Match": ["Use the ETag that you were given."]},
        )
    return int(bare)


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'
