"""The inbox in a browser: by keys, and without script."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Room


def told(room: Room) -> str:
    """Two mentions of Olu on an item; its key."""
    key = room.api.add(room.key, "Captions run ahead")
    for words in ("@olu, is it so?", "@olu, and in film 3?"):
        room.api.post(f"items/{key}/comments/", body=words)
    return key


def bell(page: Page, words: str) -> None:
    expect(page.get_by_role("link", name=f"Notifications, {words} unread")).to_be_visible()


def test_by_keys(room: Room) -> None:
    key = told(room)
    page = room.somebody("olu")
    page.goto(f"/p/{room.key}/work/")
    page.get_by_role("link", name="Notifications, 2 unread").click()
    expect(page.locator(".is-unread")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/items/{key}/")
    bell(page, "1")
    page.goto(f"/p/{room.key}/notifications/")
    expect(page.locator(".is-unread")).to_contain_text("and in film 3?")
    page.keyboard.press("Shift+R")
    expect(page.locator(".toast")).to_contain_text("1 notification is read.")
    bell(page, "0")
    page.keyboard.press("u")
    bell(page, "1")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"**/items/{key}/")
    bell(page, "0")


def test_without_script(room: Room) -> None:
    key = told(room)
    page = room.somebody("olu", java_script_enabled=False)
    page.goto(f"/p/{room.key}/notifications/")
    page.locator("[data-row-link]").first.click()
    expect(page).to_have_url(f"{room.server.url}/items/{key}/")
    page.goto(f"/p/{room.key}/notifications/?unread=true")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("button", name="Mark all read").click()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    bell(page, "1")
    page.get_by_role("button", name="Mark read").first.click()
    bell(page, "0")
    page.get_by_role("button", name="Mark unread").first.click()
    bell(page, "1")


def test_accessible_and_within_the_width_in_both_themes(room: Room) -> None:
    told(room)
    for theme in ("light", "dark"):
        page = room.somebody("olu", color_scheme=theme)
        for width in (1440, 1024, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for path in ("", "ways/"):
                page.goto(f"/p/{room.key}/notifications/{path}")
                assert Axe().run(page).response["violations"] == [], (theme, width, path)
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, (theme, width, path)
