"""The backlog list and the board, by keyboard and by mouse."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Room, Somebody
from tests.browser.served import Server


def focused_row(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.closest('[data-row]')?.id ?? ''")
    return found


def test_a_list_is_walked_and_items_open_beside_it(server: Server, somebody: Somebody) -> None:
    page = somebody("olu", width=1440)
    page.goto("/p/LONG/backlog/")
    rows = page.locator("#item-rows [data-row]")
    expect(rows).to_have_count(50)
    ids: list[str] = rows.evaluate_all("all => all.map(row => row.id)")
    for press in "jjk":
        page.keyboard.press(press)
    assert focused_row(page) == ids[0]
    page.keyboard.press("j")
    key = ids[1].removeprefix("row-")

    page.keyboard.press("Enter")
    panel = page.locator("#side-panel")
    expect(panel.locator(".key").first).to_have_text(key)
    expect(page).to_have_url(re.compile(f"item={key}$"))
    page.reload()
    expect(panel.locator(".key").first).to_have_text(key)
    page.keyboard.press("Escape")
    expect(panel).to_be_empty()
    expect(page).to_have_url(re.compile("/backlog/$"))

    for more in (100, 120):
        page.keyboard.press("n")
        expect(rows).to_have_count(more)
    expect(page.locator("#list-foot")).to_contain_text("120 items shown")
    expect(page.locator("#list-foot")).to_contain_text("That is all.")
    keys: list[str] = rows.evaluate_all("all => all.map(row => row.id)")
    assert len(set(keys)) == 120


def test_many_items_are_changed_after_a_preview_and_back_again(room: Room) -> None:
    keys = [
        room.api.add(room.key, f"Scene {number}", queue="enhancement", effort=number)
        for number in range(1, 6)
    ]
    page = room.open("backlog/?queue=enhancement")
    for press in ("j", "x", "j", "j", "Shift+X"):
        page.keyboard.press(press)
    expect(page.locator("[data-selected-count]")).to_have_text("3")
    ticked: list[str] = page.locator("[data-select]:checked").evaluate_all(
        "all => all.map(box => box.value)"
    )
    page.locator(".bulkbar").get_by_label("Horizon").select_option("release")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("h1")).to_have_text("3 of 3 items would change")
    assert [room.item(key)["horizon"] for key in keys] == [None] * 5
    expect(page.get_by_role("button", name="Change 3 items")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("3 items changed")
    assert {key for key in keys if room.item(key)["horizon"] == "release"} == set(ticked)
    expect(page).to_have_url(re.compile("queue=enhancement"))

    page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("Undone: 3 items as before")
    assert [room.item(key)["horizon"] for key in keys] == [None] * 5


def test_a_filter_becomes_a_view_that_is_there_again(room: Room) -> None:
    captions = room.api.add(room.key, "Captions for the gate", queue="stability", labels=["sound"])
    room.api.add(room.key, "Colours of the gate", queue="stability")
    page = room.open("backlog/")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.keyboard.press("f")
    words = page.get_by_label("Words")
    expect(words).to_be_focused()
    page.get_by_role("combobox", name="Label").fill("sound")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator(".filters")).to_contain_text(re.compile(r"labelled\s+sound"))
    expect(page.locator(f"#row-{captions}")).to_be_visible()

    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name").fill("What we hear")
    page.keyboard.press("Enter")
    tab = page.get_by_role("navigation", name="Views").get_by_role("link", name="What we hear")
    expect(tab).to_have_attribute("aria-current", "page")
    room.open("backlog/")
    expect(page.locator("[data-row]")).to_have_count(2)
    tab.click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("button", name="Forget the view").click()
    expect(tab).to_have_count(0)


def board_of(page: Page, state: str) -> Locator:
    return page.locator(f"[data-column={state}]")


def drag(page: Page, card: Locator, column: Locator) -> None:
    start, end = card.bounding_box(), column.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] - 8)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(
            start["x"] + 20 + (end["x"] + 40 - start["x"] - 20) * step / 8, end["y"] + 30
        )
    page.mouse.up()


def test_a_card_is_dragged_sent_by_key_and_refused(room: Room) -> None:
    key = room.api.add(room.key, "Resume a scene", queue="enhancement", effort=3)
    done = room.api.add(room.key, "Replace the footage", queue="stability", state="done")
    page = room.somebody("olu", width=1440, expected="409")
    page.goto(f"/p/{room.key}/board/")
    card = page.locator(f"#card-{key}")
    with page.expect_response("**/board/move/"):
        drag(page, card, board_of(page, "in_progress"))
    expect(board_of(page, "in_progress").locator(f"#card-{key}")).to_be_visible()
    expect(page.locator(".toast")).to_contain_text(f"{key} is in progress.")
    assert room.item(key)["state"] == "in_progress"
    with page.expect_navigation():
        page.keyboard.press("u")
    expect(board_of(page, "accepted").locator(f"#card-{key}")).to_be_visible()
    assert room.item(key)["state"] == "accepted"

    card.locator("a").focus()
    with page.expect_response("**/board/move/"):
        page.keyboard.press("Shift+>")
    expect(board_of(page, "in_progress").locator(f"#card-{key} a")).to_be_focused()
    expect(page.locator("#status")).to_contain_text(f"{key} is in progress.")
    assert room.item(key)["state"] == "in_progress"

    # From done there is no way back into review: the card goes back and the page says why.
    page.locator(f"#card-{done} a").focus()
    with page.expect_response("**/board/move/"):
        page.keyboard.press("Shift+<")
    said = page.locator(".toast[data-kind=error]")
    expect(said).to_contain_text(done)
    expect(board_of(page, "done").locator(f"#card-{done}")).to_be_visible()
    expect(page.locator(f"#card-{done} a")).to_be_focused()
    assert room.item(done)["state"] == "done"
    assert len(said.inner_text()) > 30


def test_where_everything_is_can_be_reached_by_keys(server: Server, somebody: Somebody) -> None:
    page = somebody("")
    page.goto("/p/SHOW/backlog/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("ada@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(server.seed["password"])
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Backlog")

    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=combobox]")).to_be_focused()
    page.keyboard.type("boar")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Board")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Board")
    page.wait_for_load_state()

    page.keyboard.press("?")
    keys = page.locator("#keys-help")
    expect(keys).to_contain_text("Move the card to the right")
    page.keyboard.press("Escape")
    for press, title in (("b", "Backlog"), ("t", "Triage")):
        page.keyboard.press("g")
        page.keyboard.press(press)
        expect(page.locator("h1")).to_have_text(title)
    page.keyboard.press("/")
    page.keyboard.type("crane")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Replace the footage of the old crane")


def test_an_item_is_moved_by_hand_with_its_reason_and_back_again(room: Room) -> None:
    levels = {"business_value": 3, "customer_pain": 3, "technical_risk": 2}
    keys = []
    for number in (4, 3, 2):
        key = room.api.add(room.key, f"Worth {number}", queue="enhancement", effort=3)
        rated = [{"criterion": name, "level": level} for name, level in levels.items()]
        rated[0]["level"] = number
        room.api.post(f"items/{key}/ratings/", ratings=rated)
        keys.append(key)
    page = room.open("backlog/?queue=enhancement")
    rows = page.locator("#item-rows [data-row]")

    def order() -> list[str]:
        found: list[str] = rows.evaluate_all("all => all.map(row => row.id.slice(4))")
        return found

    assert order() == keys
    for press in ("j", "j", "Shift+K"):
        page.keyboard.press(press)
    dialog = page.locator("#place-dialog")
    expect(dialog).to_contain_text(f"To stand just above {keys[0]}, {keys[1]} needs +")
    expect(dialog.locator("[name=claim]")).to_be_focused()
    page.keyboard.type("The fair is in May.")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text(f"{keys[1]} is 1st now")
    assert order() == [keys[1], keys[0], keys[2]]
    assert focused_row(page) == f"row-{keys[1]}", "the hand stays on it"
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Undone")
    assert order() == keys

    source, target = rows.nth(2), rows.nth(0)
    source.hover()
    grip, goal = source.locator(".grip").bounding_box(), target.bounding_box()
    assert grip
    assert goal
    page.mouse.move(grip["x"] + 8, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, goal["y"] + goal["height"], steps=10)
    page.mouse.move(grip["x"] + 8, goal["y"] + 4, steps=6)
    page.mouse.up()
    expect(dialog).to_contain_text(f"{keys[2]} needs +")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert order() == keys, "nothing moves before it is agreed"
