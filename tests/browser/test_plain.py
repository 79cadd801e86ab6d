"""Everything that matters, without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Room, Somebody
from tests.browser.served import Server


@pytest.fixture
def page(room: Room) -> Page:
    return room.somebody("olu", java_script_enabled=False)


def test_signing_in(server: Server, somebody: Somebody) -> None:
    page = somebody("", java_script_enabled=False, expected="422")
    page.goto("/p/SHOW/board/")
    page.get_by_label("E-mail").fill("cora@example.org")
    page.get_by_label("Password").fill("not it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("E-mail")).to_have_value("cora@example.org")
    page.get_by_label("Password").fill(server.seed["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Board")


def test_triage_with_every_answer_it_has(room: Room, page: Page) -> None:
    titles = (
        "Alarm sounds in film 3",
        "Captions run ahead",
        "Glossary",
        "Old logo",
        "Captions that run ahead",
    )
    keys = [room.api.add(room.key, title) for title in titles]
    page.goto(f"/p/{room.key}/triage/")
    decide = page.get_by_role("toolbar", name="Decide")
    decide.get_by_role("button", name="Hotfix").click()
    expect(page.locator("fieldset.box")).to_contain_text("Deadline")
    page.get_by_label("Severity").select_option(label="1 · critical")
    page.get_by_role("button", name="Accept as hotfix").click()
    expect(page.locator(".toast")).to_contain_text("accepted: hotfix, due")
    hotfix = room.item(keys[0])
    assert (hotfix["queue"], hotfix["severity"], hotfix["owner"]) == (
        "hotfix",
        1,
        "olu@example.org",
    )

    decide.get_by_role("button", name="Stability").click()
    expect(page.locator(".triage-item .key").first).to_have_text(keys[2])
    assert room.item(keys[1])["queue"] == "stability"
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".triage-item .key").first).to_have_text(keys[1])
    assert room.item(keys[1])["state"] == "triage"
    decide.get_by_role("button", name="Stability").click()

    decide.get_by_role("button", name="Park").click()
    page.get_by_label("It comes back to triage on").fill("2031-05-01")
    page.locator("fieldset.box").get_by_role("button", name="Park").click()
    assert room.item(keys[2])["parked_until"] == "2031-05-01"

    decide.get_by_role("button", name="Decline").click()
    page.get_by_label("Why, for whoever asked").fill("The logo is right.")
    page.locator("fieldset.box").get_by_role("button", name="Decline").click()
    assert room.item(keys[3])["state_reason"] == "The logo is right."

    page.get_by_role("region", name="Items alike").get_by_role("button", name="Merge").first.click()
    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    assert keys[1] in room.item(keys[4])["state_reason"]


def test_an_item_from_the_first_word_to_the_rating(room: Room, page: Page) -> None:
    page.goto(f"/p/{room.key}/backlog/")
    page.get_by_role("link", name="New item").first.click()
    page.get_by_label("Title").fill("Voices in Portuguese")
    page.get_by_label("Effort in points").fill("5")
    page.get_by_role("button", name="Add to triage").click()
    expect(page.locator("h1")).to_have_text("Voices in Portuguese")
    key = page.locator(".item-head .key").inner_text()

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Description").fill("For the *gate staff*.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".prose em")).to_have_text("gate staff")

    page.get_by_text("Move on").click()
    page.get_by_role("link", name="Another queue").click()
    page.get_by_role("radio", name="Enhancement").check()
    page.get_by_role("button", name="Move", exact=True).click()
    assert room.item(key)["queue"] == "enhancement"

    page.get_by_role("textbox", name="Comment").fill("Who speaks it?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#conversation article")).to_contain_text("Who speaks it?")

    for group in page.locator("#ratings [data-rating]").all():
        group.locator(".levels label").nth(4).click()
    page.get_by_role("button", name="Save the ratings").click()
    expect(page.locator("#priority .waterfall")).to_be_visible()
    assert room.item(key)["priority"] > 0


def test_lists_and_board(room: Room, page: Page) -> None:
    keys = [
        room.api.add(room.key, f"Scene {number}", queue="enhancement", effort=number)
        for number in (1, 2, 3)
    ]
    page.goto(f"/p/{room.key}/backlog/")
    page.locator(".filters summary").filter(has_text="Filter").click()
    page.get_by_label("Words").fill("Scene 2")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("[data-row]")).to_have_count(1)

    page.locator("summary").filter(has_text="Save view").click()
    page.locator("#view-name-plain").fill("Second scenes")
    page.locator("form:has(#view-name-plain)").get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Second scenes")).to_have_attribute("aria-current", "page")

    page.goto(f"/p/{room.key}/backlog/?queue=enhancement")
    for key in keys[:2]:
        page.locator(f"#row-{key} [data-select]").check()
    page.locator(".bulkbar").get_by_label("Owner").select_option("cora@example.org")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Change 2 items").click()
    expect(page.locator(".toast")).to_contain_text("2 items changed")
    assert [room.item(key)["owner"] for key in keys] == [
        "cora@example.org",
        "cora@example.org",
        None,
    ]
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Undone: 2 items as before")
    expect(page).to_have_url(re.compile("queue=enhancement"))
    assert [room.item(key)["owner"] for key in keys] == [None] * 3

    page.goto(f"/p/{room.key}/board/")
    page.locator(f"#card-{keys[0]} summary").click()
    page.locator(f"#card-{keys[0]}").get_by_role("button", name="In progress").click()
    expect(page.locator(f"[data-column=in_progress] #card-{keys[0]}")).to_be_visible()
    assert room.item(keys[0])["state"] == "in_progress"
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("Board")
    assert room.item(keys[0])["state"] == "accepted"
