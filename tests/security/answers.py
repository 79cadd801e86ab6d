"""Reading answers: what must vary taken out, what must not be there looked for."""

from __future__ import annotations

import re

from django.http import HttpResponse

from tests.security.world import CANARY

_CSRF = re.compile(
    rb'(name="csrf-token" content="|name="csrfmiddlewaretoken" value="|data-csrf=")[A-Za-z0-9]{64}"'
)
#: Headers that differ between two equal answers.
_VARYING = frozenset({"content-length", "server-timing"})


def body_of(answer: HttpResponse) -> bytes:
    """The whole body, also of a stream."""
    if answer.streaming:
        return b"".join(answer.streaming_content)  # type: ignore[attr-defined,arg-type]
    return answer.content


def comparable(answer: HttpResponse) -> tuple[int, bytes, dict[str, str]]:
    """Status, body without CSRF tokens, and headers: equal for two answers that say the same."""
    headers = {
        name.lower(): value for name, value in answer.items() if name.lower() not in _VARYING
    }
    return answer.status_code, _CSRF.sub(b"", body_of(answer)), headers


def leaks(answer: HttpResponse) -> list[str]:
    """Where the canary of product B is found."""
    needle = CANARY.lower()
    found = []
    if needle in body_of(answer).decode(errors="replace").lower():
        found.append("body")
    for name, value in answer.items():
        if needle in str(value).lower():
            found.append(name)
    if any(needle in str(cookie).lower() for cookie in answer.cookies.values()):
        found.append("cookies")
    return found
