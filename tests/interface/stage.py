"""A browser with pages made of the real templates and the real static files, and no server.

    stage = Stage(page)
    stage.put("/list", "list.html", rows=rows)
    stage.answer("/move", status=409, json={"detail": "The column is full."})
    stage.open("/list")

The templates stand in ``pages/``. The content security policy of the settings is sent with every page;
``stage.complaints`` collects what the console says.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines
from playwright.sync_api import Page, Route

PAGES = Path(__file__).parent / "pages"
HOST = "http://ballast.example"


def policy() -> str:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(map(str, values))}" for name, values in directives.items())


class Stage:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.pages: dict[str, str] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.posts: list[tuple[str, str, str]] = []
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.context.route("**/*", self._serve)

    def put(self, path: str, name: str, **context: Any) -> None:
        """A page: a template of ``pages/`` and what it reads; with a rail unless ``nav`` says otherwise."""
        template = engines["django"].from_string((PAGES / name).read_text())
        self.pages[path] = template.render({"nav": NAV, "csrf_token": "token", **context})

    def answer(self, path: str, **how: Any) -> None:
        """What a path that is no page answers: the arguments of ``route.fulfill``."""
        self.answers[path] = how

    def open(self, path: str) -> Page:
        self.page.goto(HOST + path, wait_until="load")
        return self.page

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "status of" not in text:
            self.complaints.append(text)

    def _serve(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path
        if request.method == "POST":
            self.posts.append(
                (path, request.post_data or "", request.headers.get("x-csrftoken", ""))
            )
        if path in self.answers:
            route.fulfill(**self.answers[path])
        elif path in self.pages:
            route.fulfill(
                body=self.pages[path],
                content_type="text/html; charset=utf-8",
                headers={"Content-Security-Policy": policy()},
            )
        elif path.startswith(settings.STATIC_URL):
            found = finders.find(path.removeprefix(settings.STATIC_URL))
            if found is None:
                route.fulfill(status=404)
                return
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)
        else:
            route.fulfill(status=404)


NAV = [
    {"label": "Backlog", "url": "/list", "icon": "list-ordered", "key": "b", "active": True},
    {"label": "Board", "url": "/board", "icon": "columns-3", "key": "o", "count": 3},
    {"label": "Settings", "url": "/settings", "icon": "settings", "foot": True},
]
