"""A brief in a browser: its lines stand in the order that a pointer gives them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Room

LINES = ("Every figure adds up.", "The costs stand in this order.", "The source is named.")


def drag(page: Page, line: Locator, onto: Locator) -> None:
    """By its number, to the lower half of another line."""
    onto.scroll_into_view_if_needed()
    start, end = line.locator(".key").first.bounding_box(), onto.bounding_box()
    assert start
    assert end
    x, y = start["x"] + 10, start["y"] + start["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    frame = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    for step in range(1, 21):  # as fast as the page draws, and a little to and fro where it ends
        part = min(step / 15, 1) if step % 2 else min(step / 15, 0.98)
        page.mouse.move(x, y + (end["y"] + end["height"] - 6 - y) * part)
        page.evaluate(frame)
    page.mouse.up()


def test_a_line_is_dragged_to_a_new_place_and_goes_back_when_refused(room: Room) -> None:
    briefs = f"products/{room.key}/briefs/"
    number = room.api.post(briefs, title="What a price leaves out")["number"]
    for text in LINES:
        room.api.post(f"{briefs}{number}/lines/", kind="accuracy", text=text)

    def kept() -> list[str]:
        return [line["text"] for line in room.api.get(f"{briefs}{number}/")["lines"]]

    page = room.somebody("ada", width=1280, expected="422")
    page.goto(f"/p/{room.key}/briefs/{number}/")
    line = page.locator("[data-plan]")
    expect(line).to_have_count(3)
    with page.expect_response("**/lines/1/") as answer:
        drag(page, line.nth(0), line.nth(2))
    assert answer.value.ok
    expect(line.nth(2)).to_contain_text(LINES[0])
    assert kept() == [LINES[1], LINES[2], LINES[0]]
    page.reload()
    expect(line.nth(2)).to_contain_text(LINES[0])

    page.context.clear_cookies(name="csrftoken")
    with page.expect_response("**/lines/2/") as refused:
        drag(page, line.nth(0), line.nth(1))
    assert (refused.value.status, refused.value.headers["ballast-status"]) == (422, "403")
    expect(line.nth(0)).to_contain_text(LINES[1])
    assert kept() == [LINES[1], LINES[2], LINES[0]]
