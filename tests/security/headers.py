"""The headers that keep browsers and caches in line, on every answer, good or bad."""

from __future__ import annotations

import re

from django.http import HttpResponse

#: Bytes of people's files: their own, stricter policy.
FILES = frozenset(
    {
        *("version-view", "version-download", "version-preview", "api-version-content"),
        *("guest-content", "guest-download", "guest-preview"),
    }
)
#: Of these the ones that a page of ours shows in a frame.
FRAMED = frozenset({"version-view", "guest-content"})


def check(answer: HttpResponse, name: str = "") -> list[str]:
    """What is wrong with the headers of ``answer``, given by the route ``name`` (of a file, say)."""
    secret = name in FILES and name.startswith("guest-")  # their address is the whole key
    exact = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer" if secret else "same-origin",
        "X-Frame-Options": "SAMEORIGIN" if name in FRAMED else "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if name in FILES:
        exact["Cross-Origin-Resource-Policy"] = "same-origin"
    wrong = [
        f"{header}: {answer.get(header)} instead of {value}"
        for header, value in exact.items()
        if answer.get(header) != value
    ]
    policy = answer.get("Content-Security-Policy", "")
    directives = [each.strip() for each in policy.split(";")]
    needed = ["default-src 'none'"]
    if name not in FILES:
        needed += ["script-src 'self'", "base-uri 'none'", "form-action 'self'"]
        needed += ["frame-ancestors 'none'"]
    wrong += [f"the policy lacks {each}" for each in needed if each not in directives]
    if name in FILES and "sandbox" not in policy:
        wrong.append("the policy has no sandbox")
    if "unsafe" in policy:
        wrong.append(f"an unsafe policy: {policy}")
    if "microphone=()" not in answer.get("Permissions-Policy", ""):
        wrong.append("the microphone may be asked for")
    if "no-store" not in answer.get("Cache-Control", "") and name not in FILES:
        wrong.append("may be stored")
    kind = answer.get("Content-Type", "")
    if kind.startswith(("text/html", "text/plain", "text/csv")) and not re.search(
        "charset=utf-8", kind, re.IGNORECASE
    ):
        wrong.append(f"no charset: {kind}")
    wrong += [f"says its {each}" for each in ("Server", "X-Powered-By") if answer.get(each)]
    return wrong
