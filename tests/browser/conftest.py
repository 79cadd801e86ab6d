"""Chromium on the real server. One server, one filled database for each worker of a run.

    def test_something(room: Room) -> None:
        key = room.api.add(room.key, "A wish")
        page = room.open("triage/")
        ...

A test fails for whatever the console complains about, the content security policy's refusals among it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.served import Api, Server

Somebody = Callable[..., Page]


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, browser_type_launch_args: dict[str, Any]
) -> Iterator[Server]:
    """Started when the first test asks; skipped with its tests where there is no Chromium."""
    made = Server(tmp_path_factory.mktemp("browser"))
    yield made
    made.stop()


@pytest.fixture
def somebody(server: Server, browser: Browser) -> Iterator[Somebody]:
    """Opens a browser for a person: ``somebody("olu", width=390)``; ``""`` is nobody. Console errors fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def start(
        name: str = "ada",
        *,
        width: int = 1280,
        height: int = 900,
        expected: str = "",
        **options: Any,
    ) -> Page:
        """``expected``: what the console may say, as a part of the text."""
        context = browser.new_context(
            base_url=server.url, viewport={"width": width, "height": height},
            reduced_motion="reduce", **options,
        )  # fmt: skip
        context.set_default_timeout(10_000)
        if name:
            context.add_cookies(server.cookies(name))  # type: ignore[arg-type]
        page = context.new_page()

        def hear(kind: str, text: str) -> None:
            if kind in ("error", "warning") and not (expected and expected in text):
                complaints.append(f"{page.url}: {text}")

        page.on("console", lambda message: hear(message.type, message.text))
        page.on("pageerror", lambda error: hear("error", str(error)))
        contexts.append(context)
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []


@dataclass
class Room:
    """A product of one test's own, the API to it, and a browser of Ada's, who administers it."""

    key: str
    api: Api
    page: Page
    somebody: Somebody
    server: Server

    def open(self, path: str = "") -> Page:
        self.page.goto(f"/p/{self.key}/{path}")
        return self.page

    def item(self, key: str) -> Any:
        return self.api.item(key)


@pytest.fixture
def room(server: Server, somebody: Somebody) -> Room:
    return Room(server.room(), server.api(), somebody(), somebody, server)
