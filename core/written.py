"""What somebody wrote into a form that was not taken, so that the answer can give it back."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest

#: Never shown again, however it was typed.
SECRET = ("password", "token", "secret")


def written(request: HttpRequest) -> list[str]:
    """The texts of several words in a form that was sent, in their order. Choices and single words are left out."""
    if request.method != "POST":
        return []
    return [
        value
        for name, values in request.POST.lists()
        if not any(word in name.lower() for word in SECRET)
        for value in values
        if len(value.split()) > 1 and not value.startswith(("{", "["))
    ]


def came_from(request: HttpRequest) -> str:
    """The path of the page that led here, "" when the browser does not say, or it is not one of ours or this one."""
    shown = urlsplit(request.headers.get("Referer", ""))
    if shown.netloc != request.get_host() or not shown.path:
        return ""
    path = f"{shown.path}?{shown.query}" if shown.query else shown.path
    return "" if request.method == "GET" and path == request.get_full_path() else path
