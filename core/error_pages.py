"""What is answered when no view could: an unknown address, a fault, a form without its token.

Programs get ``application/problem+json``, people a page that says what happened, that nothing was lost, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from structlog.contextvars import get_contextvars

from core.htmx import into_toasts, wants_fragment
from core.written import came_from, written


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "bad_request", "This request cannot be read.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "not_allowed", "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is nothing here, or it is not yours to see.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(
        request, 500, "fault", "Something broke on our side. Nothing of yours was changed."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the page's own token: sent from elsewhere, or after signing out in another tab.

    What was written in it is given back. It is not offered to be sent again: it may come from another site.
    """
    if wants_fragment(request):
        text = gettext(
            "This page was open for long, or you signed in anew in another tab, so nothing was changed. "
            "Copy what you wrote, reload the page, and send it again."
        )
        error = {"detail": text, "fields": {}}
        response = render(request, "frame/problem_fragment.html", {"error": error}, status=422)
        return into_toasts(response, 403)
    return _answer(request, 403, "csrf", "The form did not come from a page of this session.")


class NoEmptyPage:
    """An address that takes forms alone, opened in a browser: Django's own answer would be an empty page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or request.method != "GET" or response.content:
            return response
        text = gettext("This address takes what a form sends, and shows nothing by itself.")
        page = _answer(request, 405, "method_not_allowed", text)
        page["Allow"] = response["Allow"]
        return page


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
        }
        return JsonResponse(body, status=status, content_type="application/problem+json")
    context = {
        "detail": detail,
        "code": code,
        "reference": get_contextvars().get("request_id", ""),
        "written": written(request) if code == "csrf" else [],
        "back_url": came_from(request) if code == "csrf" else "",
    }
    return render(request, "core/error.html", context, status=status)
