"""Every error of the API as ``application/problem+json``: type, title, status, code, detail, fields."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError, Invalid

PROBLEM = "application/problem+json"


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    fields: dict[str, list[str]] | None = None,
    extra: dict[str, Any] | None = None,
) -> Response:
    """A problem answer. ``code`` is stable; ``detail`` is for people."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": _sendable(detail),
    }
    if fields:
        body["fields"] = {
            _sendable(name): [_sendable(line) for line in lines] for name, lines in fields.items()
        }
    body.update(extra or {})
    return Response(body, status=status, content_type=PROBLEM)


def _sendable(words: str) -> str:
    """An error repeats what was sent; half of a surrogate pair in it could not be encoded."""
    return words.encode("utf-8", "replace").decode()


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: domain errors, DRF's own errors and a database that is away; the rest stays a 500."""
    set_rollback()
    if isinstance(error, DomainError):
        # the API says 400 for input that cannot be used; 422 is for pages, where htmx swaps it
        status = 400 if isinstance(error, Invalid) else error.status
        return problem(status, error.code, error.detail, fields=error.fields, extra=error.extra)
    if isinstance(error, Http404):
        return problem(404, "not_found", "There is nothing here, or it is not yours to see.")
    if isinstance(error, PermissionDenied):
        return problem(403, "not_allowed", "You may not do this.")
    if isinstance(error, exceptions.ValidationError):
        fields = flat(error.detail)
        return problem(
            400, "invalid", "Some of the input cannot be used. Nothing was saved.", fields=fields
        )
    if isinstance(error, exceptions.APIException):
        response = problem(error.status_code, str(error.default_code), str(error.detail))
        if getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
        if getattr(error, "wait", None):
            response["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]
        return response
    if isinstance(error, RecursionError):
        return problem(400, "too_deep", "The JSON is nested too deeply.")
    if isinstance(error, OperationalError):
        response = problem(
            503, "busy", "The database is busy. Nothing was saved; try again in a moment."
        )
        response["Retry-After"] = "5"
        return response
    return None


def flat(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """DRF's nested error detail as ``{"rows.3.kind": ["…"]}``."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, value in detail.items():
            found.update(flat(value, f"{prefix}.{name}" if prefix else str(name)))
        return found
    if isinstance(detail, list) and any(isinstance(each, dict | list) for each in detail):
        found = {}
        for index, value in enumerate(detail):
            if value:
                found.update(flat(value, f"{prefix}.{index}" if prefix else str(index)))
        return found
    values = detail if isinstance(detail, list) else [detail]
    return {prefix or "body": [str(each) for each in values]}
