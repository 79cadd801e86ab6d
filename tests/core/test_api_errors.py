"""Errors of the API: one shape, whatever went wrong."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer

from core.api.errors import PROBLEM, exception_handler, flat, problem
from core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale, TooMany


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Invalid("No.", fields={"title": ["Enter one."]}), 400, "invalid"),
        (NotFound(), 404, "not_found"),
        (NotAllowed("Ask Ada."), 403, "not_allowed"),
        (Conflict("Taken."), 409, "conflict"),
        (Stale("Changed."), 409, "stale"),
        (TooMany("Wait."), 429, "too_many"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "not_allowed"),
        (exceptions.ValidationError({"a": ["b"]}), 400, "invalid"),
        (exceptions.ParseError(), 400, "parse_error"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
        (RecursionError(), 400, "too_deep"),
        (OperationalError(), 503, "busy"),
    ],
)
def test_every_error_is_a_problem(error: Exception, status: int, code: str) -> None:
    response = exception_handler(error, {})
    assert response is not None
    assert response.status_code == status
    assert response.content_type == PROBLEM
    body = response.data
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    assert body["title"]
    assert body["detail"]


def test_what_nobody_expected_stays_an_error() -> None:
    assert exception_handler(ZeroDivisionError(), {}) is None


def test_details_of_an_error_come_along() -> None:
    response = exception_handler(
        Stale("Changed.", extra={"version": 3, "changed": {"title": {"is": "b"}}}), {}
    )
    assert response is not None
    assert response.data["version"] == 3
    assert response.data["changed"] == {"title": {"is": "b"}}


def test_a_busy_database_says_when_to_come_back() -> None:
    response = exception_handler(OperationalError(), {})
    assert response is not None
    assert response["Retry-After"] == "5"
    assert "Nothing was saved" in response.data["detail"]


def test_nested_errors_become_paths() -> None:
    detail = {
        "rows": [{}, {"kind": ["Choose one."]}, {}],
        "reason": ["Too long.", "Too dull."],
        "deep": {"er": {"title": ["Enter one."]}},
        "list": {0: ["A word."]},
    }
    assert flat(detail) == {
        "rows.1.kind": ["Choose one."],
        "reason": ["Too long.", "Too dull."],
        "deep.er.title": ["Enter one."],
        "list.0": ["A word."],
    }
    assert flat(["Not an object."]) == {"body": ["Not an object."]}
    assert flat("Just this.") == {"body": ["Just this."]}


def test_an_error_that_repeats_half_a_pair_can_be_sent() -> None:
    response = problem(400, "invalid", "“\ud800” is no kind.", fields={"\udfff": ["\ud800"]})
    sent = json.loads(JSONRenderer().render(response.data))
    assert sent["detail"] == "“?” is no kind."
    assert sent["fields"] == {"?": ["?"]}
