"""The item's page: ratings by keys, criteria, conversation, links, and two editors at once."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Room


def test_ratings_are_saved_key_by_key_and_the_priority_follows(room: Room) -> None:
    key = room.api.add(room.key, "Resume a scene", queue="enhancement", effort=3)
    page = room.page
    page.goto(f"/items/{key}/")
    expect(page.locator("#priority")).to_contain_text("rat", ignore_case=True)
    expect(page.locator("#priority .waterfall")).to_have_count(0)
    groups = page.locator("#ratings [data-rating]")
    count = groups.count()
    groups.first.locator("input[type=radio]").first.focus()
    chosen = []
    for number in range(count):
        level = 2 + number % 3
        name = page.evaluate("document.activeElement.name")
        with page.expect_response(re.compile("/ratings/")):
            page.keyboard.press(str(level))
        chosen.append((name, level))
        expect(page.locator(f"input[name='{name}'][value='{level}']")).to_be_checked()
        expect(page.locator(f"input[name='{name}'][value='{level}']")).to_be_focused()
        page.keyboard.press("Tab")  # how certain
        page.keyboard.press("Tab")  # the next criterion
    expect(page.locator("#priority .waterfall")).to_be_visible()
    stored = {each["criterion"]: each["level"] for each in room.api.get(f"items/{key}/ratings/")}
    assert stored == dict(chosen)
    priority = room.item(key)["priority"]
    expect(page.locator("#priority .score b")).to_have_text(f"{priority:.1f}")

    # An arrow key raises the first one by one; the number follows without a reload.
    first, level = chosen[0]
    page.locator(f"input[name='{first}'][value='{level}']").focus()
    with page.expect_response(re.compile("/ratings/")):
        page.keyboard.press("ArrowRight")
    expect(page.locator(f"input[name='{first}'][value='{level + 1}']")).to_be_focused()
    raised = room.item(key)["priority"]
    assert raised != priority
    expect(page.locator("#priority .score b")).to_have_text(f"{raised:.1f}")


def test_criteria_conversation_and_links(room: Room) -> None:
    key = room.api.add(room.key, "Resume a scene", queue="enhancement", effort=3)
    other = room.api.add(room.key, "Captions", queue="stability")
    page = room.page
    page.goto(f"/items/{key}/")
    page.get_by_text("Add a criterion").click()
    page.locator("#criteria").get_by_label("What must be true").or_(
        page.locator("#criteria [name=text]")
    ).first.fill("Nine of ten go on where they stopped.")
    page.locator("#criteria").get_by_role("button", name="Add", exact=True).click()
    tick = page.get_by_role(
        "button", name="Mark as verified: Nine of ten go on where they stopped."
    )
    expect(tick).to_be_visible()
    tick.click()
    expect(page.locator("#criteria")).to_contain_text("verified by Ada")
    assert room.item(key)["criteria"][0]["verified_at"]

    page.keyboard.press("r")
    page.keyboard.type("@cora does this also hold offline?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#conversation article")).to_contain_text("does this also hold offline?")
    assert room.api.get(f"items/{key}/comments/")[0]["mentions"] == ["cora@example.org"]
    cora = room.somebody("cora")
    cora.goto(f"/p/{room.key}/work/")
    expect(cora.locator("main")).to_contain_text("does this also hold offline?")

    page.locator("#links summary").click()
    page.locator("#links [name=kind]").select_option("blocks")
    page.locator("#links [name=target]").fill(other)
    page.locator("#links").get_by_role("button", name="Link", exact=True).click()
    expect(page.locator("#links")).to_contain_text(re.compile(rf"blocks\s*{other} Captions"))
    page.goto(f"/items/{other}/")
    expect(page.locator("#links")).to_contain_text(re.compile(rf"is blocked by\s*{key}"))


def test_the_slower_of_two_editors_sees_both_and_loses_nothing(room: Room) -> None:
    key = room.api.add(room.key, "Resume a scene", queue="enhancement", effort=3)
    slow = room.somebody("ada", expected="409")
    slow.goto(f"/items/{key}/edit/")
    quick = room.somebody("olu")
    quick.goto(f"/items/{key}/edit/")
    quick.get_by_label("Title").fill("Resume a scene where it stopped")
    quick.keyboard.press("Control+Enter")
    expect(quick.locator("h1")).to_have_text("Resume a scene where it stopped")

    slow.get_by_label("Title").fill("Go on with a scene")
    slow.get_by_label("Description").fill("Learners asked for it.")
    slow.get_by_role("button", name="Save").click()
    told = slow.get_by_role("alert")
    for text in ("Resume a scene", "Resume a scene where it stopped", "Go on with a scene"):
        expect(told.get_by_role("cell", name=text, exact=True)).to_be_visible()
    expect(slow.get_by_label("Title")).to_have_value("Go on with a scene")
    expect(slow.get_by_label("Description")).to_have_value("Learners asked for it.")
    assert room.item(key)["title"] == "Resume a scene where it stopped"
    slow.get_by_role("button", name="Save").click()
    expect(slow.locator("h1")).to_have_text("Go on with a scene")
    assert room.item(key)["description"] == "Learners asked for it."


def test_the_state_is_changed_by_keys(room: Room) -> None:
    key = room.api.add(room.key, "Resume a scene", queue="enhancement", effort=3)
    page = room.page
    page.goto(f"/items/{key}/")
    page.keyboard.press("s")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(f"{key} is in progress.")
    assert room.item(key)["state"] == "in_progress"
    page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("Undone")
    expect(page.locator("h1")).to_have_text("Resume a scene")
    assert room.item(key)["state"] == "accepted"


def test_ctrl_enter_sends_the_form_that_is_written_in(room: Room) -> None:
    key = room.api.add(room.key, "Pause a scene", queue="enhancement")
    page = room.page
    page.goto(f"/items/{key}/")
    page.get_by_role("textbox", name="Comment").fill("Who pauses?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation article")).to_contain_text("Who pauses?")
    page.goto(f"/items/{key}/")
    form = page.locator("form[action$='/criteria/']")
    page.get_by_text("Add a criterion").click()
    form.locator("input[type=text]").first.fill("It pauses at once.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("It pauses at once.", exact=True)).to_be_visible()


def test_an_item_to_link_to_is_found_by_its_words(room: Room) -> None:
    other = room.api.add(room.key, "Subtitles in Portuguese", queue="enhancement")
    key = room.api.add(room.key, "Voices", queue="enhancement")
    page = room.page
    page.goto(f"/items/{key}/")
    page.locator("#links summary").click()
    page.get_by_label("Item", exact=True).press_sequentially("portug")
    found = page.locator("#item-options option")
    expect(found).to_have_count(1)
    expect(found).to_have_attribute("value", other)
    expect(found).to_have_text("Subtitles in Portuguese")


def test_people_are_offered_while_somebody_mentions_them(room: Room) -> None:
    key = room.api.add(room.key, "Ask around", queue="enhancement")
    page = room.page
    page.goto(f"/items/{key}/")
    field = page.get_by_role("textbox", name="Comment")
    field.press_sequentially("Seen by (@co")
    offered = page.locator("#mentions > li")
    expect(offered).to_have_text(re.compile("Cora"))
    page.keyboard.press("Enter")
    expect(field).to_have_value("Seen by (@cora ")
    field.press_sequentially("and @")
    expect(offered.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(offered).to_have_count(0)
    expect(field).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#conversation article")).to_contain_text("Seen by (@cora and @")
