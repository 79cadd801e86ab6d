"""A refinement session as eight people hold it: each in a browser of their own, to the minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Room, Somebody
from tests.browser.served import Server

PEOPLE = ("olu", "ada", "cora", "nia", "omar", "pia", "quin", "rosa")
SOON = 6_000  #: two seconds are promised; the machine may be busy with other tests


def planned(server: Server, product: str, count: int) -> str:
    """A session of Olu's over so many accepted items; its path."""
    api = server.api()
    for number in range(count):
        api.add(product, f"Wish number {number}", queue="enhancement", effort=float(1 + number))
    starts = datetime.now(UTC) + timedelta(minutes=5)
    session = server.api("olu").post(
        "refinement-sessions/",
        product=product,
        title="Weekly refinement",
        starts_at=starts.isoformat(),
        functions=["design", "engineering"],
        attendees=[{"person": "cora@example.org", "function": "design"}],
    )
    return f"/p/{product}/refinement/{session['id']}/"


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: Page, count: int) -> None:
    expect(page.locator("#vote-state")).to_have_text(f"{count} of 9 saved", timeout=SOON)
    expect(page.locator(".is-unsaved")).to_have_count(0, timeout=SOON)


def test_eight_browsers_over_ten_items_to_the_minutes(server: Server, somebody: Somebody) -> None:
    path = planned(server, "MEET", 10)
    pages = {
        name: somebody(name, width=390 if name == "pia" else 1280, expected="Failed to load")
        for name in PEOPLE
    }
    for page in pages.values():
        page.goto(path)
    lead, others = pages["olu"], [page for name, page in pages.items() if name != "olu"]
    lead.get_by_role("button", name="Open the session").click()
    for page in others:
        expect(page.locator(".room-clock b")).to_be_visible(timeout=SOON)
    titles = []
    for number in range(10):
        title = lead.locator("#room-title").inner_text()
        titles.append(title)
        for page in others:
            expect(page.locator("#room-title")).to_have_text(title, timeout=SOON)
        quin, rosa = pages["quin"], pages["rosa"]
        for place, (name, page) in enumerate(pages.items()):
            if number == 3 and name == "quin":  # the line drops in the middle of a vote
                press(page, "4")
                saved(page, 1)
                page.context.set_offline(True)
                press(page, "23")
                expect(page.locator(".is-unsaved")).to_have_count(2)
                expect(page.locator("#vote-state")).to_have_text("1 of 9 saved")
                expect(page.locator("#room-trouble")).to_be_visible(timeout=10_000)
                page.context.set_offline(False)
            else:
                press(page, f"{(place + number) % 6}{place % 6}3" + "233233" * (name == "olu"))
        saved(quin, 3)
        if number == 2:  # a reload in the middle of a vote
            saved(rosa, 3)
            rosa.reload()
            saved(rosa, 3)
            press(rosa, "1")
            saved(rosa, 4)
        for page in others:
            expect(page.locator(".spread-row")).to_have_count(0)
        expect(lead.locator("#room-counted")).to_have_text("8 of 8 have voted.", timeout=10_000)
        saved(lead, 9)
        lead.keyboard.press("f")
        for page in pages.values():
            expect(page.locator(".spread-row").first).to_be_visible(timeout=SOON)
            expect(page.locator(".spread-row").first.locator(".spread-dot")).to_have_count(8)
        expect(lead.locator(".room-number")).to_be_visible()
        lead.keyboard.press("Enter")
        expect(lead.locator(".room-clock")).to_contain_text(
            f"{number + 1} of 10 decided", timeout=SOON
        )
    assert len(set(titles)) == 10
    lead.get_by_text("Close the session").click()
    lead.get_by_role("button", name="Close and publish the minutes").click()
    for page in pages.values():
        page.wait_for_url("**/minutes/", timeout=10_000)
        expect(page.locator(".minutes-entry")).to_have_count(10)
    expect(lead.locator("main")).to_contain_text("Nobody spoke for: Engineering.")


def test_what_is_being_typed_is_not_overwritten(room: Room) -> None:
    path = planned(room.server, room.key, 2)
    olu, cora = room.somebody("olu"), room.somebody("cora")
    for page in (olu, cora):
        page.goto(path)
    olu.get_by_role("button", name="Open the session").click()
    expect(cora.locator(".room-clock b")).to_be_visible(timeout=SOON)
    cora.keyboard.press("n")
    cora.keyboard.type("Who pays for")
    olu.keyboard.press("n")
    olu.keyboard.type("Ask the harbour master")
    olu.keyboard.press("Enter")
    expect(olu.locator("#room-notes")).to_contain_text("Ask the harbour master", timeout=SOON)
    cora.keyboard.type(" the second language?")
    expect(cora.locator("#room-notes[data-waits]")).to_have_count(1, timeout=SOON)
    expect(cora.locator("#room-notes input[name=text]")).to_have_value(
        "Who pays for the second language?"
    )
    cora.keyboard.press("Enter")
    expect(cora.locator("#room-notes")).to_contain_text("Ask the harbour master", timeout=SOON)
    expect(cora.locator("#room-notes")).to_contain_text("the second language?")


def test_turning_over_waits_for_votes_on_their_way_though_the_bar_changes(room: Room) -> None:
    """The form whose button was pressed is gone when the votes have arrived; the one in its place is sent."""
    path = planned(room.server, room.key, 3)
    olu, again = room.somebody("olu"), room.somebody("olu")
    for page in (olu, again):
        page.goto(path)
    olu.get_by_role("button", name="Open the session").click()
    expect(olu.locator(".room-clock b")).to_be_visible(timeout=SOON)
    expect(again.locator(".room-clock b")).to_be_visible(timeout=SOON)
    held: list[Route] = []
    olu.route("**/vote/", lambda route: held.append(route))  # Playwright wraps no built-in one
    press(olu, "2")
    expect(olu.locator(".is-unsaved")).to_have_count(1)
    following = olu.locator("form:has([aria-label='Next item'])").get_attribute("action")
    press(olu, "f")
    again.get_by_role("button", name="Later").click()
    expect(olu.locator(f"form[action='{following}']:has([aria-label='Next item'])")).to_have_count(
        0
    )
    expect(olu.locator(".spread-row")).to_have_count(0)
    held[0].continue_()
    expect(olu.locator(".spread-row").first).to_be_visible(timeout=SOON)
    expect(olu.locator(".spread-row").first.locator(".spread-dot")).to_have_count(1)


def test_edit_split_and_undo_by_keys(room: Room) -> None:
    path = planned(room.server, room.key, 2)
    olu = room.somebody("olu")
    olu.goto(path)
    olu.get_by_role("button", name="Open the session").click()
    title = olu.locator("#room-title").inner_text()
    olu.keyboard.press("e")
    expect(olu.locator("#tool-edit input[name=title]")).to_be_focused()
    olu.keyboard.press("End")
    olu.keyboard.type(", smaller")
    olu.keyboard.press("Control+Enter")
    expect(olu.locator("#room-title")).to_have_text(f"{title}, smaller", timeout=SOON)
    expect(olu.locator("#room-item .note-good")).to_contain_text("Changed title")
    olu.keyboard.press("s")
    expect(olu.locator("#tool-split textarea")).to_be_focused()
    olu.keyboard.type("Left | 2")
    olu.keyboard.press("Enter")
    olu.keyboard.type("Right")
    olu.keyboard.press("Control+Enter")
    expect(olu.locator("#room-title")).not_to_have_text(f"{title}, smaller", timeout=SOON)
    olu.keyboard.press("k")
    expect(olu.locator("#room-item .note-good")).to_have_count(2, timeout=SOON)
    olu.keyboard.press("u")
    expect(olu.locator("#room-item .note-good")).to_have_count(1, timeout=SOON)
    olu.keyboard.press("p")
    expect(olu.locator("#tool-park input[name=until]")).to_be_focused()


def test_what_is_refused_stays_as_it_was_written(room: Room) -> None:
    path = planned(room.server, room.key, 1)
    olu = room.somebody("olu", expected="422")
    olu.goto(path)
    olu.get_by_role("button", name="Open the session").click()
    expect(olu.locator(".room-clock b")).to_be_visible(timeout=SOON)
    olu.keyboard.press("e")
    form = olu.locator("#tool-edit form")
    expect(form.locator("[name=title]")).to_be_focused()
    form.evaluate("form => { form.noValidate = true; }")
    form.locator("[name=effort]").fill("-4")
    form.locator("[name=description]").fill("Said in the room.")
    olu.keyboard.press("Control+Enter")
    expect(olu.locator(".toast")).to_contain_text("Effort: ", timeout=SOON)
    expect(olu.locator("#tool-edit")).to_have_attribute("open", "")
    expect(form.locator("[name=description]")).to_have_value("Said in the room.")
    form.locator("[name=effort]").fill("4")
    olu.keyboard.press("Control+Enter")
    expect(olu.locator("#room-item .note-good")).to_contain_text("effort", timeout=SOON)
